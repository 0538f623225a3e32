"""Which printed names are certainly a person's, and why not the others. Pure rules.

Certain is what the form may have chosen in advance; everything else the person has to choose.
"""

from __future__ import annotations

import enum
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from correction_flow.claims.names import Fit, How, compare, taken_apart

MANY_CIRCLES = 4
"""A name is common from so many groups of items on that share neither co-author nor series."""


APART = "neither a co-author nor a series links it to your full name alone"


class Group(enum.StrEnum):
    """Why something is suggested; exact reasons first, as suggestions are shown."""

    ADDRESS = "address"
    SAME = "same"
    RESPELT = "respelt"
    SHORTER = "shorter"
    INITIALS = "initials"
    LONGER = "longer"
    SIMILAR = "similar"


class Printed(NamedTuple):
    """An item author as this asks of it. `beside`: shared initials of the other names there."""

    id: int
    item_id: int
    series_id: int
    role: str
    name: str
    name_key: str
    email_key: str | None = None
    beside: frozenset[str] = frozenset()


class Known(NamedTuple):
    """What is known of a person: names, keys of verified addresses, and from claimed items the
    shared initials of co-authors and the series."""

    names: tuple[str, ...]
    addresses: frozenset[str] = frozenset()
    co_authors: frozenset[str] = frozenset()
    series: frozenset[int] = frozenset()


class Suggestion(NamedTuple):
    """An item author that may be the person. `reasons` speak for it, `doubts` against."""

    printed: Printed
    group: Group
    fit: Fit
    certain: bool
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]


def judged(
    person: Known,
    printed: Sequence[Printed],
    rivals: Sequence[Rival] | None,
    *,
    places: Mapping[str, Collection[int]],
    common: bool = False,
) -> list[Suggestion]:
    """What may be the person, grouped by reason, exact ones first.

    `rivals`: others of the same initial and family name; None if too many to know. `places`: in
    which series each of them stands, empty if unknown. `common`: whether more item authors bear
    the name than were looked at.
    """
    fits = {name: compare(person.names, name) for name in {row.name for row in printed}}
    found = [row for row in printed if fits[row.name] or row.email_key in person.addresses]
    whole = common or _common(found, fits, How.RESPELT) or _middles(person, found, rivals) > 1
    common = whole or _common(found, fits, How.SHORTER)
    doubts = {
        name: _doubts(name, fit, rivals, whole if fit.how <= How.RESPELT else common)
        for name, fit in fits.items()
    }
    signs = {row.id: _signs(person, row) for row in found}
    certain = {
        row.id
        for row in found
        if _may_be_certain(fits[row.name]) and (signs[row.id] or not doubts[row.name])
    }
    certain -= _elsewhere(found, certain, fits, signs)
    certain -= _with_a_fuller_one(found, fits, signs)
    for row in _linked(found, certain, fits):
        signs[row.id].append("a co-author of what is certainly yours")
        certain.add(row.id)
    if rivals is not None and places:
        for row in _in_place(found, certain, fits, rivals, places):
            signs[row.id].append("a series in which you and nobody like you is printed in full")
            certain.add(row.id)
    certain -= _twice(found, certain, fits)
    return _in_order(
        Suggestion(
            row, _group(person, row, fits[row.name]), fits[row.name], row.id in certain,
            (fits[row.name].reason, *signs[row.id]) if fits[row.name] else tuple(signs[row.id]),
            () if row.id in certain else tuple(doubts[row.name]) or (APART,),
        )
        for row in found
    )  # fmt: skip


def _group(person: Known, row: Printed, fit: Fit) -> Group:
    if row.email_key in person.addresses:
        return Group.ADDRESS
    return Group[fit.how.name]


def _in_order(found: Iterable[Suggestion]) -> list[Suggestion]:
    order = list(Group)
    return sorted(found, key=lambda s: (order.index(s.group), not s.certain, s.printed.id))


