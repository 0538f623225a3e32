"""One function per mail of a proposal: who receives it and what it says.

Everybody affected is told; nobody is told of their own act, the receipt apart; one person gets
one mail per event (product.md §4, rule 9).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from correction_flow.accounts.models import User
from correction_flow.accounts.queries import bouncing, curators, verified_owners
from correction_flow.accounts.tokens import invitation
from correction_flow.catalog.models import Item
from correction_flow.catalog.queries import (
    attended,
    decides,
    item_by_handle,
    known_authors,
    sits_at,
)
from correction_flow.core import outbox
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.mail import post
from correction_flow.core.settings import setting
from correction_flow.core.text import address_key
from correction_flow.proposals import links
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Audience, Outcome, What
from correction_flow.proposals.models import Change, Event, Proposal
from correction_flow.proposals.policy import low_risk
from correction_flow.proposals.queries import (
    last_event,
    median_days,
    numbers_sent_with,
    place_in_queue,
    supporters_of,
)


@dataclass(frozen=True)
class Receiver:
    """Somebody to be told: where, who that is if they have an account, and why they get it."""

    address: str
    user: User | None
    why: str
    at_desk: bool = False
    visitor: bool = False

    @property
    def left(self) -> bool:
        """Whether they have erased their account: nobody writes to them."""
        return self.user is not None and self.user.erased_at is not None


MOST_LINES = 20
"""Changes named in a mail about an import, of each sort; the rest is counted and linked."""


@dataclass
class News:
    """What an import did to requests that concern one person: how many, and the first of them."""

    receiver: Receiver
    counts: Counter[What] = field(default_factory=Counter)
    lines: defaultdict[What, list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    proposal: Proposal | None = None

    def add(self, event: Event, line: Callable[[], dict[str, Any]]) -> None:
        """One more; `line` is asked only where it is shown."""
        self.counts[event.what] += 1
        self.proposal = self.proposal or event.proposal
        if len(self.lines[event.what]) < MOST_LINES:
            self.lines[event.what].append(line())


def path(proposal: Proposal) -> str:
    """The proposal's page."""
    return f"/proposals/{proposal.number}"


def case_path(proposal: Proposal) -> str:
    """The same on the desk."""
    return f"/desk/{proposal.number}"


def ask_again_path(proposal: Proposal) -> str:
    """The form, filled in with what was accepted and the publisher has overruled."""
    record = proposal.record
    handle = quote(record.handle, safe=":/")
    return f"/corrections/new?{record.noun}={handle}&again={proposal.number}"


def confirm_request(proposal: Proposal, *, until: datetime) -> None:
    """To the address a visitor gave: the link to the page whose button confirms the request.

    It names the item and its fields, and holds nothing that was typed: else anybody could have us
    mail anything to anybody.
    """
    if proposal.visitor_address is None:
        return
    rules = rules_of(proposal)
    post(
        "confirm_request",
        to=proposal.visitor_address,
        thread=proposal.number,
        proposal=proposal,
        item=proposal.record,
        labels=[rules.label(change) for change in proposal.changes],
        until=until,
        link=links.confirm_path(proposal),
    )


def receipt(proposal: Proposal, event: Event, together: Sequence[Proposal] = ()) -> None:
    """To the proposer: we have it, who decides, what place in the queue.

    `together`: others of the same batch, told of in this mail.
    """
    _tell(
        "receipt",
        proposal,
        event,
        _proposer(proposal),
        decides=decides(proposal.place, proposal.desk),
        place=place_in_queue(proposal),
        median_days=median_days(proposal.desk_id),
        together=together,
    )


def notice(proposal: Proposal, event: Event, together: Sequence[Proposal] = ()) -> None:
    """To those who decide: a request waits for them, and `together` others of its batch.

    Not to its sender. Whoever an appeal is against is told so; somebody else decides it.
    """
    desk = [r for r in _desk(proposal) if r.user is None or r.user is not proposal.proposer]
    _tell("notice", proposal, event, desk, told_of_own_act=False, together=together)
    for each in (proposal, *together):
        disputed(each, event, told=desk)


