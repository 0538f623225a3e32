"""Which reference of an item each text of its list is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from correction_flow.catalog.models import ItemReference
from correction_flow.catalog.operations import text_key


def same(keys: Sequence[str], rows: Sequence[ItemReference]) -> list[ItemReference | None]:
    """The row that each text key of a list is, in its order; None for a new one.

    Where a list has a text less often than there are rows of it, those that were taken out give
    way first, then those that a correction made another text which the list has too: that text
    is then theirs.
    """
    wanted = Counter(keys)
    by_key: defaultdict[str, list[ItemReference]] = defaultdict(list)
    for row in rows:
        by_key[row.text_key].append(row)
    found: dict[str, list[ItemReference]] = {}
    ours: defaultdict[str, list[ItemReference]] = defaultdict(list)
    for key, of_key in by_key.items():
        ranked = sorted(of_key, key=lambda row: (*_gives_way(row, wanted), row.nth))
        found[key] = sorted(ranked[: wanted[key]], key=lambda row: row.nth)
        for row in ranked[wanted[key] :]:
            if row.source_text is not None:
                ours[text_key(row.text)].append(row)
    for key, spare in ours.items():
        known = found.setdefault(key, [])
        known += spare[: max(0, wanted[key] - len(known))]
    left = {key: iter(known) for key, known in found.items()}
    return [next(left[key], None) if key in left else None for key in keys]


def _gives_way(row: ItemReference, wanted: Counter[str]) -> tuple[bool, bool, bool]:
    respelt = row.source_text is not None and wanted[text_key(row.text)] > 0
    return row.removed, respelt and text_key(row.text) != row.text_key, row.unlisted
