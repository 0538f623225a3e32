"""What a correction of an item's metadata is: pure rules.

Reading a form's text as a field's value and back, checking it as RePEc would, telling a slip of
the keyboard from a change of meaning, and showing old → new word by word.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from correction_flow.catalog.fields import Field
from correction_flow.core import text as rules
from correction_flow.redif import fields as redif

MAX_LENGTH = {"title": 1000, "abstract": 4200, "keywords": 1500}
"""Hard limits of RePEc's specification 5.8 (repec.md §2.6); 500 where none is named."""

_DATE = re.compile(r"(?:1[5-9]|20)\d\d(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_RESOLVER = re.compile(r"(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)")
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class BadValue(ValueError):
    """The text is no value of this field; the message says what to enter."""


def to_text(field: Field, value: Any) -> str:
    """A field's value as the text that stands in the form."""
    if not value:
        return ""
    if field.name in ("authors", "editors"):
        return "\n".join(str(person.get("name", "")) for person in value)
    if field.name == "jel":
        return " ".join(value)
    if isinstance(value, list):
        return "\n\n".join(str(part) for part in value)
    return str(value)


def from_text(field: Field, text: str, current: Any = None) -> Any:
    """The value in a form's text; None when it is empty. Raises BadValue with the remedy.

    `current`: the value now, so that people whose name stays keep e-mail, workplace and person.
    """
    text = rules.plain(text)
    if field.name in ("authors", "editors"):
        return _people(text, current or [])
    if not text:
        return None
    limit = MAX_LENGTH.get(field.name, 500)
    if len(text) > limit * (4 if field.many else 1):
        raise BadValue(
            f"{field.label} has {len(text):,} characters; RePEc takes {limit:,}. Shorten it."
        )
    if field.name == "jel":
        return _jel(text)
    if field.many:
        parts = [rules.squeeze(p) for p in re.split(r"\n\s*\n", text)]
        for part in parts:
            if len(part) > limit:
                raise BadValue(
                    f"This part has {len(part):,} characters; RePEc takes {limit:,}. Shorten it."
                )
        return [p for p in parts if p]
    return _checked(field, rules.squeeze(text))


def _people(text: str, current: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One name a line; known people keep what the publisher says of them."""
    known = [dict(person) for person in current]
    people: list[dict[str, Any] | None] = []
    names = [rules.squeeze(line) for line in text.split("\n") if line.strip()]
    if not names:
        raise BadValue("A work has at least one name. Enter one name on each line.")
    for name in names:
        if len(name) > 400:
            raise BadValue(f"“{rules.shorten(name, 60)}” is too long for one name.")
        if not re.search(r"\w", name):
            raise BadValue(f"“{name}” is not a name. Enter one name on each line.")
        same = next((p for p in known if p.get("name") == name), None)
        same = same or next(
            (p for p in known if rules.name_key(str(p.get("name"))) == rules.name_key(name)), None
        )
        if same is not None:
            known.remove(same)
            people.append({**same, "name": name})
        else:
            people.append(None)
    return [person or _renamed(name, known) for person, name in zip(people, names, strict=True)]


def _renamed(name: str, left: list[dict[str, Any]]) -> dict[str, Any]:
    """A name not seen before: a respelling of one that is gone keeps its details."""
    for person in left:
        if rules.same_person(str(person.get("name", "")), name):
            left.remove(person)
            return {**person, "name": name}
    return {"name": name}


def _jel(text: str) -> list[str]:
    known = redif.jel_labels()
    codes = [code.upper() for code in re.split(r"[\s,;:.]+", text) if code]
    for code in codes:
        if code not in known:
            raise BadValue(f"“{code}” is no JEL code. Enter codes like D72 H11.")
    return list(dict.fromkeys(codes))


def _checked(field: Field, text: str) -> str:
    if field.name == "year" and not re.fullmatch(r"1[5-9]\d\d|20\d\d", text):
        raise BadValue(f"“{rules.shorten(text, 20)}” is no year. Enter four digits, like 2014.")
    if field.name.endswith("_date") and not _DATE.fullmatch(text):
        raise BadValue(f"“{rules.shorten(text, 20)}” is no date. Enter it like 2014-05-31 or 2014.")
    if field.name == "language" and text.lower() not in redif.languages():
        raise BadValue("Enter the language as two letters (ISO 639-1), like en or de.")
    if field.name == "publication_status" and not re.match(r"(?i)published|forthcoming", text):
        raise BadValue("Begin with “Published” or “Forthcoming”; RePEc drops anything else.")
    if field.name == "doi":
        text = _RESOLVER.sub("", text)
        if not _DOI.fullmatch(text):
            raise BadValue("Enter a DOI like 10.3390/admsci9030051.")
    if field.name == "title" and len(text) < 3:
        raise BadValue("A title has at least three characters.")
    return text.lower() if field.name == "language" else text


def typographic(old: Any, new: Any) -> bool:
    """Whether two values differ only in look: white space, case, punctuation, accents, mojibake,
    or one typing slip in a word of five or more letters (product.md §2)."""
    if isinstance(old, str) and isinstance(new, str):
        return _same_words(old, new)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return all(
            isinstance(o, str) and isinstance(n, str) and _same_words(o, n)
            for o, n in zip(old, new, strict=True)
        )
    return False


def low_risk(field: Field, old: Any, new: Any) -> bool:
    """Typographic, or a JEL code or keyword added; never authors or the year (product.md §2)."""
    if field.name in ("authors", "editors", "year"):
        return False
    if field.name == "jel":
        return set(old or []) <= set(new or [])
    if field.name == "keywords":
        return _keywords(old) <= _keywords(new)
    return typographic(old, new)


def _keywords(value: Any) -> set[str]:
    return {rules.key(k) for k in re.split(r"[;,]", str(value or "")) if k.strip()}


_MEANING = re.compile(r"\d+|[+#<>=%]")
"""Numbers and signs that mean something: no slip of the pen changes these."""


def _same_words(old: str, new: str) -> bool:
    old, new = _repaired(old), _repaired(new)
    if _MEANING.findall(old) != _MEANING.findall(new):
        return False
    a, b = rules.words(old), rules.words(new)
    if "".join(a) == "".join(b):
        return True
    if len(a) != len(b):
        return False
    different = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
    return len(different) == 1 and _one_slip(*different[0])


def _repaired(text: str) -> str:
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def _one_slip(a: str, b: str) -> bool:
    """One letter missing, added, wrong, or two swapped, in a word of five or more letters."""
    if min(len(a), len(b)) < 4 or max(len(a), len(b)) < 5 or any(c.isdigit() for c in a + b):
        return False
    if len(a) > len(b):
        a, b = b, a
    start = 0
    while start < len(a) and a[start] == b[start]:
        start += 1
    if len(a) == len(b):
        swapped = a[start : start + 2] == b[start : start + 2][::-1]
        return a[start + 1 :] == b[start + 1 :] or (swapped and a[start + 2 :] == b[start + 2 :])
    return len(b) - len(a) == 1 and a[start:] == b[start + 1 :]


def word_changes(old: str, new: str) -> list[tuple[str, str]]:
    """Old → new word by word: ('same' | 'gone' | 'new', text) pieces that join to both."""
    a, b = _WORDS.findall(old)[:3000], _WORDS.findall(new)[:3000]
    pieces: list[tuple[str, str]] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(("same", "".join(a[i:j])))
            continue
        if i < j:
            pieces.append(("gone", "".join(a[i:j])))
        if k < m:
            pieces.append(("new", "".join(b[k:m])))
    return pieces
