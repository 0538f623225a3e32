"""What no parser sees: values that follow every rule and are wrong all the same.

Pure functions on the values of one template. They never change anything: each finding is a
suspicion for a person to look at, with the repaired text where there is one.
"""

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from correction_flow.redif import fields
from correction_flow.redif.problems import Problem, Severity
from correction_flow.redif.template import Template


class Finding(NamedTuple):
    """A suspicion about one value; ``suggestion`` is the repaired text or empty."""

    tag: str
    code: str
    message: str
    suggestion: str = ""


def _byte_of() -> dict[str, int]:
    """Map each character to the byte it has in Windows-1252, undefined ones to themselves."""
    bytes_ = {chr(code): code for code in range(0x80, 0x100)}
    for code in range(0x80, 0xA0):
        if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D):
            bytes_[bytes([code]).decode("cp1252")] = code
    return bytes_


_BYTES = _byte_of()


def _class(first: int, last: int) -> str:
    signs = (sign for sign, code in _BYTES.items() if first <= code <= last)
    return "[" + "".join(map(re.escape, signs)) + "]"


_NEXT = _class(0x80, 0xBF)
_LETTER = (
    f"{_class(0xC2, 0xDF)}{_NEXT}|{_class(0xE0, 0xEF)}{_NEXT}{{2}}|{_class(0xF0, 0xF4)}{_NEXT}{{3}}"
)
_RUN = re.compile(f"(?:{_LETTER})+")
_USUAL = re.compile("[\u00a0-\u024f\u2010-\u2044\u20ac\u2122]+\\Z")


def repair_mojibake(text: str) -> str | None:
    """Return the text with UTF-8 that was read as Windows-1252 put right; None if none is seen.

    ``Ã©`` becomes ``é``. A single garbled letter of another script than the Latin is left
    alone, for such a pair can be meant: ``CAFÉ»``.
    """
    if text.isascii():
        return None
    repaired = _RUN.sub(_repaired, text)
    return None if repaired == text else repaired


def _repaired(run: re.Match[str]) -> str:
    try:
        text = bytes(_BYTES[sign] for sign in run[0]).decode("utf-8")
    except UnicodeDecodeError:
        return run[0]
    sure = len(text) > 1 or _USUAL.match(text)
    return text if (sure and text.isprintable()) or text == "\u00a0" else run[0]


