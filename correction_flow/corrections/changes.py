"""What a correction of an item's metadata is: pure rules.

Reading a form's text as a field's value and back, checking it as RePEc would, telling a slip of
the keyboard from a change of meaning, and showing old → new word by word.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

from correction_flow.catalog.fields import ARCHIVE_FIELDS, SERIES_FIELDS, Field
from correction_flow.core import text as rules
from correction_flow.corrections import files, people, publishers
from correction_flow.corrections.values import BadValue, without_address
from correction_flow.redif import fields as redif

MOST_PARTS = 12
"""Texts of one field: abstracts in as many languages."""
MOST_CODES = 40

_DATE = re.compile(r"(?:1[5-9]|20)\d\d(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_RESOLVER = re.compile(r"(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)")
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


Typed = dict[str, Any]
"""What a form holds, by field name: a text; a list of texts (abstracts, JEL codes); or rows."""

PEOPLE = ("authors", "editors")
SHORT_LISTS = {"issn": ", ", "contact_names": "\n"}
"""Lists of short texts, and what stands between two of them where they are one text."""
_OF_PLACES = {f.name for f in (*SERIES_FIELDS, *ARCHIVE_FIELDS)}


def to_text(field: Field, value: Any) -> str:
    """A field's value as text: in mails, beside the new one, and where a decider amends it."""
    if not value:
        return ""
    if field.name in PEOPLE:
        return "\n".join(people.line(person) for person in value)
    if field.name == "files":
        return "\n\n".join(files.block(file) for file in value)
    if field.name == "publishers":
        return "\n".join(publishers.line(one) for one in value)
    if field.name == "jel":
        return " ".join(value)
    if isinstance(value, list):
        return SHORT_LISTS.get(field.name, "\n\n").join(str(part) for part in value)
    return str(value)


def from_text(field: Field, text: str, current: Any = None) -> Any:
    """The value in a text; None when it is empty. Raises BadValue with the remedy.

    `current`: the value now, so that people and files that stay keep their details.
    """
    text = rules.plain(text)
    if field.name in PEOPLE:
        return people.from_lines(text, current) or None
    if not text:
        return None
    if field.name == "files":
        return files.from_blocks(text, current) or None
    if field.name == "publishers":
        return publishers.from_lines(text, current) or None
    if field.name in SHORT_LISTS:
        parts = re.split(r"[,;\n]" if field.name == "issn" else r"\n", text)
        return _parts(field, parts, current)
    if field.name == "jel":
        return _jel(re.split(r"[\s,;:.]+", text), current)
    if field.many:
        return _parts(field, re.split(r"\n\s*\n", text), current)
    return _checked(field, rules.squeeze(text))


# -- the form -----------------------------------------------------------------------------


def filled(field: Field, value: Any) -> Any:
    """What the form shows of a value before anybody changes it."""
    if field.name in PEOPLE:
        return people.rows(value)
    if field.name == "files":
        return files.rows(value)
    if field.name == "publishers":
        return publishers.rows(value)
    if field.many:
        return [str(part) for part in value or ()]
    return to_text(field, value)


def from_form(field: Field, typed: Any, current: Any = None) -> Any:
    """The value of what the form holds; None when it is empty. Raises BadValue.

    A plain text is taken for a list as well, one name a line.
    """
    if isinstance(typed, str):
        return from_text(field, typed, current)
    if field.name in PEOPLE:
        return people.from_rows(typed, current) or None
    if field.name == "files":
        return files.from_rows(typed, current) or None
    if field.name == "publishers":
        return publishers.from_rows(typed, current) or None
    if field.name == "jel":
        return _jel([code for code in map(rules.plain, typed) if code], current)
    return _parts(field, [rules.plain(part) for part in typed], current)


def as_filled(field: Field, typed: Any, current: Any) -> bool:
    """Whether the form holds just what it was filled with; browsers change ends of lines."""
    shown = to_text(field, current) if isinstance(typed, str) else filled(field, current)
    return bool(_compared(typed) == _compared(shown))


def _compared(typed: Any) -> Any:
    if isinstance(typed, str):
        return rules.plain(typed)
    if isinstance(typed, dict):
        return {key: rules.plain(value) for key, value in typed.items() if value}
    return [_compared(part) for part in typed if part]


