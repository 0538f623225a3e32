"""Questions about the catalogue. Every list is bounded."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import aliased, joinedload

from correction_flow.accounts.models import Address, AuthorProfile, User
from correction_flow.accounts.queries import verified_keys, verified_owners
from correction_flow.catalog.fields import CONTACTS
from correction_flow.catalog.listed import ITEM_COLUMNS, ListedItem, listed
from correction_flow.catalog.models import (
    Archive,
    AuthorRole,
    Contact,
    Desk,
    DeskMember,
    Item,
    ItemAuthor,
    ItemReference,
    Kind,
    Place,
    Record,
    Refutation,
    SavedItem,
    Series,
    Template,
)
from correction_flow.catalog.words import version_keys
from correction_flow.core.bulk import among
from correction_flow.core.extensions import db
from correction_flow.core.paging import (
    COUNT_LIMIT,
    PAGE_SIZE,
    Page,
    both_ways,
    cursor,
    read_cursor,
    read_moment,
)
from correction_flow.core.text import digest, plain
from correction_flow.core.text import key as key_of
from correction_flow.redif import handle as handles

MOST_ARCHIVES = 20_000
"""Whose names are looked at for a word. Of three letters there are 17,576 codes."""
SHOWN_REFERENCES = 200
SHOWN_CITATIONS = 20
SHOWN_VERSIONS = 20
SHOWN_RELATED = 20
FEW_RELATED = 5
REFERENCE_PAGE = 100
MOST_YEARS = 300
MOST_SAVED = 10_000
SAVED_BATCH = 200
_ON_IDEAS = re.compile(r"(?i)/[apbch]/[a-z]{3}/[a-z0-9]{6}/[^/?#\s]+\.html\b")
_PASTED = re.compile(r"(?i)\brepec:[a-z]{3}:\S+")


class ListedReference(NamedTuple):
    """What a list shows of a reference; `cited`: the handle of the item it is linked to."""

    id: int
    position: int
    text: str
    cited: str | None
    added: bool


class PrintedName(NamedTuple):
    """What an item's page shows of an item author."""

    role: AuthorRole
    name: str
    workplaces: list[dict[str, Any]]
    claimed_by: str | None


_items, _series, _authors, _profiles, _references = (
    model.__table__ for model in (Item, Series, ItemAuthor, AuthorProfile, ItemReference)
)
_item, _user, _edge, _n = (bindparam(name, type_=Integer) for name in ("item", "user", "edge", "n"))


def _key(handle: str) -> str:
    """The key of a handle from outside, where anything may be typed."""
    return handles.key(plain(handle))


def item_by_handle(handle: str) -> Item | None:
    """The item of that handle, with its series and archive."""
    return db.session.scalar(_whole_item(), {"key": _key(handle)})


@cache
def _whole_item() -> Select[Item]:
    series = joinedload(Item.series, innerjoin=True)
    return (
        select(Item)
        .where(Item.handle_key == bindparam("key", type_=Text))
        .options(series.joinedload(Series.archive, innerjoin=True))
    )


def pasted_item(text: str) -> Item | None:
    """The item of a handle in a pasted text, or of an address at IDEAS or EconPapers."""
    text = plain(unquote(text))
    found = _PASTED.search(text)
    if found is not None:
        return item_by_handle(found[0]) or item_by_handle(found[0].rstrip(".,;)>]\"'"))
    in_address = handles.from_econpapers(text)
    if in_address is not None:
        return item_by_handle(in_address)
    page = _ON_IDEAS.search(text)
    return item_on_ideas(page[0]) if page else None


def item_on_ideas(path: str) -> Item | None:
    """The item whose page on IDEAS has that path, like /p/nbr/nberwo/0001.html.

    IDEAS leaves colons out, so two handles may share a path; the older item is meant then.
    """
    path = plain(path).lower()
    key = db.session.scalar(
        select(Item.handle_key).where(Item.ideas_path == path).order_by(Item.id).limit(1)
    )
    return item_by_handle(key) if key else None


def items_by_keys(keys: Sequence[str]) -> dict[str, int]:
    """Ids of items by handle key."""
    query = select(Item.handle_key, Item.id).where(among(Item.handle_key, keys))
    return dict(db.session.execute(query).all())


def archive_by_handle(handle: str) -> Archive | None:
    """The archive of that handle."""
    return db.session.scalar(select(Archive).where(Archive.handle_key == _key(handle)))


def series_by_handle(handle: str) -> Series | None:
    """The series of that handle, with its archive."""
    return db.session.scalar(_whole_series(), {"key": _key(handle)})


