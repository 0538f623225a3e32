"""The folded words an item is found by, and the words that stand for filters. Pure.

A filter is one more word of the index (`_year_2019`), so that a filtered search is the same
bounded look-up as any other. No word of a text begins with an underscore.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from correction_flow.catalog.record import people, year_of
from correction_flow.core import text as rules

LONGEST_TEXT = 100_000
"""Letters of all words of an item; PostgreSQL indexes no text of any length."""
LONGEST_WORD = 100
_ELIDED = re.compile(r"(?i)\b(?:[cdjlmnst]|qu|all|dell|nell|sull|un)['’](\w{2,})")
"""Articles and pronouns before a vowel in French and Italian."""
_NOT_IN_FILTER = re.compile(r"[^0-9a-z]+")


def words_of(texts: Iterable[str]) -> list[str]:
    """The folded words of several texts, each once, in their order."""
    text = "\n".join(texts)
    found = rules.words(text)
    if "'" in text or "’" in text:  # who looks for “été” also means “l’été”
        found += [word for rest in _ELIDED.findall(text) for word in rules.words(rest)]
    if max(map(len, found), default=0) > LONGEST_WORD:
        found = [word[:LONGEST_WORD] for word in found]
    return list(dict.fromkeys(found))


def own_words(record: Mapping[str, Any], *, kind: str, series_key: str) -> str:
    """What an item is found by, but for the name of its series; ends with its filters."""
    texts = [str(record.get("title", "")), str(record.get("keywords", ""))]
    texts += [str(person.get("name", "")) for _, _, person in people(record)]
    texts += map(str, record.get("abstract", ()))
    found = " ".join(words_of(texts))[:LONGEST_TEXT].rstrip()
    year, language = year_of(record), str(record.get("language") or "")
    filters = filter_words(kind=kind, series_key=series_key, year=year, language=language)
    return " ".join([*filters, found]).rstrip()


@lru_cache(maxsize=10_000)
def filter_words(
    *, kind: str = "", series_key: str = "", year: int | None = None, language: str = ""
) -> tuple[str, ...]:
    """The words that stand for these filters; those not given are left out."""
    given = {
        "kind": kind.lower(),
        "series": series_key.removeprefix("repec:"),
        "year": str(year or ""),
        "language": language.lower()[:2],
    }
    folded = {name: _NOT_IN_FILTER.sub("_", value) for name, value in given.items() if value}
    return tuple(f"_{name}_{value}"[:LONGEST_WORD] for name, value in folded.items())


def all_words(own: str, series_name: str) -> str:
    """An item's own words with those of its series' name."""
    return " ".join([own, *words_of([series_name])])
