"""Items as lists show them: read as plain rows of the tables, by statements put together once.

That takes a quarter of the time of items that can be changed, asked anew for every page. Such
statements are for pages: they see nothing that the session has not written yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, bindparam, select

from correction_flow.catalog.models import Item, Kind, Series
from correction_flow.core.extensions import db


class ListedItem(NamedTuple):
    """What a list shows of an item: not its whole record."""

    id: int
    handle: str
    title: str
    author_line: str
    year: int | None
    kind: Kind
    series: str


_OWN = ListedItem._fields[:-1]
ITEM_COLUMNS = tuple(Item.__table__.c[name] for name in _OWN)
"""What `ListedItem` begins with; the name of the series comes last."""


def listed(item: Item) -> ListedItem:
    """The item as lists show it."""
    return ListedItem._make((*(getattr(item, name) for name in _OWN), item.series.name))


def listed_items(ids: Sequence[int]) -> list[ListedItem]:
    """Items in this order, as lists show them; without those that are not there."""
    rows = db.session.execute(_by_ids(), {"ids": ids}) if ids else ()
    found = {row.id: ListedItem._make(row) for row in rows}
    return [found[id_] for id_ in ids if id_ in found]


@cache
def _by_ids() -> Select[Any]:
    items, series = Item.__table__, Series.__table__
    ids = bindparam("ids", expanding=True, type_=Integer)
    return (
        select(*ITEM_COLUMNS, series.c.name)
        .join_from(items, series, series.c.id == items.c.series_id)
        .where(items.c.id.in_(ids))
    )
