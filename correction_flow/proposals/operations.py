"""What happens to proposals: submit, ask, answer, decide, reject, withdraw.

Order inside every operation: may they (policy), may it (lifecycle), do it (models), write it down
(history), tell them (mails). Operations never commit; whoever calls them opens `transaction()`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from correction_flow.accounts.models import User
from correction_flow.catalog.models import Desk, Item, Place, Record, Series
from correction_flow.catalog.operations import the_curators_desk
from correction_flow.catalog.queries import attended, has_authored
from correction_flow.core.clock import utcnow, working_days_later
from correction_flow.core.database import insert_if_new, lock_row, lock_words
from correction_flow.core.errors import Conflict, Invalid, NotAllowed
from correction_flow.core.extensions import db
from correction_flow.core.settings import setting
from correction_flow.core.text import MAX_OUTSIDE_TEXT, digest, plain, shorten
from correction_flow.proposals import mails
from correction_flow.proposals.history import record
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import (
    Action,
    Actor,
    Kind,
    Outcome,
    ReasonCode,
    Standing,
    Status,
    What,
)
from correction_flow.proposals.models import (
    Because,
    Change,
    Event,
    NumberSequence,
    Person,
    Proposal,
    Supporter,
    Visitor,
    about,
    concerns,
)
from correction_flow.proposals.policy import (
    acting_as,
    appealed_against,
    curators_turn_at,
    involved,
    require,
    settles_own,
    why_not,
)
from correction_flow.proposals.queries import (
    claims_authorship,
    deciders_at,
    last_event,
    latest_event,
    lone_maintainer,
    open_proposals,
    sent_before,
    undecided,
)
from correction_flow.proposals.schedule import Times, next_moment

MAX_CHANGES = 100
GONE = (
    "The publisher’s files have this item no more, so nobody can correct it. If it should be back, "
    "write to the archive’s maintainer."
)


@dataclass(frozen=True)
class Wanted:
    """One change as asked for: what is shown now, and what should be."""

    target: str
    old: Any
    new: Any
    low_risk: bool = False


@dataclass(frozen=True)
class Submitted:
    """What became of a submission: a proposal, changes that others had asked for, or both."""

    proposal: Proposal | None
    supported: list[Change] = field(default_factory=list)
    again: bool = False


@dataclass(frozen=True)
class Decision:
    """What a decider says about one change.

    `seen` is `core.text.digest` of the current value on the page they decided from; `text` the
    amended value; a declined change has a reason.
    """

    outcome: Outcome
    seen: str
    reason: str = ""
    reason_code: ReasonCode | None = None
    text: str = ""


# -- sending ------------------------------------------------------------------------------


def submit(
    kind: Kind,
    item: Record,
    wanted: Sequence[Wanted],
    *,
    by: User,
    reason: str,
    evidence_url: str | None = None,
    item_version: int,
    dispute: bool = False,
    batch: str | None = None,
) -> Submitted:
    """Ask for changes of an item.

    A change somebody else already asked for is supported instead of made again (rule 6); the
    same person sending the same values again is led to the first result. Raises Invalid,
    Conflict when the item is no longer as the sender saw it.
    """
    if by.confirmed_at is None:
        raise NotAllowed("Please confirm your address first: we sent you a mail with a link.")
    reason = outside_text("reason", reason)
    lock(item)
    send_key = key_of_sending(kind, item, wanted, reason, evidence_url)
    before = sent_before(by, send_key)
    if before is not None:
        return Submitted(before, again=True)
    check_wanted(item, wanted, item_version)
    fresh, supported = already_asked(item, wanted, by=by)
    if not fresh:
        leave_to_curators(item)
        return Submitted(None, supported)
    proposal = make_proposal(
        kind, item, fresh, by=by, reason=reason, evidence_url=evidence_url, dispute=dispute
    )
    proposal.send_key, proposal.batch = send_key, batch
    event = record(
        proposal, Action.SUBMIT, by=by, role=Actor.PROPOSER, note=reason,
        details={"evidence": evidence_url} if evidence_url else None,
    )  # fmt: skip
    if batch is None:
        mails.receipt(proposal, event)
        mails.notice(proposal, event)
        rules_of(proposal).sent([proposal])
    leave_to_curators(item)
    return Submitted(proposal, supported)


def check_wanted(item: Record, wanted: Sequence[Wanted], item_version: int) -> None:
    """Whether this can be asked for at all. Raises Invalid, Conflict where the record moved."""
    if not wanted:
        raise Invalid({"": "Nothing is changed yet. Change a value, then send the request."})
    if len(wanted) > MAX_CHANGES:
        raise Invalid({"": f"These are {len(wanted)} changes. Send at most {MAX_CHANGES} at once."})
    require_there(item)
    if item.version != item_version:
        raise Conflict(
            "This record changed while you were writing. What you typed is kept below, "
            "beside the new current values; please check it and send it again."
        )


def require_there(record: Record) -> None:
    """Raises Invalid where the publisher's files have the item no more."""
    if isinstance(record, Item) and record.vanished_at is not None:
        raise Invalid({"": GONE})


