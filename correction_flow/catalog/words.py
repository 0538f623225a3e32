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
from correction_flow.redif import handle as handles

LONGEST_TEXT = 100_000
"""Letters of all words of an item; PostgreSQL indexes no text of any length."""
LONGEST_WORD = 100
MOST_JEL_CODES = 20
MOST_VERSIONS = 20
VERSION_TAGS = tuple(
    f"{kind}-handle" for kind in ("article", "paper", "book", "chapter", "software")
)
"""The tags by which a publisher names other versions of an item."""
_ELIDED = re.compile(r"(?i)\b(?:[cdjlmnst]|qu|all|dell|nell|sull|un)['’](\w{2,})")
"""Articles and pronouns before a vowel in French and Italian."""
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+", re.IGNORECASE)
_NOT_IN_FILTER = re.compile(r"[^0-9a-z]+")


def words_of(texts: Iterable[str]) -> list[str]:
    """The folded words of several texts, each once, in their order."""
    text = "\n".join(texts)
    found = rules.words(text)
    if "'" in text or "’" in text:  # who looks for “été” also means “l’été”
        found += [word for rest in _ELIDED.findall(text) for word in rules.words(rest)]
    once = list(dict.fromkeys(found))
    if max(map(len, once), default=0) > LONGEST_WORD:
        once = list(dict.fromkeys(word[:LONGEST_WORD] for word in once))
    return once


def own_words(record: Mapping[str, Any], *, kind: str, series_key: str) -> str:
    """What an item is found by, but for the name of its series; ends with its filters."""
    texts = [str(record.get("title", "")), str(record.get("keywords", ""))]
    texts += [str(person.get("name", "")) for _, _, person in people(record)]
    texts += map(str, record.get("abstract", ()))
    found = " ".join(words_of(texts))[:LONGEST_TEXT].rstrip()
    year, language = year_of(record), str(record.get("language") or "")
    filters = list(filter_words(kind=kind, series_key=series_key, year=year, language=language))
    filters += _jel_words(record)
    filters += [version_word(key) for key in version_keys(record)]
    filters += doi_words(str(record.get("doi") or ""))
    return " ".join([*dict.fromkeys(filters), found]).rstrip()


def _jel_words(record: Mapping[str, Any]) -> list[str]:
    """An item of D72 is also one of D7 and of D."""
    codes = [str(code).lower() for code in record.get("jel", ())][:MOST_JEL_CODES]
    return [word for code in codes for n in (3, 2, 1) for word in filter_words(jel=code[:n])]


def version_keys(record: Mapping[str, Any]) -> list[str]:
    """Keys of the handles that the record names as other versions of its item."""
    other = record.get("other", {})
    named = [h for tag in VERSION_TAGS for h in other.get(tag, ()) if isinstance(h, str)]
    return list(dict.fromkeys(handles.key(handle) for handle in named))[:MOST_VERSIONS]


def version_word(handle_key: str) -> str:
    """The word that items have which name this one as another version of theirs.

    A digest, for handles are long and hold signs that no word may.
    """
    return f"_version_{rules.digest(handle_key)}"


def doi_key(text: str) -> str:
    """The first DOI in a text, for comparison: without its address, in lower case."""
    found = _DOI.search(text)
    return found[0].rstrip(".,;)]}").lower() if found else ""


def doi_words(text: str) -> list[str]:
    """The word that the item of the DOI in this text has; none where there is no DOI in it."""
    key = doi_key(text)
    return [f"_doi_{rules.digest(key)}"] if key else []


@lru_cache(maxsize=10_000)
def filter_words(
    *,
    kind: str = "",
    series_key: str = "",
    year: int | None = None,
    language: str = "",
    jel: str = "",
) -> tuple[str, ...]:
    """The words that stand for these filters; those not given are left out."""
    given = {
        "kind": kind.lower(),
        "series": series_key.removeprefix("repec:"),
        "year": str(year or ""),
        "language": language.lower()[:2],
        "jel": jel.lower(),
    }
    folded = {name: _NOT_IN_FILTER.sub("_", value) for name, value in given.items() if value}
    return tuple(f"_{name}_{value}"[:LONGEST_WORD] for name, value in folded.items())


def all_words(own: str, series_name: str) -> str:
    """An item's own words with those of its series' name."""
    return " ".join([own, *words_of([series_name])])