def disputed(proposal: Proposal, event: Event, told: Sequence[Receiver]) -> None:
    """To whoever is known by the name that somebody else claims: say your part (rule 9)."""
    known = {person(receiver) for receiver in told}
    why = "you are known as this author"
    heard = [Receiver(u.email, u, why) for u in rules_of(proposal).heard(proposal)]
    receivers = [r for r in heard if person(r) not in known]
    _tell("disputed", proposal, event, receivers, told_of_own_act=False)


def vouch(
    proposal: Proposal,
    event: Event,
    user: User,
    *,
    page: str,
    until: datetime,
    together: Sequence[Proposal] = (),
) -> None:
    """To an author of the citing item: does it cite so? Of `together` the page asks as well."""
    receiver = Receiver(user.email, user, "you are known as an author of the citing item")
    _tell(
        "vouch", proposal, event, [receiver], told_of_own_act=False, page=page, until=until,
        together=together,
    )  # fmt: skip


def asked(proposal: Proposal, event: Event) -> None:
    """To the proposer and supporters: a question waits for an answer."""
    rules = rules_of(proposal)
    values = (event.details or {}).get("suggested", {})
    suggested = [
        {
            "label": rules.label(change),
            "old": rules.text(change, change.new),
            "new": rules.text(change, values[str(change.id)]),
        }
        for change in proposal.changes
        if str(change.id) in values
    ]
    receivers = [*_proposer(proposal), *_supporters(proposal)]
    _tell("asked", proposal, event, receivers, told_of_own_act=False, suggested=suggested)


def answered(proposal: Proposal, event: Event) -> None:
    """To those who decide: the answer is there, it is their turn again."""
    _tell("answered", proposal, event, _desk(proposal), told_of_own_act=False)


def edited(proposal: Proposal, event: Event) -> None:
    """To those who decide: the sender asks for other values now."""
    _tell("edited", proposal, event, _desk(proposal), told_of_own_act=False)


def commented(proposal: Proposal, event: Event) -> None:
    """To everybody in the conversation; a note for the desk to the desk alone."""
    receivers = _desk(proposal)
    if event.audience is not Audience.DESK:
        receivers = [*_proposer(proposal), *_supporters(proposal), *receivers]
    _tell("commented", proposal, event, receivers, told_of_own_act=False)


def reminder(proposal: Proposal) -> None:
    """To the proposer: a question still waits for an answer."""
    question = last_event(proposal, What.ASK)
    _tell("reminder", proposal, question, _proposer(proposal), again=True)


def overdue(proposal: Proposal, together: Sequence[Proposal]) -> None:
    """To those who decide: the day by which a decision was promised is over, of these too."""
    _tell(
        "overdue", proposal, last_event(proposal), _desk(proposal), again=True,
        days=_days_waiting(proposal), together=together,
    )  # fmt: skip


def escalated(
    proposal: Proposal,
    event: Event,
    announced_from: datetime | None,
    together: Sequence[Proposal],
) -> None:
    """To RePEc's curators, those who decide and the proposer: nobody has decided these so far.

    `announced_from`: when a curator may announce to decide what is low-risk.
    """
    why = "you are a curator, and nobody has decided this"
    told = [Receiver(user.email, user, why) for user in curators()]
    receivers = [*_proposer(proposal), *_desk(proposal), *told]
    _tell(
        "escalated", proposal, event, receivers, days=_days_waiting(proposal),
        announced_from=announced_from if low_risk(proposal) else None, together=together,
    )  # fmt: skip


def announced(proposal: Proposal, event: Event, turn: datetime | None) -> None:
    """To those who decide and the proposer: from then on a curator may decide in their place."""
    receivers = [*_desk(proposal), *_proposer(proposal)]
    _tell("announced", proposal, event, receivers, told_of_own_act=False, turn_at=turn)


