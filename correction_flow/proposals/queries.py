"""Questions about proposals: a person's, a desk's, an item's. Every list is bounded."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased, joinedload

from correction_flow.accounts.models import User
from correction_flow.accounts.queries import verified_owners
from correction_flow.catalog.models import Desk, DeskMember, Item, Record, Series
from correction_flow.catalog.queries import desk_ids_of
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.paging import (
    COUNT_LIMIT,
    PAGE_SIZE,
    Page,
    cursor,
    read_moment,
)
from correction_flow.proposals.lifecycle import Audience, Kind, Standing, Status, What
from correction_flow.proposals.models import (
    Change,
    Event,
    Person,
    Proposal,
    Supporter,
    about,
    concerns,
)

MOST_UNDECIDED = 200
MOST_EVENTS = 500
"""The pages that show so many say that there may be more, or lead there."""


class Tab(enum.StrEnum):
    """The tabs of the desk."""

    MY_TURN = "my-turn"
    OVERDUE = "overdue"
    OTHERS = "others"
    ESCALATED = "escalated"
    DONE = "done"


TAB_WORDS = {
    Tab.MY_TURN: "My turn",
    Tab.OVERDUE: "Overdue",
    Tab.OTHERS: "Waiting for others",
    Tab.ESCALATED: "Escalated",
    Tab.DONE: "Done",
}

# The status stands as a literal, or neither database can use the partial index (speed.md).
# The cases of the curators' tab lie at many desks: that one is asked of all.
_WAITS = text("status = 'submitted'")
_TAB_WHERE: dict[Tab, tuple[Any, Any]] = {
    Tab.MY_TURN: (_WAITS, Proposal.waiting_since),
    Tab.OVERDUE: (_WAITS, Proposal.due_at),
    Tab.OTHERS: (text("status = 'needs_information'"), Proposal.waiting_since),
    Tab.ESCALATED: (
        text("status = 'submitted' AND escalated_at IS NOT NULL"),
        Proposal.escalated_at,
    ),
    Tab.DONE: (text("closed_at IS NOT NULL"), Proposal.closed_at),
}


def with_record() -> tuple[Any, ...]:
    """Load proposals with what they are about, its series and archive."""
    return (
        joinedload(Proposal.item).joinedload(Item.series).joinedload(Series.archive),
        joinedload(Proposal.series).joinedload(Series.archive),
        joinedload(Proposal.archive),
    )


def proposal_by_number(number: str) -> Proposal | None:
    """The proposal of that public number, with what its page shows."""
    return db.session.scalar(_whole_proposal(), {"number": number.strip().upper()})


@cache
def _whole_proposal() -> Select[Proposal]:
    return (
        select(Proposal)
        .where(Proposal.number == bindparam("number", type_=Text))
        .options(
            *with_record(),
            joinedload(Proposal.proposer),
            joinedload(Proposal.decided_by),
            joinedload(Proposal.desk, innerjoin=True),
        )
    )


def desks_of(user: User) -> list[int]:
    """The desks whose queue this user sees: their own, and for a curator the unattended ones."""
    mine = desk_ids_of(user)
    if user.is_curator:
        attended = exists().where(DeskMember.desk_id == Desk.id, ~DeskMember.removed)
        mine += db.session.scalars(select(Desk.id).where(~attended))
    return sorted(set(mine))


def queue(desk_ids: Sequence[int], tab: Tab, after: str | None = None) -> Page[Proposal]:
    """One page of a desk: the longest waiting first; of what is done, the latest first.

    Ids first, joins after: one short range of a partial index per desk, merged. Of what was sent
    together and waits for a decision, only the longest waiting is listed.
    """
    moment = _TAB_WHERE[tab][1]
    newest_first = tab is Tab.DONE
    conditions = _conditions(tab)
    last = read_moment(after)
    if last is not None:
        key = tuple_(moment, Proposal.id)
        conditions.append(key < tuple_(*last) if newest_first else key > tuple_(*last))
    places = [[]] if tab is Tab.ESCALATED else [[Proposal.desk_id == desk] for desk in desk_ids]
    ids = _merged([[*place, *conditions] for place in places], moment, newest_first)
    rows = in_order(ids, joinedload(Proposal.proposer))
    shown = rows[:PAGE_SIZE]
    older = None
    if len(rows) > PAGE_SIZE:
        end = shown[-1]
        at = getattr(end, moment.key)
        older = cursor(at.isoformat() if at else "", end.id)
    return Page(shown, older=older)


def _conditions(tab: Tab) -> list[Any]:
    """What lies under a tab."""
    conditions = [_TAB_WHERE[tab][0]]
    if tab in (Tab.MY_TURN, Tab.OVERDUE, Tab.ESCALATED):
        conditions.append(_first_of_its_batch())
    if tab is Tab.OVERDUE:
        conditions.append(Proposal.due_at < utcnow())
    return conditions


def _first_of_its_batch() -> ColumnElement[bool]:
    """Nothing that was sent with it waits longer at the same desk. A look-up in an index for
    each row, of which a batch has no more than `batches.LARGEST`."""
    ahead = aliased(Proposal, name="ahead")
    behind = exists().where(
        ahead.batch == Proposal.batch,
        ahead.desk_id == Proposal.desk_id,
        text("ahead.status = 'submitted'"),
        tuple_(ahead.waiting_since, ahead.id) < tuple_(Proposal.waiting_since, Proposal.id),
    )
    return or_(Proposal.batch.is_(None), ~behind)


def waiting_with(rows: Sequence[Proposal]) -> dict[int, int]:
    """How many more of the same batch wait at the same desk, by the ids of these proposals."""
    tokens = {p.batch for p in rows if p.batch and p.status is Status.SUBMITTED}
    if not tokens:
        return {}
    found = db.session.execute(
        select(Proposal.batch, Proposal.desk_id, func.count())
        .where(Proposal.batch.in_(tokens), _WAITS)
        .group_by(Proposal.batch, Proposal.desk_id)
    )
    counts = {(batch, desk_id): n for batch, desk_id, n in found}
    return {p.id: counts.get((p.batch, p.desk_id), 1) - 1 for p in rows}


def numbers_sent_with(proposal: Proposal) -> list[str]:
    """The numbers of its batch: a mail about several carries the number of one."""
    if proposal.batch is None:
        return []
    return list(db.session.scalars(select(Proposal.number).where(Proposal.batch == proposal.batch)))


def waiting_since_that_day(proposal: Proposal) -> list[Proposal]:
    """Itself and what of its batch waits at the same desk since the same day, the longest first."""
    if proposal.batch is None or proposal.waiting_since is None:
        return [proposal]
    rows = db.session.scalars(
        select(Proposal)
        .where(Proposal.batch == proposal.batch, Proposal.desk_id == proposal.desk_id, _WAITS)
        .order_by(Proposal.waiting_since, Proposal.id)
        .options(joinedload(Proposal.item, innerjoin=True))
    )
    day = proposal.waiting_since.date()
    return [p for p in rows if p.waiting_since is not None and p.waiting_since.date() == day]


def _merged(ranges: Sequence[list[Any]], moment: Any, newest_first: bool) -> list[int]:
    """The first ids of several ranges, each given by its conditions, in one order."""
    order = (moment.desc(), Proposal.id.desc()) if newest_first else (moment, Proposal.id)
    parts: list[Select[Any]] = []
    for conditions in ranges:
        part = (
            select(Proposal.id, moment.label("moment"))
            .where(*conditions)
            .order_by(*order)
            .limit(PAGE_SIZE + 1)
            .subquery()
        )
        parts.append(select(part))
    if not parts:
        return []
    found: list[tuple[Any, int]] = []
    for n in range(0, len(parts), 200):  # SQLite joins at most 500 selects
        rows = db.session.execute(union_all(*parts[n : n + 200]))
        found += [(row.moment, row.id) for row in rows]
    found.sort(reverse=newest_first)
    return [proposal_id for _, proposal_id in found[: PAGE_SIZE + 1]]


def in_order(ids: Sequence[int], *more: Any) -> list[Proposal]:
    """These proposals with what they are about, and whatever `more` loads for a list of them."""
    rows = db.session.scalars(
        select(Proposal).where(Proposal.id.in_(ids)).options(*with_record(), *more)
    )
    by_id = {p.id: p for p in rows}
    return [by_id[i] for i in ids]


def queue_counts(desk_ids: Sequence[int], *, curates: bool = False) -> dict[Tab, int]:
    """How many rows lie under each tab but the last; counting stops at 1,001.

    `curates`: under that of the curators as well.
    """
    counts = {}
    for tab in (Tab.MY_TURN, Tab.OVERDUE, Tab.OTHERS, *([Tab.ESCALATED] if curates else [])):
        query = select(Proposal.id).where(*_conditions(tab))
        if tab is not Tab.ESCALATED:
            query = query.where(Proposal.desk_id.in_(desk_ids))
        limited = query.limit(COUNT_LIMIT + 1).subquery()
        counts[tab] = db.session.scalar(select(func.count()).select_from(limited)) or 0
    return counts


def place_in_queue(proposal: Proposal) -> int:
    """How many cases of the same desk wait longer than this one, plus one; stops at 1,001."""
    before = (
        select(Proposal.id)
        .where(
            Proposal.desk_id == proposal.desk_id,
            text("status = 'submitted'"),
            tuple_(Proposal.waiting_since, Proposal.id)
            < tuple_(proposal.waiting_since, proposal.id),
        )
        .limit(COUNT_LIMIT)
        .subquery()
    )
    return (db.session.scalar(select(func.count()).select_from(before)) or 0) + 1


def sent_before(user: User, send_key: str) -> Proposal | None:
    """What this person has already sent with exactly these values, if it is still open."""
    return db.session.scalar(
        select(Proposal).where(Proposal.proposer_id == user.id, Proposal.send_key == send_key)
    )


def any_about(item: Record) -> bool:
    """Whether there ever was a proposal about the item: most items never have one."""
    return bool(db.session.scalar(_any_about(_column(item)), {"record": item.id}))


@cache
def _any_about(column: str) -> Select[bool]:
    return select(exists().where(_is_about(Proposal, column)))


def _column(record: Record) -> str:
    return next(iter(about(record)))


def _is_about(model: Any, column: str) -> Any:
    return getattr(model, column) == bindparam("record", type_=Integer)


def undecided(item: Record) -> list[Change]:
    """The changes of an item that wait for a decision, with their proposals."""
    return list(db.session.scalars(_undecided(_column(item)), {"record": item.id}))


@cache
def _undecided(column: str) -> Select[Change]:
    return (
        select(Change)
        .where(_is_about(Change, column), text("outcome IS NULL"))
        .order_by(Change.id)
        .limit(MOST_UNDECIDED)
        .options(joinedload(Change.proposal, innerjoin=True).lazyload(Proposal.changes))
    )


def carried(record: Record) -> dict[str, Change]:
    """The approved changes of an item that we carry on top of upstream, by target."""
    rows = db.session.scalars(
        select(Change).where(concerns(Change, record), text("standing = 'carried'"))
    )
    return {change.target: change for change in rows}


def standing_changes(record: Record, standings: Sequence[Standing]) -> list[Change]:
    """The accepted changes of an item that stand so."""
    return list(
        db.session.scalars(
            select(Change)
            .where(concerns(Change, record), Change.standing.in_(standings))
            .order_by(Change.id)
        )
    )


def decision_stands() -> ColumnElement[bool]:
    """Not a decision that was taken back: of that only the desk reads."""
    undone = aliased(Event)
    return ~exists().where(
        Event.what.in_([What.DECIDE, What.REJECT]),
        undone.proposal_id == Event.proposal_id,
        undone.id > Event.id,
        undone.what == What.UNDO,
    )


def timeline(
    proposal: Proposal, audiences: Sequence[Audience], before: int | None = None
) -> list[Event]:
    """The latest events of a proposal that these audiences may read, oldest first; `before`: those
    just before the event of this id."""
    query = select(Event).where(Event.proposal_id == proposal.id, Event.audience.in_(audiences))
    if before is not None:
        query = query.where(Event.id < before)
    if Audience.DESK not in audiences:
        query = query.where(decision_stands())
    query = query.order_by(Event.id.desc()).limit(MOST_EVENTS).options(joinedload(Event.actor))
    return list(reversed(db.session.scalars(query).all()))


def latest_event(proposal: Proposal, *whats: What) -> Event | None:
    """The latest event of a proposal of one of these sorts, or of any; None where there is none."""
    query = select(Event).where(Event.proposal_id == proposal.id)
    if whats:
        query = query.where(Event.what.in_(whats))
    return db.session.scalar(query.order_by(Event.id.desc()).limit(1))


def last_event(proposal: Proposal, *whats: What) -> Event:
    """The same where there is one for certain."""
    event = latest_event(proposal, *whats)
    if event is None:
        raise LookupError(f"{proposal.number} has no event of {whats or 'any sort'}")
    return event


def did_last(by: Person, proposal: Proposal, what: What, note: str | None) -> bool:
    """Whether the latest of these acts was this person's, with exactly these words."""
    event = latest_event(proposal, what)
    if event is None or (event.note or "") != (note or ""):
        return False
    if isinstance(by, User):
        return event.actor_id == by.id
    return event.by_visitor and proposal.visitor_address == by.address


