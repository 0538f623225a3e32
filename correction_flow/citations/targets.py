"""What can be asked of an item's references, each a sort of change with its own target and value.

link      reference:<id>            handle key of the cited item, or None
text      reference-text:<id>       the text
removal   reference-removed:<id>    True: it is not in the work
addition  reference-added:<digest>  {"text": …, "cited": handle key or None}
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sqlalchemy import select

from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import LONGEST_REFERENCE, Item, ItemReference, Record
from correction_flow.catalog.queries import item_by_handle, pasted_item, reference_reading
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.extensions import db
from correction_flow.core.text import key, plain, squeeze
from correction_flow.proposals.lifecycle import Standing
from correction_flow.proposals.models import Change, concerns

MEANS = "Means: "
"""Begins the line in which an addition names its item."""
Describe = Callable[[str], str]
"""An item as text by its handle key."""


def link_of(reference_id: int) -> str:
    """The target of what a reference means."""
    return f"reference:{reference_id}"


def text_of(reference_id: int) -> str:
    """The target of how it reads."""
    return f"reference-text:{reference_id}"


def removal_of(reference_id: int) -> str:
    """The target of whether it is in the list."""
    return f"reference-removed:{reference_id}"


def addition_of(text_key: str) -> str:
    """The target of a reference that is not in the list, by what its text is identified by."""
    return f"reference-added:{text_key}"


def reference_id(target: str) -> int | None:
    """The reference that a target names; None for an addition."""
    name, _, rest = target.partition(":")
    return None if name == "reference-added" else int(rest)


def reference_of(change: Change) -> ItemReference:
    """The reference a change is about. Raises Conflict where there is none."""
    reference: ItemReference | None
    found = reference_id(change.target)
    if found is None:
        reference = reference_reading(change.proposal.item, change.target.partition(":")[2])
    else:
        reference = db.session.get(ItemReference, found)
    if reference is None:
        raise Conflict("This reference is no longer in the list of the citing item.")
    return reference


def standing(change: Change) -> ItemReference:
    """The reference, where the list still has it."""
    reference = reference_of(change)
    if reference.vanished_at is not None:
        raise Conflict("This reference is no longer in the list of the citing item.")
    return reference


def cited_key(reference: ItemReference) -> str | None:
    """What the reference is linked to."""
    if reference.cited_item_id is None:
        return None
    cited = db.session.get(Item, reference.cited_item_id)
    return cited.handle_key if cited else None


def read_text(text: str) -> str:
    """A reference as it is stored. Raises ValueError with the remedy."""
    text = squeeze(plain(text))
    if not key(text):
        raise ValueError("Enter the reference as the work prints it.")
    if len(text) > LONGEST_REFERENCE:
        raise ValueError(f"This has {len(text):,} characters. Shorten it to {LONGEST_REFERENCE:,}.")
    return text


def read_handle(text: str, citing: Record) -> str:
    """The handle key of the item that a text names. Raises ValueError with the remedy."""
    item = item_by_handle(text.strip()) or pasted_item(text)
    if item is None or item.vanished_at is not None:
        named = f"There is no item “{text.strip()[:120]}”. " if text.strip() else ""
        raise ValueError(f"{named}Copy the handle from the cited item’s page.")
    if isinstance(citing, Item) and item.id == citing.id:
        raise ValueError("An item does not cite itself. Enter the handle of the cited item.")
    return item.handle_key


def require_cited(handle: str | None) -> None:
    """Raises Conflict where the item to be linked has gone since it was asked for."""
    item = item_by_handle(handle) if handle else None
    if handle and (item is None or item.vanished_at is not None):
        raise Conflict(f"The cited item, {handle}, has gone from RePEc. Amend the link or decline.")


class Sort(Protocol):
    """What the kind asks of one sort of change."""

    def label(self, change: Change) -> str: ...
    def text(self, change: Change, value: Any, describe: Describe) -> str: ...
    def current(self, change: Change) -> Any: ...
    def read(self, change: Change, text: str) -> Any: ...
    def typographic(self, change: Change, value: Any) -> bool: ...
    def try_out(self, change: Change, value: Any) -> None: ...
    def take_effect(self, change: Change) -> None: ...
    def take_back(self, change: Change, beneath: Change | None) -> None: ...


class Link:
    """A reference is an item, or none."""

    def label(self, change: Change) -> str:
        return f"Reference {reference_of(change).position}"

    def text(self, change: Change, value: Any, describe: Describe) -> str:
        return describe(str(value)) if value else ""

    def current(self, change: Change) -> Any:
        return cited_key(reference_of(change))

    def read(self, change: Change, text: str) -> Any:
        return read_handle(text, change.proposal.record)

    def typographic(self, change: Change, value: Any) -> bool:
        return bool(change.new == value)

    def try_out(self, change: Change, value: Any) -> None:
        standing(change)
        require_cited(value)

    def take_effect(self, change: Change) -> None:
        reference = standing(change)
        earlier = select(Change.id).where(
            concerns(Change, change.proposal.record), Change.target == change.target
        )
        catalog.refute_no_more(db.session.scalars(earlier).all())  # the last word counts
        self._refute(reference, change)

    def take_back(self, change: Change, beneath: Change | None) -> None:
        catalog.refute_no_more([change.id])
        if beneath is not None:
            self._refute(reference_of(change), beneath)

    def _refute(self, reference: ItemReference, change: Change) -> None:
        if change.applied is None and change.replaced is not None:
            catalog.refute(reference, str(change.replaced), change_id=change.id)


class Text:
    """A reference reads otherwise; it stays the same one, with its link."""

    def label(self, change: Change) -> str:
        return f"Text of reference {reference_of(change).position}"

    def text(self, change: Change, value: Any, describe: Describe) -> str:
        return str(value or "")

    def current(self, change: Change) -> Any:
        return reference_of(change).text

    def read(self, change: Change, text: str) -> Any:
        return read_text(text)

    def typographic(self, change: Change, value: Any) -> bool:
        return key(str(change.new)) == key(str(value))

    def try_out(self, change: Change, value: Any) -> None:
        standing(change)

    def take_effect(self, change: Change) -> None:
        """See `show`."""

    def take_back(self, change: Change, beneath: Change | None) -> None:
        """See `show`."""


class Removal:
    """A reference is not in the work."""

    def label(self, change: Change) -> str:
        return f"Whether reference {reference_of(change).position} is in the list"

    def text(self, change: Change, value: Any, describe: Describe) -> str:
        return "taken out: it is not in the work" if value else "in the list"

    def current(self, change: Change) -> Any:
        return reference_of(change).vanished_at is not None

    def read(self, change: Change, text: str) -> Any:
        raise ValueError("A reference is taken out or not. Accept or decline this.")

    def typographic(self, change: Change, value: Any) -> bool:
        return bool(change.new == value)

    def try_out(self, change: Change, value: Any) -> None:
        standing(change)

    def take_effect(self, change: Change) -> None:
        self._remove(standing(change), removed=True)

    def take_back(self, change: Change, beneath: Change | None) -> None:
        self._remove(reference_of(change), removed=False)

    def _remove(self, reference: ItemReference, *, removed: bool) -> None:
        reference.removed = removed
        catalog.show_reference(reference)


class Addition:
    """A reference that the list lacks."""

    def label(self, change: Change) -> str:
        return "New reference"

    def text(self, change: Change, value: Any, describe: Describe) -> str:
        if not value:
            return ""
        means = f"\n{MEANS}{describe(value['cited'])}" if value["cited"] else ""
        return f"{value['text']}{means}"

    def current(self, change: Change) -> Any:
        reference = reference_reading(change.proposal.item, change.target.partition(":")[2])
        if reference is None or reference.vanished_at is not None:
            return None
        wanted = change.new or {}
        same = key(reference.text) == key(str(wanted.get("text", "")))
        text = wanted["text"] if same and wanted else reference.text
        return {"text": text, "cited": cited_key(reference)}

    def read(self, change: Change, text: str) -> Any:
        words, _, means = text.partition(f"\n{MEANS}")
        cited = read_handle(means, change.proposal.record) if means.strip() else None
        return {"text": read_text(words), "cited": cited}

    def typographic(self, change: Change, value: Any) -> bool:
        new = change.new or {}
        same = key(new["text"]) == key(value["text"])
        return same and new["cited"] == value["cited"]

    def try_out(self, change: Change, value: Any) -> None:
        """What stands in the list already is only linked."""
        require_cited((value or {}).get("cited"))

    def take_effect(self, change: Change) -> None:
        catalog.add_reference(change.proposal.item, (change.applied or {})["text"])

    def take_back(self, change: Change, beneath: Change | None) -> None:
        reference = reference_of(change)
        reference.added = beneath is not None
        catalog.show_reference(reference)


SORTS: dict[str, Sort] = {
    "reference": Link(),
    "reference-text": Text(),
    "reference-removed": Removal(),
    "reference-added": Addition(),
}


def sort_of(change: Change) -> Sort:
    """The sort of a change, by its target."""
    return SORTS[change.target.partition(":")[0]]


def show(changes: Sequence[Change]) -> None:
    """Link and text of the references of these changes (all of one item): as their source has
    them, and over that what accepted changes that stand say of them."""
    references = {reference_of(change) for change in changes}
    targets = {target for one in references for target in _said_of(one)}
    stand = select(Change).where(
        concerns(Change, changes[0].proposal.record),
        Change.target.in_(targets),
        Change.standing.in_([Standing.CARRIED, Standing.ADOPTED]),
    )
    says = {change.target: change for change in db.session.scalars(stand)}
    for reference in sorted(references, key=lambda one: one.id):
        worded = says.get(text_of(reference.id))
        ours = worded is not None and worded.standing is Standing.CARRIED
        catalog.word_reference(reference, str(worded.applied) if worded and ours else None)
        linked = says.get(link_of(reference.id))
        if linked is None and reference.added:
            linked = says.get(addition_of(reference.text_key))
        handle = cited_in(linked, linked.applied) if linked is not None else None
        cited = item_by_handle(handle) if handle else None
        if cited is not None:
            catalog.correct_link(reference, cited)
        else:
            catalog.link_as_source(reference)


def _said_of(reference: ItemReference) -> tuple[str, str, str]:
    return text_of(reference.id), link_of(reference.id), addition_of(reference.text_key)


def cited_in(change: Change, value: Any) -> str | None:
    """The handle key that a value of the change names, if it names one."""
    if isinstance(sort_of(change), Addition):
        value = value["cited"] if value else None
    return value if value and isinstance(sort_of(change), Link | Addition) else None


def read(change: Change, text: str) -> Any:
    """The value in an amended text. Raises Invalid with the remedy."""
    try:
        return sort_of(change).read(change, text)
    except ValueError as error:
        raise Invalid({change.target: str(error)}) from None
