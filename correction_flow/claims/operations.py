"""Claiming that one wrote an item."""

from __future__ import annotations

from sqlalchemy import select

from correction_flow.accounts import leaving
from correction_flow.accounts.models import AuthorProfile, User
from correction_flow.accounts.operations import profile_for
from correction_flow.accounts.queries import profile_of
from correction_flow.catalog.models import Item, ItemAuthor
from correction_flow.catalog.queries import authors_of
from correction_flow.claims.kind import target, value
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Invalid
from correction_flow.core.extensions import db
from correction_flow.core.text import name_key, plain
from correction_flow.proposals import operations as proposals
from correction_flow.proposals.lifecycle import Kind, Standing
from correction_flow.proposals.models import Because, Change, Proposal
from correction_flow.proposals.operations import Submitted, Wanted


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
    authors = authors_of(item)
    author = next((a for a in authors if a.id == item_author_id), None)
    if author is None:
        raise Invalid({"author": "Choose the printed name that is you."})
    profile = profile_for(by)
    mine = next((a for a in authors if a.profile_id == profile.id), None)
    if mine is not None:
        raise Invalid({"author": f"You are already known as “{mine.name}” on this item."})
    if not plain(reason) and not names_agree(author, by):
        raise Invalid(
            {
                "reason": f"Your account is “{by.name}”, the printed name is “{author.name}”. "
                "Say why this is you."
            }
        )
    return proposals.submit(
        Kind.AUTHORSHIP,
        item,
        [Wanted(target(author), value(author.profile), value(profile))],
        by=by,
        reason=reason,
        evidence_url=evidence_url,
        item_version=item_version,
        dispute=author.profile_id is not None,
    )


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
    places = {(author.item_id, target(author)) for author in owned} | _claimed(user)
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
