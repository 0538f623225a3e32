"""Taking a decision back, by its decider alone, while none of its mails has left (rule 8).

Later it is a revert: a new event, by the inverse.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from correction_flow.accounts.models import User
from correction_flow.core import outbox
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import NotAllowed, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.outbox import MailState, OutgoingMail
from correction_flow.core.settings import setting
from correction_flow.proposals.history import record
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import DECIDED, Action, Outcome, Standing, Status, What
from correction_flow.proposals.models import Change, Event, Proposal
from correction_flow.proposals.operations import (
    accepted_of,
    asked_elsewhere,
    decision_of,
    leave_to_curators,
    lock,
    lock_proposal,
    look_again,
    move,
    require_version,
    restore,
)
from correction_flow.proposals.policy import acting_as, require


def undo(proposal: Proposal, *, by: User, version: int) -> None:
    """Take a decision back, while none of its mails has left (rule 8).

    Status, changes and due date are as before; two events stand in the timeline for the desk.
    What was decided together is taken back together.
    """
    if proposal.status in DECIDED:
        for event in decisions_with(proposal):  # in the order in which everybody locks items
            lock(event.proposal.record)
    lock_proposal(proposal)
    if proposal.status not in DECIDED:
        require(by, Action.UNDO, proposal)
    if proposal.decided_by_id != by.id:
        raise NotAllowed("Only who decided can do this: take the decision back.")
    if not can_undo(proposal, by=by):
        raise WrongStatus(
            "This decision can no longer be taken back: its time is over or a mail has left. "
            "A correction of it is a new request."
        )
    require_version(proposal, version)
    for event in decisions_with(proposal):
        _take_back(event.proposal, by=by)


def _take_back(proposal: Proposal, *, by: User) -> None:
    lock_proposal(proposal)
    accepted = accepted_of(proposal)
    _nothing_in_the_way(proposal, accepted)
    decision = decision_of(proposal)
    outbox.cancel([decision.id])
    for change in proposal.changes:
        if change.outcome is Outcome.DROPPED:
            continue  # by an edit, long before
        change.outcome = change.reason = change.reason_code = change.applied = None
        change.standing = change.because = change.since = None
    proposal.decided_at = proposal.decided_by = proposal.decided_as = None
    move(proposal, Status.SUBMITTED, restart=False)
    db.session.flush()
    restore(proposal, (decision.details or {}).get("replaced", []))
    if accepted:
        rules_of(proposal).take_back(proposal, accepted)
    for change in accepted:
        change.replaced = change.upstream_seen = None
    record(proposal, Action.UNDO, by=by, role=acting_as(by, Action.UNDO, proposal))
    look_again(proposal, utcnow())
    leave_to_curators(proposal.record)  # the decider may be concerned by now


def decisions_with(proposal: Proposal) -> list[Event]:
    """The latest decision of a proposal, and those made together with it."""
    own = decision_of(proposal)
    token = (own.details or {}).get("together")
    if token is None:
        return [own]
    events = db.session.scalars(
        select(Event)
        .join(Proposal, Event.proposal_id == Proposal.id)
        .where(Proposal.batch == proposal.batch, Event.what == What.DECIDE)
        .order_by(Proposal.item_id)
    )
    return [e for e in events if (e.details or {}).get("together") == token]


def _nothing_in_the_way(proposal: Proposal, accepted: Sequence[Change]) -> None:
    """What happened since the decision may rest on it."""
    if any(change.standing is Standing.RETIRED for change in accepted):
        raise WrongStatus(
            "A later decision replaced what was accepted here, so this one can no longer be "
            "taken back. Take that one back first."
        )
    wanted = [(c.target, c.new_key) for c in proposal.changes if c.outcome is not Outcome.DROPPED]
    other = asked_elsewhere(proposal, wanted)
    if other is not None:
        raise WrongStatus(
            f"{other.number} asks for the same by now, so this decision can no longer be taken "
            f"back. Decide {other.number} instead."
        )


def undo_until(proposal: Proposal) -> datetime | None:
    """Until when its decision may be taken back, while no mail has left; None without one."""
    if proposal.decided_at is None or proposal.status not in DECIDED:
        return None
    return proposal.decided_at + timedelta(minutes=setting("UNDO_MINUTES"))


def can_undo(proposal: Proposal, *, by: User) -> bool:
    """Whether this user can still take the decision back."""
    until = undo_until(proposal)
    if proposal.decided_by_id != by.id or until is None or utcnow() >= until:
        return False
    left = select(OutgoingMail.id).where(
        OutgoingMail.event_id.in_([event.id for event in decisions_with(proposal)]),
        OutgoingMail.state.not_in([MailState.WAITING, MailState.CANCELLED]),
    )
    return db.session.scalar(left.limit(1)) is None
