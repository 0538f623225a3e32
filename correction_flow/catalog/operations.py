"""What changes the catalogue: importing, carrying approved changes, routing to desks.

Operations never commit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import delete, exists, func, select, update

from correction_flow.accounts import leaving
from correction_flow.accounts.models import User
from correction_flow.catalog import record as records
from correction_flow.catalog import search
from correction_flow.catalog.models import (
    LONGEST_NOTE,
    Archive,
    AuthorRole,
    Contact,
    Desk,
    DeskMember,
    GrantEffect,
    Item,
    ItemAuthor,
    ItemReference,
    ItemRevision,
    LinkedBy,
    MaintainerGrant,
    Place,
    Refutation,
    SavedItem,
    Series,
)
from correction_flow.catalog.queries import (
    MOST_SAVED,
    contacts_of,
    saved_count,
    saved_in_batches,
    saved_item,
)
from correction_flow.catalog.shown import shown
from correction_flow.catalog.words import all_words, own_words
from correction_flow.core.bulk import among
from correction_flow.core.clock import utcnow
from correction_flow.core.database import insert_if_new, lock_row
from correction_flow.core.errors import Invalid, NotFound
from correction_flow.core.extensions import db
from correction_flow.core.text import (
    address_key,
    digest,
    key,
    name_key,
    plain,
    printed_address,
    same_person,
)

# -- items --------------------------------------------------------------------------------


def show(
    item: Item,
    carried: Mapping[str, Any],
    *,
    upstream: Mapping[str, Any] | None = None,
    proposal_id: int | None = None,
    import_run_id: int | None = None,
) -> bool:
    """Compute what is shown from upstream and `carried`; whether anything changed.

    `upstream`: the publisher's values, where they are new. A change raises the item's version,
    keeps what it was as a revision, and brings its authors and search words in step.
    """
    new = dict(item.upstream if upstream is None else upstream)
    record: records.Record | None = shown(new, carried)
    otherwise = None if record == new else record
    if new == item.upstream and otherwise == item.shown_otherwise:
        return False
    db.session.add(
        ItemRevision(
            item_id=item.id,
            n=item.version,
            at=item.updated_at,
            import_run_id=item.import_run_id,
            proposal_id=item.proposal_id,
            upstream=item.upstream,
            shown_otherwise=item.shown_otherwise,
        )
    )
    item.upstream, item.shown_otherwise = new, otherwise
    item.title = item.shown.get("title", "")
    item.author_line = records.author_line(item.shown)
    item.year = records.year_of(item.shown)
    item.updated_at = utcnow()
    item.version += 1
    item.import_run_id, item.proposal_id = import_run_id, proposal_id
    _keep_authors(item)
    keep_words(item)
    return True


def show_place(
    place: Place, carried: Mapping[str, Any], *, upstream: Mapping[str, Any] | None = None
) -> bool:
    """The same for an archive or a series; whether anything changed.

    The search words of a series' items follow a new name later (`worded_as`): the worker sees
    to it.
    """
    tree = dict(place.upstream if upstream is None else upstream)
    published = records.from_tree(tree, place.fields)
    record: records.Record | None = shown(published, carried)
    otherwise = None if record == published else record
    if tree == place.upstream and otherwise == place.shown_otherwise:
        return False
    place.upstream, place.shown_otherwise = tree, otherwise
    place.name = place.shown.get("name") or place.handle
    if isinstance(place, Series):
        named = (p["name"] for p in place.shown.get("publishers", ()) if p.get("name"))
        place.provider = next(named, None)
    place.version += 1
    return True


def keep_words(item: Item) -> None:
    """Bring the search words of an item in step with what is shown; none where it vanished."""
    if item.vanished_at is not None:
        search.keep_words(item.id, None)
        return
    own = own_words(item.shown, kind=item.kind, series_key=item.series.handle_key)
    search.keep_words(item.id, all_words(own, item.series.name))


def words_of_series(series: Series, after: int, limit: int) -> int | None:
    """Bring the search words of a series' next items in step, for its name is new.

    `after`: the id of the last item done; the last one's now, or None at the end.
    """
    items = list(
        db.session.scalars(
            select(Item)
            .where(Item.series_id == series.id, Item.id > after)
            .order_by(Item.id)
            .limit(limit)
        )
    )
    for item in items:
        keep_words(item)
    return items[-1].id if len(items) == limit else None


def _keep_authors(item: Item) -> None:
    """Item authors follow the printed names: by role and name first, then by position.

    A name at the same place is taken for the same person only if the two share a word, so that
    a claim never passes to somebody else.
    """
    query = select(ItemAuthor).where(ItemAuthor.item_id == item.id).order_by(ItemAuthor.id)
    existing = list(db.session.scalars(query))
    printed = list(records.people(item.shown))
    matched: dict[int, ItemAuthor] = {}
    for same in (_same_name, _same_place):
        for n, (role, position, person) in enumerate(printed):
            if n in matched:
                continue
            for row in existing:
                if same(row, role, position, person):
                    matched[n] = row
                    existing.remove(row)
                    break
    for n, (role, position, person) in enumerate(printed):
        row = matched.get(n) or ItemAuthor(item_id=item.id, role=AuthorRole(role))
        _print_author(row, position, person)
        db.session.add(row)
    for row in existing:
        row.vanished_at = row.vanished_at or utcnow()


def _same_name(row: ItemAuthor, role: str, _position: int, person: Mapping[str, Any]) -> bool:
    return row.role == role and row.name_key == name_key(str(person.get("name", "")))


def _same_place(row: ItemAuthor, role: str, position: int, person: Mapping[str, Any]) -> bool:
    if row.role != role or row.position != position or row.vanished_at is not None:
        return False
    return same_person(row.name, str(person.get("name", "")))


def _print_author(row: ItemAuthor, position: int, person: Mapping[str, Any]) -> None:
    email = person.get("email")
    row.position = position
    row.name = str(person.get("name", ""))
    row.name_key = name_key(row.name)
    row.email_key = printed_address(email)
    row.person = person.get("person") if isinstance(person.get("person"), str) else None
    row.workplaces = person.get("workplaces", [])
    row.vanished_at = None


# -- references ---------------------------------------------------------------------------


def text_key(text: str) -> str:
    """What identifies a reference: its folded words."""
    return digest(key(text) or text)


def link(reference: ItemReference, cited: Item, *, by: LinkedBy) -> None:
    """The reference is this item."""
    reference.cited_item_id = cited.id
    reference.cited_key = cited.handle_key
    reference.linked_by = by


def unlink(reference: ItemReference) -> None:
    """The reference is no item we know of."""
    reference.cited_item_id = None
    reference.cited_key = None
    reference.linked_by = None


def correct_link(reference: ItemReference, cited: Item) -> None:
    """An accepted change says that the reference is this item; what its source says is kept."""
    _keep_link_of_source(reference)
    link(reference, cited, by=LinkedBy.CORRECTION)


def link_as_source(reference: ItemReference) -> None:
    """The reference is what its source says, unless that is refuted."""
    _keep_link_of_source(reference)
    unlink(reference)
    says = reference.source_cited_key
    if says is None or is_refuted(reference, says):
        return
    cited = db.session.scalar(select(Item).where(Item.handle_key == says))
    reference.source_cited_key, reference.cited_key = None, says
    if cited is not None:
        link(reference, cited, by=LinkedBy.IMPORT)


def _keep_link_of_source(reference: ItemReference) -> None:
    if reference.linked_by is not LinkedBy.CORRECTION and reference.cited_key is not None:
        reference.source_cited_key = reference.cited_key


def is_refuted(reference: ItemReference, cited_key: str) -> bool:
    """Whether somebody said that the reference does not mean this item."""
    keys = [reference.text_key, text_key(reference.text)]
    query = select(Refutation.id).where(
        Refutation.text_key.in_(keys), Refutation.cited_key == cited_key
    )
    return db.session.scalar(query.limit(1)) is not None


MOST_ALIKE = 1000
"""References of one text, in lists of other items, that a decision reaches."""
ADDED = "a request"
"""The origin of a reference that no source brought."""


def show_reference(reference: ItemReference) -> None:
    """It is shown while a source lists it or it was added, and it was not removed."""
    shown = not reference.removed and (reference.added or not reference.unlisted)
    reference.vanished_at = None if shown else reference.vanished_at or utcnow()


def add_reference(item: Item, text: str) -> ItemReference:
    """A reference of this text at the end of the item's list; one that went comes back, unless it
    was taken out."""
    text_key_ = text_key(text)
    query = select(ItemReference).where(
        ItemReference.item_id == item.id, ItemReference.text_key == text_key_
    )
    same = list(db.session.scalars(query.order_by(ItemReference.nth)))
    reference = min(
        (one for one in same if not one.removed),
        key=lambda one: (not one.added, one.vanished_at is not None, one.nth), default=None,
    )  # fmt: skip
    if reference is None:
        last = select(func.max(ItemReference.position)).where(
            ItemReference.item_id == item.id, ItemReference.vanished_at.is_(None)
        )
        reference = ItemReference(
            item_id=item.id, text_key=text_key_, text=text, origin=ADDED, unlisted=True,
            position=(db.session.scalar(last) or 0) + 1, removed=False,
            nth=same[-1].nth + 1 if same else 1,
        )  # fmt: skip
        db.session.add(reference)
    reference.added = True
    show_reference(reference)
    db.session.flush()
    return reference


def word_reference(reference: ItemReference, text: str | None) -> None:
    """The reference reads so, whatever its source says; None: as its source says."""
    source = reference.source_text if reference.source_text is not None else reference.text
    before = reference.text
    reference.text, reference.source_text = (source, None) if text is None else (text, source)
    if reference.text != before:
        reference.compared_at = None
    _refute_as_worded(reference)


def _refute_as_worded(reference: ItemReference) -> None:
    """What is refuted of the reference stays so when its source takes our words over."""
    worded = text_key(reference.text)
    if worded == reference.text_key:
        return
    theirs = Refutation.text_key == reference.text_key
    query = select(Refutation.cited_key, Refutation.change_id).where(theirs)
    for cited_key, change_id in db.session.execute(query.limit(MOST_ALIKE)).all():
        insert_if_new(
            db.session, Refutation, text_key=worded, cited_key=cited_key, change_id=change_id
        )


def refute(reference: ItemReference, cited_key: str, *, change_id: int) -> None:
    """No import and no matcher says again that this reference is that item."""
    for key_ in {reference.text_key, text_key(reference.text)}:
        insert_if_new(
            db.session, Refutation, text_key=key_, cited_key=cited_key, change_id=change_id
        )


def refute_no_more(change_ids: Collection[int]) -> None:
    """What these changes said of a link stands no more; where a source gives it, it is shown."""
    theirs = Refutation.change_id.in_(change_ids)
    pairs = db.session.execute(select(Refutation.text_key, Refutation.cited_key).where(theirs))
    gone = sorted({(text_key_, cited_key) for text_key_, cited_key in pairs})
    db.session.execute(delete(Refutation).where(theirs))
    for text_key_, cited_key in gone:
        overruled = select(ItemReference).where(
            ItemReference.source_cited_key == cited_key,
            ItemReference.text_key == text_key_,
            ItemReference.linked_by.is_(None),
        )
        for reference in db.session.scalars(overruled.limit(MOST_ALIKE)):
            link_as_source(reference)


def link_awaited(item_ids: Mapping[str, int]) -> int:
    """Link references whose source named these items (by handle key) before we had them."""
    awaited = db.session.scalars(
        select(ItemReference.cited_key)
        .where(
            among(ItemReference.cited_key, item_ids),
            ItemReference.cited_item_id.is_(None),
            ItemReference.cited_key.is_not(None),
        )
        .distinct()
    )
    count = 0
    for handle_key in list(awaited):
        result = db.session.execute(
            update(ItemReference)
            .where(
                ItemReference.cited_key == handle_key,
                ItemReference.cited_item_id.is_(None),
                ItemReference.cited_key.is_not(None),
                ~exists().where(
                    Refutation.text_key == ItemReference.text_key,
                    Refutation.cited_key == ItemReference.cited_key,
                ),
            )
            .values(cited_item_id=item_ids[handle_key or ""], linked_by=LinkedBy.IMPORT)
        )
        count += result.rowcount  # type: ignore[attr-defined]
    return count


# -- who decides --------------------------------------------------------------------------


def name_contacts(
    archive: Archive, series: Series | None, contacts: list[tuple[str | None, str]]
) -> bool:
    """The templates name these (name, address) as maintainers now; whether that is new."""
    scope = (
        Contact.archive_id == archive.id,
        Contact.series_id == series.id if series else Contact.series_id.is_(None),
    )
    old = [(c.name, c.address) for c in db.session.scalars(select(Contact).where(*scope))]
    if sorted(old, key=str) == sorted(contacts, key=str):
        return False
    db.session.execute(delete(Contact).where(*scope))
    db.session.add_all(
        Contact(
            archive_id=archive.id,
            series_id=series.id if series else None,
            name=name,
            address=address,
            address_key=address_key(address),
        )
        for name, address in contacts
    )
    db.session.flush()
    return True


def regroup(group: Iterable[Place]) -> list[Place]:
    """Seat each at the desk of exactly its deciders; those that moved."""
    moved = []
    for place in group:
        desk = _desk(_members(place))
        if place.desk_id != desk.id:
            place.desk_id = desk.id
            place.desk = desk
            moved.append(place)
    db.session.flush()
    return moved


def the_curators_desk() -> Desk:
    """The desk without members, where curators decide."""
    return _desk([])


def _members(place: Place) -> list[tuple[str | None, str | None, int | None, bool]]:
    """(address key, address, user id, removed) of everybody who decides there."""
    members: dict[str, tuple[str | None, str | None, int | None, bool]] = {
        c.address_key: (c.address_key, c.address, None, False) for c in contacts_of(place)
    }
    now = utcnow()
    grants = db.session.scalars(
        select(MaintainerGrant)
        .where(MaintainerGrant.archive_id == place.scope["archive_id"])
        .order_by(MaintainerGrant.id)
    )
    latest = {g.user_id: g for g in grants if g.series_id in (None, place.scope["series_id"])}
    for grant in latest.values():
        if grant.until is None or grant.until > now:
            removed = grant.effect is GrantEffect.REMOVED
            members[f"user {grant.user_id}"] = (None, None, grant.user_id, removed)
    return [members[name] for name in sorted(members)]


def _desk(members: list[tuple[str | None, str | None, int | None, bool]]) -> Desk:
    desk_key = digest([[m[0], m[2], m[3]] for m in members])
    desk = db.session.scalar(select(Desk).where(Desk.key == desk_key))
    if desk is not None:
        return desk
    insert_if_new(db.session, Desk, key=desk_key)
    desk = db.session.scalars(select(Desk).where(Desk.key == desk_key)).one()
    if not desk.members:
        desk.members = [
            DeskMember(address_key=k, address=a, user_id=u, removed=r) for k, a, u, r in members
        ]
        db.session.flush()
    return desk


def grant(
    user: User,
    archive: Archive,
    series: Series | None,
    effect: GrantEffect,
    *,
    by: User | None,
) -> list[Place]:
    """Give or take the right to decide for an archive or one of its series; who moved desks."""
    db.session.add(
        MaintainerGrant(
            user_id=user.id,
            archive_id=archive.id,
            series_id=series.id if series else None,
            effect=effect,
            by_id=by.id if by else None,
            at=utcnow(),
        )
    )
    db.session.flush()
    if series:
        return regroup([series])
    of_archive = select(Series).where(Series.archive_id == archive.id)
    return regroup([archive, *db.session.scalars(of_archive)])


def give_up_grants(user: User) -> list[Place]:
    """An administrator's grants to this user end with the account; who moved desks."""
    archives = select(MaintainerGrant.archive_id).where(MaintainerGrant.user_id == user.id)
    archive_ids = list(db.session.scalars(archives.distinct()))
    db.session.execute(delete(MaintainerGrant).where(MaintainerGrant.user_id == user.id))
    archives_ = select(Archive).where(Archive.id.in_(archive_ids)).order_by(Archive.id)
    series = select(Series).where(Series.archive_id.in_(archive_ids)).order_by(Series.id)
    moved = regroup([*db.session.scalars(archives_), *db.session.scalars(series)])
    db.session.execute(delete(DeskMember).where(DeskMember.user_id == user.id))
    db.session.flush()
    db.session.expire_all()
    return moved


