"""Reference lists that lie beside an archive's files, as JSON lines: the form of CitEc's exports.

A reference keeps its identity by its text. The lists are put in order on disk first, for one
item's entries may stand anywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from correction_flow.catalog import operations as catalog
from correction_flow.catalog import queries
from correction_flow.catalog.models import (
    LONGEST_REFERENCE,
    Item,
    ItemReference,
    LinkedBy,
    SourceFile,
)
from correction_flow.catalog.queries import items_by_keys
from correction_flow.citations.targets import addition_of, link_of, text_of
from correction_flow.core.bulk import chunks
from correction_flow.core.clock import utcnow
from correction_flow.core.database import lock_rows
from correction_flow.core.extensions import db
from correction_flow.core.text import plain, squeeze
from correction_flow.redif import handle as handles
from correction_flow.redif.problems import Problem, Severity
from correction_flow.upstream.identity import same
from correction_flow.upstream.reading import MAX_HANDLE, READ_AS
from correction_flow.upstream.run import Run
from correction_flow.upstream.source import FoundFile, reference_files
from correction_flow.upstream.standing import adopted, settle_citations

BATCH = 500
LONGEST_LINE = 100_000
Entry = tuple[int, int, str, str | None]
"""nth, line, text, cited handle."""


class References:
    """Stores the reference lists of one source."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._paths: set[str] = set()
        self._refused: Counter[str] = Counter()

    def store(self) -> None:
        """Read all files of the source if one is new, and nothing if none is."""
        files = list(reference_files(self.run.path))
        self._paths = {found.path for found in files}
        try:
            digests = {found.path: _digest(found) for found in files}
        except OSError as error:
            why = f"The file cannot be read: {error.strerror}."
            problem = Problem(1, 1, Severity.ERROR, "file-not-readable", why, "Look at the file.")
            self.run.problem(Path(error.filename or "references").name, problem)
            return
        before = self._before()
        if digests == {path: sha256 for path, (sha256, _) in before.items()}:
            self.run.summary.references["unchanged"] += sum(count for _, count in before.values())
            return
        for found in files:
            self.run.forget(found.path)
            self.run.scratch.entries(self._entries(found))
            counts: Counter[str] = Counter()
            for part in _parts(self.run.scratch.lists(), BATCH):
                counts.update(self._store(found, part))
            self.run.summary.references.update(counts)
            self._end(found, digests[found.path], counts)
        if self.run.same_source and not self.run.dry_run:
            self._lose(set(before) - self._paths)

    def _lose(self, paths: set[str]) -> None:
        """These files are gone; what they listed stays."""
        with self.run.transaction():
            db.session.execute(
                update(SourceFile)
                .where(SourceFile.archive_id == self.run.archive_id, SourceFile.path.in_(paths))
                .values(vanished_at=utcnow())
            )
            for path in paths:
                self.run.forget(path)
            self.run.write_problems()

    def _before(self) -> dict[str, tuple[str, int]]:
        """The files stored so far, with their digest and the number of their references."""
        with self.run.transaction():
            rows = db.session.execute(
                select(SourceFile.path, SourceFile.sha256, SourceFile.template_count).where(
                    SourceFile.archive_id == self.run.archive_id,
                    SourceFile.vanished_at.is_(None),
                    SourceFile.path.like("%.jsonl"),
                )
            )
            return {path: (sha256, count) for path, sha256, count in rows}

    def _end(self, found: FoundFile, sha256: str, counts: Counter[str]) -> None:
        """Note that a file was stored; one with entries that wait for an item is read again."""
        if self.run.dry_run:
            self.run.drop_problems()
            return
        with self.run.transaction():
            self.run.write_problems()
            row = db.session.scalar(
                select(SourceFile).where(
                    SourceFile.archive_id == self.run.archive_id, SourceFile.path == found.path
                )
            )
            if row is None:
                row = SourceFile(archive_id=self.run.archive_id, path=found.path)
                db.session.add(row)
            row.size, row.mtime, row.read_as = found.size, found.mtime, READ_AS
            row.sha256 = "" if self._refused[found.path] else sha256
            row.encoding, row.line_ends = "utf-8", ""
            row.template_count = counts["new"] + counts["changed"] + counts["unchanged"]
            row.seen_by_run, row.vanished_at = self.run.id, None

    def _entries(self, found: FoundFile) -> Iterator[tuple[str, int, int, str, str | None]]:
        with found.full.open("rb") as file:
            for n, data in enumerate(_lines(file), start=1):
                line = data.decode("utf-8-sig" if n == 1 else "utf-8", "replace")
                if not line.strip():
                    continue
                entry = read_entry(line)
                if isinstance(entry, str):
                    problem = Problem(n, 1, Severity.ERROR, "bad-reference", entry)
                    self.run.problem(found.path, problem)
                    self.run.summary.references["refused"] += 1
                    continue
                yield entry["citing"], entry["nth"], n, entry["text"], entry["cited"]

    def _store(self, found: FoundFile, lists: Sequence[tuple[str, list[Entry]]]) -> Counter[str]:
        counts: Counter[str] = Counter()
        with self.run.transaction():
            by_key: defaultdict[str, list[tuple[str, Entry]]] = defaultdict(list)
            for citing, rows in lists:
                by_key[handles.key(citing)] += [(citing, row) for row in rows]
            ids = items_by_keys(list(by_key))
            cited = self._cited(lists)
            existing = self._existing(list(ids.values()))
            for key, entries in by_key.items():
                if key in ids:
                    self._list(found, ids[key], entries, cited, existing[ids[key]], counts)
                    continue
                message = f"{entries[0][0]} is not in the catalogue."
                line = min(row[1] for _, row in entries)
                unknown = Problem(line, 1, Severity.ERROR, "unknown-citing-item", message)
                self.run.problem(found.path, unknown)
                counts["refused"] += len(entries)
                self._refused[found.path] += len(entries)
            settle_citations(list(ids.values()), self.run.id)
            if not self.run.dry_run:
                self.run.write_problems()
        return counts

    def store_texts(self, found: FoundFile, item_id: int, texts: Sequence[tuple[int, str]]) -> None:
        """Bring the list of one item in step with a text file: (line, text) of each reference."""
        counts: Counter[str] = Counter()
        entries: list[tuple[str, Entry]] = [
            ("", (nth, line, text, None)) for nth, (line, text) in enumerate(texts, 1)
        ]
        self._list(found, item_id, entries, {}, self._existing([item_id])[item_id], counts)
        settle_citations([item_id], self.run.id)
        self.run.summary.references.update(counts)

    def _cited(self, lists: Sequence[tuple[str, list[Entry]]]) -> dict[str, int]:
        keys = {handles.key(row[3]) for _, rows in lists for row in rows if row[3]}
        return items_by_keys(sorted(keys))

    def _existing(self, ids: Sequence[int]) -> defaultdict[int, list[ItemReference]]:
        """The references of these items so far; nobody decides about one before the end of the
        transaction."""
        existing: defaultdict[int, list[ItemReference]] = defaultdict(list)
        for part in chunks(sorted(ids)):
            lock_rows(db.session, Item, part)
            query = select(ItemReference).where(ItemReference.item_id.in_(part))
            for row in db.session.scalars(query.execution_options(populate_existing=True)):
                existing[row.item_id].append(row)
        return existing

    def _list(
        self,
        found: FoundFile,
        item_id: int,
        entries: list[tuple[str, Entry]],
        cited: dict[str, int],
        existing: Sequence[ItemReference],
        counts: Counter[str],
    ) -> None:
        """Bring one item's list in step."""
        ordered = sorted(entries, key=lambda e: e[1][:2])
        keys = [catalog.text_key(text) for _, (_, _, text, _) in ordered]
        refuted = queries.refuted(keys)
        rows = same(keys, existing)
        last = _last_nth(existing)
        elsewhere = self._paths - {found.path}
        adopted_: list[str] = []
        for (citing, entry), text_key, known in zip(ordered, keys, rows, strict=True):
            if known is not None and known.origin in elsewhere and not known.unlisted:
                message = f"This reference of {citing} stands in {known.origin} already."
                twice = Problem(entry[1], 1, Severity.WARNING, "reference-given-twice", message)
                self.run.problem(found.path, twice)
                continue
            row = known or ItemReference(
                item_id=item_id, text_key=text_key, removed=False, added=False, unlisted=False
            )
            before = _looks(row)
            row.position, row.origin = entry[0], found.path
            adopted_ += _read_text(row, text_key, entry[2], last)
            catalog.show_reference(row)
            adopted_ += _read_link(row, entry[3], cited, refuted)
            db.session.add(row)
            looks_same = before == _looks(row)
            counts["new" if known is None else "unchanged" if looks_same else "changed"] += 1
        stay = {id(row) for row in rows}
        for row in existing:
            if id(row) not in stay and row.origin == found.path and not row.unlisted:
                row.unlisted = True
                if row.vanished_at is None:
                    catalog.show_reference(row)
                    counts["changed"] += 1
        _added_last(existing, ordered[-1][1][0] if ordered else 0)
        adopted(item_id, adopted_, self.run.id)


