"""*I wrote this*: claiming printed names, of one item or of many, and giving one up."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from correction_flow.accounts.queries import profile_of
from correction_flow.catalog.models import Item
from correction_flow.catalog.queries import authors_of, decides, pasted_item
from correction_flow.claims import operations
from correction_flow.claims.operations import Claimed
from correction_flow.core import rate
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.text import shorten
from correction_flow.core.transaction import transaction
from correction_flow.proposals.batches import LARGEST
from correction_flow.web.access import limit, me, signed_in
from correction_flow.web.corrections import after_submission, item_asked_for, show_errors
from correction_flow.web.display import item_url
from correction_flow.web.forms import RequestForm, no_controls, number_in, seen_version

pages = Blueprint("claims", __name__)

LONGEST_LIST = 50_000


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
    likely = operations.likely(authors_of(item), me())
    if likely is not None:
        form.author.data = str(likely.id)
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
    profile = profile_of(me())
    mine = [a for a in authors_of(item) if profile is not None and a.profile_id == profile.id]
    return render_template(
        "claims/new.html", item=item, form=form, decides=decides(item.series),
        mine=mine[0] if mine else None,
    )  # fmt: skip


@pages.post("/claims/not-mine")
@signed_in
def give_up() -> Any:
    """*This is not mine*: at once, for one's own name."""
    limit(rate.SUBMIT)
    item = item_asked_for()
    try:
        with transaction():
            done = operations.give_up(
                item, by=me(), reason=request.form.get("reason", ""), item_version=seen_version()
            )
            number = done.proposal.number if done.proposal else ""
    except (Conflict, Invalid) as error:
        form = _form(item)
        form.form_errors.append(str(error))
        return _page(item_asked_for(), form), error.status
    flash(f"Done: {number} says that this name is not yours.", "success")
    return redirect(item_url(item), 303)


# -- many at once -----------------------------------------------------------------------------


class ManyForm(RequestForm):
    """A pasted list of items; version is that of each item, in a field of its own."""

    version = HiddenField()
    handles = TextAreaField(
        "Handles or addresses",
        description=f"One a line, at most {LARGEST}: handles, or addresses of the items’ pages "
        "here, at IDEAS or at EconPapers.",
        filters=[no_controls],
        validators=[Length(max=LONGEST_LIST, message="Shorten this list.")],
    )


@pages.get("/claims/many")
@signed_in
def many() -> Any:
    """Paste the handles of what you wrote."""
    return _many(ManyForm(), {})


@pages.post("/claims/many")
@signed_in
def send_many() -> Any:
    """Find the items of the list; on the second press claim the chosen names."""
    limit(rate.SUBMIT)
    form = ManyForm()
    if not form.validate_on_submit():
        return _many(form, {}), 422
    items, wrong = _named(form.handles.data or "")
    if not items and not wrong:
        form.handles.errors = ["Paste at least one handle."]
        return _many(form, {}), 422
    form.handles.errors = wrong
    if request.form.get("act") != "send" or wrong:
        return _many(form, items), 422 if wrong else 200
    try:
        with transaction():
            results = operations.claim_many(
                _claimed(items), by=me(), reason=form.reason.data or "",
                evidence_url=form.evidence.data or None,
            )  # fmt: skip
            numbers = [r.proposal.number for r in results if r.proposal is not None]
    except Invalid as error:
        show_errors(form, error)
        return _many(form, items, dict(error.errors)), 422
    except Conflict as error:
        form.form_errors.append(str(error))
        return _many(form, items), 409
    stored = "One claim is" if len(numbers) == 1 else f"{len(numbers)} claims are"
    flash(f"Thank you. {stored} stored, one receipt is on its way.", "success")
    return redirect(url_for("proposals.mine", part="waiting"), 303)


def _named(text: str) -> tuple[dict[int, Item], list[str]]:
    """The items that a pasted list names, by id; and what is wrong with the other lines."""
    lines = [(n, line.strip()) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) > LARGEST:
        return {}, [f"These are {len(lines)} lines. Claim at most {LARGEST} items at once."]
    found: dict[int, Item] = {}
    wrong = []
    for n, line in lines:
        item = pasted_item(line)
        if item is not None and item.vanished_at is None:
            found[item.id] = item
            continue
        why = (
            "is no handle or address of an item in the catalogue"
            if item is None
            else "is no longer in the publisher’s files"
        )
        wrong.append(f"Line {n}, “{shorten(line, 120)}”, {why}. Correct the line or take it out.")
    return found, wrong


def _claimed(items: dict[int, Item]) -> list[Claimed]:
    """The names chosen in the form, of items that the list still names."""
    found = []
    for item_id, item in items.items():
        author_id = number_in(request.form.get(f"author-{item_id}"))
        version = number_in(request.form.get(f"version-{item_id}")) or -1
        if author_id is not None:
            found.append(Claimed(item, author_id, version))
    return found


def _many(form: ManyForm, items: dict[int, Item], errors: dict[str, str] | None = None) -> str:
    user, profile = me(), profile_of(me())
    rows = []
    for item in items.values():
        authors = authors_of(item)
        named = request.form.get(f"author-{item.id}")
        likely = operations.likely(authors, user)
        rows.append(
            {
                "item": item,
                "choices": [(str(a.id), _printed(a)) for a in authors],
                "mine": next((a for a in authors if profile and a.profile_id == profile.id), None),
                "chosen": named if named is not None else str(likely.id) if likely else "",
            }
        )
    return render_template("claims/many.html", form=form, rows=rows, errors=errors or {})
