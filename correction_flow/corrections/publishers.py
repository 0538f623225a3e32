"""The publishers of a series as a list: rows of a form, and lines of text. Pure.

A publisher is one cluster of the record: name, homepages, and what no page shows (an address, the
handle of an institution), which stays with whoever stays or is respelt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from correction_flow.core import text as rules
from correction_flow.corrections import files, values
from correction_flow.corrections.values import (
    BadValue,
    Row,
    came_from,
    first_text,
    origin,
    without_address,
)

Publisher = dict[str, Any]
KEYS = ("name", "homepage")
MOST_PUBLISHERS = 20
LONGEST = 500
"""Characters of one text (RePEc's specification 5.8, section 2.6)."""

_LINE = re.compile(r"(?P<name>.*?)\s*(?P<homepage>(?<!\S)(?:https?|ftp)://\S+)?", re.IGNORECASE)


def rows(publishers: Sequence[Mapping[str, Any]] | None) -> list[Row]:
    """The list as rows of a form: `name`, `homepage` (the first one), `origin`."""
    return [
        {key: first_text(each.get(key)) for key in KEYS} | {"origin": _origin(n, each)}
        for n, each in enumerate(publishers or ())
    ]


def _origin(n: int, publisher: Mapping[str, Any]) -> str:
    return origin(n, [first_text(publisher.get(key)) for key in KEYS])


def from_rows(typed: Sequence[Row], current: Sequence[Mapping[str, Any]] | None) -> list[Publisher]:
    """The list in a form's rows. Raises BadValue, its part like "0-homepage"."""
    known = list(current or ())
    marks = {_origin(n, each): each for n, each in enumerate(known)}
    if len(typed) > max(MOST_PUBLISHERS, len(known)):
        raise BadValue(f"These are {len(typed):,} names. Enter at most {MOST_PUBLISHERS}.")
    found: list[Publisher] = []
    for n, row in enumerate(typed):
        was = came_from(row, marks)
        said = {key: rules.squeeze(rules.plain(row.get(key, ""))) for key in KEYS}
        if any(said.values()) or (was is not None and not any(rows([was])[0][k] for k in KEYS)):
            found.append(_publisher(said, was or {}, f"{n}-"))
        elif was is not None:
            raise BadValue("Enter the name, or remove this row.", f"{n}-name")
    return found


def _publisher(said: Mapping[str, str], was: Mapping[str, Any], part: str) -> Publisher:
    publisher = dict(was)
    if said["name"] != first_text(was.get("name")):
        publisher["name"] = _checked_name(said["name"], f"{part}name")
    if said["homepage"] != first_text(was.get("homepage")):
        homepages = was.get("homepage") or []
        others = list(homepages[1:]) if isinstance(homepages, list) else []
        new = [_checked_link(said["homepage"], f"{part}homepage")] if said["homepage"] else []
        publisher["homepage"] = [*new, *others]
    if not publisher.get("name") and not was:
        raise BadValue("Enter the name of the publisher.", f"{part}name")
    return {key: _one_or_many(value) for key, value in publisher.items() if value}


def _one_or_many(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _checked_name(name: str, part: str) -> str:
    if not re.search(r"\w", name):
        raise BadValue("Enter the name, or remove this row.", part)
    if len(name) > LONGEST:
        raise BadValue(
            f"This has {len(name):,} characters; RePEc takes {LONGEST}. Shorten it.", part
        )
    without_address(name, part)
    return name


def _checked_link(link: str, part: str) -> str:
    """A page has no address in its link."""
    takes = len(link) <= LONGEST and "@" not in link
    return files.link(link if takes else "", part)


def rebased(typed: Sequence[Row], current: Sequence[Mapping[str, Any]] | None) -> list[Row]:
    """The same rows for a list that changed meanwhile: each finds the publisher it came from."""
    return values.rebased(typed, rows(current), lambda now, row: now["name"] == row.get("name"))


def line(publisher: Mapping[str, Any]) -> str:
    """A publisher as one line: `MDPI https://www.mdpi.com`."""
    return " ".join(text for text in (first_text(publisher.get(key)) for key in KEYS) if text)


def from_lines(text: str, current: Sequence[Mapping[str, Any]] | None) -> list[Publisher]:
    """One publisher a line, as `line` writes them. Raises BadValue."""
    left = list(enumerate(current or ()))
    typed: list[Row] = []
    for each in filter(None, map(rules.squeeze, text.split("\n"))):
        match = _LINE.fullmatch(each)
        row: Row = {"name": match["name"] if match else each, "homepage": ""}
        row["homepage"] = (match and match["homepage"]) or ""
        same = next((one for one in left if line(one[1]) == each), None)
        for key in KEYS:
            same = same or next(
                (one for one in left if row[key] and first_text(one[1].get(key)) == row[key]), None
            )
        if same is not None:
            left.remove(same)
            row = rows([same[1]])[0] if line(same[1]) == each else row
            row["origin"] = _origin(*same)
        typed.append(row)
    return from_rows(typed, current)
