"""Reads a publisher's archive over HTTP(S) into a local folder, which is then imported as any.

The server belongs to somebody else and may be slow, broken or hostile: it decides neither how
long this takes, nor how much is read, nor where anything is written. Only what lies below the
archive's own address is asked for. A file disappears here only when all listings were read and
none names it any more, because the import takes a missing file for a withdrawal.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from correction_flow.upstream import source
from correction_flow.upstream.listing import Links, Root, wanted
from correction_flow.upstream.mirror import Kept, Mirror
from correction_flow.upstream.wire import Answer, Refused, Server

HTML = {"text/html", "application/xhtml+xml"}
NOT_OFFERED = {401, 403, 404, 410}
"""The server's settled word that a file is not to be had, though it is listed."""


class Unreachable(ValueError):
    """Nothing could be read at all, and nothing changed. `str` is a sentence with the remedy."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """What one fetch may take of time, traffic and disk; times in seconds."""

    max_files: int = 50_000
    max_total_bytes: int = 2 * 1024**3
    max_file_bytes: int = source.MAX_FILE
    max_listing_bytes: int = 8 * 1024**2
    max_depth: int = 8
    max_pages: int = 5_000
    max_links: int = 50_000
    """On one page, counting each once."""
    max_failures: int = 20
    """One after the other; then the server is left in peace."""
    max_refused: int = 100
    """Told one by one; the rest is counted."""
    seconds: float = 3_600
    seconds_per_file: float = 300
    """One file or page in all, so that a byte a second does not hold us for ever."""
    seconds_per_read: float = 30
    """One silence."""


LIMITS = Limits()


class Refusal(NamedTuple):
    """Something that was listed or asked for and not taken."""

    url: str
    code: str
    sentence: str


@dataclass
class Fetched:
    """What became of one fetch. Files are counted, `bytes` are those of pages and files read."""

    downloaded: int = 0
    unchanged: int = 0
    removed: int = 0
    refused: list[Refusal] = field(default_factory=list)
    more_refused: int = 0
    bytes: int = 0
    complete: bool = True
    """False when we cannot know what is not there any more; then nothing was removed."""


class _Enough(Exception):
    """A limit of the whole fetch is reached: stop here, keep what came."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def fetch(url: str, into: Path, *, limits: Limits = LIMITS, allow_private: bool = False) -> Fetched:
    """Bring the folder `into` up to date with the archive at `url`.

    Raises Unreachable when the first listing cannot be read or `into` cannot be used. Whatever
    else goes wrong stands in `refused`. `allow_private` also reads servers on private networks
    and on this machine.
    """
    until = time.monotonic() + limits.seconds
    try:
        root = Root.at(url)
    except ValueError as error:
        raise Unreachable("bad-address", str(error)) from None
    try:
        server = Server(
            root, allow_private=allow_private, silence=limits.seconds_per_read, until=until
        )
    except Refused as refused:
        raise Unreachable(refused.code, str(refused)) from None
    with server:
        work = _Fetch(server, limits, until)
        work.walk()
        try:
            mirror = Mirror(into, root.url())
        except BlockingIOError:
            raise Unreachable(
                "busy", f"Another fetch into {into} is under way. Try again when it has ended."
            ) from None
        except OSError as error:
            raise Unreachable(
                "not-written", f"{into} cannot be written ({error.strerror}). Name another folder."
            ) from None
        with mirror:
            work.bring(mirror)
    return work.result


