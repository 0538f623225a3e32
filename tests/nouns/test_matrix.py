"""Every action in every status by everybody, on a page that is fresh or stale.

What is expected comes from the table in `lifecycle` and the few rules of product.md that `expected`
spells out; `policy` is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from correction_flow.accounts.models import User
from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import GrantEffect
from correction_flow.core.clock import utcnow
from correction_flow.core.database import about_to_write
from correction_flow.core.errors import Conflict, DomainError, NotAllowed, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.outbox import MailState, OutgoingMail
from correction_flow.core.text import digest
from correction_flow.corrections import operations as corrections
from correction_flow.proposals import (
    deadlines,
    editing,
    escalation,
    operations,
    policy,
    reopening,
    reverting,
    undoing,
    visitors,
)
from correction_flow.proposals.history import record
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import (
    DECIDED,
    TRANSITIONS,
    Action,
    Actor,
    Outcome,
    Status,
    transition,
)
from correction_flow.proposals.models import Event, Person, Proposal, Visitor
from correction_flow.proposals.operations import Decision
from tests.nouns.test_workflow import GOOD, YES, claim_name, decide

VISITOR, OTHER_VISITOR = "vera@example.net", "walt@example.net"
WISH = "Political Leadership at Work"


@dataclass(frozen=True)
class Column:
    """One person before one proposal.

    `decides`: they may decide it (product.md §2); `parts`: what they are beside that.
    """

    words: str
    actor: str
    proposer: str
    decider: str = "mara"
    parts: frozenset[Actor] = frozenset()
    decides: bool = False
    title: str = WISH
    supported: bool = False
    second: bool = False
    alone: bool = False
    announced: bool = False

    @property
    def own(self) -> bool:
        return self.actor == self.proposer


def parts(*actors: Actor) -> frozenset[Actor]:
    return frozenset(actors)


SENT, HELPS, DESK, WROTE, CURATES = (
    Actor.PROPOSER, Actor.SUPPORTER, Actor.DECIDER, Actor.AUTHOR, Actor.CURATOR,
)  # fmt: skip
PARTS = (SENT, HELPS, DESK, WROTE, CURATES)
COLUMNS = [
    Column("proposer", "alice", "alice", parts=parts(SENT)),
    Column("supporter", "stella", "alice", parts=parts(HELPS), supported=True),
    Column("only maintainer", "mara", "alice", parts=parts(DESK), decides=True),
    Column(
        "only maintainer, own and low-risk", "mara", "mara", parts=parts(SENT, DESK),
        decides=True, title=GOOD, alone=True,
    ),
    Column("only maintainer, own", "mara", "mara", decider="cora", parts=parts(SENT)),
    Column("second maintainer", "otto", "alice", parts=parts(DESK), decides=True, second=True),
    Column("second maintainer, own", "otto", "otto", parts=parts(SENT, DESK), second=True),
    Column("author", "bob", "alice", parts=parts(WROTE)),
    Column("author, own", "bob", "bob", parts=parts(SENT, WROTE)),
    Column("curator beside a maintainer", "cora", "alice", parts=parts(CURATES)),
    Column(
        "curator after an announcement", "cora", "alice", decider="cora", parts=parts(CURATES),
        decides=True, title=GOOD, announced=True,
    ),
    Column(
        "only maintainer after an announcement", "mara", "alice", decider="cora",
        parts=parts(DESK), decides=True, title=GOOD, announced=True,
    ),
    Column(
        "curator, own, after an announcement", "cora", "cora",
        parts=parts(SENT, CURATES), title=GOOD, announced=True,
    ),
    Column(
        "curator where no maintainer may", "cora", "mara", decider="cora", parts=parts(CURATES),
        decides=True,
    ),
    Column("curator, own", "cora", "cora", parts=parts(SENT, CURATES)),
    Column("administrator", "ada", "alice"),
    Column("administrator, own", "ada", "ada", parts=parts(SENT)),
    Column("stranger", "stella", "alice"),
    Column("visitor", VISITOR, VISITOR, parts=parts(SENT)),
    Column("another visitor", OTHER_VISITOR, VISITOR),
]  # fmt: skip

INVISIBLE = "invisible"
AFTER: dict[Action, Status] = {
    Action.EDIT: Status.SUBMITTED,
    Action.ASK: Status.NEEDS_INFORMATION,
    Action.ANSWER: Status.SUBMITTED,
    Action.DECIDE: Status.APPROVED,
    Action.REJECT: Status.REJECTED,
    Action.UNDO: Status.SUBMITTED,
    Action.WITHDRAW: Status.WITHDRAWN,
    Action.REVERT: Status.REVERTED,
}
"""Where the acts below lead; each must be one of the row's targets."""


