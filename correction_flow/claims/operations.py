"""Claiming that one wrote an item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from correction_flow.accounts import leaving
from correction_flow.accounts.models import AuthorProfile, User
from correction_flow.accounts.operations import profile_for
from correction_flow.accounts.queries import profile_of
from correction_flow.catalog.models import AuthorRole, Item, ItemAuthor
from correction_flow.catalog.queries import authors_of
from correction_flow.claims.kind import target, value
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.extensions import db
from correction_flow.core.text import name_key, plain
from correction_flow.proposals import operations as proposals
from correction_flow.proposals.batches import LARGEST, Wish, submit_batch
from correction_flow.proposals.lifecycle import Kind, Standing
from correction_flow.proposals.models import Because, Change, Proposal
from correction_flow.proposals.operations import Submitted, Wanted


@dataclass(frozen=True)
class Claimed:
    """One claim of several: the item, its printed name, and the item's version as it was seen."""

    item: Item
    item_author_id: int
    item_version: int


def claim(
    item: Item,
    item_author_id: int | None,
    *,
    by: User,
    reason: str,
    evidence_url: str | None,
    item_version: int,
) -> Submitted:
    """Ask to be known as this item author. A name somebody owns already is a dispute."""
    proposals.lock(item)  # whether the name is free must hold until the claim is stored
    wanted, dispute = _wanted(authors_of(item), item_author_id, by=by, reason=reason)
    return proposals.submit(
        Kind.AUTHORSHIP, item, [wanted], by=by, reason=reason, evidence_url=evidence_url,
        item_version=item_version, dispute=dispute,
    )  # fmt: skip


def claim_many(
    claims: Sequence[Claimed], *, by: User, reason: str, evidence_url: str | None
) -> list[Submitted]:
    """Several claims at once: a proposal each, one mail for all, or nothing at all.

    Raises Invalid with a sentence for each item that cannot be claimed so, by `author-<item id>`.
    """
    if not claims:
        raise Invalid({"": "Choose the printed name that is you on one item at least."})
    if len(claims) > LARGEST:
        raise Invalid({"": f"These are {len(claims)} items. Claim at most {LARGEST} at once."})
    claims = sorted(claims, key=lambda one: one.item.id)
    for one in claims:
        proposals.lock(one.item)
    wishes, errors = [], {}
    places: set[tuple[int, AuthorRole | None]] = set()
    for one in claims:
        authors = authors_of(one.item)
        role = next((a.role for a in authors if a.id == one.item_author_id), None)
        if (one.item.id, role) in places:
            raise Invalid({"": "You are one author of an item. Choose one name on each."})
        places.add((one.item.id, role))
        try:
            wanted, dispute = _wanted(authors, one.item_author_id, by=by, reason=reason)
        except Invalid as error:
            errors[f"author-{one.item.id}"] = str(error)
        else:
            wishes.append(Wish(one.item, [wanted], one.item_version, dispute=dispute))
    if errors:
        raise Invalid(errors)
    return submit_batch(
        Kind.AUTHORSHIP, wishes, by=by, reason=reason, evidence_url=evidence_url
    )  # fmt: skip


def _wanted(
    authors: Sequence[ItemAuthor], item_author_id: int | None, *, by: User, reason: str
) -> tuple[Wanted, bool]:
    """The change, and whether it is a dispute. Raises Invalid."""
    author = next((a for a in authors if a.id == item_author_id), None)
    if author is None:
        raise Invalid({"author": "Choose the printed name that is you."})
    profile = profile_for(by)
    mine = next((a for a in authors if a.profile_id == profile.id and a.role is author.role), None)
    if mine is not None:
        raise Invalid({"author": f"You are already known as “{mine.name}” on this item."})
    if not plain(reason) and not names_agree(author, by):
        raise Invalid(
            {
                "reason": f"Your account is “{by.name}”, the printed name is “{author.name}”. "
                "Say why this is you."
            }
        )
    wanted = Wanted(target(author.id), value(author.profile), value(profile))
    return wanted, author.profile_id is not None


NOT_MINE = "Whoever was known by this name says that it is not theirs."


def give_up(item: Item, *, by: User, reason: str, item_version: int) -> Submitted:
    """*This is not mine*: at once, for whoever is known by a name of the item."""
    proposals.lock(item)
    profile = profile_for(by)
    mine = next((a for a in authors_of(item) if a.profile_id == profile.id), None)
    if mine is None:
        raise Conflict("You are not known as an author of this item, so there is nothing to do.")
    wanted = Wanted(target(mine.id), value(profile), None)
    wish = Wish(item, [wanted], item_version, at_once=NOT_MINE)
    return submit_batch(Kind.AUTHORSHIP, [wish], by=by, reason=reason)[0]


def likely(authors: Sequence[ItemAuthor], user: User) -> ItemAuthor | None:
    """The one of the printed names that agrees with the user's, and is nobody's yet."""
    found = [a for a in authors if a.profile_id is None and names_agree(a, user)]
    return found[0] if len(found) == 1 else None


def names_agree(author: ItemAuthor, user: User) -> bool:
    """Whether the account's last word stands in the printed name (evidence comes later)."""
    mine = name_key(user.name).split()
    return bool(mine) and mine[-1] in author.name_key.split()


def _give_up(user: User) -> None:
    """Names this user was known by are free again, and no claim holds the user's own name."""
    profile = profile_of(user)
    if profile is None:
        return
    mine = select(ItemAuthor).where(ItemAuthor.profile_id == profile.id)
    owned = db.session.scalars(mine.order_by(ItemAuthor.item_id, ItemAuthor.id)).all()
    for author in owned:
        proposals.lock(author.item)
        author.profile_id = None
    places = {(author.item_id, target(author.id)) for author in owned} | _claimed(user)
    for item_id, name in sorted(places):
        same = select(Change).where(Change.item_id == item_id, Change.target == name)
        for change in db.session.scalars(same):
            _without_name(change, profile)
    db.session.flush()


def _claimed(user: User) -> set[tuple[int, str]]:
    """What they ever claimed, whatever became of it."""
    rows = db.session.execute(
        select(Change.item_id, Change.target)
        .join(Proposal, Change.proposal_id == Proposal.id)
        .where(Proposal.proposer_id == user.id, Proposal.kind == Kind.AUTHORSHIP)
    )
    return {(row.item_id, row.target) for row in rows}


def _without_name(change: Change, profile: AuthorProfile) -> None:
    theirs = value(profile)
    for part in ("old", "new", "applied", "replaced", "upstream_seen"):
        if (getattr(change, part) or {}).get("profile") == profile.id:
            setattr(change, part, theirs)
    if change.standing is Standing.CARRIED and change.applied == theirs:
        change.standing, change.because = Standing.RETIRED, Because.GONE
        change.since = utcnow()


leaving.when_erased(_give_up)