def curators_turn(proposal: Proposal) -> None:
    """To the curator who announced a decision: nobody objected, now they may decide."""
    event = last_event(proposal, What.ANNOUNCE)
    why = "you announced to decide this"
    curator = event.actor
    told = [Receiver(curator.email, curator, why, at_desk=True)] if curator else []
    _tell("curators_turn", proposal, event, told, again=True, days=_days_waiting(proposal))


def objected(proposal: Proposal, event: Event) -> None:
    """To the proposer and the curator who announced a decision: the maintainer keeps the case."""
    curator = last_event(proposal, What.ANNOUNCE).actor
    why = "you announced to decide this"
    told = [Receiver(curator.email, curator, why)] if curator else []
    _tell("objected", proposal, event, [*_proposer(proposal), *told], told_of_own_act=False)


def unreachable(proposal: Proposal) -> bool:
    """Whether no address at its desk can be reached: each bounces, or the mails to it about the
    proposal, or about what was sent with it, were given up."""
    keys = {address_key(receiver.address) for receiver in _desk(proposal)}
    gone = outbox.given_up([proposal.number, *numbers_sent_with(proposal)], keys)
    return bool(keys) and keys <= gone | bouncing(keys)


def _days_waiting(proposal: Proposal) -> int:
    return (utcnow() - proposal.waiting_since).days if proposal.waiting_since else 0


def expired(proposal: Proposal, event: Event) -> None:
    """To everybody who waits for it: a question had no answer."""
    desk = [r for r in _desk(proposal) if r.user is not None]
    _tell("expired", proposal, event, [*_proposer(proposal), *_supporters(proposal), *desk])


def reverted(proposal: Proposal, event: Event, change: Change, authors: Sequence[Receiver]) -> None:
    """To everybody affected: an accepted change no longer stands, and why."""
    receivers = _affected(proposal, authors)
    rules = rules_of(proposal)
    _tell(
        "reverted", proposal, event, receivers, told_of_own_act=False, change=change,
        shown_again=rules.text(change, rules.current(change)),
    )  # fmt: skip


def looked_again(proposal: Proposal, event: Event) -> None:
    """To the proposer and supporters: a part of it is settled, or the value it is about moved."""
    _tell("looked_again", proposal, event, [*_proposer(proposal), *_supporters(proposal)])


def concerned_by_files(event: Event) -> list[Receiver]:
    """Whoever hears of what a publisher's file did to an accepted change, or to an open request.

    Who asked for it and who decided; where the file takes it away, all who decide as well. Of what
    it settled, who waits for it.
    """
    proposal = event.proposal
    why = "you asked for these corrections"
    receivers = [replace(r, why=why) for r in (*_proposer(proposal), *_supporters(proposal))]
    if event.what is What.SUPERSEDE:
        return [*receivers, *_desk(proposal)]
    if proposal.decided_by is not None:
        by, why = proposal.decided_by, "you decided about these corrections"
        at_desk = by.is_curator or sits_at(by, proposal.desk)
        receivers.append(Receiver(by.email, by, why, at_desk=at_desk))
    return receivers if event.what is What.ADOPTED else [*receivers, *_desk(proposal)]


def read_again(news: News) -> None:
    """What the publisher's files say of a person's accepted changes: one mail for each reading."""
    proposal, receiver = news.proposal, news.receiver
    if proposal is None or receiver.left:
        return
    own = "/desk?tab=done" if receiver.at_desk else "/my/requests"
    post(
        "read_again", to=receiver.address, receiver=receiver, archive=proposal.place.archive,
        counts={what.value: n for what, n in news.counts.items()},
        lines={what.value: lines for what, lines in news.lines.items()},
        link=_led_to(own, proposal, receiver),
    )  # fmt: skip


def withdrawn(proposal: Proposal, event: Event) -> None:
    """To those who decide and to supporters: nothing is left to do."""
    desk = [r for r in _desk(proposal) if r.user is not None]
    receivers = [*desk, *_supporters(proposal)]
    _tell("withdrawn", proposal, event, receivers, told_of_own_act=False)