TOLD_APART = {Status.SUBMITTED, Status.NEEDS_INFORMATION, Status.APPROVED}
"""Where an announcement makes, made, or no longer makes a difference."""


def expected(column: Column, action: Action, status: Status, *, stale: bool) -> Any:
    """INVISIBLE, the error, or the status afterwards."""
    row = transition(action)
    if not column.parts or status is Status.UNCONFIRMED:  # only the mailed link leads there
        return INVISIBLE
    if action is Action.ANNOUNCE:
        right = CURATES in column.parts and not column.own
    elif action is Action.OBJECT:
        right = DESK in column.parts and column.decides
    elif row.who == {Actor.DECIDER, Actor.CURATOR}:
        right = column.decides
        if column.announced and CURATES in column.parts:  # in the maintainer's place (§5)
            right &= action in (Action.DECIDE, Action.REJECT) and status is Status.SUBMITTED
        if action is Action.UNDO and status in DECIDED:  # the decider alone (rule 8)
            right = column.actor == column.decider
    else:
        right = bool(row.who & column.parts)
    if action is Action.SUPPORT and column.own:
        right = False
    if not right:
        return NotAllowed
    if status not in row.sources or action is Action.ANNOUNCE:  # too early, or done already
        return WrongStatus
    if action is Action.OBJECT and not column.announced:
        return WrongStatus
    if stale:
        return Conflict
    return AFTER.get(action, status)


def person(cast: Any, name: str) -> Person:
    """Somebody of the cast, or the visitor of an address."""
    return Visitor(name) if "@" in name else cast.user(name)


def perform(proposal: Proposal, by: Person, version: int) -> dict[Action, Callable[[], Any]]:
    """The acts there are; those without an operation yet are asked of the policy alone."""
    wanted = lambda: corrections.wanted(proposal.item, {"title": "Quite Another Title"})
    changes = list(proposal.changes)
    return {
        Action.EDIT: lambda: editing.edit(
            proposal, wanted(), by=by, version=version, reason="A reason."
        ),
        Action.SUPPORT: lambda: editing.support(proposal, by=by),
        Action.ASK: lambda: operations.ask(proposal, "Which?", by=by, version=version),
        Action.ANSWER: lambda: operations.answer(proposal, "This.", by=by, version=version),
        Action.COMMENT: lambda: editing.comment(proposal, "A word.", by=by),
        Action.DECIDE: lambda: operations.decide(
            proposal, accepting(proposal), by=by, version=version
        ),
        Action.REJECT: lambda: operations.reject(proposal, "No.", by=by, version=version),
        Action.UNDO: lambda: undoing.undo(proposal, by=by, version=version),
        Action.WITHDRAW: lambda: operations.withdraw(proposal, by=by, version=version),
        Action.APPEAL: lambda: reopening.appeal(
            proposal, [c.id for c in changes], "Look again.", by=by
        ),
        Action.SEND_AGAIN: lambda: reopening.send_again(proposal, by=by),
        Action.REVERT: lambda: reverting.revert(
            proposal, changes[0].id, "Wrong.", by=by, version=version
        ),
        Action.ANNOUNCE: lambda: escalation.announce(proposal, by=by, version=version),
        Action.OBJECT: lambda: escalation.object_to(proposal, "Mine.", by=by, version=version),
    }


