"""What is asked for and came true in another way, with credit to who asked (product.md §4, rules
4 and 6).

A request whose changes are all true by now is superseded; where only some are, these are settled
and the rest stays open. What contradicts a request never closes it: whoever asked is told what
is shown now, and it waits for its decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from correction_flow.core.extensions import db
from correction_flow.core.text import digest, one_line
from correction_flow.proposals import mails
from correction_flow.proposals.history import record
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Action, Actor, Outcome, Standing, What
from correction_flow.proposals.models import Change, Event, Proposal, concerns
from correction_flow.proposals.operations import supersede

PUBLISHER = "the publisher’s own file says so now"


def settle(proposal: Proposal, tell: Callable[[Event], None] | None = None) -> None:
    """Compare an open request with what is shown now, and tell its sender what is new to them.

    Whoever calls has locked its item. `tell` as in `supersede`.
    """
    if not proposal.status.open:
        return
    rules = rules_of(proposal)
    now = {change: rules.current(change) for change in proposal.undecided}
    true = {change: _made_by(change) for change, value in now.items() if value == change.new}
    for change, other in true.items():
        change.reason = f"Already so: {_words(other)}."
    if true and len(true) == len(now):
        first = next((other for other in true.values() if other is not None), None)
        supersede(proposal, _all_true(list(true.values())), by=first, tell=tell)
        return
    moved = _news(proposal, {c: v for c, v in now.items() if c not in true and v != c.old})
    for change in true:
        change.outcome = Outcome.DROPPED
    if true:
        proposal.version += 1
    if true or moved:
        _tell(proposal, list(true), moved)


def _made_by(change: Change) -> Proposal | None:
    """The other proposal whose accepted change made this one true; None: the publisher did."""
    query = (
        select(Change)
        .where(
            concerns(Change, change.proposal.record),
            Change.target == change.target,
            Change.standing.in_([Standing.CARRIED, Standing.ADOPTED]),
        )
        .options(joinedload(Change.proposal, innerjoin=True))
    )
    return next((c.proposal for c in db.session.scalars(query) if c.applied == change.new), None)


def _words(other: Proposal | None) -> str:
    return f"{other.number} was accepted" if other is not None else PUBLISHER


def _all_true(others: Sequence[Proposal | None]) -> str:
    how = " and ".join(dict.fromkeys(_words(other) for other in others))
    return f"What was asked for is so by now: {how}. It was right, and is credited as such."


def _news(proposal: Proposal, moved: Mapping[Change, Any]) -> dict[Change, Any]:
    """The changes whose value is another one than at submission, and than we last told of."""
    told = db.session.scalar(
        select(Event)
        .where(
            Event.proposal_id == proposal.id,
            Event.what == What.COMMENT,
            Event.actor_role == Actor.SYSTEM,
        )
        .order_by(Event.id.desc())
        .limit(1)
    )
    known = (told.details or {}).get("moved", {}) if told is not None else {}
    new = {c: v for c, v in moved.items() if known.get(str(c.id)) != digest(v)}
    return dict(moved) if new else {}


def _moved(change: Change, value: Any) -> str:
    rules = rules_of(change.proposal)
    says = f"this says “{one_line(rules.text(change, value), 300)}” by now"
    if rules.merged(change) != change.new:
        return f"{says}. What you want fits together with that; accepting it keeps both."
    return f"{says}, which is neither the old value nor yours."


def _tell(proposal: Proposal, settled: Sequence[Change], moved: Mapping[Change, Any]) -> None:
    rules = rules_of(proposal)
    lines = [f"{rules.label(change)}: {change.reason}" for change in settled]
    lines += [f"{rules.label(change)}: {_moved(change, value)}" for change, value in moved.items()]
    event = record(
        proposal, Action.COMMENT, by=None, role=Actor.SYSTEM, note="\n".join(lines),
        details={
            "settled": [c.id for c in settled],
            "moved": {str(c.id): digest(value) for c, value in moved.items()},
        },
    )  # fmt: skip
    mails.looked_again(proposal, event)