@cache
def _whole_series() -> Select[Series]:
    archive = joinedload(Series.archive, innerjoin=True)
    return select(Series).where(Series.handle_key == bindparam("key", type_=Text)).options(archive)


def archives(
    after: str | None = None, before: str | None = None, words: Sequence[str] = ()
) -> Page[Archive]:
    """Archives by name, a page at a time; of those whose name or code holds these folded words."""
    key = tuple_(Archive.name, Archive.id)
    last, first = (_name_and_id(text) for text in (after, before))
    query = select(Archive)
    if first is not None:
        query = query.where(key < first).order_by(Archive.name.desc(), Archive.id.desc())
    else:
        query = query.where(key > last) if last is not None else query
        query = query.order_by(Archive.name, Archive.id)
    size = PAGE_SIZE * 2
    rows = (
        _first_with(words, query, size + 1)
        if words
        else list(db.session.scalars(query.limit(size + 1)))
    )
    return both_ways(
        rows, lambda a: cursor(a.name, a.id), size, after=last is not None, before=first is not None
    )


def _first_with(words: Sequence[str], query: Select[Any], limit: int) -> list[Archive]:
    """The first archives of a query that hold all the words.

    Databases do not fold as we do, and RePEc has some 2,400 archives, so their names are read.
    """
    names = query.with_only_columns(Archive.id, Archive.name, Archive.handle_key)
    ids: list[int] = []
    for id_, name, handle_key in db.session.execute(names.limit(MOST_ARCHIVES)):
        has = key_of(f"{name} {handle_key.rpartition(':')[2]}")
        if all(word in has for word in words):
            ids.append(id_)
            if len(ids) == limit:
                break
    known = {a.id: a for a in db.session.scalars(select(Archive).where(Archive.id.in_(ids)))}
    return [known[id_] for id_ in ids]


def _name_and_id(text: str | None) -> ColumnElement[Any] | None:
    last = read_cursor(text, 2)
    if last is None or not isinstance(last[1], int):
        return None
    return tuple_(str(last[0]), last[1])


def series_kinds(archives: Sequence[Archive]) -> dict[int, dict[Kind, int]]:
    """How many series of each kind these archives have, by the archives' ids."""
    rows = db.session.execute(
        select(Series.archive_id, Series.kind, func.count())
        .where(Series.archive_id.in_([archive.id for archive in archives]))
        .group_by(Series.archive_id, Series.kind)
        .order_by(Series.archive_id, func.count().desc(), Series.kind)
    )
    found: dict[int, dict[Kind, int]] = {}
    for archive_id, kind, n in rows:
        found.setdefault(archive_id, {})[kind] = n
    return found


def series_of(
    archive: Archive, after: str | None = None, before: str | None = None
) -> Page[Series]:
    """An archive's series in the order of their handles."""
    last, first = read_cursor(after, 1), read_cursor(before, 1)
    query = select(Series).where(Series.archive_id == archive.id)
    if first is not None:
        query = query.where(Series.handle_key < str(first[0])).order_by(Series.handle_key.desc())
    else:
        query = query.where(Series.handle_key > str(last[0])) if last is not None else query
        query = query.order_by(Series.handle_key)
    rows = list(db.session.scalars(query.limit(PAGE_SIZE * 2 + 1)))
    return both_ways(
        rows, lambda s: cursor(s.handle_key), PAGE_SIZE * 2,
        after=last is not None, before=first is not None,
    )  # fmt: skip


def named_place(text: str) -> Archive | Series | None:
    """The archive or series that somebody names by its code (gam, gam:jadmsc) or handle."""
    name = plain(text).strip().strip(":").lower()
    name = name if name.startswith("repec:") else f"repec:{name}"
    return archive_by_handle(name) or series_by_handle(name)


def series_by_keys(keys: Sequence[str]) -> dict[str, Series]:
    """Series by handle key."""
    rows = db.session.scalars(select(Series).where(Series.handle_key.in_(keys)))
    return {series.handle_key: series for series in rows}


