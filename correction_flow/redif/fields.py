"""What ReDIF knows: template types, their attributes and clusters, and the lists of values.

The facts stand in the tables of ``spec/``, taken from the specification that RePEc's parser
reads; this module loads each table once and answers questions about it. It judges nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute as it can stand in a template type, its cluster prefixes spelled out.

    ``author-workplace-name`` has the ``path`` ("author", "workplace") and the ``name`` "name".
    ``deprecated`` holds for every member of a cluster that is; ``required`` for its key.
    """

    tag: str
    path: tuple[str, ...]
    name: str
    type: str
    cluster: str
    key: bool
    required: bool
    once: bool
    deprecated: bool


@dataclass(frozen=True, slots=True)
class TemplateType:
    """A template type, such as ``ReDIF-Paper 1.0`` of the kind ``Paper``.

    ``plain`` holds the attributes that stand alone, ``members`` those inside clusters. One
    tag can be both: ``Provider-Institution`` in a series template.
    """

    text: str
    kind: str
    plain: Mapping[str, Field]
    members: Mapping[str, Field]
    required: tuple[str, ...]
    fields: Mapping[str, Field]


def _text(name: str) -> str:
    return resources.files(__package__).joinpath("spec", name).read_text(encoding="utf-8")


def _rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in _text(name).splitlines()[1:] if line]


@cache
def _holders() -> dict[tuple[str, str], list[list[str]]]:
    """Group the rows of the attribute table by what holds them: a cluster or a template."""
    holders: dict[tuple[str, str], list[list[str]]] = {}
    for holder, name, *rest in _rows("attributes.tsv"):
        holders.setdefault((holder, name.lower()), []).append(rest)
    return holders


def _expand(
    rows: list[list[str]], path: tuple[str, ...], *, cluster: str, required: bool, deprecated: bool
) -> list[Field]:
    found = []
    for attribute, type_, nested, flags in rows:
        marks = {mark.strip() for mark in flags.split(";")}
        if nested:
            inner = _holders()["cluster", nested]
            found += _expand(
                inner,
                (*path, attribute),
                cluster=nested,
                required="required" in marks,
                deprecated=deprecated or "deprecated" in marks,
            )
            continue
        key = bool(path) and "key" in marks
        found.append(
            Field(
                tag="-".join((*path, attribute)),
                path=path,
                name=attribute,
                type=type_.strip().split("::")[0].lower(),
                cluster=cluster,
                key=key,
                required=(required and key) or "required" in marks,
                once="not repeatable" in marks,
                deprecated=deprecated or "deprecated" in marks,
            )
        )
    return found


@cache
def template_types() -> Mapping[str, TemplateType]:
    """Return every template type by its lower-case text."""
    types = {}
    for holder, name in _holders():
        if holder != "template":
            continue
        rows = _holders()[holder, name]
        everything = _expand(rows, (), cluster="", required=False, deprecated=False)
        everything = [field for field in everything if field.tag != "template-type"]
        kind = name.removeprefix("redif-").split()[0].capitalize()
        plain = {field.tag: field for field in everything if not field.path}
        members = {field.tag: field for field in everything if field.path}
        types[name] = TemplateType(
            text=f"ReDIF-{kind} 1.0",
            kind=kind,
            plain=plain,
            members=members,
            required=tuple(field.tag for field in everything if field.required),
            fields=plain | members,
        )
    return MappingProxyType(types)


def template_type(text: str) -> TemplateType | None:
    """Return the template type of that name, whatever its case; None when there is none."""
    return template_types().get(text.lower())


@cache
def known_tags() -> frozenset[str]:
    """Return every tag that some template type knows, in lower case."""
    tags = {tag for type_ in template_types().values() for tag in type_.fields}
    return frozenset(tags | {"template-type"})


_UPPER = {"jel", "url", "doi", "isbn", "issn", "id", "acm", "msc", "ascii"}
_SPECIAL = {"haschapter": "HasChapter"}


