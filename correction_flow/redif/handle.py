"""Handles: the permanent names RePEc gives to archives, series, items, people and institutions.

The rules are those of RePEc's own parser (ReDIF-perl 2.74): three letters for an archive, six
letters or digits for a series, seven for an institution, and a listed set of ASCII signs for
the rest of an item's handle. Case never matters; what the publisher wrote is kept beside it.
"""

import re
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a handle names."""

    ARCHIVE = "archive"
    SERIES = "series"
    DOCUMENT = "document"
    INSTITUTION = "institution"
    PERSON = "person"


class Handle(NamedTuple):
    """A handle that follows the rules, with the parts it is made of.

    ``text`` is the publisher's spelling without surrounding blanks, ``canonical`` RePEc's,
    ``key`` what handles are compared by. ``archive`` is empty for a person's short id.
    """

    text: str
    key: str
    canonical: str
    kind: Kind
    archive: str
    series: str | None
    item: str | None


_AUTHORITIES = {"repec": "RePEc", "relis": "ReLIS", "mapin": "mapin"}
_COMMON = re.compile(r"(repec|relis|mapin):([a-z]{3})(?::(.+))?\Z", re.IGNORECASE | re.ASCII)
_SERIES = re.compile(r"[a-z0-9]{6}\Z", re.IGNORECASE | re.ASCII)
_INSTITUTION = re.compile(r"[a-z0-9]{7}\Z", re.IGNORECASE | re.ASCII)
_DOCUMENT = re.compile(
    r"([a-z0-9]{6}):([!\"%&'()*+,\-./:<>=?@\\_`{}~0-9a-z]+)\Z", re.IGNORECASE | re.ASCII
)
_PERSON = re.compile(r"\d{4}-\d\d-\d\d:[^\s:]+\Z", re.ASCII)
_SHORT_ID = re.compile(r"p[a-z]+\d+\Z", re.IGNORECASE | re.ASCII)
CANONICAL = {
    Kind.ARCHIVE: re.compile(r"RePEc:[a-z]{3}\Z"),
    Kind.SERIES: re.compile(r"RePEc:[a-z]{3}:[a-z0-9]{6}\Z"),
    Kind.DOCUMENT: re.compile(
        r"RePEc:[a-z]{3}:[a-z0-9]{6}:[!\"%&'()*+,\-./:<>=?@\\_`{}~0-9a-z]+\Z"
    ),
    Kind.INSTITUTION: re.compile(r"RePEc:[a-z]{3}:[a-z0-9]{7}\Z"),
    Kind.PERSON: re.compile(r"p[a-z]+[0-9]+\Z"),
}
"""What a handle of each kind looks like as RePEc itself writes it."""
_AROUND_COLON = re.compile(r"\s*:\s*")
_PLACE = re.compile(r"[a-z0-9]{6}\Z", re.IGNORECASE | re.ASCII)
_LETTER_OF_ITEM = re.compile(r"[!\"%&'()*+,\-./:<>=?@\\_`{}~0-9a-z]", re.IGNORECASE | re.ASCII)
_NAMES = {
    Kind.ARCHIVE: "an archive",
    Kind.SERIES: "a series",
    Kind.DOCUMENT: "an item",
    Kind.INSTITUTION: "an institution",
    Kind.PERSON: "a person",
}
_SHELVES = {"article": "a", "paper": "p", "book": "b", "software": "c", "chapter": "h"}


def key(text: str) -> str:
    """Return what two spellings of one handle have in common: no outer blanks, lower case."""
    return text.strip().lower()


def parse(text: str) -> Handle | None:
    """Read a handle by the rules of RePEc's parser; None when it breaks them."""
    text = text.strip()
    if _SHORT_ID.match(text):
        short = text.lower()
        return Handle(text, short, short, Kind.PERSON, "", None, None)
    common = _COMMON.match(text)
    if common is None:
        return None
    archive = f"{_AUTHORITIES[common[1].lower()]}:{common[2].lower()}"
    rest = common[3]
    if rest is None:
        return _named(text, Kind.ARCHIVE, archive, archive)
    document = _DOCUMENT.match(rest)
    if document:
        series, item = f"{archive}:{document[1].lower()}", document[2].lower()
        return _named(text, Kind.DOCUMENT, f"{series}:{item}", archive, series, item)
    if _SERIES.match(rest):
        series = f"{archive}:{rest.lower()}"
        return _named(text, Kind.SERIES, series, archive, series)
    if _INSTITUTION.match(rest):
        code = rest.lower()
        return _named(text, Kind.INSTITUTION, f"{archive}:{code}", archive, None, code)
    if archive == "RePEc:per" and _PERSON.match(rest):
        name = rest.upper()
        return _named(text, Kind.PERSON, f"{archive}:{name}", archive, None, name)
    return None