def items_of(
    series: Series, after: str | None = None, before: str | None = None, year: int | None = None
) -> Page[ListedItem]:
    """A series' items, the newest year first; those without a year stand at the end.

    `year`: only that one; 0 means those without a year.
    """
    last, first = (_two_numbers(text) for text in (after, before))
    beyond = first or last
    values = {"series": series.id, "year": beyond[0] if beyond else year}
    values["edge"] = beyond[1] if beyond else None
    rows: list[ListedItem] = []
    for part in _parts_of_shelf(beyond=beyond is not None, one_year=year is not None):
        query = _on_shelf(part, backwards=first is not None)
        found = db.session.execute(query, values | {"n": PAGE_SIZE + 1 - len(rows)})
        rows += [ListedItem._make((*row, series.name)) for row in found]
        if len(rows) > PAGE_SIZE:
            break
    return both_ways(
        rows, lambda i: cursor(i.year or 0, i.id), PAGE_SIZE,
        after=last is not None, before=first is not None,
    )  # fmt: skip


_Part = Literal["all", "year", "rest of year", "other years"]


def _parts_of_shelf(*, beyond: bool, one_year: bool) -> Sequence[_Part]:
    """The ranges of the index, one after the other, in which a page lies.

    Beyond an item these are the rest of its year and the other years: said apart, for SQLite does
    not use the index for a comparison of (year, id) in one.
    """
    if not beyond:
        return ("year",) if one_year else ("all",)
    return ("rest of year",) if one_year else ("rest of year", "other years")


@cache
def _on_shelf(part: _Part, *, backwards: bool) -> Select[Any]:
    """The items of a series in one range; `backwards`: in the reverse order of the list."""
    shelf_year = func.coalesce(_items.c.year, literal_column("0"))  # as the index has it, not bound
    id_, year = _items.c.id, bindparam("year", type_=Integer)
    query = select(*ITEM_COLUMNS).where(
        _items.c.series_id == bindparam("series", type_=Integer), _items.c.vanished_at.is_(None)
    )
    order: list[Any] = [shelf_year, id_]
    if part in ("year", "rest of year"):
        query, order = query.where(shelf_year.bool_op("=")(year)), [id_]
    if part == "rest of year":
        query = query.where(id_ > _edge if backwards else id_ < _edge)
    if part == "other years":
        query = query.where(shelf_year > year if backwards else shelf_year < year)
    return query.order_by(*(one if backwards else one.desc() for one in order)).limit(_n)


def _a_number(text: str | None) -> int | None:
    last = read_cursor(text, 1)
    return last[0] if last is not None and isinstance(last[0], int) else None


def _two_numbers(text: str | None) -> list[int] | None:
    last = read_cursor(text, 2)
    return last if last is not None and all(isinstance(part, int) for part in last) else None


_YEARS = text("""
WITH RECURSIVE years(year) AS (
  SELECT (SELECT coalesce(year, 0) FROM items
          WHERE series_id = :series AND vanished_at IS NULL
          ORDER BY coalesce(year, 0) DESC, id DESC LIMIT 1)
  UNION ALL
  SELECT (SELECT coalesce(items.year, 0) FROM items
          WHERE series_id = :series AND vanished_at IS NULL
            AND coalesce(items.year, 0) < years.year
          ORDER BY coalesce(items.year, 0) DESC, id DESC LIMIT 1)
  FROM years WHERE years.year > 0
)
SELECT year FROM years WHERE year IS NOT NULL LIMIT :n
""")
"""Leaps from year to year in the index: no more rows than there are years."""


def years_of(series: Series) -> list[int]:
    """The years under which a series has items, the newest first; 0 for those without."""
    return list(db.session.scalars(_YEARS, {"series": series.id, "n": MOST_YEARS}))


_ITEM_COUNTS = text("""
SELECT s.id,
  (SELECT count(*) FROM (SELECT 1 FROM items i WHERE i.series_id = s.id
                         AND i.vanished_at IS NULL LIMIT :n) AS counted) AS items,
  (SELECT count(*) FROM (SELECT 1 FROM items i WHERE i.series_id = s.id
                         AND NOT i.indexed_by_repec AND i.vanished_at IS NULL LIMIT :n) AS counted)
    AS not_indexed
FROM series s WHERE s.id IN :ids
""").bindparams(bindparam("ids", expanding=True, type_=Integer))


def item_counts(series: Sequence[Series]) -> dict[int, tuple[int, int]]:
    """How many items each has, and how many of these RePEc would not index.

    By the series' ids; counting stops behind the limit.
    """
    if not series:
        return {}
    asked = {"ids": [one.id for one in series], "n": COUNT_LIMIT + 1}
    rows = db.session.execute(_ITEM_COUNTS, asked)
    return {id_: (items, not_indexed) for id_, items, not_indexed in rows}


