"""*Something is wrong here*: the form, the preview of exactly what will change, sending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from flask import Blueprint, after_this_request, flash, redirect, render_template, request, url_for

from correction_flow.catalog.fields import Field
from correction_flow.catalog.models import Item, Place, Record
from correction_flow.catalog.queries import (
    archive_by_handle,
    decides,
    item_by_handle,
    series_by_handle,
)
from correction_flow.core import rate
from correction_flow.core.errors import Conflict, Invalid, NotFound, TooMany, WrongStatus
from correction_flow.core.text import plain
from correction_flow.core.transaction import transaction
from correction_flow.corrections import drafts, operations, trial, warnings
from correction_flow.corrections.changes import Typed, differences, filled, to_text, word_changes
from correction_flow.corrections.models import Draft
from correction_flow.proposals.lifecycle import Action, Kind, Standing
from correction_flow.proposals.links import followed
from correction_flow.proposals.models import Person, Proposal, Visitor
from correction_flow.proposals.operations import GONE, Submitted, Wanted
from correction_flow.proposals.policy import require
from correction_flow.proposals.queries import MOST_UNDECIDED, proposal_by_number, undecided
from correction_flow.web import correction_form as forms
from correction_flow.web import my
from correction_flow.web.access import limit, me, me_or_none, party, public, signed_in
from correction_flow.web.display import change_views, item_url, named
from correction_flow.web.forms import RequestForm, seen_version
from correction_flow.web.forms.visitors import caught, open_to_visitors, watched
from correction_flow.web.request_view import page_of
from correction_flow.web.visitors import check_your_mail, kept_private, limit_visitor, sender

pages = Blueprint("corrections", __name__)


_BY_HANDLE: dict[str, Callable[[str], Place | None]] = {
    "series": series_by_handle,
    "archive": archive_by_handle,
}


def asked_for() -> Record:
    """What is named in `?item=`, `?series=` or `?archive=`. Raises NotFound."""
    noun = next((one for one in _BY_HANDLE if one in request.args), None)
    if noun is None:
        return item_asked_for()
    handle = request.args[noun]
    place = _BY_HANDLE[noun](handle)
    if place is None or place.placeholder:
        raise NotFound(f"No template of the publisher describes the {noun} “{handle[:200]}” here.")
    return place


def item_asked_for() -> Item:
    """The item named in `?item=`. Raises NotFound, and Conflict before anything is typed about one
    that is gone."""
    handle = request.args.get("item", "")
    item = item_by_handle(handle) if handle else None
    if item is None:
        raise NotFound(
            f"There is no item “{handle[:200]}”. Open the item’s page and press the button there."
        )
    if item.vanished_at is not None and request.method == "GET":
        raise Conflict(GONE)
    return item


@dataclass
class Page:
    """The form as it goes back and forth: what is typed, what is wrong, where the cursor goes."""

    item: Record
    fields: list[Field]
    form: RequestForm
    typed: Typed
    errors: dict[str, str] = dataclass_field(default_factory=dict)
    focus: str = ""
    draft: Draft | None = None
    edited: Proposal | None = None
    edited_version: int = -1
    by: Person | None = None

    def html(self) -> str:
        """The form."""
        entries = forms.entries(self.fields, self.typed, self.item, self.errors)
        wrong = {forms.error_id(key): text for key, text in self.errors.items()}
        return render_template(
            "corrections/new.html", item=self.item, form=self.form, fields=self.fields,
            entries=entries, jel=forms.jel_view(self.typed), choices=forms.choices(),
            wrong=wrong, focus=self.focus, draft=self.draft, decides=decides(self.item.place),
            open_targets={c.target for c in undecided(self.item) if c.proposal is not self.edited},
            **self.edit(),
        )  # fmt: skip

    def edit(self) -> dict[str, Any]:
        """The request that the form is to change, and the name it goes by in its address."""
        if self.edited is None or self.by is None:
            return {"edited": None, "edited_key": None}
        return {
            "edited": self.edited,
            "edited_key": request.args["edit"],
            "edited_version": self.edited_version,
            "edited_page": page_of(self.edited, self.by),
        }


def edited_request(item: Record) -> tuple[Proposal | None, Person | None]:
    """The request named in `?edit=`, if the form is to change one, and who changes it.

    A visitor names it by the token of their link, which opens nothing once the request belongs to
    an account. Raises NotFound, NotSignedIn.
    """
    key = request.args.get("edit")
    if key is None:
        return None, None
    by: Person
    proposal = followed(key)
    if proposal is not None and proposal.visitor_address is not None:
        by = Visitor(proposal.visitor_address)
        after_this_request(kept_private)
    else:
        by, proposal = me(), party(proposal.number if proposal else key)
    if proposal.record is not item or proposal.kind is not Kind.CORRECTION:
        raise NotFound(f"There is no such request of this {item.noun}.")
    return proposal, by


def page_for(item: Record) -> Page:
    """The form, filled with what is shown, or with what the browser sent."""
    fields = operations.fields_to_correct(item)
    typed = forms.filled(fields, item)
    if request.method == "POST":
        typed |= forms.typed_in(fields, request.form)

    class CorrectionForm(RequestForm):
        pass

    edited, by = edited_request(item)
    if by is None and me_or_none() is None:
        open_to_visitors(CorrectionForm)
    elif isinstance(by, Visitor):
        watched(CorrectionForm)
    form = CorrectionForm(data={"version": str(item.version)})
    version = seen_version("edited_version")
    return Page(item, fields, form, typed, edited=edited, edited_version=version, by=by)


@pages.get("/corrections/new")
@public
def new() -> Any:
    """The form, with what its user kept of it, or what a request asks for that is edited."""
    page = page_for(asked_for())
    if page.edited is not None and page.by is not None:
        require(page.by, Action.EDIT, page.edited)
        _fill_in(page, page.edited)
        return page.html()
    overruled = overruled_request(page.item)
    if overruled:
        _fill_in_values(page, overruled)
        return page.html()
    user = me_or_none()
    draft = drafts.draft_of(user, page.item) if user is not None else None
    if draft is not None:
        _open_draft(page, draft)
    return page.html()


def _fill_in(page: Page, proposal: Proposal) -> None:
    """What the request asks for now."""
    _fill_in_values(page, {change.target: change.new for change in proposal.undecided})
    page.form.reason.data, page.form.evidence.data = proposal.reason, proposal.evidence_url
    page.edited_version = proposal.version


def _fill_in_values(page: Page, values: dict[str, Any]) -> None:
    page.typed |= {f.name: filled(f, values[f.name]) for f in page.fields if f.name in values}
    forms.rebase(page.fields, page.typed, page.item)


def overruled_request(item: Record) -> dict[str, Any]:
    """What was accepted in the request named in `?again=` and the publisher’s file contradicts.

    Everybody may read what was accepted, so the link of a mail works for whoever follows it.
    """
    proposal = proposal_by_number(request.args.get("again", ""))
    if proposal is None or proposal.record is not item or proposal.kind is not Kind.CORRECTION:
        return {}
    return {c.target: c.applied for c in proposal.changes if c.standing is Standing.CONTESTED}


def _open_draft(page: Page, draft: Draft) -> None:
    """Go on where it was left; rows of an older record find their people again."""
    names = {field.name for field in page.fields} | {"jel_words", "jel_searched"}
    page.typed |= {name: value for name, value in draft.form["typed"].items() if name in names}
    page.form.reason.data = draft.form["reason"]
    page.form.evidence.data = draft.form["evidence"]
    if draft.form["version"] != page.item.version:
        forms.rebase(page.fields, page.typed, page.item)
    page.draft = draft


@pages.post("/corrections/new")
@public
def send() -> Any:
    """Work on the lists, preview, and on the second press send."""
    page = page_for(asked_for())
    act = request.form.get("act", "")
    stepped = forms.step(page.fields, page.typed, page.item, act)
    if act not in ("edit", "") and stepped is None:
        _count(page)
    valid = page.form.validate_on_submit()
    if act == "edit" or (stepped is not None and "previewed" not in request.form):
        for field in page.form:
            field.errors = []  # nothing is sent yet; CSRF is checked for every POST
        page.focus = stepped or ""
        return page.html()
    if not valid:
        return page.html(), 422
    if act == "keep":
        return _keep(page)
    try:
        return _sent(page) if act == "send" else _preview(page)
    except TooMany as error:
        page.form.form_errors.append(str(error))
        return page.html(), 429
    except Invalid as error:
        page.errors |= error.errors
        page.form.form_errors += [text for key, text in error.errors.items() if not key]
        return page.html(), 422
    except (Conflict, WrongStatus) as error:
        return _moved(page, str(error))


def _count(page: Page) -> None:
    if isinstance(page.by, Visitor) and page.edited is not None:
        limit_visitor(page.by, page.edited)
    else:
        limit(rate.SUBMIT)


def _sent(page: Page) -> Any:
    _all_chosen(page)
    if page.edited is not None and page.by is not None:
        return _sent_edit(page, page.edited, by=page.by)
    by = sender(page.form)
    if caught(page.form):
        return check_your_mail()
    with transaction():
        submitted = operations.request_correction(
            page.item, page.typed, by=by, reason=page.form.reason.data or "",
            evidence_url=page.form.evidence.data or None, item_version=page.form.seen_version,
        )  # fmt: skip
        if not isinstance(by, Visitor):
            drafts.throw_away(page.item, by=by)
        return after_submission(submitted, page.item, by=by)


def _sent_edit(page: Page, proposal: Proposal, *, by: Person) -> Any:
    _check_version(page)
    if caught(page.form):
        return redirect(page_of(proposal, by), 303)
    with transaction():
        operations.edit_correction(
            proposal, page.typed, by=by, version=page.edited_version,
            reason=page.form.reason.data or "", evidence_url=page.form.evidence.data or None,
        )  # fmt: skip
    flash("Your request is changed. Those who decide are told.", "success")
    return redirect(page_of(proposal, by), 303)


def _keep(page: Page) -> Any:
    """Keep what is typed as it is, right or wrong."""
    form = {
        "typed": page.typed,
        "reason": page.form.reason.data or "",
        "evidence": page.form.evidence.data or "",
        "version": page.form.seen_version,
    }
    try:
        with transaction():
            drafts.keep_draft(page.item, storable(form), by=me())
    except Invalid as error:
        page.form.form_errors.append(str(error))
        return page.html(), 422
    flash("Kept as a draft for 90 days. It opens again with this form.", "success")
    return redirect(url_for("corrections.new", **named(page.item)), 303)


@pages.post("/corrections/draft/forget")
@signed_in
def forget() -> Any:
    """Throw the draft away."""
    record = asked_for()
    with transaction():
        drafts.throw_away(record, by=me())
    flash("The draft is thrown away.", "success")
    if request.form.get("back") == my.DRAFTS:
        return redirect(url_for("proposals.mine", part=my.DRAFTS), 303)
    return redirect(url_for("corrections.new", **named(record)), 303)


def storable(value: Any) -> Any:
    """The same without the characters that a database refuses."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {key: storable(part) for key, part in value.items()}
    return [storable(part) for part in value] if isinstance(value, list) else value


