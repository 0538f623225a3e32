"""The life of a proposal as data: statuses, actions, what leads where, and their words. Pure.

This table is the only place that says what may follow what (product.md §4). Buttons, timeline,
mail subjects, documentation and the test matrix are generated from it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(enum.StrEnum):
    """The three kinds of proposals."""

    CORRECTION = "correction_request"
    CITATION = "citation_correction"
    AUTHORSHIP = "authorship_claim"

    @property
    def words(self) -> str:
        """What people call it."""
        return self.value.replace("_", " ").capitalize()


class Status(enum.StrEnum):
    """Where a proposal is. Open ones wait for somebody."""

    UNCONFIRMED = "unconfirmed"
    SUBMITTED = "submitted"
    NEEDS_INFORMATION = "needs_information"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    REVERTED = "reverted"

    @property
    def open(self) -> bool:
        return self in OPEN


OPEN = frozenset({Status.UNCONFIRMED, Status.SUBMITTED, Status.NEEDS_INFORMATION})
DECIDED = frozenset({Status.APPROVED, Status.REJECTED})
SETTLED = DECIDED | {Status.WITHDRAWN, Status.EXPIRED, Status.SUPERSEDED, Status.REVERTED}


class Action(enum.StrEnum):
    """What one does to a proposal."""

    SUBMIT = "submit"
    CONFIRM = "confirm"
    EDIT = "edit"
    SUPPORT = "support"
    ASK = "ask"
    ANSWER = "answer"
    COMMENT = "comment"
    DECIDE = "decide"
    REJECT = "reject"
    UNDO = "undo"
    WITHDRAW = "withdraw"
    APPEAL = "appeal"
    SEND_AGAIN = "send_again"
    REVERT = "revert"
    TAKE = "take"
    RELEASE = "release"
    ASSIGN = "assign"
    ESCALATE = "escalate"
    ANNOUNCE = "announce"
    OBJECT = "object"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"


class What(enum.StrEnum):
    """What an event tells: an action, or what the publisher's file did to an accepted change."""

    SUBMIT = "submit"
    CONFIRM = "confirm"
    EDIT = "edit"
    SUPPORT = "support"
    ASK = "ask"
    ANSWER = "answer"
    COMMENT = "comment"
    DECIDE = "decide"
    REJECT = "reject"
    UNDO = "undo"
    WITHDRAW = "withdraw"
    APPEAL = "appeal"
    SEND_AGAIN = "send_again"
    REVERT = "revert"
    TAKE = "take"
    RELEASE = "release"
    ASSIGN = "assign"
    ESCALATE = "escalate"
    ANNOUNCE = "announce"
    OBJECT = "object"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"
    ADOPTED = "adopted"
    CONTESTED = "contested"
    CAME_BACK = "came_back"


class Actor(enum.StrEnum):
    """In what part somebody acts."""

    VISITOR = "visitor"
    PROPOSER = "proposer"
    SUPPORTER = "supporter"
    DECIDER = "decider"
    AUTHOR = "author"
    CURATOR = "curator"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


class Audience(enum.StrEnum):
    """Who may read an event."""

    PUBLIC = "public"
    PARTIES = "parties"
    DESK = "desk"


@dataclass(frozen=True)
class Wording:
    """A status in words: its name, whom it waits for, and a sentence for the proposer."""

    label: str
    waits_for: str
    sentence: str


STATUS_WORDS: dict[Status, Wording] = {
    Status.UNCONFIRMED: Wording(
        "Unconfirmed",
        "the sender",
        "Press the button in the mail we sent you, within {hours} hours.",
    ),
    Status.SUBMITTED: Wording(
        "Waiting for a decision", "the maintainer", "Your request is with those who decide."
    ),
    Status.NEEDS_INFORMATION: Wording(
        "Question to the proposer", "the proposer", "There is a question for you to answer."
    ),
    Status.APPROVED: Wording(
        "Approved", "nobody", "At least one change was accepted and is in effect."
    ),
    Status.REJECTED: Wording("Declined", "nobody", "No change was accepted; see the reasons."),
    Status.WITHDRAWN: Wording("Withdrawn", "nobody", "The proposer took it back."),
    Status.EXPIRED: Wording("Expired", "nobody", "A question had no answer for {days} days."),
    Status.SUPERSEDED: Wording("Superseded", "nobody", "It was settled in another way."),
    Status.REVERTED: Wording("Reverted", "nobody", "None of its accepted changes stands any more."),
}