def versions_of(item: Item, naming: Sequence[int] = ()) -> list[ListedItem]:
    """Other versions of it: those its publisher names, and those that name it.

    `naming`: ids of items that seem to name it (`search.naming`); they are asked again.
    """
    keys = [key for key in version_keys(item.shown) if key != item.handle_key]
    if not keys and not naming:
        return []
    found = db.session.scalars(
        select(Item)
        .where(or_(Item.handle_key.in_(keys), Item.id.in_(naming)), Item.vanished_at.is_(None))
        .options(joinedload(Item.series, innerjoin=True))
        .order_by(Item.id)
    )
    return [
        listed(one)
        for one in found
        if one.id != item.id
        and (one.handle_key in keys or item.handle_key in version_keys(one.shown))
    ]


def authors_of(item: Item) -> list[ItemAuthor]:
    """The names printed on an item now, authors before editors, in their order."""
    return list(
        db.session.scalars(
            select(ItemAuthor)
            .where(ItemAuthor.item_id == item.id, ItemAuthor.vanished_at.is_(None))
            .order_by(ItemAuthor.role, ItemAuthor.position)
            .options(joinedload(ItemAuthor.profile))
        )
    )


def names_on(item: Item) -> list[PrintedName]:
    """The names printed on an item now, as its page shows them."""
    return [PrintedName._make(row) for row in db.session.execute(_names_on(), {"item": item.id})]


@cache
def _names_on() -> Select[Any]:
    of = _authors.c
    return (
        select(of.role, of.name, of.workplaces, _profiles.c.name.label("claimed_by"))
        .join_from(_authors, _profiles, _profiles.c.id == of.profile_id, isouter=True)
        .where(of.item_id == _item, of.vanished_at.is_(None))
        .order_by(of.role, of.position)
    )


def references_of(item: Item, after: str | None = None) -> list[ItemReference]:
    """The item's references in their order, with the items they are linked to: the first 200, or
    those behind a place (see `place_of`)."""
    query = _shown_references(item)
    behind = _two_numbers(after)
    if behind is not None:
        place = tuple_(ItemReference.position, ItemReference.id)
        query = query.where(place > tuple_(*behind))
    return list(db.session.scalars(query.limit(SHOWN_REFERENCES)))


def references_among(
    item: Item, ids: Collection[int], text_keys: Collection[str] = ()
) -> list[ItemReference]:
    """Those of the item's references that have one of these ids, or one of these texts."""
    of = ItemReference
    named = or_(among(of.id, ids), among(of.text_key, text_keys), of.source_text.is_not(None))
    return list(db.session.scalars(_shown_references(item).where(named)))


def place_of(reference: ItemReference) -> str:
    """Its place in the list, for `references_of`."""
    return cursor(reference.position, reference.id)


def _shown_references(item: Item) -> Select[ItemReference]:
    return (
        select(ItemReference)
        .where(ItemReference.item_id == item.id, ItemReference.vanished_at.is_(None))
        .order_by(ItemReference.position, ItemReference.id)
        .options(joinedload(ItemReference.cited_item).joinedload(Item.series))
    )


def reference_reading(item: Item, text_key: str) -> ItemReference | None:
    """The item's reference of this text, shown or not: of several the one that was added, else
    the first that is shown."""
    query = select(ItemReference).where(
        ItemReference.item_id == item.id, ItemReference.text_key == text_key
    )
    first = (~ItemReference.added, ItemReference.vanished_at.is_not(None), ItemReference.nth)
    return db.session.scalar(query.order_by(*first).limit(1))


def refuted(text_keys: Collection[str]) -> set[tuple[str, str]]:
    """Pairs (text key, handle key of an item) of which somebody said that they do not belong
    together."""
    rows = db.session.execute(
        select(Refutation.text_key, Refutation.cited_key).where(
            among(Refutation.text_key, text_keys)
        )
    )
    return {(text_key, cited_key) for text_key, cited_key in rows}


def reference_page(
    item: Item, after: str | None = None, before: str | None = None, size: int = REFERENCE_PAGE
) -> Page[ListedReference]:
    """The item's references, a page at a time."""
    last, first = (_two_numbers(text) for text in (after, before))
    position, edge = first or last or (None, None)
    query = _references_of(before=first is not None, edged=edge is not None)
    values = {"item": item.id, "position": position, "edge": edge, "n": size + 1}
    rows = [ListedReference._make(row) for row in db.session.execute(query, values)]
    return both_ways(
        rows, lambda r: cursor(r.position, r.id), size,
        after=last is not None, before=first is not None,
    )  # fmt: skip


