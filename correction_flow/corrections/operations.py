"""Asking for a correction of an item's metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from correction_flow.catalog import exports, formats, record
from correction_flow.catalog.fields import AUTHORS, EDITORS, Field, field, fields_of
from correction_flow.catalog.models import Item, Kind
from correction_flow.catalog.shown import shown
from correction_flow.core.errors import Invalid
from correction_flow.corrections import changes as rules
from correction_flow.proposals import operations as proposals
from correction_flow.proposals import visitors
from correction_flow.proposals.lifecycle import Kind as ProposalKind
from correction_flow.proposals.models import Person, Visitor
from correction_flow.proposals.operations import Submitted, Wanted
from correction_flow.redif import parser, writer


def fields_to_correct(item: Item) -> list[Field]:
    """The fields whose correction can be asked for, in the form's order. Handles are permanent."""
    title, *others = fields_of(item.kind)
    people = [AUTHORS]
    if item.kind is Kind.BOOK or (item.kind is Kind.CHAPTER and item.shown.get("editors")):
        people.append(EDITORS)
    return [title, *people, *others]


def wanted(item: Item, texts: Mapping[str, str]) -> list[Wanted]:
    """The changes in a form's texts against what is shown. Raises Invalid per field."""
    found: list[Wanted] = []
    errors: dict[str, str] = {}
    for each in fields_to_correct(item):
        if each.name not in texts:
            continue
        current = item.shown.get(each.name)
        text = texts[each.name].replace("\r\n", "\n").strip()
        if text == rules.to_text(each, current).strip():
            continue
        try:
            value = rules.from_text(each, text, current)
        except rules.BadValue as error:
            errors[each.name] = str(error)
            continue
        if value == current:
            continue
        if value is None and each.name == "title":
            errors[each.name] = "A work has a title. Enter it as printed on the work."
            continue
        low = rules.low_risk(each, current, value)
        found.append(Wanted(each.name, current, value, low_risk=low))
    if errors:
        raise Invalid(errors)
    return found


def request_correction(
    item: Item,
    texts: Mapping[str, str],
    *,
    by: Person,
    reason: str,
    evidence_url: str | None,
    item_version: int,
) -> Submitted:
    """Send a correction request; the dry run has shown that it could be published (rule 3)."""
    changes = wanted(item, texts)
    dry_run(item, changes)
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


def preview(item: Item, changes: list[Wanted]) -> str:
    """The ReDIF of the item with the changes, for the sender: without anybody's address."""
    after = shown(item.shown, {w.target: w.new for w in changes})
    return formats.redif(exports.without_addresses(after), kind=item.kind, handle=item.handle)


def dry_run(item: Item, changes: list[Wanted]) -> str:
    """The ReDIF of the item with the changes, parsed again as RePEc would.

    Raises Invalid at the field that could not be written, or that would not be read as meant.
    """
    after = shown(item.shown, {w.target: w.new for w in changes})
    try:
        text = formats.redif(after, kind=item.kind, handle=item.handle)
    except writer.Unwritable as error:
        target = _target_of(error.tag, changes)
        raise Invalid({target: f"This cannot be published: {error}"}) from None
    parsed = parser.parse(text.encode("utf-8"), name="dry-run.redif")
    if len(parsed.templates) != 1:
        raise Invalid({"": "These values cannot be written as one ReDIF template."})
    read = record.from_tree(parsed.templates[0].tree())
    for change in changes:
        if _without_blanks(read.get(change.target)) != _without_blanks(change.new):
            label = field(change.target).label
            raise Invalid(
                {
                    change.target: f"RePEc would not read this {label} as you wrote it. "
                    "Take out mark-up and unusual characters."
                }
            )
    return text


def _target_of(tag: str, changes: list[Wanted]) -> str:
    """The field whose tag, or a tag of whose cluster, could not be written."""
    for change in changes:
        own = field(change.target).tag
        if tag.lower() == own or tag.lower().startswith(f"{own}-"):
            return change.target
    return ""


def _without_blanks(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(value.split())
    if isinstance(value, list):
        return [_without_blanks(v) for v in value]
    if isinstance(value, dict):
        return {k: _without_blanks(v) for k, v in value.items()}
    return value