_TWO_NAMES = re.compile(r"\S\s+(?:and|und|et|&)\s+\S|;", re.IGNORECASE)
_BETWEEN_NAMES = re.compile(r"\s*;\s*|\s+(?:and|und|et|&)\s+", re.IGNORECASE)
_AFFILIATION = re.compile(
    r"\b(?:universit|institut|department|faculty|college|central bank|school of|ministry)"
    r"|\([^)]*[^\W\d_]{4}[^)]*\)\s*\Z",
    re.IGNORECASE,
)
_DEGREE = re.compile(r"(?:,\s*|\s)(?:ph\.?\s?d\.?|m\.?sc\.?|mba|prof\.?|dr\.?)\Z", re.IGNORECASE)
_NUMBERED = re.compile(
    r"\A(?:(?:working|discussion|research|staff|policy|technical|occasional) (?:paper|report)s?"
    r"(?: series)?|wp|dp)[ ,.]*(?:no\.?|nr\.?|n°|number|#)?[ .]*\d[\d/.-]*\s*[:.–-]\s*"
    r"|\s*[(\[,–-]\s*(?:(?:working|discussion|research|staff|policy|technical|occasional) "
    r"(?:paper|report)s?(?: series)?|wp|dp)[ ,.]*(?:no\.?|nr\.?|n°|number|#)?[ .]*\d[\d/.-]*"
    r"\s*[)\]]?\s*\Z",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_ABSTRACT_BEGINS = re.compile(r"\babstract\s*[:.–—-]", re.IGNORECASE)
_KEYWORDS_BEGIN = re.compile(
    r"\b(?:key ?words?(?: and phrases)?|jel(?: classification| codes?)?(?: numbers?)?"
    r"|classification[ -]jel)\s*[:–—]",
    re.IGNORECASE,
)
_ENTITY_LEFT = re.compile(r"&(?:#\d{2,5}|[a-zA-Z]{2,8});")
_FREE = re.compile(r"(?:no|none|no restrictions?|free|open access|n/a)\.?\Z", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"x{3,}\Z|tb[ad]\Z|none\Z|n/a\Z|nan\Z|null\Z|\?+\Z|.*\byyyy\b|.*\bhere\b \(|lorem ipsum"
    r"|(?:title|author|abstract|name) here\b",
    re.IGNORECASE,
)
_PLACEHOLDERS_BEGIN = set("xtnl?a")
_SPELLED_LIKE_A_TAG = re.compile(r"\b[A-Za-z]{1,20}(?:-[A-Za-z]{1,20}){1,4}(?=:)")
_OTHER_ALPHABET = re.compile("[\u00c0-\u00ff]{5,}")
_LOOKED_AT = {
    "title", "abstract", "keywords", "author-name", "editor-name", "year", "file-restriction",
    "restriction",
}  # fmt: skip
"""Attributes with suspicions of their own."""
_WORK = {"title", "abstract", "name", "description", "author-name", "editor-name", "keywords"}
LONGEST = {"title": 300, "abstract": 2600, "keywords": 750, "author-name": 60, "editor-name": 60}
"""Letters beyond which RePEc's specification advises to look again (5.8, section 2.6)."""


def problems(template: Template) -> list[Problem]:
    """Return the suspicions about a template, each on the line of its value."""
    found, titles = [], 0
    for chunk, text in zip(template.chunks, template.texts, strict=True):
        if not text or _is_plain(chunk.tag, text):
            continue
        suspicions = list(about(chunk.tag, text))
        titles += chunk.tag == "title" and bool(text)
        if chunk.tag == "title" and titles == 2:
            message = "There is a second title; perhaps two templates have run together."
            suspicions.append(Finding("title", "several-titles", message))
        for one in suspicions:
            advice = f"Perhaps: {_shortened(one.suggestion)}" if one.suggestion else ""
            column = len(chunk.written) + 2
            found.append(
                Problem(chunk.first, column, Severity.NOTICE, one.code, one.message, advice)
            )
    return found


def _is_plain(tag: str, text: str) -> bool:
    """Say quickly of most values that there is nothing to say about them."""
    if tag in _LOOKED_AT or not text.isascii() or "&" in text:
        return False
    if ":" in text and "-" in text:
        return False
    return not _is_placeholder(text)


def _is_placeholder(text: str) -> bool:
    if len(text) >= 100:
        return False
    lower = text.lower()
    begins = lower[:1] in _PLACEHOLDERS_BEGIN
    if not begins and "yyyy" not in lower and "here" not in lower:
        return False  # most values, at a tenth of the time
    return _PLACEHOLDER.match(text) is not None


def _shortened(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:299]}…"