@cache
def _references_of(*, before: bool, edged: bool) -> Select[Any]:
    of, place = _references.c, (_references.c.position, _references.c.id)
    query = (
        select(of.id, of.position, of.text, _items.c.handle.label("cited"), of.added)
        .join_from(_references, _items, _items.c.id == of.cited_item_id, isouter=True)
        .where(of.item_id == _item, of.vanished_at.is_(None))
    )
    if edged:
        edge = tuple_(bindparam("position", type_=Integer), _edge)
        query = query.where(tuple_(*place) < edge if before else tuple_(*place) > edge)
    return query.order_by(*(one.desc() if before else one for one in place)).limit(_n)


def reference_count(item: Item) -> int:
    """How many references the item has; counting stops behind the limit."""
    return db.session.scalar(_reference_count(), {"item": item.id, "n": COUNT_LIMIT + 1}) or 0


@cache
def _reference_count() -> Select[int]:
    of = _references.c
    some = select(of.id).where(of.item_id == _item, of.vanished_at.is_(None))
    return select(func.count()).select_from(some.limit(_n).subquery())


def citation_page(
    item: Item, after: str | None = None, before: str | None = None, size: int = PAGE_SIZE
) -> Page[ListedItem]:
    """The items that cite this one, the latest link first; without those that vanished."""
    last, first = _a_number(after), _a_number(before)
    edge = first if first is not None else last
    query = _citing(before=first is not None, edged=edge is not None)
    rows = list(db.session.execute(query, {"item": item.id, "edge": edge, "n": size + 1}))
    page = both_ways(
        rows, lambda row: cursor(row.link), size, after=last is not None, before=first is not None
    )
    shown = [ListedItem._make(row[1:]) for row in page.rows if row.id is not None]
    return Page(shown, older=page.older, newer=page.newer)


@cache
def _citing(*, before: bool, edged: bool) -> Select[Any]:
    """Links to an item, each with the item it stands on: ids first, joins after."""
    link = _links_to(before=before, edged=edged).subquery("link")
    there = (_items.c.id == link.c.item_id) & _items.c.vanished_at.is_(None)
    return (
        select(link.c.id.label("link"), *ITEM_COLUMNS, _series.c.name)
        .join_from(link, _items, there, isouter=True)
        .join(_series, _series.c.id == _items.c.series_id, isouter=True)
        .order_by(link.c.id if before else link.c.id.desc())
    )


def _links_to(*, before: bool, edged: bool) -> Select[Any]:
    """Of an item that cites this one in several references only the latest.

    "+ 0" keeps the databases from asking that by the index of what is cited, which may hold a
    hundred thousand of this item.
    """
    link, later = _references.alias("link_"), _references.alias("later")
    once = ~exists().where(
        later.c.item_id == link.c.item_id, later.c.cited_item_id + 0 == _item,
        later.c.vanished_at.is_(None), later.c.id > link.c.id,
    )  # fmt: skip
    query = select(link.c.id, link.c.item_id).where(
        link.c.cited_item_id == _item, link.c.vanished_at.is_(None), once
    )
    if edged:
        query = query.where(link.c.id > _edge if before else link.c.id < _edge)
    return query.order_by(link.c.id if before else link.c.id.desc()).limit(_n)


def citation_count(item: Item) -> int:
    """How many items cite this one; counting stops behind the limit."""
    return db.session.scalar(_citation_count(), {"item": item.id, "n": COUNT_LIMIT + 1}) or 0


@cache
def _citation_count() -> Select[int]:
    of = _references.c
    some = select(of.item_id).where(of.cited_item_id == _item, of.vanished_at.is_(None))
    link = some.limit(_n).subquery()
    there = exists().where(_items.c.id == link.c.item_id, _items.c.vanished_at.is_(None))
    return select(func.count(link.c.item_id.distinct())).where(there)


def citing(item: Item) -> list[Item]:
    """The items that cite this one, the latest link first."""
    newest = (
        select(ItemReference.item_id, ItemReference.id)
        .where(ItemReference.cited_item_id == item.id, ItemReference.vanished_at.is_(None))
        .order_by(ItemReference.id.desc())
        .limit(SHOWN_CITATIONS)
        .subquery()
    )
    citing_item = aliased(Item)
    rows = db.session.scalars(
        select(citing_item)
        .join(newest, newest.c.item_id == citing_item.id)
        .where(citing_item.vanished_at.is_(None))
        .options(joinedload(citing_item.series))
        .order_by(newest.c.id.desc())
    )
    return list(dict.fromkeys(rows))


