"""Questions about the catalogue. Every list is bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import unquote

from sqlalchemy import exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased, joinedload

from correction_flow.accounts.models import AuthorProfile, User
from correction_flow.accounts.queries import verified_keys, verified_owners
from correction_flow.catalog.models import (
    Archive,
    Contact,
    Desk,
    DeskMember,
    Item,
    ItemAuthor,
    ItemReference,
    ItemRevision,
    SavedItem,
    Series,
    Template,
)
from correction_flow.core.extensions import db
from correction_flow.core.paging import PAGE_SIZE, Page, cursor, read_cursor, read_moment
from correction_flow.core.text import digest, plain
from correction_flow.redif import handle as handles

SHOWN_REFERENCES = 200
SHOWN_CITATIONS = 20
SHOWN_VERSIONS = 20
MOST_SAVED = 10_000
SAVED_BATCH = 200
_VERSION_TAGS = tuple(
    f"{kind}-handle" for kind in ("article", "paper", "book", "chapter", "software")
)
_ON_IDEAS = re.compile(r"(?i)/[apbch]/[a-z]{3}/[a-z0-9]{6}/[^/?#\s]+\.html\b")
_PASTED = re.compile(r"(?i)\brepec:[a-z]{3}:\S+")


def _key(handle: str) -> str:
    """The key of a handle from outside, where anything may be typed."""
    return handles.key(plain(handle))


def item_by_handle(handle: str) -> Item | None:
    """The item of that handle, with its series and archive."""
    return db.session.scalar(
        select(Item)
        .where(Item.handle_key == _key(handle))
        .options(joinedload(Item.series, innerjoin=True).joinedload(Series.archive, innerjoin=True))
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
    rows = db.session.execute(select(Item.handle_key, Item.id).where(Item.handle_key.in_(keys)))
    return {row[0]: row[1] for row in rows}


def archive_by_handle(handle: str) -> Archive | None:
    """The archive of that handle."""
    return db.session.scalar(select(Archive).where(Archive.handle_key == _key(handle)))


def series_by_handle(handle: str) -> Series | None:
    """The series of that handle, with its archive."""
    return db.session.scalar(
        select(Series)
        .where(Series.handle_key == _key(handle))
        .options(joinedload(Series.archive, innerjoin=True))
    )


def archives(after: str | None = None) -> Page[Archive]:
    """Archives by name, a page at a time."""
    last = read_cursor(after, 2)
    query = select(Archive).order_by(Archive.name, Archive.id).limit(PAGE_SIZE * 2 + 1)
    if last is not None and isinstance(last[1], int):
        query = query.where(tuple_(Archive.name, Archive.id) > (str(last[0]), last[1]))
    rows = list(db.session.scalars(query))
    shown = rows[: PAGE_SIZE * 2]
    older = cursor(shown[-1].name, shown[-1].id) if len(rows) > len(shown) else None
    return Page(shown, older=older)


def series_of(archive: Archive, after: str | None = None) -> Page[Series]:
    """An archive's series in the order of their handles."""
    last = read_cursor(after, 1)
    query = select(Series).where(Series.archive_id == archive.id)
    if last is not None:
        query = query.where(Series.handle_key > str(last[0]))
    rows = list(db.session.scalars(query.order_by(Series.handle_key).limit(PAGE_SIZE * 2 + 1)))
    shown = rows[: PAGE_SIZE * 2]
    older = cursor(shown[-1].handle_key) if len(rows) > len(shown) else None
    return Page(shown, older=older)


def items_of(series: Series, after: str | None = None) -> Page[Item]:
    """A series' items, the newest year first; those without a year stand at the end."""
    year = func.coalesce(Item.year, 0)
    query = select(Item).where(Item.series_id == series.id, Item.vanished_at.is_(None))
    last = read_cursor(after, 2)
    if last is not None and all(isinstance(part, int) for part in last):
        query = query.where(tuple_(year, Item.id) < tuple_(*last))
    query = query.order_by(year.desc(), Item.id.desc()).limit(PAGE_SIZE + 1)
    rows = list(db.session.scalars(query))
    shown = rows[:PAGE_SIZE]
    older = cursor(shown[-1].year or 0, shown[-1].id) if len(rows) > PAGE_SIZE else None
    return Page(shown, older=older)


def versions_of(item: Item) -> list[Item]:
    """Items its publisher names as other versions of it: a paper's article and so on."""
    other = item.shown.get("other", {})
    named = [h for tag in _VERSION_TAGS for h in other.get(tag, ()) if isinstance(h, str)]
    keys = [handles.key(handle) for handle in named if handles.key(handle) != item.handle_key]
    if not keys:
        return []
    query = select(Item).where(
        Item.handle_key.in_(keys[:SHOWN_VERSIONS]), Item.vanished_at.is_(None)
    )
    return list(db.session.scalars(query.options(joinedload(Item.series)).order_by(Item.id)))


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


