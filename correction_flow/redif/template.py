"""What a reading of a file gives: the file, its templates, and the values in their order.

Values keep the lines they came from, so that a writer can change these and nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from correction_flow.redif.problems import Problem

Tree: TypeAlias = dict[str, list[Any]]
"""Values by tag, each in a list; a cluster is a Tree of its own in the list of its prefix."""


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


class Placed(NamedTuple):
    """A value that was accepted, with its place in the tree; a ``key`` opens its cluster."""

    path: tuple[str, ...]
    name: str
    key: bool
    text: str | None


@dataclass(frozen=True, slots=True)
class Template:
    """One ReDIF template.

    ``good`` is the verdict of RePEc's own parser, even where values were rescued from it.
    ``handle`` is the publisher's spelling, valid or not; ``handle_key`` is for comparing.
    ``sha256`` covers the lines that count, so neither line ends nor comments change it.
    """

    type: str | None
    kind: str | None
    first_line: int
    last_line: int
    values: tuple[Value, ...]
    problems: tuple[Problem, ...]
    good: bool
    handle: str | None
    handle_key: str | None
    sha256: str
    written_type: str = ""
    strict: bool = False
    placed: tuple[Placed, ...] = field(default=(), repr=False)

    def tree(self) -> Tree:
        """Return the accepted values, nested; a fresh copy at each call.

        The shape is that of RePEc's parser: lower-case tags, deprecated clusters under their
        successor, a key or required value that is invalid as an empty string. A tolerant
        reading leaves out clusters in which nothing was said.
        """
        tree: Tree = {"template-type": [self.type or self.written_type]}
        for place in self.placed:
            put(tree, place)
        tree.setdefault("handle", [])
        if not self.strict:
            _prune(tree)
        return tree


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file as it was read; ``problems`` are those of no template in particular."""

    name: str
    encoding: str
    line_ends: str
    templates: tuple[Template, ...]
    problems: tuple[Problem, ...]
    line_count: int

    def all_problems(self) -> Iterator[Problem]:
        """Yield the problems of the file, then those of its templates, in their order."""
        yield from self.problems
        for template in self.templates:
            yield from template.problems


def put(tree: Tree, place: Placed) -> None:
    """Add one value to a tree, opening a cluster when it is a cluster's key."""
    holder = tree
    opened = len(place.path) - 1 if place.key else -1
    for depth, prefix in enumerate(place.path):
        clusters = holder.setdefault(prefix, [])
        if depth == opened or not clusters:
            clusters.append({})
        holder = clusters[-1]
    if place.text is not None:
        holder.setdefault(place.name, []).append(place.text)


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