_SHARING = """
WITH mine AS (
  SELECT DISTINCT cited_item_id AS id FROM (
    SELECT cited_item_id FROM item_references
    WHERE item_id = :item AND cited_item_id IS NOT NULL AND vanished_at IS NULL
    ORDER BY position LIMIT :n) AS linked
), edge AS (
  SELECT mine.id, coalesce((
    SELECT x.id FROM item_references x
    WHERE x.cited_item_id = mine.id AND x.cited_item_id IS NOT NULL
    ORDER BY x.id DESC LIMIT 1 OFFSET :m), 0) AS above
  FROM mine
)
SELECT r.item_id AS id, count(DISTINCT edge.id) AS shared
FROM edge CROSS JOIN item_references r
WHERE r.cited_item_id = edge.id AND r.cited_item_id IS NOT NULL AND r.id > edge.above
  AND r.item_id <> :item AND r.vanished_at IS NULL
GROUP BY r.item_id ORDER BY 2 DESC, 1 DESC LIMIT :most
"""
_CITED_TOGETHER = """
WITH citing AS (
  SELECT DISTINCT item_id AS id FROM (
    SELECT item_id FROM item_references
    WHERE cited_item_id = :item AND cited_item_id IS NOT NULL AND vanished_at IS NULL
    ORDER BY id DESC LIMIT :n) AS latest
)
SELECT r.cited_item_id AS id, count(DISTINCT r.item_id) AS shared
FROM citing CROSS JOIN item_references r
WHERE r.item_id = citing.id AND r.position <= :m AND r.cited_item_id IS NOT NULL
  AND r.cited_item_id <> :item AND r.vanished_at IS NULL
GROUP BY r.cited_item_id ORDER BY 2 DESC, 1 DESC LIMIT :most
"""
"""CROSS JOIN keeps SQLite from beginning with the large table."""
_LINKS, _CITING_EACH, _CITING, _CITED_EACH = 50, 50, 50, 200


@dataclass(frozen=True)
class Related:
    """An item near to another: by references they share, or by items that cite both."""

    item: ListedItem
    shared: int
    by: Literal["references", "citations"]


def related_to(item: Item, versions: Sequence[ListedItem] = ()) -> list[Related]:
    """The items most related to this one, without its own versions.

    Those that cite the same items; where these are few, those that are cited together with it.
    Looks at most at so many links of the item, and at so many of the latest around each.
    """
    without = {item.id, *(version.id for version in versions)}
    found = _near(_SHARING, item, "references", without, n=_LINKS, m=_CITING_EACH)
    if len(found) < FEW_RELATED:
        without |= {near.item.id for near in found}
        found += _near(_CITED_TOGETHER, item, "citations", without, n=_CITING, m=_CITED_EACH)
    return found[:SHOWN_RELATED]


def _near(
    query: str, item: Item, by: Literal["references", "citations"], without: set[int], **bounds: int
) -> list[Related]:
    most = SHOWN_RELATED + len(without)
    rows = db.session.execute(_with_items(query), {"item": item.id, "most": most, **bounds})
    return [
        Related(ListedItem._make(row[1:]), row.shared, by) for row in rows if row.id not in without
    ]


@cache
def _with_items(query: str) -> Select[Any]:
    near = text(query).columns(column("id", Integer), column("shared", Integer)).subquery("near")
    return (
        select(near.c.shared, *ITEM_COLUMNS, _series.c.name)
        .join_from(near, _items, _items.c.id == near.c.id)
        .join(_series, _series.c.id == _items.c.series_id)
        .where(_items.c.vanished_at.is_(None))
        .order_by(near.c.shared.desc(), _items.c.id.desc())
    )


def template_of(item: Record) -> Template | None:
    """The template a record comes from, with its file."""
    return db.session.scalar(
        select(Template)
        .where(Template.handle_key == item.handle_key, Template.taken, ~Template.lost)
        .options(joinedload(Template.source_file, innerjoin=True))
        .limit(1)
    )


class NamedContact(NamedTuple):
    """Whom a template names as its maintainer; for a series, or else for a whole archive."""

    series_id: int | None
    name: str | None
    address: str
    address_key: str


def contacts_of(place: Place) -> list[NamedContact]:
    """Who the templates name as maintainers: the series' own, else the archive's.

    Nobody for what no template describes: curators decide there.
    """
    if place.placeholder:
        return []
    values = {"series": place.scope["series_id"], "archive": place.scope["archive_id"]}
    found = [NamedContact._make(row) for row in db.session.execute(_contacts(), values)]
    return [c for c in found if c.series_id is not None] or found


