"""*I wrote this*: claiming one of an item's printed names."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from wtforms import RadioField
from wtforms.validators import InputRequired

from correction_flow.catalog.models import Item
from correction_flow.catalog.queries import authors_of, decides
from correction_flow.claims import operations
from correction_flow.core import rate
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.transaction import transaction
from correction_flow.web.access import limit, me, signed_in
from correction_flow.web.corrections import after_submission, item_asked_for, show_errors
from correction_flow.web.forms import RequestForm, number_in

pages = Blueprint("claims", __name__)


class ClaimForm(RequestForm):
    """Which printed name is you."""

    author = RadioField(
        "Which name is you?",
        validators=[InputRequired("Choose the printed name that is you.")],
        validate_choice=False,
    )


def _form(item: Item) -> ClaimForm:
    form = ClaimForm(data={"version": str(item.version)})
    form.author.choices = [(str(a.id), _printed(a)) for a in authors_of(item)]
    return form


def _printed(author: Any) -> str:
    role = "" if author.role == "author" else " (editor)"
    return f"{author.name}{role}{' — claimed by somebody' if author.profile_id else ''}"


@pages.get("/claims/new")
@signed_in
def new() -> Any:
    """The form."""
    item = item_asked_for()
    form = _form(item)
    likely = [a for a in authors_of(item) if operations.names_agree(a, me())]
    if len(likely) == 1:
        form.author.data = str(likely[0].id)
    return _page(item, form)


@pages.post("/claims/new")
@signed_in
def send() -> Any:
    """Send the claim."""
    limit(rate.SUBMIT)
    item = item_asked_for()
    form = _form(item)
    if not form.validate_on_submit():
        return _page(item, form), 422
    chosen = request.form.get("author", "")
    try:
        with transaction():
            submitted = operations.claim(
                item, number_in(chosen), by=me(),
                reason=form.reason.data or "", evidence_url=form.evidence.data or None,
                item_version=form.seen_version,
            )  # fmt: skip
            answer = after_submission(submitted, item)
    except Invalid as error:
        show_errors(form, error)
        return _page(item, form), 422
    except Conflict as error:
        item = item_asked_for()
        fresh = _form(item)
        fresh.version.data = str(item.version)
        fresh.form_errors.append(str(error))
        return _page(item, fresh), 409
    return answer


def _page(item: Item, form: ClaimForm) -> str:
    return render_template("claims/new.html", item=item, form=form, decides=decides(item.series))
