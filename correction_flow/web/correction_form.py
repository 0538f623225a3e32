"""The correction form between browser and rules: its inputs, its buttons, what the page shows.

A list (authors, files, abstracts) is worked on with buttons that send the form and get it back
changed; nothing is checked or stored by that, and no script is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from correction_flow.catalog.fields import Field
from correction_flow.catalog.models import Record
from correction_flow.corrections import changes as rules
from correction_flow.corrections import files, people, publishers, warnings
from correction_flow.corrections.changes import PEOPLE, SHORT_LISTS, Typed
from correction_flow.redif import fields as redif

ROW_KEYS = {
    "authors": ("name", "workplace", "origin"),
    "editors": ("name", "workplace", "origin"),
    "publishers": (*publishers.KEYS, "origin"),
    "files": (*files.KEYS, "origin"),
}
LONG_LISTS = (*ROW_KEYS, "abstract", *SHORT_LISTS)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_REBASED = {
    "authors": people.rebased,
    "editors": people.rebased,
    "publishers": publishers.rebased,
    "files": files.rebased,
}
CHOICES = {"month": "months", "language": "languages"}
"""Fields whose input offers a list and takes any text."""

_STEP = re.compile(
    r"(?P<name>[a-z_]+)-(?P<do>add|up|down|remove|reset|find|repair)-?(?P<n>\d{0,4})"
)
_MOST_ROWS = 2000
"""More rows than this are not even read; the rules refuse far fewer."""


def typed_in(fields: Sequence[Field], sent: MultiDict[str, str]) -> Typed:
    """What a browser sent, by field; what it did not send is missing."""
    typed: Typed = {}
    for field in fields:
        name = field.name
        if name in ROW_KEYS and f"{name}-rows" in sent:
            typed[name] = [
                {key: sent.get(f"{name}-{n}-{key}", "") for key in ROW_KEYS[name]}
                for n in _numbers(sent, rf"{name}-(\d{{1,5}})-(?:{'|'.join(ROW_KEYS[name])})")
            ]
        elif name == "jel" and "jel-rows" in sent:
            typed[name] = [key[4:] for key in sent if key.startswith("jel-") and key != "jel-rows"]
            typed["jel_words"] = sent.get("jel_words", "")
            typed["jel_searched"] = sent.get("jel_searched", "")
        elif field.many and f"{name}-rows" in sent:
            numbers = _numbers(sent, rf"field_{name}-(\d{{1,5}})")
            typed[name] = [sent.get(f"field_{name}-{n}", "") for n in numbers]
        elif f"field_{name}" in sent:
            typed[name] = sent[f"field_{name}"]
    return typed


def _numbers(sent: MultiDict[str, str], pattern: str) -> list[int]:
    shape = re.compile(pattern, re.ASCII)
    found = {int(match[1]) for match in map(shape.fullmatch, sent) if match}
    return sorted(found)[:_MOST_ROWS]


def pairs(fields: Sequence[Field], typed: Typed) -> list[tuple[str, str]]:
    """The same as hidden inputs, for the preview."""
    found: list[tuple[str, str]] = []
    for field in fields:
        value = typed.get(field.name)
        if value is None:
            continue
        if isinstance(value, str):
            found.append((f"field_{field.name}", value))
            continue
        found.append((f"{field.name}-rows", "1"))
        for n, part in enumerate(value):
            if field.name in ROW_KEYS:
                found += [(f"{field.name}-{n}-{key}", part.get(key, "")) for key in part]
            elif field.name == "jel":
                found.append((f"jel-{part}", "on"))
            else:
                found.append((f"field_{field.name}-{n}", part))
    return found


def filled(fields: Sequence[Field], item: Record) -> Typed:
    """The form as it opens: every field as it is shown."""
    return {field.name: rules.filled(field, item.shown.get(field.name)) for field in fields}


def rebase(fields: Sequence[Field], typed: Typed, item: Record) -> None:
    """Make rows typed for an older record fit the present one."""
    for field in fields:
        rows = typed.get(field.name)
        if isinstance(rows, list) and field.name in ROW_KEYS:
            typed[field.name] = _REBASED[field.name](rows, item.shown.get(field.name))


def take_codes(typed: Typed) -> bool:
    """Choose what was typed into the box for JEL codes, if it is codes.

    Whether nothing waits: words whose codes the page has shown already are no wish any more.
    """
    words = typed.get("jel_words", "").strip()
    codes = rules.jel_codes(words) if words else []
    if codes is None:
        seen = bool(words == typed.get("jel_searched", "").strip())
        typed["jel_searched"] = words
        return seen
    typed["jel"] = list(dict.fromkeys([*typed.get("jel", []), *codes]))
    typed["jel_words"] = ""
    return True


# -- buttons ------------------------------------------------------------------------------


def step(fields: Sequence[Field], typed: Typed, item: Record, act: str) -> str | None:
    """Do what one of the form's own buttons says; the id to put the cursor on.

    None when the button is none of these.
    """
    match = _STEP.fullmatch(act)
    field = next((f for f in fields if match and f.name == match["name"]), None)
    if match is None or field is None:
        return None
    do, n = match["do"], int(match["n"] or 0)
    if do == "find":
        return "jel_words" if take_codes(typed) else "jel-matches"
    if do == "reset":
        typed[field.name] = rules.filled(field, item.shown.get(field.name))
        return f"{field.name}-add"
    if do == "repair":
        return _repair(field, typed, n)
    rows = typed.setdefault(field.name, [])
    if not isinstance(rows, list) or field.name not in LONG_LISTS:
        return ""
    return _move(field.name, rows, do, n)


def _move(name: str, rows: list[Any], do: str, n: int) -> str:
    """Add a row, take one out, or let it change places with its neighbour."""
    if do == "add":
        rows.append(dict.fromkeys(ROW_KEYS[name], "") if name in ROW_KEYS else "")
        return _first_input(name, len(rows) - 1)
    if n >= len(rows):
        return ""
    if do == "remove":
        del rows[n]
        return _first_input(name, min(n, len(rows) - 1)) if rows else f"{name}-add"
    other = n - 1 if do == "up" else n + 1
    if not 0 <= other < len(rows):
        return _first_input(name, n)
    rows[n], rows[other] = rows[other], rows[n]
    at_end = other == 0 if do == "up" else other == len(rows) - 1
    return _first_input(name, other) if at_end else f"{name}-{do}-{other}"


def _first_input(name: str, n: int) -> str:
    if name in ROW_KEYS:
        return f"{name}-{n}-{ROW_KEYS[name][0]}"
    return f"field_{name}-{n}"


def _repair(field: Field, typed: Typed, n: int) -> str:
    """Put the repaired text in the place of what is typed."""
    value = typed.get(field.name)
    texts = _texts(field, value)
    for found in warnings.of_texts(field, texts):
        if not found.repaired or (found.part or 0) != n:
            continue
        if isinstance(value, str):
            typed[field.name] = found.repaired
        elif field.name in (*PEOPLE, "publishers"):
            typed[field.name][n]["name"] = found.repaired
        elif isinstance(value, list) and field.name not in ROW_KEYS:
            value[n] = found.repaired
        break
    return _first_input(field.name, n) if isinstance(value, list) else f"field_{field.name}"


def _texts(field: Field, value: Any) -> list[str]:
    """The typed texts that suspicions are about, each in its place of the list."""
    if isinstance(value, str):
        return [value]
    key = "restriction" if field.name == "files" else "name"
    return [part.get(key, "") if isinstance(part, dict) else part for part in value or ()]


# -- what the page shows ------------------------------------------------------------------


def entries(
    fields: Sequence[Field], typed: Typed, item: Record, errors: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Every field as the template wants it, by its name."""
    return {field.name: _entry(field, typed, item, errors) for field in fields}


