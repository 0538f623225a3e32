"""Items in the formats that reference managers and programs read. Pure.

CSL-JSON is made first; BibTeX and RIS are made of it, so that all say the same. No format carries
an e-mail address, telephone number or postal address: pages do not show them either.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import StringIO
from typing import Any

import rispy
from pybtex.database import BibliographyData, Entry, Person
from pybtex.database.output.bibtex import Writer
from rispy.writer import RisWriter

from correction_flow.catalog import formats
from correction_flow.catalog.record import year_of
from correction_flow.core.text import squeeze
from correction_flow.redif.writer import Unwritable

Csl = dict[str, Any]
_PRIVATE = {"email", "phone", "fax", "postal", "contact-email"}
_MONTHS = re.findall(
    r"\w+",
    "january february march april may june july august september october november december",
)
_NOT_TEX = re.compile(r"[\w.:/()\-;+<>\[\]=&%#?~,$!*'@]+")
"""Addresses and DOIs as they nearly always are: nothing in them would end a value of BibTeX."""
_TEX = str.maketrans({sign: f"\\{sign}" for sign in "#%&_"})
_MACRO = re.compile(r"[\\~]")
_INSTITUTION = re.compile(
    r"\b(?:universit|institut|department|bank|ministry|office|council|committee|commission|"
    r"organi[sz]ation|association|agency|fund|group|staff|team|oecd|centre|center)",
    re.IGNORECASE,
)
_CSL_TYPES = {
    "Article": "article-journal",
    "Paper": "report",
    "Book": "book",
    "Chapter": "chapter",
    "Software": "software",
}
_BIBTEX_TYPES = {
    "article-journal": "article",
    "report": "techreport",
    "book": "book",
    "chapter": "incollection",
}
_RIS_TYPES = {
    "article-journal": "JOUR",
    "report": "RPRT",
    "book": "BOOK",
    "chapter": "CHAP",
    "software": "COMP",
}
_NOTES = (
    ("revision_date", "Revised"),
    ("publication_status", "Publication status"),
    ("length", "Length"),
    ("programming_language", "Programming language"),
    ("requires", "Requires"),
    ("size", "Size"),
)


@dataclass(frozen=True)
class Exported:
    """What an export says of one item; `address` is that of its page.

    An entry of a reference list that is linked to no item has only a text. `remark` is the note of
    who exports; BibTeX, RIS and CSL-JSON have a place for it.
    """

    handle: str
    address: str
    kind: str
    record: Mapping[str, Any]
    series: str = ""
    provider: str | None = None
    text: str = ""
    remark: str = ""


def csl(item: Exported) -> Csl:
    """The item as CSL-JSON (citationstyles.org, schema 1.0.2)."""
    if item.text:
        return {"id": item.handle, "type": "document", "title": squeeze(item.text)}
    record, kind = item.record, item.kind
    found: Csl = {
        "id": item.handle,
        "type": _CSL_TYPES[kind],
        "title": record.get("title"),
        "author": _names(record.get("authors", ())),
        "editor": _names(record.get("editors", ())),
        "issued": _issued(record),
        "volume": record.get("volume"),
        "issue": record.get("issue"),
        "page": record.get("pages"),
        "DOI": _doi(record.get("doi")),
        "ISBN": record.get("isbn"),
        "URL": item.address,
        "abstract": "\n\n".join(record.get("abstract", ())) or None,
        "keyword": ", ".join(_keywords(record)) or None,
        "language": record.get("language"),
        "edition": record.get("edition"),
        "version": record.get("version"),
        "chapter-number": record.get("chapter"),
        "publisher": item.provider,
        "note": "\n".join(filter(None, ("; ".join(_notes(item)), item.remark))) or None,
    }
    if kind == "Article":
        found["container-title"] = record.get("journal") or item.series
        found["number"] = record.get("number")
    elif kind == "Chapter":
        found["container-title"] = record.get("book_title")
        found["collection-title"] = item.series
        found["number"] = record.get("number")
    else:
        found["genre"] = "Working paper" if kind == "Paper" else None
        found["collection-title"] = item.series
        found["number"] = record.get("number")
    return {name: value for name, value in found.items() if value}


def _names(people: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [_name(person) for person in people if squeeze(str(person.get("name", "")))]


def _name(person: Mapping[str, Any]) -> dict[str, str]:
    """A name as CSL wants it: apart where that is sure, else as it is printed."""
    name = squeeze(str(person["name"]))
    first, last = person.get("name-first"), person.get("name-last")
    if isinstance(first, str) and isinstance(last, str):
        return {"family": last, "given": first}
    family, comma, given = name.partition(",")
    if comma and family.strip() and given.strip():
        return {"family": family.strip(), "given": given.strip()}
    words = name.split(" ")
    if len(words) == 1 or _INSTITUTION.search(name):
        return {"literal": name}
    return {"family": words[-1], "given": " ".join(words[:-1])}


def _issued(record: Mapping[str, Any]) -> Csl | None:
    year = year_of(record)
    if not year:
        return None
    parts = [int(year)]
    date = str(record.get("publication_date") or record.get("creation_date") or "")
    month = str(record.get("month") or "").strip()
    if month.lower() in _MONTHS:
        parts.append(_MONTHS.index(month.lower()) + 1)
    elif not month and date.startswith(str(year)):
        parts += [int(part) for part in date.split("-")[1:] if part.isdigit()]
    issued: Csl = {"date-parts": [parts]}
    if month and len(parts) == 1:
        issued["literal"] = f"{month} {year}"
    return issued


def _doi(doi: Any) -> str | None:
    return re.sub(r"(?i)^(?:https?://)?(?:dx\.)?doi\.org/", "", str(doi)) if doi else None


def _keywords(record: Mapping[str, Any]) -> list[str]:
    return [squeeze(word) for word in str(record.get("keywords") or "").split(";") if word.strip()]


def _notes(item: Exported) -> Iterable[str]:
    record = item.record
    if record.get("jel"):
        yield f"JEL: {' '.join(record['jel'])}"
    for name, label in _NOTES:
        if record.get(name):
            yield f"{label}: {record[name]}"
    if record.get("note"):
        yield str(record["note"])


# -- the formats --------------------------------------------------------------------------


def as_text(items: Sequence[Exported]) -> str:
    """One suggested citation a line."""
    lines = [
        squeeze(item.text)
        or formats.citation(item.record, kind=item.kind, series=item.series, provider=item.provider)
        for item in items
    ]
    return "".join(f"{line}\n" for line in lines)


def as_json(items: Sequence[Exported]) -> str:
    """What is shown of each item, under our own names."""
    rows = [
        {"text": item.text}
        if item.text
        else {
            "handle": item.handle,
            "address": item.address,
            "kind": item.kind,
            "series": item.series,
            "publisher": item.provider,
            "record": without_addresses(item.record),
        }
        for item in items
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def as_csl(items: Sequence[Exported]) -> str:
    """CSL-JSON, a list."""
    return json.dumps([csl(item) for item in items], ensure_ascii=False, indent=2) + "\n"


def as_redif(items: Sequence[Exported]) -> str:
    """ReDIF templates; a comment where RePEc's parser could not read one."""
    texts = []
    for item in items:
        if item.text:
            texts.append(f"# {squeeze(item.text)}\n")
            continue
        try:
            record = without_addresses(item.record)
            texts.append(formats.redif(record, kind=item.kind, handle=item.handle))
        except Unwritable as error:
            texts.append(f"# {item.handle}: {squeeze(str(error))}\n")
    return "\n".join(texts)


