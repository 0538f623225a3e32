"""*A reference is not linked*: linking references of an item to handles."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from correction_flow.catalog.models import Item
from correction_flow.catalog.queries import decides, item_by_handle, references_of
from correction_flow.citations import operations
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
    limit(rate.SUBMIT)
    item = item_asked_for()
    form = _form_for(item)
    texts = _texts()
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
    """The handles in the form by reference id."""
    numbers = {
        number_in(name.removeprefix("reference-")): text
        for name, text in request.form.items()
        if name.startswith("reference-")
    }
    return {number: text for number, text in numbers.items() if number is not None}


def _from_cited(item: Item) -> dict[int, str]:
    """`?reference=<id>&cited=<handle>` fills in one input."""
    reference, cited = request.args.get("reference", ""), request.args.get("cited", "")
    found = item_by_handle(cited) if cited else None
    number = number_in(reference)
    return {number: found.handle} if number is not None and found is not None else {}


def _page(item: Item, form: RequestForm, texts: dict[int, str], errors: dict[str, str]) -> str:
    return render_template(
        "citations/new.html", item=item, form=form, references=references_of(item), texts=texts,
        errors=errors, decides=decides(item.series),
        focus=request.args.get("reference", ""),
    )  # fmt: skip
