"""Two people changed one value: do both fit together? Pure (product.md §4, rule 4).

Single values never do. Lists (authors, files, JEL codes, abstracts) do where the two changed
different places of it, as when one adds an author and the other mends another's name.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final


class _Conflict:
    """The answer that there is none; None is a value."""

    def __repr__(self) -> str:
        return "CONFLICT"


CONFLICT: Final = _Conflict()

Edit = tuple[int, int, list[Any]]
"""In place of `base[i:j]` stands this."""


def merge(base: Any, ours: Any, theirs: Any) -> Any:
    """`ours` and `theirs`, both made from `base`, in one value; CONFLICT where they cannot be."""
    if theirs in (base, ours):
        return ours
    if ours == base:
        return theirs
    if not all(isinstance(value, list) for value in (base or [], ours, theirs)):
        return CONFLICT
    edits = _together(_edits(base or [], ours), _edits(base or [], theirs))
    if edits is None:
        return CONFLICT
    merged = list(base or [])
    for i, j, values in reversed(edits):
        merged[i:j] = values
    return CONFLICT if _doubled(merged, ours, theirs) else merged


def _edits(base: Sequence[Any], changed: Sequence[Any]) -> list[Edit]:
    keys, changed_keys = [_key(v) for v in base], [_key(v) for v in changed]
    matcher = difflib.SequenceMatcher(None, keys, changed_keys, autojunk=False)
    return [
        (i, j, list(changed[k:m])) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"
    ]


def _together(ours: list[Edit], theirs: list[Edit]) -> list[Edit] | None:
    """Both lists of edits in order; None where two of them touch."""
    edits = sorted([*ours, *(e for e in theirs if e not in ours)], key=lambda e: e[:2])
    for (_, end, _), (start, _, _) in pairwise(edits):
        if start <= end:
            return None
    return edits


def _doubled(merged: Sequence[Any], ours: Sequence[Any], theirs: Sequence[Any]) -> bool:
    """Whether something stands more often than in either: moved by one, touched by the other."""
    keys = [_key(v) for v in merged]
    one, other = [_key(v) for v in ours], [_key(v) for v in theirs]
    return any(keys.count(k) > max(one.count(k), other.count(k)) for k in set(keys))


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
