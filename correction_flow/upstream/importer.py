"""Reading an archive's files into the catalogue.

Two passes over the files: the first learns who describes what and which of several templates with
one handle wins, and keeps the few templates of archives and series; the second stores the items in
batches of one transaction each. What is unchanged is not written. Ids survive; approved changes are
reconciled with what arrives.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select, update

from correction_flow.catalog import operations as catalog
from correction_flow.catalog import record as records
from correction_flow.catalog.models import (
    Archive,
    Item,
    ItemReference,
    Kind,
    LinkedBy,
    Series,
    SourceFile,
    Template,
)
from correction_flow.catalog.queries import archive_by_handle, items_by_keys
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.text import plain, squeeze
from correction_flow.core.transaction import transaction
from correction_flow.proposals import operations as proposals
from correction_flow.redif import checks, parser
from correction_flow.redif import handle as handles
from correction_flow.redif.across import Across
from correction_flow.redif.problems import Problem, Severity
from correction_flow.upstream import standing
from correction_flow.upstream.models import ImportProblem, ImportRun
from correction_flow.upstream.source import (
    MAX_FILE,
    MAX_PATH,
    FoundFile,
    redif_files,
    reference_files,
    storable,
)

BATCH = 500
ITEM_KINDS = {kind.value for kind in Kind}
IMPORTED = ITEM_KINDS | {"Archive", "Series"}
_CORE_FILE = re.compile(r"([a-z]{3})(?:arch|seri)\.", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>.]+")
MAX_HANDLE = 400
"""A longer handle is no name anybody gave, and PostgreSQL could not index it."""
MAX_ADDRESS = 254
_ROUGH_HANDLE = re.compile(r"(?i)repec:([a-z]{3})(?::([^:\s]{1,40})(?::(\S.*))?|:?)$")


class BadSource(ValueError):
    """The directory cannot be imported as it is; the message names the remedy."""


@dataclass
class Summary:
    """What a run did: counts by what became of them, and problems by severity and code."""

    path: str
    archive: str | None = None
    files: int = 0
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

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            name: dict(value) if isinstance(value, Counter) else value
            for name, value in vars(self).items()
        } | {"changed": self.changed}


@dataclass(frozen=True)
class Belonging:
    """Where a template says it belongs: its handle, as published and compared, and its parts."""

    text: str
    key: str
    code: str
    series: str | None


@dataclass
class Survey:
    """What the first pass learns: the winner among the templates of each handle.

    `unreadable` are the handles of templates of no known type, `files` those with templates.
    """

    winners: dict[str, tuple[bool, str, int]] = field(default_factory=dict)
    described: list[tuple[str, parser.Template]] = field(default_factory=list)
    archive_codes: list[str] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    unreadable: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)

    def see(self, path: str, template: parser.Template, place: Belonging) -> None:
        """Note one template; the good one wins, then the last in path and line order."""
        candidate = (template.good, path, template.first_line)
        known = self.winners.get(place.key)
        if known is None or candidate >= known:
            self.winners[place.key] = candidate
        self.codes[place.code] += 1
        if template.kind == "Archive" and place.code not in self.archive_codes:
            self.archive_codes.append(place.code)

    def wins(self, path: str, template: parser.Template, key: str) -> bool:
        """Whether this is the template that counts for its handle."""
        return self.winners.get(key) == (template.good, path, template.first_line)


def place_of(template: parser.Template) -> Belonging | None:
    """Where the template belongs by its handle; None when it cannot be told.

    A handle that RePEc calls invalid (a series code of five letters) is still a unique name and
    is kept; the template is marked as one RePEc does not index.
    """
    if not template.handle:
        return None
    lenient = handles.lenient(template.handle)
    text = lenient[0].text if lenient else squeeze(template.handle)
    found = _ROUGH_HANDLE.match(text)
    if found is None or len(text) > MAX_HANDLE:
        return None
    code, in_series, rest = found[1].lower(), found[2], found[3]
    if template.kind == "Archive":
        handle = f"RePEc:{found[1]}"
        return Belonging(handle, handles.key(handle), code, None)
    if not in_series or (template.kind != "Series" and not rest):
        return None
    return Belonging(text, handles.key(text), code, f"RePEc:{found[1]}:{in_series}")


@dataclass(frozen=True)
class Arrived:
    """An item's template as it came, with its file and place."""

    found: FoundFile
    parsed: parser.ParsedFile
    template: parser.Template
    place: Belonging


