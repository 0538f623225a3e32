"""Values: how the text of an attribute is cleaned, and what each type of value demands.

``clean`` does to every value what RePEc's parser does: tags go, entities become letters,
white space is folded, control characters are dropped. ``check`` then judges a clean value by
its type. How bad an invalid value is depends on the attribute, so the parser decides that.
"""

import html.entities
import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

from correction_flow.redif import fields, handle


class Note(NamedTuple):
    """Something to tell about a value: a code, a sentence, advice, and whether it was mended."""

    code: str
    message: str
    advice: str = ""
    recovered: bool = False


class Checked(NamedTuple):
    """The value as RePEc would store it, or None when it is invalid, with what to tell."""

    value: str | None
    notes: Sequence[Note] = ()


Check: TypeAlias = Callable[[str, bool], "str | Checked"]
"""Judges a clean text, strictly or not; gives a plain text where there is nothing to tell."""

_TAG = re.compile(r"<(?![^<>\s:@]+@[^<>\s]+>)[/!?]?[a-zA-Z][^<>]*>")
"""Mark-up; an address in angle brackets, as in mail headers, is none."""
_TAG_OR_TORN = re.compile(r"<(?=\S)[^>]*(?:>|\Z)")
"""RePEc's parser takes '<' with anything but a blank for a tag, up to the next '>' if any."""
_ENTITY = re.compile(r"&(?:#(\d{1,8});?|#[xX]([0-9a-fA-F]{1,7});?|([a-zA-Z]\w{1,31};?))", re.ASCII)
_LIGATURE = re.compile(r"(?<=[a-z])[\v\f](?=[a-z])|(?<= )[\v\f](?=[a-z])", re.IGNORECASE)
_BROKEN_ENTITY = re.compile(r"&#(?=[0-9 ]{2,12};)(\d*) +(\d*);")
TORN = Note(
    "bracket-read-as-text",
    "A '<' was read as text; RePEc's parser takes it for mark-up and loses what follows.",
    "Write &lt; for it.",
    recovered=True,
)
_LOST_LIGATURE = Note(
    "ligature-lost",
    "Letters such as ff, fi or fl were lost when this text was copied from a PDF.",
    "Type these letters again.",
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_DROPPED = {"Cc", "Cn", "Co", "Cs"}
_MOST = 50
"""So many lost characters of one value are told one by one, as RePEc's parser does."""


def clean(raw: str, *, strict: bool = False) -> tuple[str, Sequence[Note]]:
    """Return a value without mark-up, doubled blanks and control characters.

    ``raw`` is the value's lines joined by one blank. A tag leaves a blank behind. With
    ``strict`` also ``p<0.05 ...`` is taken for a tag, which RePEc's parser does. Source:
    PARSER and RUN in the dossier, section 2.3.
    """
    if raw.isprintable() and "<" not in raw and "&" not in raw:
        return (" ".join(raw.split()) if "  " in raw else raw.strip()), ()
    notes: list[Note] = []
    if "&" in raw or "<" in raw:
        raw = _without_markup(raw, notes, strict)
    if not strict and _LIGATURE.search(raw):
        notes.append(_LOST_LIGATURE)
    if _CONTROL.search(raw):
        raw = _without_controls(raw, notes)
    text = " ".join(raw.split())
    if not text.isprintable():
        text = _without_unassigned(text, notes)
    return text, notes


def _without_markup(raw: str, notes: list[Note], strict: bool) -> str:
    if "&#" in raw:
        mended = _BROKEN_ENTITY.sub(r"&#\1\2;", raw)
        if mended != raw:
            notes.append(Note("broken-entity", "A character code was broken across two lines."))
            raw = mended
    if "<" in raw:
        raw = (_TAG_OR_TORN if strict else _TAG).sub(" ", raw)
        if not strict and _TAG_OR_TORN.search(raw):
            notes.append(TORN)
    if "&" in raw:
        raw = raw if strict else _rescued(raw, notes)
        raw = _ENTITY.sub(_letter, raw)
    return raw


def _known_letters() -> dict[str, str]:
    """Map the entities RePEc's parser knows, those of HTML 4, to their letters.

    It knows those of Latin-1 without their semicolon too. Source: HTML::Entities, which
    ReDIF-perl uses.
    """
    known = {"apos": "'", "apos;": "'"}
    for name, code in html.entities.name2codepoint.items():
        known[f"{name};"] = chr(code)
        if code <= 0xFF:
            known[name] = chr(code)
    return known


_LETTERS = _known_letters()


def _letter(entity: re.Match[str]) -> str:
    """Return what an entity stands for, itself when that is nothing."""
    decimal, hexadecimal, name = entity.groups()
    if name:
        return _LETTERS.get(name, entity[0])
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return entity[0]
    return chr(code)


def _rescued(raw: str, notes: list[Note]) -> str:
    """Put right the entities that RePEc's parser does not know or turns into nothing."""

    def letter(entity: re.Match[str]) -> str:
        decimal, _, name = entity.groups()
        if name and name not in _LETTERS and name.endswith(";") and name in html.entities.html5:
            meant = html.entities.html5[name]
        elif decimal and 0x80 <= int(decimal) <= 0x9F and html.unescape(entity[0]).isprintable():
            meant = html.unescape(entity[0])
        else:
            return entity[0]
        if len(notes) < _MOST:
            notes.append(_unknown_entity(entity[0], meant))
        return meant if meant not in "&<" else html.escape(meant)

    return _ENTITY.sub(letter, raw)


def _unknown_entity(entity: str, meant: str) -> Note:
    return Note(
        "entity-unknown",
        f"RePEc's parser does not know '{entity}'; it was read as '{meant}'.",
        f"Write &#{ord(meant)}; for it." if len(meant) == 1 else "",
        recovered=True,
    )


def _without_controls(raw: str, notes: list[Note]) -> str:
    found = islice(_CONTROL.finditer(raw), _MOST)
    notes += [_dropped(one[0], "control character") for one in found]
    return _CONTROL.sub("", raw)


def _without_unassigned(text: str, notes: list[Note]) -> str:
    bad = {sign for sign in set(text) if unicodedata.category(sign) in _DROPPED}
    if not bad:
        return text
    found = islice((sign for sign in text if sign in bad), _MOST)
    notes += [_dropped(sign, "meaningless character") for sign in found]
    return " ".join("".join(sign for sign in text if sign not in bad).split())


def _dropped(sign: str, what: str) -> Note:
    return Note(
        "character-dropped",
        f"The {what} U+{ord(sign):04X} was dropped.",
        "Look whether a letter was lost here; ligatures copied from a PDF often look so.",
    )


_URL = re.compile(
    r"(https?|ftp)(://(?:[\w.\-~%:]+@)?[a-z0-9._\-]+(?::\d+)?(?:[/?#][^<>\"\s]*)?)\Z",
    re.IGNORECASE | re.ASCII,
)
_USUAL_URL = re.compile(r"https?://[a-z0-9._\-]+(?:/[^<>\"\s]*)?\Z", re.ASCII)
"""An address that is surely valid and needs nothing done to it: all but a few."""
_BARE_HOST = re.compile(
    r"www\.[a-z0-9\-]+(?:\.[a-z0-9\-]+)+(?:[/?#][^<>\"\s]*)?\Z", re.IGNORECASE | re.ASCII
)
_SEVERAL_URLS = re.compile(r"(https?://[^\s,;]+)[,;]?\s+https?://", re.IGNORECASE)
_DOUBLED_SCHEME = re.compile(r"(?:https?:/{0,3})+(https?://.+)", re.IGNORECASE)
_BLANK_IN_URL = Note(
    "blank-in-url",
    "There is a blank in the address; RePEc's parser takes it out.",
    "Write %20 for a blank that belongs to the address.",
)
_ADDRESS = re.compile(r"[a-z0-9&+\-.=_]+@[a-z0-9\-_]+(?:\.[a-z0-9\-_]+)+", re.IGNORECASE | re.ASCII)
_EMAIL = re.compile(r"[a-z0-9&+\-.=_]+@[a-z0-9\-_]+\.[a-z0-9\-_.]+\Z", re.IGNORECASE | re.ASCII)
_DATE = re.compile(r"(\d{4})(?:-?(\d\d)(?:-?(\d\d))?)?\Z", re.ASCII)
_SHORT_DATE = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?\Z", re.ASCII)
_DOI = re.compile(r"10\.[0-9.]+/\S+\Z")
_DOI_RESOLVED = re.compile(
    r"(?:https?://)?(?:dx\.|www\.)?(?:doi\.org/|doi:)(10\.[0-9.]+/\S+)\Z", re.IGNORECASE
)
_NOTHING = {"none", "n/a", "na", "nan", "null", "-", "tba", "tbd"}
"""What a program writes where it has no value."""
_FORMATS = {
    "pdf": "application/pdf",
    "acrobat": "application/pdf",
    "application/x-pdf": "application/pdf",
    "html": "text/html",
    "htm": "text/html",
    "ps": "application/postscript",
    "postscript": "application/postscript",
    "doc": "application/msword",
    "word": "application/msword",
    "txt": "text/plain",
    "text": "text/plain",
    "rtf": "application/rtf",
    "zip": "application/zip",
}
"""Names of file formats that can mean only one MIME type."""
_STATUS = re.compile(r"published|forthcoming", re.IGNORECASE | re.ASCII)
_JEL_CODE = re.compile(r"[,;:.\s]+")
_TYPE = re.compile(r"redif-([a-z]+)(?: 1\.0)?\Z", re.IGNORECASE | re.ASCII)


def _url(text: str, strict: bool) -> str | Checked:
    if _USUAL_URL.match(text):
        return text
    if "- " in text:
        return Checked(None)
    several = None if strict else _SEVERAL_URLS.match(text)
    if several:
        return _mended_url(text, several[1], "several-urls", "Give each address its own line.")
    url = "".join(text.split())
    if url[:4].lower() == "url:":
        url = url[4:]
    match = _URL.match(url)
    if match:
        notes = (_BLANK_IN_URL,) if not strict and " " in text.strip() else ()
        return Checked(match[1].lower() + match[2], notes)
    if strict:
        return Checked(None)
    if _BARE_HOST.match(url):
        return _mended_url(text, f"http://{url}", "url-without-scheme", f"Write http://{url}")
    doubled = _DOUBLED_SCHEME.match(url)
    if doubled and _URL.match(doubled[1]):
        return _mended_url(text, doubled[1], "scheme-doubled", f"Write {doubled[1]}")
    return Checked(None)


def _mended_url(text: str, url: str, code: str, advice: str) -> Checked:
    if not _URL.match(url):
        return Checked(None)
    return Checked(url, (Note(code, f"'{text[:200]}' was read as {url}.", advice, recovered=True),))


def _email(text: str, strict: bool) -> str | Checked:
    if _EMAIL.match(text):
        return text
    found = [] if strict else _ADDRESS.findall(text)
    if not found:
        return Checked(None)
    note = Note(
        "several-addresses" if len(found) > 1 else "text-around-address",
        f"RePEc's parser rejects '{text[:200]}'; {found[0]} was read.",
        "Write one address and nothing else; give each further one its own line.",
        recovered=True,
    )
    return Checked(found[0], (note,))


def _date(text: str, strict: bool) -> str | Checked:
    match = _DATE.match(text)
    if match:
        return "-".join(filter(None, match.groups()))
    match = None if strict else _SHORT_DATE.match(text)
    if match is None:
        return Checked(None)
    whole = "-".join(part.zfill(2) for part in match.groups() if part)
    note = Note(
        "date-not-padded",
        f"The date '{text}' was read as {whole}.",
        f"Write {whole}.",
        recovered=True,
    )
    return Checked(whole, (note,))


def _publication_status(text: str, strict: bool) -> str | Checked:
    return text if _STATUS.match(text) else Checked(None)


def _jel(text: str, strict: bool) -> str | Checked:
    known = fields.jel_labels()
    codes = text.split(" ")
    if all(map(known.__contains__, codes)):
        return text
    notes, good, words = [], [], False
    for code in _JEL_CODE.split(text.upper()):
        if not code:
            continue
        short = code[:3] if len(code) == 4 and code[3] == "0" else code
        if short in known:
            good.append(short)
            continue
        words = words or not code.isdigit()
        notes.append(Note("unknown-jel-code", f"'{code}' is no JEL code.", _jel_advice(short)))
    if good or not text:
        return Checked(" ".join(good), notes)
    return Checked(None, notes)


def _jel_advice(code: str) -> str:
    letter = "O" + code[1:]
    if code.startswith("0") and letter in fields.jel_labels():
        return f"Write {letter}, with the letter O."
    return ""


def _mime(text: str, strict: bool) -> str | Checked:
    mime = "/".join(text.lower().split("/")[:2])
    if mime in fields.mime_types() or mime.startswith("x-") or "/x-" in mime:
        return mime
    meant = None if strict else _FORMATS.get(mime.strip(" ."))
    if meant is None:
        return Checked(None)
    note = Note(
        "format-not-mime",
        f"The format '{text}' was read as {meant}; RePEc's parser drops it.",
        f"Write {meant}",
        recovered=True,
    )
    return Checked(meant, (note,))


def _language(text: str, strict: bool) -> str | Checked:
    code = text.lower()
    return code if code in fields.languages() else Checked(None)


def _doi(text: str, strict: bool) -> str | Checked:
    if " " in text:
        return Checked(None)
    if strict or _DOI.match(text):
        return text
    meant = _DOI_RESOLVED.match(text)
    if meant is None:
        return Checked(None if text.lower() in _NOTHING else text)
    note = Note(
        "doi-with-resolver",
        f"The DOI '{text[:200]}' was read as {meant[1]}.",
        f"Write {meant[1]}",
        recovered=True,
    )
    return Checked(meant[1], (note,))


_PROGRAMMING_LANGUAGES = frozenset(fields.PROGRAMMING_LANGUAGES.lower().split(","))


def _programming_language(text: str, strict: bool) -> str | Checked:
    return text if text.lower() in _PROGRAMMING_LANGUAGES else Checked(None)


def _percentage(text: str, strict: bool) -> str | Checked:
    return text if len(text) <= 2 and text.isascii() and text.isdigit() else Checked(None)


def _document_type(text: str, strict: bool) -> str | Checked:
    match = _TYPE.match(text)
    if match is None:
        return Checked(None)
    kind = match[1].capitalize()
    if fields.template_type(f"redif-{kind} 1.0"):
        return f"ReDIF-{kind}"
    kind = kind.removesuffix("s")
    if strict or fields.template_type(f"redif-{kind} 1.0") is None:
        return Checked(None)
    whole = f"ReDIF-{kind}"
    note = Note(
        "type-misspelt",
        f"The type '{text}' was read as {whole}.",
        f"Write {whole}.",
        recovered=True,
    )
    return Checked(whole, (note,))


def _handle_of(kind: handle.Kind) -> Check:
    is_canonical = handle.CANONICAL[kind].match

    def check(text: str, strict: bool) -> str | Checked:
        if is_canonical(text):
            return text
        found = handle.parse(text)
        if found:
            return Checked(found.canonical if found.kind is kind else None)
        mended = None if strict else handle.lenient(text)
        if mended is None or mended[0].kind is not kind:
            return Checked(None)
        whole = mended[0].canonical
        note = Note(
            "blanks-in-handle",
            f"The handle '{text}' contains blanks.",
            f"Write {whole}",
            recovered=True,
        )
        return Checked(whole, (note,))

    return check


_CHECKS: dict[str, Check] = {
    "url": _url,
    "email": _email,
    "date": _date,
    "pubstat": _publication_status,
    "jel": _jel,
    "mime_type": _mime,
    "langcode639_1": _language,
    "doi": _doi,
    "programming_language": _programming_language,
    "percentage": _percentage,
    "doctype": _document_type,
    "archivehandle": _handle_of(handle.Kind.ARCHIVE),
    "serieshandle": _handle_of(handle.Kind.SERIES),
    "documenthandle": _handle_of(handle.Kind.DOCUMENT),
    "institutionhandle": _handle_of(handle.Kind.INSTITUTION),
    "personhandle": _handle_of(handle.Kind.PERSON),
}


def check(type_: str, text: str, *, strict: bool = False) -> Checked:
    """Judge a clean value by its type (the dossier's section 2.6); most types are plain text.

    With ``strict`` nothing is mended that RePEc's parser would not mend.
    """
    judge = _CHECKS.get(type_)
    found = judge(text, strict) if judge else text
    return Checked(found) if isinstance(found, str) else found


def checker(type_: str) -> Check | None:
    """Return what judges values of that type; None for plain text, which is never wrong."""
    return _CHECKS.get(type_)