VERSIONED = {
    Action.EDIT, Action.ASK, Action.ANSWER, Action.DECIDE, Action.REJECT, Action.UNDO,
    Action.WITHDRAW, Action.REVERT, Action.ANNOUNCE, Action.OBJECT,
}  # fmt: skip


def accepting(proposal: Proposal, *declined: str) -> dict[int, Decision]:
    """Accept all but these targets."""
    rules = rules_of(proposal)
    return {
        c.id: Decision(Outcome.DECLINED, seen="", reason="The PDF says otherwise.")
        if c.target in declined
        else Decision(Outcome.ACCEPTED, seen=digest(rules.current(c)))
        for c in proposal.undecided
    }


@contextmanager
def passing() -> Iterator[None]:
    """Whatever is done in this block is gone after it."""
    point = db.session.begin_nested()
    try:
        yield
    finally:
        if point.is_active:
            point.rollback()
        db.session.expire_all()


def in_status(cast: Any, column: Column, status: Status) -> Proposal:
    """The column's proposal, brought to a status by the acts that lead there."""
    item = cast.item()
    if column.second:
        series = item.series
        moved = catalog.grant(
            cast.user("otto"), series.archive, series, GrantEffect.GRANTED, by=None
        )
        operations.reroute(moved)
    second = (
        {"keywords": "leadership; public value; politics"}
        if column.alone or column.announced
        else {"pages": "1-18"}
    )
    wishes = {"title": column.title}
    asked = [
        (column.proposer, wishes | second),
        *([("stella", wishes)] if column.supported else []),
    ]
    found = [
        corrections.request_correction(
            item, wish, by=person(cast, who), reason="A reason.", evidence_url=None,
            item_version=item.version,
        ).proposal
        for who, wish in asked
    ]  # fmt: skip
    proposal = found[0]
    assert proposal is not None
    if column.announced:
        proposal.announced_at = utcnow() - timedelta(days=30)
        record(proposal, Action.ANNOUNCE, by=None, role=Actor.CURATOR)
    decider = cast.user(column.decider)
    if column.proposer == VISITOR and status is not Status.UNCONFIRMED:
        visitors.confirm(proposal, item_version=item.version)
    if status is Status.UNCONFIRMED:  # as no user's act leads there, but a visitor's
        proposal.status = status
    elif status in (Status.NEEDS_INFORMATION, Status.EXPIRED):
        sits_there = cast.user("mara") if column.announced else decider
        operations.ask(proposal, "Which?", by=sits_there, version=proposal.version)
        if status is Status.EXPIRED:
            deadlines.expire(proposal)
    elif status in (Status.APPROVED, Status.REVERTED):
        decisions = accepting(proposal, "pages", "keywords")
        operations.decide(proposal, decisions, by=decider, version=proposal.version)
        if status is Status.REVERTED:
            change = proposal.changes[0]
            reverting.revert(proposal, change.id, "x", by=decider, version=proposal.version)
    elif status is Status.REJECTED:
        operations.reject(proposal, "No.", by=decider, version=proposal.version)
    elif status is Status.WITHDRAWN:
        operations.withdraw(proposal, by=person(cast, column.proposer), version=proposal.version)
    elif status is Status.SUPERSEDED:
        operations.supersede(proposal, "The publisher’s own file says so now.")
    db.session.flush()
    assert proposal.status is status
    return proposal


def outcome(
    proposal: Proposal, column: Column, by: Person, action: Action, *, stale: bool
) -> tuple[Any, str]:
    """What became of the act, in the words of `expected`, and what is wrong with its traces."""
    if not policy.sees(by, proposal):
        return INVISIBLE, ""
    version = proposal.version - stale
    last = db.session.scalar(select(func.max(Event.id))) or 0
    act = perform(proposal, by, version).get(action)
    if isinstance(by, Visitor) and Actor.PROPOSER not in transition(action).who:
        act = None  # these take an account; the policy refuses them
    try:
        if act is None:
            policy.require(by, action, proposal)
            return proposal.status, ""
        act()
    except DomainError as error:
        return type(error), ""
    query = select(Event).where(Event.id > last).order_by(Event.id)
    return proposal.status, traces(list(db.session.scalars(query)), proposal, column, by, action)


