"""What only several templates together show: handles given twice or in the wrong place.

``Across`` and ``Repeated`` are shown every template of a publisher's files, one after the other,
and keep only handles and places; at the end they tell what does not fit together.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from correction_flow.redif import handle as handles
from correction_flow.redif.problems import Problem, Severity
from correction_flow.redif.template import Template

_ITEMS = {"Paper", "Article", "Book", "Chapter", "Software"}
_FOLDERS = re.compile(r"(?:\A|/)([a-z]{3})/([a-z0-9]{6})(?:/|\Z)", re.IGNORECASE)


class _Place(NamedTuple):
    path: str
    line: int
    sha256: str


@dataclass
class Repeated:
    """The handles seen so far and where each stands."""

    _first: dict[str, _Place] = field(default_factory=dict)
    _again: list[tuple[str, _Place]] = field(default_factory=list)

    def see(self, path: str, template: Template) -> None:
        """Note one template of the file at that path, with forward slashes."""
        if template.handle_key and template.kind:
            place = _Place(path, template.first_line, template.sha256)
            if self._first.setdefault(template.handle_key, place) is not place:
                self._again.append((template.handle_key, place))

    def problems(self) -> Iterator[tuple[str, Problem]]:
        """Yield a problem with the path of its file for each handle given again."""
        for key, place in self._again:
            yield place.path, _repeated(key, place, self._first[key])


@dataclass
class Across:
    """Which series are described, which have items, and what lies in another folder."""

    _series: dict[str, str | None] = field(default_factory=dict)
    _describing: set[str] = field(default_factory=set)
    _items: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    _strays: list[tuple[str, Problem]] = field(default_factory=list)

    def see(self, path: str, template: Template) -> None:
        """Note one template of the file at that path, with forward slashes."""
        if not template.handle_key or template.kind is None:
            return
        key = template.handle_key
        parsed = handles.parse(key)
        if parsed is None:
            return
        if template.kind == "Series":
            self._series[key] = next(iter(template.tree().get("type", [])), None)
            self._describing.add(parsed.archive.lower())
        elif template.kind in _ITEMS and parsed.series:
            series = parsed.series.lower()
            self._items.setdefault(series, (template.kind, path, template.first_line))
            stray = in_other_folder(path, template, parsed)
            if stray is not None:
                self._strays.append((path, stray))

    def problems(self) -> Iterator[tuple[str, Problem]]:
        """Yield each problem with the path of its file."""
        yield from self._strays
        for series, (kind, path, line) in self._items.items():
            if series.rpartition(":")[0] in self._describing:
                holds = self._series.get(series, "") or "ReDIF-Paper"
                if series not in self._series:
                    yield path, series_not_described(series, line)
                elif holds != f"ReDIF-{kind}":
                    yield path, other_type_than_series(kind, holds, line)


def in_other_folder(path: str, template: Template, parsed: handles.Handle) -> Problem | None:
    """Compare an item's handle with the folders it lies in: ``aaa/ssssss`` in RePEc's layout."""
    places = _places_in(path.rpartition("/")[0])
    if not places or (parsed.series or "").lower() in (f"repec:{a}:{s}".lower() for a, s in places):
        return None
    last = ("", *places[0])
    if f"repec:{last[1]}".lower() != parsed.archive.lower():
        return None
    return Problem(
        template.first_line,
        1,
        Severity.WARNING,
        "handle-in-other-folder",
        f"'{template.handle}' lies in the folder {last[1]}/{last[2]}.",
        "The folder is named like the series: move the file or correct the handle.",
    )


@lru_cache(maxsize=1000)
def _places_in(folder: str) -> list[tuple[str, str]]:
    """The archive's and the series' folder wherever they stand in a path."""
    return [(found[1], found[2]) for found in _FOLDERS.finditer(folder)]


def series_not_described(series: str, line: int) -> Problem:
    """The problem of an item, at that line, whose series no template describes."""
    return Problem(
        line,
        1,
        Severity.WARNING,
        "series-not-described",
        f"No series template describes {series}.",
        "Add one to the archive's aaaseri.rdf; without it RePEc shows no series.",
    )


def other_type_than_series(kind: str, holds: str, line: int) -> Problem:
    """The problem of an item, at that line, of another kind than its series holds."""
    return Problem(
        line,
        1,
        Severity.NOTICE,
        "other-type-than-series",
        f"This is a {kind.lower()}, but its series holds {holds}.",
        "Correct the Type of the series or that of the template.",
    )


def _repeated(key: str, place: _Place, first: _Place) -> Problem:
    same = "The same template" if place.sha256 == first.sha256 else "Another template"
    return Problem(
        place.line,
        1,
        Severity.WARNING,
        "duplicate-handle",
        f"{same} with the handle {key} stands in {first.path}, line {first.line}.",
        "Give each item one template; remove the older one.",
    )
