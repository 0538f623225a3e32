"""What somebody says of the printed names that are suggested to them: mine, or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.orm import joinedload

from correction_flow.accounts.leaving import taken_along, when_erased
from correction_flow.accounts.models import User
from correction_flow.accounts.queries import profile_of, verified_keys
from correction_flow.catalog.listed import ListedItem, listed_items
from correction_flow.catalog.models import Item, ItemAuthor
from correction_flow.claims.certainty import Group, Suggestion
from correction_flow.claims.kind import target
from correction_flow.claims.models import RefusedSuggestion
from correction_flow.claims.operations import Claimed, claim_many
from correction_flow.claims.suggesting import suggestions, suggestions_for
from correction_flow.core.clock import utcnow
from correction_flow.core.database import insert_if_new
from correction_flow.core.errors import Conflict, NotFound
from correction_flow.core.extensions import db
from correction_flow.core.paging import PAGE_SIZE
from correction_flow.proposals.lifecycle import Kind
from correction_flow.proposals.models import Change, Proposal
from correction_flow.proposals.operations import Submitted

SHOWN = 50
"""Suggestions of one page."""
SUGGESTED = "It was suggested to me, and I recognise my work."
GROUPS = {
    Group.ADDRESS: "Your address is printed with it",
    Group.SAME: "Your name as you write it",
    Group.RESPELT: "Your name, spelt another way",
    Group.SHORTER: "Your name with a part left out",
    Group.INITIALS: "Your initials",
    Group.LONGER: "A longer name",
    Group.SIMILAR: "A similar name",
}


class Suggested(NamedTuple):
    """A suggestion with what its page shows: the item, and its version."""

    suggestion: Suggestion
    item: ListedItem
    version: int


def suggested(user: User) -> tuple[list[Suggested], int]:
    """The first suggestions of this person, exact ones first, and how many there are in all.

    Without those refused, and those of which somebody decided once, or has to.
    """
    found = _open(user)
    page = found[:SHOWN]
    ids = list(dict.fromkeys(one.printed.item_id for one in page))
    items = {item.id: item for item in listed_items(ids)}
    found_versions = db.session.execute(select(Item.id, Item.version).where(Item.id.in_(ids)))
    versions: dict[int, int] = {row.id: row.version for row in found_versions}
    rows = [
        Suggested(one, items[one.printed.item_id], versions[one.printed.item_id])
        for one in page
        if one.printed.item_id in items
    ]
    return rows, len(found)


def _open(user: User) -> list[Suggestion]:
    profile = profile_of(user)
    found = (
        suggestions_for(profile)
        if profile
        else suggestions([user.name], addresses=verified_keys(user))
    )
    refused = set(
        db.session.scalars(
            select(RefusedSuggestion.item_author_id).where(RefusedSuggestion.user_id == user.id)
        )
    )
    asked = set(
        db.session.scalars(
            select(Change.target)
            .join(Proposal, Proposal.id == Change.proposal_id)
            .where(
                Proposal.proposer_id == user.id,
                Proposal.kind == Kind.AUTHORSHIP,
                Change.outcome.is_(None)
                | Change.reason.is_not(None)
                | Change.standing.is_not(None),
            )
        )
    )
    return [
        one
        for one in found
        if one.printed.id not in refused and target(one.printed.id) not in asked
    ]


def answer(
    mine: Mapping[int, int], refused: Sequence[int], *, by: User
) -> tuple[list[Submitted], int]:
    """What somebody says of suggested names, by ids of item authors.

    `mine`: with the version of the item as it was seen. Returns what became of the claims, and how
    many names were refused. Raises Conflict and Invalid; then nothing happened.
    """
    offered = {one.printed.id: one for one in _open(by)}
    if any(id_ not in offered for id_ in (*mine, *refused)):
        raise Conflict(
            "Some of these names were claimed or changed meanwhile. Nothing was sent; the list "
            "below is new. Please look at it and send it again."
        )
    for id_ in refused:
        insert_if_new(db.session, RefusedSuggestion, user_id=by.id, item_author_id=id_, at=utcnow())
    if not mine:
        return [], len(refused)
    items = {
        item.id: item
        for item in db.session.scalars(
            select(Item).where(Item.id.in_({offered[id_].printed.item_id for id_ in mine}))
        )
    }
    claims = [
        Claimed(items[offered[id_].printed.item_id], id_, version) for id_, version in mine.items()
    ]
    return claim_many(claims, by=by, reason=SUGGESTED, evidence_url=None), len(refused)


def refused_by(user: User) -> list[RefusedSuggestion]:
    """The latest names this person said are not theirs."""
    return list(
        db.session.scalars(
            select(RefusedSuggestion)
            .where(RefusedSuggestion.user_id == user.id)
            .order_by(RefusedSuggestion.at.desc(), RefusedSuggestion.item_author_id.desc())
            .limit(5 * PAGE_SIZE)
            .options(
                joinedload(RefusedSuggestion.item_author, innerjoin=True).joinedload(
                    ItemAuthor.item, innerjoin=True
                )
            )
        )
    )


def refused_count(user: User) -> int:
    """How many these are; counting stops at what is shown."""
    some = select(RefusedSuggestion.at).where(RefusedSuggestion.user_id == user.id)
    query = select(func.count()).select_from(some.limit(5 * PAGE_SIZE).subquery())
    return db.session.scalar(query) or 0


def take_back(item_author_id: int, *, by: User) -> None:
    """What was refused is suggested again."""
    row = db.session.get(RefusedSuggestion, (by.id, item_author_id))
    if row is None:
        raise NotFound("This is not among what you refused.")
    db.session.delete(row)


def _refused_names(user: User) -> list[dict[str, str]]:
    rows = select(RefusedSuggestion).where(RefusedSuggestion.user_id == user.id)
    return [
        {"name": row.item_author.name, "in": row.item_author.item.handle, "at": row.at.isoformat()}
        for row in db.session.scalars(rows.order_by(RefusedSuggestion.item_author_id))
    ]


def _forget_refused(user: User) -> None:
    db.session.execute(delete(RefusedSuggestion).where(RefusedSuggestion.user_id == user.id))


taken_along("refused_names", _refused_names)
when_erased(_forget_refused)