@dataclass(frozen=True)
class Transition:
    """One row of the table: `action` leads from each of `sources` to one of `targets`.

    An empty `targets` leaves the status alone. `new`: the action makes a proposal that follows
    this one. `event` and `past` are what the timeline says; `mails` names the mail folders.
    """

    action: Action
    sources: frozenset[Status]
    targets: tuple[Status, ...]
    who: frozenset[Actor]
    button: str
    past: str
    audience: Audience = Audience.PARTIES
    mails: tuple[str, ...] = ()
    new: bool = False
    reason_required: bool = False
    raises_version: bool = True


_DECIDER = frozenset({Actor.DECIDER, Actor.CURATOR})
_PROPOSER = frozenset({Actor.PROPOSER})
_SYSTEM = frozenset({Actor.SYSTEM})
_PARTIES = frozenset({Actor.PROPOSER, Actor.SUPPORTER, Actor.DECIDER, Actor.AUTHOR, Actor.CURATOR})
_DESK_OPEN = frozenset({Status.SUBMITTED, Status.NEEDS_INFORMATION})

TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        Action.SUBMIT, frozenset(), (Status.SUBMITTED, Status.UNCONFIRMED),
        frozenset({Actor.PROPOSER, Actor.VISITOR}), "Send", "Submitted",
        mails=("receipt", "notice", "passed_on", "disputed", "vouch"),
    ),
    Transition(
        Action.CONFIRM, frozenset({Status.UNCONFIRMED}), (Status.SUBMITTED,),
        frozenset({Actor.VISITOR}), "Confirm", "Confirmed by its sender",
        mails=("receipt", "notice"),
    ),
    Transition(
        Action.EDIT, _DESK_OPEN, (Status.SUBMITTED,), _PROPOSER, "Edit", "Edited",
        mails=("edited",),
    ),
    Transition(
        Action.SUPPORT, _DESK_OPEN, (), frozenset({Actor.AUTHOR, Actor.SUPPORTER}),
        "I need this too", "Supported", raises_version=False,
    ),
    Transition(
        Action.ASK, frozenset({Status.SUBMITTED}), (Status.NEEDS_INFORMATION,), _DECIDER,
        "Ask the proposer", "Asked", mails=("asked",), reason_required=True,
    ),
    Transition(
        Action.ANSWER, frozenset({Status.NEEDS_INFORMATION}), (Status.SUBMITTED,), _PROPOSER,
        "Send the answer", "Answered", mails=("answered",), reason_required=True,
    ),
    Transition(
        Action.COMMENT, SETTLED | _DESK_OPEN, (), _PARTIES, "Comment", "Commented",
        mails=("commented", "looked_again"), reason_required=True, raises_version=False,
    ),
    Transition(
        Action.DECIDE, frozenset({Status.SUBMITTED}), (Status.APPROVED, Status.REJECTED),
        _DECIDER, "Decide", "Decided", audience=Audience.PUBLIC, mails=("decided", "cited"),
    ),
    Transition(
        Action.REJECT, frozenset({Status.SUBMITTED}), (Status.REJECTED,), _DECIDER,
        "Decline all", "Declined", audience=Audience.PUBLIC, mails=("decided",),
        reason_required=True,
    ),
    Transition(
        Action.UNDO, DECIDED, (Status.SUBMITTED,), _DECIDER, "Take the decision back",
        "Decision taken back", audience=Audience.DESK,
    ),
    Transition(
        Action.WITHDRAW, OPEN, (Status.WITHDRAWN,), _PROPOSER, "Withdraw", "Withdrawn",
        mails=("withdrawn", "passed_on"),
    ),
    Transition(
        Action.APPEAL, frozenset({Status.APPROVED, Status.REJECTED}), (), _PROPOSER, "Appeal",
        "Appealed", mails=("receipt", "notice"), new=True, reason_required=True,
    ),
    Transition(
        Action.SEND_AGAIN, frozenset({Status.EXPIRED}), (), _PROPOSER, "Send again",
        "Sent again", mails=("receipt", "notice"), new=True,
    ),
    Transition(
        Action.REVERT, frozenset({Status.APPROVED}), (Status.APPROVED, Status.REVERTED),
        _DECIDER, "Revert", "Reverted", audience=Audience.PUBLIC, mails=("reverted",),
        reason_required=True,
    ),
    Transition(
        Action.TAKE, _DESK_OPEN, (), _DECIDER, "Take", "Taken",
        audience=Audience.DESK, raises_version=False,
    ),
    Transition(
        Action.RELEASE, _DESK_OPEN, (), _DECIDER, "Release", "Released",
        audience=Audience.DESK, raises_version=False,
    ),
    Transition(
        Action.ASSIGN, _DESK_OPEN, (), _DECIDER, "Assign", "Assigned",
        audience=Audience.DESK, raises_version=False,
    ),
    Transition(
        Action.ESCALATE, frozenset({Status.SUBMITTED}), (), _SYSTEM, "Escalate", "Escalated",
        mails=("escalated", "notice", "disputed"), raises_version=False,
    ),
    Transition(
        Action.ANNOUNCE, frozenset({Status.SUBMITTED}), (), frozenset({Actor.CURATOR}),
        "Announce a decision", "Decision announced", mails=("announced",), raises_version=False,
    ),
    Transition(
        Action.OBJECT, frozenset({Status.SUBMITTED}), (), frozenset({Actor.DECIDER}),
        "Object", "Objected", mails=("objected",), reason_required=True, raises_version=False,
    ),
    Transition(
        Action.EXPIRE, frozenset({Status.UNCONFIRMED, Status.NEEDS_INFORMATION}),
        (Status.EXPIRED,), _SYSTEM, "Expire", "Expired", mails=("expired",),
    ),
    Transition(
        Action.SUPERSEDE, OPEN, (Status.SUPERSEDED,), _SYSTEM, "Supersede", "Superseded",
        mails=("superseded",),
    ),
)  # fmt: skip

