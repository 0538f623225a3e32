"""Vouching: an author of the citing item says whether it cites as somebody asks.

Who asks is often an author of the cited work, whom the link serves and who cannot prove it; an
author of the citing item can (repec.md §5.2). Their answer is evidence for the desk and decides
nothing: two people can vouch for each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, func, select
from sqlalchemy.orm import aliased, joinedload

from correction_flow.accounts.leaving import taken_along, when_erased
from correction_flow.accounts.models import AuthorProfile, User
from correction_flow.accounts.queries import verified_keys
from correction_flow.catalog.models import ItemAuthor
from correction_flow.catalog.queries import (
    has_authored,
    has_authored_any,
    items_by_keys,
    known_authors,
)
from correction_flow.citations.models import Vouch, VouchAnswer
from correction_flow.citations.targets import cited_in
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Invalid, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.paging import COUNT_LIMIT, count_text
from correction_flow.core.settings import setting
from correction_flow.core.text import name_key
from correction_flow.proposals import mails
from correction_flow.proposals.history import record
from correction_flow.proposals.kinds import Sign
from correction_flow.proposals.lifecycle import Action, Actor
from correction_flow.proposals.models import Proposal
from correction_flow.proposals.operations import lock_proposal, new_link_key, outside_text
from correction_flow.proposals.queries import latest_event, with_record

MOST_ASKED = 5
"""Authors of one item who are asked."""
MOST_AT_ONCE = 100
"""Questions on one page: those of one batch."""
SAYS = {
    VouchAnswer.YES: "Yes, our work cites it so.",
    VouchAnswer.NO: "No, our work does not cite it so.",
    VouchAnswer.UNSURE: "I cannot say.",
}


class Said(NamedTuple):
    """An answer to one question."""

    answer: VouchAnswer
    note: str = ""


# -- asking -------------------------------------------------------------------------------


def ask(proposals: Sequence[Proposal]) -> None:
    """Ask the authors of the citing items, each in one mail; nobody where one of them asks."""
    questions: defaultdict[User, list[Vouch]] = defaultdict(list)
    now = utcnow()
    for proposal in proposals:
        for user in _can_tell(proposal):
            vouch = Vouch(
                proposal=proposal, user=user, link_key=new_link_key(), asked_at=now,
                until=now + timedelta(days=setting("VOUCH_DAYS")),
            )  # fmt: skip
            db.session.add(vouch)
            questions[user].append(vouch)
    db.session.flush()
    for user, (first, *others) in questions.items():
        event = latest_event(first.proposal)
        if event is not None:
            mails.vouch(
                first.proposal, event, user, page=page_of(first), until=first.until,
                together=[vouch.proposal for vouch in others],
            )  # fmt: skip


def _can_tell(proposal: Proposal) -> list[User]:
    authors = known_authors(proposal.item)
    if any(_sent_by(proposal, user) for user in authors):
        return []
    return [user for user in authors if user.active][:MOST_ASKED]


def _sent_by(proposal: Proposal, user: User) -> bool:
    return proposal.proposer_id == user.id or proposal.visitor_address in verified_keys(user)


def page_of(vouch: Vouch) -> str:
    """The page where it is answered; the link is its key."""
    return f"/vouch/{_signer().dumps(vouch.link_key)}"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(setting("SECRET_KEY"), salt="vouch")


# -- answering ----------------------------------------------------------------------------


def asked_by_link(token: str) -> list[Vouch]:
    """The question behind a link, first, and the others to the same person of the same batch."""
    try:
        key = str(_signer().loads(token))
    except BadSignature:
        return []
    query = select(Vouch).options(
        joinedload(Vouch.proposal, innerjoin=True).options(*with_record()),
        joinedload(Vouch.user, innerjoin=True),
    )
    first = db.session.scalar(query.where(Vouch.link_key == key))
    if first is None:
        return []
    if first.proposal.batch is None:
        return [first]
    of_batch = select(Proposal.id).where(Proposal.batch == first.proposal.batch)
    others = query.where(
        Vouch.user_id == first.user_id, Vouch.proposal_id.in_(of_batch), Vouch.id != first.id
    )
    return [first, *db.session.scalars(others.order_by(Vouch.id).limit(MOST_AT_ONCE - 1))]


def asked_of(user: User, proposal: Proposal) -> Vouch | None:
    """The question to this person about the proposal, while it takes an answer."""
    vouch = db.session.scalar(
        select(Vouch).where(Vouch.proposal_id == proposal.id, Vouch.user_id == user.id)
    )
    return vouch if vouch is not None and takes_answer(vouch) else None


def takes_answer(vouch: Vouch) -> bool:
    """Whether it is still of use: not answered, not too late, and not decided yet."""
    return why_no_answer(vouch) is None


def why_no_answer(vouch: Vouch) -> str | None:
    """The sentence for a question that takes no answer any more."""
    if vouch.answer is not None:
        return f"You have answered: {SAYS[vouch.answer]}"
    if not vouch.proposal.status.open:
        return "It is decided by now, so nothing more is needed."
    if vouch.until <= utcnow():
        days = (vouch.until - vouch.asked_at).days
        return f"The {days} days for an answer are over. You can still comment on the request."
    if not has_authored(vouch.user, vouch.proposal.item):
        return "You are no longer known as an author of the citing item."
    return None


def answer(vouches: Sequence[Vouch], said: Mapping[int, Said]) -> int:
    """What an author says, by ids of the questions; the same again changes nothing.

    Returns how many were answered now. Raises Invalid where there is no answer at all, and
    WrongStatus where a question takes none any more.
    """
    chosen = [vouch for vouch in vouches if vouch.id in said]
    if not chosen:
        raise Invalid({"": "Choose an answer, then send it."})
    answered = 0
    for vouch in sorted(chosen, key=lambda v: v.proposal.item_id):
        lock_proposal(vouch.proposal)
        given = said[vouch.id]
        note = outside_text("note", given.note)
        if vouch.answer is given.answer and (vouch.note or "") == note:
            continue
        why = why_no_answer(vouch)
        if why is not None:
            raise WrongStatus(f"{vouch.proposal.number}: {why}")
        vouch.answer, vouch.note, vouch.answered_at = given.answer, note or None, utcnow()
        record(
            vouch.proposal, Action.COMMENT, by=vouch.user, role=Actor.AUTHOR,
            note=f"{SAYS[given.answer]} {note}".strip(), details={"vouch": given.answer.value},
        )  # fmt: skip
        answered += 1
    return answered


# -- what it shows ------------------------------------------------------------------------


def evidence(proposal: Proposal) -> list[Sign]:
    """What is known of who asks, and what authors of the citing item say."""
    signs = [*_of_sender(proposal)]
    query = select(Vouch).where(Vouch.proposal_id == proposal.id).order_by(Vouch.id)
    for vouch in db.session.scalars(query.options(joinedload(Vouch.user, innerjoin=True))):
        signs.append(_of_vouch(vouch))
        if vouch.answer is VouchAnswer.YES and proposal.proposer is not None:
            signs += _of_two(proposal.proposer, vouch.user)
    return signs


def _of_sender(proposal: Proposal) -> list[Sign]:
    sender = proposal.proposer
    if sender is None:
        return [Sign("A visitor sent it. Nobody knows what they have written.")]
    signs = []
    keys = {k for c in proposal.changes if (k := cited_in(c, c.new) or cited_in(c, c.old))}
    wrote = has_authored_any(sender, items_by_keys(sorted(keys)).values())
    if wrote:
        signs.append(
            Sign("The sender is known as an author of the cited work: it counts for them.")
        )
    if has_authored(sender, proposal.item):
        also = " too: citing oneself is no fault" if wrote else ", and can tell"
        signs.append(Sign(f"The sender is known as an author of the citing item{also}.", "for"))
    return signs


def _of_vouch(vouch: Vouch) -> Sign:
    who = f"{vouch.user.name}, known as an author of the citing item,"
    if vouch.answer is None:
        late = vouch.until <= utcnow()
        day = f"{vouch.asked_at:%-d %B %Y}"
        rest = "and did not answer" if late else f"and has until {vouch.until:%-d %B}"
        return Sign(f"{who} was asked on {day} {rest}.")
    speaks: dict[VouchAnswer, Any] = {VouchAnswer.YES: "for", VouchAnswer.NO: "against"}
    note = f" They write: “{vouch.note}”" if vouch.note else ""
    says = f"{who} says: “{SAYS[vouch.answer]}”{note}"
    return Sign(says, speaks.get(vouch.answer, "neither"))


def _of_two(sender: User, other: User) -> list[Sign]:
    """What makes the word of one for the other weigh less."""
    signs = []
    theirs = _vouched(other, sender)
    returned = _vouched(sender, other)
    if returned:
        signs.append(
            Sign(
                f"They vouch for each other: {other.name} for the sender {_times(theirs)}, the "
                f"sender for {other.name} {_times(returned)}.",
                "against",
            )
        )
    together = _works_together(sender, other)
    if together:
        works = "one work" if together == 1 else f"{count_text(together)} works"
        signs.append(Sign(f"{other.name} and the sender are co-authors of {works}."))
    if name_key(sender.name) == name_key(other.name):
        signs.append(Sign(f"{other.name} has the same name as the sender.", "against"))
    return signs


def _times(n: int) -> str:
    return "once" if n == 1 else f"{count_text(n)} times"


def _vouched(who: User, sender: User) -> int:
    """How often one vouched for requests of the other; counting stops behind the limit."""
    some = (
        select(Vouch.id)
        .join(Proposal, Proposal.id == Vouch.proposal_id)
        .where(
            Vouch.user_id == who.id,
            Vouch.answer == VouchAnswer.YES,
            Proposal.proposer_id == sender.id,
        )
        .limit(COUNT_LIMIT + 1)
    )
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def _works_together(one: User, other: User) -> int:
    mine, theirs = aliased(ItemAuthor), aliased(ItemAuthor)
    of_one, of_other = aliased(AuthorProfile), aliased(AuthorProfile)
    some = (
        select(mine.item_id)
        .join(of_one, of_one.id == mine.profile_id)
        .join(theirs, theirs.item_id == mine.item_id)
        .join(of_other, of_other.id == theirs.profile_id)
        .where(
            of_one.user_id == one.id,
            of_other.user_id == other.id,
            mine.vanished_at.is_(None),
            theirs.vanished_at.is_(None),
        )
        .limit(COUNT_LIMIT + 1)
    )
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


# -- whoever leaves -----------------------------------------------------------------------


def _asked_of_them(user: User) -> list[dict[str, str | None]]:
    rows = select(Vouch).where(Vouch.user_id == user.id).order_by(Vouch.id)
    return [
        {
            "request": row.proposal.number,
            "asked_at": row.asked_at.isoformat(),
            "answer": row.answer.value if row.answer else None,
            "text": row.note,
        }
        for row in db.session.scalars(rows)
    ]


def _ask_no_more(user: User) -> None:
    """What they answered stays, as a former user's word."""
    db.session.execute(delete(Vouch).where(Vouch.user_id == user.id, Vouch.answer.is_(None)))


taken_along("vouches", _asked_of_them)
when_erased(_ask_no_more)