Progress = Callable[[str, int], None]


def import_path(
    path: Path,
    *,
    archive: str | None = None,
    core: bool = False,
    progress: Progress = lambda _path, _count: None,
) -> Summary:
    """Import a directory (or one file). Raises BadSource.

    `archive`: the source's three-letter code, where no archive template says it; `core`: a copy
    of RePEc:all, from which archives and series of any code are described.
    """
    if not path.exists():
        raise BadSource(f"There is no file or directory {path}.")
    return _Importer(path, archive, core, progress).run()


class _Importer:
    """One run: its source, its survey, its summary, and the problems not yet written."""

    def __init__(self, path: Path, archive: str | None, core: bool, progress: Progress) -> None:
        self.path = path
        self.asked_code = archive.strip().lower().removeprefix("repec:") if archive else None
        self.core = core
        self.progress = progress
        self.summary = Summary(storable(path))
        self.survey = Survey()
        self.code: str | None = None
        self.problems: list[dict[str, Any]] = []
        self.run_id = 0
        self.archive_id: int | None = None
        self.curators_id: int | None = None
        self.to_regroup: list[Series] = []
        self.reference_files: set[str] = set()
        self.series_ids: dict[str, int] = {}
        self.files: dict[str, int] = {}
        self.undescribed: set[str] = set()

    def run(self) -> Summary:
        start = time.perf_counter()
        self._survey()
        self.code = None if self.core else self._own_code()
        self._begin()
        self._describe()
        self._store_items()
        self._mark_vanished()
        self._store_references()
        self._end(time.perf_counter() - start)
        return self.summary

    # -- the source ---------------------------------------------------------------------

    def _survey(self) -> None:
        """The first reading: what the parser has to say, and which templates there are."""
        across = Across()
        for found, parsed in self._read():
            self.summary.files += 1
            self.summary.templates += len(parsed.templates)
            if parsed.templates:
                self.survey.files.add(found.path)
            for problem in parsed.problems:
                self._problem(found.path, problem)
            for template in parsed.templates:
                for problem in (*template.problems, *checks.problems(template)):
                    self._problem(found.path, problem, template)
                across.see(found.path, template)
                place = place_of(template)
                if place is not None and template.kind in IMPORTED:
                    self.survey.see(found.path, template, place)
                if template.kind is None and template.handle_key:
                    self.survey.unreadable.add(template.handle_key)
                if template.kind in ("Archive", "Series"):
                    self.survey.described.append((found.path, template))
        for path, problem in across.problems():
            self._problem(path, problem)
        self._report_unread()

    def _read(self) -> Iterator[tuple[FoundFile, parser.ParsedFile]]:
        for found in redif_files(self.path):
            if why_unread(found) is None:
                yield found, parser.parse(found.read()[0], name=found.path)

    def _own_code(self) -> str:
        if self.asked_code:
            if not re.fullmatch(r"[a-z]{3}", self.asked_code):
                raise BadSource(
                    f"“{self.asked_code}” is no archive code. Give three letters, like gam."
                )
            return self.asked_code
        codes = self.survey.archive_codes
        if len(codes) == 1:
            return codes[0]
        if codes:
            raise BadSource(
                f"{self.path} holds templates of {len(codes)} archives "
                f"({', '.join(sorted(codes)[:8])}{' …' if len(codes) > 8 else ''}). Say whose "
                "files these are with --archive, or give --core for a copy of RePEc:all."
            )
        likely = self.survey.codes.most_common(1)
        hint = f" Most templates name RePEc:{likely[0][0]}." if likely else ""
        raise BadSource(
            f"No archive template in {self.path}.{hint} Say whose files these are with "
            "--archive, like --archive gam."
        )

    def _mine(self, code: str) -> bool:
        return self.core or code == self.code

    # -- bookkeeping --------------------------------------------------------------------

    def _begin(self) -> None:
        with transaction() as session:
            archive = self._archive(self.code) if self.code else None
            of_archive = ImportRun.archive_id == (archive.id if archive else None)
            earlier = select(ImportRun.id).where(of_archive)
            session.execute(delete(ImportProblem).where(ImportProblem.run_id.in_(earlier)))
            run = ImportRun(
                archive_id=archive.id if archive else None,
                path=self.summary.path,
                started_at=utcnow(),
            )
            session.add(run)
            session.flush()
            self.run_id = run.id
            self.archive_id = run.archive_id
        self.summary.archive = f"RePEc:{self.code}" if self.code else None

    def _end(self, seconds: float) -> None:
        self.summary.seconds = round(seconds, 2)
        if self.undescribed:
            self.summary.archives["placeholder"] = len(self.undescribed)
        with transaction() as session:
            self._write_problems()
            run = session.get_one(ImportRun, self.run_id)
            run.finished_at = utcnow()
            run.summary = self.summary.as_json()

    def _problem(
        self,
        path: str,
        problem: Problem,
        template: parser.Template | None = None,
    ) -> None:
        """Note a problem of a file, or of one template in it; it is written later."""
        self.summary.problems[f"{problem.severity.value} {problem.code}"] += 1
        self.problems.append(
            {
                "archive_id": self._code_of(path, template),
                "path": path,
                "line": problem.line,
                "column_number": problem.column,
                "template_line": template.first_line if template else None,
                "severity": problem.severity,
                "code": problem.code,
                "message": plain(problem.message)[:1000],
                "advice": plain(problem.advice)[:1000],
            }
        )

    def _refuse(self, path: str, template: parser.Template, code: str, message: str) -> None:
        problem = Problem(template.first_line, 1, Severity.ERROR, code, message)
        self._problem(path, problem, template)

    def _code_of(self, path: str, template: parser.Template | None) -> str | None:
        """The code of the archive that a core file or its template is about."""
        place = place_of(template) if template else None
        named = _CORE_FILE.match(Path(path).name)
        return place.code if place else named[1].lower() if named else None

    def _write_problems(self) -> None:
        """Store the problems noted so far, for the archives there are by now."""
        if not self.problems:
            return
        for problem in self.problems:
            problem["archive_id"] = self.code or problem["archive_id"]
        codes = {problem["archive_id"] for problem in self.problems} - {None}
        keys = [handles.key(f"RePEc:{code}") for code in codes]
        ids: dict[str | None, int] = {}
        for n in range(0, len(keys), BATCH):
            query = select(Archive.handle_key, Archive.id)
            found = db.session.execute(query.where(Archive.handle_key.in_(keys[n : n + BATCH])))
            ids |= {key.removeprefix("repec:"): id_ for key, id_ in found}
        for problem in self.problems:
            problem["run_id"] = self.run_id
            problem["archive_id"] = ids.get(problem["archive_id"])
        db.session.execute(insert(ImportProblem), self.problems)
        self.problems.clear()

    # -- archives and series ------------------------------------------------------------

    def _describe(self) -> None:
        """Store archives, then series."""
        archives: list[tuple[Belonging, parser.Template]] = []
        series: list[tuple[Belonging, parser.Template]] = []
        for path, template in self.survey.described:
            place = self._accept(path, template)
            if place is not None:
                (archives if template.kind == "Archive" else series).append((place, template))
        for chosen, store in ((archives, self._store_archive), (series, self._store_series)):
            for n in range(0, len(chosen), BATCH):
                with transaction():
                    for place, template in chosen[n : n + BATCH]:
                        store(place, template)
                    self._regroup()
                db.session.expunge_all()
        with transaction():
            self._write_problems()

    def _report_unread(self) -> None:
        for found in redif_files(self.path):
            why = why_unread(found)
            if why is not None:
                self._problem(found.path[:400], Problem(1, 1, Severity.ERROR, *why))

    def _accept(self, path: str, template: parser.Template) -> Belonging | None:
        """Where an imported template belongs; None, and a problem, for one that is not."""
        if template.kind is None:
            return None
        if template.kind not in IMPORTED:
            message = f"A template of type {template.type} is not part of the catalogue."
            notice = Problem(template.first_line, 1, Severity.NOTICE, "not-imported", message)
            self._problem(path, notice, template)
            return None
        place = place_of(template)
        if place is None:
            self._refuse(path, template, "no-usable-handle", _unusable(template))
            return None
        if not self._mine(place.code):
            message = f"{place.text} belongs to RePEc:{place.code}, not to RePEc:{self.code}."
            self._refuse(path, template, "handle-of-other-archive", message)
            return None
        if self.core and template.kind in ITEM_KINDS:
            message = f"{place.text} is an item; RePEc:all only describes archives and series."
            self._refuse(path, template, "item-in-core", message)
            return None
        if not self.survey.wins(path, template, place.key):
            _, other_path, other_line = self.survey.winners[place.key]
            message = (
                f"{place.text} stands again in {other_path}, line {other_line}, which was taken."
            )
            self._refuse(path, template, "duplicate-handle", message)
            return None
        return place

    def _archive(self, code: str) -> Archive:
        archive = archive_by_handle(f"RePEc:{code}")
        if archive is None:
            handle = f"RePEc:{code}"
            archive = Archive(
                handle=handle, handle_key=handles.key(handle), name=handle, upstream={},
                placeholder=True,
            )  # fmt: skip
            db.session.add(archive)
            db.session.flush()
            self.undescribed.add(code)
        return archive

    def _store_archive(self, place: Belonging, template: parser.Template) -> None:
        archive = self._archive(place.code)
        tree = template.tree()
        before = (archive.handle, archive.name, archive.upstream, archive.placeholder)
        new = archive.placeholder
        self.undescribed.discard(place.code)
        archive.handle = place.text
        archive.name = _first(tree, "name") or place.text
        archive.upstream = tree
        archive.placeholder = False
        contacts = catalog.name_contacts(archive, None, contacts_in(template))
        after = (archive.handle, archive.name, archive.upstream, archive.placeholder)
        self.summary.archives[_became(new, before != after or contacts)] += 1
        if contacts:
            self.to_regroup += db.session.scalars(
                select(Series).where(Series.archive_id == archive.id)
            )

    def _store_series(self, place: Belonging, template: parser.Template) -> None:
        tree = template.tree()
        archive = self._archive(place.code)
        series = db.session.scalar(select(Series).where(Series.handle_key == place.key))
        new = series is None or series.placeholder
        if series is None:
            series = self._new_series(archive, place.text, place.key, series_kind(tree))
        before = (series.handle, series.kind, series.name, series.upstream, series.placeholder)
        series.handle = place.text
        series.kind = series_kind(tree)
        series.name = _first(tree, "name") or place.text
        series.provider = _first(tree, "provider", "name")
        series.upstream = tree
        series.placeholder = False
        contacts = catalog.name_contacts(archive, series, contacts_in(template))
        after = (series.handle, series.kind, series.name, series.upstream, series.placeholder)
        self.summary.series[_became(new, before != after or contacts)] += 1
        if contacts or new:
            self.to_regroup.append(series)

    def _new_series(self, archive: Archive, handle: str, key: str, kind: Kind) -> Series:
        """A series nobody described yet: its items are decided by curators."""
        if self.curators_id is None:
            self.curators_id = catalog.the_curators_desk().id
        series = Series(
            archive=archive, desk_id=self.curators_id, handle=handle, handle_key=key, kind=kind,
            name=handle, upstream={}, placeholder=True,
        )  # fmt: skip
        db.session.add(series)
        db.session.flush()
        return series

    def _regroup(self) -> None:
        """Who decides for these series may have changed: seat them, and what waits there."""
        moved = catalog.regroup(self.to_regroup)
        self.to_regroup = []
        with_items = set(
            db.session.scalars(
                select(Item.series_id).where(Item.series_id.in_([s.id for s in moved])).distinct()
            )
        )
        proposals.reroute([s for s in moved if s.id in with_items])

    # -- items --------------------------------------------------------------------------

    def _store_items(self) -> None:
        """The second reading. Of a core only its archives and series are taken."""
        batch: list[Arrived] = []
        stored = 0
        for found, parsed in self._read():
            for template in parsed.templates:
                if template.kind in ("Archive", "Series"):
                    continue
                place = self._accept(found.path, template)
                if place is not None:
                    batch.append(Arrived(found, parsed, template, place))
            if len(batch) >= BATCH:
                self._store_batch(batch)
                stored += len(batch)
                batch = []
                self.progress(found.path, stored)
        self._store_batch(batch)
        self.progress("", stored + len(batch))

    def _mark_vanished(self) -> None:
        """Mark what the archive's files no longer have; nothing is deleted.

        Only where the same source was read before, for a part of an archive says nothing of the
        rest. A file that is there and holds no template keeps its items: an empty file or a web
        page in its place is a mishap, not a withdrawal.
        """
        if self.core or not self.path.is_dir() or not self._read_before():
            return
        present = {found.path for found in redif_files(self.path)}
        if present <= self.survey.files and not self._core_was_read():
            self._end_rights()
        after = ""
        while True:
            with transaction() as session:
                query = select(SourceFile).where(SourceFile.archive_id == self.archive_id)
                query = query.where(SourceFile.path > after).order_by(SourceFile.path)
                files = list(session.scalars(query.limit(BATCH)))
                for file in files:
                    if file.path not in present:
                        file.vanished_at = file.vanished_at or utcnow()
                kept = present - self.survey.files
                self._mark_items_of([file.id for file in files if file.path not in kept])
            db.session.expunge_all()
            if len(files) < BATCH:
                return
            after = files[-1].path

    def _end_rights(self) -> None:
        """Rights from an address end when no template of the archive names it any more.

        Not while a file is empty or no ReDIF, and not where a copy of RePEc's core describes
        archives too: then nothing says that the template is gone.
        """
        there = self.survey.winners
        with transaction() as session:
            archive = session.get_one(Archive, self.archive_id)
            described = list(
                session.scalars(
                    select(Series).where(Series.archive_id == archive.id, ~Series.placeholder)
                )
            )
            for series in described:
                if series.handle_key not in there:
                    catalog.name_contacts(archive, series, [])
                    series.placeholder = True
                    self.to_regroup.append(series)
            if archive.handle_key not in there and not archive.placeholder:
                catalog.name_contacts(archive, None, [])
                archive.placeholder = True
                self.to_regroup = described
            self._regroup()

    def _core_was_read(self) -> bool:
        core = select(ImportRun.id).where(ImportRun.archive_id.is_(None)).limit(1)
        return db.session.scalar(core) is not None

    def _mark_items_of(self, file_ids: list[int]) -> None:
        rows = db.session.execute(
            select(Item.id, Item.handle_key)
            .join(Template, Item.template_id == Template.id)
            .where(Template.source_file_id.in_(file_ids), Item.vanished_at.is_(None))
        )
        there = (self.survey.winners, self.survey.unreadable)
        gone = [id_ for id_, key in rows if not any(key in handles_ for handles_ in there)]
        for n in range(0, len(gone), BATCH):
            db.session.execute(
                update(Item)
                .where(Item.id.in_(gone[n : n + BATCH]))
                .values(vanished_at=utcnow(), version=Item.version + 1)
            )
        if gone:
            self.summary.items["vanished"] += len(gone)

    def _read_before(self) -> bool:
        """Whether the last reading of this archive was of the same source."""
        last = db.session.scalar(
            select(ImportRun.path)
            .where(
                ImportRun.archive_id == self.archive_id,
                ImportRun.finished_at.is_not(None),
                ImportRun.id != self.run_id,
            )
            .order_by(ImportRun.id.desc())
            .limit(1)
        )
        return last == self.summary.path

    def _store_batch(self, batch: list[Arrived]) -> None:
        with transaction() as session:
            keys = [each.place.key for each in batch]
            items = {
                item.handle_key: item
                for item in session.scalars(select(Item).where(Item.handle_key.in_(keys)))
            }
            created: list[Item] = []
            for each, origin in zip(batch, self._origins(batch), strict=True):
                item = items.get(each.place.key)
                if item is None:
                    item = self._new_item(each, origin)
                    created.append(item)
                else:
                    self._update_item(item, each, origin)
                self.summary.kinds[item.kind.value] += 1
            session.flush()
            for item in created:
                catalog.show(item, {}, import_run_id=self.run_id, new=True)
            self._link_awaited({item.handle_key: item.id for item in created})
            self._write_problems()
        db.session.expunge_all()

    def _link_awaited(self, created: dict[str, int]) -> None:
        awaited = db.session.scalars(
            select(ItemReference.cited_key).where(
                ItemReference.cited_key.in_(created), ItemReference.cited_item_id.is_(None)
            )
        )
        catalog.link_awaited({key: created[key] for key in set(awaited) if key})

    def _origins(self, batch: list[Arrived]) -> list[Template]:
        """Where each comes from, as rows; those of one file are loaded and written together."""
        file_ids = [self._file(each.found, each.parsed) for each in batch]
        rows = {
            (row.source_file_id, row.first_line): row
            for row in db.session.scalars(
                select(Template).where(Template.source_file_id.in_(set(file_ids)))
            )
        }
        origins = []
        for file_id, each in zip(file_ids, batch, strict=True):
            template = each.template
            row = rows.get((file_id, template.first_line))
            if row is None:
                row = Template(source_file_id=file_id, first_line=template.first_line)
            row.last_line = template.last_line
            row.handle_key = each.place.key
            row.good = template.good
            row.sha256 = template.sha256
            origins.append(row)
        db.session.add_all(origins)
        db.session.flush()
        return origins

    def _file(self, found: FoundFile, parsed: parser.ParsedFile) -> int:
        known = self.files.get(found.path)
        if known is not None:
            return known
        archive = self._archive(self.code or "")
        row = db.session.scalar(
            select(SourceFile).where(
                SourceFile.archive_id == archive.id, SourceFile.path == found.path
            )
        )
        if row is None:
            row = SourceFile(archive_id=archive.id, path=found.path)
        row.size, row.mtime = found.size, found.mtime
        row.sha256 = found.read()[1]
        row.encoding, row.line_ends = parsed.encoding, parsed.line_ends
        row.vanished_at = None
        db.session.add(row)
        db.session.flush()
        self.files[found.path] = row.id
        return row.id

    def _new_item(self, each: Arrived, origin: Template) -> Item:
        now = utcnow()
        template, place = each.template, each.place
        kind = Kind(template.kind or "")
        upstream = records.from_tree(template.tree())
        item = Item(
            series=self._series(place, kind), kind=kind, handle=place.text,
            handle_key=place.key, title="", author_line="", upstream=upstream, shown={},
            version=1, template_id=origin.id, indexed_by_repec=template.good, created_at=now,
            updated_at=now,
        )  # fmt: skip
        db.session.add(item)
        self.summary.items["new"] += 1
        return item

    def _update_item(self, item: Item, each: Arrived, origin: Template) -> None:
        template, place = each.template, each.place
        upstream = records.from_tree(template.tree())
        facts = (place.text, Kind(template.kind or ""), template.good)
        same = facts == (item.handle, item.kind, item.indexed_by_repec)
        came_back = item.vanished_at is not None
        item.template_id = origin.id
        if same and not came_back and upstream == item.upstream:
            self.summary.items["unchanged"] += 1
            return
        item.handle, item.kind, item.indexed_by_repec = facts
        item.vanished_at = None
        item.upstream = upstream
        item.series = self._series(place, item.kind)
        standing.reconcile(item, import_run_id=self.run_id)
        self.summary.items["changed"] += 1

    def _series(self, place: Belonging, kind: Kind) -> Series:
        key = handles.key(place.series or "")
        if key in self.series_ids:
            return db.session.get_one(Series, self.series_ids[key])
        series = db.session.scalar(select(Series).where(Series.handle_key == key))
        if series is None:
            series = self._new_series(self._archive(place.code), str(place.series), key, kind)
            self.summary.series["placeholder"] += 1
        self.series_ids[key] = series.id
        return series

    # -- references ---------------------------------------------------------------------

    def _store_references(self) -> None:
        files = list(reference_files(self.path))
        self.reference_files = {found.path for found in files}
        for found in files:
            by_item: dict[str, list[tuple[int, dict[str, Any]]]] = {}
            for line, entry in self._entries(found):
                by_item.setdefault(handles.key(entry["citing"]), []).append((line, entry))
            keys = list(by_item)
            for n in range(0, len(keys), BATCH):
                with transaction():
                    self._store_lists(found, {k: by_item[k] for k in keys[n : n + BATCH]})
                    self._write_problems()
                db.session.expunge_all()

    def _entries(self, found: FoundFile) -> Iterator[tuple[int, dict[str, Any]]]:
        text = found.full.read_bytes().decode("utf-8-sig", "replace")
        for n, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            entry = _entry(line)
            if isinstance(entry, str):
                self._problem(found.path, Problem(n, 1, Severity.ERROR, "bad-reference", entry))
                self.summary.references["refused"] += 1
                continue
            yield n, entry

    def _store_lists(
        self, found: FoundFile, lists: dict[str, list[tuple[int, dict[str, Any]]]]
    ) -> None:
        citing = items_by_keys(list(lists))
        cited_keys = {
            handles.key(e["cited"]) for rows in lists.values() for _, e in rows if e["cited"]
        }
        cited = items_by_keys(sorted(cited_keys))
        for key, rows in lists.items():
            item_id = citing.get(key)
            if item_id is None:
                message = f"{rows[0][1]['citing']} is not in the catalogue."
                unknown = Problem(rows[0][0], 1, Severity.ERROR, "unknown-citing-item", message)
                self._problem(found.path, unknown)
                self.summary.references["refused"] += len(rows)
                continue
            self._store_list(found, item_id, rows, cited)

    def _store_list(
        self,
        found: FoundFile,
        item_id: int,
        rows: list[tuple[int, dict[str, Any]]],
        cited: dict[str, int],
    ) -> None:
        """Bring one item's list in step; a reference keeps its identity by its text."""
        existing = {
            (r.text_key, r.nth): r
            for r in db.session.scalars(
                select(ItemReference).where(ItemReference.item_id == item_id)
            )
        }
        seen: Counter[str] = Counter()
        kept = set()
        elsewhere = self.reference_files - {found.path}
        for line, entry in sorted(rows, key=lambda row: row[1]["nth"]):
            text_key = catalog.text_key(entry["text"])
            seen[text_key] += 1
            identity = (text_key, seen[text_key])
            kept.add(identity)
            cited_key = handles.key(entry["cited"]) if entry["cited"] else None
            row = existing.get(identity)
            if row is None:
                row = ItemReference(
                    item_id=item_id, text_key=text_key, nth=identity[1], origin=found.path
                )
                became = "new"
            elif row.origin in elsewhere and row.vanished_at is None:
                message = f"This reference of {entry['citing']} stands in {row.origin} already."
                twice = Problem(line, 1, Severity.WARNING, "reference-given-twice", message)
                self._problem(found.path, twice)
                continue
            else:
                became = "unchanged"
            before = (row.position, row.text, row.cited_key, row.cited_item_id, row.vanished_at)
            row.position, row.text, row.vanished_at = entry["nth"], entry["text"], None
            row.origin = found.path
            if row.linked_by is not LinkedBy.CORRECTION:
                row.cited_key = cited_key
                row.cited_item_id = cited.get(cited_key) if cited_key else None
                row.linked_by = LinkedBy.IMPORT if row.cited_item_id else None
            after = (row.position, row.text, row.cited_key, row.cited_item_id, row.vanished_at)
            if became != "new" and before != after:
                became = "changed"
            db.session.add(row)
            self.summary.references[became] += 1
        for identity, row in existing.items():
            if identity not in kept and row.origin == found.path and row.vanished_at is None:
                row.vanished_at = utcnow()
                self.summary.references["changed"] += 1


