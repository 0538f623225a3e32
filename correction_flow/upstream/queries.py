"""Questions about imports: what was wrong in an archive's files when they were last read."""

from __future__ import annotations

from functools import cache

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, select

from correction_flow.catalog.models import Archive, Item, Series
from correction_flow.catalog.queries import template_of
from correction_flow.core.extensions import db
from correction_flow.core.paging import COUNT_LIMIT, PAGE_SIZE, Page, cursor, read_cursor
from correction_flow.redif.problems import Severity
from correction_flow.upstream.models import ImportProblem, ImportRun, Source


def problems_of(
    place: Archive | Series, severity: Severity, after: str | None
) -> Page[ImportProblem]:
    """The problems of one severity of an archive or a series, in the order of reading."""
    query = select(ImportProblem).where(*_at(place), ImportProblem.severity == severity)
    last = read_cursor(after, 1)
    if last is not None and isinstance(last[0], int):
        query = query.where(ImportProblem.id > last[0])
    rows = list(db.session.scalars(query.order_by(ImportProblem.id).limit(PAGE_SIZE + 1)))
    shown = rows[:PAGE_SIZE]
    return Page(shown, older=cursor(shown[-1].id) if len(rows) > PAGE_SIZE else None)


def problem_counts(place: Archive | Series) -> dict[Severity, int]:
    """How many problems of each severity a place has; counting stops behind the limit."""
    counts = {}
    for severity in Severity:
        some = (
            select(ImportProblem.id)
            .where(*_at(place), ImportProblem.severity == severity)
            .limit(COUNT_LIMIT + 1)
        )
        counts[severity] = db.session.scalar(select(func.count()).select_from(some.subquery())) or 0
    return counts


def _at(place: Archive | Series) -> tuple[ColumnElement[bool], ...]:
    """Of a series only what its own archive's files say: others may use its handle wrongly."""
    if isinstance(place, Archive):
        return (ImportProblem.archive_id == place.id,)
    return (
        ImportProblem.archive_id == place.archive_id,
        ImportProblem.series_key == place.handle_key,
    )


def last_run_of(archive: Archive) -> ImportRun | None:
    """The last finished reading of an archive's own files."""
    return db.session.scalar(_last_run(), {"archive": archive.id})


@cache
def _last_run() -> Select[ImportRun]:
    archive = bindparam("archive", type_=Integer)
    return (
        select(ImportRun)
        .where(ImportRun.archive_id == archive, ImportRun.finished_at.is_not(None))
        .order_by(ImportRun.id.desc())
        .limit(1)
    )


def runs_of(archive: Archive, limit: int = 20) -> list[ImportRun]:
    """The last readings of an archive's own files, the latest first."""
    query = select(ImportRun).where(ImportRun.archive_id == archive.id)
    return list(db.session.scalars(query.order_by(ImportRun.id.desc()).limit(limit)))


def source_of(archive: Archive) -> Source | None:
    """Where the worker reads the archive from, if anybody said so."""
    code = archive.handle_key.rpartition(":")[2]
    return db.session.scalar(select(Source).where(Source.code == code))


def problems_of_item(item: Item, limit: int = 20) -> list[ImportProblem]:
    """What is wrong in the template an item comes from, errors first."""
    template = template_of(item)
    if template is None:
        return []
    rows = db.session.scalars(
        select(ImportProblem)
        .where(
            ImportProblem.archive_id == item.series.archive_id,
            ImportProblem.path == template.source_file.path,
            ImportProblem.template_line == template.first_line,
        )
        .order_by(ImportProblem.id)
        .limit(limit)
    )
    order = list(Severity)
    return sorted(rows, key=lambda problem: (order.index(problem.severity), problem.id))
