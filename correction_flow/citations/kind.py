"""What is special about citation corrections, for the engine; each sort of them is in `targets`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import select

from correction_flow.accounts.models import User
from correction_flow.catalog.models import Item, ItemReference
from correction_flow.catalog.operations import text_key
from correction_flow.catalog.queries import item_by_handle
from correction_flow.citations import targets, vouching
from correction_flow.citations.targets import (
    Addition,
    Link,
    Removal,
    Text,
    cited_in,
    reference_id,
    reference_of,
    sort_of,
)
from correction_flow.core.errors import Conflict
from correction_flow.core.extensions import db
from correction_flow.proposals import kinds
from correction_flow.proposals.lifecycle import Kind
from correction_flow.proposals.models import Change, Proposal
from correction_flow.proposals.queries import carried


def _at_hand() -> WeakValueDictionary[str, Item]:
    """Items of this session by handle key, as long as somebody holds them."""
    found: WeakValueDictionary[str, Item] = db.session.info.setdefault(
        "items at hand", WeakValueDictionary()
    )
    return found


def _item(handle: str) -> Item | None:
    known = _at_hand().get(handle)
    return known if known is not None and known in db.session else item_by_handle(handle)


def _described(handle: str) -> str:
    item = _item(handle)
    return f"{item.author_line}: {item.title} ({item.handle})" if item else handle


class CitationKind:
    """References are linked, unlinked, respelt, taken out and added."""

    def label(self, change: Change) -> str:
        return sort_of(change).label(change)

    def about(self, change: Change) -> str | None:
        named = isinstance(sort_of(change), Link | Removal)
        return reference_of(change).text if named else None

    def worded(self, change: Change) -> bool:
        return isinstance(sort_of(change), Text)

    def text(self, change: Change, value: Any) -> str:
        return sort_of(change).text(change, value, _described)

    def cites(self, change: Change, value: Any) -> str | None:
        return cited_in(change, value)

    def load(self, changes: Sequence[Change]) -> list[object]:
        if not changes:
            return []
        ids = {found for c in changes if (found := reference_id(c.target)) is not None}
        loaded: list[object] = list(
            db.session.scalars(select(ItemReference).where(ItemReference.id.in_(ids)))
        )
        keys = {k for c in changes for v in (c.old, c.new, c.applied) if (k := cited_in(c, v))}
        items = db.session.scalars(select(Item).where(Item.handle_key.in_(keys))).all()
        _at_hand().update({item.handle_key: item for item in items})
        return [*loaded, *items]

    def current(self, change: Change) -> Any:
        return sort_of(change).current(change)

    def published(self, change: Change) -> Any:
        return None  # no file of a publisher says anything about it

    def merged(self, change: Change) -> Any:
        return change.new

    def without(self, change: Change, value: Any) -> Any:
        raise Conflict(f"A later decision changed “{self.label(change)}”.")

    def judge_again(self, change: Change) -> None:
        pass  # no file of a publisher says anything about it

    def read(self, change: Change, text: str) -> Any:
        return targets.read(change, text)

    def target(self, change: Change, value: Any) -> str:
        added = isinstance(sort_of(change), Addition)
        return targets.addition_of(text_key(value["text"])) if added else change.target

    def typographic(self, change: Change, value: Any) -> bool:
        return sort_of(change).typographic(change, value)

    def try_out(self, proposal: Proposal, values: Mapping[Change, Any]) -> None:
        for change, value in values.items():
            sort_of(change).try_out(change, value)

    def heard(self, proposal: Proposal) -> list[User]:
        return []

    def sent(self, proposals: Sequence[Proposal]) -> None:
        vouching.ask(proposals)

    def evidence(self, proposal: Proposal) -> list[kinds.Sign]:
        return vouching.evidence(proposal)

    def take_effect(self, proposal: Proposal, changes: list[Change]) -> None:
        for change in changes:
            sort_of(change).take_effect(change)
        targets.show(changes)

    def take_back(self, proposal: Proposal, changes: list[Change]) -> None:
        ours = carried(proposal.record)
        for change in changes:
            sort_of(change).take_back(change, ours.get(change.target))
        targets.show(changes)


kinds.register(Kind.CITATION, CitationKind())