def passed_on(proposal: Proposal, event: Event) -> None:
    """To a supporter: its sender withdrew, the request is yours now."""
    _tell("passed_on", proposal, event, _proposer(proposal, "you asked for the same change"))


def superseded(proposal: Proposal, event: Event) -> None:
    """To everybody who waits for it: it was settled in another way."""
    receivers = [*_proposer(proposal), *_supporters(proposal), *_desk(proposal)]
    _tell("superseded", proposal, event, receivers)


def decided(proposal: Proposal, event: Event, authors: Sequence[Receiver]) -> None:
    """To everybody affected: what was accepted, what was not, and why.

    `authors`: the item's before the decision, for a claim can take a name from one. The mails
    wait for UNDO_MINUTES, in which the decider may take the decision back.
    """
    affected = _affected(proposal, authors)
    _tell_decision(proposal, event, affected)
    cited([event], affected)


def decided_together(events: Sequence[Event]) -> None:
    """Several decisions of one batch: each person gets one mail, about what concerns them."""
    concerned: dict[str, tuple[Receiver, list[Event]]] = {}
    for event in events:
        for receiver in _affected(event.proposal, authors(event.proposal)):
            _, theirs = concerned.setdefault(person(receiver), (receiver, []))
            if event not in theirs:
                theirs.append(event)
    for receiver, theirs in concerned.values():
        together = [event.proposal for event in theirs[1:]]
        _tell_decision(theirs[0].proposal, theirs[0], [receiver], together)
    cited(events, [receiver for receiver, _ in concerned.values()])


def cited(events: Sequence[Event], told: Sequence[Receiver]) -> None:
    """To the known authors of items that accepted changes link, or link no more (rule 9).

    They are no party: the mail holds what everybody may read, and leads to the citing item.
    """
    links_of: defaultdict[User, list[dict[str, Any]]] = defaultdict(list)
    first: dict[User, Event] = {}
    known = {person(receiver) for receiver in told}
    for event in events:
        for link in _links(event.proposal):
            for user in known_authors(link["cited"]):
                receiver = Receiver(user.email, user, "you are an author of the cited item")
                if person(receiver) not in known and user.id != event.actor_id:
                    first.setdefault(user, event)
                    links_of[user].append(link)
    for user, its in links_of.items():
        post(
            "cited", to=user.email, event_id=first[user].id, links=its, user=user,
            send_after=utcnow() + timedelta(minutes=setting("UNDO_MINUTES")),
            link=f"/items/{quote(its[0]['citing'].handle, safe=':/')}",
        )  # fmt: skip


def _links(proposal: Proposal) -> list[dict[str, Any]]:
    """What accepted changes of references link now, and what they link no more."""
    rules = rules_of(proposal)
    accepted = [c for c in proposal.changes if c.outcome and c.outcome.took_effect]
    found = [
        {
            "citing": proposal.item, "number": proposal.number, "linked": linked,
            "cited": item_by_handle(key),
            "text": rules.about(change) or rules.text(change, change.applied),
        }
        for change in accepted
        for value, linked in ((change.applied, True), (change.replaced, False))
        if (key := rules.cites(change, value))
    ]  # fmt: skip
    return [link for link in found if link["cited"] is not None]


def _affected(proposal: Proposal, authors: Sequence[Receiver]) -> list[Receiver]:
    return [*_proposer(proposal), *_supporters(proposal), *authors, *_desk(proposal)]


def _tell_decision(
    proposal: Proposal,
    event: Event,
    receivers: Sequence[Receiver],
    together: Sequence[Proposal] = (),
) -> None:
    _tell(
        "decided",
        proposal,
        event,
        receivers,
        told_of_own_act=False,
        send_after=utcnow() + timedelta(minutes=setting("UNDO_MINUTES")),
        accepted=[c for c in proposal.changes if c.outcome and c.outcome.took_effect],
        declined=[c for c in proposal.changes if c.outcome is Outcome.DECLINED],
        dropped=[c for c in proposal.changes if c.outcome is Outcome.DROPPED],
        together=together,
    )


