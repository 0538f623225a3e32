"""Two people changed one value: do both fit together? Pure (product.md §4, rule 4).

Single values never do. Lists (authors, files, JEL codes, abstracts) do where the two changed
different places of it, as when one adds an author and the other mends another's name; keywords
are a list with semicolons in it. An empty list is the same as none.
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
    if not all(isinstance(value, list) for value in (base or [], ours or [], theirs or [])):
        return CONFLICT
    base, ours, theirs = base or [], ours or [], theirs or []
    edits = _together(base, _edits(base, ours), _edits(base, theirs))
    if edits is None:
        return CONFLICT
    merged = list(base)
    for i, j, values in reversed(edits):
        merged[i:j] = values
    return CONFLICT if _doubled(merged, base, ours, theirs) else merged or None


def merge_words(base: str | None, ours: str | None, theirs: str | None) -> Any:
    """The same for words with semicolons between them."""
    merged = merge(base, ours, theirs)
    if merged is CONFLICT:
        merged = merge(_words(base), _words(ours), _words(theirs))
        return merged if merged is CONFLICT else "; ".join(merged or ()) or None
    return merged


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(";") if word.strip()]


def _edits(base: Sequence[Any], changed: Sequence[Any]) -> list[Edit]:
    keys, changed_keys = [_key(v) for v in base], [_key(v) for v in changed]
    matcher = difflib.SequenceMatcher(None, keys, changed_keys, autojunk=False)
    return [
        (i, j, list(changed[k:m])) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"
    ]


def _together(base: Sequence[Any], ours: list[Edit], theirs: list[Edit]) -> list[Edit] | None:
    """Both lists of edits in order; None where two of them are about one place."""
    edits = sorted([*ours, *(e for e in theirs if e not in ours)], key=lambda e: e[:2])
    for one, other in pairwise(edits):
        (before, end, _), (start, after, _) = one, other
        if start < end or (before, end) == (start, after):
            return None
        if start == end and (_puts_back(base, one, other) or _puts_back(base, other, one)):
            return None
    return edits


def _puts_back(base: Sequence[Any], one: Edit, other: Edit) -> bool:
    """Whether one edit puts in what its neighbour takes out: moved by one, touched by the other."""
    taken = [_key(v) for v in base[other[0] : other[1]]]
    return any(_key(value) in taken for value in one[2])


def _doubled(
    merged: Sequence[Any], base: Sequence[Any], ours: Sequence[Any], theirs: Sequence[Any]
) -> bool:
    """Whether something stands more often than in either, or though one took it out: moved by
    one, touched by the other."""
    keys = [_key(v) for v in merged]
    one, other = [_key(v) for v in ours], [_key(v) for v in theirs]
    was = [_key(v) for v in base]
    for k in set(keys):
        fewer, more = sorted((one.count(k), other.count(k)))
        if keys.count(k) > (fewer if fewer < was.count(k) else more):
            return True
    return False


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
