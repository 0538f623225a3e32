"""What is known for and against a claim, for those who decide. It is shown, not counted."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from correction_flow.accounts.models import AuthorProfile, User
from correction_flow.accounts.queries import profile_of, verified_keys
from correction_flow.catalog.models import ItemAuthor
from correction_flow.claims.names import How, compare
from correction_flow.core.extensions import db
from correction_flow.core.paging import PAGE_SIZE
from correction_flow.proposals.kinds import Sign


def signs(author: ItemAuthor, sender: User) -> list[Sign]:
    """Of one printed name that somebody says is theirs."""
    profile = profile_of(sender)
    names = profile.names if profile else [sender.name]
    found = [_of_name(names, author.name), *_of_address(author, sender)]
    if profile is not None:
        found += _of_co_authors(author, profile)
    if author.profile is not None and author.profile_id != (profile.id if profile else None):
        found.append(Sign(f"{author.profile.name} is known by this name already.", "against"))
    return found


def _of_name(names: list[str], printed: str) -> Sign:
    fit = compare(names, printed)
    mine = names[0]
    if not fit:
        return Sign(f"“{printed}” does not fit the name of the sender, {mine}.", "against")
    close = fit.how in (How.SAME, How.RESPELT)
    words = f"“{printed}” beside the sender’s name, {mine}: {fit.reason}."
    return Sign(words, "for" if close else "neither")


def _of_address(author: ItemAuthor, sender: User) -> list[Sign]:
    if not author.email_key:
        return []
    if author.email_key in verified_keys(sender):
        return [
            Sign("The address printed with the name is one that the sender has verified.", "for")
        ]
    return [Sign("An address is printed with the name; the sender has not verified it.")]


def _of_co_authors(author: ItemAuthor, profile: AuthorProfile) -> list[Sign]:
    """Others on this item, known by accepted claims, with whom the sender shares other works."""
    beside, theirs, mine = aliased(ItemAuthor), aliased(ItemAuthor), aliased(ItemAuthor)
    some = (
        select(beside.profile_id)
        .join(theirs, theirs.profile_id == beside.profile_id)
        .join(mine, mine.item_id == theirs.item_id)
        .where(
            beside.item_id == author.item_id,
            beside.profile_id.is_not(None),
            beside.profile_id != profile.id,
            theirs.item_id != author.item_id,
            mine.profile_id == profile.id,
        )
        .distinct()
        .limit(PAGE_SIZE)
    )
    count = db.session.scalar(select(func.count()).select_from(some.subquery())) or 0
    if not count:
        return []
    who = "A co-author here is" if count == 1 else f"{count} co-authors here are"
    return [Sign(f"{who} also a co-author of other works of the sender.", "for")]
