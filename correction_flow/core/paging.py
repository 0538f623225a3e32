"""Keyset paging: pages are found by where the last one ended, never by counting rows away."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

PAGE_SIZE = 20
LARGEST_ID = 2**31 - 1
COUNT_LIMIT = 1000
"""Counts shown on pages stop here: "1,000+"."""


T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list, with the cursors of its neighbours (None at the ends)."""

    rows: Sequence[T]
    older: str | None = None
    newer: str | None = None


def both_ways(
    rows: Sequence[T], key: Callable[[T], str], size: int, *, after: bool, before: bool
) -> Page[T]:
    """A page that leads on and back.

    `rows`: up to `size` + 1 of them, those before the cursor in the reverse order of the list;
    `after`, `before`: whether there was a cursor to begin behind, or to end in front of.
    """
    shown, more = list(rows[:size]), len(rows) > size
    if before:
        shown.reverse()
    if not shown:
        return Page([])
    older = key(shown[-1]) if more or before else None
    newer = key(shown[0]) if (more if before else after) else None
    return Page(shown, older=older, newer=newer)


def cursor(*key: Any) -> str:
    """A key of a row as text for an address; opaque, not secret."""
    text = json.dumps(key, separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str | None, length: int) -> list[Any] | None:
    """The key in a cursor, or None when there is none or somebody typed one by hand."""
    if not text:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(key, list) or len(key) != length:
        return None
    return key if all(_fits(part) for part in key) else None


def read_moment(text: str | None) -> tuple[datetime, int] | None:
    """The key in a cursor of a list that is in the order of a moment and an id."""
    last = read_cursor(text, 2)
    if last is None or not isinstance(last[1], int):
        return None
    try:
        return datetime.fromisoformat(str(last[0])).astimezone(UTC), last[1]
    except (ValueError, OverflowError):
        return None


def _fits(part: Any) -> bool:
    """Whether a database can compare a key with it."""
    if isinstance(part, str):
        return "\0" not in part and not any("\ud800" <= sign <= "\udfff" for sign in part)
    return isinstance(part, int) and abs(part) <= LARGEST_ID


def count_text(count: int) -> str:
    """A count for people; what was cut at the limit says so."""
    return f"{COUNT_LIMIT:,}+" if count > COUNT_LIMIT else f"{count:,}"
