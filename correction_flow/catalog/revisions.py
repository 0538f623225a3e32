"""An item's revisions: what it was and is, each with what made it. Every list is bounded.

The past ones stand in `ItemRevision`, the present one in the item itself; here they are one list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from correction_flow.catalog.models import Item, ItemRevision
from correction_flow.core.extensions import db
from correction_flow.core.paging import LARGEST_ID, Page, cursor, read_cursor

REVISION_PAGE = 20


@dataclass(frozen=True)
class Revision:
    """An item as it was from `at` on: what the publisher said, and what was shown.

    `import_run_id` or `proposal_id` made it; neither stands for how it first came here.
    """

    n: int
    at: datetime
    import_run_id: int | None
    proposal_id: int | None
    upstream: Mapping[str, Any]
    shown: Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """A revision with the one before it, None for the first."""

    revision: Revision
    earlier: Revision | None


def present(item: Item) -> Revision:
    """What the item is now."""
    return Revision(
        item.version, item.updated_at, item.import_run_id, item.proposal_id, item.upstream,
        item.shown,
    )  # fmt: skip


def revision(item: Item, n: int) -> Revision | None:
    """The revision of that number, if there is one."""
    if n == item.version:
        return present(item)
    if not 0 < n <= LARGEST_ID:
        return None
    row = db.session.scalar(
        select(ItemRevision).where(ItemRevision.item_id == item.id, ItemRevision.n == n)
    )
    return _past(row) if row else None


def revision_page(item: Item, after: str | None = None) -> Page[Step]:
    """The revisions of an item, newest first, each with the one before it."""
    last = read_cursor(after, 1)
    below = last[0] if last is not None and isinstance(last[0], int) else None
    query = select(ItemRevision).where(ItemRevision.item_id == item.id)
    if below is not None:
        query = query.where(ItemRevision.n < below)
    rows = db.session.scalars(query.order_by(ItemRevision.n.desc()).limit(REVISION_PAGE + 1))
    found = [_past(row) for row in rows]
    if below is None:
        found.insert(0, present(item))
    earlier = [*found[1:], None]
    steps = [Step(one, earlier[n]) for n, one in enumerate(found[:REVISION_PAGE])]
    more = len(found) > REVISION_PAGE
    return Page(steps, older=cursor(steps[-1].revision.n) if more else None)


def _past(row: ItemRevision) -> Revision:
    return Revision(
        row.n, row.at, row.import_run_id, row.proposal_id, row.upstream, row.shown
    )  # fmt: skip
