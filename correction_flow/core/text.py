"""Normalising white space, accents, words and names. Pure rules.

Keys made here are stored in the database and compared there, on SQLite and PostgreSQL alike;
whoever changes a rule must write a migration that makes the stored keys again.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

MAX_OUTSIDE_TEXT = 5000
"""Text from outside is plain text of at most this many characters (product.md §4, rule 10)."""

LONGEST_KEY = 400

_LETTERS = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "ł": "l",
        "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ı": "i",
        "’": None, "‘": None, "'": None, "ʼ": None, "`": None, "\u00ad": None,
    }
)  # fmt: skip
_NOT_WORD = re.compile(r"[^\w]+|_+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_SPACE = re.compile(r"\s+")
_UNSAFE = {"Cc", "Cs", "Co", "Cn"}


def squeeze(text: str) -> str:
    """The text trimmed, with every run of white space as one blank."""
    return _SPACE.sub(" ", text).strip()


def plain(text: str) -> str:
    """Text from outside, made storable: NFC, line ends as LF, no control characters.

    Control characters and lone surrogates cannot be stored by PostgreSQL or written to XML.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNSAFE).strip()


def fold(text: str) -> str:
    """Letters without case, accents and ligatures; apostrophes vanish, so O'Brien = O’Brien.

    Only Latin, Greek and Cyrillic accents are dropped; other scripts keep their marks.
    """
    text = unicodedata.normalize("NFKD", text.translate(_LETTERS)).casefold()
    return unicodedata.normalize("NFC", _ACCENTS.sub("", text))


_ASCII_WORDS = {
    n: chr(n).lower() if chr(n).isalnum() else None if chr(n) in "'`" else " " for n in range(128)
}
_OTHER_LETTERS = re.compile(r"[^\x00-\x7f]+")


def words(text: str) -> list[str]:
    """The folded words of a text, punctuation gone."""
    folded = text if text.isascii() else _folded(text)
    if folded.isascii():  # the same as below, at a tenth of the time
        return folded.translate(_ASCII_WORDS).split()
    folded = _folded(text.replace("'", "").replace("`", "").lower())
    return [w for w in _NOT_WORD.split(folded) if w]


def _folded(text: str) -> str:
    """As `fold`, but looks only at what is not plain ASCII; each such run is folded once."""
    return _OTHER_LETTERS.sub(lambda run: _folded_run(run[0]), text)


@lru_cache(maxsize=10_000)
def _folded_run(run: str) -> str:
    return fold(run).translate(_LETTERS)


def key(text: str) -> str:
    """One folded line: what two texts have in common when only look differs."""
    return " ".join(words(text))


@lru_cache(maxsize=10_000)
def name_key(name: str) -> str:
    """A person's name for comparison: `Torfing, Jacob` and `Jacob TORFING` give one key.

    Cut at LONGEST_KEY: PostgreSQL indexes at most 2,704 bytes, and files hold longer "names".
    """
    last, comma, first = name.partition(",")
    return key(f"{first} {last}" if comma else name)[:LONGEST_KEY]


def same_person(one: str, other: str) -> bool:
    """Whether one name may be the other respelt: family names alike, the same first initial.

    `Jacob Torfing` and `J. X. Torfing` may; `Mary Torfing` is somebody else.
    """
    a, b = name_key(one).split(), name_key(other).split()
    if not a or not b:
        return False
    alike = a[-1] == b[-1] or SequenceMatcher(None, a[-1], b[-1]).ratio() >= 0.75
    return alike and (len(a) == 1 or len(b) == 1 or a[0][0] == b[0][0])


def address_key(address: str) -> str:
    """An e-mail address for comparison: trimmed, NFKC, case-folded (house.md §8)."""
    return unicodedata.normalize("NFKC", address.strip()).casefold()


LONGEST_ADDRESS = 254
"""Of an e-mail address (RFC 5321); PostgreSQL indexes no text of any length."""


def printed_address(email: Any) -> str | None:
    """The key of an address in a publisher's file; None for what is none, or longer than any."""
    key_ = address_key(email) if isinstance(email, str) else ""
    return key_ if 0 < len(key_) <= LONGEST_ADDRESS else None


def digest(value: Any) -> str:
    """A short stable name of a JSON value, for indexes and for `what I saw` in forms."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def one_line(text: str, length: int) -> str:
    """A value within a sentence: its lines beside each other, at most `length` characters."""
    return shorten("; ".join(line for line in text.splitlines() if line), length) or "(empty)"


def shorten(text: str, length: int) -> str:
    """At most `length` characters, cut at a word with an ellipsis."""
    text = squeeze(text)
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(",;:.") + "…"
