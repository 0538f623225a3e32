"""Asking for a correction of a record's metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from correction_flow.catalog.fields import AUTHORS, EDITORS, FILES, Field, fields_of
from correction_flow.catalog.models import Item, Kind, Record
from correction_flow.core.errors import Invalid
from correction_flow.corrections import changes as rules
from correction_flow.corrections import trial
from correction_flow.corrections.values import BadValue
from correction_flow.proposals import editing, visitors
from correction_flow.proposals import operations as proposals
from correction_flow.proposals.lifecycle import Kind as ProposalKind
from correction_flow.proposals.models import Person, Proposal, Visitor
from correction_flow.proposals.operations import Submitted, Wanted


def fields_to_correct(item: Record) -> list[Field]:
    """The fields whose correction can be asked for, in the form's order. Handles are permanent.

    Of a place, not those where its publisher wrote an address: the form is public.
    """
    if not isinstance(item, Item):
        return [f for f in item.fields if "@" not in rules.to_text(f, item.shown.get(f.name))]
    title, *others = fields_of(item.kind)
    people = [AUTHORS]
    if item.kind in (Kind.BOOK, Kind.CHAPTER):
        people.append(EDITORS)
    return [title, *people, *others, FILES]


def wanted(item: Record, typed: Mapping[str, Any]) -> list[Wanted]:
    """The changes in what a form holds against what is shown. Raises Invalid.

    `typed`: as `corrections.changes.filled` gives it; a field that is missing stays as it is.
    An error in a list is named by its place: "authors-2-name".
    """
    found: list[Wanted] = []
    errors: dict[str, str] = {}
    for each in fields_to_correct(item):
        current = item.shown.get(each.name)
        if each.name not in typed or rules.as_filled(each, typed[each.name], current):
            continue
        try:
            value = rules.from_form(each, typed[each.name], current)
        except BadValue as error:
            errors[f"{each.name}-{error.part}" if error.part else each.name] = str(error)
            continue
        if (value or None) == (current or None):
            continue
        low = rules.low_risk(each, current, value)
        found.append(Wanted(each.name, current, value, low_risk=low))
    if not errors:
        try:
            trial.check_whole(item, {w.target: w.new for w in found})
        except Invalid as error:
            errors = dict(error.errors)
    if errors:
        raise Invalid(errors)
    return found


def request_correction(
    item: Record,
    typed: Mapping[str, Any],
    *,
    by: Person,
    reason: str,
    evidence_url: str | None,
    item_version: int,
) -> Submitted:
    """Send a correction request; the dry run has shown that it could be published (rule 3)."""
    changes = wanted(item, typed)
    trial.dry_run(item, {w.target: w.new for w in changes})
    if isinstance(by, Visitor):
        return visitors.submit(
            ProposalKind.CORRECTION, item, changes, by=by, reason=reason,
            evidence_url=evidence_url, item_version=item_version,
        )  # fmt: skip
    return proposals.submit(
        ProposalKind.CORRECTION,
        item,
        changes,
        by=by,
        reason=reason,
        evidence_url=evidence_url,
        item_version=item_version,
    )


def edit_correction(
    proposal: Proposal,
    typed: Mapping[str, Any],
    *,
    by: Person,
    version: int,
    reason: str,
    evidence_url: str | None,
) -> None:
    """Ask for other values in an open request; tried out as those of a new one are."""
    changes = wanted(proposal.record, typed)
    trial.dry_run(proposal.record, {w.target: w.new for w in changes})
    editing.edit(
        proposal, changes, by=by, version=version, reason=reason, evidence_url=evidence_url
    )