@lru_cache(maxsize=4096)
def canonical(tag: str) -> str:
    """Return the usual spelling of a tag: ``Author-Workplace-Name``, ``Classification-JEL``."""
    parts = tag.lower().split("-")
    return "-".join(
        _SPECIAL.get(part) or (part.upper() if part in _UPPER else part.capitalize())
        for part in parts
    )


@cache
def places(tag: str) -> tuple[str, ...]:
    """Return the template types in which a tag may stand, as ``ReDIF-Paper 1.0``."""
    return tuple(t.text for t in template_types().values() if tag.lower() in t.fields)


@lru_cache(maxsize=4096)
def suggestions(tag: str) -> tuple[str, ...]:
    """Return the known tags that a misspelt one may have meant.

    RePEc's rule: at most two letters differ, or one in names of up to five letters.
    """
    tag = tag.lower()
    if len(tag) > 60 or tag in known_tags():
        return ()
    limit = 2 if len(tag) > 5 else 1
    letters = _letters(tag)
    return tuple(
        known
        for length in range(len(tag) - limit, len(tag) + limit + 1)
        for known, its_letters in _by_length().get(length, ())
        if (letters ^ its_letters).bit_count() <= 2 * limit and _near(tag, known, limit)
    )


def _letters(tag: str) -> int:
    """Return which signs a tag has, as one bit for each: most tags are told apart by these."""
    bits = 0
    for sign in tag:
        bits |= 1 << (ord(sign) & 31)
    return bits


@cache
def _by_length() -> Mapping[int, list[tuple[str, int]]]:
    found: dict[int, list[tuple[str, int]]] = {}
    for tag in sorted(known_tags()):
        found.setdefault(len(tag), []).append((tag, _letters(tag)))
    return found


def _near(one: str, other: str, limit: int) -> bool:
    """Say whether two words differ by at most so many letters (Levenshtein's distance)."""
    if abs(len(one) - len(other)) > limit:
        return False
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row = row, [i]
        for j, letter_of_other in enumerate(other, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (letter != letter_of_other)))
        if min(row) > limit:
            return False
    return row[-1] <= limit


@cache
def jel_labels() -> Mapping[str, str]:
    """Return the codes of the Journal of Economic Literature with their labels (AEA, 2016)."""
    return MappingProxyType({code: label for code, label, *_ in _rows("jel.tsv")})


@cache
def languages() -> frozenset[str]:
    """Return the two-letter language codes of ISO 639-1."""
    return frozenset(_text("languages.txt").split())


@cache
def language_names() -> Mapping[str, str]:
    """Return the English names of the languages of ISO 639-1 by their codes."""
    return MappingProxyType({code: name for code, name, *_ in _rows("language_names.tsv")})


@cache
def mime_types() -> frozenset[str]:
    """Return the MIME types that RePEc accepts, in lower case."""
    return frozenset(line.strip().lower() for line in _text("mime.txt").splitlines() if line)


PROGRAMMING_LANGUAGES = (
    "C,C++,FORTRAN,GAUSS,Gretl,Java,Mathematica,MATLAB,Octave,Ox,perl,python,R,RATS,Shazam,"
    "S-plus,stata,TSP International,executable,DOS executable"
)
"""What a software template may name, separated by commas; case does not matter."""

SUCCESSORS = {
    "publisher": "provider",
    "sponsor": "provider",
    "publication-date": "creation-date",
}
"""Deprecated clusters and attributes, and what RePEc's parser turns them into."""

EXTENSION = re.compile(r"(?:[a-z]+-)*x-", re.IGNORECASE)
"""Tags beginning so (``X-File-Ref``, ``Author-X-Name-First``) are local and never checked."""


@lru_cache(maxsize=4096)
def type_suggestion(text: str) -> str | None:
    """Return the template type that a misspelt one may have meant, if only one is near."""
    text = text.lower()
    near = [t.text for name, t in template_types().items() if _near(text, name, 2)]
    return near[0] if len(near) == 1 else None