def public_history(item: Record, limit: int = 20) -> list[Event]:
    """The public events of an item, newest first."""
    return list(db.session.scalars(_public_history(_column(item)), {"record": item.id, "n": limit}))


@cache
def _public_history(column: str) -> Select[Event]:
    public = text("events.audience = 'public'")
    return (
        select(Event)
        .where(_is_about(Event, column), public, decision_stands())
        .order_by(Event.id.desc())
        .limit(bindparam("n", type_=Integer))
        .options(joinedload(Event.proposal, innerjoin=True))
    )


def supports(user: User, proposal: Proposal) -> bool:
    """Whether the user supports a change of the proposal."""
    return bool(db.session.scalar(_supports(), {"user": user.id, "proposal": proposal.id}))


@cache
def _supports() -> Select[bool]:
    return select(
        exists().where(
            Supporter.user_id == bindparam("user", type_=Integer),
            Supporter.change_id == Change.id,
            Change.proposal_id == bindparam("proposal", type_=Integer),
        )
    )


def supporters_of(proposal: Proposal) -> list[User]:
    """Everybody who supports a change of the proposal."""
    return list(
        db.session.scalars(
            select(User)
            .join(Supporter, Supporter.user_id == User.id)
            .join(Change, Change.id == Supporter.change_id)
            .where(Change.proposal_id == proposal.id)
            .distinct()
            .order_by(User.id)
        )
    )


