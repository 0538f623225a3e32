"""What an item's page tells programs about it, in its head: Highwire's tags, and IDEAS's own. Pure.

Google Scholar and Zotero read the first (scholar.google.com/intl/en/scholar/inclusion.html), and
whoever reads pages of IDEAS the others (repec.md §6). What schema.org wants stands in the page
itself, as microdata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from correction_flow.core.text import squeeze

Tag = tuple[str, str]
SCHEMA_TYPES = {
    "Article": "ScholarlyArticle",
    "Paper": "ScholarlyArticle",
    "Book": "Book",
    "Chapter": "Chapter",
    "Software": "SoftwareSourceCode",
}
"""What schema.org calls the five kinds."""
LONGEST = 5000


@dataclass(frozen=True)
class Described:
    """An item as its page tells of it."""

    kind: str
    address: str
    title: str
    year: int | None
    record: Mapping[str, Any]
    series: str
    provider: str | None
    issn: str | None = None

    def value(self, name: str) -> str:
        """A field as one text; empty where the publisher gives none."""
        return squeeze(str(self.record.get(name) or ""))


def head_tags(item: Described) -> list[Tag]:
    """Names and contents of the page's <meta> tags, without empty ones."""
    parts = (_work(item), _people(item), _dates(item), _place(item), _links(item))
    return [(name, squeeze(text)[:LONGEST]) for part in parts for name, text in part if text]


def pages_of(record: Mapping[str, Any]) -> tuple[str, str]:
    """First and last page; empty where there is none: 51- has no last one."""
    first, _, last = str(record.get("pages") or "").replace("–", "-").partition("-")
    return first.strip(), last.strip()


def date_of(item: Described) -> str:
    """The date of the work as ISO 8601, as exact as the publisher gives it."""
    for name in ("publication_date", "creation_date"):
        text = item.value(name)
        if item.year is not None and text.startswith(str(item.year)):
            return text
    return str(item.year or "")


def _work(item: Described) -> Iterator[Tag]:
    yield "citation_title", item.title
    yield "citation_abstract", "\n".join(map(str, item.record.get("abstract", ())))
    yield "citation_keywords", item.value("keywords")
    yield "citation_language", item.value("language")
    yield "citation_doi", item.value("doi")
    yield "citation_isbn", item.value("isbn")
    yield "citation_publisher", item.provider or ""
    yield "redif-type", item.kind.lower()


def _people(item: Described) -> Iterator[Tag]:
    authors = item.record.get("authors", ())
    yield "citation_authors", "; ".join(str(a.get("name", "")) for a in authors)
    for author in authors:
        yield "citation_author", str(author.get("name", ""))
        for place in author.get("workplaces", ()):
            name = place.get("name", "")
            yield "citation_author_institution", name if isinstance(name, str) else ", ".join(name)
    for editor in item.record.get("editors", ()):
        yield "citation_editor", str(editor.get("name", ""))


def _dates(item: Described) -> Iterator[Tag]:
    date = date_of(item).replace("-", "/")
    yield "citation_publication_date", date
    yield "citation_date", date
    yield "citation_year", str(item.year or "")


def _place(item: Described) -> Iterator[Tag]:
    """Where it appeared, by what it is."""
    if item.kind == "Article":
        yield "citation_journal_title", item.value("journal") or item.series
        yield "citation_issn", item.issn or ""
    if item.kind == "Paper":
        yield "citation_technical_report_institution", item.provider or item.series
        yield "citation_technical_report_number", item.value("number")
        yield "wp-number", item.value("number")
    if item.kind == "Chapter":
        yield "citation_inbook_title", item.value("book_title")
        yield "book_title", item.value("book_title")
        editors = [str(e.get("name", "")) for e in item.record.get("editors", ())]
        yield "book_editor", "; ".join(editors)
        yield "chapter", item.value("chapter")
    if item.kind in ("Book", "Chapter"):
        yield "book_edition", item.value("edition")
    first, last = pages_of(item.record)
    yield "citation_volume", item.value("volume")
    yield "citation_issue", item.value("issue")
    yield "citation_firstpage", first
    yield "citation_lastpage", last


def _links(item: Described) -> Iterator[Tag]:
    yield "citation_abstract_html_url", item.address
    for file in item.record.get("files", ()):
        url, form = file.get("url"), str(file.get("format", "")).lower()
        if isinstance(url, str) and url.lower().startswith(("http:", "https:", "ftp:")):
            if form == "application/pdf":
                yield "citation_pdf_url", url
            elif form == "text/html":
                yield "citation_fulltext_html_url", url
