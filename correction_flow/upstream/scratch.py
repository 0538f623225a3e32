"""What one import notes on the way and throws away at its end, on disk, so that memory does not
grow with an archive: the files found, the numbers of their handles, and what has to wait.
"""

from __future__ import annotations

import json
import os
import pickle
import sqlite3
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from correction_flow.upstream.source import FoundFile

_TABLES = """
CREATE TABLE files (
    path TEXT PRIMARY KEY, full BLOB, size INTEGER, mtime INTEGER,
    sha256 TEXT, describes INTEGER DEFAULT 0, to_read INTEGER DEFAULT 1
) WITHOUT ROWID;
CREATE TABLE numbers (number INTEGER PRIMARY KEY, times INTEGER DEFAULT 1);
CREATE TABLE entries (citing TEXT, nth INTEGER, line INTEGER, text TEXT, cited TEXT);
"""


class Scratch:
    """A nameless database that is gone when it is closed."""

    def __init__(self) -> None:
        # SQLite itself lets one thread at a time in; a second one lists the files to read.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA cache_size=-16000")
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")
        self._waiting = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the database)

    def close(self) -> None:
        """Throw everything away."""
        self._db.close()
        self._waiting.close()

    # -- files --------------------------------------------------------------------------

    def found(self, files: Iterable[FoundFile]) -> None:
        """Note the files of the source."""
        rows = ((f.path, os.fsencode(f.full), f.size, f.mtime) for f in files)
        self._db.executemany(
            "INSERT OR IGNORE INTO files (path, full, size, mtime) VALUES (?, ?, ?, ?)", rows
        )

    def files(self, where: str = "1") -> Iterator[FoundFile]:
        """The files for which this holds, by path."""
        query = f"SELECT path, full, size, mtime FROM files WHERE {where} ORDER BY path"  # noqa: S608
        for path, full, size, mtime in self._db.execute(query):
            yield FoundFile(path, Path(os.fsdecode(full)), size, mtime)

    def in_parts(self, size: int) -> Iterator[list[FoundFile]]:
        """All files, some at a time."""
        part: list[FoundFile] = []
        for found in self.files():
            part.append(found)
            if len(part) == size:
                yield part
                part = []
        yield part

    def looked(self, path: str, sha256: str, describes: bool, numbers: bytes) -> None:
        """Note what a glance at a file showed."""
        self._db.execute(
            "UPDATE files SET sha256 = ?, describes = ? WHERE path = ?", (sha256, describes, path)
        )
        self._db.executemany(
            "INSERT INTO numbers (number) VALUES (?) "
            "ON CONFLICT (number) DO UPDATE SET times = times + 1",
            ((number,) for number in array("q", numbers)),
        )

    def digest_of(self, path: str) -> str | None:
        """The sha256 of a file that was looked at."""
        row = self._db.execute("SELECT sha256 FROM files WHERE path = ?", (path,)).fetchone()
        return row[0] if row else None

    def read(self, paths: Iterable[str], to_read: bool, *, describes: bool | None = None) -> None:
        """Say of these files whether they are to be read."""
        also = "" if describes is None else f", describes = {int(describes)}"
        self._db.executemany(
            f"UPDATE files SET to_read = ?{also} WHERE path = ?",  # noqa: S608
            ((to_read, path) for path in paths),
        )

    def all_to_read(self) -> None:
        """Leave nothing out."""
        self._db.execute("UPDATE files SET to_read = 1")

    def is_to_read(self, path: str) -> bool | None:
        """Whether the file is to be read; None: it is not there."""
        row = self._db.execute("SELECT to_read FROM files WHERE path = ?", (path,)).fetchone()
        return bool(row[0]) if row else None

    def total(self, what: str = "count(*)", where: str = "1") -> int:
        """A count or sum over the files."""
        query = f"SELECT {what} FROM files WHERE {where}"  # noqa: S608
        return int(self._db.execute(query).fetchone()[0] or 0)

    # -- handles ------------------------------------------------------------------------

    def repeated(self, numbers: Sequence[int]) -> set[int]:
        """Those of the numbers that were seen more than once."""
        query = (
            "SELECT number FROM numbers WHERE times > 1 "
            "AND number IN (SELECT value FROM json_each(?))"
        )
        return {row[0] for row in self._db.execute(query, (json.dumps(numbers),))}

    def knows(self, number: int) -> bool:
        """Whether the number was seen."""
        query = "SELECT 1 FROM numbers WHERE number = ?"
        return self._db.execute(query, (number,)).fetchone() is not None

    # -- what waits ---------------------------------------------------------------------

    def wait(self, value: Any) -> None:
        """Put something aside until all files were read."""
        pickle.dump(value, self._waiting)

    def waiting(self) -> Iterator[Any]:
        """What was put aside, in its order."""
        end = self._waiting.tell()
        self._waiting.seek(0)
        while self._waiting.tell() < end:
            yield pickle.load(self._waiting)  # noqa: S301 (our own)

    # -- references ---------------------------------------------------------------------

    def entries(self, rows: Iterable[tuple[str, int, int, str, str | None]]) -> None:
        """Put aside entries of reference lists: citing key, nth, line, text, cited handle."""
        self._db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)

    def lists(self) -> Iterator[tuple[str, list[tuple[int, int, str, str | None]]]]:
        """The lists put aside, each whole, by citing key; then there are none any more."""
        key, rows = None, []
        query = "SELECT citing, nth, line, text, cited FROM entries ORDER BY citing, nth, line"
        for citing, *rest in self._db.execute(query):
            if key is not None and citing != key:
                yield key, rows
                rows = []
            key = citing
            rows.append(tuple(rest))
        if key is not None:
            yield key, rows
        self._db.execute("DELETE FROM entries")
