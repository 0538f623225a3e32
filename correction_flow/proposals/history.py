"""The timeline: `record()` writes what happened, once."""

from __future__ import annotations

from typing import Any

from correction_flow.accounts.models import User
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.proposals.lifecycle import Action, Actor, Audience, What, transition
from correction_flow.proposals.models import Event, Person, Proposal, about


def record(
    proposal: Proposal,
    what: Action | What,
    *,
    by: Person | None,
    role: Actor,
    note: str = "",
    details: dict[str, Any] | None = None,
    audience: Audience | None = None,
) -> Event:
    """Write down what was done to the proposal; the event has its id afterwards."""
    event = Event(
        proposal_id=proposal.id,
        **about(proposal.record),
        what=What(what.value),
        at=utcnow(),
        actor_id=by.id if isinstance(by, User) else None,
        actor_role=role,
        audience=audience or _audience(what),
        note=note or None,
        details=details,
    )
    db.session.add(event)
    db.session.flush()
    return event


def _audience(what: Action | What) -> Audience:
    return transition(what).audience if isinstance(what, Action) else Audience.PUBLIC
