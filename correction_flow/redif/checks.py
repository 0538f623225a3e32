"""What no parser sees: values that follow every rule and are wrong all the same.

Pure functions on the values of one template. They never change anything: each finding is a
suspicion for a person to look at, with the repaired text where there is one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple


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
_TWO_NAMES = re.compile(r"\S\s+(?:and|und|et|&)\s+\S|;", re.IGNORECASE)
_AFFILIATION = re.compile(
    r"\b(?:universit|institut|department|faculty|college|central bank|school of|ministry)"
    r"|\([^)]*[^\W\d_]{4}[^)]*\)",
    re.IGNORECASE,
)


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


def findings(tree: Mapping[str, Sequence[Any]]) -> list[Finding]:
    """Return all suspicions about the values of one template (``Template.tree()``)."""
    found: list[Finding] = []
    for tag, text in _texts(tree):
        repaired = repair_mojibake(text)
        if repaired:
            found.append(Finding(tag, "garbled-letters", "Letters were garbled.", repaired))
        if tag == "title" and is_shouted(text):
            found.append(Finding(tag, "capitals", "The title is in capital letters."))
        if tag in ("author-name", "editor-name"):
            found += _about_name(tag, text)
    return found


def is_shouted(title: str) -> bool:
    """Say whether a title of several words is in capital letters throughout."""
    return title.isupper() and len(re.findall(r"[^\W\d_]{4,}", title)) >= 2


def _about_name(tag: str, name: str) -> Iterator[Finding]:
    if _TWO_NAMES.search(name):
        yield Finding(tag, "two-names", f"'{name}' looks like more than one person.")
    if _AFFILIATION.search(name):
        yield Finding(tag, "affiliation-in-name", f"'{name}' seems to hold an affiliation.")


def _texts(tree: Mapping[str, Sequence[Any]], prefix: str = "") -> Iterator[tuple[str, str]]:
    for tag, entries in tree.items():
        for entry in entries:
            if isinstance(entry, str):
                yield prefix + tag, entry
            else:
                yield from _texts(entry, f"{prefix}{tag}-")