@cache
def _contacts() -> Select[Any]:
    series, archive = bindparam("series", type_=Integer), bindparam("archive", type_=Integer)
    of_archive = (Contact.archive_id == archive) & Contact.series_id.is_(None)
    return (
        select(*(getattr(Contact, name) for name in NamedContact._fields))
        .where(or_(Contact.series_id == series, of_archive))
        .order_by(Contact.id)
    )


def attended(desk: Desk) -> bool:
    """Whether the desk has a maintainer; where it has none, curators decide.

    A seat of an address counts, verified or not, unless its owner was removed from the desk.
    """
    return _attended(desk.members)


def _attended(members: Sequence[Any]) -> bool:
    seats = [member for member in members if not member.removed]
    removed = {member.user_id for member in members if member.removed}
    if not removed:
        return bool(seats)
    owners = verified_owners(member.address_key for member in seats if member.address_key)
    ids = (m.user_id or getattr(owners.get(m.address_key or ""), "id", None) for m in seats)
    return any(id_ not in removed for id_ in ids)


def contact_names(place: Place) -> list[str]:
    """The names of those whom the templates name as maintainers, for public pages.

    Never an address, also not where one stands in a name. A corrected name goes before those of
    the file, of the series' own contacts before the archive's.
    """
    contacts = contacts_of(place)
    owner = place if any(c.series_id is not None for c in contacts) else place.archive
    names: list[str | None] = [c.name for c in contacts]
    if contacts and owner.shown_otherwise is not None:
        corrected = owner.shown.get(CONTACTS.name, [])
        if corrected != owner.published.get(CONTACTS.name, []):
            names = list(corrected)
    return list(dict.fromkeys(name for name in names if name and "@" not in name))


def decides(place: Place, desk: Desk | None = None) -> str:
    """Who decides, by name, for public pages; never an address.

    `desk`: where a case lies, if that is not the place's own desk.
    """
    desk_id = desk.id if desk else place.desk_id
    if not _attended(db.session.execute(_seats(), {"desk": desk_id}).all()):
        return "RePEc’s curators"
    named = contact_names(place)
    if named:
        return " and ".join(named)
    return f"The maintainer of {place.provider or place.archive.name}"


@cache
def _seats() -> Select[str | None, int | None, bool]:
    return select(DeskMember.address_key, DeskMember.user_id, DeskMember.removed).where(
        DeskMember.desk_id == bindparam("desk", type_=Integer)
    )


def has_authored(user: User, item: Record) -> bool:
    """Whether this user is known as an author (or editor) of the item: `known_authors` asked of
    one."""
    values = {"item": item.id, "user": user.id}
    return isinstance(item, Item) and bool(db.session.scalar(_has_authored(), values))


def has_authored_any(user: User, item_ids: Collection[int]) -> bool:
    """Whether this user is known as an author (or editor) of one of these items."""
    mine = exists().where(
        among(ItemAuthor.item_id, item_ids),
        ItemAuthor.profile_id == AuthorProfile.id,
        AuthorProfile.user_id == user.id,
        ItemAuthor.vanished_at.is_(None),
    )
    return bool(db.session.scalar(select(mine)))


@cache
def _has_authored() -> Select[bool]:
    return select(
        exists().where(
            ItemAuthor.item_id == _item,
            ItemAuthor.profile_id == AuthorProfile.id,
            AuthorProfile.user_id == _user,
            ItemAuthor.vanished_at.is_(None),
        )
    )


def known_authors(item: Item) -> list[User]:
    """Whoever an accepted claim makes an author (or editor) of the item as it is printed now."""
    return list(
        db.session.scalars(
            select(User)
            .join(AuthorProfile, AuthorProfile.user_id == User.id)
            .join(ItemAuthor, ItemAuthor.profile_id == AuthorProfile.id)
            .where(ItemAuthor.item_id == item.id, ItemAuthor.vanished_at.is_(None))
            .distinct()
            .order_by(User.id)
        )
    )


def desk_ids_of(user: User) -> list[int]:
    """The desks this user is a member of, by a verified address or a grant."""
    rows = db.session.execute(_seats_of(), {"user": user.id, "keys": verified_keys(user)}).all()
    return sorted({id_ for id_, out in rows if not out} - {id_ for id_, out in rows if out})


@cache
def _seats_of() -> Select[int, bool]:
    """The desks where somebody has a seat, and those where an administrator took it away."""
    named = DeskMember.address_key.in_(bindparam("keys", expanding=True, type_=Text))
    return select(DeskMember.desk_id, DeskMember.removed).where(
        or_(named & ~DeskMember.removed, DeskMember.user_id == _user)
    )


