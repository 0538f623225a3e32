"""Asking for corrections of an item's references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from correction_flow.catalog.models import Item, ItemReference
from correction_flow.catalog.operations import text_key
from correction_flow.catalog.queries import references_among
from correction_flow.citations import targets
from correction_flow.citations.targets import read_handle, read_text
from correction_flow.core.errors import Invalid
from correction_flow.core.paging import LARGEST_ID
from correction_flow.core.text import key, squeeze
from correction_flow.proposals import operations as proposals
from correction_flow.proposals import visitors
from correction_flow.proposals.lifecycle import Kind
from correction_flow.proposals.models import Person, Visitor
from correction_flow.proposals.operations import Submitted, Wanted


@dataclass(frozen=True)
class Entry:
    """What a form says of one reference in the list; nothing of what is left as it is."""

    handle: str = ""
    unlink: bool = False
    text: str = ""
    remove: bool = False


@dataclass(frozen=True)
class Added:
    """A reference the list lacks, and the item it means, if that is known; `name` of its field."""

    text: str
    handle: str = ""
    name: str = "added"


def wanted(item: Item, entries: Mapping[int, Entry], added: Sequence[Added] = ()) -> list[Wanted]:
    """The changes in a form, by ids of references. Raises Invalid per field."""
    ids = {id_ for id_ in entries if id_ <= LARGEST_ID}
    references = references_among(item, ids, {text_key(squeeze(one.text)) for one in added})
    found: list[Wanted] = []
    errors: dict[str, str] = {}
    for reference in references:
        entry = entries.get(reference.id)
        if entry is not None:
            found += _of_entry(item, reference, entry, errors)
    listed = {text_key(reference.text): reference for reference in references}
    for one in added:
        change = _of_added(item, one, listed, errors)
        if change is not None and change.target not in {w.target for w in found}:
            found.append(change)
    if errors:
        raise Invalid(errors)
    return found


def _of_entry(
    item: Item, reference: ItemReference, entry: Entry, errors: dict[str, str]
) -> list[Wanted]:
    found: list[Wanted] = []
    if entry.remove:
        if entry.handle or entry.unlink:
            name = f"remove-{reference.id}"
            errors[name] = "A reference that is taken out has no link. Choose one of the two."
        return [Wanted(targets.removal_of(reference.id), False, True)]
    if entry.text:
        try:
            text = read_text(entry.text)
        except ValueError as error:
            errors[f"text-{reference.id}"] = str(error)
        else:
            if text != reference.text:
                same = key(text) == key(reference.text)
                target = targets.text_of(reference.id)
                found.append(Wanted(target, reference.text, text, low_risk=same))
    link = _link(item, reference, entry, errors)
    return [*found, link] if link else found


def _link(
    item: Item, reference: ItemReference, entry: Entry, errors: dict[str, str]
) -> Wanted | None:
    old = targets.cited_key(reference)
    if entry.unlink and not entry.handle:
        return Wanted(targets.link_of(reference.id), old, None) if old else None
    if not entry.handle:
        return None
    try:
        new = read_handle(entry.handle, item)
    except ValueError as error:
        errors[f"reference-{reference.id}"] = str(error)
        return None
    return Wanted(targets.link_of(reference.id), old, new) if new != old else None


def _of_added(
    item: Item, one: Added, listed: Mapping[str, ItemReference], errors: dict[str, str]
) -> Wanted | None:
    try:
        text = read_text(one.text)
        cited = read_handle(one.handle, item) if one.handle else None
    except ValueError as error:
        errors[one.name] = str(error)
        return None
    same = listed.get(text_key(text))
    if same is None:
        return Wanted(targets.addition_of(text_key(text)), None, {"text": text, "cited": cited})
    old = targets.cited_key(same)
    if cited is None or cited == old:
        errors[one.name] = f"This stands in the list already, as reference {same.position}."
        return None
    return Wanted(targets.link_of(same.id), old, cited)


def request_references(
    item: Item,
    entries: Mapping[int, Entry],
    added: Sequence[Added] = (),
    *,
    by: Person,
    reason: str,
    evidence_url: str | None,
    item_version: int,
) -> Submitted:
    """Ask for changes of this item's references."""
    proposals.lock(item)  # what is linked now is stored beside what is asked for
    send = visitors.submit if isinstance(by, Visitor) else proposals.submit
    return send(
        Kind.CITATION, item, wanted(item, entries, added), by=by, reason=reason,  # type: ignore[arg-type]
        evidence_url=evidence_url, item_version=item_version,
    )  # fmt: skip


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
    entries = {id_: Entry(handle=handle.strip()) for id_, handle in handles.items()}
    return request_references(
        item, entries, by=by, reason=reason, evidence_url=evidence_url, item_version=item_version
    )