def _all_chosen(page: Page) -> None:
    """Codes typed into the search box count; words there wait for a choice."""
    if not forms.take_codes(page.typed):
        raise Invalid(
            {"jel_words": "Choose from the codes found for these words, or empty this box."}
        )


def _preview(page: Page) -> Any:
    item, form = page.item, page.form
    _check_version(page)
    _all_chosen(page)
    wanted = operations.wanted(item, page.typed)
    if not wanted:
        raise Invalid({"": "Nothing is changed yet. Change a value, then go on."})
    values = {w.target: w.new for w in wanted}
    trial.dry_run(item, values)
    by_name = {f.name: f for f in page.fields}
    return render_template(
        "corrections/preview.html", item=item, form=form,
        kept=forms.pairs(page.fields, page.typed),
        redif=trial.preview(item, values), lines=trial.changed_lines(item, values),
        changes=[wanted_view(item, by_name[w.target], w) for w in wanted],
        decides=decides(item.place), **_competing(page, wanted), **page.edit(),
    )  # fmt: skip


def _check_version(page: Page) -> None:
    if page.item.version != page.form.seen_version:
        raise Conflict(
            "This record changed while you were writing. What you typed is kept below, "
            "beside the new current values; please check it and send it again."
        )


def wanted_view(item: Record, field: Field, wanted: Wanted) -> dict[str, Any]:
    old, new = to_text(field, wanted.old), to_text(field, wanted.new)
    suspicions = warnings.of_change(field, wanted.old, wanted.new, handle_key=item.handle_key)
    return {
        "label": field.label,
        "old": old,
        "new": new,
        "words": word_changes(old, new) if old and new else None,
        "differences": differences(field, wanted.old, wanted.new),
        "outcome": None,
        "reason": None,
        "standing": None,
        "suspicions": [
            {
                "message": found.message,
                "repaired": found.repaired,
                "act": f"{field.name}-repair-{found.part or 0}",
            }
            for found in suspicions
        ],
    }