# -- what a user saves --------------------------------------------------------------------


def save_item(user: User, item: Item) -> None:
    """Put the item on the user's own list; what is there stays. Raises Invalid when it is full.

    The user's row is locked first, so that two at once are not both new or both the last.
    """
    lock_row(db.session, user)
    if saved_item(user, item) is not None:
        return
    if saved_count(user) >= MOST_SAVED:
        raise Invalid(
            {
                "": f"Your bibliography holds {MOST_SAVED:,} items, the most it can. "
                "Remove some of them, then save this one."
            }
        )
    db.session.add(SavedItem(user_id=user.id, item_id=item.id, at=utcnow(), note=""))


def unsave_item(user: User, item: Item) -> None:
    """Take the item off the user's own list, with its note; twice changes nothing."""
    mine = (SavedItem.user_id == user.id, SavedItem.item_id == item.id)
    db.session.execute(delete(SavedItem).where(*mine))


def note_on_saved(user: User, item: Item, note: str) -> None:
    """Keep the user's own note on a saved item; an empty one takes it away.

    Raises Invalid for one that is too long, NotFound where the item is not on the list.
    """
    saved = saved_item(user, item)
    if saved is None:
        raise NotFound("This item is not in your bibliography any more.")
    note = plain(note)
    if len(note) > LONGEST_NOTE:
        length = f"It has {len(note):,} characters"
        raise Invalid({"note": f"Shorten the note to {LONGEST_NOTE} characters. {length} now."})
    saved.note = note


def _bibliography(user: User) -> list[dict[str, Any]]:
    rows = (row for batch in saved_in_batches(user) for row in batch)
    return [
        {"handle": r.item.handle, "saved_at": r.at.isoformat(), "note": r.note or None}
        for r in rows
    ]


def _forget_saved(user: User) -> None:
    db.session.execute(delete(SavedItem).where(SavedItem.user_id == user.id))


leaving.taken_along("bibliography", _bibliography)
leaving.when_erased(_forget_saved)
