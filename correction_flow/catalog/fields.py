"""The fields of an item: one table for import, pages, forms and the way back to ReDIF.

Which kind has which field is RePEc's specification (revision 5.8), read from `redif.fields`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from correction_flow.redif import fields as redif


@dataclass(frozen=True)
class Field:
    """One property of an item.

    `name` is its key in `upstream` and `shown` and the target of a change; `tag` is the ReDIF
    attribute, lower-case. `many`: the value is a list of texts instead of one text.
    """

    name: str
    tag: str
    label: str
    many: bool = False
    long: bool = False
    help: str = ""


PLAIN_FIELDS = (
    Field("title", "title", "Title", help="As printed on the work, without its number."),
    Field(
        "abstract", "abstract", "Abstract", many=True, long=True,
        help="Leave an empty line between abstracts in several languages.",
    ),
    Field("journal", "journal", "Journal"),
    Field("book_title", "book-title", "Title of the book"),
    Field("year", "year", "Year", help="Four digits, like 2014."),
    Field("month", "month", "Month", help="As a word, like July."),
    Field("volume", "volume", "Volume"),
    Field("issue", "issue", "Issue"),
    Field("pages", "pages", "Pages", help="First and last page, like 93-111."),
    Field("chapter", "chapter", "Chapter"),
    Field("number", "number", "Number"),
    Field("edition", "edition", "Edition"),
    Field("version", "version", "Version"),
    Field("creation_date", "creation-date", "Date of creation", help="Like 2014-05-31 or 2014."),
    Field("revision_date", "revision-date", "Date of revision", help="Like 2014-05-31 or 2014."),
    Field("publication_date", "publication-date", "Date of publication", help="Like 2014-05-31."),
    Field("publication_status", "publication-status", "Publication status",
          help="Begins with Published or Forthcoming."),
    Field("length", "length", "Length", help="Like 34 pages."),
    Field("isbn", "isbn", "ISBN"),
    Field("doi", "doi", "DOI", help="Like 10.3390/admsci9030051, without https://doi.org/."),
    Field("language", "language", "Language", help="Two letters (ISO 639-1), like en."),
    Field("keywords", "keywords", "Keywords", long=True, help="Separated by semicolons."),
    Field("jel", "classification-jel", "JEL classification", many=True,
          help="Codes separated by blanks, like D72 H11."),
    Field("programming_language", "programming-language", "Programming language"),
    Field("requires", "requires", "Requires"),
    Field("size", "size", "Size"),
    Field("note", "note", "Note", long=True),
)  # fmt: skip
"""Fields whose value is text. Title comes first, then what a reader looks for."""

AUTHORS = Field("authors", "author", "Authors", many=True)
EDITORS = Field("editors", "editor", "Editors", many=True)
FILES = Field("files", "file", "Downloads", many=True)
CLUSTERS = (AUTHORS, EDITORS, FILES)
"""Fields whose value is a list of clusters: people with their workplaces, files."""

_ALL = {f.name: f for f in (*PLAIN_FIELDS, *CLUSTERS)}


def field(name: str) -> Field:
    """The field of that name. Raises KeyError."""
    return _ALL[name]


@cache
def fields_of(kind: str) -> tuple[Field, ...]:
    """The plain fields a ReDIF template of this kind may have."""
    template = redif.template_type(f"ReDIF-{kind} 1.0")
    if template is None:
        raise KeyError(kind)
    known = template.plain
    return tuple(f for f in PLAIN_FIELDS if f.tag in known and not known[f.tag].deprecated)


def label(target: str) -> str:
    """What people call the field of a change's target."""
    return _ALL[target].label if target in _ALL else target
