"""Reader processes: files are read in all cores, and what they say comes back in portions.

A reader holds one file at a time, its pipe and the thread that empties the pipes only so much, so
that memory does not grow with an archive. The thread lets readers go on while what they said is
stored. A reader that dies (of a file too much for the machine) takes only its file with it, which
is told; another takes its place. Little is read in this process: starting others takes longer.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import multiprocessing as mp
import os
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from queue import Full, Queue
from typing import Any, NamedTuple

from correction_flow.upstream import reading
from correction_flow.upstream.source import FoundFile

AHEAD = 16
"""Files a reader is given at once, so that it never waits for the next."""
IN_A_PIPE = 1 << 20
"""Bytes a reader may be ahead of whoever stores what it read; Linux allows everybody so much."""
TOGETHER = 1000
"""Templates (or other messages) the thread hands over together: few changes between threads."""
IN_HAND = 4
"""Such portions it may hold: what is stored in one transaction."""
_SET_PIPE_SIZE = getattr(fcntl, "F_SETPIPE_SZ", None)


class Done(NamedTuple):
    """All of a file has been handed over."""


class Broken(NamedTuple):
    """A file could not be read to its end; `why` is a sentence."""

    why: str


_Portion = list[tuple[FoundFile, Any]] | BaseException | None
"""Messages; or what went wrong in the thread; or the end."""


@dataclass
class _Reader:
    process: Any
    tasks: Connection
    answers: Connection
    files: deque[FoundFile] = field(default_factory=deque)


class Readers:
    """A group of reader processes, as a context manager; `count` 0 reads in this process."""

    def __init__(self, count: int | None = None) -> None:
        self.count = cores() if count is None else count
        # a fresh interpreter: nothing of this process (connections, threads) is inherited
        self._context = mp.get_context("spawn")
        self._readers: list[_Reader] = []
        self._again: deque[FoundFile] = deque()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for reader in self._readers:
            self._end(reader)
        self._readers.clear()

    def look(self, files: Iterator[FoundFile]) -> Iterator[tuple[FoundFile, Any]]:
        """Yield for each file `reading.Looked`, or `Broken`."""
        for found, message in self._work("look", files):
            if not isinstance(message, Done):
                yield found, message

    def read(self, files: Iterator[FoundFile]) -> Iterator[tuple[FoundFile, Any]]:
        """Yield for each file `FileRead`, lists of `Arrival`, and `Done` or `Broken`.

        Those of one file come in their order, those of several between each other.
        """
        if not self.count:
            yield from self._work("read", files)
            return
        ready: Queue[_Portion] = Queue(IN_HAND)
        self._thread = threading.Thread(target=self._ahead, args=(files, ready), daemon=True)
        self._thread.start()
        while (portion := ready.get()) is not None:
            if isinstance(portion, BaseException):
                raise portion
            yield from portion

    def _ahead(self, files: Iterator[FoundFile], ready: Queue[_Portion]) -> None:
        """Receive what readers say, in a thread, a few portions ahead of whoever stores it."""
        portion: list[tuple[FoundFile, Any]] = []
        size = 0
        try:
            for found, message in self._work("read", files):
                portion.append((found, message))
                size += len(message) if isinstance(message, list) else 1
                if size >= TOGETHER:
                    self._put(ready, portion)
                    portion, size = [], 0
            self._put(ready, portion)
            self._put(ready, None)
        except BaseException as error:  # it belongs to whoever waits for the next portion
            self._put(ready, error)

    def _put(self, ready: Queue[_Portion], portion: _Portion) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(Full):
                ready.put(portion, timeout=1)
                return

    def _work(self, task: str, files: Iterator[FoundFile]) -> Iterator[tuple[FoundFile, Any]]:
        if not self.count:
            for found in files:
                for message in _messages(task, str(found.full), found.path):
                    yield found, message
            return
        while not self._stop.is_set():
            self._hand_out(task, files)
            busy = {reader.answers: reader for reader in self._readers if reader.files}
            if not busy:
                return
            for answers in wait(list(busy), timeout=1):
                reader = busy[answers]  # type: ignore[index]
                found, message = reader.files[0], self._receive(reader)
                if isinstance(message, Done | Broken):
                    reader.files.popleft()
                yield found, message

    def _hand_out(self, task: str, files: Iterator[FoundFile]) -> None:
        """Give every reader as much as it may have; start readers while there is work."""
        for n in range(self.count):
            while n >= len(self._readers) or len(self._readers[n].files) < AHEAD:
                found = self._again.popleft() if self._again else next(files, None)
                if found is None:
                    return
                if n >= len(self._readers):
                    self._readers.append(self._start())
                reader = self._readers[n]
                reader.files.append(found)
                with contextlib.suppress(BrokenPipeError):  # it died; its answer will tell
                    reader.tasks.send((task, str(found.full), found.path))

    def _start(self) -> _Reader:
        theirs, tasks = self._context.Pipe(duplex=False)
        answers, answer = self._context.Pipe(duplex=False)
        if _SET_PIPE_SIZE is not None:
            with contextlib.suppress(OSError):
                fcntl.fcntl(answer.fileno(), _SET_PIPE_SIZE, IN_A_PIPE)
        process = self._context.Process(target=_serve, args=(theirs, answer), daemon=True)
        process.start()
        theirs.close()
        answer.close()
        return _Reader(process, tasks, answers)

    def _receive(self, reader: _Reader) -> Any:
        try:
            return reader.answers.recv()
        except (EOFError, ConnectionResetError):
            self._end(reader)
            self._readers.remove(reader)
            self._again.extend(list(reader.files)[1:])
            code = reader.process.exitcode
            return Broken(f"The reader ended while reading this file (exit code {code}).")

    def _end(self, reader: _Reader) -> None:
        reader.tasks.close()
        reader.answers.close()
        reader.process.terminate()
        reader.process.join()


def cores() -> int:
    """How many processes this machine can run at once for us."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _serve(tasks: Connection, answers: Connection) -> None:
    """What a reader process does: one file after the other, until nobody asks any more."""
    # What is parsed is dropped at once and holds no cycles; looking for them only costs time.
    gc.freeze()
    gc.disable()
    with contextlib.suppress(EOFError, KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        while True:
            for message in _messages(*tasks.recv()):
                answers.send(message)
            gc.collect(0)


def _messages(task: str, full: str, path: str) -> Iterator[Any]:
    try:
        if task == "look":
            yield reading.look(full)
        else:
            yield from reading.read(full, path)
    except (OSError, MemoryError) as error:
        if isinstance(error, BrokenPipeError | ConnectionResetError):
            raise
        reason = getattr(error, "strerror", None) or "there is not enough memory"
        yield Broken(f"The file cannot be read: {reason}.")
        return
    yield Done()