def _entry(field: Field, typed: Typed, item: Record, errors: Mapping[str, str]) -> dict[str, Any]:
    current = item.shown.get(field.name)
    value = typed.get(field.name)
    if value is None or (field.many and isinstance(value, str)):
        value = rules.filled(field, current)
        typed[field.name] = value
    own = {key: text for key, text in errors.items() if key.partition("-")[0] == field.name}
    return {
        "name": field.name,
        "label": field.label,
        "help": field.help,
        "kind": _kind(field),
        "value": value,
        "errors": {error_id(key): text for key, text in own.items()},
        "now": rules.to_text(field, current),
        "changed": not rules.as_filled(field, value, current),
        "suspicions": warnings.of_texts(field, _texts(field, value)),
        "choices": CHOICES.get(field.name),
        "limit": field.limit,
    }


def _kind(field: Field) -> str:
    if field.name in ROW_KEYS:
        return "people" if field.name in PEOPLE else field.name
    if field.many:
        return {"jel": "jel", "abstract": "parts"}.get(field.name, "short")
    return "text" if field.long or field.name in ("title", "name") else "line"


def error_id(key: str) -> str:
    """The id of the input that an error's name is about; empty for the whole form."""
    name = key.partition("-")[0]
    if not key or (name in ROW_KEYS and "-" in key) or key == "jel_words":
        return key
    return f"field_{key}"


def jel_view(typed: Typed) -> dict[str, Any]:
    """Chosen codes and the codes found, with what they stand for."""
    chosen = typed.get("jel") or []
    words = typed.get("jel_words", "")
    found = [code for code in rules.jel_matches(words) if code not in chosen] if words else []
    return {
        "chosen": [(code, rules.jel_label(code)) for code in chosen],
        "found": [(code, rules.jel_label(code)) for code in found],
        "words": words,
    }


def choices() -> dict[str, list[tuple[str, str]]]:
    """The lists that inputs offer: value and, where it differs, what it means."""
    return {
        "months": [(month, "") for month in MONTHS],
        "languages": sorted(redif.language_names().items(), key=lambda pair: pair[1]),
        "formats": [(one, "") for one in files.formats()],
    }