def outside_text(name: str, text: str) -> str:
    """Words of a person, plain and not too long (rule 10). Raises Invalid at the field."""
    text = plain(text)
    if len(text) > MAX_OUTSIDE_TEXT:
        raise Invalid(
            {name: f"This has {len(text):,} characters. Shorten it to {MAX_OUTSIDE_TEXT:,}."}
        )
    return text


def already_asked(
    item: Record, wanted: Sequence[Wanted], *, by: Person
) -> tuple[list[Wanted], list[Change]]:
    """What nobody asks for yet, and the changes asked for already: those are supported (rule 6),
    by whoever has an account."""
    waiting = {(c.target, c.new_key): c for c in undecided(item)}
    fresh, supported = [], []
    for one in wanted:
        same = waiting.get((one.target, digest(one.new)))
        if same is None:
            fresh.append(one)
            continue
        supported.append(same)
        if isinstance(by, User) and same.proposal.proposer_id != by.id:
            support_change(same, by=by)
    return fresh, supported


def support_change(change: Change, *, by: User) -> None:
    """Somebody else needs this too. Twice is once."""
    if add_supporter(change, by):
        record(
            change.proposal, Action.SUPPORT, by=by, role=Actor.SUPPORTER,
            details={"change": change.id},
        )  # fmt: skip


def add_supporter(change: Change, user: User) -> bool:
    """Whether the user did not support the change before, and does now."""
    if supports_change(user, change):
        return False
    db.session.add(Supporter(change_id=change.id, user_id=user.id, at=utcnow()))
    return True


def make_proposal(
    kind: Kind,
    item: Record,
    wanted: Sequence[Wanted],
    *,
    by: Person,
    reason: str,
    evidence_url: str | None,
    dispute: bool,
) -> Proposal:
    """A proposal that waits for a decision from now; the caller writes it down and tells."""
    now = utcnow()
    number = next_number()
    user = by if isinstance(by, User) else None
    proposal = Proposal(
        number=number,
        kind=kind,
        **about(item),
        desk=route(item, wanted, by=user, dispute=dispute),
        status=Status.SUBMITTED,
        proposer=user,
        visitor_address=by.address if isinstance(by, Visitor) else None,
        link_key=new_link_key() if isinstance(by, Visitor) else None,
        reason=reason,
        evidence_url=evidence_url,
        subject=f"[{number}] {kind.words}: {shorten(item.title or item.handle, 90)}",
        created_at=now,
        waiting_since=now,
        due_at=working_days_later(now, setting("DUE_WORKING_DAYS")),
        changes=changes_for(item, wanted),
    )
    set_clock(proposal)
    db.session.add(proposal)
    db.session.flush()
    return proposal


def changes_for(
    item: Record, wanted: Sequence[Wanted], outcome: Outcome | None = None
) -> list[Change]:
    """The changes of a new proposal, as they were asked for."""
    return [
        Change(
            **about(item),
            target=w.target,
            old=w.old,
            new=w.new,
            new_key=digest(w.new),
            low_risk=w.low_risk,
            outcome=outcome,
        )
        for w in wanted
    ]


