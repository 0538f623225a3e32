"""Reading an archive into the catalogue.

    find    which files there are, and which of them have changed: by size and time, else by digest
    look    a glance at these: which handles they name, and which describe archives and series
    describe    archives and series, from the few files that hold their templates
    store   the items of the changed files, read in all cores, a transaction a batch
    settle  which of several templates with one handle counts; what vanished; reference lists

What is unchanged is neither read nor written. A run that was killed is completed by the next.
Ids survive; approved changes are reconciled with what arrives.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, update

from correction_flow.catalog.models import (
    Item,
    ItemAuthor,
    ItemReference,
    ItemWords,
    Series,
    SourceFile,
    Template,
)
from correction_flow.core.bulk import among, analyse, chunks
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.text import plain
from correction_flow.proposals import news
from correction_flow.redif import handle as handles
from correction_flow.redif.across import other_type_than_series, series_not_described
from correction_flow.redif.problems import Problem, Severity
from correction_flow.upstream.describing import Describing, first
from correction_flow.upstream.fetch import Refusal
from correction_flow.upstream.models import ImportProblem, ImportRun
from correction_flow.upstream.named_lists import NamedLists
from correction_flow.upstream.readers import Broken, Done, Readers
from correction_flow.upstream.reading import (
    DESCRIBING,
    IMPORTED,
    READ_AS,
    Arrival,
    Belonging,
    FileRead,
    refused,
)
from correction_flow.upstream.references import References
from correction_flow.upstream.run import BadSource, Run, Summary, cycles_at_leisure, newest_run
from correction_flow.upstream.source import (
    MAX_FILE,
    MAX_PATH,
    FoundFile,
    redif_files,
)
from correction_flow.upstream.storing import Place, Storing, why_not

__all__ = ["BadSource", "Progress", "Summary", "import_path"]

PART = 500
MANY = 5_000
"""Changes after which the database's statistics are made anew."""
READ_HERE = 2_000_000
"""Bytes: less is read in this process, for starting others takes longer."""
ACROSS = ("duplicate-handle", "series-not-described", "other-type-than-series", "not-fetched")
"""Problems of several templates together, or of no file that is here; told anew by each run."""
UNREAD = ("file-too-large", "path-too-long", "file-not-readable")
_CORE_FILE = re.compile(r"([a-z]{3})(?:arch|seri)\.", re.IGNORECASE)

Progress = Callable[[str, int, int, int], None]
"""Told from time to time: what is being done, items stored, bytes read so far, bytes in all."""


def import_path(
    path: Path,
    *,
    archive: str | None = None,
    core: bool = False,
    dry_run: bool = False,
    processes: int | None = None,
    unfetched: Sequence[Refusal] = (),
    progress: Progress = lambda _what, _items, _done, _all: None,
) -> Summary:
    """Import a directory (or one file). Raises BadSource.

    `archive`: the source's three-letter code, where no archive template says it; `core`: a copy
    of RePEc:all, from which archives and series of any code are described; `dry_run`: say what
    would change, and write nothing; `processes`: how many readers, else as the work asks;
    `unfetched`: what the web server of the source refused, to be told with the problems.
    """
    if not path.exists():
        raise BadSource(f"There is no file or directory {path}.")
    run = Run(path, core=core, dry_run=dry_run)
    try:
        with cycles_at_leisure():
            return _Importer(run, archive, processes, unfetched, progress).run_it()
    finally:
        run.scratch.close()