def traces(
    events: list[Event], proposal: Proposal, column: Column, by: Person, action: Action
) -> str:
    """What is wrong with the event and the mails of an act that was done; empty if nothing."""
    row = transition(action)
    own = [e for e in events if e.proposal_id == proposal.id and e.what.value == action.value]
    who, address = (by.id, by.email) if isinstance(by, User) else (None, by.address)
    if [e.actor_id for e in own] != [who]:
        return f"events {[e.what for e in events]}"
    event = own[0]
    if row.new:
        new = [e for e in events if e.what.value == "submit"]
        if len(new) != 1 or new[0].proposal.follows is not proposal:
            return "no new proposal follows"
        event = new[0]
        if bool(event.proposal.visitor_address) != bool(event.proposal.link_key):
            return "a visitor's new proposal has no link"
    mails = list(db.session.scalars(select(OutgoingMail).where(OutgoingMail.event_id == event.id)))
    names = {m.name for m in mails}
    if not names <= set(row.mails) or any(m.state is not MailState.WAITING for m in mails):
        return f"mails {names}"
    if row.mails and not names and not column.alone:
        return "nobody was told"
    if row.new and not column.alone and names != {"receipt", "notice"}:
        return f"mails {names} of the new proposal"
    if any(m.to_key == address for m in mails if m.name != "receipt"):
        return "told of their own act"
    if len({m.to_key for m in mails}) != len(mails):
        return "told twice"
    return ""


def cells(cast: Any, proposal: Proposal, column: Column, status: Status) -> Iterator[str]:
    """What is not as expected, in words."""
    by = person(cast, column.actor)
    for action in Action:
        for stale in pages(action, status):
            right = expected(column, action, status, stale=stale)
            # a refusal leaves nothing behind, so it needs no savepoint, which takes its time
            with passing() if isinstance(right, Status) else nullcontext():
                found, wrong = outcome(proposal, column, by, action, stale=stale)
            page = "stale" if stale else "fresh"
            if found != right:
                yield f"{column.words}, {status}, {action}, {page}: {found}, not {right}"
            elif wrong:
                yield f"{column.words}, {status}, {action}, {page}: {wrong}"


def pages(action: Action, status: Status) -> tuple[bool, ...]:
    """Fresh and stale ones, where a page has a version and the table would let it act."""
    return (
        (False, True) if action in VERSIONED and status in transition(action).sources else (False,)
    )


def test_the_acts_lead_where_the_table_says():
    assert set(AFTER) == {t.action for t in TRANSITIONS if t.targets and t.who & set(PARTS)} - {
        Action.SUBMIT
    }
    for action, status in AFTER.items():
        assert status in transition(action).targets


def before_one_proposal() -> list[list[Column]]:
    """The columns together that need the same proposal, so that it is made once."""
    groups: dict[Any, list[Column]] = {}
    for c in COLUMNS:
        key = (c.proposer, c.decider, c.title, c.supported, c.second, c.announced)
        groups.setdefault(key, []).append(c)
    return list(groups.values())


def test_every_action_in_every_status_by_everybody(cast, app):
    app.config["UNDO_MINUTES"] = 5
    decide(cast, claim_name(cast, "bob", n=1), YES)
    db.session.rollback()
    wrong: list[str] = []
    with about_to_write():
        for columns in before_one_proposal():
            for status in Status:
                if columns[0].supported and status is Status.WITHDRAWN:
                    continue  # it passes to the supporter instead
                if columns[0].announced and status not in TOLD_APART:
                    continue
                with passing():
                    proposal = in_status(cast, columns[0], status)
                    for column in columns:
                        wrong += cells(cast, proposal, column, status)
        db.session.rollback()
    assert not wrong, "\n" + "\n".join(wrong)