def person(receiver: Receiver) -> str:
    """Who that is: two addresses of one account are one person."""
    return f"user {receiver.user.id}" if receiver.user else address_key(receiver.address)


def _tell(
    name: str,
    proposal: Proposal,
    event: Event,
    receivers: Iterable[Receiver],
    *,
    told_of_own_act: bool = True,
    send_after: datetime | None = None,
    again: bool = False,
    page: str | None = None,
    **context: object,
) -> None:
    """`again`: the event was told of before, and this is no repetition but a reminder; `page`:
    where the mail leads, if not to the request."""
    rules = rules_of(proposal)

    def line(change: Change, which: str) -> str:
        return rules.text(change, getattr(change, which)) or "(empty)"

    told: set[str] = set()
    for receiver in receivers:
        if person(receiver) in told or receiver.left:
            continue
        told.add(person(receiver))
        own = (
            receiver.user.id == event.actor_id
            if receiver.user
            else (receiver.visitor and event.by_visitor)
        )
        if own and not told_of_own_act:
            continue
        post(
            name,
            to=receiver.address,
            event_id=None if again else event.id,
            thread=proposal.number,
            send_after=send_after,
            proposal=proposal,
            item=proposal.record,
            event=event,
            receiver=receiver,
            link=page or _link(proposal, receiver),
            label=rules.label,
            line=line,
            **context,
        )


def _link(proposal: Proposal, receiver: Receiver) -> str:
    """Where a mail about the proposal leads."""
    at_desk = receiver.at_desk or receiver.user is None
    return _led_to(case_path(proposal) if at_desk else path(proposal), proposal, receiver)


def _led_to(page: str, proposal: Proposal, receiver: Receiver) -> str:
    """The way there: a visitor has the key to the request only, and an address without an account
    first gets a page to set a password."""
    if receiver.visitor:
        return links.follow_path(proposal)
    if receiver.user is None:
        return f"/verify/{invitation(receiver.address, page)}"
    return page


def _proposer(proposal: Proposal, why: str = "you sent this request") -> list[Receiver]:
    if proposal.proposer is None:
        address = proposal.visitor_address
        return [Receiver(address, None, why, visitor=True)] if address else []
    return [Receiver(proposal.proposer.email, proposal.proposer, why)]


def _supporters(proposal: Proposal) -> list[Receiver]:
    why = "you asked for the same change"
    return [Receiver(user.email, user, why) for user in supporters_of(proposal)]


def authors(proposal: Proposal) -> list[Receiver]:
    """Whoever is known as an author of the item now."""
    why = "you are an author of this item"
    record = proposal.record
    authors = known_authors(record) if isinstance(record, Item) else []
    return [Receiver(user.email, user, why) for user in authors]


def _desk(proposal: Proposal) -> list[Receiver]:
    """Every maintainer at the address their file names; curators where there is none."""
    desk, here = proposal.desk, f"this {proposal.place.noun}"
    members = [m for m in desk.members if not m.removed]
    removed = {m.user_id for m in desk.members if m.removed}
    if not attended(desk):
        why = f"you are a curator, and {here} has no maintainer"
        return [Receiver(user.email, user, why, at_desk=True) for user in curators()]
    owners = verified_owners(m.address_key for m in members if m.address_key)
    receivers = []
    for member in members:
        if member.address is not None and member.address_key is not None:
            user = owners.get(member.address_key)
            why = "your address stands as Maintainer-Email in the publisher’s file"
            address = member.address
        else:
            user = db.session.get(User, member.user_id)
            why = f"an administrator made you a maintainer of {here}"
            address = user.email if user else ""
        if address and (user is None or user.id not in removed):
            receivers.append(Receiver(address, user, why, at_desk=True))
    return receivers