def why_unread(found: FoundFile) -> tuple[str, str] | None:
    """The code and message of the problem for which a file is not read; None if it is."""
    if found.size > MAX_FILE:
        return "file-too-large", f"This file has {found.size:,} bytes and was not read."
    if len(found.path) > MAX_PATH:
        return "path-too-long", "The path of this file is too long; it was not read."
    return None


def _unusable(template: parser.Template) -> str:
    """Why nothing can be imported under this template's handle."""
    kind = (template.kind or "template").lower()
    if not template.handle:
        return f"There is no handle of a {kind}, so it cannot be imported."
    if len(template.handle) > MAX_HANDLE:
        return (
            f"The handle has {len(template.handle):,} characters, so it cannot be imported. "
            f"Give one of at most {MAX_HANDLE}."
        )
    return f"“{template.handle[:100]}” is no handle of a {kind}, so it cannot be imported."


def _entry(line: str) -> dict[str, Any] | str:
    """One JSON line as {citing, nth, text, cited}; a sentence saying what is wrong instead."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return "This line is no JSON object."
    if not isinstance(entry, dict):
        return "This line is no JSON object."
    citing, text, cited = entry.get("citing"), entry.get("text"), entry.get("cited")
    if not isinstance(citing, str) or not citing.strip():
        return "“citing” is missing: give the handle of the citing item."
    if not isinstance(text, str) or not squeeze(plain(text)):
        return "“text” is missing: give the text of the reference."
    if cited is not None and not isinstance(cited, str):
        return "“cited” is neither a handle nor null."
    citing, cited = plain(citing), plain(cited or "") or None
    if max(len(citing), len(cited or "")) > MAX_HANDLE:
        return f"A handle is too long: give one of at most {MAX_HANDLE} characters."
    nth = entry.get("nth")
    if not isinstance(nth, int) or isinstance(nth, bool) or not 0 < nth < 100_000:
        return "“nth” is missing: give the place in the list, from 1."
    return {"citing": citing, "text": squeeze(plain(text))[:5000], "cited": cited, "nth": nth}


def _became(new: bool, changed: bool) -> str:
    return "new" if new else "changed" if changed else "unchanged"


def _first(tree: parser.Tree, tag: str, name: str | None = None) -> str | None:
    for value in tree.get(tag, ()):
        if name is not None and isinstance(value, dict):
            found = _first(value, name)
            if found:
                return found
        elif isinstance(value, str) and value:
            return value
    return None


def series_kind(tree: parser.Tree) -> Kind:
    """What a series holds by its Type; RePEc's default is papers."""
    found = re.search(r"(?i)(paper|article|book|chapter|software)", _first(tree, "type") or "")
    return Kind(found[1].capitalize()) if found else Kind.PAPER


def contacts_in(template: parser.Template) -> list[tuple[str | None, str]]:
    """(name, address) of the maintainers a template names.

    Several addresses in one value, or an address with text around it, are rescued; RePEc's
    verdict on the template stands all the same. Names are paired with addresses only where
    there are as many, for ReDIF does not say whose name it is (repec.md §2.5).
    """
    texts = [
        "".join(sign for sign in value.text if sign.isprintable())
        for value in template.values
        if value.tag == "maintainer-email"
    ]
    found = (a for text in texts for a in _ADDRESS.findall(text) if len(a) <= MAX_ADDRESS)
    addresses = list(dict.fromkeys(found))
    names = [v.text for v in template.values if v.tag == "maintainer-name" and v.text]
    if len(names) != len(addresses):
        return [(" and ".join(names) or None, address) for address in addresses]
    return [(name, address) for name, address in zip(names, addresses, strict=True)]
