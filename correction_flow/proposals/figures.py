"""How corrections of an archive or series fare, in public figures. Bounded, whatever its history.

A desk is looked at as far as its latest SAMPLE decisions and its first MOST_OPEN open cases of
each status; where that was not all, the figures say that they are "at least". Whether a case is
of this archive is asked last: "+ 0" keeps SQLite from beginning with all its items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Join,
    Select,
    Subquery,
    bindparam,
    case,
    func,
    outerjoin,
    select,
    text,
    union_all,
)

from correction_flow.catalog.models import Archive, Item, Series
from correction_flow.catalog.queries import curators_desk_id
from correction_flow.core.clock import utcnow
from correction_flow.core.database import UtcDateTime
from correction_flow.core.extensions import db
from correction_flow.proposals.lifecycle import Kind, Standing
from correction_flow.proposals.models import Change, Proposal

SAMPLE = 100
MOST_OPEN = 200
FEW = 5
MOST_DESKS = 10


@dataclass(frozen=True)
class Figures:
    """Open and overdue requests, the time decisions took, and what became of what was accepted.

    `median_days` is None for fewer than FEW decisions: a number from less would be no promise.
    """

    open: int
    overdue: int
    at_least: bool
    decided: int
    median_days: float | None
    accepted: int
    adopted: int
    contested: int
    sampled: bool


def of_archive(archive: Archive) -> Figures:
    """The figures of an archive itself and of all its series."""
    desks = select(Series.desk_id).where(Series.archive_id == archive.id).distinct()
    ids = list(db.session.scalars(desks.limit(MOST_DESKS)))
    return _figures([*ids, archive.desk_id], "archive", archive.id)


def of_series(series: Series) -> Figures:
    """The figures of one series."""
    return _figures([series.desk_id], "series", series.id)


_Place = Literal["archive", "series"]


def _figures(desk_ids: Sequence[int], place: _Place, place_id: int) -> Figures:
    curators = curators_desk_id()
    ids = sorted({*desk_ids, *([curators] if curators else [])})
    if not ids:
        return Figures(0, 0, False, 0, None, 0, 0, 0, False)
    asked: dict[str, Any] = {f"desk{n}": id_ for n, id_ in enumerate(ids)}
    asked |= {"place": place_id, "now": utcnow(), "most": MOST_OPEN + 1, "sample": SAMPLE}
    looked_at, open_, overdue = db.session.execute(_open(len(ids), place), asked).one()
    rows = db.session.execute(_decisions(len(ids), place), asked)
    days = sorted((decided - created).total_seconds() / 86400 for created, decided in rows)
    standing: dict[Any, int] = {}
    if days:
        rows = db.session.execute(_standing(len(ids), place), asked)
        standing = {row[0]: row[1] for row in rows}
    adopted, contested = standing.get(Standing.ADOPTED, 0), standing.get(Standing.CONTESTED, 0)
    return Figures(
        open=open_,
        overdue=overdue,
        at_least=looked_at > MOST_OPEN,
        decided=len(days),
        median_days=days[len(days) // 2] if len(days) >= FEW else None,
        accepted=adopted + contested + standing.get(Standing.CARRIED, 0),
        adopted=adopted,
        contested=contested,
        sampled=len(days) >= SAMPLE,
    )


def _desks(count: int) -> list[BindParameter[int]]:
    return [bindparam(f"desk{n}", type_=Integer) for n in range(count)]


_ABOUT = (Proposal.item_id, Proposal.series_id, Proposal.archive_id)
"""What a case is about: one of these."""


def _here(cases: Subquery, place: _Place) -> ColumnElement[bool]:
    """Whether a case belongs to what is asked about."""
    column: ColumnElement[Any] = Series.id + 0
    if place == "archive":
        column = func.coalesce(Series.archive_id, cases.c.archive_id)
    return column == bindparam("place", type_=Integer)


def _with_series(cases: Subquery) -> Join:
    """The cases, and the series that they or their items are of."""
    of_item = outerjoin(cases, Item, Item.id == cases.c.item_id)
    series_id = func.coalesce(Item.series_id, cases.c.series_id)
    return of_item.outerjoin(Series, Series.id == series_id)


def _series_of(cases: Subquery) -> ColumnElement[int]:
    """The series that a case is about, or whose item it is about."""
    return func.coalesce(cases.c.series_id, Item.series_id)


@cache
def _open(desks: int, place: _Place) -> Select[Any]:
    """How many open cases were looked at, how many are here, how many of these overdue."""
    parts = [
        select(*_ABOUT, Proposal.due_at.label("due_at"))
        .where(Proposal.desk_id == desk_id, text(status))
        .limit(bindparam("most", type_=Integer))
        .subquery()
        for desk_id in _desks(desks)
        for status in ("status = 'submitted'", "status = 'needs_information'")
    ]
    found = union_all(*(select(part) for part in parts)).subquery()
    here, late = _here(found, place), found.c.due_at < bindparam("now", type_=UtcDateTime)
    return select(
        func.count(),
        func.coalesce(func.sum(case((here, 1), else_=0)), 0),
        func.coalesce(func.sum(case((here & late, 1), else_=0)), 0),
    ).select_from(_with_series(found))


def _done(desks: int) -> Subquery:
    """The latest closed cases of each desk."""
    parts = [
        select(Proposal.id, *_ABOUT, Proposal.kind, Proposal.created_at, Proposal.decided_at)
        .where(Proposal.desk_id == desk_id, text("closed_at IS NOT NULL"))
        .order_by(Proposal.closed_at.desc())
        .limit(bindparam("sample", type_=Integer))
        .subquery()
        for desk_id in _desks(desks)
    ]
    return union_all(*(select(part) for part in parts)).subquery()


@cache
def _decisions(desks: int, place: _Place) -> Select[Any]:
    """When the cases decided here were made, and when they were decided."""
    done = _done(desks)
    return (
        select(done.c.created_at, done.c.decided_at)
        .select_from(_with_series(done))
        .where(_here(done, place), done.c.decided_at.is_not(None))
    )


@cache
def _standing(desks: int, place: _Place) -> Select[Standing | None, int]:
    """How many accepted changes of fields stand how."""
    done = _done(desks)
    return (
        select(Change.standing, func.count())
        .select_from(_with_series(done).join(Change, Change.proposal_id == done.c.id))
        .where(_here(done, place), done.c.kind == Kind.CORRECTION, Change.standing.is_not(None))
        .group_by(Change.standing)
    )
