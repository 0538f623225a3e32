"""What somebody who erases their account takes along of their requests, and what becomes of these.

A closed request stays, sent by "a former user". An open one is withdrawn, or passes to the first
who supports it, as ever. Events stay as they are: they name their actor by the account alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, delete, func, or_, select

from correction_flow.accounts.leaving import taken_along, when_erased
from correction_flow.accounts.models import User
from correction_flow.accounts.queries import verified_keys
from correction_flow.catalog.operations import give_up_grants
from correction_flow.core.extensions import db
from correction_flow.proposals import operations, visitors
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import OPEN, Status
from correction_flow.proposals.models import Change, Event, Proposal, Supporter
from correction_flow.proposals.queries import with_record

PART = 500
"""Rows read together."""


def open_requests(user: User) -> int:
    """How many requests of this user still wait for somebody."""
    mine = select(func.count()).where(Proposal.proposer_id == user.id, Proposal.status.in_(OPEN))
    return db.session.scalar(mine) or 0


# -- taken along --------------------------------------------------------------------------


def _requests(user: User) -> list[dict[str, Any]]:
    return [_request(p) for p in _proposals(Proposal.proposer_id == user.id)]


def _supported(user: User) -> list[dict[str, Any]]:
    return [
        {"number": p.number, "about": p.record.handle, "status": p.status.value}
        for p in _proposals(Proposal.id.in_(_supports(user)))
    ]


def _supports(user: User) -> Select[int]:
    """The ids of the proposals with a change that they support."""
    return (
        select(Change.proposal_id)
        .join(Supporter, Supporter.change_id == Change.id)
        .where(Supporter.user_id == user.id)
    )


def _proposals(mine: Any) -> Iterator[Proposal]:
    last = 0
    query = select(Proposal).where(mine).order_by(Proposal.id).limit(PART).options(*with_record())
    while rows := list(db.session.scalars(query.where(Proposal.id > last))):
        yield from rows
        last = rows[-1].id


def _request(proposal: Proposal) -> dict[str, Any]:
    rules = rules_of(proposal)
    return {
        "number": proposal.number,
        "kind": proposal.kind.value,
        "about": proposal.record.handle,
        "status": proposal.status.value,
        "sent_at": proposal.created_at.isoformat(),
        "closed_at": proposal.closed_at.isoformat() if proposal.closed_at else None,
        "reason": proposal.reason,
        "evidence": proposal.evidence_url,
        "changes": [
            {
                "field": rules.label(change),
                "old": rules.text(change, change.old),
                "new": rules.text(change, change.new),
                "outcome": change.outcome.value if change.outcome else None,
                "reason": change.reason,
                "standing": change.standing.value if change.standing else None,
            }
            for change in proposal.changes
        ],
    }


def _written(user: User) -> list[dict[str, Any]]:
    """What they did to requests, their own and others', with their words."""
    query = (
        select(Event.id, Event.at, Event.what, Event.note, Event.actor_role, Proposal.number)
        .join(Proposal, Event.proposal_id == Proposal.id)
        .where(Event.actor_id == user.id)
        .order_by(Event.id)
        .limit(PART)
    )
    written: list[dict[str, Any]] = []
    last = 0
    while rows := db.session.execute(query.where(Event.id > last)).all():
        last = rows[-1].id
        written += [
            {
                "request": row.number,
                "at": row.at.isoformat(),
                "what": row.what.value,
                "as": row.actor_role.value,
                "text": row.note,
            }
            for row in rows
        ]
    return written


# -- erased -------------------------------------------------------------------------------


def _let_go(user: User) -> None:
    """Open requests are withdrawn or passed on; nothing is supported any more."""
    for sent in _unconfirmed(user):
        visitors.erase(sent)
    concerned = _concerned(user)
    for proposal in concerned:
        operations.lock(proposal.record)
    db.session.execute(delete(Supporter).where(Supporter.user_id == user.id))
    db.session.expire_all()
    for proposal in concerned:
        if proposal.proposer_id == user.id and proposal.status.open:
            operations.withdraw(proposal, by=user, version=proposal.version)
    operations.reroute(give_up_grants(user))


def _unconfirmed(user: User) -> list[Proposal]:
    query = select(Proposal).where(
        Proposal.visitor_address.in_(verified_keys(user)), Proposal.status == Status.UNCONFIRMED
    )
    return list(db.session.scalars(query.with_for_update()))


def _concerned(user: User) -> list[Proposal]:
    """What they sent or support and is open, in the order in which everybody locks items."""
    query = (
        select(Proposal)
        .where(
            or_(Proposal.proposer_id == user.id, Proposal.id.in_(_supports(user))),
            Proposal.status.in_(OPEN),
        )
        .order_by(
            Proposal.item_id.is_(None),
            Proposal.item_id,
            Proposal.series_id.is_(None),
            Proposal.series_id,
            Proposal.archive_id,
            Proposal.id,
        )
        .options(*with_record())
    )
    return list(db.session.scalars(query))


taken_along("requests", _requests)
taken_along("supported", _supported)
taken_along("acts", _written)
when_erased(_let_go)
