"""What everybody may read of an item's proposals: what was accepted, when and in which role.

Never names, never what was declined, never a decision that was taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import joinedload

from correction_flow.catalog.models import Item
from correction_flow.catalog.revisions import Revision
from correction_flow.core.extensions import db
from correction_flow.core.paging import PAGE_SIZE, Page, cursor, read_cursor
from correction_flow.proposals.lifecycle import Status, What
from correction_flow.proposals.models import Event, Proposal
from correction_flow.proposals.queries import decision_stands

_ACTS = (What.DECIDE, What.UNDO, What.REVERT)
MOST_ACTS = 500


def corrections_page(item: Item, after: str | None = None) -> Page[Event]:
    """The public events of what was accepted, newest first."""
    query = (
        select(Event)
        .join(Event.proposal)
        .where(
            Event.item_id == item.id,
            text("events.audience = 'public'"),
            Proposal.status.in_([Status.APPROVED, Status.REVERTED]),
            decision_stands(),
        )
        .order_by(Event.id.desc())
        .limit(PAGE_SIZE + 1)
        .options(joinedload(Event.proposal, innerjoin=True))
    )
    last = read_cursor(after, 1)
    if last is not None and isinstance(last[0], int):
        query = query.where(Event.id < last[0])
    rows = list(db.session.scalars(query))
    shown = rows[:PAGE_SIZE]
    return Page(shown, older=cursor(shown[-1].id) if len(rows) > PAGE_SIZE else None)


def acts_of(proposal_ids: Collection[int]) -> list[Event]:
    """What made revisions: the decisions of these proposals and what took them back, in order."""
    if not proposal_ids:
        return []
    return list(
        db.session.scalars(
            select(Event)
            .where(Event.proposal_id.in_(proposal_ids), Event.what.in_(_ACTS))
            .order_by(Event.id)
            .limit(MOST_ACTS)
            .options(joinedload(Event.proposal, innerjoin=True).lazyload(Proposal.changes))
        )
    )


def act_behind(revision: Revision, acts: Sequence[Event]) -> Event | None:
    """The decision that made a revision: the first of its proposal that is not older."""
    mine = (e for e in acts if e.proposal_id == revision.proposal_id and e.at >= revision.at)
    return next(mine, None)


def was_taken_back(act: Event | None, acts: Sequence[Event]) -> bool:
    """Whether an act is a decision that was taken back, or the taking back itself.

    Of neither does the public read: the values are those of an open request again.
    """
    if act is None:
        return False
    after = (e for e in acts if e.proposal_id == act.proposal_id and e.id > act.id)
    return act.what is What.UNDO or (
        act.what is What.DECIDE and any(e.what is What.UNDO for e in after)
    )