_BY_ACTION = {t.action: t for t in TRANSITIONS}


def transition(action: Action) -> Transition:
    """The row of an action."""
    return _BY_ACTION[action]


STANDING_WORDS = {
    What.ADOPTED: "Adopted by the publisher",
    What.CONTESTED: "The publisher’s file says something new",
    What.CAME_BACK: "The old value came back; carried again",
}


def past(what: What) -> str:
    """What an event says in the timeline."""
    return STANDING_WORDS.get(what) or transition(Action(what.value)).past


def possible(action: Action, status: Status) -> bool:
    """Whether the action can be done in this status, by whoever may."""
    return status in _BY_ACTION[action].sources


class Outcome(enum.StrEnum):
    """What became of one change. None in the database means: not decided yet."""

    ACCEPTED = "accepted"
    AMENDED = "amended"
    DECLINED = "declined"
    DROPPED = "dropped"

    @property
    def took_effect(self) -> bool:
        return self in (Outcome.ACCEPTED, Outcome.AMENDED)


class Standing(enum.StrEnum):
    """What became of an accepted change against the publisher's file."""

    CARRIED = "carried"
    ADOPTED = "adopted"
    CONTESTED = "contested"
    RETIRED = "retired"


class ReasonCode(enum.StrEnum):
    """Why a change was declined, for counting; the words are the decider's own."""

    NOT_IN_SOURCE = "not_in_source"
    NO_EVIDENCE = "no_evidence"
    POLICY = "policy"
    OTHER = "other"


REASON_WORDS = {
    ReasonCode.NOT_IN_SOURCE: "The published version says otherwise",
    ReasonCode.NO_EVIDENCE: "The evidence does not show it",
    ReasonCode.POLICY: "The archive’s policy",
    ReasonCode.OTHER: "Another reason",
}