def _parts(field: Field, texts: Sequence[str], current: Any) -> list[str] | None:
    """Several texts of one field, such as abstracts in two languages; what is known may stay."""
    parts = [rules.squeeze(text) for text in texts]
    known = list(current or ())
    if len([p for p in parts if p]) > max(MOST_PARTS, len(known)):
        raise BadValue(f"Enter at most {MOST_PARTS} texts here.")
    found: list[str] = []
    for n, part in enumerate(parts):
        try:
            value = part if part in known or not part else _checked(field, part)
        except BadValue as error:
            raise BadValue(str(error), str(n)) from None
        if value and not (field.name in SHORT_LISTS and value in found):
            found.append(value)
    return found or None


def _not_too_long(field: Field, text: str) -> None:
    if len(text) > field.limit:
        raise BadValue(
            f"{field.label} has {len(text):,} characters; RePEc takes {field.limit:,}. Shorten it."
        )


def _jel(typed: Sequence[str], current: Any = None) -> list[str] | None:
    """JEL codes; one that stands there already may stay, whether RePEc knows it or not."""
    codes = list(dict.fromkeys(code if code in (current or ()) else code.upper() for code in typed))
    codes = [code for code in codes if code]
    known = redif.jel_labels()
    for code in codes:
        if code not in known and code not in (current or ()):
            short = rules.shorten(code, 20)
            raise BadValue(f"“{short}” is no JEL code. Enter codes like D72 H11.")
    if len(codes) > max(MOST_CODES, len(current or ())):
        raise BadValue(f"Choose at most {MOST_CODES} JEL codes.")
    return codes or None


def jel_label(code: str) -> str:
    """What a JEL code stands for; those without words of their own take their group's."""
    labels = redif.jel_labels()
    while code and not labels.get(code):
        code = code[:-1]
    return labels.get(code, "not in the present list of codes")


def jel_codes(text: str) -> list[str] | None:
    """The codes in a text of nothing but codes; None where it holds words."""
    found = [code.upper() for code in re.split(r"[\s,;:.]+", rules.plain(text)) if code]
    return found if all(code in redif.jel_labels() for code in found) else None


def jel_matches(text: str, *, most: int = 20) -> list[str]:
    """Codes whose label has all these words or their beginnings, or that begin with the text."""
    wanted = rules.words(text[:200])[:10]
    if not wanted:
        return []
    begin = rules.plain(text).upper().rstrip("*")
    scored = []
    for code in redif.jel_labels():
        label = rules.words(jel_label(code))
        whole = sum(word in label for word in wanted)
        if code.startswith(begin) or all(any(w.startswith(x) for w in label) for x in wanted):
            scored.append((code != begin, -whole, -len(code), len(label), code))
    return [code for *_, code in sorted(scored)[:most]]


def _checked(field: Field, text: str) -> str:
    _not_too_long(field, text)
    if field.name in _OF_PLACES:
        without_address(text)
    if field.name == "issn":
        return _issn(text)
    if field.name == "homepage":
        return files.link(text)
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


def _issn(text: str) -> str:
    """Eight digits, the last of which checks the others (ISO 3297; X stands for ten)."""
    found = re.fullmatch(r"(?:e?issn[:\s]*)?(\d{4})\s*[-–]?\s*(\d{3}[\dx])", text.lower())
    if found is None:
        raise BadValue(f"“{rules.shorten(text, 20)}” is no ISSN. Enter it like 2076-3387.")
    digits = [10 if c == "x" else int(c) for c in found[1] + found[2]]
    if sum(digit * weight for digit, weight in zip(digits, range(8, 0, -1), strict=True)) % 11:
        raise BadValue("A digit of this ISSN is wrong: its last one does not fit. Copy it again.")
    return f"{found[1]}-{found[2].upper()}"


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
    if field.name in (*PEOPLE, "publishers", "files", "year"):
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


def differences(field: Field, old: Any, new: Any) -> list[str]:
    """How two lists differ, in sentences; nothing where old → new word by word says it all."""
    if field.name in PEOPLE:
        return people.people_changes(old, new)
    if field.name == "files":
        return files.file_changes(old, new)
    if field.name == "jel":
        before, after = list(old or ()), list(new or ())
        found = [f"Added: {c}, {jel_label(c)}." for c in after if c not in before]
        found += [f"Removed: {c}, {jel_label(c)}." for c in before if c not in after]
        return found or ["The codes stand in another order."]
    return []
