"""A publisher's archive as a directory: which files are read, in which order, as what bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from correction_flow.redif import parser

MAX_FILE = parser.MAX_BYTES
"""A larger file is reported and left."""
MAX_PATH = 500
"""Characters of a path within the source; PostgreSQL indexes no text of any length."""


@dataclass(frozen=True)
class FoundFile:
    """One file to read; `path` is relative to the source, with forward slashes."""

    path: str
    full: Path
    size: int
    mtime: int

    def read(self) -> tuple[bytes, str]:
        """The bytes and their sha256."""
        data = self.full.read_bytes()
        return data, hashlib.sha256(data).hexdigest()


def redif_files(root: Path) -> Iterator[FoundFile]:
    """Files ending in .rdf or .redif in any case, in path order.

    Not hidden ones, not below `_history`, no name with anything after the suffix.
    """
    yield from _files(root, (".rdf", ".redif"))


def reference_files(root: Path) -> Iterator[FoundFile]:
    """`references/*.jsonl` anywhere in the tree, as a CitEc export would give them."""
    for found in _files(root, (".jsonl",)):
        if found.full.parent.name == "references":
            yield found


def _files(root: Path, suffixes: tuple[str, ...]) -> Iterator[FoundFile]:
    if root.is_file():
        if root.name.lower().endswith(suffixes):
            yield _found(root.parent, root)
        return
    for folder, folders, names in os.walk(root, onerror=_refuse):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "_history")
        for name in sorted(names):
            full = Path(folder) / name
            if name.startswith(".") or not name.lower().endswith(suffixes):
                continue
            with suppress(FileNotFoundError):  # it went while we were looking
                if full.is_file():
                    yield _found(root, full)


def _refuse(error: OSError) -> None:
    """A folder that cannot be listed must not look like an empty one."""
    raise error


def _found(root: Path, full: Path) -> FoundFile:
    stat = full.stat()
    return FoundFile(storable(full.relative_to(root)), full, stat.st_size, stat.st_mtime_ns)


def storable(path: Path) -> str:
    """A path as text that any database takes; bytes that are not UTF-8 are shown as escapes."""
    return path.as_posix().encode("utf-8", "backslashreplace").decode("utf-8")
