"""Taking one accepted change back, long after its decision (product.md §4, rule 8)."""

from __future__ import annotations

from sqlalchemy import select

from correction_flow.accounts.models import User
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Conflict, Invalid, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.proposals import mails
from correction_flow.proposals.history import record
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Action, Standing, Status
from correction_flow.proposals.models import Because, Change, Event, Proposal
from correction_flow.proposals.operations import (
    decision_of,
    lock_proposal,
    move,
    needed,
    require_version,
    restore,
)
from correction_flow.proposals.policy import acting_as, require


def why_not_reverted(change: Change) -> str | None:
    """Why this change cannot be reverted now, with the remedy; None if it can."""
    if change.outcome is None or not change.outcome.took_effect:
        return "It was not accepted."
    if change.standing is Standing.ADOPTED:
        return "The publisher’s own file says this now. To change that, ask for a correction."
    if change.standing is Standing.CONTESTED:
        return "The publisher’s file says something new and is shown; nothing of this is left."
    if change.standing is Standing.RETIRED:
        return (
            "It was reverted already."
            if change.because is Because.REVERTED
            else f"A later decision stands on top of it{_which(change)}. Revert that one first."
        )
    return None


def _which(change: Change) -> str:
    number = db.session.scalar(
        select(Proposal.number)
        .join(Change, Change.proposal_id == Proposal.id)
        .where(
            Change.item_id == change.item_id,
            Change.target == change.target,
            Change.standing.is_not(None),
            Change.standing != Standing.RETIRED,
        )
        .limit(1)
    )
    return f", {number}" if number else ""


def revert(proposal: Proposal, change_id: int, reason: str, *, by: User, version: int) -> Event:
    """What was shown before the change is shown again, and carried corrections under it stand.

    The inverse is three-way: what the publisher says by now is kept, a value that something else
    changed is not touched. Raises NotAllowed, WrongStatus, Conflict, Invalid.
    """
    lock_proposal(proposal)
    require(by, Action.REVERT, proposal)
    require_version(proposal, version)
    reason = needed("reason", reason, "Give the reason; everybody concerned will read it.")
    change = next((c for c in proposal.changes if c.id == change_id), None)
    if change is None:
        raise Invalid({"change": "Choose the change to revert."})
    problem = why_not_reverted(change)
    if problem is not None:
        raise WrongStatus(problem)
    rules = rules_of(proposal)
    if rules.current(change) != change.applied:
        raise Conflict(
            f"“{rules.label(change)}” says something else by now, so there is nothing to revert."
        )
    authors = mails.authors(proposal)  # before a claim takes a name away from one of them
    change.standing, change.because, change.since = Standing.RETIRED, Because.REVERTED, utcnow()
    db.session.flush()
    replaced = (decision_of(proposal).details or {}).get("replaced", [])
    restore(
        proposal,
        [w for w in replaced if db.session.get_one(Change, w["change"]).target == change.target],
    )
    rules.take_back(proposal, [change])
    stands = any(c.standing and c.standing is not Standing.RETIRED for c in proposal.changes)
    move(proposal, Status.APPROVED if stands else Status.REVERTED)
    event = record(
        proposal, Action.REVERT, by=by, role=acting_as(by, Action.REVERT, proposal), note=reason,
        details={"reverted": [change.id]},
    )  # fmt: skip
    mails.reverted(proposal, event, change, authors)
    return event