def key_of_sending(
    kind: Kind, item: Record, wanted: Sequence[Wanted], reason: str, evidence_url: str | None
) -> str:
    """Digest of what was sent: the same again is led to its result."""
    what = item.id if isinstance(item, Item) else about(item)
    return digest([kind, what, reason, evidence_url, [[w.target, w.new] for w in wanted]])


def new_link_key() -> str:
    """What names a request or a question in a mailed link: nobody can guess it."""
    return secrets.token_hex(16)


def next_number() -> str:
    insert_if_new(db.session, NumberSequence, name="proposals", last=0)
    last = db.session.scalar(
        update(NumberSequence)
        .where(NumberSequence.name == "proposals")
        .values(last=NumberSequence.last + 1)
        .returning(NumberSequence.last)
    )
    return f"R-{last:06d}"


def route(
    item: Record, wanted: Sequence[Wanted | Change], *, by: User | None, dispute: bool = False
) -> Desk:
    """The place's desk; the curators' for disputes, and where the only maintainer there would
    decide in their own cause and may not."""
    if dispute:
        return the_curators_desk()
    desk = item.place.desk
    alone = lone_maintainer(desk)
    if alone is None:
        return desk
    if by is not None and alone.id == by.id:
        free = all(w.low_risk for w in wanted)
    else:
        free = not (has_authored(alone, item) or claims_authorship(alone, item))
    return desk if free else the_curators_desk()


def leave_to_curators(item: Record) -> None:
    """Where everybody at the desk has become concerned themselves, curators decide.

    Support, a claim, an heir or an agreement can do that after a request was sent.
    """
    for proposal in open_proposals(item):
        if not attended(proposal.desk):
            continue
        free = (
            who is None
            or not (involved(who, item, proposal) or appealed_against(who, proposal))
            or settles_own(who, proposal)
            for who in deciders_at(proposal.desk)
        )
        if any(free):
            continue
        proposal.desk = the_curators_desk()
        event = record(
            proposal, Action.ESCALATE, by=None, role=Actor.SYSTEM,
            note=f"Everybody who decides for this {proposal.place.noun} is concerned themselves "
            "or has decided before, so RePEc’s curators decide now.",
        )  # fmt: skip
        mails.notice(proposal, event)


def reroute(places: Sequence[Place]) -> None:
    """The deciders of these places changed: what is there for them follows."""
    moved: dict[Record, None] = {}
    for each in places:
        wheres = [concerns(Proposal, each)]
        if isinstance(each, Series):
            in_series = select(Item.id).where(Item.series_id == each.id)
            wheres.append(Proposal.item_id.in_(in_series))
        curators = the_curators_desk()
        for theirs in wheres:
            db.session.execute(
                update(Proposal)
                .where(theirs, Proposal.desk_id.not_in([curators.id, each.desk_id]))
                .values(desk_id=each.desk_id, announced_at=None)  # these deciders were not told
                .execution_options(synchronize_session="fetch")
            )
            if not attended(each.desk):
                continue
            waiting = select(Proposal).where(
                theirs,
                Proposal.closed_at.is_(None),
                or_(Proposal.desk_id != curators.id, Proposal.kind != Kind.AUTHORSHIP),
            )
            for proposal in db.session.scalars(waiting):
                proposal.desk = route(proposal.record, proposal.changes, by=proposal.proposer)
                moved[proposal.record] = None
        db.session.flush()
    for item in moved:
        leave_to_curators(item)


# -- question and answer ------------------------------------------------------------------


def ask(proposal: Proposal, question: str, *, by: User, version: int) -> None:
    """Ask the proposer; the case waits for them and the decider's clock stands still."""
    lock_proposal(proposal)
    require(by, Action.ASK, proposal)
    require_version(proposal, version)
    question = needed("question", question, "Write what you need to know.")
    move(proposal, Status.NEEDS_INFORMATION)
    role = acting_as(by, Action.ASK, proposal)
    event = record(proposal, Action.ASK, by=by, role=role, note=question)
    mails.asked(proposal, event)


