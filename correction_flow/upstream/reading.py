"""What a reader process makes of a publisher's file: rows ready to be stored. Pure.

It knows no database, so that readers start fast and stay small. `look` is the cheap glance that
tells which handles a file names; `read` gives its templates a portion at a time, so that a file
of any length needs little memory on the way.
"""

from __future__ import annotations

import hashlib
import json
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from correction_flow.catalog import record as records
from correction_flow.catalog.words import own_words
from correction_flow.core.text import LONGEST_ADDRESS, name_key, plain, printed_address, squeeze
from correction_flow.redif import checks, parser
from correction_flow.redif import handle as handles
from correction_flow.redif.across import in_other_folder
from correction_flow.redif.problems import Problem, Severity

READ_AS = 3
"""The version of our reading. Raise it when parsing or mapping changes: all is read again."""
PORTION = 200
"""Templates that are handed over together."""
ITEM_KINDS = ("Paper", "Article", "Book", "Chapter", "Software")
DESCRIBING = ("Archive", "Series")
IMPORTED = ITEM_KINDS + DESCRIBING
MAX_HANDLE = 400
"""A longer handle is no name anybody gave, and PostgreSQL could not index it."""
_ROUGH_HANDLE = re.compile(r"(?i)repec:([a-z]{3})(?::([^:\s]{1,40})(?::(\S.*))?|:?)$")
_ADDRESS = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>.]+")
_HANDLE_LINE = re.compile(rb"[ \t]*:[ \t]*([^\r\n]*)")
_DESCRIBES = re.compile(
    rb"(?im)^\W*template-type[\s\xa0\xc2]*:[\s\xa0\xc2]*redif[-\s\xa0\xc2]*(?:archive|series)"
)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Belonging(NamedTuple):
    """Where a template says it belongs: its handle, as published and compared, and its parts."""

    text: str
    key: str
    code: str
    series: str | None
    parsed: handles.Handle | None = None


AuthorRow = tuple[str, int, str, str, str | None, str | None, str]
"""One printed name, as `item_authors` stores it: role, position, name, its key, the key of an
address, person, workplaces as JSON."""


class Arrival(NamedTuple):
    """One template as it came. `record`, `words` and what follows are of items alone.

    `handle_key` is that of any handle, so that an unreadable template still says who is there;
    `record` and the workplaces are JSON, ready to be stored; `lists` are the reference lists
    that it names (`X-File-Ref`); `tree` and `contacts` are of archives and series.
    """

    first_line: int
    last_line: int
    kind: str | None
    type: str
    good: bool
    sha256: str
    handle: str | None
    handle_key: str | None
    place: Belonging | None
    problems: tuple[Problem, ...]
    record: str = ""
    title: str = ""
    author_line: str = ""
    year: int | None = None
    ideas_path: str | None = None
    words: str = ""
    authors: tuple[AuthorRow, ...] = ()
    lists: tuple[str, ...] = ()
    tree: dict[str, list[Any]] | None = None
    contacts: tuple[tuple[str | None, str], ...] = ()


class FileRead(NamedTuple):
    """What there is to say of a file itself."""

    sha256: str
    encoding: str
    line_ends: str
    problems: tuple[Problem, ...]


class Looked(NamedTuple):
    """What a glance at a file shows: numbers that stand for its handles, and what it describes."""

    sha256: str
    handles: bytes
    describes: bool


def look(full: str) -> Looked:
    """Glance at a file. The numbers of its handles are signed, of eight bytes each.

    Only a hint: a handle in an odd spelling or a wide encoding may be missed.
    """
    with open(full, "rb") as file:
        data = file.read(parser.MAX_BYTES + 1)
    sha256 = hashlib.sha256(data).hexdigest()
    text = data.replace(b"\0", b"") if b"\0" in data[:200] else data
    if b"\r" in text and b"\n" not in text:
        text = text.replace(b"\r", b"\n")
    text = b"\n" + text.lower()
    begins = (_HANDLE_LINE.match(part) for part in text.split(b"\nhandle")[1:])
    numbers = array("q", (number_of(found[1].rstrip()) for found in begins if found))
    describes = b"archive" in text or b"series" in text
    return Looked(sha256, numbers.tobytes(), describes and _DESCRIBES.search(text) is not None)


