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
    attribute, lower-case. `many`: the value is a list of texts instead of one text. `limit`: the
    most characters RePEc takes of one text (specification 5.8, section 2.6).
    """

    name: str
    tag: str
    label: str
    many: bool = False
    long: bool = False
    help: str = ""
    limit: int = 500


PLAIN_FIELDS = (
    Field("title", "title", "Title", limit=1000,
          help="As printed on the work, without its number."),
    Field(
        "abstract", "abstract", "Abstract", many=True, long=True, limit=4200,
        help="One box for each language. An emptied box takes its abstract out.",
    ),
    Field("journal", "journal", "Journal"),
    Field("book_title", "book-title", "Title of the book"),
    Field("year", "year", "Year", help="Four digits, like 2014."),
    Field("month", "month", "Month", help="Choose it, or write what is printed."),
    Field("volume", "volume", "Volume", help="Like 9."),
    Field("issue", "issue", "Issue", help="Like 3 or 3-4."),
    Field("pages", "pages", "Pages", help="First and last page, like 93-111."),
    Field("chapter", "chapter", "Chapter"),
    Field("number", "number", "Number", help="In its series, like 9873."),
    Field("edition", "edition", "Edition", help="Like 2."),
    Field("version", "version", "Version"),
    Field("creation_date", "creation-date", "Date of creation", help="Like 2014-05-31 or 2014."),
    Field("revision_date", "revision-date", "Date of revision", help="Like 2014-05-31 or 2014."),
    Field("publication_date", "publication-date", "Date of publication", help="Like 2014-05-31."),
    Field("publication_status", "publication-status", "Publication status",
          help="Begins with Published or Forthcoming."),
    Field("length", "length", "Length", help="Like 34 pages."),
    Field("isbn", "isbn", "ISBN", help="Like 978-3-16-148410-0."),
    Field("doi", "doi", "DOI", limit=120,
          help="Like 10.3390/admsci9030051, without https://doi.org/."),
    Field("language", "language", "Language", help="Two letters (ISO 639-1), like en."),
    Field("keywords", "keywords", "Keywords", long=True, limit=1500,
          help="Separated by semicolons."),
    Field("jel", "classification-jel", "JEL classification", many=True,
          help="What the work is about, by the codes of the Journal of Economic Literature."),
    Field("programming_language", "programming-language", "Programming language",
          help="Like stata, R or MATLAB; several are separated by commas."),
    Field("requires", "requires", "Requires", help="What else is needed to run it."),
    Field("size", "size", "Size", help="Like 120 kB."),
    Field("note", "note", "Note", long=True),
)  # fmt: skip
"""Fields whose value is text. Title comes first, then what a reader looks for."""

AUTHORS = Field(
    "authors", "author", "Authors", many=True,
    help="In the order of the printed work. Whoever is moved or respelt keeps e-mail address, "
    "profile and workplace; addresses are never shown.",
)  # fmt: skip
EDITORS = Field("editors", "editor", "Editors", many=True, help=AUTHORS.help)
FILES = Field(
    "files", "file", "Downloads", many=True,
    help="Leave the restriction empty where everybody may read: RePEc takes any text there, "
    "even “no”, to mean that it is not free.",
)  # fmt: skip
CLUSTERS = (AUTHORS, EDITORS, FILES)
"""Fields whose value is a list of clusters: people with their workplaces, files."""

NAME = Field("name", "name", "Name", help="As the publisher prints it.")
DESCRIPTION = Field("description", "description", "Description", long=True, limit=4200)
PUBLISHERS = Field(
    "publishers", "provider", "Publisher", many=True,
    help="As the publisher calls itself, with its own homepage.",
)  # fmt: skip
"""ReDIF's providers; Publisher-Name means the same to RePEc."""
CONTACTS = Field(
    "contact_names", "maintainer-name", "Contact", many=True,
    help="The name of who keeps the files. An e-mail address is never shown and cannot be asked "
    "for: it changes only in the publisher’s own file, or by the rights that the archive gives.",
)  # fmt: skip

SERIES_FIELDS = (
    NAME,
    DESCRIPTION,
    Field("issn", "issn", "ISSN", many=True,
          help="Like 2076-3387; one for print and one for the web, if both are there."),
    PUBLISHERS,
    CONTACTS,
    EDITORS,
)  # fmt: skip
"""The fields of a series."""

ARCHIVE_FIELDS = (
    NAME,
    CONTACTS,
    Field("homepage", "homepage", "Homepage", help="Like https://example.org."),
    Field("restriction", "restriction", "Restriction",
          help="Who may use what is in the archive. Empty where everybody may."),
    DESCRIPTION,
)  # fmt: skip
"""The fields of an archive that people see. Its URL, its addresses and its classification are not
shown, and only the publisher's own file changes them."""
NOT_SHOWN = frozenset({"url"})
"""Tags of values without a field that no page shows: where RePEc fetches an archive's files."""

_ALL = {f.name: f for f in (*PLAIN_FIELDS, *CLUSTERS, *SERIES_FIELDS, *ARCHIVE_FIELDS)}


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