class BibtexKeys:
    """The keys of one BibTeX file: the handle, as on IDEAS, and a letter where two look the same
    without the signs that no key can hold. BibTeX compares keys in lower case."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._taken: set[str] = set()
        self._times: Counter[str] = Counter()

    def __call__(self, handle: str) -> str:
        """The key of that handle, the same each time; never the same for two."""
        if handle in self._keys:
            return self._keys[handle]
        base = re.sub(r"[^A-Za-z0-9:./_-]", "_", handle)
        key = base or f"reference-{len(self._taken) + 1}"
        while key.lower() in self._taken:
            self._times[base.lower()] += 1
            key = base + _letters(self._times[base.lower()])
        self._taken.add(key.lower())
        if handle:  # without one, each is another
            self._keys[handle] = key
        return key


def _letters(number: int) -> str:
    """1 is a, 26 is z, 27 is aa."""
    letters = ""
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("a") + place) + letters
    return letters


def as_bibtex(items: Sequence[Exported], keys: BibtexKeys | None = None) -> str:
    """BibTeX. `keys` are those of the parts of the file that were written before."""
    keys = keys or BibtexKeys()
    entries = {keys(item.handle): _bibtex_entry(csl(item), item) for item in items}
    stream = StringIO()
    _Writer().write_stream(BibliographyData(entries=entries), stream)
    return stream.getvalue()


class _Writer(Writer):  # type: ignore[misc]
    """Writes addresses and DOIs as they are, for nothing in them is TeX."""

    def _encode(self, text: str) -> str:
        """As pybtex does, but at once: its codec takes half a minute for a long list."""
        return super()._encode(text) if _MACRO.search(text) else text.translate(_TEX)

    def _write_field(self, stream: Any, type: str, value: str) -> None:
        plain = type in ("url", "doi") and _NOT_TEX.fullmatch(value)
        written = value if plain else self._encode(value)
        stream.write(f",\n    {type} = {self.quote(written)}")


def _bibtex_entry(found: Csl, item: Exported) -> Entry:
    kind = found["type"]
    issued = found.get("issued", {})
    parts = issued.get("date-parts", [[]])[0]
    article = kind == "article-journal"
    fields = {
        "title": found.get("title"),
        "year": parts[0] if parts else None,
        "month": item.record.get("month")
        or (_MONTHS[parts[1] - 1].capitalize() if len(parts) > 1 else None),
        "journal": found.get("container-title") if article else None,
        "booktitle": found.get("container-title") if kind == "chapter" else None,
        "volume": found.get("volume"),
        "number": found.get("issue") or found.get("number"),
        "pages": re.sub(r"(?<=\d)\s*[-–]\s*(?=\d)", "--", found.get("page", "")),
        "chapter": found.get("chapter-number"),
        "edition": found.get("edition"),
        "series": found.get("collection-title") if kind != "report" else None,
        "type": found.get("collection-title") if kind == "report" else None,
        ("institution" if kind == "report" else "publisher"): found.get("publisher"),
        "version": found.get("version"),
        "doi": found.get("DOI"),
        "isbn": found.get("ISBN"),
        "url": found.get("URL"),
        "language": found.get("language"),
        "keywords": found.get("keyword"),
        "abstract": found.get("abstract"),
        "note": "; ".join(_notes(item)),
        "annote": item.remark,
    }
    kept = [(name, _balanced(squeeze(str(value)))) for name, value in fields.items() if value]
    people = {
        role: [_person(n) for n in found[role]] for role in ("author", "editor") if role in found
    }
    return Entry(_BIBTEX_TYPES.get(kind, "misc"), fields=kept, persons=people)


def _person(name: Mapping[str, str]) -> Person:
    if "literal" in name:
        return Person(last=f"{{{_balanced(name['literal'])}}}")
    return Person(first=_balanced(name["given"]), last=f"{{{_balanced(name['family'])}}}")


def _balanced(text: str) -> str:
    """The text without what no BibTeX can hold: braces that do not match, a bare backslash."""
    depth = 0
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            break
    if depth:
        text = text.replace("{", "").replace("}", "")
    return text.replace("\\", "\\textbackslash{}")


def as_ris(items: Sequence[Exported]) -> str:
    """RIS, one entry an item."""
    entries = [_ris_entry(csl(item), item) for item in items]
    return str(rispy.dumps(entries, implementation=_RisWriter))


class _RisWriter(RisWriter):  # type: ignore[misc]
    """Writes no number before an entry, which some programs take for a part of it."""

    def set_header(self, count: int) -> str:
        return ""


def _ris_entry(found: Csl, item: Exported) -> dict[str, Any]:
    kind = found["type"]
    parts = [str(part) for part in found.get("issued", {}).get("date-parts", [[]])[0]]
    first, _, last = found.get("page", "").replace("–", "-").partition("-")
    entry = {
        "type_of_reference": _RIS_TYPES.get(kind, "GEN"),
        "id": item.handle,
        "title": found.get("title"),
        "authors": [_written(name) for name in found.get("author", ())],
        "secondary_authors": [_written(name) for name in found.get("editor", ())],
        "year": parts[0] if parts else None,
        "date": _ris_date(parts, item),
        "journal_name": found.get("container-title") if kind == "article-journal" else None,
        "secondary_title": found.get("container-title") if kind == "chapter" else None,
        "tertiary_title": found.get("collection-title"),
        "volume": found.get("volume"),
        "number": found.get("issue") or found.get("number"),
        "start_page": first.strip(),
        "end_page": last.strip(),
        "section": found.get("chapter-number"),
        "edition": found.get("edition") or found.get("version"),
        "publisher": found.get("publisher"),
        "type_of_work": found.get("genre"),
        "doi": found.get("DOI"),
        "issn": found.get("ISBN"),
        "urls": [found["URL"]] if "URL" in found else [],
        "abstract": found.get("abstract"),
        "keywords": _keywords(item.record),
        "language": found.get("language"),
        "notes": [*_notes(item), *filter(None, [item.remark])],
    }
    return {name: _folded(value) for name, value in entry.items() if value}


def _ris_date(parts: Sequence[str], item: Exported) -> str | None:
    """The date as RIS has it: year/month/day/rest, where the month may be in words."""
    if not parts:
        return None
    year, month, day = [*parts, "", ""][:3]
    rest = str(item.record.get("month") or "") if not month else ""
    return f"{year}/{month.zfill(2) if month else ''}/{day.zfill(2) if day else ''}/{rest}"


def _folded(value: Any) -> Any:
    """No line end may stand within a value of RIS."""
    return [squeeze(v) for v in value] if isinstance(value, list) else squeeze(str(value))


def _written(name: Mapping[str, str]) -> str:
    return name.get("literal") or f"{name['family']}, {name['given']}"


def without_addresses(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without what leads to a person's mailbox, telephone or door."""
    return {name: _public(value) for name, value in record.items() if not _is_private(name)}