def answer(proposal: Proposal, text: str, *, by: Person, version: int, agree: bool = False) -> None:
    """Answer the question; `agree` takes over the values the decider suggested."""
    lock_proposal(proposal)
    require(by, Action.ANSWER, proposal)
    require_version(proposal, version)
    suggested = suggestions(proposal)
    if not (agree and suggested):
        text = needed("answer", text, "Write your answer.")
    details = None
    if agree and suggested:
        _take_over(proposal, suggested)
        details = {"agreed": suggested}
    move(proposal, Status.SUBMITTED)
    if details:
        proposal.clock_at = utcnow()  # what was agreed to may be what is shown (`settling`)
    event = record(
        proposal, Action.ANSWER, by=by, role=Actor.PROPOSER, note=outside_text("answer", text),
        details=details,
    )  # fmt: skip
    mails.answered(proposal, event)
    leave_to_curators(proposal.record)


def _take_over(proposal: Proposal, suggested: Mapping[str, Any]) -> None:
    """The suggested values become what is asked for, unless somebody else asks for them."""
    values = [(c, suggested[str(c.id)]) for c in proposal.changes if str(c.id) in suggested]
    rules = rules_of(proposal)
    targets = {c: rules.target(c, value) for c, value in values}
    waiting = [targets.get(c, c.target) for c in proposal.undecided]
    if len(set(waiting)) < len(waiting):
        raise Conflict("Two of these would say the same then. Answer in words instead.")
    other = asked_elsewhere(proposal, [(targets[c], digest(value)) for c, value in values])
    if other is not None:
        raise Conflict(
            f"{other.number} asks for exactly this already. Withdraw your request and send "
            "these values as a new one: you then support that request."
        )
    for change, value in values:
        change.new, change.new_key, change.target = value, digest(value), targets[change]
        change.low_risk = False  # it was suggested because it says something else
    proposal.revision += 1
    proposal.send_key = None  # what was sent first is asked for no more


def asked_elsewhere(proposal: Proposal, wanted: Sequence[tuple[str, str]]) -> Proposal | None:
    """Another open proposal with one of these (target, key of the value), if there is one."""
    for change in undecided(proposal.record):
        if change.proposal_id != proposal.id and (change.target, change.new_key) in wanted:
            return change.proposal
    return None


def suggestions(proposal: Proposal) -> dict[str, Any]:
    """The values by change id that the decider suggested in the open question, if any."""
    if proposal.status is not Status.NEEDS_INFORMATION:
        return {}
    last = latest_event(proposal, What.ASK)
    said = (last.details or {}).get("suggested", {}) if last else {}
    waiting = {str(change.id) for change in proposal.undecided}
    return {change_id: value for change_id, value in said.items() if change_id in waiting}


# -- deciding -----------------------------------------------------------------------------


def decide(
    proposal: Proposal,
    decisions: Mapping[int, Decision],
    *,
    by: User,
    version: int,
    note: str = "",
    together: str | None = None,
) -> Event:
    """Settle every change of the proposal and let the accepted ones take effect.

    `decisions`: one for every undecided change, by change id. A decision with a semantic
    amendment becomes a question with the amended values filled in (rule 7). Of what is decided
    `together` (a token) the mails are `batches`'. Raises NotAllowed, WrongStatus, Conflict
    (another version or another current value than seen), Invalid.
    """
    lock_proposal(proposal)
    require(by, Action.DECIDE, proposal)
    require_version(proposal, version)
    amended = _check(proposal, decisions)
    note = outside_text("note", note)
    rules = rules_of(proposal)
    semantic = {
        str(change.id): value
        for change, value in amended.items()
        if not rules.typographic(change, value)
    }
    accepted = {
        c: amended[c] if c in amended else rules.merged(c)
        for c in proposal.undecided
        if decisions[c.id].outcome.took_effect
    }
    if semantic:
        if why_not(by, Action.ASK, proposal) is not None:
            tidy = "In the maintainer’s place only tidy here: what says something else is theirs."
            raise Invalid({f"change-{change_id}": tidy for change_id in semantic})
        _try_out(proposal, accepted)  # nobody is asked to agree to what RePEc could not read
        return _ask_to_agree(proposal, decisions, semantic, note, by=by)
    _try_out(proposal, accepted)
    replaced = _retire_replaced(proposal, list(accepted)) if accepted else []
    for change in proposal.undecided:
        _settle(change, decisions[change.id], accepted.get(change))
    return _close(proposal, Action.DECIDE, by=by, note=note, replaced=replaced, together=together)