class _Importer:
    """One run, step by step."""

    def __init__(
        self,
        run: Run,
        archive: str | None,
        processes: int | None,
        unfetched: Sequence[Refusal],
        progress: Progress,
    ) -> None:
        self.run = run
        self.asked_code = archive.strip().lower().removeprefix("repec:") if archive else None
        self.processes = processes
        self.unfetched = unfetched
        self.progress = progress
        self.unread: list[tuple[str, Problem]] = []
        self.broken: dict[str, Broken] = {}
        self.describing: set[str] = set()
        self.surprised = False
        self.assumed: tuple[int | None, int | None] = (None, None)
        self.described: list[tuple[str, Arrival]] = []
        self.winners: dict[str, Place] = {}
        self.codes: Counter[str] = Counter()

    def run_it(self) -> Summary:
        start = time.perf_counter()
        run = self.run
        self._find()
        with self._readers("to_read OR describes") as readers:
            self._look(readers)
            self._read_descriptions(readers)
            run.code = None if run.core else self._own_code()
            run.begin()
            if self.assumed != (None, None) and self.assumed != (run.archive_id, run.newest_before):
                run.scratch.all_to_read()  # another archive, or another copy came between
                self._look(readers)
            describing = Describing(run)
            describing.store(self._that_count())
            lists = NamedLists(run)
            storing = Storing(run, self.winners, lists)
            if run.core:
                self._end_core()
            else:
                self._skip_unchanged()
                self._look(readers)
                self._read_items(readers, storing)
        if not run.core:
            storing.settle()
            if run.same_source and run.path.is_dir():
                if self._all_hold_templates():
                    describing.end_rights(set(self.winners))
                storing.mark_vanished()
            references = References(run)
            references.store()
            lists.store(references)
            self._tell_across()
        self._tell_news()
        self._count()
        if run.summary.changed >= MANY and not run.dry_run:
            with run.transaction():
                analyse((Item, ItemAuthor, ItemReference, ItemWords, SourceFile, Template))
        run.end(time.perf_counter() - start)
        return run.summary

    def _readers(self, which: str) -> Readers:
        if self.processes is not None:
            return Readers(self.processes)
        small = self.run.scratch.total("sum(size)", which) < READ_HERE
        return Readers(0 if small else None)

    # -- which files --------------------------------------------------------------------

    def _find(self) -> None:
        """List the files; leave out those that are as they were when we last read this source."""
        scratch = self.run.scratch
        try:
            scratch.found(self._listed())
        except OSError as error:
            raise BadSource(f"{error.filename} cannot be listed: {error.strerror}.") from None
        self.run.summary.files = scratch.total()
        archive_id = self._read_from_here()
        if archive_id is None:
            return
        self.assumed = (archive_id, newest_run(archive_id))
        for part in scratch.in_parts(PART):
            known = self._known(archive_id, [found.path for found in part])
            same = {
                found.path
                for found in part
                if (row := known.get(found.path)) and _same_time(found, row)
            }
            scratch.read((p for p in same if known[p].describes), False, describes=True)
            scratch.read((p for p in same if not known[p].describes), False)
        db.session.rollback()

    def _listed(self) -> Iterator[FoundFile]:
        for found in redif_files(self.run.path):
            why = why_unread(found)
            if why is None:
                yield found
            else:
                self.unread.append((found.path[:400], refused(1, *why)))

    def _read_from_here(self) -> int | None:
        """The archive whose last reading was of this very source."""
        last = db.session.scalar(
            select(ImportRun)
            .where(ImportRun.path == self.run.summary.path, ImportRun.archive_id.is_not(None))
            .order_by(ImportRun.id.desc())
            .limit(1)
        )
        if last is None or self.run.core:
            return None
        return last.archive_id if newest_run(last.archive_id) == last.id else None

    def _known(self, archive_id: int, paths: list[str]) -> dict[str, Any]:
        columns = (
            SourceFile.id, SourceFile.path, SourceFile.size, SourceFile.mtime, SourceFile.sha256,
            SourceFile.describes, SourceFile.read_as, SourceFile.vanished_at,
            SourceFile.template_count,
        )  # fmt: skip
        query = select(*columns).where(
            SourceFile.archive_id == archive_id, among(SourceFile.path, paths)
        )
        return {row.path: row for row in db.session.execute(query)}

    def _look(self, readers: Readers) -> None:
        """Glance at what may have changed and was not looked at yet."""
        scratch, done, which = self.run.scratch, 0, "to_read AND sha256 IS NULL"
        whole = scratch.total("sum(size)", which)
        for found, seen in readers.look(iter(list(scratch.files(which)))):
            done += found.size
            self.progress("looking", 0, done, whole)
            if isinstance(seen, Broken):
                self.broken[found.path] = seen
                continue
            scratch.looked(found.path, seen.sha256, seen.describes, seen.handles)

    def _skip_unchanged(self) -> None:
        """Of the files that were looked at, leave out those with the digest we know.

        Those that share a handle with a changed or vanished file are read all the same: theirs
        may be the template that counts now.
        """
        scratch, run = self.run.scratch, self.run
        assert run.archive_id is not None
        self._keep_unread()
        for part in scratch.in_parts(PART):
            with run.transaction():
                known = self._known(run.archive_id, [found.path for found in part])
                same = [
                    found
                    for found in part
                    if (row := known.get(found.path)) and self._same_digest(found, row)
                ]
                scratch.read([found.path for found in same], False)
                if run.dry_run:
                    continue
                for found in same:
                    row = known[found.path]
                    if (row.size, row.mtime) != (found.size, found.mtime):
                        values = {"size": found.size, "mtime": found.mtime}
                        query = update(SourceFile).where(SourceFile.id == row.id)
                        db.session.execute(query.values(values))
                ids = [row.id for row in known.values()]
                seen = update(SourceFile).where(among(SourceFile.id, ids))
                db.session.execute(seen.values(seen_by_run=run.id))
        if run.same_source and run.path.is_dir():
            self._lose_files()
        self._read_rivals()

    def _keep_unread(self) -> None:
        """Files that are there and not read keep what we have of them."""
        if self.run.dry_run:
            return
        for part in chunks([path for path, _ in self.unread]):
            with self.run.transaction():
                db.session.execute(
                    update(SourceFile)
                    .where(
                        SourceFile.archive_id == self.run.archive_id, among(SourceFile.path, part)
                    )
                    .values(seen_by_run=self.run.id, sha256="")
                )

    def _same_digest(self, found: FoundFile, row: Any) -> bool:
        if not self.run.scratch.is_to_read(found.path):
            return True
        digest = self.run.scratch.digest_of(found.path)
        return bool(
            row.sha256
            and row.sha256 == digest
            and row.read_as == READ_AS
            and row.vanished_at is None
        )

    def _lose_files(self) -> None:
        """What stood in files that are gone is lost, unless it stands elsewhere."""
        if self.run.dry_run:
            return
        gone = (
            SourceFile.archive_id == self.run.archive_id,
            SourceFile.seen_by_run.is_distinct_from(self.run.id),
            SourceFile.vanished_at.is_(None),
            SourceFile.path.not_like("%.jsonl"),
        )
        while True:
            with self.run.transaction():
                rows = list(
                    db.session.execute(
                        select(SourceFile.id, SourceFile.path).where(*gone).limit(PART)
                    )
                )
                ids = [row.id for row in rows]
                db.session.execute(
                    update(Template).where(among(Template.source_file_id, ids)).values(lost=True)
                )
                db.session.execute(
                    update(SourceFile)
                    .where(among(SourceFile.id, ids))
                    .values(vanished_at=utcnow(), sha256="")
                )
                for row in rows:
                    self.run.forget(row.path)
                self.run.write_problems()
            if len(rows) < PART:
                return

    def _read_rivals(self) -> None:
        """Read also the files with a template that did not count, where the one that did is in a
        file that changed or vanished."""
        loser, winner = Template.__table__.alias(), Template.__table__.alias()
        theirs, its = SourceFile.__table__.alias(), SourceFile.__table__.alias()
        query = (
            select(theirs.c.path.label("loser"), its.c.path.label("winner"), winner.c.lost)
            .select_from(loser)
            .join(theirs, theirs.c.id == loser.c.source_file_id)
            .join(
                winner,
                (winner.c.handle_key == loser.c.handle_key) & winner.c.taken,
                isouter=True,
            )
            .join(its, its.c.id == winner.c.source_file_id, isouter=True)
            .where(
                _NOT_TAKEN(loser),
                loser.c.kind.in_(IMPORTED),
                ~loser.c.lost,
                theirs.c.archive_id == self.run.archive_id,
            )
        )
        scratch = self.run.scratch
        again = {
            row.loser
            for row in db.session.execute(query)
            if row.winner is None or row.lost or scratch.is_to_read(row.winner) is not False
        }
        scratch.read(again, True)
        db.session.rollback()

    # -- archives and series ------------------------------------------------------------

    def _read_descriptions(self, readers: Readers) -> None:
        """Read the files that describe archives and series: all of them, each time."""
        which = "1" if self.run.core else "describes"
        for found, message in readers.read(self.run.scratch.files(which)):
            if isinstance(message, FileRead) and self.run.core:
                for problem in message.problems:
                    self.run.problem(found.path, problem, code=_code_in(found.path))
            elif isinstance(message, Broken) and self.run.core:
                problem = refused(1, "file-not-readable", message.why)
                self.run.problem(found.path, problem, code=_code_in(found.path))
            elif isinstance(message, Broken):
                self.broken[found.path] = message
            elif isinstance(message, list):
                self.describing.add(found.path)
                for arrival in message:
                    self._describe(found.path, arrival)

    def _describe(self, path: str, arrival: Arrival) -> None:
        place = arrival.place
        if self.run.core:
            self.run.summary.templates += 1
        if arrival.kind in DESCRIBING:
            self.described.append((path, arrival))
            if place is not None:
                here = (arrival.good, path, arrival.first_line)
                known = self.winners.get(place.key)
                if known is None or here > known:
                    self.winners[place.key] = here
        elif self.run.core:
            self.described.append((path, arrival._replace(record="", words="", authors=())))
        if place is not None and arrival.kind in IMPORTED:
            self.codes[place.code] += 1

    def _that_count(self) -> Iterator[tuple[Belonging, Arrival]]:
        """Of what describes, that which is ours and counts."""
        for path, arrival in self.described:
            place = arrival.place
            if self.run.core:
                code = place.code if place else _code_in(path)
                why = why_not(arrival, self.run) or self._beaten(path, arrival)
                for problem in (*arrival.problems, *([why] if why else [])):
                    self.run.problem(
                        path, problem, line=arrival.first_line, of=place.key if place else None,
                        code=code,
                    )  # fmt: skip
            if arrival.kind not in DESCRIBING or place is None or not self.run.mine(place.code):
                continue
            if self.winners[place.key] == (arrival.good, path, arrival.first_line):
                yield place, arrival

    def _beaten(self, path: str, arrival: Arrival) -> Problem | None:
        place = arrival.place
        here = (arrival.good, path, arrival.first_line)
        if place is None or self.winners.get(place.key, here) == here:
            return None
        return _duplicate(place.text, self.winners[place.key], arrival.first_line)

    def _own_code(self) -> str:
        if self.asked_code:
            if not re.fullmatch(r"[a-z]{3}", self.asked_code):
                raise BadSource(
                    f"“{self.asked_code}” is no archive code. Give three letters, like gam."
                )
            return self.asked_code
        places = (a.place for _, a in self.described if a.kind == "Archive")
        codes = list(dict.fromkeys(place.code for place in places if place))
        path = self.run.path
        if len(codes) == 1:
            return codes[0]
        if codes:
            raise BadSource(
                f"{path} holds templates of {len(codes)} archives "
                f"({', '.join(sorted(codes)[:8])}{' …' if len(codes) > 8 else ''}). Say whose "
                "files these are with --archive, or give --core for a copy of RePEc:all."
            )
        raise BadSource(
            f"No archive template in {path}.{self._likely()} Say whose files these are with "
            "--archive, like --archive gam."
        )

    def _likely(self) -> str:
        """Which archive most templates name, for the message."""
        with Readers(0) as readers:
            for _, message in readers.read(self.run.scratch.files("NOT describes")):
                if isinstance(message, list):
                    self.codes.update(a.place.code for a in message if a.place)
                if self.codes.total() > 1000:
                    break
        likely = self.codes.most_common(1)
        return f" Most templates name RePEc:{likely[0][0]}." if likely else ""

    def _end_core(self) -> None:
        with self.run.transaction():
            for path, problem in self.unread:
                self.run.problem(path, problem, code=_code_in(path))
            if not self.run.dry_run:
                self.run.write_problems()
        self.run.summary.files_read = self.run.summary.files

    def _tell_news(self) -> None:
        """Tell whom it concerns what became of accepted changes, also in runs that were killed."""
        if self.run.dry_run:
            return
        with self.run.transaction():
            mine = select(ImportRun.id).where(
                ImportRun.id.in_(news.untold_runs()), ImportRun.archive_id == self.run.archive_id
            )
            news.tell(db.session.scalars(mine).all())

    # -- items --------------------------------------------------------------------------

    def _read_items(self, readers: Readers, storing: Storing) -> None:
        scratch, done = self.run.scratch, 0
        whole = scratch.total("sum(size)", "to_read")
        if not self.run.dry_run:
            self._forget_unread()
        for path, problem in self.unread:
            self.run.problem(path, problem)
        for path, broken in self.broken.items():
            if not scratch.is_to_read(path):  # one that describes; the others are tried again
                storing.broken(FoundFile(path, Path(path), 0, 0), broken.why)
        for found, message in readers.read(scratch.files("to_read")):
            if isinstance(message, FileRead):
                storing.begin(found, message)
            elif isinstance(message, Done):
                storing.end(found)
                done += found.size
                self.run.summary.files_read += 1
            elif isinstance(message, Broken):
                self.broken[found.path] = message
                storing.broken(found, message.why)
            else:
                if found.path not in self.describing:
                    self.surprised |= any(arrival.kind in DESCRIBING for arrival in message)
                storing.add(found, message)
                self.progress("storing", storing.stored, done, whole)

    def _forget_unread(self) -> None:
        """What could not be read before is told anew, if it still cannot be."""
        with self.run.transaction():
            db.session.execute(
                delete(ImportProblem).where(
                    ImportProblem.archive_id == self.run.archive_id, ImportProblem.code.in_(UNREAD)
                )
            )

    def _all_hold_templates(self) -> bool:
        """Whether every file was read and held templates: else a mishap may hide some.

        `surprised`: a template that describes came from a file whose glance did not show it.
        """
        if self.unread or self.broken or self.surprised or self.run.dry_run:
            return False
        with self.run.transaction():
            without = select(SourceFile.id).where(
                SourceFile.archive_id == self.run.archive_id,
                SourceFile.seen_by_run == self.run.id,
                (SourceFile.template_count == 0) | (SourceFile.sha256 == ""),
                SourceFile.path.not_like("%.jsonl"),
            )
            return db.session.scalar(without.limit(1)) is None

    # -- at the end ---------------------------------------------------------------------

    def _tell_across(self) -> None:
        """Tell anew what several templates show together."""
        if self.run.dry_run:
            return
        with self.run.transaction():
            self._settle_descriptions()
            db.session.execute(
                delete(ImportProblem).where(
                    ImportProblem.archive_id == self.run.archive_id, ImportProblem.code.in_(ACROSS)
                )
            )
            for path, handle_key, problem in self._duplicates():
                self.run.problem(path, problem, line=problem.line, of=handle_key)
            for path, handle_key, problem in self._odd_series():
                self.run.problem(path, problem, of=handle_key)
            for refusal in self.unfetched:
                problem = refused(1, "not-fetched", plain(refusal.sentence)[:1000])
                self.run.problem(plain(refusal.url)[:400], problem)
            self.run.write_problems()

    def _settle_descriptions(self) -> None:
        """Which templates of archives and series count was decided when they were read."""
        query = (
            select(Template, SourceFile.path)
            .join(SourceFile, SourceFile.id == Template.source_file_id)
            .where(
                SourceFile.archive_id == self.run.archive_id,
                Template.kind.in_(DESCRIBING),
                ~Template.lost,
            )
        )
        for template, path in db.session.execute(query):
            here = (template.good, path, template.first_line)
            template.taken = self.winners.get(template.handle_key, here) == here
        db.session.flush()

    def _duplicates(self) -> Iterator[tuple[str, str, Problem]]:
        loser, winner = Template.__table__.alias(), Template.__table__.alias()
        theirs, its = SourceFile.__table__.alias(), SourceFile.__table__.alias()
        query = (
            select(
                theirs.c.path, loser.c.first_line, loser.c.handle_key, its.c.path.label("its_path"),
                winner.c.first_line.label("its_line"), winner.c.good, Item.handle,
            )
            .select_from(loser)
            .join(theirs, theirs.c.id == loser.c.source_file_id)
            .join(
                winner,
                (winner.c.handle_key == loser.c.handle_key) & winner.c.taken & ~winner.c.lost,
            )
            .join(its, its.c.id == winner.c.source_file_id)
            .join(Item.__table__, Item.handle_key == loser.c.handle_key, isouter=True)
            .where(
                _NOT_TAKEN(loser),
                loser.c.kind.in_(IMPORTED),
                ~loser.c.lost,
                theirs.c.archive_id == self.run.archive_id,
            )
            .order_by(theirs.c.path, loser.c.first_line)
        )  # fmt: skip
        for row in db.session.execute(query):
            place = (row.good, row.its_path, row.its_line)
            problem = _duplicate(row.handle or row.handle_key, place, row.first_line)
            yield row.path, row.handle_key, problem

    def _odd_series(self) -> Iterator[tuple[str, str, Problem]]:
        """Series with items that no template describes, or that hold another kind."""
        archive_key = f"repec:{self.run.code}"
        if not any(key.startswith(f"{archive_key}:") for key in self.winners):
            return  # this source describes no series at all
        query = select(Series).where(Series.archive_id == self.run.archive_id)
        for series in list(db.session.scalars(query.order_by(Series.handle_key))):
            parsed = handles.parse(series.handle)
            found = self._an_item_of(series) if parsed else None
            if found is None:
                continue
            kind, path, line = found
            if series.handle_key not in self.winners:
                yield path, series.handle_key, series_not_described(series.handle_key, line)
                continue
            holds = first(series.upstream, "type") or "ReDIF-Paper"
            if holds != f"ReDIF-{kind}":
                yield path, series.handle_key, other_type_than_series(kind, holds, line)

    def _an_item_of(self, series: Series) -> tuple[str, str, int] | None:
        """Kind and place of an item of the series."""
        item = (
            select(Item.kind, Item.handle_key)
            .where(Item.series_id == series.id, Item.vanished_at.is_(None))
            .order_by(Item.series_id, func.coalesce(Item.year, 0), Item.id)
            .limit(1)
            .subquery()
        )
        row = db.session.execute(
            select(item.c.kind, SourceFile.path, Template.first_line)
            .join(Template, (Template.handle_key == item.c.handle_key) & Template.taken)
            .join(SourceFile, SourceFile.id == Template.source_file_id)
            .limit(1)
        ).first()
        return (str(row[0]), row[1], row[2]) if row else None

    def _count(self) -> None:
        """Count what was not read, and the problems there are."""
        run, summary = self.run, self.run.summary
        with run.transaction():
            if not run.core:
                for part in run.scratch.in_parts(PART):
                    skipped = [f.path for f in part if run.scratch.is_to_read(f.path) is False]
                    counts = select(SourceFile.id, SourceFile.template_count).where(
                        SourceFile.archive_id == run.archive_id, among(SourceFile.path, skipped)
                    )
                    files = {row.id: row.template_count for row in db.session.execute(counts)}
                    summary.templates += sum(files.values())
                    items = select(func.count()).select_from(Template)
                    items = items.where(
                        among(Template.source_file_id, files), Template.taken, ~Template.lost,
                        Template.kind.not_in(DESCRIBING),
                    )  # fmt: skip
                    summary.items["unchanged"] += db.session.scalar(items) or 0
            if not run.dry_run:
                of = (
                    ImportProblem.run_id == run.id
                    if run.core
                    else ImportProblem.archive_id == run.archive_id
                )
                counted = select(ImportProblem.severity, ImportProblem.code, func.count())
                for severity, code, count in db.session.execute(
                    counted.where(of).group_by(ImportProblem.severity, ImportProblem.code)
                ):
                    summary.problems[f"{Severity(severity).value} {code}"] = count


def _NOT_TAKEN(table: Any) -> Any:  # noqa: N802
    """The condition of the partial index, spelled as there."""
    return ~table.c.taken


def _same_time(found: FoundFile, row: Any) -> bool:
    return bool(
        row.sha256
        and (row.size, row.mtime) == (found.size, found.mtime)
        and row.read_as == READ_AS
        and row.vanished_at is None
    )


def _code_in(path: str) -> str | None:
    """The code of the archive that a core file is about, by its name."""
    named = _CORE_FILE.match(Path(path).name)
    return named[1].lower() if named else None


def _duplicate(handle: str, winner: Place, line: int) -> Problem:
    _, path, at = winner
    message = f"{handle} stands again in {path}, line {at}, which was taken."
    return refused(line, "duplicate-handle", message)


def why_unread(found: FoundFile) -> tuple[str, str] | None:
    """The code and message of the problem for which a file is not read; None if it is."""
    if found.size > MAX_FILE:
        return "file-too-large", f"This file has {found.size:,} bytes and was not read."
    if len(found.path) > MAX_PATH:
        return "path-too-long", "The path of this file is too long; it was not read."
    return None