def _signs(person: Known, row: Printed) -> list[str]:
    signs = []
    if row.email_key in person.addresses:
        signs.append("your address is printed with it")
    if row.beside & person.co_authors:
        signs.append("a co-author of your works")
    if row.series_id in person.series:
        signs.append("a series of your works")
    return signs


def _may_be_certain(fit: Fit) -> bool:
    """Whether a second sign makes it certain."""
    return fit.how in (How.SAME, How.RESPELT, How.SHORTER, How.INITIALS, How.LONGER)


def _doubts(name: str, fit: Fit, rivals: Sequence[Rival] | None, common: bool) -> list[str]:
    """What keeps a printed name from being certain without a second sign."""
    if fit.how is How.LONGER:
        return [f"the printed name says more than yours: {fit.reason}"]
    if fit.how > How.LONGER or (fit.how is How.SHORTER and not fit.full):
        return [fit.reason]
    doubts = ["several people seem to have this name"] if common else []
    if fit.full and fit.how < How.SHORTER:
        return doubts
    if rivals is None:
        return [*doubts, "many people share this initial and family name"]
    if others := _others(name, rivals):
        doubts.append(f"it may be {others[0].key} too")
    return doubts


# -- others of the same initial and family name --------------------------------------------------


class Rival(NamedTuple):
    """Somebody else whose name is known in full: given names, middle initials."""

    key: str
    first: str
    middles: tuple[str, ...]

    def may_be(self, given: Sequence[str]) -> bool:
        """Whether these given names, in full or initials, may be this person's."""
        if not given or len(given) - 1 > len(self.middles):
            return False
        if given[0] != self.first and not (len(given[0]) == 1 and self.first[0] == given[0]):
            return False
        return all(m[0] == mine for m, mine in zip(given[1:], self.middles, strict=False))


def rivals_of(names: Sequence[str], around: Iterable[str]) -> list[Rival]:
    """Who is named in full by these name keys and is not the person with these names.

    Who only gives an initial has a rival in everybody whose full name fits it: if that is who
    they are, they can say so.
    """
    own = [[word.plain for word in taken_apart(name).given] for name in names]
    letters = {"".join(word[0] for word in given) for given in own}
    bare = all(not given or len(given[0]) == 1 for given in own)
    found = []
    for key in around:
        first, *rest = key.split()
        if len(first) < 2 or not rest or not _says_name(first):
            continue
        if any(mine.startswith(first) for mine in letters):
            continue  # initials without blanks, though they could be read as a name
        if bare or not compare(names, key):
            found.append(Rival(key, first, tuple(word[0] for word in rest[:-1])))
    return found


def _others(name: str, rivals: Iterable[Rival]) -> list[Rival]:
    """Who else may be printed so."""
    given = _letters_of(name)
    return [rival for rival in rivals if rival.may_be(given)]


def _says_name(word: str) -> bool:
    """Whether a word is a name rather than initials without blanks."""
    return len(word) > 3 or not word.isascii() or bool(set(word[1:]) & set("aeiouy"))


def _letters_of(name: str) -> list[str]:
    """Given names as printed; initials written together are taken apart."""
    given: list[str] = []
    for word in taken_apart(name).given:
        together = not given and 1 < len(word.plain) < 5
        if together and (word.caps or not _says_name(word.plain)) and not name.isupper():
            given += word.plain
        else:
            given.append(word.plain)
    return given


def _middles(person: Known, found: Iterable[Printed], rivals: Iterable[Rival] | None) -> int:
    """How many middle initials stand with the person's bare name: at most one is theirs."""
    own = [taken_apart(name) for name in person.names]
    if any(len(name.given) > 1 for name in own):
        return 0
    firsts = {name.given[0].plain for name in own if name.given}
    lines = [[word.plain for word in taken_apart(row.name).given] for row in found]
    letters = {line[1][0] for line in lines if len(line) > 1 and line[0] in firsts}
    letters |= {r.middles[0] for r in rivals or () if r.middles and r.first in firsts}
    return len(letters)


# -- items that belong together -------------------------------------------------------------------


