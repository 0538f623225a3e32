"""*Something is wrong here*: the form, the preview of exactly what will change, sending."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import StringField, TextAreaField

from correction_flow.catalog.fields import Field
from correction_flow.catalog.models import Item
from correction_flow.catalog.queries import decides, item_by_handle
from correction_flow.core import rate
from correction_flow.core.errors import Conflict, Invalid, NotFound, TooMany
from correction_flow.core.transaction import transaction
from correction_flow.corrections import operations
from correction_flow.corrections.changes import to_text, typographic, word_changes
from correction_flow.proposals.models import Person, Visitor
from correction_flow.proposals.operations import Submitted, Wanted
from correction_flow.proposals.queries import undecided
from correction_flow.redif import checks
from correction_flow.web.access import limit, me, me_or_none, public
from correction_flow.web.display import change_views, item_url
from correction_flow.web.forms import RequestForm
from correction_flow.web.forms.visitors import caught, open_to_visitors
from correction_flow.web.visitors import check_your_mail, sender

pages = Blueprint("corrections", __name__)


def item_asked_for() -> Item:
    """The item named in `?item=`. Raises NotFound."""
    handle = request.args.get("item", "")
    item = item_by_handle(handle) if handle else None
    if item is None:
        raise NotFound(
            f"There is no item “{handle[:200]}”. Open the item’s page and press the button there."
        )
    return item


def form_for(item: Item) -> tuple[RequestForm, list[Field]]:
    """A form with one input for every field of this kind of item, filled with what is shown."""
    fields = operations.fields_to_correct(item)

    class CorrectionForm(RequestForm):
        pass

    if me_or_none() is None:
        open_to_visitors(CorrectionForm)
    for field in fields:
        text = to_text(field, item.shown.get(field.name))
        tall = field.long or field.name in ("title", "authors", "editors")
        made = TextAreaField if tall else StringField
        help_text = field.help
        if field.name in ("authors", "editors"):
            help_text = "One name on each line, in the order of the printed work."
        setattr(
            CorrectionForm,
            f"field_{field.name}",
            made(
                field.label,
                description=help_text,
                default=text,
                render_kw={"rows": min(16, max(2, text.count("\n") + len(text) // 80 + 1))}
                if tall
                else {},
            ),
        )
    return CorrectionForm(data={"version": str(item.version)}), fields


@pages.get("/corrections/new")
@public
def new() -> Any:
    """The form."""
    item = item_asked_for()
    form, fields = form_for(item)
    return _page(item, form, fields)


@pages.post("/corrections/new")
@public
def send() -> Any:
    """Preview, and on the second press send."""
    limit(rate.SUBMIT)
    item = item_asked_for()
    form, fields = form_for(item)
    if not form.validate_on_submit():
        return _page(item, form, fields), 422
    if request.form.get("act") == "edit":
        return _page(item, form, fields)
    texts = {f.name: form[f"field_{f.name}"].data or "" for f in fields}
    try:
        if request.form.get("act") != "send":
            return _preview(item, form, fields, texts)
        by = sender(form)
        if caught(form):
            return check_your_mail()
        with transaction():
            submitted = operations.request_correction(
                item, texts, by=by, reason=form.reason.data or "",
                evidence_url=form.evidence.data or None, item_version=form.seen_version,
            )  # fmt: skip
            answer = after_submission(submitted, item, by=by)
    except Invalid as error:
        show_errors(form, error, prefix="field_")
        return _page(item, form, fields), 422
    except TooMany as error:
        form.form_errors.append(str(error))
        return _page(item, form, fields), 429
    except Conflict as error:
        return _moved(form, fields, str(error))
    return answer


def _preview(item: Item, form: RequestForm, fields: list[Field], texts: dict[str, str]) -> Any:
    wanted = operations.wanted(item, texts)
    if not wanted:
        raise Invalid({"": "Nothing is changed yet. Change a value, then go on."})
    if item.version != form.seen_version:
        raise Conflict(
            "This record changed while you were writing. What you typed is kept below, "
            "beside the new current values; please check it and send it again."
        )
    operations.dry_run(item, wanted)
    redif = operations.preview(item, wanted)
    by_name = {f.name: f for f in fields}
    return render_template(
        "corrections/preview.html", item=item, form=form, fields=fields, redif=redif,
        changes=[_wanted_view(item, by_name[w.target], w) for w in wanted],
        decides=decides(item.series), competing=_competing(item, wanted),
    )  # fmt: skip


def _wanted_view(item: Item, field: Field, wanted: Wanted) -> dict[str, Any]:
    old, new = to_text(field, wanted.old), to_text(field, wanted.new)
    return {
        "label": field.label,
        "old": old,
        "new": new,
        "words": word_changes(old, new) if old and new else None,
        "outcome": None,
        "reason": None,
        "standing": None,
        "warnings": warnings(item, field, wanted),
    }


def warnings(item: Item, field: Field, wanted: Wanted) -> list[str]:
    """What to look at twice; nothing of it blocks."""
    found = [w.message for w in checks.findings({field.tag: _as_values(wanted.new)})]
    if field.name == "title" and not typographic(wanted.old, wanted.new):
        found.append("The new title says something else, not just spelt otherwise.")
    in_handle = re.search(r":y:(\d{4}):", item.handle_key)
    if field.name == "year" and in_handle and wanted.new != in_handle[1]:
        found.append(f"The handle says {in_handle[1]}; it stays as it is.")
    return found


def _as_values(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return [{"name": [v.get("name", "")]} if isinstance(v, dict) else v for v in value]
    return [value]


def _competing(item: Item, wanted: list[Wanted]) -> list[dict[str, Any]]:
    targets = {w.target for w in wanted}
    return change_views([c for c in undecided(item) if c.target in targets])


def _page(item: Item, form: RequestForm, fields: list[Field]) -> str:
    return render_template(
        "corrections/new.html", item=item, form=form, fields=fields,
        current={f.name: to_text(f, item.shown.get(f.name)) for f in fields},
        decides=decides(item.series),
        open_targets={c.target for c in undecided(item)},
    )  # fmt: skip


def _moved(form: RequestForm, fields: list[Field], message: str) -> Any:
    """The record changed meanwhile: the text stays, the version and current values are new."""
    item = item_asked_for()
    form.version.data = form.version.raw_data[0] if form.version.raw_data else ""
    form.version.raw_data = None
    form.version.data = str(item.version)
    form.form_errors.append(message)
    return _page(item, form, fields), 409


def show_errors(form: RequestForm, error: Invalid, *, prefix: str = "") -> None:
    """Put each error at its field, or on top of the form."""
    for name, message in error.errors.items():
        field = f"{prefix}{name}" if f"{prefix}{name}" in form else name
        if field and field in form:
            form[field].errors = [*form[field].errors, message]
        else:
            form.form_errors.append(message)


def after_submission(submitted: Submitted, item: Item, *, by: Person | None = None) -> Any:
    """Where to go after sending, with a sentence about what became of it."""
    if isinstance(by, Visitor):
        return check_your_mail()
    if submitted.proposal is None:
        numbers = sorted({c.proposal.number for c in submitted.supported})
        flash(
            f"This was already asked for in {', '.join(numbers)}. You are added as a supporter "
            "and will be told what becomes of it.",
            "info",
        )
        if any(c.proposal.proposer_id == me().id for c in submitted.supported):
            return redirect(url_for("proposals.show", number=numbers[0]), 303)
        return redirect(item_url(item), 303)
    if submitted.again:
        flash("You have already sent exactly this; here it is.", "info")
    else:
        number = submitted.proposal.number
        flash(f"Thank you. {number} is stored, a receipt is on its way.", "success")
    return redirect(url_for("proposals.show", number=submitted.proposal.number), 303)