def reject(
    proposal: Proposal,
    reason: str,
    *,
    by: User,
    version: int,
    reason_code: ReasonCode | None = None,
) -> Event:
    """Decide with one reason against all."""
    lock_proposal(proposal)
    require(by, Action.REJECT, proposal)
    require_version(proposal, version)
    reason = needed("reason", reason, "Give the reason; the proposer will read it.")
    for change in proposal.undecided:
        change.outcome = Outcome.DECLINED
        change.reason, change.reason_code = reason, reason_code
    return _close(proposal, Action.REJECT, by=by, note=reason)


def accept_at_once(proposal: Proposal, why: str, *, together: str | None = None) -> Event:
    """Accept all that was just asked for, by the system: nobody has to look at it.

    Of what is accepted `together` (a token) the mails are `batches`'.
    """
    accepted = {change: change.new for change in proposal.undecided}
    _try_out(proposal, accepted)
    replaced = _retire_replaced(proposal, list(accepted))
    for change, value in accepted.items():
        _settle(change, Decision(Outcome.ACCEPTED, seen=""), value)
    return _close(proposal, Action.DECIDE, by=None, note=why, replaced=replaced, together=together)


def _check(proposal: Proposal, decisions: Mapping[int, Decision]) -> dict[Change, Any]:
    """Every change has a decision, made on what is shown now; the amended values."""
    rules = rules_of(proposal)
    errors: dict[str, str] = {}
    amended: dict[Change, Any] = {}
    moved = []
    for change in proposal.undecided:
        decision = decisions.get(change.id)
        name = f"change-{change.id}"
        label = rules.label(change)
        if decision is None or decision.outcome is Outcome.DROPPED:
            errors[name] = f"Say what becomes of “{label}”: accept, amend or decline it."
        elif decision.outcome is Outcome.DECLINED and not plain(decision.reason):
            errors[name] = f"Give the reason for declining “{label}”; the proposer will read it."
        elif decision.outcome is Outcome.AMENDED:
            try:
                amended[change] = rules.read(change, decision.text)
            except Invalid as error:
                errors[name] = str(error)
        if decision is None or not decision.outcome.took_effect:
            continue
        if digest(rules.current(change)) != decision.seen:
            moved.append(label)
    if moved:
        raise Conflict(
            f"The record changed meanwhile ({', '.join(moved)}). Nothing was decided; please "
            "look at the new current values. What you wrote is kept."
        )
    if errors:
        raise Invalid(errors)
    return amended


def _try_out(proposal: Proposal, values: Mapping[Change, Any]) -> None:
    """What was merged, or fitted the record as it was once, may not fit it now (rule 3)."""
    names = {change.target: f"change-{change.id}" for change in values}
    try:
        rules_of(proposal).try_out(proposal, values)
    except Invalid as error:
        raise Invalid(
            {
                names.get(target, target): f"{text} Amend or decline this; nothing was decided."
                for target, text in error.errors.items()
            }
        ) from None


def _settle(change: Change, decision: Decision, value: Any) -> None:
    change.outcome = decision.outcome
    change.reason = outside_text("reason", decision.reason) or None
    change.reason_code = decision.reason_code
    if decision.outcome.took_effect:
        change.applied = value
        change.standing = Standing.CARRIED
        change.because = Because.DECIDED
        change.since = utcnow()


