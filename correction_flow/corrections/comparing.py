"""Two states of a record side by side, field by field and word by word. Pure.

For public pages: e-mail addresses never show, wherever they stand in a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from correction_flow.catalog.fields import AUTHORS, CLUSTERS, EDITORS, PLAIN_FIELDS, Field
from correction_flow.corrections.changes import to_text, word_changes

_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
NO_ADDRESS = "(address not shown)"
FIELDS = (PLAIN_FIELDS[0], AUTHORS, EDITORS, *PLAIN_FIELDS[1:], CLUSTERS[-1])
"""Every field in the order of pages."""


@dataclass(frozen=True)
class Value:
    """A field as it was shown, and what the publisher's file said where that was otherwise."""

    label: str
    text: str
    publisher: str | None = None


@dataclass(frozen=True)
class Difference:
    """A field that two states do not have alike.

    `words`: old → new as `word_changes` gives it, None where one side is empty.
    `hidden`: they differ in what pages do not show, such as an e-mail address.
    """

    label: str
    old: str
    new: str
    words: list[tuple[str, str]] | None
    hidden: bool = False


def public_text(field: Field, value: Any) -> str:
    """A field's value for a public page; people with their workplaces, files with what they are."""
    if field in (AUTHORS, EDITORS):
        return _hidden("\n".join(map(_person, value or ())))
    if field in CLUSTERS:
        return _hidden("\n".join(map(_file, value or ())))
    return _hidden(to_text(field, value))


def other_text(value: Any) -> str:
    """The values we have no field for, one tag a line, as the publisher names them."""
    lines = [
        f"{tag.title()}: {one if isinstance(one, str) else _flat(one)}"
        for tag, values in sorted((value or {}).items())
        for one in values
        if "email" not in tag
    ]
    return _hidden("\n".join(lines))


def values(shown: Mapping[str, Any], upstream: Mapping[str, Any]) -> list[Value]:
    """Every field with a value on either side, in the order of pages."""
    found = []
    for label, text, publisher in (
        *((f.label, public_text(f, shown.get(f.name)), public_text(f, upstream.get(f.name)))
          for f in FIELDS),
        ("Other values", other_text(shown.get("other")), other_text(upstream.get("other"))),
    ):  # fmt: skip
        if text or publisher:
            found.append(Value(label, text, publisher if publisher != text else None))
    return found


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """What two records do not have alike, in the order of pages."""
    found = []
    for field in FIELDS:
        before, after = old.get(field.name), new.get(field.name)
        if before != after:
            texts = public_text(field, before), public_text(field, after)
            found.append(_difference(field.label, *texts))
    if old.get("other") != new.get("other"):
        texts = other_text(old.get("other")), other_text(new.get("other"))
        found.append(_difference("Other values", *texts))
    return found


def _difference(label: str, old: str, new: str) -> Difference:
    words = word_changes(old, new) if old and new and old != new else None
    return Difference(label, old, new, words, hidden=old == new)


def _person(person: Mapping[str, Any]) -> str:
    places = [_first(place.get("name")) for place in person.get("workplaces") or ()]
    told = "; ".join(place for place in places if place)
    return f"{_first(person.get('name'))} ({told})" if told else _first(person.get("name"))


def _file(file: Mapping[str, Any]) -> str:
    about = [_first(file.get(name)) for name in ("function", "format", "restriction")]
    told = ", ".join(part for part in about if part)
    return f"{_first(file.get('url'))} ({told})" if told else _first(file.get("url"))


def _flat(cluster: Any) -> str:
    if isinstance(cluster, Mapping):
        return "; ".join(
            f"{tag.title()}: {_flat(value)}" for tag, value in cluster.items() if "email" not in tag
        )
    return ", ".join(map(_flat, cluster)) if isinstance(cluster, list) else str(cluster)


def _first(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _hidden(text: str) -> str:
    return _ADDRESS.sub(NO_ADDRESS, text)
