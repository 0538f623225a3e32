"""What the clock does to open proposals: reminders, escalation, the end of what nobody answers;
before each of these it looks whether what is asked for is true by now (`settling`).

The moment stands in `Proposal.clock_at`; the worker asks for what is due. Whoever calls
`act_when_due` opens the transaction, one for each proposal.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select, update

from correction_flow.catalog.queries import attended
from correction_flow.core import outbox
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.proposals import mails
from correction_flow.proposals.escalation import announced_from
from correction_flow.proposals.history import record
from correction_flow.proposals.lifecycle import Action, Actor, Outcome, Status
from correction_flow.proposals.models import Proposal
from correction_flow.proposals.operations import lock_proposal, move, set_clock, times
from correction_flow.proposals.policy import curators_turn_at
from correction_flow.proposals.queries import waiting_since_that_day
from correction_flow.proposals.schedule import Step, step_due
from correction_flow.proposals.settling import settle

NOBODY_REACHED = "No mail reaches the maintainer: every address of theirs refuses it."


def due(limit: int = 100) -> list[int]:
    """The ids of proposals whose moment has come, the earliest first."""
    query = select(Proposal.id).where(Proposal.clock_at <= utcnow())
    return list(db.session.scalars(query.order_by(Proposal.clock_at, Proposal.id).limit(limit)))


def act_when_due(proposal_id: int) -> Step | None:
    """Do what is due now, and set the clock to what comes next. Twice is once."""
    proposal = db.session.get(Proposal, proposal_id)
    if proposal is None:
        return None
    lock_proposal(proposal)
    now = utcnow()
    if proposal.clock_at is None or proposal.clock_at > now:
        return None  # another worker was here
    set_for, proposal.clock_at = proposal.clock_at, None
    settle(proposal)
    since = proposal.waiting_since or proposal.created_at
    step = step_due(proposal.status, since, times(), set_for=set_for, now=now)
    if step in (None, Step.OVERDUE) and _nobody_reached(proposal):
        step = Step.ESCALATE
    turn = curators_turn_at(proposal)
    if turn is not None and set_for <= turn <= now:
        mails.curators_turn(proposal)
    if step is Step.REMIND:
        mails.reminder(proposal)
    elif step is Step.OVERDUE or (step is Step.ESCALATE and not attended(proposal.desk)):
        others = _told_with(proposal)
        if others is not None:
            mails.overdue(proposal, others)
    elif step is Step.ESCALATE:
        _escalate(proposal)
    elif step is Step.EXPIRE:
        expire(proposal)
    set_clock(proposal)
    return step


def put_off(proposal_id: int) -> None:
    """Something went wrong with this one: look again in an hour."""
    proposal = db.session.get(Proposal, proposal_id)
    if proposal is not None and proposal.clock_at is not None:
        proposal.clock_at = utcnow() + timedelta(hours=1)


def _escalate(proposal: Proposal) -> None:
    """Nobody decides: it lies in the curators' queue too, and the maintainer is warned."""
    note = NOBODY_REACHED if _nobody_reached(proposal) else ""
    others = [] if note else _told_with(proposal)
    proposal.escalated_at = proposal.escalated_at or utcnow()
    event = record(proposal, Action.ESCALATE, by=None, role=Actor.SYSTEM, note=note)
    if others is not None:
        mails.escalated(proposal, event, announced_from(proposal), others)


def _told_with(proposal: Proposal) -> list[Proposal] | None:
    """What of its batch one mail about it tells of too; None where it is told of with another."""
    first, *others = waiting_since_that_day(proposal)
    return others if first is proposal else None


def _nobody_reached(proposal: Proposal) -> bool:
    """Whether it newly turns out that no mail reaches the maintainers it waits for."""
    waits = proposal.status is Status.SUBMITTED and proposal.escalated_at is None
    return waits and attended(proposal.desk) and mails.unreachable(proposal)


def look_soon(thread: str) -> None:
    """A mail about this request, and what was sent with it, was given up: perhaps nobody at the
    desk can be reached."""
    now = utcnow()
    batch = select(Proposal.batch).where(Proposal.number == thread).scalar_subquery()
    db.session.execute(
        update(Proposal)
        .where(
            or_(Proposal.number == thread, Proposal.batch == batch),
            Proposal.status == Status.SUBMITTED,
            Proposal.escalated_at.is_(None),
            Proposal.clock_at > now,
        )
        .values(clock_at=now)
        .execution_options(synchronize_session=False)
    )


outbox.when_given_up(look_soon)


def expire(proposal: Proposal) -> None:
    """Nobody answered: the request ends; its sender can send it again."""
    for change in proposal.undecided:
        change.outcome = Outcome.DROPPED
    move(proposal, Status.EXPIRED)
    event = record(proposal, Action.EXPIRE, by=None, role=Actor.SYSTEM)
    mails.expired(proposal, event)