def _close(
    proposal: Proposal,
    action: Action,
    *,
    by: User | None,
    note: str,
    replaced: Sequence[dict[str, Any]] = (),
    together: str | None = None,
) -> Event:
    """All changes have their outcome: status, effect, history, mails. `by` nobody: the system."""
    role = acting_as(by, action, proposal) if by is not None else Actor.SYSTEM
    own = by is not None and settles_own(by, proposal)
    authors = mails.authors(proposal)  # before a claim takes a name away from one of them
    accepted = accepted_of(proposal)
    proposal.decided_at = utcnow()
    proposal.decided_by = by
    proposal.decided_as = role
    move(proposal, Status.APPROVED if accepted else Status.REJECTED)
    details: dict[str, Any] = {
        "accepted": [c.id for c in accepted],
        "declined": [c.id for c in proposal.changes if c.outcome is Outcome.DECLINED],
    }
    if accepted:
        details["replaced"] = list(replaced)
        rules_of(proposal).take_effect(proposal, accepted)
    if own:
        details["by_the_archive_itself"] = True
    if together:
        details["together"] = together
    event = record(proposal, action, by=by, role=role, note=note, details=details)
    if not together:
        mails.decided(proposal, event, authors)
    if accepted:
        look_again(proposal, utcnow() + timedelta(minutes=setting("UNDO_MINUTES")))
    if proposal.kind is Kind.AUTHORSHIP and accepted:
        leave_to_curators(proposal.record)
    return event


def accepted_of(proposal: Proposal) -> list[Change]:
    return [c for c in proposal.changes if c.outcome and c.outcome.took_effect]


def _retire_replaced(proposal: Proposal, accepted: Sequence[Change]) -> list[dict[str, Any]]:
    """Earlier changes that stand on the same targets give way to the new ones.

    Contested and adopted ones too: a later file could make them carried again, beside the new.
    Returns what they were, for `undo`.
    """
    rules = rules_of(proposal)
    for change in accepted:
        change.replaced = rules.current(change)
    earlier = list(
        db.session.scalars(
            select(Change).where(
                concerns(Change, proposal.record),
                Change.target.in_([c.target for c in accepted]),
                Change.standing.is_not(None),
                Change.standing != Standing.RETIRED,
                Change.proposal_id != proposal.id,
            )
        )
    )
    replaced = [
        {"change": c.id, "standing": c.standing, "because": c.because, "since": _iso(c.since)}
        for c in earlier
    ]
    for change in earlier:
        change.standing, change.because = Standing.RETIRED, Because.REPLACED
        change.since = utcnow()
    db.session.flush()  # before the new ones stand: only one may be carried on a target
    return replaced


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _ask_to_agree(
    proposal: Proposal,
    decisions: Mapping[int, Decision],
    suggested: dict[str, Any],
    note: str,
    *,
    by: User,
) -> Event:
    """Ask the proposer to agree to the amended values; what was said of the rest is kept."""
    require(by, Action.ASK, proposal)
    rules = rules_of(proposal)
    reasons = [
        f"{rules.label(change)}: {plain(decisions[change.id].reason)}"
        for change in proposal.changes
        if str(change.id) in suggested and plain(decisions[change.id].reason)
    ]
    question = "\n".join([note, *reasons] if note else reasons)
    said = {
        str(change_id): {"outcome": d.outcome.value, "reason": plain(d.reason)}
        for change_id, d in decisions.items()
    }
    move(proposal, Status.NEEDS_INFORMATION)
    event = record(
        proposal,
        Action.ASK,
        by=by,
        role=acting_as(by, Action.ASK, proposal),
        note=question or "Would you agree to these values?",
        details={"suggested": suggested, "said": said},
    )
    mails.asked(proposal, event)
    return event


def said_before(proposal: Proposal) -> dict[str, dict[str, str]]:
    """What the decider said of each change, by change id, when they suggested other values."""
    last = latest_event(proposal, What.ASK)
    return dict((last.details or {}).get("said", {})) if last else {}


def restore(proposal: Proposal, replaced: Sequence[Mapping[str, Any]]) -> None:
    """What gave way to changes that stand no more stands again; under what was reverted
    meanwhile, what that had replaced.

    Where the publisher said something new meanwhile, that is judged as an import would.
    """
    rules = rules_of(proposal)
    for was in replaced:
        change = db.session.get_one(Change, was["change"])
        if change.because is Because.REVERTED:
            restore(proposal, replaced_by(change))
        if change.because is not Because.REPLACED:
            continue
        change.standing, change.because = Standing(was["standing"]), Because(was["because"])
        change.since = datetime.fromisoformat(was["since"]) if was["since"] else None
        rules.judge_again(change)
    db.session.flush()


