"""Asking for corrections of an item's references."""

from __future__ import annotations

from collections.abc import Mapping

from correction_flow.catalog.models import Item, ItemReference
from correction_flow.catalog.queries import item_by_handle, pasted_item, references_of
from correction_flow.citations.kind import target
from correction_flow.core.errors import Invalid
from correction_flow.proposals import operations as proposals
from correction_flow.proposals import visitors
from correction_flow.proposals.lifecycle import Kind
from correction_flow.proposals.models import Person, Visitor
from correction_flow.proposals.operations import Submitted, Wanted


def wanted(item: Item, handles: Mapping[int, str]) -> list[Wanted]:
    """The changes in a form: reference id → handle to link it to. Raises Invalid per field."""
    found: list[Wanted] = []
    errors: dict[str, str] = {}
    for reference in references_of(item):
        text = handles.get(reference.id, "").strip()
        if not text:
            continue
        cited = item_by_handle(text) or pasted_item(text)
        name = f"reference-{reference.id}"
        if cited is None or cited.vanished_at is not None:
            errors[name] = f"There is no item “{text[:120]}”. Copy the handle from the item’s page."
        elif cited.id == item.id:
            errors[name] = "An item does not cite itself. Enter the handle of the cited item."
        elif cited.id != reference.cited_item_id:
            old = _cited_key(reference)
            found.append(Wanted(target(reference), old, cited.handle_key))
    if errors:
        raise Invalid(errors)
    return found


def _cited_key(reference: ItemReference) -> str | None:
    return reference.cited_item.handle_key if reference.cited_item else None


def request_links(
    item: Item,
    handles: Mapping[int, str],
    *,
    by: Person,
    reason: str,
    evidence_url: str | None,
    item_version: int,
) -> Submitted:
    """Ask that references of this item are linked to these handles."""
    proposals.lock(item)  # what is linked now is stored beside what is asked for
    changes = wanted(item, handles)
    if isinstance(by, Visitor):
        return visitors.submit(
            Kind.CITATION, item, changes, by=by, reason=reason, evidence_url=evidence_url,
            item_version=item_version,
        )  # fmt: skip
    return proposals.submit(
        Kind.CITATION,
        item,
        changes,
        by=by,
        reason=reason,
        evidence_url=evidence_url,
        item_version=item_version,
    )
