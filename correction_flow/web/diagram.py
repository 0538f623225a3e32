"""The lifecycle as a picture: one column a status, one row an action. Pure.

Made from the table in `proposals.lifecycle` alone, so that it cannot say anything else. A dot
is a status in which the action can be done; an arrowhead is where it leads. Colours and line
styles come from the style sheet by class, for light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from correction_flow.proposals.lifecycle import STATUS_WORDS, Status, Transition

LABEL, COLUMN, HEAD, ROW, EDGE = 150, 88, 64, 34, 12
"""Widths of the actions' names and of a column; heights of the head and of a row, in pixels."""
NOWHERE, ANEW = "Not sent yet", "A new request"


@dataclass(frozen=True)
class Row:
    """An action as the picture shows it: from which columns to which."""

    label: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]


def columns() -> list[str]:
    """What the columns are, from left to right."""
    return [NOWHERE, *(STATUS_WORDS[status].label for status in Status), ANEW]


def rows(transitions: Sequence[Transition]) -> list[Row]:
    """Every action of the table, in its order."""
    return [
        Row(
            rule.button,
            tuple(STATUS_WORDS[s].label for s in Status if s in rule.sources) or (NOWHERE,),
            tuple(STATUS_WORDS[s].label for s in Status if s in rule.targets)
            + ((ANEW,) if rule.new else ()),
        )
        for rule in transitions
    ]


def lifecycle_svg(transitions: Sequence[Transition], *, title: str) -> Markup:
    """The picture as SVG for a page; `title` is what a screen reader says of it."""
    names, drawn = columns(), rows(transitions)
    width, height = LABEL + COLUMN * len(names), HEAD + ROW * len(drawn) + EDGE
    x = {name: LABEL + COLUMN * n + COLUMN // 2 for n, name in enumerate(names)}
    parts = [
        f'<svg class="lifecycle" role="img" aria-label="{escape(title)}" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    ]
    for name in names:
        parts.append(_column(name, x[name], height, outside=name in (NOWHERE, ANEW)))
    for n, row in enumerate(drawn):
        parts.append(_row(row, x, HEAD + ROW * n + ROW // 2, width))
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 (every text is escaped)


def _column(name: str, x: int, height: int, *, outside: bool) -> str:
    kind = "lifeline is-outside" if outside else "lifeline"
    lines = _wrapped(name)
    first = HEAD - 14 - 16 * (len(lines) - 1)
    words = "".join(
        f'<tspan x="{x}" y="{first + 16 * i}">{escape(line)}</tspan>'
        for i, line in enumerate(lines)
    )
    return (
        f'<line class="{kind}" x1="{x}" y1="{HEAD - 4}" x2="{x}" y2="{height - EDGE}"/>'
        f'<text class="lifecycle-status" text-anchor="middle">{words}</text>'
    )


def _wrapped(name: str, width: int = 11) -> list[str]:
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _row(row: Row, x: dict[str, int], y: int, width: int) -> str:
    touched = [x[name] for name in (*row.sources, *row.targets)]
    left, right = min(touched), max(touched)
    kind = "lifecycle-way" if row.targets else "lifecycle-way is-still"
    parts = [
        f'<line class="lifecycle-row" x1="0" y1="{y + ROW // 2}" x2="{width}" y2="{y + ROW // 2}"/>'
        f'<text class="lifecycle-action" x="0" y="{y + 5}">{escape(row.label)}</text>'
    ]
    if left < right and row.targets:
        parts.append(f'<line class="{kind}" x1="{left}" y1="{y}" x2="{right}" y2="{y}"/>')
    for name in row.sources:
        parts.append(f'<circle class="lifecycle-from" cx="{x[name]}" cy="{y}" r="4.5"/>')
    for name in row.targets:
        parts.append(_arrow(x[name], y, row, x))
    return "".join(parts)


def _arrow(at: int, y: int, row: Row, x: dict[str, int]) -> str:
    """An arrowhead that ends at a column, coming from where the nearest source is."""
    origin = min((x[name] for name in row.sources), key=lambda one: (one == at, abs(one - at)))
    if origin == at:  # it can be done there, and stays there: a ring around the dot
        return f'<circle class="lifecycle-ring" cx="{at}" cy="{y}" r="9"/>'
    back = -11 if origin < at else 11
    gap = -6 if origin < at else 6
    if any(x[name] == at for name in row.sources):
        ring = f'<circle class="lifecycle-ring" cx="{at}" cy="{y}" r="9"/>'
        gap = gap * 2
    else:
        ring, gap = "", 0
    tip = at + gap
    points = f"{tip},{y} {tip + back},{y - 6} {tip + back},{y + 6}"
    return f'{ring}<polygon class="lifecycle-to" points="{points}"/>'