def number_of(handle_key: bytes) -> int:
    """A number that stands for a handle key: 64 bits of its digest, signed."""
    digest = hashlib.blake2b(handle_key, digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def read(full: str, path: str) -> Iterator[FileRead | list[Arrival]]:
    """Read one file: first what there is to say of it, then its templates in portions.

    `path` is its place within the archive.
    """
    with open(full, "rb") as opened:
        data = opened.read(parser.MAX_BYTES + 1)
    file, templates = parser.parse_lazily(data, name=path)
    problems = tuple(map(_storable, file.problems))
    yield FileRead(hashlib.sha256(data).hexdigest(), file.encoding, file.line_ends, problems)
    portion: list[Arrival] = []
    for template in templates:
        portion.append(arrival(template, path))
        if len(portion) == PORTION:
            yield portion
            portion = []
    if portion:
        yield portion


def arrival(template: parser.Template, path: str) -> Arrival:
    """One template as rows."""
    place = place_of(template.kind, template.handle)
    found = [*template.problems, *checks.problems(template)]
    kind = template.kind
    if place is not None and place.parsed is not None and kind in ITEM_KINDS:
        stray = in_other_folder(path, template, place.parsed)
        found += [stray] if stray else []
    bare = Belonging(*place[:4]) if place is not None else None
    key = template.handle_key if len(template.handle_key or "") <= MAX_HANDLE else None
    about = (
        template.first_line, template.last_line, kind, template.type or template.written_type,
        template.good, template.sha256, template.handle, key, bare,
        tuple(map(_storable, found)),
    )  # fmt: skip
    if place is None or kind not in IMPORTED:
        return Arrival(*about)
    tree = template.tree()
    if kind in DESCRIBING:
        return Arrival(*about, tree=tree, contacts=tuple(contacts_in(template)))
    lists = tuple(v.text for v in template.values if v.tag == "x-file-ref" and v.text)
    return Arrival(*about, *item_values(records.from_tree(tree), str(kind), place), lists)


class ItemValues(NamedTuple):
    """An item's columns as they follow from its record, in the order of `Arrival`."""

    record: str
    title: str
    author_line: str
    year: int | None
    ideas_path: str | None
    words: str
    authors: tuple[AuthorRow, ...]


def item_values(record: records.Record, kind: str, place: Belonging) -> ItemValues:
    """What an item's columns hold, as its record says."""
    return ItemValues(
        as_json(record),
        record.get("title", ""),
        records.author_line(record),
        records.year_of(record),
        handles.ideas_path(place.parsed, kind) if place.parsed else None,
        own_words(record, kind=kind, series_key=(place.series or "").lower()),
        tuple(map(_author, records.people(record))),
    )


def _author(printed: tuple[str, int, Any]) -> AuthorRow:
    role, position, person = printed
    name = str(person.get("name", ""))
    email, short_id = person.get("email"), person.get("person")
    return (
        role,
        position,
        name,
        name_key(name),
        printed_address(email),
        short_id if isinstance(short_id, str) else None,
        as_json(person["workplaces"]) if "workplaces" in person else "[]",
    )


def as_json(value: Any) -> str:
    """A value as JSON, compact, in letters as they are."""
    return _ENCODER.encode(value)


def place_of(kind: str | None, handle: str | None) -> Belonging | None:
    """Where a template belongs by its handle; None when it cannot be told.

    A handle that RePEc calls invalid (a series code of five letters) is still a unique name and
    is kept; the template is marked as one RePEc does not index.
    """
    if not handle:
        return None
    lenient = handles.lenient(handle)
    text = lenient[0].text if lenient else squeeze(handle)
    found = _ROUGH_HANDLE.match(text)
    if found is None or len(text) > MAX_HANDLE:
        return None
    code, in_series, rest = found[1].lower(), found[2], found[3]
    if kind == "Archive":
        archive = f"RePEc:{found[1]}"
        return Belonging(archive, handles.key(archive), code, None)
    if not in_series or (kind != "Series" and not rest):
        return None
    parsed = lenient[0] if lenient else None
    return Belonging(text, handles.key(text), code, f"RePEc:{found[1]}:{in_series}", parsed)


def unusable(kind: str | None, handle: str | None) -> str:
    """Why nothing can be imported under this handle."""
    name = (kind or "template").lower()
    if not handle:
        return f"There is no handle of a {name}, so it cannot be imported."
    if len(handle) > MAX_HANDLE:
        return (
            f"The handle has {len(handle):,} characters, so it cannot be imported. "
            f"Give one of at most {MAX_HANDLE}."
        )
    return f"“{handle[:100]}” is no handle of a {name}, so it cannot be imported."


def contacts_in(template: parser.Template) -> list[tuple[str | None, str]]:
    """(name, address) of the maintainers a template names.

    Several addresses in one value, or an address with text around it, are rescued; RePEc's
    verdict on the template stands all the same. Names are paired with addresses only where
    there are as many, for ReDIF does not say whose name it is (repec.md §2.5).
    """
    values: Sequence[parser.Value] = template.values
    texts = (
        "".join(filter(str.isprintable, v.text)) for v in values if v.tag == "maintainer-email"
    )
    found = (a for text in texts for a in _ADDRESS.findall(text) if len(a) <= LONGEST_ADDRESS)
    addresses = list(dict.fromkeys(found))
    names = [v.text for v in values if v.tag == "maintainer-name" and v.text]
    if len(names) != len(addresses):
        return [(" and ".join(names) or None, address) for address in addresses]
    return [(name, address) for name, address in zip(names, addresses, strict=True)]


def _storable(problem: Problem) -> Problem:
    """A problem whose sentences any database takes."""
    message, advice = problem.message, problem.advice
    if message.isascii() and advice.isascii() and message.isprintable() and advice.isprintable():
        return problem
    return problem._replace(message=plain(message)[:1000], advice=plain(advice)[:1000])


def refused(line: int, code: str, message: str) -> Problem:
    """A problem of the import itself."""
    return Problem(line, 1, Severity.ERROR, code, message)
