"""Reference lists that templates name: `X-File-Ref` leads to a text file of the same archive, one
reference a paragraph, none of them linked (repec.md §5.1).

Which item names which file is kept, so that a file that changed is read also where the template
did not change.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from sqlalchemy import delete, select

from correction_flow.catalog.models import LONGEST_REFERENCE, ItemReference
from correction_flow.catalog.operations import show_reference
from correction_flow.catalog.queries import items_by_keys
from correction_flow.core.bulk import chunks
from correction_flow.core.extensions import db
from correction_flow.core.text import key, plain, squeeze
from correction_flow.redif import encoding
from correction_flow.redif.problems import Problem, Severity
from correction_flow.upstream.models import NamedList
from correction_flow.upstream.references import References
from correction_flow.upstream.run import Run
from correction_flow.upstream.source import FoundFile, storable

LARGEST = 1_000_000
"""Bytes of a list."""
MOST = 2_000
"""References of a list."""
MOST_NAMED = 5
"""Files that one template may name."""
LONGEST_NAME = 500
"""Bytes of such a name; PostgreSQL indexes no text of any length."""
PART = 100
_PARAGRAPHS = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")


class _Noted(NamedTuple):
    beside: str
    line: int
    named: tuple[str, ...]


class NamedLists:
    """What the templates of one run name, and what is known of before."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._noted: dict[str, _Noted] = {}
        self._known: set[str] | None = None

    def note(self, beside: str, line: int, handle_key: str, named: Sequence[str]) -> None:
        """The item's template, which was read now, names these."""
        if self._known is None:
            rows = select(NamedList.handle_key).where(NamedList.archive_id == self.run.archive_id)
            self._known = set(db.session.scalars(rows))
        if named or handle_key in self._known:
            short = [one for one in named if len(one.encode()) <= LONGEST_NAME]
            self._noted[handle_key] = _Noted(beside, line, tuple(short[:MOST_NAMED]))

    def store(self, references: References) -> None:
        """Read what is new or changed, after the lists of JSON lines."""
        if self.run.dry_run or self.run.archive_id is None or not self.run.path.is_dir():
            return
        for part in chunks(sorted(self._noted), PART):
            with self.run.transaction():
                self._keep(part)
        last, more = 0, True
        while more:
            with self.run.transaction():
                rows = self._after(last)
                ids = items_by_keys([row.handle_key for row in rows])
                for row in rows:
                    last = row.id
                    if row.handle_key in ids:
                        self._read(row, ids[row.handle_key], references)
                self.run.write_problems()
                more = len(rows) == PART

    def _after(self, last: int) -> list[NamedList]:
        query = select(NamedList).where(
            NamedList.archive_id == self.run.archive_id, NamedList.id > last
        )
        return list(db.session.scalars(query.order_by(NamedList.id).limit(PART)))

    # -- which item names which file ----------------------------------------------------

    def _keep(self, keys: Collection[str]) -> None:
        mine = NamedList.archive_id == self.run.archive_id
        known: dict[tuple[str, str], NamedList] = {
            (row.handle_key, row.named): row
            for row in db.session.scalars(
                select(NamedList).where(mine, NamedList.handle_key.in_(keys))
            )
        }
        ids = items_by_keys(list(keys))
        for handle_key in keys:
            noted = self._noted[handle_key]
            for named in dict.fromkeys(noted.named):
                row = known.pop((handle_key, named), None)
                if row is None:
                    row = NamedList(
                        archive_id=self.run.archive_id, handle_key=handle_key, named=named
                    )
                    db.session.add(row)
                row.beside = noted.beside
        for row in known.values():
            if row.path and row.handle_key in ids:
                self._lose(row.path, ids[row.handle_key])
        db.session.execute(
            delete(NamedList).where(NamedList.id.in_([row.id for row in known.values()]))
        )

    def _lose(self, path: str, item_id: int) -> None:
        """The item names this list no more."""
        rows = select(ItemReference).where(
            ItemReference.item_id == item_id, ItemReference.origin == path
        )
        for reference in db.session.scalars(rows):
            reference.unlisted = True
            show_reference(reference)

    # -- reading ------------------------------------------------------------------------

    def _read(self, row: NamedList, item_id: int, references: References) -> None:
        noted = self._noted.get(row.handle_key)
        found = self.found(row.named, row.beside)
        if found is None or found.size > LARGEST:
            if noted is not None:
                self._no_such_list(row, noted.line)
            return
        if (found.path, found.size, found.mtime) == (row.path, row.size, row.mtime):
            return
        texts = list(paragraphs(found.full.read_bytes(), found.path))
        if row.path and row.path != found.path:
            self._lose(row.path, item_id)
        self.run.forget(found.path)
        references.store_texts(found, item_id, texts)
        row.path, row.size, row.mtime = found.path, found.size, found.mtime

    def _no_such_list(self, row: NamedList, line: int) -> None:
        message = f"X-File-Ref names “{row.named[:200]}”, which is no text file of this archive."
        advice = f"Put it into the archive, at most {LARGEST:,} bytes, beside the template’s file."
        problem = Problem(line, 1, Severity.WARNING, "no-such-list", message, advice)
        self.run.problem(row.beside, problem, line=line, of=row.handle_key)

    def found(self, named: str, beside: str) -> FoundFile | None:
        """The file that a value of the tag names: below the archive's address, or by its place."""
        root = self.run.path.resolve()
        for place in _places(named, beside, self.run.code or ""):
            full = (root / place).resolve()
            try:
                if full.is_relative_to(root) and full.is_file():
                    stat = full.stat()
                    path = storable(full.relative_to(root))
                    return FoundFile(path, full, stat.st_size, stat.st_mtime_ns)
            except OSError:
                continue
        return None


def _places(named: str, beside: str, code: str) -> Iterator[Path]:
    """Where it may be, within the source: beside the template, from the top, and of an address
    what follows the archive's code in it (…/RePEc/lrk/eeaart/list.txt)."""
    parts = urlsplit(named.strip())
    if parts.scheme not in ("", "http", "https", "ftp") or "\0" in named:
        return
    path = PurePosixPath(unquote(parts.path))
    if parts.scheme:
        names = path.parts
        if code in names:
            yield Path(*names[len(names) - names[::-1].index(code) :])
        return
    if not path.is_absolute():
        yield Path(beside).parent / path
        yield Path(path)


def paragraphs(data: bytes, name: str) -> Iterator[tuple[int, str]]:
    """The references of a text file: the line each begins in, and its text."""
    text = encoding.read(data, name=name).text
    line, count = 1, 0
    start = 0
    for end, following in _cuts(text):
        part = text[start:end]
        words = squeeze(plain(part))[:LONGEST_REFERENCE]
        if key(words):
            lead = len(part) - len(part.lstrip("\n"))
            yield line + lead, words
            count += 1
            if count == MOST:
                return
        line += text.count("\n", start, following)
        start = following


def _cuts(text: str) -> Iterator[tuple[int, int]]:
    for cut in _PARAGRAPHS.finditer(text):
        yield cut.start(), cut.end()
    yield len(text), len(text)