def references_of(item: Item) -> list[ItemReference]:
    """The item's references in their order, with the items they are linked to."""
    return list(
        db.session.scalars(
            select(ItemReference)
            .where(ItemReference.item_id == item.id, ItemReference.vanished_at.is_(None))
            .order_by(ItemReference.position, ItemReference.id)
            .limit(SHOWN_REFERENCES)
            .options(joinedload(ItemReference.cited_item).joinedload(Item.series))
        )
    )


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


def template_of(item: Item) -> Template | None:
    """The template an item comes from, with its file."""
    return db.session.scalar(
        select(Template)
        .where(Template.handle_key == item.handle_key, Template.taken, ~Template.lost)
        .options(joinedload(Template.source_file, innerjoin=True))
        .limit(1)
    )


def revisions_of(item: Item, limit: int = 50) -> list[ItemRevision]:
    """What the item was, newest first."""
    return list(
        db.session.scalars(
            select(ItemRevision)
            .where(ItemRevision.item_id == item.id)
            .order_by(ItemRevision.n.desc())
            .limit(limit)
        )
    )


def contacts_of(series: Series) -> list[Contact]:
    """Who the templates name as maintainers: the series' own, else the archive's.

    Nobody for a series that no template describes: curators decide there.
    """
    if series.placeholder:
        return []
    own = list(
        db.session.scalars(
            select(Contact).where(Contact.series_id == series.id).order_by(Contact.id)
        )
    )
    if own:
        return own
    return list(
        db.session.scalars(
            select(Contact)
            .where(Contact.archive_id == series.archive_id, Contact.series_id.is_(None))
            .order_by(Contact.id)
        )
    )


def attended(desk: Desk) -> bool:
    """Whether the desk has a maintainer; where it has none, curators decide.

    A seat of an address counts, verified or not, unless its owner was removed from the desk.
    """
    seats = [member for member in desk.members if not member.removed]
    removed = {member.user_id for member in desk.members if member.removed}
    if not removed:
        return bool(seats)
    owners = verified_owners(member.address_key for member in seats if member.address_key)
    ids = (m.user_id or getattr(owners.get(m.address_key or ""), "id", None) for m in seats)
    return any(id_ not in removed for id_ in ids)


def decides(series: Series, desk: Desk | None = None) -> str:
    """Who decides, by name, for public pages; never an address.

    `desk`: where a case lies, if that is not the series' own desk.
    """
    desk = desk or series.desk
    if not attended(desk):
        return "RePEc’s curators"
    named = [c.name for c in contacts_of(series) if c.name and "@" not in c.name]
    if named:
        return " and ".join(dict.fromkeys(named))
    return f"The maintainer of {series.provider or series.archive.name}"


def has_authored(user: User, item: Item) -> bool:
    """Whether an accepted claim makes this user an author (or editor) of the item."""
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    ItemAuthor.item_id == item.id,
                    ItemAuthor.profile_id == AuthorProfile.id,
                    AuthorProfile.user_id == user.id,
                )
            )
        )
    )


def desk_ids_of(user: User) -> list[int]:
    """The desks this user is a member of, by a verified address or a grant."""
    keys = verified_keys(user)
    mine = select(DeskMember.desk_id).where(
        ~DeskMember.removed,
        or_(DeskMember.address_key.in_(keys), DeskMember.user_id == user.id),
    )
    taken = select(DeskMember.desk_id).where(DeskMember.removed, DeskMember.user_id == user.id)
    return sorted(set(db.session.scalars(mine)) - set(db.session.scalars(taken)))


def archives_of(user: User, limit: int = 20) -> list[Archive]:
    """Archives with a series whose desk this user sits at, by name."""
    mine = (
        select(Series.archive_id)
        .where(Series.desk_id.in_(desk_ids_of(user)))
        .distinct()
        .limit(limit)
        .subquery()
    )
    query = select(Archive).where(Archive.id.in_(select(mine.c.archive_id)))
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


def maintains(user: User, archive: Archive) -> bool:
    """Whether the user maintains the archive or one of its series."""
    named = exists().where(
        Contact.archive_id == archive.id, Contact.address_key.in_(verified_keys(user))
    )
    decides_there = exists().where(
        Series.archive_id == archive.id, Series.desk_id.in_(desk_ids_of(user))
    )
    return bool(db.session.scalar(select(or_(named, decides_there))))


def curators_desk() -> Desk | None:
    """The desk without members, if any series or case needed it so far."""
    return db.session.scalar(select(Desk).where(Desk.key == digest([])))


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


def saved_in_batches(user: User) -> Iterator[list[Item]]:
    """Everything the user has saved, the latest first: one query a batch."""
    last = None
    while rows := _saved(user, last, SAVED_BATCH):
        yield [row.item for row in rows]
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
