"""What is special about authorship claims, for the engine.

The target of a change is `authorship:<item author id>`; its value names an author profile as
`{"profile": id, "name": its name then}`, or is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from correction_flow.accounts.models import AuthorProfile, User
from correction_flow.catalog.models import ItemAuthor
from correction_flow.catalog.operations import the_curators_desk
from correction_flow.catalog.queries import attended
from correction_flow.claims.evidence import signs
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.extensions import db
from correction_flow.proposals import kinds, mails
from correction_flow.proposals.history import record
from correction_flow.proposals.lifecycle import Action, Actor, Kind
from correction_flow.proposals.models import Change, Proposal


def target(item_author_id: int) -> str:
    """The name of an item author as a change's target."""
    return f"authorship:{item_author_id}"


def value(profile: AuthorProfile | None) -> dict[str, Any] | None:
    """How a change names an owner."""
    return {"profile": profile.id, "name": profile.name} if profile else None


def item_author_of(change: Change) -> ItemAuthor:
    """The item author a change is about."""
    author = db.session.get(ItemAuthor, int(change.target.partition(":")[2]))
    if author is None:
        raise Conflict("This name no longer stands on the item.")
    return author


def _disputed_now(accepted: Change) -> None:
    """Whoever else claims this name disputes it from now on; that is for curators to settle."""
    others = db.session.scalars(
        select(Proposal)
        .join(Change, Change.proposal_id == Proposal.id)
        .where(
            Change.item_id == accepted.item_id,
            Change.target == accepted.target,
            Change.outcome.is_(None),
            Proposal.id != accepted.proposal_id,
        )
        .order_by(Proposal.id)
    )
    for other in others.all():
        if attended(other.desk):
            other.desk = the_curators_desk()
            event = record(
                other, Action.ESCALATE, by=None, role=Actor.SYSTEM,
                note="Another claim to this name was accepted, so RePEc’s curators decide now.",
            )  # fmt: skip
            mails.notice(other, event)


def _known_once(author: ItemAuthor, profile_id: int) -> None:
    """Nobody is two authors of one item."""
    other = db.session.scalar(
        select(ItemAuthor).where(
            ItemAuthor.item_id == author.item_id,
            ItemAuthor.role == author.role,
            ItemAuthor.profile_id == profile_id,
            ItemAuthor.id != author.id,
            ItemAuthor.vanished_at.is_(None),
        )
    )
    if other is not None:
        raise Conflict(
            f"This person is known as “{other.name}” on this item already, and cannot be "
            f"“{author.name}” too. Decline the claim, or let them give up the other name first."
        )


class AuthorshipKind:
    """An item author belongs to a profile, or to nobody yet."""

    def label(self, change: Change) -> str:
        author = item_author_of(change)
        return f"{author.role.value.capitalize()} {author.position}, {author.name}"

    def about(self, change: Change) -> str | None:
        return None

    def worded(self, change: Change) -> bool:
        return False

    def text(self, change: Change, value: Any) -> str:
        if value and "name" not in value:
            return "no longer printed on the item"
        return f"claimed by {value['name']}" if value else "not claimed"

    def cites(self, change: Change, value: Any) -> str | None:
        return None

    def load(self, changes: Sequence[Change]) -> list[object]:
        if not changes:
            return []
        ids = {int(change.target.partition(":")[2]) for change in changes}
        return list(db.session.scalars(select(ItemAuthor).where(ItemAuthor.id.in_(ids))))

    def current(self, change: Change) -> Any:
        author = item_author_of(change)
        if author.vanished_at is not None:
            return {"vanished": True}
        return value(author.profile)

    def published(self, change: Change) -> Any:
        return None  # no file of a publisher says anything about it

    def merged(self, change: Change) -> Any:
        return change.new

    def without(self, change: Change, value: Any) -> Any:
        raise Conflict(f"A later decision changed who “{self.label(change)}” is.")

    def judge_again(self, change: Change) -> None:
        pass  # no file of a publisher says anything about it

    def read(self, change: Change, text: str) -> Any:
        raise Invalid({change.target: "A claim is accepted or declined; it cannot be amended."})

    def target(self, change: Change, value: Any) -> str:
        return change.target

    def typographic(self, change: Change, value: Any) -> bool:
        return bool(change.new == value)

    def try_out(self, proposal: Proposal, values: Mapping[Change, Any]) -> None:
        """Nothing to try: no value of a claim is written down anywhere else."""

    def heard(self, proposal: Proposal) -> list[User]:
        """The person known by a name that somebody else claims: a dispute."""
        ids = [int(c.target.partition(":")[2]) for c in proposal.undecided]
        return list(
            db.session.scalars(
                select(User)
                .join(AuthorProfile, AuthorProfile.user_id == User.id)
                .join(ItemAuthor, ItemAuthor.profile_id == AuthorProfile.id)
                .where(ItemAuthor.id.in_(ids), User.active, User.id != proposal.proposer_id)
                .order_by(User.id)
            )
        )

    def sent(self, proposals: Sequence[Proposal]) -> None:
        """Nobody has to be asked."""

    def evidence(self, proposal: Proposal) -> list[kinds.Sign]:
        if proposal.proposer is None:
            return []
        claims = [c for c in proposal.changes if c.new is not None]
        return [sign for c in claims for sign in signs(item_author_of(c), proposal.proposer)]

    def take_effect(self, proposal: Proposal, changes: list[Change]) -> None:
        for change in changes:
            author = item_author_of(change)
            if author.vanished_at is not None:
                raise Conflict(f"The name “{author.name}” no longer stands on the item.")
            if change.applied is None:  # its owner said that it is not theirs
                author.profile_id = None
                continue
            profile_id = change.applied["profile"]
            _known_once(author, profile_id)
            author.profile_id = profile_id
            _disputed_now(change)

    def take_back(self, proposal: Proposal, changes: list[Change]) -> None:
        for change in changes:
            item_author_of(change).profile_id = (change.replaced or {}).get("profile")


kinds.register(Kind.AUTHORSHIP, AuthorshipKind())
