"""New proposals that follow closed ones: an appeal, and what expired sent again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Invalid, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.settings import setting
from correction_flow.proposals import mails
from correction_flow.proposals.history import record
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import DECIDED, Action, Actor, Kind, Outcome
from correction_flow.proposals.models import Change, Person, Proposal
from correction_flow.proposals.operations import (
    Submitted,
    Wanted,
    already_asked,
    leave_to_curators,
    lock_proposal,
    lock_visitor,
    make_proposal,
    needed,
    outside_text,
    require_there,
)
from correction_flow.proposals.policy import require


def follower_of(proposal: Proposal) -> Proposal | None:
    """The appeal against a closed proposal, or what it was sent again as.

    What an edit passed on to a supporter follows it too, but was made while it was open.
    """
    if proposal.closed_at is None:
        return None
    return db.session.scalar(
        select(Proposal)
        .where(
            Proposal.follows_id == proposal.id,
            or_(_same_sender(proposal), Proposal.erased),
            Proposal.created_at >= proposal.closed_at,
        )
        .order_by(Proposal.id)
        .limit(1)
    )


def _same_sender(proposal: Proposal) -> ColumnElement[bool]:
    return and_(
        Proposal.proposer_id == proposal.proposer_id,
        Proposal.visitor_address == proposal.visitor_address,
    )


def is_appeal(proposal: Proposal) -> bool:
    """Whether it asks again for what was declined."""
    return proposal.appeals_against is not None


def why_no_appeal(proposal: Proposal) -> str | None:
    """Why nobody can appeal now; None if its proposer can (product.md §4: once, 60 days)."""
    if proposal.status not in DECIDED or not declined(proposal):
        return "Only declined changes can be appealed."
    if is_appeal(proposal):
        return "This was an appeal already; there is only one."
    days = setting("APPEAL_DAYS")
    if proposal.decided_at is None or utcnow() > proposal.decided_at + timedelta(days=days):
        return f"An appeal is possible within {days} days of the decision. Send a new request."
    return None


def declined(proposal: Proposal) -> list[Change]:
    """The changes that were declined."""
    return [c for c in proposal.changes if c.outcome is Outcome.DECLINED]


def appeal(
    proposal: Proposal, change_ids: Collection[int], reason: str, *, by: Person,
    evidence_url: str | None = None,
) -> Submitted:  # fmt: skip
    """Ask once more for declined changes; somebody else decides.

    The same appeal twice is led to the first. Raises NotAllowed, WrongStatus, Invalid.
    """
    lock_visitor(by)
    lock_proposal(proposal)
    require(by, Action.APPEAL, proposal)
    before = follower_of(proposal)
    if before is not None:
        return Submitted(before, again=True)
    problem = why_no_appeal(proposal)
    if problem is not None:
        raise WrongStatus(problem)
    reason = needed("reason", reason, "Say why the decision should be looked at again.")
    chosen = [c for c in declined(proposal) if c.id in change_ids]
    if not chosen:
        raise Invalid({"changes": "Choose at least one of the declined changes."})
    return _follow(proposal, chosen, Action.APPEAL, by=by, reason=reason, evidence_url=evidence_url)


def send_again(proposal: Proposal, *, by: Person, reason: str = "") -> Submitted:
    """What expired is asked for once more, as a new proposal; twice is once."""
    lock_visitor(by)
    lock_proposal(proposal)
    require(by, Action.SEND_AGAIN, proposal)
    before = follower_of(proposal)
    if before is not None:
        return Submitted(before, again=True)
    chosen = [c for c in proposal.changes if c.outcome is Outcome.DROPPED]
    return _follow(
        proposal, chosen, Action.SEND_AGAIN, by=by,
        reason=outside_text("reason", reason) or proposal.reason,
        evidence_url=proposal.evidence_url,
    )  # fmt: skip


def _follow(
    proposal: Proposal,
    changes: Sequence[Change],
    action: Action,
    *,
    by: Person,
    reason: str,
    evidence_url: str | None,
) -> Submitted:
    """Make the new proposal on what is shown now; what came true meanwhile is left out.

    A visitor's is confirmed already: the link they came by proves the address.
    """
    require_there(proposal.record)
    rules = rules_of(proposal)
    now = [(change, rules.current(change)) for change in changes]
    wanted = [
        Wanted(change.target, current, change.new, low_risk=change.low_risk)
        for change, current in now
        if current != change.new
    ]
    if not wanted:
        raise WrongStatus("The record says so by now; there is nothing left to ask for.")
    fresh, supported = already_asked(proposal.record, wanted, by=by)
    if not fresh:
        leave_to_curators(proposal.record)
        return Submitted(None, supported)
    dispute = proposal.kind is Kind.AUTHORSHIP and any(w.old for w in fresh)
    new = make_proposal(
        proposal.kind, proposal.record, fresh, by=by, reason=reason, evidence_url=evidence_url,
        dispute=dispute,
    )  # fmt: skip
    new.follows = proposal
    record(
        proposal, action, by=by, role=Actor.PROPOSER, note=reason, details={"new": new.number}
    )  # fmt: skip
    event = record(
        new, Action.SUBMIT, by=by, role=Actor.PROPOSER, note=reason,
        details={"follows": proposal.number},
    )  # fmt: skip
    mails.receipt(new, event)
    mails.notice(new, event)
    rules.sent([new])
    leave_to_curators(new.record)
    return Submitted(new, supported)
