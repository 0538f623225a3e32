"""What to look at twice in a value; nothing of it stands in the way of sending. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from correction_flow.catalog.fields import Field
from correction_flow.corrections import people
from correction_flow.corrections.changes import PEOPLE, typographic
from correction_flow.corrections.values import first_text
from correction_flow.redif import checks

_HANDLE_YEAR = re.compile(r":y:(\d{4})(?!\d)")
_REPAIRED = {
    "garbled-letters", "entity-left", "number-in-title", "abstract-in-title",
    "keywords-in-abstract", "degree-in-name",
}  # fmt: skip
"""Suspicions whose suggestion can stand in the value's place as it is."""


class Suspicion(NamedTuple):
    """A sentence, and the repaired text where there is one.

    `part` is the place of a list it is about, from 0; None where the field has one text.
    """

    message: str
    repaired: str = ""
    part: int | None = None


def of_texts(field: Field, texts: Sequence[str]) -> list[Suspicion]:
    """Suspicions about the texts of one field: names, abstracts, or a single text."""
    tag = {"authors": "author-name", "editors": "editor-name", "files": "file-restriction",
           "publishers": "provider-name"}.get(field.name, field.tag)  # fmt: skip
    several = field.many and field.name != "jel"
    return [
        Suspicion(
            found.message,
            found.suggestion if found.code in _REPAIRED else "",
            n if several else None,
        )
        for n, text in enumerate(texts)
        if text
        for found in checks.about(tag, text)
    ]


def of_change(field: Field, old: Any, new: Any, *, handle_key: str) -> list[Suspicion]:
    """Suspicions about a new value, beside the old one and the handle."""
    found = of_texts(field, texts_of(field, new))
    if field.name == "title" and not typographic(old, new):
        found.append(Suspicion("The new title says something else, not just spelt otherwise."))
    in_handle = _HANDLE_YEAR.search(handle_key)
    if field.name == "year" and in_handle and new and new != in_handle[1]:
        years = abs(int(new) - int(in_handle[1]))
        far = f" {years} years lie between them; is that meant?" if years > 1 else ""
        found.append(Suspicion(f"The handle says {in_handle[1]}; it stays as it is.{far}"))
    if field.name in PEOPLE and new:
        found += _of_workplaces(new)
    return found


def texts_of(field: Field, value: Any) -> list[str]:
    """The texts of a value that suspicions are about."""
    if not value:
        return []
    if field.name in PEOPLE:
        return [people.printed(person) for person in value]
    if field.name == "publishers":
        return [first_text(one.get("name")) for one in value]
    if field.name == "files":
        return [str(file.get("restriction", "")) for file in value]
    return [str(text) for text in value] if isinstance(value, list) else [str(value)]


def _of_workplaces(value: Sequence[Mapping[str, Any]]) -> list[Suspicion]:
    return [
        Suspicion(f"“{place}”: {found.message}", "", n)
        for n, person in enumerate(value)
        for place in people.workplaces(person)
        for found in checks.about("author-workplace-name", place)
    ]
