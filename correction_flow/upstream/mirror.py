"""A local folder that holds what was fetched of one archive, and what is known of each file.

Nothing is written outside of it: every folder on the way to a file is opened from the one above
and never through a symbolic link, whoever put it there. A file is written under a temporary name
and renamed, so that a reader finds the former file or the new one, never half of one. Only files
that were written from here are ever removed. No network in this room.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from correction_flow.upstream.listing import safe

STATE = ".mirror.json"
_TEMPORARY = ".fetching"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MAX_VALIDATOR = 300


@dataclass(frozen=True)
class Kept:
    """What the server said of a file when it was read, and what came."""

    etag: str = ""
    last_modified: str = ""
    size: int = -1
    sha256: str = ""


class Mirror:
    """The folder `into`, locked for as long as it is open. OSError where it cannot be used;
    BlockingIOError when another fetch holds it."""

    def __init__(self, into: Path, url: str) -> None:
        into.mkdir(parents=True, exist_ok=True)
        self.url = url
        self._fd = os.open(into.resolve(), _FOLDER)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.kept = self._read_state()
        except BaseException:
            os.close(self._fd)
            raise

    def __enter__(self) -> Mirror:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def has(self, path: str) -> Kept | None:
        """What is known of a file, if it lies there as it was written."""
        kept = self.kept.get(path)
        with suppress(OSError), self._folder_of(path) as (folder, name):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if kept and stat.S_ISREG(found.st_mode) and found.st_size == kept.size:
                return kept
        return None

    def write(
        self, path: str, blocks: Iterable[bytes], *, etag: str = "", last_modified: str = ""
    ) -> bool:
        """Store a file; False if it is there already, byte by byte. OSError if it cannot be.

        When `blocks` breaks off the former file stays as it was.
        """
        if not safe(path):
            raise ValueError(path)
        digest, size = hashlib.sha256(), 0
        with self._folder_of(path, make=True) as (folder, name):
            with _Replacing(folder, name) as replacing:
                for block in blocks:
                    digest.update(block)
                    size += len(block)
                    replacing.write(block)
                former = self.has(path)
                kept = Kept(_plain(etag), _plain(last_modified), size, digest.hexdigest())
                changed = former is None or former.sha256 != kept.sha256
                if changed:
                    replacing.keep(_seconds(last_modified))
            self.kept[path] = kept
        return changed

    def remove(self, path: str) -> bool:
        """Take away a file that was written from here, and the folders this leaves empty."""
        self.kept.pop(path, None)
        with suppress(OSError), self._folder_of(path) as (folder, name):
            os.unlink(name, dir_fd=folder)
            self._remove_empty(path.rpartition("/")[0])
            return True
        return False

    def expect(self, paths: Iterable[str]) -> None:
        """Write down that these files are ours before they come: even when the process is killed
        half-way, the next fetch knows what it may remove."""
        for path in paths:
            self.kept.setdefault(path, Kept())
        self.save()

    def save(self) -> None:
        """Write down what is known."""
        known = {path: asdict(kept) for path, kept in sorted(self.kept.items())}
        text = json.dumps({"url": self.url, "files": known}, indent=0)
        with _Replacing(self._fd, STATE) as replacing:
            replacing.write(text.encode("ascii"))
            replacing.keep()

    def _read_state(self) -> dict[str, Kept]:
        """What was written down the last time; nothing when it cannot be read.

        What another server said of its files is no validator here.
        """
        try:
            with open(STATE, "rb", opener=lambda p, _: os.open(p, _READ, dir_fd=self._fd)) as file:
                state = json.load(file)
            same = state["url"] == self.url
            known = {path: _kept(entry, same) for path, entry in state["files"].items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return {}
        return {path: kept for path, kept in known.items() if safe(path)}

    def _remove_empty(self, folder: str) -> None:
        while folder:
            with self._folder_of(folder) as (above, name):
                os.rmdir(name, dir_fd=above)  # an OSError ends this: it is not empty
            folder = folder.rpartition("/")[0]

    @contextmanager
    def _folder_of(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """The open folder a path lies in, and its name there."""
        *folders, name = path.split("/")
        fd = os.dup(self._fd)
        try:
            for part in folders:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=fd)
                below = os.open(part, _FOLDER, dir_fd=fd)
                os.close(fd)
                fd = below
            yield fd, name
        finally:
            os.close(fd)


class _Replacing:
    """A file on its way: whoever reads `name` finds the former one until `keep`, and after it
    the new one. Without `keep` nothing changes."""

    def __init__(self, folder: int, name: str) -> None:
        self._folder, self._name = folder, name
        self._drop()  # what a killed process left
        fd = os.open(_TEMPORARY, _NEW_FILE, 0o666, dir_fd=folder)
        self._file = os.fdopen(fd, "wb")
        self.write = self._file.write

    def __enter__(self) -> _Replacing:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # a full disk, told already by `write` or `keep`
            self._file.close()
        self._drop()

    def keep(self, mtime: float | None = None) -> None:
        self._file.close()
        if mtime is not None:
            with suppress(OSError, OverflowError, ValueError):  # a date no file system knows
                os.utime(_TEMPORARY, (mtime, mtime), dir_fd=self._folder, follow_symlinks=False)
        os.replace(_TEMPORARY, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)

    def _drop(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(_TEMPORARY, dir_fd=self._folder)


def _kept(entry: Any, same_server: bool) -> Kept:
    kept = Kept(size=int(entry["size"]), sha256=str(entry["sha256"]))
    if not same_server:
        return kept
    validators = _plain(str(entry["etag"])), _plain(str(entry["last_modified"]))
    return Kept(*validators, kept.size, kept.sha256)


def _plain(validator: str) -> str:
    """A validator that can be sent back in a header; otherwise there is none."""
    fits = len(validator) <= _MAX_VALIDATOR and validator.isascii() and validator.isprintable()
    return validator if fits else ""


def _seconds(last_modified: str) -> float | None:
    """A Last-Modified as seconds since 1970, if it can be read."""
    try:
        return parsedate_to_datetime(last_modified).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
