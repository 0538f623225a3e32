"""What the parts of one import share: whose files these are, what was counted, what was wrong."""

from __future__ import annotations

import gc
import os
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select, update

from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import Archive, Kind, Series
from correction_flow.catalog.queries import archive_by_handle
from correction_flow.catalog.words import all_words
from correction_flow.core.bulk import chunks, insert_rows
from correction_flow.core.clock import utcnow
from correction_flow.core.database import lock_row
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.redif import handle as handles
from correction_flow.redif.problems import Problem
from correction_flow.upstream.models import ImportProblem, ImportRun
from correction_flow.upstream.scratch import Scratch
from correction_flow.upstream.source import storable

SILENCE = 600
"""Seconds after which a process that said nothing is dead; each transaction says something."""
PROBLEM_COLUMNS = (
    "run_id", "archive_id", "path", "line", "column_number", "template_line", "series_key",
    "severity", "code", "message", "advice",
)  # fmt: skip


class BadSource(ValueError):
    """The source cannot be imported as it is; the message names the remedy."""


@dataclass
class Summary:
    """What a run did: counts by what became of them, and problems by severity and code."""

    path: str
    archive: str | None = None
    dry_run: bool = False
    files: int = 0
    files_read: int = 0
    templates: int = 0
    archives: Counter[str] = field(default_factory=Counter)
    series: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    references: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def changed(self) -> int:
        """How many rows of the catalogue are new or different."""
        groups = (self.archives, self.series, self.items, self.references)
        return sum(g["new"] + g["changed"] for g in groups)

    def drop_zeros(self) -> None:
        """Drop counts of nothing."""
        for name, value in vars(self).items():
            if isinstance(value, Counter):
                setattr(self, name, +value)

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            name: dict(value) if isinstance(value, Counter) else value
            for name, value in vars(self).items()
        } | {"changed": self.changed}


@dataclass(frozen=True)
class KnownSeries:
    """A series as the import of items needs it; `words` are those of its name, after a blank."""

    id: int
    words: str


class _Noted(NamedTuple):
    """A problem that waits to be stored."""

    path: str
    problem: Problem
    line: int | None
    of: str | None
    code: str | None


