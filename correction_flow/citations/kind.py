"""What is special about citation corrections, for the engine.

The target of a change is `reference:<id>`; its value is the handle of the cited item, or None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import select

from correction_flow.accounts.models import User
from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import Item, ItemReference, LinkedBy
from correction_flow.catalog.queries import item_by_handle, pasted_item
from correction_flow.citations import vouching
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.extensions import db
from correction_flow.proposals import kinds
from correction_flow.proposals.lifecycle import Kind
from correction_flow.proposals.models import Change, Proposal
from correction_flow.proposals.queries import carried


def target(reference: ItemReference) -> str:
    """The name of a reference as a change's target."""
    return f"reference:{reference.id}"


def reference_of(change: Change) -> ItemReference:
    """The reference a change is about."""
    reference = db.session.get(ItemReference, int(change.target.partition(":")[2]))
    if reference is None:
        raise Conflict("This reference is no longer in the list of the citing item.")
    return reference


def _at_hand() -> WeakValueDictionary[str, Item]:
    """Items of this session by handle key, as long as somebody holds them."""
    found: WeakValueDictionary[str, Item] = db.session.info.setdefault(
        "items at hand", WeakValueDictionary()
    )
    return found


def _item(handle: str) -> Item | None:
    known = _at_hand().get(handle)
    return known if known is not None and known in db.session else item_by_handle(handle)


class CitationKind:
    """A reference is linked to an item, or not."""

    def label(self, change: Change) -> str:
        reference = reference_of(change)
        return f"Reference {reference.position}"

    def about(self, change: Change) -> str | None:
        return reference_of(change).text

    def text(self, change: Change, value: Any) -> str:
        if not value:
            return ""
        item = _item(str(value))
        return f"{item.author_line}: {item.title} ({item.handle})" if item else str(value)

    def load(self, changes: Sequence[Change]) -> list[object]:
        if not changes:
            return []
        ids = {int(change.target.partition(":")[2]) for change in changes}
        loaded: list[object] = list(
            db.session.scalars(select(ItemReference).where(ItemReference.id.in_(ids)))
        )
        keys = {str(v) for c in changes for v in (c.old, c.new, c.applied) if v}
        items = db.session.scalars(select(Item).where(Item.handle_key.in_(keys))).all()
        _at_hand().update({item.handle_key: item for item in items})
        return [*loaded, *items]

    def current(self, change: Change) -> Any:
        reference = reference_of(change)
        cited = db.session.get(Item, reference.cited_item_id) if reference.cited_item_id else None
        return cited.handle_key if cited else None

    def published(self, change: Change) -> Any:
        return None  # no file of a publisher says anything about it

    def merged(self, change: Change) -> Any:
        return change.new

    def without(self, change: Change, value: Any) -> Any:
        raise Conflict(f"A later decision changed “{self.label(change)}”.")

    def judge_again(self, change: Change) -> None:
        pass  # no file of a publisher says anything about it

    def read(self, change: Change, text: str) -> Any:
        item = item_by_handle(text.strip()) or pasted_item(text)
        if item is None:
            named = f"There is no item “{text.strip()[:120]}”. " if text.strip() else ""
            raise Invalid({change.target: f"{named}Enter the handle of the cited item."})
        if item.id == change.item_id:
            raise Invalid({change.target: "An item does not cite itself. Enter another handle."})
        return item.handle_key

    def typographic(self, change: Change, value: Any) -> bool:
        return bool(change.new == value)

    def try_out(self, proposal: Proposal, values: Mapping[Change, Any]) -> None:
        for change in values:
            self._standing(change)

    def heard(self, proposal: Proposal) -> list[User]:
        return []

    def sent(self, proposals: Sequence[Proposal]) -> None:
        vouching.ask(proposals)

    def evidence(self, proposal: Proposal) -> list[kinds.Sign]:
        return vouching.evidence(proposal)

    def _standing(self, change: Change) -> ItemReference:
        reference = reference_of(change)
        if reference.vanished_at is not None:
            raise Conflict("This reference is no longer in the list of the citing item.")
        return reference

    def take_effect(self, proposal: Proposal, changes: list[Change]) -> None:
        for change in changes:
            self._link(self._standing(change), change.applied, LinkedBy.CORRECTION)

    def take_back(self, proposal: Proposal, changes: list[Change]) -> None:
        ours = carried(proposal.record)
        for change in changes:
            by = LinkedBy.CORRECTION if change.target in ours else LinkedBy.IMPORT
            self._link(reference_of(change), change.replaced, by)

    def _link(self, reference: ItemReference, handle: Any, by: LinkedBy) -> None:
        cited = item_by_handle(str(handle)) if handle else None
        if cited is None:
            catalog.unlink(reference)
        else:
            catalog.link(reference, cited, by=by)


kinds.register(Kind.CITATION, CitationKind())