def about(tag: str, text: str) -> Iterator[Finding]:
    """Yield the suspicions about one value, its tag spelled with all prefixes."""
    if not text.isascii():
        yield from _about_letters(tag, text)
    if "&" in text and _ENTITY_LEFT.search(text) and html.unescape(text) != text:
        message = "A character was written twice over as an entity."
        yield Finding(tag, "entity-left", message, html.unescape(text))
    if _is_placeholder(text) and not tag.endswith("restriction"):
        yield Finding(tag, "placeholder", f"'{text[:80]}' looks like a place nobody filled in.")
    if tag in LONGEST and len(text) > LONGEST[tag]:
        yield Finding(tag, "very-long", f"The value has {len(text):,} letters, which is unusual.")
    swallowed = _swallowed(tag, text)
    if swallowed:
        message = f"'{swallowed}:' stands within the value; the end of a line is missing."
        yield Finding(tag, "attribute-in-value", message)
    if tag == "title":
        yield from _about_title(text)
    elif tag in ("author-name", "editor-name"):
        yield from _told_of_name(tag, text)
    elif tag == "abstract" and not swallowed:
        lower = text.lower()
        inside = _KEYWORDS_BEGIN.search(text) if "key" in lower or "jel" in lower else None
        if inside:
            message = f"'{inside[0]}' stands within the abstract."
            yield Finding(tag, "keywords-in-abstract", message, text[: inside.start()].rstrip())
    elif tag == "year" and not re.fullmatch(r"1[5-9]\d\d|20\d\d", text):
        yield Finding(tag, "odd-year", f"'{text[:80]}' is no year.")
    elif tag in ("file-restriction", "restriction") and _FREE.match(text):
        message = f"'{text}' was given as a restriction; any text here means: not free."
        yield Finding(tag, "restriction-means-not-free", message)


def _about_letters(tag: str, text: str) -> Iterator[Finding]:
    repaired = repair_mojibake(text)
    if repaired:
        yield Finding(tag, "garbled-letters", "Letters were garbled.", repaired)
    elif tag in _WORK and _OTHER_ALPHABET.search(text):
        message = "These letters look like those of another alphabet, read in a wrong way."
        yield Finding(tag, "unlikely-letters", message)
    if "\ufffd" in text:
        message = "Letters were lost before the file reached RePEc: a mark stands for them."
        yield Finding(tag, "letters-lost", message)


def is_shouted(title: str) -> bool:
    """Say whether a title of several words is in capital letters throughout."""
    return title.isupper() and len(re.findall(r"[^\W\d_]{4,}", title)) >= 2


def _swallowed(tag: str, text: str) -> str | None:
    """Return the attribute whose name stands within a value, after a lost end of line."""
    if ":" not in text or "-" not in text:
        return None
    known = fields.known_tags()
    names = (found[0] for found in _SPELLED_LIKE_A_TAG.finditer(text))
    return next((name for name in names if name.lower() in known and name.lower() != tag), None)


def _about_title(title: str) -> Iterator[Finding]:
    if is_shouted(title):
        yield Finding("title", "capitals", "The title is in capital letters.")
    without = _NUMBERED.sub("", title) if _DIGIT.search(title) else title
    if without and without != title:
        yield Finding("title", "number-in-title", "The title holds the paper's number.", without)
    inside = _ABSTRACT_BEGINS.search(title) if "bstract" in title.lower() else None
    if inside and inside.start() > 10:
        begin = title[: inside.start()].rstrip()
        yield Finding("title", "abstract-in-title", "The title holds the abstract.", begin)


@lru_cache(maxsize=10_000)
def _told_of_name(tag: str, name: str) -> tuple[Finding, ...]:
    return tuple(_about_name(tag, name))


def _about_name(tag: str, name: str) -> Iterator[Finding]:
    if _AFFILIATION.search(name):
        message = f"'{name}' seems to hold an affiliation or a role."
        yield Finding(tag, "affiliation-in-name", message)
    elif _ENTITY_LEFT.search(name):
        return
    elif _TWO_NAMES.search(name):
        apart = " / ".join(filter(None, _BETWEEN_NAMES.split(name)))
        yield Finding(tag, "two-names", f"'{name}' looks like more than one person.", apart)
    elif _DEGREE.search(name):
        without = _DEGREE.sub("", name)
        yield Finding(tag, "degree-in-name", f"'{name}' seems to hold a degree.", without)
    elif re.search(r"[\d@]", name):
        yield Finding(tag, "odd-name", f"'{name}' is an unusual name.")
    if name.isupper() and len(re.findall(r"[^\W\d_]{3,}", name)) >= 2:
        yield Finding(tag, "name-in-capitals", f"'{name}' is in capital letters.")