def _last_nth(rows: Sequence[ItemReference]) -> Counter[str]:
    last: Counter[str] = Counter()
    for row in rows:
        last[row.text_key] = max(last[row.text_key], row.nth)
    return last


def _looks(row: ItemReference) -> tuple[Any, ...]:
    return row.position, row.text, row.cited_key, row.cited_item_id, row.vanished_at


def _read_text(row: ItemReference, text_key: str, text: str, last: Counter[str]) -> list[str]:
    """Its source lists the reference with this text; the targets which that adopts."""
    taken_over = [addition_of(row.text_key)] if row.added and row.unlisted else []
    if row.nth is None or row.text_key != text_key:  # new, or the source took our text over
        last[text_key] += 1
        row.text_key, row.nth = text_key, last[text_key]
        is_ours = row.source_text is not None
    else:
        is_ours = row.source_text is not None and row.text == text
    if is_ours:
        row.source_text = None
        taken_over.append(text_of(row.id))
    if row.source_text is None:
        row.text = text
    else:
        row.source_text = text
    row.unlisted = False
    return taken_over


def _read_link(
    row: ItemReference,
    cited_handle: str | None,
    cited: Mapping[str, int],
    refuted: Collection[tuple[str, str]],
) -> list[str]:
    """Its source links the reference so; the targets which that adopts."""
    says = handles.key(cited_handle) if cited_handle else None
    if row.linked_by is LinkedBy.CORRECTION:
        row.source_cited_key = says
        return [link_of(row.id)] if says and says == row.cited_key else []
    wrong = says is not None and (row.text_key, says) in refuted
    row.cited_key, row.source_cited_key = (None, says) if wrong else (says, None)
    row.cited_item_id = cited.get(row.cited_key) if row.cited_key else None
    row.linked_by = LinkedBy.IMPORT if row.cited_item_id else None
    return []


def _added_last(rows: Sequence[ItemReference], last: int) -> None:
    """What only a request added stands behind what the source lists."""
    ours = [row for row in rows if row.added and row.unlisted]
    for n, row in enumerate(sorted(ours, key=lambda row: row.position), start=last + 1):
        row.position = n


def _lines(file: Any) -> Iterator[bytes]:
    """The lines of a file; of one too long only the beginning, which then is no JSON."""
    while line := file.readline(LONGEST_LINE):
        rest = line
        while not rest.endswith(b"\n") and len(rest) == LONGEST_LINE:
            rest = file.readline(LONGEST_LINE)
        yield line


def _digest(found: FoundFile) -> str:
    with found.full.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parts(lists: Iterator[Any], size: int) -> Iterator[list[Any]]:
    part: list[Any] = []
    for one in lists:
        part.append(one)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def read_entry(line: str) -> dict[str, Any] | str:
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
    text = squeeze(plain(text))[:LONGEST_REFERENCE]
    return {"citing": citing, "text": text, "cited": cited, "nth": nth}