class _Fetch:
    """One fetch: first all listings, then the files, then what is gone."""

    def __init__(self, server: Server, limits: Limits, until: float) -> None:
        self.server = server
        self.limits = limits
        self.until = until
        self.result = Fetched()
        self.files: set[str] = set()
        self.bare: list[str] = []
        self.failures = 0

    def walk(self) -> None:
        """Read the listings, the nearest first, so that no deep branch starves the others."""
        waiting, seen = deque([""]), {""}
        try:
            while waiting:
                page = waiting.popleft()
                try:
                    found = self._listing(page)
                except Refused as refused:
                    if not page:
                        raise Unreachable(refused.code, str(refused)) from None
                    self._refuse(page, refused.code, str(refused))
                    self._failed()
                    continue
                for folder in sorted(found - seen):
                    if len(seen) >= self.limits.max_pages:
                        raise _Enough(
                            "too-many-pages",
                            f"The archive has more than {self.limits.max_pages:,} folders; the "
                            "others were not read.",
                        )
                    seen.add(folder)
                    waiting.append(folder)
        except _Enough as enough:
            self._stopped(enough)

    def bring(self, mirror: Mirror) -> None:
        """Download what is new or changed, and remove what is gone if that is certain."""
        self._doubt_empty_listings(mirror)
        try:
            mirror.expect(self.files)
            try:
                for path in sorted(self.files):
                    self._one(path, mirror)
            except _Enough as enough:
                self._stopped(enough)
            if self.result.complete:
                gone = set(mirror.kept) - self.files
                self.result.removed = sum(mirror.remove(path) for path in sorted(gone))
            mirror.save()
        except OSError as error:
            self._refuse(
                "", "not-written",
                f"What was read could not be written down ({error.strerror}). Make room.",
            )  # fmt: skip

    def _listing(self, page: str) -> set[str]:
        """The folders that a page leads to; its files are added to `files`."""
        links, seen, folders = Links(), set[str](), set[str]()
        limit = self.limits.max_listing_bytes
        self._check_time()
        with self.server.get(
            page, most=limit, seconds=self.limits.seconds_per_file, headers={}
        ) as answer:
            end = min(self.until, time.monotonic() + self.limits.seconds_per_file)
            self._must_be_listing(answer)
            for block in self._counted(answer):
                for href in _read(links, block, answer.url):
                    path = self.server.root.inside(href, answer.path)
                    if path is None or path in seen:
                        continue
                    if len(seen) >= self.limits.max_links:
                        raise Refused(
                            "too-many-links",
                            f"{answer.url} has more than {self.limits.max_links:,} links. "
                            "Spread the files over folders.",
                        )
                    seen.add(path)
                    if path.count("/") > self.limits.max_depth:
                        self._too_deep(path)
                    elif path.endswith("/"):
                        folders.add(path)
                    elif wanted(path):
                        self._add(path)
                if time.monotonic() > end:
                    raise Refused("too-slow", f"{answer.url} takes too long to read.")
            if not answer.ends_by_itself and not links.ended:
                raise Refused("cut-short", f"{answer.url} broke off. It is read again next time.")
        here = answer.path[: answer.path.rfind("/") + 1]
        if not any(path.startswith(here) and path != here for path in seen):
            self.bare.append(page)
        self.failures = 0
        return folders

    def _must_be_listing(self, answer: Answer) -> None:
        if answer.status != 200:
            raise Refused(
                f"status-{answer.status}",
                f"{answer.url} answered with status {answer.status}. Check the address, and that "
                "the server lists the folder's files.",
            )
        kind = answer.header("Content-Type").partition(";")[0].strip().lower()
        if kind and kind not in HTML:
            raise Refused(
                "not-a-listing",
                f"{answer.url} is no page that lists files. Enter the address of a folder whose "
                "files the server lists.",
            )

    def _add(self, path: str) -> None:
        if path not in self.files and len(self.files) >= self.limits.max_files:
            raise _Enough(
                "too-many-files",
                f"The archive has more than {self.limits.max_files:,} files; the others were not "
                "read. Put several templates into one file.",
            )
        self.files.add(path)

    def _doubt_empty_listings(self, mirror: Mirror) -> None:
        """A page without any entry where files were before is more often a mishap, as a notice
        that the site is being repaired, than a withdrawal of all of them."""
        if not self.result.complete:
            return
        lost: Counter[str] = Counter()
        for path, kept in mirror.kept.items():
            if path not in self.files and kept.size >= 0:
                ends = [n + 1 for n, letter in enumerate(path) if letter == "/"]
                lost.update(path[:end] for end in [0, *ends])
        for page in dict.fromkeys(self.bare if self.files else ["", *self.bare]):
            if lost[page]:
                self._refuse(
                    page, "empty-listing",
                    f"{self.server.root.url(page)} lists nothing any more, and {lost[page]:,} "
                    "files were there before; they are kept. If they are meant to go, leave one.",
                )  # fmt: skip

    def _one(self, path: str, mirror: Mirror) -> None:
        """Bring one file up to date. One that could not be read now may hold what another file
        has lost, so it leaves the picture incomplete; unless the server does not offer it."""
        self._check_time()
        kept = mirror.has(path)
        try:
            if self._download(path, kept, mirror):
                self.result.downloaded += 1
            else:
                self.result.unchanged += 1
            self.failures = 0
            return
        except Refused as refused:
            code, sentence = refused.code, str(refused)
        except OSError as error:
            code = "not-written"
            sentence = (
                f"{path} could not be stored ({error.strerror}). Make room, or take away what "
                "stands in its place in the folder."
            )
        settled = code in {f"status-{status}" for status in NOT_OFFERED}
        self._refuse(path, code, sentence, complete=settled)
        if not settled:
            self._failed()

    def _download(self, path: str, kept: Kept | None, mirror: Mirror) -> bool:
        """Whether the file is another one than before."""
        limits, asked = self.limits, {}
        if kept and kept.etag:
            asked["If-None-Match"] = kept.etag
        if kept and kept.last_modified:
            asked["If-Modified-Since"] = kept.last_modified
        with self.server.get(
            path, most=limits.max_file_bytes, seconds=limits.seconds_per_file, headers=asked
        ) as answer:
            if answer.status == 304 and asked:
                return False
            if answer.status != 200:
                raise Refused(
                    f"status-{answer.status}",
                    f"{answer.url} is listed but answered with status {answer.status}. Tell the "
                    "publisher.",
                )
            if not answer.path or answer.path.endswith("/"):
                raise Refused(
                    "redirect", f"{self.server.root.url(path)} leads to a folder, not to a file."
                )
            if kept and _same(answer, kept):
                return False
            return mirror.write(
                path, self._counted(answer),
                etag=answer.header("ETag"), last_modified=answer.header("Last-Modified"),
            )  # fmt: skip

    def _counted(self, answer: Answer) -> Iterator[bytes]:
        most = self.limits.max_total_bytes
        for block in answer.blocks():
            self.result.bytes += len(block)
            if self.result.bytes > most:
                raise _Enough(
                    "too-much",
                    f"The archive has more than {most:,} bytes; the rest was not read.",
                )
            yield block

    def _check_time(self) -> None:
        if time.monotonic() > self.until:
            raise _Enough(
                "too-long",
                f"The archive was not read within {self.limits.seconds:,.0f} seconds; the rest is "
                "left for the next time.",
            )

    def _failed(self) -> None:
        self.failures += 1
        if self.failures >= self.limits.max_failures:
            raise _Enough(
                "too-many-failures",
                f"{self.failures} requests in a row failed; the rest is left for the next time.",
            )

    def _too_deep(self, path: str) -> None:
        self._refuse(
            path, "too-deep",
            f"{self.server.root.url(path)} lies more than {self.limits.max_depth} folders deep "
            "and was not read.",
        )  # fmt: skip

    def _stopped(self, enough: _Enough) -> None:
        if all(enough.code != refusal.code for refusal in self.result.refused):
            self._refuse("", enough.code, str(enough))

    def _refuse(self, path: str, code: str, sentence: str, *, complete: bool = False) -> None:
        self.result.complete = self.result.complete and complete
        if len(self.result.refused) < self.limits.max_refused:
            self.result.refused.append(Refusal(self.server.root.url(path), code, sentence))
        else:
            self.result.more_refused += 1


def _read(links: Links, block: bytes, url: str) -> list[str]:
    try:
        return links.read(block)
    except ValueError:
        raise Refused("not-a-listing", f"{url} is no HTML that can be read.") from None


def _same(answer: Answer, kept: Kept) -> bool:
    """Whether a server that knows no conditional requests offers what we have already."""
    etag, modified = answer.header("ETag"), answer.header("Last-Modified")
    if etag or kept.etag:
        return etag == kept.etag
    return bool(modified) and modified == kept.last_modified and answer.length == kept.size
