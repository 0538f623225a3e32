"""Who may do what, and when: readable aloud.

`sees` decides between the page and a 404; `may` asks, `require` insists. A proposal's status is
checked here too, so that a button and the act behind it follow the same rule.
"""

from __future__ import annotations

from datetime import datetime

from correction_flow.accounts.models import User
from correction_flow.accounts.queries import verified_keys
from correction_flow.catalog.models import Record
from correction_flow.catalog.queries import attended, has_authored, sits_at
from correction_flow.core.clock import utcnow, working_days_later
from correction_flow.core.errors import NotAllowed, WrongStatus
from correction_flow.core.settings import setting
from correction_flow.proposals.lifecycle import (
    STATUS_WORDS,
    Action,
    Actor,
    Audience,
    Status,
    possible,
    transition,
)
from correction_flow.proposals.models import Person, Proposal, Visitor
from correction_flow.proposals.queries import claims_authorship, lone_maintainer, supports

DESK_PARTS = frozenset({Actor.DECIDER, Actor.CURATOR})
ANNOUNCED = frozenset({Action.DECIDE, Action.REJECT})
"""What a curator may do in the maintainer's place, once it was announced."""


def parts_of(user: Person, proposal: Proposal) -> set[Actor]:
    """In which parts this person can act on the proposal; empty for strangers.

    To an unconfirmed one nobody is a party: only the mailed link leads to it.
    """
    if proposal.status is Status.UNCONFIRMED:
        return set()
    if isinstance(user, Visitor):
        return {Actor.PROPOSER} if proposal.visitor_address == user.address else set()
    parts = set()
    if proposal.proposer_id == user.id:
        parts.add(Actor.PROPOSER)
    if sits_at(user, proposal.desk):
        parts.add(Actor.DECIDER)
    if user.is_curator:
        parts.add(Actor.CURATOR)
    if supports(user, proposal):
        parts.add(Actor.SUPPORTER)
    if has_authored(user, proposal.record):
        parts.add(Actor.AUTHOR)
    return parts


def sees(user: Person, proposal: Proposal) -> bool:
    """Whether the user is a party; everybody else gets a 404."""
    return bool(parts_of(user, proposal))


def audiences(parts: set[Actor]) -> list[Audience]:
    """What somebody in these parts may read of the timeline."""
    if parts & DESK_PARTS:
        return [Audience.PUBLIC, Audience.PARTIES, Audience.DESK]
    return [Audience.PUBLIC, Audience.PARTIES] if parts else [Audience.PUBLIC]


def involved(user: User, item: Record, proposal: Proposal) -> bool:
    """Whether the user would decide in their own cause (product.md §2)."""
    return (
        proposal.proposer_id == user.id
        or _sent_without_account(user, proposal)
        or supports(user, proposal)
        or has_authored(user, item)
        or claims_authorship(user, item)
    )


def appealed_against(user: User, proposal: Proposal) -> bool:
    """Whether this is an appeal against what the user decided: somebody else decides it."""
    before = proposal.appeals_against
    return before is not None and before.decided_by_id == user.id


def _sent_without_account(user: User, proposal: Proposal) -> bool:
    """Whether a visitor with an address of this user sent it."""
    return proposal.visitor_address is not None and proposal.visitor_address in verified_keys(user)


def settles_own(user: User, proposal: Proposal) -> bool:
    """The one exception: the only maintainer of a series settles low-risk changes there."""
    if proposal.proposer_id != user.id or not all(c.low_risk for c in proposal.changes):
        return False
    alone = lone_maintainer(proposal.desk)
    return alone is not None and alone.id == user.id


def why_not(
    user: Person, action: Action, proposal: Proposal, parts: set[Actor] | None = None
) -> str | None:
    """The sentence that forbids this user the action, whatever the status; None if they may.

    `parts`: those of this user, where a page has asked for them already.
    """
    rule = transition(action)
    parts = parts_of(user, proposal) if parts is None else parts
    at_desk = rule.who == DESK_PARTS or (rule.who <= DESK_PARTS and parts & rule.who)
    if at_desk and isinstance(user, User):
        return _why_not_at_the_desk(user, action, parts, proposal)
    if not parts & rule.who:
        return f"Only the {_joined(rule.who)} can do this: {rule.button.lower()}."
    return None


def _why_not_at_the_desk(
    user: User, action: Action, parts: set[Actor], proposal: Proposal
) -> str | None:
    here = parts & transition(action).who
    if not here - {Actor.CURATOR} and not (here and _curators_act(action, proposal)):
        return (
            f"Only the maintainer of this {proposal.place.noun} decides here; "
            "curators do where there is none."
        )
    if involved(user, proposal.record, proposal) and not settles_own(user, proposal):
        return (
            "Nobody decides in their own cause: you sent or support this, "
            "or you are an author of the item."
        )
    if appealed_against(user, proposal):
        return "This is an appeal against your own decision; somebody else decides it."
    return None


def _curators_act(action: Action, proposal: Proposal) -> bool:
    """Where there is no maintainer, or one who stays silent about an announcement."""
    if action is Action.ANNOUNCE or not attended(proposal.desk):
        return True
    turn = curators_turn_at(proposal)
    late = turn is not None and turn <= utcnow()
    return action in ANNOUNCED and late and low_risk(proposal)


def curators_turn_at(proposal: Proposal) -> datetime | None:
    """From when a curator may decide in the maintainer's place; None if nobody announced it."""
    if proposal.announced_at is None or proposal.status is not Status.SUBMITTED:
        return None
    return working_days_later(proposal.announced_at, setting("OBJECT_WORKING_DAYS"))


def low_risk(proposal: Proposal) -> bool:
    """Whether everything that is still asked for is small (product.md §2)."""
    return bool(proposal.undecided) and all(c.low_risk for c in proposal.undecided)


def _joined(actors: frozenset[Actor]) -> str:
    names = sorted(a.value for a in actors)
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]


def may(user: Person, action: Action, proposal: Proposal, parts: set[Actor] | None = None) -> bool:
    """Whether this user can do this now; buttons are shown by it. `parts` as in `why_not`."""
    return possible(action, proposal.status) and why_not(user, action, proposal, parts) is None


def require(user: Person, action: Action, proposal: Proposal) -> None:
    """Raises NotAllowed (403) with the reason, or WrongStatus (409)."""
    reason = why_not(user, action, proposal)
    if reason is not None:
        raise NotAllowed(reason)
    if not possible(action, proposal.status):
        words = STATUS_WORDS[proposal.status]
        raise WrongStatus(
            f"{proposal.number} is “{words.label.lower()}” now, so this can no longer be done: "
            f"{transition(action).button.lower()}."
        )


def acting_as(user: Person, action: Action, proposal: Proposal) -> Actor:
    """The part in which the user does this, for the timeline."""
    who = transition(action).who
    parts = parts_of(user, proposal)
    for actor in (Actor.DECIDER, Actor.CURATOR, Actor.PROPOSER, Actor.SUPPORTER, Actor.AUTHOR):
        if actor in parts and actor in who:
            return actor
    return Actor.SYSTEM