def replaced_by(change: Change) -> list[Mapping[str, Any]]:
    """What gave way to an accepted change, as its decision has written it down; one or nothing."""
    replaced = (decision_of(change.proposal).details or {}).get("replaced", [])
    return [w for w in replaced if db.session.get_one(Change, w["change"]).target == change.target]


def decision_of(proposal: Proposal) -> Event:
    """The event of the latest decision."""
    return last_event(proposal, What.DECIDE, What.REJECT)


def withdraw(proposal: Proposal, *, by: Person, version: int, note: str = "") -> None:
    """The proposer takes it back; what others support passes to the first of them."""
    lock_proposal(proposal)
    require(by, Action.WITHDRAW, proposal)
    require_version(proposal, version)
    note = outside_text("note", note)
    heir = first_supporter(proposal.undecided)
    if heir is None:
        for change in proposal.undecided:
            change.outcome = Outcome.DROPPED
        move(proposal, Status.WITHDRAWN)
        event = record(proposal, Action.WITHDRAW, by=by, role=Actor.PROPOSER, note=note)
        mails.withdrawn(proposal, event)
        return
    let_go(proposal, [c for c in proposal.undecided if not supports_change(heir, c)])
    _no_more_supporter(heir, proposal.undecided)
    proposal.proposer, proposal.visitor_address = heir, None
    proposal.send_key = None
    proposal.version += 1
    event = record(
        proposal, Action.WITHDRAW, by=by, role=Actor.PROPOSER, note=note,
        details={"passed_on": True},
    )  # fmt: skip
    mails.passed_on(proposal, event)
    leave_to_curators(proposal.record)


def let_go(proposal: Proposal, changes: Sequence[Change]) -> None:
    """Its proposer no longer wants these. What others support becomes a request of theirs."""
    left = list(changes)
    while left:
        heir = first_supporter(left)
        if heir is None:
            break
        theirs = [c for c in left if supports_change(heir, c)]
        left = [c for c in left if c not in theirs]
        _no_more_supporter(heir, theirs)
        passed = make_proposal(
            proposal.kind, proposal.record, [], by=heir, reason=proposal.reason,
            evidence_url=proposal.evidence_url, dispute=_disputed(proposal),
        )  # fmt: skip
        passed.follows = proposal
        if passed.clock_at and proposal.clock_at:  # what it is to look at, this one is
            passed.clock_at = min(passed.clock_at, proposal.clock_at)
        for change in theirs:
            change.proposal = passed
        db.session.flush()
        passed.desk = route(proposal.record, theirs, by=heir, dispute=_disputed(proposal))
        event = record(
            passed, Action.SUBMIT, by=None, role=Actor.SYSTEM,
            note=f"Passed on from {proposal.number}, whose sender no longer asks for this.",
        )  # fmt: skip
        mails.passed_on(passed, event)
        mails.notice(passed, event)
    for change in left:
        change.outcome = Outcome.DROPPED
    db.session.flush()


def _disputed(proposal: Proposal) -> bool:
    """Whether it is a claim that went to curators because two claim one name."""
    return proposal.kind is Kind.AUTHORSHIP and proposal.desk_id != proposal.place.desk_id


def first_supporter(changes: Sequence[Change]) -> User | None:
    """Whoever was the first of those now active to support one of these changes."""
    return db.session.scalar(
        select(User)
        .join(Supporter, Supporter.user_id == User.id)
        .where(Supporter.change_id.in_([c.id for c in changes]), User.active)
        .order_by(Supporter.at, User.id)
        .limit(1)
    )


def supports_change(user: User, change: Change) -> bool:
    """Whether this user has asked for the same."""
    return db.session.get(Supporter, (change.id, user.id)) is not None


def _no_more_supporter(user: User, changes: Sequence[Change]) -> None:
    for change in changes:
        row = db.session.get(Supporter, (change.id, user.id))
        if row is not None:
            db.session.delete(row)


