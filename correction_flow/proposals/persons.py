"""A person's own requests: what waits for them, what waits, what became of it, what they support.

Every list is a range of the person's own index, a page at a time.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import joinedload

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
from correction_flow.proposals.queries import with_record


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
        ids = select(Proposal.id).where(
            Proposal.id.in_(_supported_by(user)),
            Proposal.id < below,
            Proposal.status.in_(statuses),
            Proposal.kind.in_(kinds),
        )
    else:
        ids = _sent(user, statuses, kinds, below=below, most=PAGE_SIZE + 1)
    query = select(Proposal).where(Proposal.id.in_(ids)).order_by(Proposal.id.desc())
    rows = list(
        db.session.scalars(
            query.limit(PAGE_SIZE + 1).options(
                *with_record(),
                joinedload(Proposal.desk, innerjoin=True),
            )
        )
    )
    shown = rows[:PAGE_SIZE]
    return Page(shown, older=cursor(shown[-1].id) if len(rows) > PAGE_SIZE else None)


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


def _supported_by(user: User) -> Select[int]:
    return (
        select(Change.proposal_id)
        .join(Supporter, Supporter.change_id == Change.id)
        .where(Supporter.user_id == user.id)
    )


def part_counts(user: User) -> dict[Part, int]:
    """How many lie in the parts that wait and in what the user supports; counting stops behind
    the limit."""
    counts = {}
    for part in (Part.FOR_ME, Part.WAITING):
        counts[part] = _count(
            _sent(user, STATUSES[part], list(Kind), below=LARGEST_ID, most=COUNT_LIMIT + 1)
        )
    counts[Part.SUPPORTED] = _count(_supported_by(user).distinct().limit(COUNT_LIMIT + 1))
    return counts


def _count(some: Select[int]) -> int:
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