def claims_authorship(user: User, item: Record) -> bool:
    """Whether the user has an open claim to have written the item."""
    values = {"item": item.id, "user": user.id}
    return isinstance(item, Item) and bool(db.session.scalar(_claims_authorship(), values))


@cache
def _claims_authorship() -> Select[bool]:
    return select(
        exists().where(
            Proposal.item_id == bindparam("item", type_=Integer),
            Proposal.proposer_id == bindparam("user", type_=Integer),
            Proposal.kind == Kind.AUTHORSHIP,
            Proposal.closed_at.is_(None),
        )
    )


def deciders_at(desk: Desk) -> set[User | None]:
    """The people behind the seats of a desk; None stands for seats whose owner we do not know."""
    seats = [m for m in desk.members if not m.removed]
    owners = verified_owners(m.address_key for m in seats if m.address_key)
    people = {
        owners.get(m.address_key) if m.address_key else db.session.get(User, m.user_id)
        for m in seats
    }
    return {p for p in people if p is None or not _removed(p, desk)}


def lone_maintainer(desk: Desk) -> User | None:
    """The one person behind every seat of a desk; None where anybody else could decide."""
    people = deciders_at(desk)
    return people.pop() if len(people) == 1 else None


def open_proposals(item: Record, limit: int = 200) -> list[Proposal]:
    """What still needs somebody on this item, oldest first."""
    query = select(Proposal).where(
        concerns(Proposal, item),
        Proposal.closed_at.is_(None),
        Proposal.status != Status.UNCONFIRMED,
    )
    return list(db.session.scalars(query.order_by(Proposal.id).limit(limit)))


def _removed(user: User, desk: Desk) -> bool:
    return any(m.removed and m.user_id == user.id for m in desk.members)


def median_days(desk_id: int, sample: int = 100) -> float | None:
    """The median time from submission to decision of a desk's latest cases, in days.

    None while fewer than five were decided: a number from less would be no promise.
    """
    rows = db.session.execute(_latest_decisions(), {"desk": desk_id, "n": sample})
    days = sorted(
        (decided - created).total_seconds() / 86400 for created, decided in rows if decided
    )
    return days[len(days) // 2] if len(days) >= 5 else None


@cache
def _latest_decisions() -> Select[Any]:
    of = Proposal.__table__.c
    desk = bindparam("desk", type_=Integer)
    return (
        select(of.created_at, of.decided_at)
        .where(of.desk_id == desk, text("closed_at IS NOT NULL"), of.decided_at.is_not(None))
        .order_by(of.closed_at.desc())
        .limit(bindparam("n", type_=Integer))
    )
