"""What all values of a form share: how a bad one is refused, how a row finds where it came from.

A row of a list has an origin: the place in the list it was filled from, and a digest of what stood
there. So it is recognised wherever it is moved to, also in a list that changed meanwhile. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from correction_flow.core import text as rules

Row = dict[str, str]
_ADDRESS = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.\w")


class BadValue(ValueError):
    """The text is no value of this field; the message says what to enter.

    `part` names the place in a list: "2-name" is the name in the third row.
    """

    def __init__(self, message: str, part: str = "") -> None:
        super().__init__(message)
        self.part = part


def without_address(text: str, part: str = "") -> None:
    """Raises BadValue where a public text holds an e-mail address."""
    if _ADDRESS.search(text):
        raise BadValue(
            "Leave the e-mail address out: pages show none. It changes only in the publisher’s "
            "own file, or by the rights that the archive gives.",
            part,
        )


def first_text(value: Any) -> str:
    """The (first) text of a cluster's value, as a form shows it."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return rules.squeeze(rules.plain(str(value or "")))


def origin(n: int, shown: Sequence[Any]) -> str:
    """The mark of a row filled from place `n`, where `shown` stands."""
    return f"{n}-{rules.digest(list(shown))[:8]}"


def came_from(row: Row, marks: dict[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What a row was filled from, taken out of `marks`; None for a new row. Raises BadValue."""
    mark = row.get("origin", "")
    if mark and mark not in marks:
        raise BadValue("This list is not complete. Reload the page and change it again.")
    return marks.pop(mark) if mark else None


def rebased(
    typed: Sequence[Row], fresh: Sequence[Row], same: Callable[[Row, Row], bool]
) -> list[Row]:
    """Typed rows with the origins of a list that changed meanwhile (`fresh`): each finds the row
    with its digest, else one that is the `same`, else it is new."""
    free = {row["origin"]: row for row in fresh}
    moved: list[Row] = []
    for row in typed:
        digest = row.get("origin", "").partition("-")[2]
        found = next((mark for mark in free if digest and mark.endswith(f"-{digest}")), None)
        found = found or next((mark for mark, now in free.items() if same(now, row)), "")
        free.pop(found, None)
        moved.append({**row, "origin": found})
    return moved
