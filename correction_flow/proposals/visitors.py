"""Requests of visitors: stored, confirmed by a mailed link, joined to an account, erased.

An unconfirmed request is nobody's business but its sender's. Its changes have the outcome
`dropped` until it is confirmed, so that they stand in nobody's way; it has no number of the public
sequence and no event, so that it can be erased whole.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from correction_flow.accounts import operations as accounts
from correction_flow.accounts.models import User
from correction_flow.accounts.queries import user_by_address
from correction_flow.catalog.models import Record
from correction_flow.core import outbox
from correction_flow.core.clock import LINK_HOURS, minutes_until, utcnow
from correction_flow.core.errors import Conflict, Invalid, NotAllowed, NotFound, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.outbox import OutgoingMail
from correction_flow.core.text import shorten
from correction_flow.proposals import mails, operations, undoing
from correction_flow.proposals.history import record
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Action, Actor, Kind, Outcome, Status
from correction_flow.proposals.models import Change, Proposal, Supporter, Visitor, about
from correction_flow.proposals.operations import Submitted, Wanted
from correction_flow.proposals.queries import undecided

CONFIRM_WITHIN = timedelta(hours=LINK_HOURS)
"""How long the link to confirm works; then the request is erased."""

MOST_ERASED = 200
"""So many in one transaction: the worker comes again soon."""


class Found(enum.StrEnum):
    """How a change fares when its request is about to be confirmed."""

    FREE = "free"
    MOVED = "moved"
    TRUE = "true"
    ASKED = "asked"

    @property
    def goes(self) -> bool:
        """Whether it is asked for when the button is pressed."""
        return self in (Found.FREE, Found.MOVED)


LEFT_OUT = {
    Found.TRUE: "it is so in the catalogue by now",
    Found.ASKED: "it is asked for already",
}


@dataclass(frozen=True)
class Looked:
    """A change of an unconfirmed request beside the value that is shown now."""

    change: Change
    current: Any
    found: Found


@dataclass(frozen=True)
class Confirmed:
    """What became of a confirmed request: a proposal or None, and what was left out of it."""

    proposal: Proposal | None
    left_out: list[str] = field(default_factory=list)


# -- sending ------------------------------------------------------------------------------


def submit(
    kind: Kind,
    item: Record,
    wanted: Sequence[Wanted],
    *,
    by: Visitor,
    reason: str,
    evidence_url: str | None = None,
    item_version: int,
) -> Submitted:
    """Store a request that waits for its sender's click, and mail the link.

    The same values from the same address again are led to the first: no second mail. Raises
    Invalid, Conflict when the item is no longer as the sender saw it.
    """
    reason = operations.outside_text("reason", reason)
    operations.lock(item)
    send_key = operations.key_of_sending(kind, item, wanted, reason, evidence_url)
    before = _sent_before(by, send_key)
    if before is not None:
        return Submitted(before, again=True)
    operations.check_wanted(item, wanted, item_version)
    key = operations.new_link_key()
    proposal = Proposal(
        number=f"unconfirmed {key}",
        kind=kind,
        **about(item),
        desk=item.place.desk,
        status=Status.UNCONFIRMED,
        visitor_address=by.address,
        reason=reason,
        evidence_url=evidence_url,
        subject=f"{kind.words}: {shorten(item.title or item.handle, 90)}",
        created_at=utcnow(),
        send_key=send_key,
        link_key=key,
        changes=operations.changes_for(item, wanted, Outcome.DROPPED),
    )
    db.session.add(proposal)
    db.session.flush()
    mails.confirm_request(proposal, until=proposal.created_at + CONFIRM_WITHIN)
    return Submitted(proposal)


def _sent_before(by: Visitor, send_key: str) -> Proposal | None:
    return db.session.scalar(
        select(Proposal).where(
            Proposal.visitor_address == by.address,
            Proposal.send_key == send_key,
            Proposal.status == Status.UNCONFIRMED,
            Proposal.created_at > utcnow() - CONFIRM_WITHIN,
        )
    )


# -- confirming ---------------------------------------------------------------------------


def look(proposal: Proposal) -> list[Looked]:
    """Every change of an unconfirmed request against what is shown and asked for now."""
    rules = rules_of(proposal)
    asked = {(c.target, c.new_key) for c in undecided(proposal.record)}
    looked = []
    for change in proposal.changes:
        current = rules.current(change)
        if current == change.new:
            found = Found.TRUE
        elif (change.target, change.new_key) in asked:
            found = Found.ASKED
        else:
            found = Found.FREE if current == change.old else Found.MOVED
        looked.append(Looked(change, current, found))
    return looked


def lapsed(proposal: Proposal) -> bool:
    """Whether an unconfirmed request can no longer be confirmed."""
    return utcnow() >= proposal.created_at + CONFIRM_WITHIN


def confirm(proposal: Proposal, *, item_version: int) -> Confirmed:
    """Its sender pressed the button: it is submitted, and waits for a decision from now.

    What is true by now, or asked for by somebody else, is left out; if nothing is left, no
    request is made. Whoever has verified the address becomes its proposer. Raises WrongStatus
    when it was confirmed or has lapsed, Conflict when the record is not as the page showed it,
    Invalid when RePEc could not read it any more.
    """
    if proposal.visitor_address is not None:
        operations.lock_visitor(Visitor(proposal.visitor_address))
    _lock(proposal)
    if proposal.status is not Status.UNCONFIRMED:
        raise WrongStatus(f"This request was confirmed already; it is {proposal.number}.")
    if lapsed(proposal):
        raise WrongStatus(
            f"This link is too old: it worked for {LINK_HOURS} hours. Send the request again."
        )
    if proposal.record.version != item_version:
        raise Conflict(
            "The record changed while you had this page open. Nothing was sent; please look at "
            "the values below again, then press the button."
        )
    operations.require_there(proposal.record)
    looked = look(proposal)
    rules = rules_of(proposal)
    going = [one for one in looked if one.found.goes]
    rules.try_out(proposal, {one.change: one.change.new for one in going})
    left_out = [
        f"{rules.label(one.change)}: {LEFT_OUT[one.found]}" for one in looked if not one.found.goes
    ]
    owner = _owner(proposal)
    if owner is not None:
        _support(looked, owner)
    if not going:
        item = proposal.record
        erase(proposal)
        operations.leave_to_curators(item)
        return Confirmed(None, left_out)
    for one in looked:
        if one.found.goes:
            _ask_now(one)
        else:
            proposal.changes.remove(one.change)
            db.session.delete(one.change)
    _number(proposal)
    if owner is not None:
        _belongs_to(proposal, owner)
    _send(proposal, left_out)
    return Confirmed(proposal, left_out)


def _owner(proposal: Proposal) -> User | None:
    owner = user_by_address(proposal.visitor_address or "")
    return owner if owner is not None and owner.active else None


def _support(looked: Sequence[Looked], owner: User) -> None:
    """Somebody with an account supports what others asked for already, as ever (rule 6)."""
    asked = {(c.target, c.new_key): c for c in undecided(looked[0].change.proposal.record)}
    for one in looked:
        same = asked.get((one.change.target, one.change.new_key))
        if one.found is Found.ASKED and same and same.proposal.proposer_id != owner.id:
            operations.support_change(same, by=owner)


def _ask_now(one: Looked) -> None:
    """The change waits for a decision; what its sender has just seen is its old value."""
    one.change.outcome = None
    if one.found is Found.MOVED:
        one.change.old, one.change.low_risk = one.current, False


def _number(proposal: Proposal) -> None:
    """The public number; the mail with the link joins the thread of it."""
    provisional = proposal.number
    proposal.number = operations.next_number()
    title = shorten(proposal.record.title or proposal.record.handle, 90)
    proposal.subject = f"[{proposal.number}] {proposal.kind.words}: {title}"
    db.session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.thread == provisional)
        .values(thread=proposal.number)
    )


def _send(proposal: Proposal, left_out: Sequence[str]) -> None:
    proposal.created_at = utcnow()  # the archive's time runs from here, not from the first press
    owner = proposal.proposer
    proposal.desk = operations.route(proposal.record, proposal.changes, by=owner)
    operations.move(proposal, Status.SUBMITTED)
    proposal.send_key = None
    db.session.flush()
    details: dict[str, Any] = {"left_out": list(left_out)} if left_out else {}
    if proposal.evidence_url:
        details["evidence"] = proposal.evidence_url
    event = record(
        proposal, Action.CONFIRM, by=owner, role=Actor.PROPOSER if owner else Actor.VISITOR,
        note=proposal.reason, details=details or None,
    )  # fmt: skip
    mails.receipt(proposal, event)
    mails.notice(proposal, event)
    rules_of(proposal).sent([proposal])
    operations.leave_to_curators(proposal.record)


# -- joined to an account -----------------------------------------------------------------


def join(address_key: str, user: User) -> None:
    """Somebody has verified this address: what was sent with it is theirs from now on."""
    if not user.active:
        return
    operations.lock_visitor(Visitor(address_key))
    sent = list(
        db.session.scalars(
            select(Proposal)
            .where(Proposal.visitor_address == address_key, Proposal.status != Status.UNCONFIRMED)
            .order_by(Proposal.item_id, Proposal.id)
        )
    )
    for proposal in sent:
        _lock(proposal)
        if proposal.visitor_address == address_key:
            _belongs_to(proposal, user)
            operations.leave_to_curators(proposal.record)


def _belongs_to(proposal: Proposal, user: User) -> None:
    proposal.proposer, proposal.visitor_address = user, None
    db.session.execute(
        delete(Supporter).where(
            Supporter.user_id == user.id,
            Supporter.change_id.in_([change.id for change in proposal.changes]),
        )
    )
    db.session.flush()


accounts.when_verified(join)


def _lock(proposal: Proposal) -> None:
    """As everybody locks, the item first; it may have been erased since it was loaded."""
    mine = select(Proposal.id).where(Proposal.id == proposal.id)
    operations.lock(proposal.record)
    if db.session.scalar(mine.with_for_update()) is None:
        raise NotFound("This request was erased. Nothing of it is kept.")
    operations.lock_proposal(proposal)


# -- erased -------------------------------------------------------------------------------


def erase(proposal: Proposal) -> None:
    """An unconfirmed request goes, whole: address, text, values, and the mail with the link.

    Nobody but its sender ever saw it, it has no event, and a value without a request tells
    nothing; so nothing is kept.
    """
    if proposal.status is not Status.UNCONFIRMED:
        raise WrongStatus(f"This request was confirmed already; it is {proposal.number}.")
    db.session.execute(delete(OutgoingMail).where(OutgoingMail.thread == proposal.number))
    for change in proposal.changes:
        db.session.delete(change)
    db.session.flush()
    db.session.delete(proposal)
    db.session.flush()


def lapsed_exist(now: datetime) -> bool:
    """Whether `erase_unconfirmed` has anything to do; cheap, and takes no lock."""
    return db.session.scalar(_lapsed(now).limit(1)) is not None


def erase_unconfirmed(now: datetime) -> int:
    """Erase the requests that nobody confirmed in time; how many that were.

    The worker calls it. One that is being confirmed just now is left alone: its row is locked.
    """
    found = _lapsed(now).limit(MOST_ERASED).with_for_update(skip_locked=True)
    proposals = list(db.session.scalars(found))
    for proposal in proposals:
        erase(proposal)
    return len(proposals)


def _lapsed(now: datetime) -> Any:
    return (
        select(Proposal)
        .where(Proposal.status == Status.UNCONFIRMED, Proposal.created_at <= now - CONFIRM_WITHIN)
        .order_by(Proposal.created_at)
    )


def withdraw_unconfirmed(proposal: Proposal) -> None:
    """Its sender, or whoever got the mail by mistake, wants nothing of it kept."""
    _lock(proposal)
    erase(proposal)


def why_not_erased(proposal: Proposal) -> str | None:
    """Why a visitor's address cannot be erased from the request now; None if it can."""
    if proposal.status.open:
        return (
            "This request is still open, and answers about it come to your address. Withdraw it, "
            "or wait until it is decided; then you can erase your address."
        )
    until = undoing.undo_until(proposal)
    if until is not None and utcnow() < until:
        return (
            "Those who decided can still take this decision back, and then the request waits for "
            f"you again. Come back in {minutes_until(until)}."
        )
    return None


def erase_address(proposal: Proposal, *, by: Visitor) -> None:
    """The visitor of a closed request is forgotten; the request stays, without them.

    Their link ends, no more mails about it are sent, and those that were have neither address nor
    text any more. Raises NotAllowed, WrongStatus.
    """
    operations.lock_visitor(by)
    operations.lock_proposal(proposal)
    if proposal.visitor_address != by.address:
        raise NotAllowed("Only who sent the request can erase their address from it.")
    problem = why_not_erased(proposal)
    if problem is not None:
        raise WrongStatus(problem)
    proposal.visitor_address = proposal.link_key = None
    proposal.erased = True
    outbox.forget([by.address], thread=proposal.number)


def check_address(text: str) -> Visitor:
    """The visitor of an address as typed. Raises Invalid.

    Only ASCII: so the address mails go to and the key accounts are compared by are one text, and
    no look-alike of an address is taken for it.
    """
    address = text.strip().lower()
    if not address or not address.isascii() or not address.isprintable() or " " in address:
        raise Invalid({"address": "Enter an address in plain letters, like name@university.edu."})
    return Visitor(address)
