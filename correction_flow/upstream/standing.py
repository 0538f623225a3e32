"""Approved changes against what arrives: carried on, adopted, or contested; open ones too."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select, text

from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import Item, Place
from correction_flow.catalog.record import from_tree
from correction_flow.core.bulk import among
from correction_flow.core.clock import utcnow
from correction_flow.core.database import lock_row
from correction_flow.core.extensions import db
from correction_flow.corrections.kind import carried_fields, judge
from correction_flow.proposals.history import record
from correction_flow.proposals.lifecycle import Actor, Kind, Standing, Status, What
from correction_flow.proposals.models import Because, Change, Proposal
from correction_flow.proposals.news import tell_later
from correction_flow.proposals.queries import open_proposals, standing_changes
from correction_flow.proposals.settling import settle

JUDGED = (Standing.CARRIED, Standing.ADOPTED, Standing.CONTESTED)


def reconcile(item: Item, upstream: Mapping[str, Any], *, import_run_id: int) -> bool:
    """The publisher has new values: judge every accepted change, then show what stands.

    Returns whether anything changed.
    """
    # The item first, as who decides does: else the two could wait for each other for ever. And
    # what was decided since it was loaded is read again.
    db.session.flush()
    lock_row(db.session, item)
    for change in standing_changes(item, JUDGED):
        if ":" not in change.target:
            _judge(change, upstream.get(change.target), import_run_id)
    db.session.flush()
    changed = catalog.show(
        item, carried_fields(item), upstream=upstream, import_run_id=import_run_id
    )
    for proposal in open_proposals(item):
        if proposal.kind is Kind.CORRECTION:
            settle(proposal, lambda event: tell_later(event, import_run_id))
    return changed


def reconcile_place(place: Place, tree: Mapping[str, Any], *, import_run_id: int) -> None:
    """The same for an archive or series whose template is new."""
    db.session.flush()
    lock_row(db.session, place)
    says = from_tree(tree, place.fields)
    for change in standing_changes(place, JUDGED):
        _judge(change, says.get(change.target), import_run_id)
    db.session.flush()
    catalog.show_place(place, carried_fields(place), upstream=tree)
    for proposal in open_proposals(place):
        settle(proposal, lambda event: tell_later(event, import_run_id))


def _judge(change: Change, incoming: Any, import_run_id: int) -> None:
    what = judge(change, incoming)
    if what is not None:
        event = record(
            change.proposal, what, by=None, role=Actor.SYSTEM,
            details={"change": change.id, "upstream": incoming},
        )  # fmt: skip
        tell_later(event, import_run_id)


def settle_citations(item_ids: Sequence[int], import_run_id: int) -> None:
    """What is asked for about the references of these items, against the lists as they are now.
    The items are locked."""
    query = select(Proposal).where(
        among(Proposal.item_id, item_ids),
        Proposal.kind == Kind.CITATION,
        Proposal.closed_at.is_(None),
        Proposal.status != Status.UNCONFIRMED,
    )
    db.session.flush()
    for proposal in db.session.scalars(query.order_by(Proposal.id)).all():
        settle(proposal, lambda event: tell_later(event, import_run_id))


def adopted(item_id: int, targets: Collection[str], import_run_id: int) -> None:
    """A reference list has by itself what these accepted changes of an item made of it."""
    if not targets:
        return
    carried = select(Change).where(
        Change.item_id == item_id, Change.target.in_(targets), text("standing = 'carried'")
    )
    for change in db.session.scalars(carried).all():
        change.standing, change.because = Standing.ADOPTED, Because.PUBLISHER
        change.since = utcnow()
        event = record(
            change.proposal, What.ADOPTED, by=None, role=Actor.SYSTEM,
            details={"change": change.id, "upstream": change.applied},
        )  # fmt: skip
        tell_later(event, import_run_id)