def supersede(
    proposal: Proposal,
    note: str,
    *,
    by: Proposal | None = None,
    tell: Callable[[Event], None] | None = None,
) -> Event:
    """It was settled in another way: by another proposal, the publisher, or the item is gone.

    `tell`: who else tells of it, as a reading of files does in one mail for all.
    """
    lock_proposal(proposal)
    for change in proposal.undecided:
        change.outcome = Outcome.DROPPED
    proposal.superseded_by_id = by.id if by is not None else None
    move(proposal, Status.SUPERSEDED)
    event = record(proposal, Action.SUPERSEDE, by=None, role=Actor.SYSTEM, note=note)
    if tell is None:
        mails.superseded(proposal, event)
    else:
        tell(event)
    return event


# -- shared -------------------------------------------------------------------------------


def lock(item: Record) -> None:
    """Keep others from changing the item and what is asked of it until the end.

    Everybody locks the item first, so that nobody waits in a circle. Then everything is read
    again: what was loaded before may be of before somebody else's change.
    """
    db.session.flush()
    lock_row(db.session, item)
    db.session.expire_all()


def lock_visitor(person: Person) -> None:
    """What a visitor makes, and who owns their address, is done one after the other; before
    anything else is locked. Else what is made while the address is being verified would stay the
    visitor's for ever."""
    if isinstance(person, Visitor):
        lock_words(db.session, f"visitor {person.address}")


def lock_proposal(proposal: Proposal) -> None:
    """Keep others from changing the proposal and its item until the end."""
    lock(proposal.record)
    lock_row(db.session, proposal)


def require_version(proposal: Proposal, version: int) -> None:
    """Raises Conflict where the proposal is no longer as its page showed it."""
    if proposal.version != version:
        raise Conflict(
            f"{proposal.number} changed while you had this page open. Nothing was written; "
            "the timeline shows what happened. What you wrote is kept below."
        )


def needed(name: str, text: str, remedy: str) -> str:
    """The same where there have to be some."""
    text = outside_text(name, text)
    if not text:
        raise Invalid({name: remedy})
    return text


def move(proposal: Proposal, status: Status, *, restart: bool = True) -> None:
    """Set the status with everything tied to it: clocks, version, the key against doubles."""
    now = utcnow()
    was_submitted = proposal.status is Status.SUBMITTED
    proposal.status = status
    proposal.version += 1
    if status.open:
        proposal.closed_at = None
    else:
        proposal.closed_at = now
        proposal.send_key = None
    if status.open and restart:
        proposal.announced_at = None  # it was about what was asked for until now
        if not (was_submitted and status is Status.SUBMITTED):
            proposal.escalated_at = None
    if status is Status.NEEDS_INFORMATION:
        proposal.waiting_since = now
        proposal.due_at = now + timedelta(days=setting("QUESTION_DAYS"))
    elif status is Status.SUBMITTED and restart and not was_submitted:
        proposal.waiting_since = now
        proposal.due_at = working_days_later(now, setting("DUE_WORKING_DAYS"))
    set_clock(proposal)


def set_clock(proposal: Proposal) -> None:
    """When the clock acts next on an open proposal (`schedule`); never on a closed one.

    What it was to look at within minutes (`look_again`) it still does.
    """
    since = proposal.waiting_since or proposal.created_at
    now, looks = utcnow(), proposal.clock_at
    proposal.clock_at = next_moment(proposal.status, since, times(), after=now)
    turn = curators_turn_at(proposal)
    if turn is not None and turn > now and proposal.clock_at is not None:
        proposal.clock_at = min(turn, proposal.clock_at)
    soon = now + timedelta(minutes=setting("UNDO_MINUTES"))
    if looks is not None and now < looks <= soon and proposal.clock_at is not None:
        proposal.clock_at = min(looks, proposal.clock_at)


def look_again(proposal: Proposal, at: datetime) -> None:
    """It changed what is shown: the clock looks whether that settles what else is asked for.

    For a decision that is when it can no longer be undone: what is taken back leaves no trace.
    """
    for other in open_proposals(proposal.record):
        if other is not proposal:
            other.clock_at = min(at, other.clock_at or at)


def times() -> Times:
    """The waiting times in the settings."""
    return Times(
        due=setting("DUE_WORKING_DAYS"),
        escalate=setting("ESCALATE_WORKING_DAYS"),
        question=setting("QUESTION_DAYS"),
        reminders=tuple(setting("QUESTION_REMINDERS")),
    )