def _competing(page: Page, wanted: list[Wanted]) -> dict[str, Any]:
    """What else is asked for at the same places, and whether there was too much to see all."""
    targets, waiting = {w.target for w in wanted}, undecided(page.item)
    others = [c for c in waiting if c.proposal is not page.edited and c.target in targets]
    return {
        "competing": change_views(others),
        "looked_at": len(waiting) if len(waiting) >= MOST_UNDECIDED else None,
    }


def _moved(page: Page, message: str) -> Any:
    """The record changed meanwhile: the text stays, the version and current values are new."""
    page.item = asked_for()
    forms.rebase(page.fields, page.typed, page.item)
    page.form.version.raw_data = None
    page.form.version.data = str(page.item.version)
    if page.edited is not None:
        page.edited, page.by = edited_request(page.item)
        page.edited_version = page.edited.version if page.edited else -1
    page.form.form_errors.append(message)
    return page.html(), 409


def show_errors(form: RequestForm, error: Invalid, *, prefix: str = "") -> None:
    """Put each error at its field, or on top of the form."""
    for name, message in error.errors.items():
        field = f"{prefix}{name}" if f"{prefix}{name}" in form else name
        if field and field in form:
            form[field].errors = [*form[field].errors, message]
        else:
            form.form_errors.append(message)


def after_submission(submitted: Submitted, item: Record, *, by: Person | None = None) -> Any:
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