def _common(found: Iterable[Printed], fits: Mapping[str, Fit], how: How) -> bool:
    """Whether the full names that fit at least so well stand in many circles."""
    rows = [row for row in found if fits[row.name].full and fits[row.name].how <= how]
    return len(set(_circles(rows).values())) >= MANY_CIRCLES


def _circles(rows: Iterable[Printed]) -> dict[int, int]:
    """Which circle each item is of: items in one share a co-author or a series with another."""
    parent: dict[int | str, int | str] = {}

    def root(node: int | str) -> int | str:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    items = []
    for row in rows:
        items.append(row.item_id)
        for link in (f"series {row.series_id}", *row.beside):
            parent[root(link)] = root(row.item_id)
    numbers: dict[int | str, int] = {}
    return {item: numbers.setdefault(root(item), len(numbers)) for item in items}


def _elsewhere(
    found: Sequence[Printed],
    certain: Collection[int],
    fits: Mapping[str, Fit],
    signs: Mapping[int, Sequence[str]],
) -> set[int]:
    """Initials and short names in no circle with the person's name in full, where there is one."""
    circles = _circles(row for row in found if row.id in certain)
    whole = [row for row in found if row.id in certain and fits[row.name].how <= How.RESPELT]
    if not any(fits[row.name].full for row in whole):
        return set()
    own = {circles[row.item_id] for row in whole}
    return {
        row.id
        for row in found
        if row.id in certain and not signs[row.id] and circles[row.item_id] not in own
    }


def _with_a_fuller_one(
    found: Sequence[Printed], fits: Mapping[str, Fit], signs: Mapping[int, Sequence[str]]
) -> set[int]:
    """Bare names in the circle of one with a middle name more, where others stand apart from it:
    these are the person's, and those somebody else's."""
    full = [row for row in found if fits[row.name].full and fits[row.name].how <= How.LONGER]
    circles = _circles(full)
    fuller = {circles[r.item_id] for r in full if fits[r.name].how is How.LONGER}
    bare = [row for row in full if fits[row.name].how < How.LONGER]
    if all(circles[row.item_id] in fuller for row in bare):
        return set()
    return {row.id for row in bare if circles[row.item_id] in fuller and not signs[row.id]}


def _linked(
    found: Sequence[Printed], certain: Collection[int], fits: Mapping[str, Fit]
) -> list[Printed]:
    """Initials and short names on items with a co-author of what is certain and in full."""
    circle = {
        name for row in found if row.id in certain and fits[row.name].full for name in row.beside
    }
    return [
        row
        for row in found
        if row.id not in certain and row.beside & circle and fits[row.name].how <= How.INITIALS
    ]


def _in_place(
    found: Sequence[Printed],
    certain: Collection[int],
    fits: Mapping[str, Fit],
    rivals: Sequence[Rival],
    places: Mapping[str, Collection[int]],
) -> list[Printed]:
    """Initials and short names in a series where the person stands in full, and no rival does."""
    own = {row.series_id for row in found if row.id in certain and fits[row.name].full}
    return [
        row
        for row in found
        if row.id not in certain
        and row.series_id in own
        and fits[row.name].how in (How.SHORTER, How.INITIALS)
        and not any(row.series_id in places.get(r.key, ()) for r in _others(row.name, rivals))
    ]


def _twice(found: Sequence[Printed], certain: Collection[int], fits: Mapping[str, Fit]) -> set[int]:
    """Nobody is two authors of one item: of those only the one that fits best stays certain."""
    by_item: dict[tuple[int, str], list[Printed]] = defaultdict(list)
    for row in found:
        if fits[row.name].how <= How.INITIALS:
            by_item[row.item_id, row.role].append(row)
    dropped: set[int] = set()
    for rows in by_item.values():
        ranks = Counter((fits[row.name].how, not fits[row.name].full) for row in rows)
        best = min(ranks)
        for row in rows:
            rank = (fits[row.name].how, not fits[row.name].full)
            if row.id in certain and (rank != best or ranks[best] > 1):
                dropped.add(row.id)
    return dropped