class Run:
    """One reading of an archive. `code` is its three letters, None for a copy of RePEc:all."""

    def __init__(self, path: Path, *, core: bool, dry_run: bool) -> None:
        self.path = path
        self.core = core
        self.dry_run = dry_run
        self.summary = Summary(storable(path), dry_run=dry_run)
        self.listed_at = utcnow()  # no file was read before
        self.scratch = Scratch()
        self.code: str | None = None
        self.id = 0
        self.archive_id: int | None = None
        self.same_source = False
        self.newest_before: int | None = None
        self.undescribed: set[str] = set()
        self._problems: list[_Noted] = []
        self._forgotten: list[str] = []
        self._series: dict[str, KnownSeries] = {}
        self._curators_id: int | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As everywhere; a dry run takes back what it did."""
        db.session.rollback()  # what was only read before must not stand in the way of writing
        try:
            with transaction():
                yield
                if self.dry_run:
                    raise _DryRun
                if self.id:
                    beat = update(ImportRun).where(ImportRun.id == self.id)
                    db.session.execute(beat.values(beat_at=utcnow()))
        except _DryRun:
            self._curators_id = None
            self._series.clear()
        db.session.expunge_all()
        gc.collect(1)

    def mine(self, code: str) -> bool:
        """Whether these files may describe what belongs to that archive."""
        return self.core or code == self.code

    # -- the run itself -----------------------------------------------------------------

    def begin(self) -> None:
        """Note that it has begun. Raises BadSource while another process reads the archive."""
        with self.transaction():
            if self.code:
                archive = self.archive(self.code)
                lock_row(db.session, archive)
                self.archive_id = archive.id
            elif not self.dry_run:
                self._forget_core()
            run = ImportRun(
                archive_id=self.archive_id,
                path=self.summary.path,
                started_at=utcnow(),
                beat_at=utcnow(),
                process=process_name(),
            )
            _only_one(run)
            self.newest_before = newest_run(self.archive_id)
            self.same_source = self._was_read_before()
            db.session.add(run)
            db.session.flush()
            self.id = run.id
        self.summary.archive = f"RePEc:{self.code}" if self.code else None

    def end(self, seconds: float) -> None:
        """Note that it has ended, and what it did."""
        self.summary.seconds = round(seconds, 2)
        if self.undescribed:
            self.summary.archives["placeholder"] = len(self.undescribed)
        self.summary.drop_zeros()
        if self.dry_run:
            return
        with self.transaction():
            run = db.session.get_one(ImportRun, self.id)
            run.finished_at = run.beat_at = utcnow()
            run.summary = self.summary.as_json()

    def _was_read_before(self) -> bool:
        """Whether the last reading of this archive was of the same source."""
        last = db.session.scalar(
            select(ImportRun.path)
            .where(ImportRun.archive_id == self.archive_id, ImportRun.finished_at.is_not(None))
            .order_by(ImportRun.id.desc())
            .limit(1)
        )
        return last == self.summary.path

    # -- problems -----------------------------------------------------------------------

    def problem(
        self,
        path: str,
        problem: Problem,
        *,
        line: int | None = None,
        of: str | None = None,
        code: str | None = None,
    ) -> None:
        """Note what is wrong in a file, or in its template that begins at `line`.

        `of`: the handle key of the template, or of its series; `code`: of the archive it concerns,
        in a copy of RePEc:all.
        """
        self._problems.append(_Noted(path, problem, line, of, code))

    def forget(self, path: str) -> None:
        """What was wrong in this file is told anew."""
        self._forgotten.append(path)

    def write_problems(self) -> None:
        """Store what was noted, in the open transaction."""
        for paths in chunks(self._forgotten):
            db.session.execute(
                delete(ImportProblem).where(
                    ImportProblem.archive_id == self.archive_id, ImportProblem.path.in_(paths)
                )
            )
        self._forgotten.clear()
        codes = {noted.code for noted in self._problems if noted.code} if self.core else set()
        ids = _ids_of(codes)
        rows = (
            (
                self.id, ids.get(code or "") if self.core else self.archive_id, path, p.line,
                p.column, line, series_key_in(of), p.severity.value, p.code, p.message, p.advice,
            )
            for path, p, line, of, code in self._problems
        )  # fmt: skip
        insert_rows(ImportProblem, PROBLEM_COLUMNS, rows)
        self._problems.clear()

    def drop_problems(self) -> None:
        """Forget what was noted: of a dry run only the counts are wanted."""
        for noted in self._problems:
            severity, code = noted.problem.severity.value, noted.problem.code
            self.summary.problems[f"{severity} {code}"] += 1
        self._problems.clear()
        self._forgotten.clear()

    def _forget_core(self) -> None:
        earlier = select(ImportRun.id).where(ImportRun.archive_id.is_(None))
        db.session.execute(delete(ImportProblem).where(ImportProblem.run_id.in_(earlier)))

    # -- archives and series ------------------------------------------------------------

    def archive(self, code: str) -> Archive:
        """The archive of that code, which nobody may have described yet."""
        handle = f"RePEc:{code}"
        archive = archive_by_handle(handle)
        if archive is None:
            archive = Archive(
                desk_id=self._curators(), handle=handle, handle_key=handles.key(handle),
                name=handle, upstream={}, placeholder=True,
            )  # fmt: skip
            db.session.add(archive)
            db.session.flush()
            self.undescribed.add(code)
        return archive

    def new_series(self, archive: Archive, handle: str, key: str, kind: Kind) -> Series:
        """A series nobody described yet: its items are decided by curators."""
        series = Series(
            archive=archive, desk_id=self._curators(), handle=handle, handle_key=key, kind=kind,
            name=handle, worded_as=handle, upstream={}, placeholder=True,
        )  # fmt: skip
        db.session.add(series)
        db.session.flush()
        return series

    def _curators(self) -> int:
        if self._curators_id is None:
            self._curators_id = catalog.the_curators_desk().id
        return self._curators_id

    def series_for(self, handle: str, code: str, kind: str) -> KnownSeries:
        """The series of that handle, made where nobody described it."""
        key = handles.key(handle)
        known = self._series.get(key)
        if known is None:
            series = db.session.scalar(select(Series).where(Series.handle_key == key))
            if series is None:
                series = self.new_series(self.archive(code), handle, key, Kind(kind))
                self.summary.series["placeholder"] += 1
            known = self._series[key] = KnownSeries(series.id, all_words("", series.name))
        return known


def series_key_in(handle_key: str | None) -> str | None:
    """The handle key of the series within that of an item, or of the series itself."""
    parts = (handle_key or "").split(":", 3)[:3]
    return ":".join(parts) if len(parts) == 3 else None


class _DryRun(Exception):
    """Takes back a transaction."""


@contextmanager
def cycles_at_leisure() -> Iterator[None]:
    """Look for garbage in cycles after each transaction only.

    Python does so at every few hundred new tuples, and a batch has hundred thousands, none in a
    cycle: that took a sixth of this process's time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def newest_run(archive_id: int | None) -> int | None:
    """The latest reading of an archive, ended or not."""
    return db.session.scalar(
        select(func.max(ImportRun.id)).where(ImportRun.archive_id == archive_id)
    )


def process_name() -> str:
    """Who runs an import."""
    return f"{socket.gethostname()} {os.getpid()}"


def _only_one(run: ImportRun) -> None:
    """Raise BadSource if a living process reads the same archive just now."""
    other = db.session.scalar(
        select(ImportRun)
        .where(ImportRun.archive_id == run.archive_id, ImportRun.finished_at.is_(None))
        .order_by(ImportRun.id.desc())
        .limit(1)
    )
    if other is None or other.process is None or other.beat_at is None:
        return
    host, _, number = other.process.rpartition(" ")
    alive = (utcnow() - other.beat_at).total_seconds() < SILENCE
    if host == socket.gethostname():
        alive = alive and int(number) != os.getpid() and _is_alive(int(number))
    if alive:
        raise BadSource(
            f"This archive is being read just now by another process ({other.process}). "
            "Wait until it has ended."
        )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _ids_of(codes: set[str]) -> dict[str, int]:
    """The ids of archives by their codes."""
    ids: dict[str, int] = {}
    for part in chunks([handles.key(f"RePEc:{code}") for code in sorted(codes)]):
        rows = db.session.execute(
            select(Archive.handle_key, Archive.id).where(Archive.handle_key.in_(part))
        )
        ids |= {key.removeprefix("repec:"): id_ for key, id_ in rows}
    return ids
