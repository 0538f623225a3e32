"""What a reading of a file gives: the file, its templates, and the values in their order.

Values keep the lines they came from, so that a writer can change these and nothing else.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from correction_flow.redif.problems import Problem

Tree: TypeAlias = dict[str, list[Any]]
"""Values by tag, each in a list; a cluster is a Tree of its own in the list of its prefix."""

BLANK = " \t\r\n\v\f\x1a\xa0"


_NOT_COUNTED = re.compile(rf"(?m)^(?:#|[{BLANK}]*$)")


def counts(line: str) -> bool:
    """Say whether a line means anything: not blank, no comment, no lone Ctrl-Z."""
    return not line.startswith("#") and bool(line.strip(BLANK))


class Value(NamedTuple):
    """One attribute as it stands in the file.

    ``tag`` is lower case, ``written`` as the publisher wrote it; ``text`` is cleaned but not
    judged, so an invalid value stands here too. The lines count from 1.
    """

    tag: str
    written: str
    text: str
    first_line: int
    last_line: int


@dataclass(slots=True)
class Chunk:
    """One attribute with the lines of its value that count, the first without the tag."""

    tag: str
    written: str
    first: int
    last: int
    parts: list[str]


class Spot(NamedTuple):
    """A place in the tree: the prefixes of its clusters and its name; a ``key`` opens one."""

    path: tuple[str, ...]
    name: str
    key: bool


@dataclass(slots=True)
class Template:
    """One ReDIF template; what was read is not to be changed.

    ``good`` is the verdict of RePEc's own parser, even where values were rescued from it.
    ``handle`` is the publisher's spelling, valid or not; ``handle_key`` is for comparing.
    ``source`` is its text, lines ended by LF, up to the next template. ``chunks`` are its
    attributes and ``texts`` what they say, cleaned; ``placed`` holds the accepted values with
    their places, an empty cluster's key as None.
    """

    type: str | None
    kind: str | None
    first_line: int
    last_line: int
    problems: tuple[Problem, ...]
    good: bool
    handle: str | None
    handle_key: str | None
    written_type: str
    strict: bool
    source: str
    chunks: list[Chunk] = field(repr=False)
    texts: list[str] = field(repr=False)
    placed: list[tuple[Spot, str | None]] = field(repr=False)

    @property
    def values(self) -> tuple[Value, ...]:
        """All attributes in their order, accepted or not."""
        return tuple(
            Value(chunk.tag, chunk.written, text, chunk.first, chunk.last)
            for chunk, text in zip(self.chunks, self.texts, strict=True)
        )

    @property
    def sha256(self) -> str:
        """The digest of the lines that count, so neither line ends nor comments change it."""
        counted = self.source.rstrip("\n")
        if _NOT_COUNTED.search(counted):
            counted = "\n".join(filter(counts, self.source.split("\n")))
        content = counted.encode("utf-8", errors="surrogatepass")
        return hashlib.sha256(content, usedforsecurity=False).hexdigest()

    def tree(self) -> Tree:
        """Return the accepted values, nested; a fresh copy at each call.

        The shape is that of RePEc's parser: lower-case tags, deprecated clusters under their
        successor, a key or required value that is invalid as an empty string. A tolerant
        reading leaves out clusters in which nothing was said.
        """
        tree: Tree = {"template-type": [self.type or self.written_type]}
        for spot, text in self.placed:
            put(tree, spot, text)
        tree.setdefault("handle", [])
        if not self.strict and any(text is None for _, text in self.placed):
            _prune(tree)
        return tree


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file as it was read; ``problems`` are those of no template in particular.

    ``data`` are its bytes, and ``told`` and ``strict`` how they were to be read, so that it can
    be written with single values changed.
    """

    name: str
    encoding: str
    line_ends: str
    templates: tuple[Template, ...]
    problems: tuple[Problem, ...]
    line_count: int
    data: bytes = field(default=b"", repr=False)
    told: str | None = None
    strict: bool = False

    def all_problems(self) -> Iterator[Problem]:
        """Yield the problems of the file, then those of its templates, in their order."""
        yield from self.problems
        for template in self.templates:
            yield from template.problems


def put(tree: Tree, spot: Spot, text: str | None) -> None:
    """Add one value to a tree, opening a cluster when it is a cluster's key."""
    if not spot.path:
        if text is not None:
            tree.setdefault(spot.name, []).append(text)
        return
    holder = tree
    opened = len(spot.path) - 1 if spot.key else -1
    for depth, prefix in enumerate(spot.path):
        clusters = holder.setdefault(prefix, [])
        if depth == opened or not clusters:
            clusters.append({})
        holder = clusters[-1]
    if text is not None:
        holder.setdefault(spot.name, []).append(text)


def _prune(tree: Tree) -> None:
    """Take out the clusters that hold nothing."""
    for tag, entries in list(tree.items()):
        if not entries or not isinstance(entries[0], dict):
            continue
        for cluster in entries:
            _prune(cluster)
        entries[:] = [cluster for cluster in entries if cluster]
        if not entries:
            del tree[tag]
