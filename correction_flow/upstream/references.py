"""Reference lists that lie beside an archive's files, as JSON lines: the form of CitEc's exports.

A reference keeps its identity by its text. The lists are put in order on disk first, for one
item's entries may stand anywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from correction_flow.catalog import operations as catalog
from correction_flow.catalog import queries
from correction_flow.catalog.models import ItemReference, LinkedBy, SourceFile
from correction_flow.catalog.queries import items_by_keys
from correction_flow.core.bulk import chunks
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.text import plain, squeeze
from correction_flow.redif import handle as handles
from correction_flow.redif.problems import Problem, Severity
from correction_flow.upstream.reading import MAX_HANDLE, READ_AS
from correction_flow.upstream.run import Run
from correction_flow.upstream.source import FoundFile, reference_files
from correction_flow.upstream.standing import adopted

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
        self.run.summary.references.update(counts)

    def _cited(self, lists: Sequence[tuple[str, list[Entry]]]) -> dict[str, int]:
        keys = {handles.key(row[3]) for _, rows in lists for row in rows if row[3]}
        return items_by_keys(sorted(keys))

    def _existing(self, ids: Sequence[int]) -> defaultdict[int, dict[tuple[str, int], Any]]:
        """The references of these items so far, by item and identity."""
        existing: defaultdict[int, dict[tuple[str, int], Any]] = defaultdict(dict)
        for part in chunks(ids):
            query = select(ItemReference).where(ItemReference.item_id.in_(part))
            for row in db.session.scalars(query):
                existing[row.item_id][(row.text_key, row.nth)] = row
        return existing

    def _list(
        self,
        found: FoundFile,
        item_id: int,
        entries: list[tuple[str, Entry]],
        cited: dict[str, int],
        existing: dict[tuple[str, int], ItemReference],
        counts: Counter[str],
    ) -> None:
        """Bring one item's list in step."""
        seen: Counter[str] = Counter()
        kept = set()
        elsewhere = self._paths - {found.path}
        taken_over: list[str] = []
        respelt = {
            catalog.text_key(row.text): row
            for row in existing.values()
            if row.source_text is not None
        }
        ordered = sorted(entries, key=lambda e: e[1][:2])
        refuted = queries.refuted([catalog.text_key(text) for _, (_, _, text, _) in ordered])
        for citing, (nth, line, text, cited_handle) in ordered:
            text_key = catalog.text_key(text)
            seen[text_key] += 1
            identity = (text_key, seen[text_key])
            cited_key = handles.key(cited_handle) if cited_handle else None
            if (text_key, cited_key) in refuted:
                cited_key = None
            row = existing.get(identity)
            if row is None and text_key in respelt:
                row = existing[identity] = self._took_our_text(respelt[text_key], existing)
                taken_over.append(f"reference-text:{row.id}")
                row.text_key, row.nth = identity
            kept.add(identity)
            if row is None:
                row = ItemReference(
                    item_id=item_id, text_key=text_key, nth=identity[1], origin=found.path,
                    removed=False, added=False,
                )  # fmt: skip
                became = "new"
            elif row.origin in elsewhere and not row.unlisted:
                message = f"This reference of {citing} stands in {row.origin} already."
                twice = Problem(line, 1, Severity.WARNING, "reference-given-twice", message)
                self.run.problem(found.path, twice)
                continue
            else:
                became = "unchanged"
            before = (row.position, row.text, row.cited_key, row.cited_item_id, row.vanished_at)
            if row.added and row.unlisted:
                taken_over.append(f"reference-added:{text_key}")
            row.position, row.unlisted, row.origin = nth, False, found.path
            if row.source_text is None:
                row.text = text
            elif row.source_text != text:
                row.source_text = text
            catalog.show_reference(row)
            if row.linked_by is not LinkedBy.CORRECTION:
                row.cited_key = cited_key
                row.cited_item_id = cited.get(cited_key) if cited_key else None
                row.linked_by = LinkedBy.IMPORT if row.cited_item_id else None
            elif cited_key and cited_key == row.cited_key:
                taken_over.append(f"reference:{row.id}")
            after = (row.position, row.text, row.cited_key, row.cited_item_id, row.vanished_at)
            if became != "new" and before != after:
                became = "changed"
            db.session.add(row)
            counts[became] += 1
        for identity, row in existing.items():
            if identity not in kept and row.origin == found.path and not row.unlisted:
                row.unlisted = True
                if row.vanished_at is None:
                    catalog.show_reference(row)
                    counts["changed"] += 1
        adopted(item_id, taken_over, self.run.id)

    def _took_our_text(
        self, row: ItemReference, existing: dict[tuple[str, int], ItemReference]
    ) -> ItemReference:
        """The source has the text that an accepted change gave this reference: it is the same."""
        existing.pop((row.text_key, row.nth), None)
        row.source_text = None
        return row


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
    return {"citing": citing, "text": squeeze(plain(text))[:5000], "cited": cited, "nth": nth}
