"""A person's own requests: what waits for them, what waits, what became of it, what they support.

Every list is a range of the person's own index, a page at a time.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, exists, func, select, union_all
from sqlalchemy.orm import aliased, joinedload

from correction_flow.accounts.models import User
from correction_flow.core.extensions import db
from correction_flow.core.paging import (
    COUNT_LIMIT,
    LARGEST_ID,
    PAGE_SIZE,
    Page,
    cursor,
    read_cursor,
)
from correction_flow.proposals.lifecycle import (
    OPEN,
    SETTLED,
    Action,
    Actor,
    Kind,
    Status,
    What,
    transition,
)
from correction_flow.proposals.models import Change, Event, Proposal, Supporter
from correction_flow.proposals.queries import in_order

_DESK = joinedload(Proposal.desk, innerjoin=True)


class Part(enum.StrEnum):
    """The parts of "My requests"."""

    FOR_ME = "for-me"
    WAITING = "waiting"
    SETTLED = "settled"
    SUPPORTED = "supported"


def _proposers_turn(status: Status) -> bool:
    """Whether in this status the proposer (or visitor) is the one who has to act."""
    return any(
        status in transition(action).sources and transition(action).who <= _SENDER
        for action in (Action.ANSWER, Action.CONFIRM)
    )


_SENDER = frozenset({Actor.PROPOSER, Actor.VISITOR})
MY_TURN = frozenset(status for status in OPEN if _proposers_turn(status))
STATUSES: dict[Part, tuple[Status, ...]] = {
    Part.FOR_ME: tuple(s for s in Status if s in MY_TURN),
    Part.WAITING: tuple(s for s in Status if s in OPEN - MY_TURN),
    Part.SETTLED: tuple(s for s in Status if s in SETTLED),
    Part.SUPPORTED: tuple(Status),
}
"""Which statuses lie in a part; the first three hold each status once."""


def requests_of(
    user: User,
    part: Part,
    after: str | None = None,
    *,
    kind: Kind | None = None,
    status: Status | None = None,
) -> Page[Proposal]:
    """One page of a part, the latest sent first."""
    last = read_cursor(after, 1)
    below = last[0] if last is not None and isinstance(last[0], int) else LARGEST_ID
    statuses = [s for s in STATUSES[part] if status in (None, s)]
    kinds = [k for k in Kind if kind in (None, k)]
    if part is Part.SUPPORTED:
        return _supported(user, statuses, kinds, below=below)
    ids = list(db.session.scalars(_sent(user, statuses, kinds, below=below, most=PAGE_SIZE + 1)))
    older = cursor(ids[PAGE_SIZE - 1]) if len(ids) > PAGE_SIZE else None
    return Page(in_order(ids[:PAGE_SIZE], _DESK), older=older)


def _sent(
    user: User, statuses: Sequence[Status], kinds: Sequence[Kind], *, below: int, most: int
) -> Select[int]:
    """The ids of what a person sent: the end of one short range of the index for each status and
    kind, so that it costs the same however many there are."""
    ranges = [
        select(Proposal.id)
        .where(
            Proposal.proposer_id == user.id,
            Proposal.status == status,
            Proposal.kind == kind,
            Proposal.id < below,
        )
        .order_by(Proposal.id.desc())
        .limit(most)
        .subquery()
        for status in statuses
        for kind in kinds
    ]
    ids = union_all(*(select(one.c.id) for one in ranges)).subquery()
    return select(ids.c.id).order_by(ids.c.id.desc()).limit(most)


def _supported(
    user: User, statuses: Sequence[Status], kinds: Sequence[Kind], *, below: int
) -> Page[Proposal]:
    """One page of what a person supports, from the latest supported change on.

    However few of them fit, no more than so many are looked at: the page then ends there, and
    the next one goes on.
    """
    looked = _latest_supported(user, below).limit(COUNT_LIMIT).subquery()
    fitting = (
        select(looked)
        .join(Proposal, Proposal.id == looked.c.proposal_id)
        .where(Proposal.status.in_(statuses), Proposal.kind.in_(kinds))
        .order_by(looked.c.change_id.desc())
        .limit(PAGE_SIZE + 1)
    )
    rows = db.session.execute(fitting).all()
    shown, more = rows[:PAGE_SIZE], len(rows) > PAGE_SIZE
    end = shown[-1].change_id if more else _where_it_ended(user, below)
    return Page(
        in_order([row.proposal_id for row in shown], _DESK), older=cursor(end) if end else None
    )


def _where_it_ended(user: User, below: int) -> int | None:
    """The last that was looked at, where there may be more behind it."""
    row = db.session.execute(_latest_supported(user, below).offset(COUNT_LIMIT - 1).limit(1))
    return row.scalar()


def _latest_supported(user: User, below: int) -> Select[int, int]:
    """The changes a person supports, latest first; of each proposal the latest stands for all."""
    later, mine = aliased(Change), aliased(Supporter)
    return (
        select(Supporter.change_id, Change.proposal_id)
        .join(Change, Change.id == Supporter.change_id)
        .where(
            Supporter.user_id == user.id,
            Supporter.change_id < below,
            ~exists().where(
                later.proposal_id == Change.proposal_id,
                later.id > Change.id,
                mine.change_id == later.id,
                mine.user_id == user.id,
            ),
        )
        .order_by(Supporter.change_id.desc())
    )


def part_counts(user: User) -> dict[Part, int]:
    """How many lie in the parts that wait and in what the user supports; counting stops behind
    the limit."""
    counts = {}
    for part in (Part.FOR_ME, Part.WAITING):
        counts[part] = _count(
            _sent(user, STATUSES[part], list(Kind), below=LARGEST_ID, most=COUNT_LIMIT + 1)
        )
    counts[Part.SUPPORTED] = _count(_latest_supported(user, LARGEST_ID).limit(COUNT_LIMIT + 1))
    return counts


def _count(some: Select[*tuple[Any, ...]]) -> int:
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def endings(proposals: Sequence[Proposal]) -> dict[int, Event]:
    """What was said when these were superseded, by id of the proposal."""
    ids = [p.id for p in proposals if p.status is Status.SUPERSEDED]
    if not ids:
        return {}
    rows = db.session.scalars(
        select(Event).where(Event.proposal_id.in_(ids), Event.what == What.SUPERSEDE)
    )
    return {event.proposal_id: event for event in rows}


def numbers_of(ids: Sequence[int]) -> dict[int, str]:
    """Public numbers by id."""
    if not ids:
        return {}
    rows = db.session.execute(select(Proposal.id, Proposal.number).where(Proposal.id.in_(ids)))
    return {row[0]: row[1] for row in rows}