def _named(
    text: str,
    kind: Kind,
    canonical: str,
    archive: str,
    series: str | None = None,
    item: str | None = None,
) -> Handle:
    return Handle(text, text.lower(), canonical, kind, archive, series, item)


def canonical(text: str) -> str | None:
    """Return RePEc's spelling of a handle; None when it is not one.

    All is lower case but the authority (``RePEc``) and a person's name, which is upper case.
    """
    handle = parse(text)
    return handle.canonical if handle else None


def wrong_with(text: str, kind: Kind) -> str:
    """Say in a sentence what keeps a text from being a handle of that kind; empty if nothing."""
    text = text.strip()
    found = parse(text)
    if found:
        return "" if found.kind is kind else f"It names {_NAMES[found.kind]}, not {_NAMES[kind]}."
    if kind is Kind.PERSON:
        return ""
    if re.search(r"\s", text):
        return "It contains a blank."
    authority, _, rest = text.partition(":")
    if authority.lower() not in _AUTHORITIES:
        return "It does not begin with 'RePEc:'."
    archive, _, rest = rest.partition(":")
    if not re.fullmatch(r"[A-Za-z]{3}", archive):
        return f"The code of an archive has three letters; '{archive[:40]}' has not."
    place, colon, item = rest.partition(":")
    if kind is Kind.INSTITUTION:
        return f"The code of an institution has seven letters or digits; '{place[:40]}' has not."
    if kind is Kind.ARCHIVE:
        return f"An archive's handle ends after its code: RePEc:{archive.lower()}."
    if not _PLACE.match(place):
        if not rest:
            return f"It names no more than an archive, not {_NAMES[kind]}."
        return f"The code of a series has six letters or digits; '{place[:40]}' has not."
    if not item:
        return "Nothing stands after the last colon." if colon else ""
    bad = next((sign for sign in item if not _LETTER_OF_ITEM.match(sign)), None)
    return f"The sign '{bad}' may not stand in a handle." if bad else ""


def lenient(text: str) -> tuple[Handle, bool] | None:
    """Read a handle, removing blanks beside its colons; the flag says whether any went.

    ``RePEc: rsp: wpaper: wp48`` is surely one handle. A blank inside a part may tell two
    works apart (``Special 12`` and ``Special12``), so such a text is not guessed at.
    """
    handle = parse(text)
    if handle:
        return handle, False
    handle = parse(_AROUND_COLON.sub(":", text))
    return (handle, True) if handle else None


def ideas_path(handle: Handle, kind: str) -> str | None:
    """Return the path of a handle's page on IDEAS, or None where IDEAS has no such page.

    ``kind`` is the ReDIF kind of an item ("Article", "Paper" ...). Colons vanish and slashes
    become hyphens, so a path cannot be turned back into a handle.
    """
    if handle.kind is Kind.PERSON and not handle.archive:
        return f"/e/{handle.canonical}.html"
    if handle.series is None:
        return None
    place = handle.series.split(":", 1)[1].replace(":", "/")
    if handle.item is None:
        return f"/s/{place}.html"
    shelf = _SHELVES.get(kind.lower())
    if shelf is None:
        return None
    rest = handle.item.replace(":", "").replace("/", "-")
    return f"/{shelf}/{place}/{rest}.html"


_ECONPAPERS = re.compile(
    r"(?i)/(?:article|paper|bookchap|software)/([a-z]{3})([a-z0-9]{6})/([^/?#\s]+?)\.html?\b"
)
_ESCAPED = re.compile(r"_([0-9a-f]{2})")


def from_econpapers(address: str) -> str | None:
    """Read the handle in the address of an item's page on EconPapers; None where there is none.

    There ``:`` is written ``_3a`` and other signs likewise, so the address is no loss:
    ``/article/gamjadmsc/v_3a9_3ay_3a2019…htm``.
    """
    found = _ECONPAPERS.search(address)
    if found is None:
        return None
    rest = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), found[3])
    return f"RePEc:{found[1]}:{found[2]}:{rest}"
