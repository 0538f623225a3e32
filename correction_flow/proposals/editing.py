"""What people do to an open proposal beside deciding it: edit, support, comment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from correction_flow.accounts.models import User
from correction_flow.core.errors import Conflict, Invalid, NotAllowed
from correction_flow.core.extensions import db
from correction_flow.core.text import digest
from correction_flow.proposals import mails
from correction_flow.proposals.history import record
from correction_flow.proposals.lifecycle import Action, Actor, Audience, Status
from correction_flow.proposals.models import Change, Event, Person, Proposal, about
from correction_flow.proposals.operations import (
    MAX_CHANGES,
    Wanted,
    add_supporter,
    asked_elsewhere,
    first_supporter,
    leave_to_curators,
    let_go,
    lock_proposal,
    move,
    needed,
    outside_text,
    require_there,
    require_version,
)
from correction_flow.proposals.policy import DESK_PARTS, acting_as, parts_of, require


def edit(
    proposal: Proposal,
    wanted: Sequence[Wanted],
    *,
    by: Person,
    version: int,
    reason: str,
    evidence_url: str | None = None,
) -> Event:
    """The proposer asks for other values: a new revision; an open question is over with it.

    `wanted`: everything that is asked for from now on. What others support and is no longer
    wanted becomes a request of theirs. Raises NotAllowed, WrongStatus, Conflict, Invalid.
    """
    lock_proposal(proposal)
    require(by, Action.EDIT, proposal)
    require_version(proposal, version)
    require_there(proposal.record)
    reason = outside_text("reason", reason)
    if not wanted:
        raise Invalid(
            {"": "Nothing is left of this request. Change a value, or withdraw the request."}
        )
    if len(wanted) > MAX_CHANGES:
        raise Invalid({"": f"These are {len(wanted)} changes. Send at most {MAX_CHANGES} at once."})
    keys = {(w.target, digest(w.new)) for w in wanted}
    if keys == {(c.target, c.new_key) for c in proposal.undecided} and (
        (reason, evidence_url) == (proposal.reason, proposal.evidence_url)
    ):
        raise Invalid({"": "Nothing is changed yet. Change a value, then send the request."})
    other = asked_elsewhere(proposal, list(keys))
    if other is not None:
        raise Conflict(
            f"{other.number} asks for exactly this already. Leave that value out here, or withdraw "
            "your request and send it as a new one: you then support the other."
        )
    before = _as_asked(proposal)
    _replace(proposal, wanted, keys)
    proposal.reason, proposal.evidence_url = reason, evidence_url
    proposal.revision += 1
    proposal.send_key = None  # what was sent first is asked for no more
    move(proposal, Status.SUBMITTED)
    event = record(
        proposal, Action.EDIT, by=by, role=Actor.PROPOSER,
        details={"revision": proposal.revision, "before": before, "after": _as_asked(proposal)},
    )  # fmt: skip
    mails.edited(proposal, event)
    leave_to_curators(proposal.record)
    return event


def _as_asked(proposal: Proposal) -> list[dict[str, Any]]:
    return [{"target": c.target, "new": c.new} for c in proposal.undecided]


def _replace(proposal: Proposal, wanted: Sequence[Wanted], keys: set[tuple[str, str]]) -> None:
    """Keep what is asked for as before, put the rest in the place of what no longer is."""
    kept = {c.target: c for c in proposal.undecided if (c.target, c.new_key) in keys}
    others = {c.target: c for c in proposal.undecided if (c.target, c.new_key) not in keys}
    targets = {w.target for w in wanted}
    gone = [c for t, c in others.items() if t not in targets or first_supporter([c]) is not None]
    let_go(proposal, gone)
    revised = {c.target: c for c in others.values() if c not in gone}
    for one in wanted:
        change = kept.get(one.target) or revised.get(one.target)
        if change is None:
            change = Change(**about(proposal.record), target=one.target)
            proposal.changes.append(change)
        change.old, change.new, change.new_key = one.old, one.new, digest(one.new)
        change.low_risk = one.low_risk
    db.session.flush()


def support(proposal: Proposal, *, by: User) -> None:
    """An author of the item needs all of this too. Twice is once."""
    lock_proposal(proposal)
    if proposal.proposer_id == by.id:
        raise NotAllowed("You sent this request yourself.")
    require(by, Action.SUPPORT, proposal)
    added = [change for change in proposal.undecided if add_supporter(change, by)]
    if not added:
        return
    record(proposal, Action.SUPPORT, by=by, role=Actor.SUPPORTER)
    leave_to_curators(proposal.record)


def comment(proposal: Proposal, text: str, *, by: Person, desk_only: bool = False) -> Event:
    """A word to everybody concerned, or, by those at the desk, to the desk alone."""
    lock_proposal(proposal)
    require(by, Action.COMMENT, proposal)
    text = needed("comment", text, "Write your comment.")
    if desk_only and not parts_of(by, proposal) & DESK_PARTS:
        raise NotAllowed("Only those who decide write notes for the desk.")
    event = record(
        proposal, Action.COMMENT, by=by, role=acting_as(by, Action.COMMENT, proposal), note=text,
        audience=Audience.DESK if desk_only else Audience.PARTIES,
    )  # fmt: skip
    mails.commented(proposal, event)
    return event
