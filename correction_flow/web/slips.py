"""*The same is wrong in other items too*: one request for all of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import StringField, TextAreaField
from wtforms.validators import Length, Optional

from correction_flow.catalog.models import Item
from correction_flow.catalog.queries import decides
from correction_flow.core import rate
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.transaction import transaction
from correction_flow.corrections import slips
from correction_flow.corrections.changes import PEOPLE
from correction_flow.corrections.slips import Slip
from correction_flow.corrections.values import first_text
from correction_flow.proposals.batches import LARGEST
from correction_flow.web.access import limit, me, signed_in
from correction_flow.web.corrections import item_asked_for, show_errors, wanted_view
from correction_flow.web.display import item_url
from correction_flow.web.forms import RequestForm, no_controls, number_in

pages = Blueprint("slips", __name__)

LONGEST_LIST = 50_000
HELP = {
    "authors": "The whole name of this one person.",
    "editors": "The whole name of this one person.",
    "files": "How these links should begin; what follows in each stays as it is.",
}


class SlipForm(RequestForm):
    """What should stand there and where, beside what every request carries."""

    new = StringField(
        "What it should say",
        description="Only what stands in this place. Leave it empty to take it out.",
        filters=[no_controls],
    )
    handles = TextAreaField(
        "Or name the items yourself",
        description=f"Handles, or addresses at IDEAS or EconPapers, one a line, at most {LARGEST}. "
        "Where there is such a list, it counts instead of the ticks above.",
        filters=[no_controls],
        validators=[Optional(), Length(max=LONGEST_LIST, message="Shorten this list.")],
    )


@pages.get("/corrections/slip")
@signed_in
def new() -> Any:
    """Choose the field and what is wrong there; then the items that have it."""
    item = item_asked_for()
    if not request.args.get("field"):
        return _choice(item)
    try:
        slip = _slip(item)
    except Invalid as error:
        return _choice(item, error), 422
    return _page(item, slip, SlipForm(data={"version": str(item.version), "new": slip.old}))


@pages.post("/corrections/slip")
@signed_in
def send() -> Any:
    """Preview, and on the second press send."""
    limit(rate.SUBMIT)
    item = item_asked_for()
    form = SlipForm(data={"version": str(item.version)})
    try:
        slip = _slip(item)
    except Invalid as error:
        return _choice(item, error), 422
    if not form.validate_on_submit():
        return _page(item, slip, form), 422
    act = request.form.get("act")
    if act == "edit":
        return _page(item, slip, form)
    try:
        return _sent(item, slip, form) if act == "send" else _preview(item, slip, form)
    except Invalid as error:
        show_errors(form, error)
        return _page(item, slip, form), 422
    except Conflict as error:
        form.form_errors.append(str(error))
        return _page(item, slip, form), 409


def _slip(item: Item) -> Slip:
    """The field and what is wrong there, as the address says. Raises Invalid."""
    return slips.slip_in(item, request.args.get("field", ""), request.args.get("old", ""))


def _chosen() -> dict[int, int]:
    """The versions of the chosen items by id, as they were seen."""
    chosen = {}
    for value in request.form.getlist("items"):
        item_id, _, version = value.partition(":")
        if number_in(item_id) is not None and number_in(version) is not None:
            chosen[int(item_id)] = int(version)
    return chosen


def _sent(item: Item, slip: Slip, form: SlipForm) -> Any:
    with transaction():
        chosen = _chosen()
        results = slips.request_slip(
            slips.chosen_items(item, slip, list(chosen)), chosen, slip, form.new.data or "",
            by=me(), reason=form.reason.data or "", evidence_url=form.evidence.data or None,
        )  # fmt: skip
        numbers = [r.proposal.number for r in results if r.proposal is not None]
    if not numbers:
        flash("All of this was asked for already. You support those requests now.", "info")
        return redirect(item_url(item), 303)
    stored = f"{len(numbers)} requests are" if len(numbers) > 1 else "One request is"
    flash(f"Thank you. {stored} stored, one receipt is on its way.", "success")
    return redirect(url_for("proposals.show", number=numbers[0]), 303)


def _preview(item: Item, slip: Slip, form: SlipForm) -> Any:
    new_text = slips.checked(slip, form.new.data or "")
    items = _meant(item, slip, form)
    fields = {each.name: each for each in slip.fields(item)}
    views = [
        (one, [wanted_view(one, fields[w.target], w) for w in slips.asked_in(one, slip, new_text)])
        for one in items
    ]
    return render_template(
        "corrections/slip_preview.html", item=item, form=form, slip=slip, new=new_text, views=views,
        decides=decides(item.series),
    )  # fmt: skip


def _meant(item: Item, slip: Slip, form: SlipForm) -> list[Item]:
    """The items of the pasted list; without one, those that are ticked. Raises Invalid."""
    if form.handles.data:
        items, wrong = slips.named(item, slip, form.handles.data)
        if wrong:
            form.handles.errors = wrong
            raise Invalid({})
        return items
    chosen = _chosen()
    if not chosen:
        raise Invalid({"items": "Choose at least one item."})
    return slips.chosen_items(item, slip, list(chosen))


def _choice(item: Item, error: Invalid | None = None) -> str:
    """Which field, and what is wrong there; the item's own names and hosts are offered."""
    shown = item.shown
    names = [first_text(p.get("name")) for f in PEOPLE for p in shown.get(f, ())]
    links = [urlsplit(first_text(file.get("url"))) for file in shown.get("files", ())]
    return render_template(
        "corrections/slip_choice.html", item=item, names=[n for n in dict.fromkeys(names) if n],
        hosts=dict.fromkeys(f"{link.scheme}://{link.netloc}/" for link in links if link.netloc),
        fields=slips.fields_with_slips(item), errors=dict(error.errors) if error else {},
    )  # fmt: skip


def _page(item: Item, slip: Slip, form: SlipForm) -> str:
    form.new.description = HELP.get(slip.field.name, form.new.description)
    after = request.args.get("after")
    return render_template(
        "corrections/slip.html", item=item, form=form, slip=slip, after=after,
        found=slips.find(item, slip, after),
        chosen=_chosen() if request.method == "POST" else None, decides=decides(item.series),
    )  # fmt: skip
