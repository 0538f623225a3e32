"""Where the maintainer stays silent: a curator announces to decide, the maintainer may object.

Only low-risk changes, only after a long silence, and only when the maintainer had time to object
(product.md §5). Who may decide then is `policy`'s.
"""

from __future__ import annotations

from datetime import datetime

from correction_flow.accounts.models import User
from correction_flow.catalog.queries import attended
from correction_flow.core.clock import utcnow, working_days_later
from correction_flow.core.errors import WrongStatus
from correction_flow.core.settings import setting
from correction_flow.proposals import mails
from correction_flow.proposals.history import record
from correction_flow.proposals.lifecycle import Action, Actor, Status, What
from correction_flow.proposals.models import Event, Proposal
from correction_flow.proposals.operations import lock_proposal, needed, require_version, set_clock
from correction_flow.proposals.policy import curators_turn_at, low_risk, require
from correction_flow.proposals.queries import latest_event


def announce(proposal: Proposal, *, by: User, version: int) -> Event:
    """Say that a curator will decide this, unless the maintainer objects in time."""
    lock_proposal(proposal)
    require(by, Action.ANNOUNCE, proposal)
    why_not = why_not_announced(proposal)
    if why_not is not None:
        raise WrongStatus(why_not)
    require_version(proposal, version)
    proposal.announced_at = utcnow()
    turn = curators_turn_at(proposal)
    event = record(
        proposal, Action.ANNOUNCE, by=by, role=Actor.CURATOR,
        details={"from": turn.isoformat() if turn else None},
    )  # fmt: skip
    set_clock(proposal)
    mails.announced(proposal, event, turn)
    return event


def object_to(proposal: Proposal, reason: str, *, by: User, version: int) -> Event:
    """The maintainer keeps the case: the announcement is over. Its clock goes on as before."""
    lock_proposal(proposal)
    require(by, Action.OBJECT, proposal)
    if proposal.announced_at is None:
        raise WrongStatus("No curator has announced to decide this, so there is nothing to object.")
    require_version(proposal, version)
    reason = needed("objection", reason, "Say why; the proposer and the curators will read it.")
    proposal.announced_at = None
    event = record(proposal, Action.OBJECT, by=by, role=Actor.DECIDER, note=reason)
    mails.objected(proposal, event)
    return event


def why_not_announced(proposal: Proposal) -> str | None:
    """Why no curator can announce a decision now; None if one can."""
    if proposal.announced_at is not None:
        return "A curator has announced to decide this already."
    if not low_risk(proposal):
        return "Curators decide only low-risk changes in the maintainer’s place."
    at = announced_from(proposal)
    if at is None or at > utcnow():
        return "It has not waited long enough for a curator to announce a decision."
    return None


def announced_from(proposal: Proposal) -> datetime | None:
    """From when a curator may announce a decision; None where there is nothing to announce.

    So many working days of silence, or as many after it came to the curators early as lie between
    the two anyway. An objection breaks the silence: then they are counted from it.
    """
    since = proposal.waiting_since
    if proposal.status is not Status.SUBMITTED or since is None or not attended(proposal.desk):
        return None
    days, told = setting("ANNOUNCE_WORKING_DAYS"), setting("ESCALATE_WORKING_DAYS")
    at = working_days_later(since, days)
    if proposal.escalated_at is not None:
        at = min(at, working_days_later(proposal.escalated_at, days - told))
    objection = latest_event(proposal, What.OBJECT)
    return at if objection is None else max(at, working_days_later(objection.at, days))