def _is_private(name: str) -> bool:
    return name in _PRIVATE or name.endswith(("-email", "-phone", "-fax", "-postal"))


def _public(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_addresses(value)
    return [_public(entry) for entry in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Format:
    """One way to export: its name in addresses and on pages, file ending, MIME type."""

    name: str
    label: str
    ending: str
    mime: str
    write: Callable[[Sequence[Exported]], str]
    opens: str = ""
    between: str = ""
    closes: str = ""
    in_parts: Callable[[], Callable[[Sequence[Exported]], str]] | None = None
    """Makes a `write` for one file, where its parts have to know of each other."""

    def parts(self, batches: Iterable[Sequence[Exported]]) -> Iterator[str]:
        """What `write` makes of all batches together, in parts: no long list is held whole."""
        n, write = 0, self.in_parts() if self.in_parts else self.write
        for n, batch in enumerate(batches, 1):
            yield self.opens if n == 1 else self.between
            yield write(batch).removeprefix(self.opens).removesuffix(self.closes)
        yield self.closes if n else self.write([])


_CSL_MIME = "application/vnd.citationstyles.csl+json"
_LIST = ("[\n", ",\n", "\n]\n")
FORMATS = {
    one.name: one
    for one in (
        Format(
            "bibtex", "BibTeX", "bib", "application/x-bibtex", as_bibtex, between="\n",
            in_parts=lambda: partial(as_bibtex, keys=BibtexKeys()),
        ),
        Format("ris", "RIS", "ris", "application/x-research-info-systems", as_ris, between="\n"),
        Format("csl", "CSL-JSON", "csl.json", _CSL_MIME, as_csl, *_LIST),
        Format("redif", "ReDIF", "redif", "text/plain", as_redif, between="\n"),
        Format("json", "JSON", "json", "application/json", as_json, *_LIST),
        Format("text", "Plain text", "txt", "text/plain", as_text),
    )
}  # fmt: skip
