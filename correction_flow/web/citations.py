"""*A reference is not linked*: linking references of an item to items offered, or by handle.

What is looked up for a page is bounded; a button in the form looks up what a reference may mean,
keeps everything that is filled in, and changes nothing.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from correction_flow.catalog.models import Item
from correction_flow.catalog.queries import decides, item_by_handle, references_of
from correction_flow.citations import candidates, operations
from correction_flow.core import rate
from correction_flow.core.errors import Conflict, Invalid, TooMany
from correction_flow.core.transaction import transaction
from correction_flow.web.access import limit, me_or_none, public
from correction_flow.web.corrections import after_submission, item_asked_for, show_errors
from correction_flow.web.forms import RequestForm, number_in
from correction_flow.web.forms.visitors import caught, open_to_visitors
from correction_flow.web.visitors import check_your_mail, sender

pages = Blueprint("citations", __name__)


@pages.get("/citations/new")
@public
def new() -> Any:
    """The item's references, each with an input for a handle."""
    item = item_asked_for()
    form = _form_for(item)
    return _page(item, form, _from_cited(item), {})


@pages.post("/citations/new")
@public
def send() -> Any:
    """Send the links."""
    item = item_asked_for()
    form = _form_for(item)
    texts = _texts()
    if "look" in request.form:
        return _page(item, form, texts, {})
    limit(rate.SUBMIT)
    if not form.validate_on_submit():
        return _page(item, form, texts, {}), 422
    try:
        by = sender(form)
        if caught(form):
            return check_your_mail()
        with transaction():
            submitted = operations.request_links(
                item, texts, by=by, reason=form.reason.data or "",
                evidence_url=form.evidence.data or None, item_version=form.seen_version,
            )  # fmt: skip
            answer = after_submission(submitted, item, by=by)
    except Invalid as error:
        show_errors(form, error)
        return _page(item, form, texts, dict(error.errors)), 422
    except TooMany as error:
        form.form_errors.append(str(error))
        return _page(item, form, texts, {}), 429
    except Conflict as error:
        item = item_asked_for()
        form.version.data = str(item.version)
        form.form_errors.append(str(error))
        return _page(item, form, texts, {}), 409
    return answer


def _form_for(item: Item) -> RequestForm:
    class LinkForm(RequestForm):
        pass

    if me_or_none() is None:
        open_to_visitors(LinkForm)
    return LinkForm(data={"version": str(item.version)})


def _texts() -> dict[int, str]:
    """The handles in the form by reference id: what is typed, else what is chosen."""
    return _by_reference("choice") | {n: t for n, t in _by_reference("reference").items() if t}


def _by_reference(kind: str) -> dict[int, str]:
    numbers = {
        number_in(name.removeprefix(f"{kind}-")): text.strip()
        for name, text in request.form.items()
        if name.startswith(f"{kind}-")
    }
    return {number: text for number, text in numbers.items() if number is not None}


def _from_cited(item: Item) -> dict[int, str]:
    """`?reference=<id>&cited=<handle>` fills in one input."""
    reference, cited = request.args.get("reference", ""), request.args.get("cited", "")
    found = item_by_handle(cited) if cited else None
    number = number_in(reference)
    return {number: found.handle} if number is not None and found is not None else {}


def _page(item: Item, form: RequestForm, texts: dict[int, str], errors: dict[str, str]) -> str:
    references, focus = references_of(item), request.args.get("reference", "")
    start = number_in(request.form.get("look") or request.form.get("looked") or focus)
    offers = candidates.offers(item, references, start)
    if start is not None and start == number_in(focus):
        offers = {start: offers[start]} if start in offers else {}
    chosen = {r: m[0].work.handle for r, m in offers.items() if m and m[0].pre_check} | texts
    return render_template(
        "citations/new.html", item=item, form=form, references=references, texts=chosen,
        offers=offers, looked=start, errors=errors, decides=decides(item.series), focus=focus,
    )  # fmt: skip
