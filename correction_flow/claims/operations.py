"""Claiming that one wrote an item."""

from __future__ import annotations

from correction_flow.accounts.models import User
from correction_flow.accounts.operations import profile_for
from correction_flow.catalog.models import Item, ItemAuthor
from correction_flow.catalog.queries import authors_of
from correction_flow.claims.kind import target, value
from correction_flow.core.errors import Invalid
from correction_flow.core.text import name_key, plain
from correction_flow.proposals import operations as proposals
from correction_flow.proposals.lifecycle import Kind
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
