"""What everybody may read of an item's proposals: what was accepted, when and in which role.

Never names, never what was declined, never a decision that was taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, bindparam, select, text
from sqlalchemy.orm import joinedload

from correction_flow.catalog.models import Item
from correction_flow.catalog.revisions import Revision
from correction_flow.core.extensions import db
from correction_flow.core.paging import PAGE_SIZE, Page, cursor, read_cursor
from correction_flow.proposals.lifecycle import Actor, Kind, Standing, Status, What
from correction_flow.proposals.models import Because, Change, Event, Proposal
from correction_flow.proposals.queries import MOST_UNDECIDED, decision_stands

_ACTS = (What.DECIDE, What.UNDO, What.REVERT)
SHOWN = 20
"""Decisions that an item's page names."""


class Accepted(NamedTuple):
    """A change that was accepted, for a list; `own`: by who sent it, the only maintainer there."""

    proposal_id: int
    kind: Kind
    at: datetime
    role: Actor
    own: bool
    target: str
    standing: Standing
    because: Because | None


def accepted_changes(item: Item) -> list[Accepted]:
    """What was accepted in the latest decisions about an item, the latest first."""
    rows = db.session.execute(_accepted(), {"item": item.id, "n": SHOWN})
    return [Accepted._make(row) for row in rows]


@cache
def _accepted() -> Select[Any]:
    """Rows of the tables: pages read no objects. Ids first, joins after."""
    of, changes = Proposal.__table__.c, Change.__table__.c
    latest = (
        select(of.id)
        .where(
            of.item_id == bindparam("item", type_=Integer),
            of.status.in_([Status.APPROVED, Status.REVERTED]),
        )
        .order_by(of.id.desc())
        .limit(bindparam("n", type_=Integer))
        .subquery("latest")
    )
    own = (of.decided_by_id == of.proposer_id).is_(True)
    return (
        select(
            of.id, of.kind, of.decided_at, of.decided_as, own, changes.target, changes.standing,
            changes.because,
        )
        .join_from(latest, Proposal.__table__, of.id == latest.c.id)
        .join(Change.__table__, changes.proposal_id == of.id)
        .where(changes.standing.is_not(None))
        .order_by(of.id.desc(), changes.id)
    )  # fmt: skip


class Waiting(NamedTuple):
    """A change that waits for a decision, for a list."""

    proposal_id: int
    kind: Kind
    target: str


def waiting_changes(item: Item) -> list[Waiting]:
    """What of an item waits for a decision; no more than MOST_UNDECIDED."""
    rows = db.session.execute(_waiting(), {"item": item.id, "n": MOST_UNDECIDED})
    return [Waiting._make(row) for row in rows]


@cache
def _waiting() -> Select[Any]:
    of, changes = Proposal.__table__.c, Change.__table__.c
    return (
        select(of.id, of.kind, changes.target)
        .join_from(Change.__table__, Proposal.__table__, of.id == changes.proposal_id)
        .where(changes.item_id == bindparam("item", type_=Integer), text("outcome IS NULL"))
        .order_by(changes.id)
        .limit(bindparam("n", type_=Integer))
    )


MOST_ACTS = 500


def corrections_page(item: Item, after: str | None = None) -> Page[Event]:
    """The public events of what was accepted, newest first."""
    query = (
        select(Event)
        .join(Event.proposal)
        .where(
            Event.item_id == item.id,
            text("events.audience = 'public'"),
            Proposal.status.in_([Status.APPROVED, Status.REVERTED]),
            decision_stands(),
        )
        .order_by(Event.id.desc())
        .limit(PAGE_SIZE + 1)
        .options(joinedload(Event.proposal, innerjoin=True))
    )
    last = read_cursor(after, 1)
    if last is not None and isinstance(last[0], int):
        query = query.where(Event.id < last[0])
    rows = list(db.session.scalars(query))
    shown = rows[:PAGE_SIZE]
    return Page(shown, older=cursor(shown[-1].id) if len(rows) > PAGE_SIZE else None)


def acts_of(proposal_ids: Collection[int]) -> list[Event]:
    """What made revisions: the decisions of these proposals and what took them back, in order."""
    if not proposal_ids:
        return []
    return list(
        db.session.scalars(
            select(Event)
            .where(Event.proposal_id.in_(proposal_ids), Event.what.in_(_ACTS))
            .order_by(Event.id)
            .limit(MOST_ACTS)
            .options(joinedload(Event.proposal, innerjoin=True).lazyload(Proposal.changes))
        )
    )


def act_behind(revision: Revision, acts: Sequence[Event]) -> Event | None:
    """The decision that made a revision: the first of its proposal that is not older."""
    mine = (e for e in acts if e.proposal_id == revision.proposal_id and e.at >= revision.at)
    return next(mine, None)


def was_taken_back(act: Event | None, acts: Sequence[Event]) -> bool:
    """Whether an act is a decision that was taken back, or the taking back itself.

    Of neither does the public read: the values are those of an open request again.
    """
    if act is None:
        return False
    after = (e for e in acts if e.proposal_id == act.proposal_id and e.id > act.id)
    return act.what is What.UNDO or (
        act.what is What.DECIDE and any(e.what is What.UNDO for e in after)
    )
