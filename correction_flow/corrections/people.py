"""Authors and editors as a list: rows of a form, lines of text, and how two lists differ. Pure.

A person is one cluster of the record: name, workplaces, and what no page shows (e-mail, short-id).
Whoever stays, moves or is respelt keeps all of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from correction_flow.core import text as rules
from correction_flow.corrections import values
from correction_flow.corrections.values import BadValue, Row, came_from, first_text, origin

Person = dict[str, Any]

MOST_PEOPLE = 400
"""More names than any list in RePEc that a person would type; longer ones may stay as they are."""
LONGEST_NAME = 400
"""Letters of one name or workplace (RePEc's specification 5.8, section 2.6)."""

_LINE = re.compile(r"(?P<name>.*?)\s*\[(?P<workplaces>[^\[\]]*)\]")


def printed(person: Mapping[str, Any]) -> str:
    """The name as the list shows it."""
    return first_text(person.get("name"))


def workplaces(person: Mapping[str, Any]) -> list[str]:
    """The names of the places where somebody works."""
    return [
        name for name in (first_text(w.get("name")) for w in person.get("workplaces", ())) if name
    ]


# -- rows of the form ---------------------------------------------------------------------


def rows(people: Sequence[Mapping[str, Any]] | None) -> list[Row]:
    """The list as rows of a form: `name`, `workplace` (one name a line), `origin`."""
    return [
        {
            "name": printed(person),
            "workplace": "\n".join(workplaces(person)),
            "origin": _origin(n, person),
        }
        for n, person in enumerate(people or ())
    ]


def _origin(n: int, person: Mapping[str, Any]) -> str:
    """A row's mark of where it came from: the place in the list, and what stands there."""
    return origin(n, [printed(person), workplaces(person)])


def from_rows(typed: Sequence[Row], current: Sequence[Mapping[str, Any]] | None) -> list[Person]:
    """The list in a form's rows. Raises BadValue, its part like "2-name".

    A row with a name and no origin is somebody new; an empty one is nobody.
    """
    known = list(current or ())
    marks = {_origin(n, person): person for n, person in enumerate(known)}
    if len(typed) > max(MOST_PEOPLE, len(known)):
        raise BadValue(f"These are {len(typed):,} names. Enter at most {MOST_PEOPLE}.")
    people: list[Person] = []
    for n, row in enumerate(typed):
        was = came_from(row, marks)
        person = _person(row, was, n)
        if person is not None:
            people.append(person)
            _refuse_twins(people, was, n)
    return people


def _person(row: Row, was: Mapping[str, Any] | None, n: int) -> Person | None:
    name = rules.squeeze(rules.plain(row.get("name", "")))
    lines = rules.plain(row.get("workplace", "")).split("\n")
    places = [place for place in map(rules.squeeze, lines) if place]
    if was is not None and name == printed(was) and places == workplaces(was):
        return dict(was)
    if not name and not places and was is None:
        return None
    if not name:
        raise BadValue("Enter the name, or remove this row.", f"{n}-name")
    if was is None or name != printed(was):
        check_name(name, f"{n}-name")
    return _with_workplaces(_renamed(was or {}, name), places, f"{n}-workplace")


def check_name(name: str, part: str = "") -> None:
    """Raises BadValue where a text cannot be somebody's name."""
    if len(name) > LONGEST_NAME:
        raise BadValue(f"“{rules.shorten(name, 60)}” is too long for one name.", part)
    if not re.search(r"\w", name):
        short = rules.shorten(name, 60)
        raise BadValue(f"“{short}” is not a name. Enter one name on each line.", part)
    values.without_address(name, part)


def _refuse_twins(people: list[Person], was: Mapping[str, Any] | None, n: int) -> None:
    """A name typed anew that stands in the list already; the publisher's own twins may stay."""
    new = people[-1]
    if was is not None and printed(was) == printed(new):
        return
    for other in people[:-1]:
        same = rules.name_key(printed(other)) == rules.name_key(printed(new))
        if same and workplaces(other) == workplaces(new):
            raise BadValue(
                f"“{rules.shorten(printed(new), 60)}” stands in this list twice. Remove one; "
                "if they are two people, enter where each works.",
                f"{n}-name",
            )


def _renamed(was: Mapping[str, Any], name: str) -> Person:
    """Somebody under another name; first and last name follow where that is sure."""
    person = {**was, "name": name}
    first, last = first_text(was.get("name-first")), first_text(was.get("name-last"))
    if not was or name == printed(was) or not (first or last):
        return person
    person.pop("name-first", None)
    person.pop("name-last", None)
    family, comma, given = (part.strip() for part in name.partition(","))
    words, size = name.split(), len(first.split())
    if first and last and comma and family and given:
        return {**person, "name-first": given, "name-last": family}
    if (
        first
        and last
        and printed(was) == f"{first} {last}"
        and len(words) == size + len(last.split())
    ):
        return {**person, "name-first": " ".join(words[:size]), "name-last": " ".join(words[size:])}
    return person


def _with_workplaces(person: Person, places: list[str], part: str) -> Person:
    """Somebody with these workplaces; one that stays or is respelt keeps its details."""
    if places == workplaces(person):
        return person
    if len(places) > 20:
        raise BadValue("Enter at most 20 places of work, one on each line.", part)
    known = list(person.get("workplaces", ()))
    found = [w for w in known if not first_text(w.get("name"))]
    left = [w for w in known if first_text(w.get("name"))]
    for place in places:
        if len(place) > LONGEST_NAME:
            raise BadValue(f"“{rules.shorten(place, 60)}” is too long for one name.", part)
        was = next((w for w in left if first_text(w.get("name")) == place), None)
        was = was or next((w for w in left if _respelt(first_text(w.get("name")), place)), None)
        if was is not None:
            left.remove(was)
        found.append({**(was or {}), "name": place})
    rest = {key: value for key, value in person.items() if key != "workplaces"}
    return {**rest, "workplaces": found} if found else rest


def _respelt(one: str, other: str) -> bool:
    a, b = rules.key(one), rules.key(other)
    return a == b or (len(a) > 8 and SequenceMatcher(None, a, b).ratio() >= 0.92)


def rebased(typed: Sequence[Row], current: Sequence[Mapping[str, Any]] | None) -> list[Row]:
    """The same rows for a list that changed meanwhile: each finds the person it came from."""
    return values.rebased(typed, rows(current), _same_row)


def _same_row(now: Row, row: Row) -> bool:
    return rules.name_key(now["name"]) == rules.name_key(row.get("name", ""))


# -- lines of text ------------------------------------------------------------------------


def line(person: Mapping[str, Any]) -> str:
    """Somebody as one line: `Jacob Torfing [Roskilde University; Nord University]`."""
    places = workplaces(person)
    if places:
        return f"{printed(person)} [{'; '.join(places)}]"
    return f"{printed(person)} []" if printed(person).endswith("]") else printed(person)


def from_lines(text: str, current: Sequence[Mapping[str, Any]] | None) -> list[Person]:
    """One name a line; known people keep what the publisher says of them. Raises BadValue."""
    left = [dict(person) for person in current or ()]
    lines = [rules.squeeze(each) for each in text.split("\n") if each.strip()]
    if len(lines) > max(MOST_PEOPLE, len(left)):
        raise BadValue(f"These are {len(lines):,} names. Enter at most {MOST_PEOPLE}.")
    found: list[Person | None] = []
    for each in lines:
        whole = next((p for p in left if line(p) == each), None)
        if whole is None:
            name, _ = _parts(each)
            check_name(name)
            whole = next((p for p in left if printed(p) == name), None) or next(
                (p for p in left if rules.name_key(printed(p)) == rules.name_key(name)), None
            )
        if whole is not None:
            left.remove(whole)
        found.append(whole)
    return [_from_line(each, was, left) for each, was in zip(lines, found, strict=True)]


def _from_line(each: str, was: Person | None, left: list[Person]) -> Person:
    if was is not None and line(was) == each:
        return was
    name, places = _parts(each)
    if was is None:
        was = next((p for p in left if rules.same_person(printed(p), name)), None)
        if was is not None:
            left.remove(was)
    person = _renamed(was or {}, name)
    return person if places is None else _with_workplaces(person, places, "")


def _parts(each: str) -> tuple[str, list[str] | None]:
    """The name in a line, and its workplaces: None where the line says nothing of them."""
    match = _LINE.fullmatch(each)
    if match is None:
        return each, None
    return match["name"], [p for p in map(rules.squeeze, match["workplaces"].split(";")) if p]


# -- how two lists differ -----------------------------------------------------------------


def people_changes(
    old: Sequence[Mapping[str, Any]] | None, new: Sequence[Mapping[str, Any]] | None
) -> list[str]:
    """Who is new, removed, renamed or moved, and whose workplace changed: one sentence each."""
    before, after = list(old or ()), list(new or ())
    pairs = _pairs(before, after)
    stays = _in_order([pairs[n] for n in sorted(pairs)])
    sentences = []
    for n, person in enumerate(after):
        if n not in pairs:
            sentences.append(f"New in place {n + 1}: {line(person)}.")
            continue
        was = before[pairs[n]]
        if printed(was) != printed(person):
            sentences.append(f"Renamed: {printed(was)} becomes {printed(person)}.")
        if workplaces(was) != workplaces(person):
            sentences.append(
                f"Workplace of {printed(person)}: {_places(was)} becomes {_places(person)}."
            )
        if pairs[n] not in stays:
            sentences.append(f"Moved: {printed(person)}, from place {pairs[n] + 1} to {n + 1}.")
    kept = set(pairs.values())
    sentences += [f"Removed: {printed(p)}." for n, p in enumerate(before) if n not in kept]
    return sentences


def _places(person: Mapping[str, Any]) -> str:
    return "; ".join(workplaces(person)) or "none"


def _pairs(before: list[Mapping[str, Any]], after: list[Mapping[str, Any]]) -> dict[int, int]:
    """Who is who: place in the new list → place in the old one, the surest first."""
    pairs: dict[int, int] = {}
    free = list(range(len(before)))
    for same in (_equal, _same_name, _same_details, _same_spelling):
        for n, person in enumerate(after):
            if n in pairs:
                continue
            found = next((i for i in free if same(before[i], person)), None)
            if found is not None:
                pairs[n] = found
                free.remove(found)
        if not free:
            break
    return pairs


def _equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one == other


def _same_name(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return rules.name_key(printed(one)) == rules.name_key(printed(other))


def _same_details(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """What no page shows says that it is the same person."""
    return any(one.get(key) and one.get(key) == other.get(key) for key in ("person", "email"))


def _same_spelling(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return rules.same_person(printed(one), printed(other))


def _in_order(places: list[int]) -> set[int]:
    """The longest part of a list that kept its order: whoever is not in it has moved."""
    if len(places) > MOST_PEOPLE:
        return {p for n, p in enumerate(places) if n == 0 or p > places[n - 1]}
    best: list[list[int]] = []
    for n, place in enumerate(places):
        before = sorted((best[i] for i in range(n) if places[i] < place), key=len)
        best.append([*(before[-1] if before else ()), place])
    return set(sorted(best, key=len)[-1]) if best else set()
