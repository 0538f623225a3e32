"""*The same name is misspelt in other items too*: one request for all of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import StringField

from correction_flow.catalog.models import Item
from correction_flow.catalog.queries import decides
from correction_flow.core import rate
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.transaction import transaction
from correction_flow.corrections import slips
from correction_flow.proposals.batches import LARGEST
from correction_flow.web.access import limit, me, signed_in
from correction_flow.web.corrections import item_asked_for, show_errors
from correction_flow.web.display import item_url
from correction_flow.web.forms import RequestForm, no_controls, number_in

pages = Blueprint("slips", __name__)


class SlipForm(RequestForm):
    """The name as it should be, beside what every request carries."""

    new_name = StringField(
        "As it should be printed",
        description="The whole name of this one person.",
        filters=[no_controls],
    )


@pages.get("/corrections/slip")
@signed_in
def new() -> Any:
    """Choose the name; then the items that have it."""
    item = item_asked_for()
    form = SlipForm(data={"version": str(item.version), "new_name": _name()})
    return _page(item, form)


@pages.post("/corrections/slip")
@signed_in
def send() -> Any:
    """Preview, and on the second press send."""
    limit(rate.SUBMIT)
    item = item_asked_for()
    form = SlipForm(data={"version": str(item.version)})
    act = request.form.get("act")
    if not form.validate_on_submit():
        return _page(item, form), 422
    if act == "edit":
        return _page(item, form)
    chosen = _chosen()
    try:
        if act != "send":
            return _preview(item, form, chosen)
        with transaction():
            results = slips.request_slip(
                _items(item, chosen), chosen, _name(), form.new_name.data or "", by=me(),
                reason=form.reason.data or "", evidence_url=form.evidence.data or None,
            )  # fmt: skip
            numbers = [r.proposal.number for r in results if r.proposal is not None]
    except Invalid as error:
        show_errors(form, error)
        return _page(item, form), 422
    except Conflict as error:
        form.form_errors.append(str(error))
        return _page(item, form), 409
    if not numbers:
        flash("All of this was asked for already. You support those requests now.", "info")
        return redirect(item_url(item), 303)
    flash(f"Thank you. {len(numbers)} requests are stored, one receipt is on its way.", "success")
    return redirect(url_for("proposals.show", number=numbers[0]), 303)


def _name() -> str:
    """The misspelt name, as it stands on the items."""
    return request.args.get("name", "")


def _chosen() -> dict[int, int]:
    """The versions of the chosen items by id, as they were seen."""
    chosen = {}
    for value in request.form.getlist("items"):
        item_id, _, version = value.partition(":")
        if number_in(item_id) is not None and number_in(version) is not None:
            chosen[int(item_id)] = int(version)
    return chosen


def _items(item: Item, chosen: dict[int, int]) -> list[Item]:
    """Of the items that have the name, those chosen."""
    found = {each.id: each for each in slips.items_with_name(item, _name())}
    gone = [item_id for item_id in chosen if item_id not in found]
    if gone:
        raise Conflict(
            "The name no longer stands on some of the items you chose. The list below is new; "
            "please look at it and send the request again."
        )
    return [found[item_id] for item_id in chosen]


def _preview(item: Item, form: SlipForm, chosen: dict[int, int]) -> Any:
    new_name = slips.checked_name(_name(), form.new_name.data or "")
    items = _items(item, chosen)
    if not items:
        raise Invalid({"items": "Choose at least one item."})
    return render_template(
        "corrections/slip_preview.html", item=item, form=form, name=_name(), new_name=new_name,
        items=items, versions=chosen, decides=decides(item.series),
    )  # fmt: skip


def _page(item: Item, form: SlipForm) -> str:
    name = _name()
    found = slips.items_with_name(item, name) if name else []
    shown = item.shown
    names = [p.get("name") for f in slips.FIELDS.values() for p in shown.get(f, ())]
    chosen = _chosen() if request.method == "POST" else None
    return render_template(
        "corrections/slip.html", item=item, form=form, name=name, names=dict.fromkeys(names),
        items=found[:LARGEST], more=len(found) > LARGEST, chosen=chosen,
        decides=decides(item.series),
    )  # fmt: skip
