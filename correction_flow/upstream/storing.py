"""Items as their templates say: new ones in bulk, changed ones with care, others not at all.

A batch is one transaction: its items, their authors, their search words, where their templates
stand, and the files it ends. So a run that is killed loses a batch at most, and the next one goes
on. Of several templates with one handle the good one counts, then the last in path and line;
who is in doubt waits until all files were read.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update

from correction_flow.catalog import operations as catalog
from correction_flow.catalog import search
from correction_flow.catalog.models import (
    Item,
    ItemAuthor,
    Kind,
    Series,
    SourceFile,
    Template,
)
from correction_flow.catalog.queries import items_by_keys
from correction_flow.core.bulk import among, chunks, insert_rows, moment, next_ids
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.redif.problems import Problem, Severity
from correction_flow.upstream import standing
from correction_flow.upstream.named_lists import NamedLists
from correction_flow.upstream.reading import (
    DESCRIBING,
    IMPORTED,
    ITEM_KINDS,
    READ_AS,
    Arrival,
    Belonging,
    FileRead,
    number_of,
    refused,
    unusable,
)
from correction_flow.upstream.run import Run
from correction_flow.upstream.source import FoundFile

BATCH = 4000
"""Templates of one transaction."""
JUST_NOW = 2_000_000_000
"""Nanoseconds: a file changed so shortly before it was read may change again within one tick of
its time, so its time proves nothing."""
ITEM_COLUMNS = (
    "id", "series_id", "kind", "handle", "handle_key", "ideas_path", "title", "author_line",
    "year", "upstream", "version", "import_run_id", "indexed_by_repec", "created_at", "updated_at",
)  # fmt: skip
AUTHOR_COLUMNS = (
    "item_id", "role", "position", "name", "name_key", "email_key", "person", "workplaces",
)  # fmt: skip
TEMPLATE_COLUMNS = (
    "source_file_id", "first_line", "last_line", "handle_key", "kind", "good", "sha256", "taken",
    "lost",
)  # fmt: skip
Place = tuple[bool, str, int]
"""What decides between templates of one handle: good, path, first line."""


class Row(NamedTuple):
    """A template as it stood in its file before."""

    id: int
    first_line: int
    last_line: int
    kind: str | None
    good: bool
    sha256: str
    taken: bool
    lost: bool


@dataclass
class OpenFile:
    """A file that is being stored; `old` are its templates as they were, by handle key."""

    found: FoundFile
    facts: FileRead
    id: int = 0
    begun: bool = False
    as_before: bool = False
    old: dict[str, list[Row]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    stale: list[int] = field(default_factory=list)
    templates: int = 0
    describes: bool = False
    waits: bool = False
    ended: bool = False


class Waiting(NamedTuple):
    """A template whose handle stands elsewhere too."""

    file_id: int
    path: str
    arrival: Arrival


@dataclass
class _Batch:
    """What a transaction is to write."""

    new: list[tuple[Arrival, Belonging]] = field(default_factory=list)
    changed: list[tuple[Arrival, Belonging, int]] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)


class Storing:
    """Stores items. `described` are the places that count for archives and series, by key; `lists`
    is told which reference lists templates name."""

    def __init__(self, run: Run, described: dict[str, Place], lists: NamedLists) -> None:
        self.run = run
        self.lists = lists
        self.described = described
        self.stored = 0
        self._open: dict[str, OpenFile] = {}
        self._arrived: list[tuple[OpenFile, Arrival]] = []
        self._contest: dict[str, tuple[Place, Arrival]] = {}
        self._settled_at_end: dict[int, str] = {}

    # -- what readers say ---------------------------------------------------------------

    def begin(self, found: FoundFile, facts: FileRead) -> None:
        """A file begins."""
        self._open[found.path] = OpenFile(found, facts)

    def add(self, found: FoundFile, arrivals: Iterable[Arrival]) -> None:
        """Some of its templates."""
        file = self._open[found.path]
        self._arrived += [(file, arrival) for arrival in arrivals]
        if len(self._arrived) >= BATCH:
            self.flush()

    def end(self, found: FoundFile) -> None:
        """It has been read to its end."""
        self._open[found.path].ended = True
        if len(self._open) >= BATCH:
            self.flush()

    def broken(self, found: FoundFile, why: str) -> None:
        """It could not be read; what we have of it stays, and the next run tries again."""
        self._open.pop(found.path, None)
        self._arrived = [one for one in self._arrived if one[0].found.path != found.path]
        self.run.forget(found.path)
        problem = Problem(1, 1, Severity.ERROR, "file-not-readable", why, "Look at the file.")
        self.run.problem(found.path, problem)
        with self.run.transaction():
            db.session.execute(
                update(SourceFile)
                .where(SourceFile.archive_id == self.run.archive_id, SourceFile.path == found.path)
                .values(sha256="", seen_by_run=self.run.id)
            )

    # -- a batch ------------------------------------------------------------------------

    def flush(self) -> None:
        """Store what has arrived, in one transaction."""
        arrived, self._arrived = self._arrived, []
        if not arrived and not self._open:
            return
        with self.run.transaction():
            self._begin_files()
            batch = self._sorted(arrived)
            if self.run.dry_run:
                self._update(batch.changed)
            else:
                self._write(batch)
                self.run.write_problems()
                self._end_files()
        self._count(batch)
        if self.run.dry_run:
            self.run.drop_problems()
        for path in [path for path, file in self._open.items() if file.ended]:
            del self._open[path]

    def _count(self, batch: _Batch) -> None:
        self.run.summary.items["new"] += len(batch.new)
        self.stored += len(batch.new)

    def _begin_files(self) -> None:
        """Find or make the rows of files that have just begun, and their templates so far."""
        starting = {f.found.path: f for f in self._open.values() if not f.begun}
        known: dict[int, OpenFile] = {}
        query = select(SourceFile.id, SourceFile.path, SourceFile.read_as).where(
            SourceFile.archive_id == self.run.archive_id, among(SourceFile.path, starting)
        )
        for id_, path, read_as in db.session.execute(query):
            file = known[id_] = starting.pop(path)
            file.id, file.as_before = id_, read_as == READ_AS
        if not self.run.dry_run:
            self._make_files(list(starting.values()))
        if known and not self.run.dry_run:  # until they end, what we have is half old, half new
            begun = update(SourceFile).where(among(SourceFile.id, known))
            db.session.execute(begun.values(sha256=""))
        templates = select(
            Template.source_file_id, Template.handle_key, Template.id, Template.first_line,
            Template.last_line, Template.kind, Template.good, Template.sha256, Template.taken,
            Template.lost,
        ).where(among(Template.source_file_id, known))  # fmt: skip
        for file_id, key, *values in db.session.execute(templates) if known else ():
            known[file_id].old.setdefault(key, []).append(Row._make(values))
        for file in (*starting.values(), *known.values()):
            file.begun = True
            self.run.forget(file.found.path)
            for problem in file.facts.problems:
                self.run.problem(file.found.path, problem)

    def _make_files(self, files: list[OpenFile]) -> None:
        """Make rows for files nobody has read before; what they hold is noted at their end."""
        columns = (
            "id", "archive_id", "path", "size", "mtime", "sha256", "encoding", "line_ends",
            "seen_by_run",
        )  # fmt: skip
        rows = []
        for file, id_ in zip(files, next_ids(SourceFile, len(files)), strict=True):
            file.id = id_
            path, size = file.found.path, file.found.size
            rows.append((id_, self.run.archive_id, path, size, 0, "", "", "", self.run.id))
        insert_rows(SourceFile, columns, rows)

    def _sorted(self, arrived: list[tuple[OpenFile, Arrival]]) -> _Batch:
        """What of this is new, changed, unchanged, in doubt, or refused."""
        batch = _Batch()
        items: list[tuple[OpenFile, Arrival, Belonging]] = []
        for file, arrival in arrived:
            file.templates += 1
            self.run.summary.templates += 1
            for problem in arrival.problems:
                self._problem(file, arrival, problem)
            place = self._accepted(file, arrival)
            if place is None:
                if arrival.kind is None and arrival.handle_key:
                    self._row(batch, file, arrival, arrival.handle_key, taken=False)
            elif arrival.kind in ITEM_KINDS:
                items.append((file, arrival, place))
                self.lists.note(file.found.path, arrival.first_line, place.key, arrival.lists)
            else:
                file.describes = True
                here = (arrival.good, file.found.path, arrival.first_line)
                taken = self.described.get(place.key) == here
                self._row(batch, file, arrival, place.key, taken=taken)
        contested = self._contested(items)
        existing = items_by_keys([place.key for _, _, place in items])
        for file, arrival, place in items:
            if place.key in contested:
                self._row(batch, file, arrival, place.key, taken=False)
                self._wait(file, arrival, place)
                continue
            before = self._row(batch, file, arrival, place.key, taken=True)
            self.run.summary.kinds[str(arrival.kind)] += 1
            if place.key not in existing:
                batch.new.append((arrival, place))
            elif before and file.as_before:
                self.run.summary.items["unchanged"] += 1
            else:
                batch.changed.append((arrival, place, existing[place.key]))
        return batch

    def _accepted(self, file: OpenFile, arrival: Arrival) -> Belonging | None:
        """Where a template belongs; None, and mostly a problem, for one that is not imported."""
        problem = why_not(arrival, self.run)
        if problem is not None:
            self._problem(file, arrival, problem)
        return arrival.place if problem is None and arrival.kind is not None else None

    def _problem(self, file: OpenFile, arrival: Arrival, problem: Problem) -> None:
        of = arrival.place.key if arrival.place else None
        self.run.problem(file.found.path, problem, line=arrival.first_line, of=of)

    def _row(
        self, batch: _Batch, file: OpenFile, arrival: Arrival, key: str, *, taken: bool
    ) -> bool:
        """Note where the template stands; whether it stood there before and was taken."""
        now = (arrival.kind, arrival.good, arrival.sha256)
        if arrival.kind not in DESCRIBING:
            file.seen.add(key)
        olds = file.old.get(key, [])
        alone = len(olds) == 1  # else a run was killed here, and what the item holds is not sure
        before = next((o for o in olds if (o.kind, o.good, o.sha256) == now), None)
        if before is not None:
            olds.remove(before)
            same_lines = before[1:3] == (arrival.first_line, arrival.last_line)
            was_taken = before.taken and not before.lost
            if same_lines and not before.lost and (was_taken or not taken):
                return was_taken and alone
            file.stale.append(before.id)
            taken = taken or was_taken
        batch.rows.append(
            (
                file.id, arrival.first_line, arrival.last_line, key, arrival.kind, arrival.good,
                arrival.sha256, taken, False,
            )
        )  # fmt: skip
        return before is not None and before.taken and not before.lost and alone

    def _contested(self, items: list[tuple[OpenFile, Arrival, Belonging]]) -> set[str]:
        """The keys among these that stand, or may stand, in another place too."""
        numbers = {number_of(place.key.encode()): place.key for _, _, place in items}
        found = {numbers[number] for number in self.run.scratch.repeated(list(numbers))}
        files: defaultdict[str, set[int]] = defaultdict(set)
        times: defaultdict[str, int] = defaultdict(int)
        for file, _, place in items:
            files[place.key].add(file.id)
            times[place.key] += 1
        found |= {key for key, count in times.items() if count > 1}
        found |= {place.key for file, _, place in items if place.key in file.seen}
        query = select(Template.handle_key, Template.source_file_id).where(
            among(Template.handle_key, files), ~Template.lost, Template.kind.in_(ITEM_KINDS)
        )
        rows = db.session.execute(query)
        return found | {key for key, file_id in rows if file_id not in files[key]}

    def _wait(self, file: OpenFile, arrival: Arrival, place: Belonging) -> None:
        file.waits = True
        if not self.run.dry_run:
            self.run.scratch.wait(Waiting(file.id, file.found.path, arrival))
            return
        here = (arrival.good, file.found.path, arrival.first_line)
        known = self._contest.get(place.key)
        if known is None or here > known[0]:
            self._contest[place.key] = (here, arrival)

    # -- writing ------------------------------------------------------------------------

    def _write(self, batch: _Batch) -> None:
        insert_rows(Template, TEMPLATE_COLUMNS, batch.rows)
        self._insert(batch.new)
        self._update(batch.changed)

    def _insert(self, new: list[tuple[Arrival, Belonging]]) -> None:
        """Write items nobody knows yet."""
        if not new:
            return
        now, run_id = moment(utcnow()), self.run.id
        series = [
            self.run.series_for(place.series or "", place.code, arrival.kind or "")
            for arrival, place in new
        ]
        ids = next_ids(Item, len(new))
        insert_rows(
            Item,
            ITEM_COLUMNS,
            (
                (
                    id_, s.id, a.kind, p.text, p.key, a.ideas_path, a.title, a.author_line, a.year,
                    a.record, 1, run_id, a.good, now, now,
                )
                for id_, s, (a, p) in zip(ids, series, new, strict=True)
            ),
        )  # fmt: skip
        insert_rows(
            ItemAuthor,
            AUTHOR_COLUMNS,
            ((id_, *author) for id_, (a, _) in zip(ids, new, strict=True) for author in a.authors),
        )
        search.add_words(
            [(id_, a.words + s.words) for id_, s, (a, _) in zip(ids, series, new, strict=True)]
        )
        catalog.link_awaited({p.key: id_ for id_, (_, p) in zip(ids, new, strict=True)})

    def _update(self, changed: list[tuple[Arrival, Belonging, int]]) -> None:
        """Bring items in step that may have changed."""
        for part in chunks(changed):
            items = {
                item.id: item
                for item in db.session.scalars(
                    select(Item).where(Item.id.in_([id_ for _, _, id_ in part]))
                )
            }
            for arrival, place, id_ in part:
                became = self._update_item(items[id_], arrival, place)
                self.run.summary.items[became] += 1
            db.session.flush()

    def _update_item(self, item: Item, arrival: Arrival, place: Belonging) -> str:
        upstream = json.loads(arrival.record)
        facts = (place.text, Kind(arrival.kind or ""), arrival.good)
        same = facts == (item.handle, item.kind, item.indexed_by_repec)
        came_back = item.vanished_at is not None
        changed = not same or came_back or upstream != item.upstream
        if self.run.dry_run:
            return "changed" if changed else "unchanged"
        if not changed:
            catalog.keep_words(item)  # our reading of the same template may be another one
            return "unchanged"
        series = self.run.series_for(place.series or "", place.code, item.kind)
        item.handle, item.kind, item.indexed_by_repec = facts
        item.ideas_path = arrival.ideas_path
        item.vanished_at = None
        item.series = db.session.get_one(Series, series.id)
        if not standing.reconcile(item, upstream, import_run_id=self.run.id):
            item.version += came_back
            catalog.keep_words(item)
        return "changed"

    def _end_files(self) -> None:
        """Note of files that ended what they hold now and what they no longer hold."""
        stale: list[int] = []
        lost: list[int] = []
        ended: list[dict[str, Any]] = []
        for file in self._open.values():
            if not file.ended:
                continue
            stale += file.stale
            for key, rows in file.old.items():
                gone = key not in file.seen and file.templates
                (lost if gone else stale if file.templates else []).extend(row.id for row in rows)
            if file.waits:  # not read to its end before they are settled
                self._settled_at_end[file.id] = file.facts.sha256
            recent = self.run.listed_at.timestamp() * 1e9 - file.found.mtime < JUST_NOW
            ended.append(
                {
                    "id": file.id,
                    "size": file.found.size,
                    "mtime": 0 if recent else file.found.mtime,
                    "sha256": "" if file.waits else file.facts.sha256,
                    "read_as": READ_AS,
                    "encoding": file.facts.encoding,
                    "line_ends": file.facts.line_ends,
                    "template_count": file.templates,
                    "describes": file.describes,
                    "vanished_at": None,
                }
            )
        if ended:
            db.session.execute(update(SourceFile), ended)
        for ids in chunks(stale):
            db.session.execute(delete(Template).where(Template.id.in_(ids)))
        for ids in chunks(lost):
            db.session.execute(update(Template).where(Template.id.in_(ids)).values(lost=True))

    # -- at the end ---------------------------------------------------------------------

    def settle(self) -> None:
        """Decide between the templates of one handle, now that all files were read."""
        self.flush()
        if self.run.dry_run:
            self._settle_dry()
            return
        waiting = self.run.scratch.waiting()
        for part in _parts(waiting, BATCH):
            with self.run.transaction():
                self._settle(part)
        with self.run.transaction():
            for id_, sha256 in self._settled_at_end.items():
                row = db.session.get_one(SourceFile, id_)
                row.sha256 = sha256

    def _settle(self, part: Sequence[Waiting]) -> None:
        keys = sorted({w.arrival.place.key for w in part if w.arrival.place})
        best = _best_of(keys)
        existing = items_by_keys(keys)
        batch, arrived = _Batch(), set[str]()
        for file_id, _, arrival in part:
            place = arrival.place
            if place is None or best[place.key].where != (file_id, arrival.first_line):
                continue
            arrived.add(place.key)
            self.run.summary.kinds[str(arrival.kind)] += 1
            if place.key in existing:
                batch.changed.append((arrival, place, existing[place.key]))
            else:
                batch.new.append((arrival, place))
        for ids in chunks(keys):
            db.session.execute(
                update(Template)
                .where(Template.handle_key.in_(ids), Template.taken, Template.kind.in_(ITEM_KINDS))
                .values(taken=False)
            )
        # One that was not read now is taken only if it was: else its item would say something else.
        # Then none is, and the next run reads it.
        sure = [best[key].id for key in keys if key in arrived or best[key].taken]
        for ids_ in chunks(sure):
            db.session.execute(update(Template).where(Template.id.in_(ids_)).values(taken=True))
        self._write(batch)
        self._count(batch)

    def _settle_dry(self) -> None:
        existing = items_by_keys(list(self._contest))
        for key, (_, arrival) in self._contest.items():
            if key not in existing:
                self.run.summary.items["new"] += 1
            elif arrival.place:
                item = db.session.get_one(Item, existing[key])
                became = self._update_item(item, arrival, arrival.place)
                self.run.summary.items[became] += 1
        db.session.rollback()

    def mark_vanished(self) -> None:
        """Mark the items that no template names any more; nothing is deleted but the rows of lost
        templates."""
        while not self.run.dry_run:
            with self.run.transaction():
                rows = list(
                    db.session.execute(
                        select(Template.id, Template.handle_key)
                        .join(SourceFile, SourceFile.id == Template.source_file_id)
                        .where(Template.lost, SourceFile.archive_id == self.run.archive_id)
                        .order_by(Template.id)
                        .limit(BATCH)
                    )
                )
                for part in chunks(rows):
                    self._mark({key for _, key in part})
                    ids = [id_ for id_, _ in part]
                    db.session.execute(delete(Template).where(Template.id.in_(ids)))
            if len(rows) < BATCH:
                return

    def _mark(self, keys: set[str]) -> None:
        still = select(Template.handle_key).where(
            Template.handle_key.in_(keys),
            ~Template.lost,
            Template.kind.is_(None) | Template.kind.in_(ITEM_KINDS),
        )
        gone = keys - set(db.session.scalars(still))
        found = select(Item.id).where(Item.handle_key.in_(gone), Item.vanished_at.is_(None))
        ids = list(db.session.scalars(found))
        db.session.execute(
            update(Item)
            .where(Item.id.in_(ids))
            .values(vanished_at=utcnow(), version=Item.version + 1)
        )
        for id_ in ids:
            search.keep_words(id_, None)
        self.run.summary.items["vanished"] += len(ids)


def why_not(arrival: Arrival, run: Run) -> Problem | None:
    """The problem for which a template is not imported; None if it is, or was told already."""
    if arrival.kind is None:
        return None
    if arrival.kind not in IMPORTED:
        message = f"A template of type {arrival.type} is not part of the catalogue."
        return Problem(arrival.first_line, 1, Severity.NOTICE, "not-imported", message)
    place = arrival.place
    if place is None:
        why = unusable(arrival.kind, arrival.handle)
        return refused(arrival.first_line, "no-usable-handle", why)
    if not run.mine(place.code):
        message = f"{place.text} belongs to RePEc:{place.code}, not to RePEc:{run.code}."
        return refused(arrival.first_line, "handle-of-other-archive", message)
    if run.core and arrival.kind in ITEM_KINDS:
        message = f"{place.text} is an item; RePEc:all only describes archives and series."
        return refused(arrival.first_line, "item-in-core", message)
    return None


class Best(NamedTuple):
    """The template of a handle that counts; `where`: the id of its file, and its first line."""

    id: int
    where: tuple[int, int]
    taken: bool


def _best_of(keys: Sequence[str]) -> dict[str, Best]:
    """For each key the template that counts.

    What we keep of a file that holds nothing now counts only where nothing else does.
    """
    best: dict[str, tuple[tuple[bool, Place], Best]] = {}
    for part in chunks(keys):
        query = (
            select(
                Template.handle_key, Template.good, SourceFile.path, Template.first_line,
                Template.id, Template.source_file_id, Template.taken, SourceFile.template_count,
            )
            .join(SourceFile, SourceFile.id == Template.source_file_id)
            .where(
                Template.handle_key.in_(part), ~Template.lost, Template.kind.in_(ITEM_KINDS)
            )
        )  # fmt: skip
        for key, good, path, line, id_, file_id, taken, holds in db.session.execute(query):
            place = (holds > 0, (good, path, line))
            if key not in best or place >= best[key][0]:
                best[key] = (place, Best(id_, (file_id, line), taken))
    return {key: who for key, (_, who) in best.items()}


def _parts(values: Iterator[Waiting], size: int) -> Iterator[list[Waiting]]:
    part: list[Waiting] = []
    for value in values:
        part.append(value)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