def archives_of(user: User, limit: int = 20) -> list[Archive]:
    """Archives at whose desk, or at that of one of their series, this user sits, by name."""
    desks = desk_ids_of(user)
    mine = (
        select(Series.archive_id.label("id"))
        .where(Series.desk_id.in_(desks))
        .union(select(Archive.id).where(Archive.desk_id.in_(desks)))
        .limit(limit)
        .subquery()
    )
    query = select(Archive).where(Archive.id.in_(select(mine.c.id)))
    return list(db.session.scalars(query.order_by(Archive.name, Archive.id)))


def sits_at(user: User, desk: Desk) -> bool:
    """Whether the user is a member of this desk."""
    if any(m.removed and m.user_id == user.id for m in desk.members):
        return False
    keys: set[str] | None = None
    for member in desk.members:
        if member.removed:
            continue
        if member.user_id == user.id:
            return True
        if member.address_key is not None:
            keys = set(verified_keys(user)) if keys is None else keys
            if member.address_key in keys:
                return True
    return False


def mail_comes_back(desk: Desk) -> datetime | None:
    """Since when mail to somebody at this desk comes back, of those it does not reach now."""
    keys = [m.address_key for m in desk.members if m.address_key and not m.removed]
    people = [m.user_id for m in desk.members if m.user_id and not m.removed]
    theirs = or_(
        Address.address_key.in_(keys),
        and_(User.id.in_(people), Address.address == User.email),
    )
    since = select(func.min(Address.bouncing_since)).join(User, Address.user_id == User.id)
    return db.session.scalar(since.where(theirs))


def maintains(user: User, archive: Archive) -> bool:
    """Whether the user maintains the archive or one of its series."""
    desks = desk_ids_of(user)
    named = exists().where(
        Contact.archive_id == archive.id, Contact.address_key.in_(verified_keys(user))
    )
    decides_there = exists().where(Series.archive_id == archive.id, Series.desk_id.in_(desks))
    if archive.desk_id in desks:
        return True
    return bool(db.session.scalar(select(or_(named, decides_there))))


def maintains_whole(user: User, archive: Archive) -> bool:
    """Whether the archive's own template names the user as a maintainer: of all its series."""
    of_archive = (Contact.archive_id == archive.id) & Contact.series_id.is_(None)
    named = exists().where(of_archive, Contact.address_key.in_(verified_keys(user)))
    return bool(db.session.scalar(select(named)))


def curators_desk_id() -> int | None:
    """The id of the desk without members, if any series or case needed it so far."""
    return db.session.scalar(_desk_of_key(), {"key": digest([])})


@cache
def _desk_of_key() -> Select[int]:
    return select(Desk.id).where(Desk.key == bindparam("key", type_=Text))


def saved_item(user: User, item: Item) -> SavedItem | None:
    """The item on the user's own list, if it is there."""
    return db.session.get(SavedItem, (user.id, item.id))


def saved_count(user: User) -> int:
    """How many items the user has saved; nobody has more than MOST_SAVED."""
    mine = select(SavedItem.item_id).where(SavedItem.user_id == user.id).limit(MOST_SAVED)
    return db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0


def saved_items(user: User, after: str | None = None) -> Page[SavedItem]:
    """What the user has saved, the latest first, with the items and their series."""
    rows = _saved(user, read_moment(after), PAGE_SIZE + 1)
    shown = rows[:PAGE_SIZE]
    more = len(rows) > PAGE_SIZE
    return Page(shown, older=cursor(shown[-1].at.isoformat(), shown[-1].item_id) if more else None)


def saved_in_batches(user: User) -> Iterator[list[SavedItem]]:
    """Everything the user has saved, the latest first: one query a batch."""
    last = None
    while rows := _saved(user, last, SAVED_BATCH):
        yield rows
        last = rows[-1].at, rows[-1].item_id


def _saved(user: User, last: tuple[datetime, int] | None, limit: int) -> list[SavedItem]:
    item = joinedload(SavedItem.item, innerjoin=True).options(
        joinedload(Item.series, innerjoin=True).defer(Series.upstream)
    )
    query = select(SavedItem).where(SavedItem.user_id == user.id).options(item)
    if last is not None:
        query = query.where(tuple_(SavedItem.at, SavedItem.item_id) < tuple_(*last))
    query = query.order_by(SavedItem.at.desc(), SavedItem.item_id.desc()).limit(limit)
    return list(db.session.scalars(query))
