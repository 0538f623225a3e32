"""What references may mean, for those whose works they seem to cite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, bindparam, exists, func, or_, select, true
from sqlalchemy.orm import aliased, joinedload

from correction_flow.accounts.models import User
from correction_flow.accounts.queries import profile_of
from correction_flow.catalog.listed import ITEM_COLUMNS, ListedItem
from correction_flow.catalog.models import (
    Archive,
    Item,
    ItemAuthor,
    ItemReference,
    LinkedBy,
    Series,
)
from correction_flow.citations.models import PotentialCitation, RefusedCitation
from correction_flow.citations.targets import link_of
from correction_flow.core.extensions import db
from correction_flow.core.paging import LARGEST_ID, PAGE_SIZE, Page, cursor, read_cursor
from correction_flow.core.text import digest, key
from correction_flow.proposals.models import Change, Proposal

AGAIN_AFTER = timedelta(days=30)
"""Then a reference is compared once more: what it means may have come meanwhile."""
LOOKED_AT = 3 * PAGE_SIZE
"""Of these a page shows what is not settled yet."""
SAME_TEXT = 0.95
"""From here on the text of a reference is one that was refused, with a slip mended."""


class Offered(NamedTuple):
    """A reference that may mean a work of somebody, and the item it stands in.

    `version`: of the citing item; `waits_in`: the number of an open request that asks for it.
    """

    id: int
    certain: bool
    reasons: list[str]
    doubts: list[str]
    reference_id: int
    position: int
    text: str
    version: int
    citing: ListedItem
    cited: ListedItem
    cited_key: str
    waits_in: str | None = None


def decided_references(archive: Archive) -> Iterator[dict[str, Any]]:
    """References of the archive's items that accepted requests linked, added or respelt, by the
    handle of the citing item and place: {citing, nth, text, cited} as a reference source has them.

    They are read a portion at a time.
    """
    of, cited = ItemReference, aliased(Item)
    query = (
        select(Item.handle, of.position, of.text, cited.handle)
        .join_from(of, Item, Item.id == of.item_id)
        .join(Series, Series.id == Item.series_id)
        .outerjoin(cited, cited.id == of.cited_item_id)
        .where(
            Series.archive_id == archive.id,
            Item.vanished_at.is_(None),
            of.vanished_at.is_(None),
            or_(of.linked_by == LinkedBy.CORRECTION, of.added, of.source_text.is_not(None)),
        )
        .order_by(Item.handle, of.position, of.id)
    )
    for citing, nth, text, handle in db.session.execute(query.execution_options(yield_per=1000)):
        yield {"citing": citing, "nth": nth, "text": text, "cited": handle}


def next_to_compare(
    now: datetime, limit: int, part: tuple[int, int] = (1, 1)
) -> list[ItemReference]:
    """References nobody knows the meaning of, with their items: new ones, then the longest ago.

    `part`: (2, 4) is the second of four parts of all, for processes beside each other.
    """
    of, (mine, parts) = ItemReference, part
    unknown = (of.cited_item_id.is_(None), of.cited_key.is_(None), of.vanished_at.is_(None))
    ours = of.id % parts == mine - 1 if parts > 1 else true()
    query = select(of).where(*unknown, ours).limit(limit)
    query = query.options(joinedload(of.item, innerjoin=True))
    new = query.where(of.compared_at.is_(None)).order_by(of.id)
    found = list(db.session.scalars(new))
    if len(found) < limit:
        old = query.where(of.compared_at < now - AGAIN_AFTER).order_by(of.compared_at, of.id)
        found += db.session.scalars(old.limit(limit - len(found)))
    return found


def offered_to(user: User, after: str | None = None) -> Page[Offered]:
    """The references that may mean works this person has claimed, the latest found first."""
    profile = profile_of(user)
    if profile is None:
        return Page([])
    below = (read_cursor(after, 1) or [LARGEST_ID])[0]
    values = {"profile": profile.id, "user": user.id, "below": below, "n": LOOKED_AT + 1}
    rows = db.session.execute(_offered(), values).all() if isinstance(below, int) else []
    found = _unsettled([_offer(row) for row in rows[:LOOKED_AT]], user)
    shown = found[:PAGE_SIZE]
    if len(found) > PAGE_SIZE:
        return Page(shown, older=cursor(shown[-1].id))
    return Page(shown, older=cursor(rows[LOOKED_AT - 1].id) if len(rows) > LOOKED_AT else None)


def offers_to(user: User, ids: Sequence[int]) -> list[Offered]:
    """Those of them that are offered to this person now."""
    profile = profile_of(user)
    if profile is None or not ids:
        return []
    values = {"profile": profile.id, "user": user.id, "ids": list(ids)}
    rows = db.session.execute(_offered(chosen=True), values)
    return _unsettled([_offer(row) for row in rows], user)


def _offer(row: Any) -> Offered:
    n = len(ITEM_COLUMNS) + 1
    own, rest = row[:8], row[8:]
    citing, cited = ListedItem._make(rest[:n]), ListedItem._make(rest[n : 2 * n])
    return Offered._make((*own, citing, cited, rest[2 * n], None))


@cache
def _offered(*, chosen: bool = False) -> Select[Any]:
    """Ids first, joins after."""
    of, refused = PotentialCitation, RefusedCitation
    citing, cited = (Item.__table__.alias(name) for name in ("citing", "cited"))
    citing_series, cited_series = (Series.__table__.alias(n) for n in ("citing_s", "cited_s"))
    user, profile = bindparam("user", type_=Integer), bindparam("profile", type_=Integer)
    mine = select(ItemAuthor.item_id).where(
        ItemAuthor.profile_id == profile, ItemAuthor.vanished_at.is_(None)
    )
    was_refused = exists().where(
        refused.user_id == user,
        refused.cited_item_id == of.cited_item_id,
        refused.citing_item_id == ItemReference.item_id,
        refused.text_key == ItemReference.text_key,
    )
    some = (
        select(of.id)
        .join(ItemReference, ItemReference.id == of.reference_id)
        .where(
            of.cited_item_id.in_(mine),
            ItemReference.cited_item_id.is_(None),
            ItemReference.vanished_at.is_(None),
            ~was_refused,
        )
    )
    if chosen:
        some = some.where(of.id.in_(bindparam("ids", expanding=True, type_=Integer)))
    else:
        some = some.where(of.id < bindparam("below", type_=Integer)).order_by(of.id.desc())
        some = some.limit(bindparam("n", type_=Integer))
    ids = some.subquery("some")
    return (
        select(
            of.id, of.certain, of.reasons, of.doubts, ItemReference.id, ItemReference.position,
            ItemReference.text, citing.c.version,
            *(citing.c[c.name] for c in ITEM_COLUMNS), citing_series.c.name,
            *(cited.c[c.name] for c in ITEM_COLUMNS), cited_series.c.name, cited.c.handle_key,
        )
        .join_from(ids, of, of.id == ids.c.id)
        .join(ItemReference, ItemReference.id == of.reference_id)
        .join(citing, citing.c.id == ItemReference.item_id)
        .join(citing_series, citing_series.c.id == citing.c.series_id)
        .join(cited, cited.c.id == of.cited_item_id)
        .join(cited_series, cited_series.c.id == cited.c.series_id)
        .where(citing.c.vanished_at.is_(None), cited.c.vanished_at.is_(None))
        .order_by(of.id.desc())
    )  # fmt: skip


def _unsettled(offers: Sequence[Offered], user: User) -> list[Offered]:
    """Without those that were decided once, and those refused with another letter in their text."""
    asked = _asked(offers)
    refused = _refused_texts(offers, user)
    found = []
    for offer in offers:
        same = (link_of(offer.reference_id), digest(offer.cited_key))
        open_in = asked.get(same)
        texts = refused.get((offer.citing.id, offer.cited.id), ())
        settled = same in asked and open_in is None
        if not settled and not any(_same_text(offer.text, text) for text in texts):
            found.append(offer._replace(waits_in=open_in))
    return found


def _asked(offers: Sequence[Offered]) -> dict[tuple[str, str], str | None]:
    """Who asked for one of these links: (target, key of the value) → number while undecided."""
    targets = {link_of(offer.reference_id) for offer in offers}
    rows = db.session.execute(
        select(Change.target, Change.new_key, Change.outcome, Proposal.number)
        .join(Proposal, Proposal.id == Change.proposal_id)
        .where(
            Proposal.item_id.in_({offer.citing.id for offer in offers}),
            Change.target.in_(targets),
            or_(Change.outcome.is_(None), Change.reason.is_not(None), Change.standing.is_not(None)),
        )
        .order_by(Change.id)
    )
    return {(t, k): number if outcome is None else None for t, k, outcome, number in rows}


def _refused_texts(offers: Sequence[Offered], user: User) -> dict[tuple[int, int], list[str]]:
    rows = db.session.execute(
        select(
            RefusedCitation.citing_item_id, RefusedCitation.cited_item_id, RefusedCitation.text
        ).where(
            RefusedCitation.user_id == user.id,
            RefusedCitation.cited_item_id.in_({offer.cited.id for offer in offers}),
        )
    )
    found: dict[tuple[int, int], list[str]] = {}
    for citing, cited, text in rows:
        found.setdefault((citing, cited), []).append(text)
    return found


def _same_text(one: str, other: str) -> bool:
    return SequenceMatcher(None, key(one), key(other), autojunk=False).ratio() >= SAME_TEXT


def refused_by(user: User, after: str | None = None) -> Page[RefusedCitation]:
    """What this person said is not to a work of theirs, the latest first."""
    below = (read_cursor(after, 1) or [LARGEST_ID])[0]
    query = (
        select(RefusedCitation)
        .where(RefusedCitation.user_id == user.id, RefusedCitation.id < below)
        .order_by(RefusedCitation.id.desc())
        .limit(PAGE_SIZE + 1)
        .options(
            joinedload(RefusedCitation.citing_item, innerjoin=True),
            joinedload(RefusedCitation.cited_item, innerjoin=True),
        )
    )
    rows = list(db.session.scalars(query)) if isinstance(below, int) else []
    shown = rows[:PAGE_SIZE]
    return Page(shown, older=cursor(shown[-1].id) if len(rows) > PAGE_SIZE else None)


def refused_count(user: User) -> int:
    """How many these are; counting stops behind a page."""
    some = select(RefusedCitation.id).where(RefusedCitation.user_id == user.id).limit(PAGE_SIZE + 1)
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0
