"""Taking one accepted change back, long after its decision (product.md §4, rule 8).

The inverse is three-way. What stood beneath the top layer stands again, judged by what the
publisher says now. A layer further down is taken out of those above it, where they fit together:
each of them then says what it would have said had this one never been.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from correction_flow.accounts.models import User
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Conflict, Invalid, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.text import one_line
from correction_flow.proposals import mails
from correction_flow.proposals.history import record
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Action, Actor, Standing, Status
from correction_flow.proposals.models import Because, Change, Event, Proposal, concerns
from correction_flow.proposals.operations import (
    lock_proposal,
    look_again,
    move,
    needed,
    replaced_by,
    require_version,
    restore,
)
from correction_flow.proposals.policy import acting_as, require

_STANDS = (Standing.CARRIED, Standing.ADOPTED, Standing.CONTESTED)
_NOT_OURS = {
    Standing.ADOPTED: "The publisher’s own file says this now. To change that, ask for a "
    "correction.",
    Standing.CONTESTED: "The publisher’s file says something new and is shown; nothing of this "
    "is left.",
}
_NOTHING_LEFT = "Nothing of this is left in what is shown."


def why_not_reverted(change: Change) -> str | None:
    """Why this change cannot be reverted now, with the remedy; None if it can."""
    if change.outcome is None or not change.outcome.took_effect:
        return "It was not accepted."
    if change.reverted:
        return "It was reverted already."
    above = _above(change)
    top = above[0] if above else change
    if top.standing in _NOT_OURS:
        return _NOT_OURS[top.standing]
    if top.standing is not Standing.CARRIED:
        return "A later decision stands on top of it. Revert that one first."
    try:
        _taken_out(change, above)
    except WrongStatus as error:
        return str(error)
    return None


def _above(change: Change) -> list[Change]:
    """The later changes of the same value that cover this one, from what stands down to it; those
    that were reverted are none. Empty where it stands itself."""
    if change.standing in _STANDS:
        return []
    above = []
    on_top = select(Change).where(
        concerns(Change, change.proposal.record),
        Change.target == change.target,
        Change.standing.in_(_STANDS),
    )
    layer = db.session.scalar(on_top.limit(1))
    while layer is not None and layer is not change:
        if not layer.reverted:
            above.append(layer)
        beneath = replaced_by(layer)
        layer = db.session.get_one(Change, beneath[0]["change"]) if beneath else None
    return above


def _taken_out(change: Change, above: list[Change]) -> dict[Change, tuple[Any, Any]]:
    """What the changes above replaced and applied, as if this one had never been.

    Raises WrongStatus where a later one changed the same, where nothing of this is left, and
    where the publisher says by now what it brought.
    """
    if not above:
        return {}
    rules = rules_of(change.proposal)
    shown = rules.current(change)
    try:
        left = {one: tuple(rules.without(change, v) for v in (one.replaced, one.applied))
                for one in above}  # fmt: skip
    except Conflict:
        raise WrongStatus(_three_values(change, above)) from None
    if left[above[0]][1] == shown:
        raise WrongStatus(_NOTHING_LEFT)
    says = rules.published(change)
    try:
        ours = rules.without(change, says) == says
    except Conflict:
        ours = True
    if not ours:
        raise WrongStatus(_NOT_OURS[Standing.ADOPTED])
    return {one: (replaced, applied) for one, (replaced, applied) in left.items()}


def _three_values(change: Change, above: list[Change]) -> str:
    rules = rules_of(change.proposal)
    before, then, now = (
        f"“{one_line(rules.text(change, value), 120)}”"
        for value in (change.replaced, change.applied, rules.current(change))
    )
    number = above[0].proposal.number
    return (
        f"A later decision, {number}, changed the same: {before} became {then} by this change, "
        f"and {now} is shown now. Revert {number} first, or ask for a correction."
    )


def revert(proposal: Proposal, change_id: int, reason: str, *, by: User, version: int) -> Event:
    """What was shown before the change is shown again; what was decided later is kept.

    Raises NotAllowed, WrongStatus, Conflict, Invalid.
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
    above = _above(change)
    if not above and rules.current(change) != change.applied:
        raise Conflict(
            f"“{rules.label(change)}” says something else by now, so there is nothing to revert."
        )
    authors = mails.authors(proposal)  # before a claim takes a name away from one of them
    rewritten = _rewrite(change, above)
    change.standing, change.because, change.since = Standing.RETIRED, Because.REVERTED, utcnow()
    db.session.flush()
    if not above:
        restore(proposal, replaced_by(change))
    rules.take_back(proposal, [change])
    stands = any(c.standing is not None and not c.reverted for c in proposal.changes)
    move(proposal, Status.APPROVED if stands else Status.REVERTED)
    role = acting_as(by, Action.REVERT, proposal)
    event = record(
        proposal, Action.REVERT, by=by, role=role, note=reason,
        details={"reverted": [change.id], **({"rewritten": rewritten} if rewritten else {})},
    )  # fmt: skip
    mails.reverted(proposal, event, change, authors)
    for one in above:
        _tell_it_is_kept(one, change, by=by, role=role)
    look_again(proposal, utcnow())
    return event


def _rewrite(change: Change, above: list[Change]) -> list[dict[str, Any]]:
    """Take the change out of those above it; what they applied before is returned.

    The new value of the topmost is tried out as a decision's is (rule 3).
    """
    left = _taken_out(change, above)
    if not left:
        return []
    rules = rules_of(change.proposal)
    top = above[0]
    try:
        rules.try_out(top.proposal, {top: left[top][1]})
    except Invalid as error:
        raise WrongStatus(f"Without this change the rest cannot be published: {error}") from None
    was = [{"change": one.id, "applied": one.applied} for one in above]
    for one, (replaced, applied) in left.items():
        one.replaced, one.applied = replaced, applied
        one.proposal.version += 1
    rules.judge_again(top)
    return was


def _tell_it_is_kept(one: Change, reverted: Change, *, by: User, role: Actor) -> None:
    """Whoever asked for a change above learns that the ground under it has changed."""
    label = rules_of(one.proposal).label(one)
    event = record(
        one.proposal, Action.COMMENT, by=by, role=role,
        note=f"{reverted.proposal.number}, which had changed “{label}” before, was reverted. What "
        "was accepted here is kept.",
    )  # fmt: skip
    mails.commented(one.proposal, event)
