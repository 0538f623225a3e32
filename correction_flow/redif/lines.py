"""From lines to attributes: which line opens an attribute and which continues one.

Source: sections 2.2 and 2.4 of the dossier, and ANOMALIES.md, sections 2 to 4, for what
the tolerant reading accepts beside it.
"""

import re
from dataclasses import dataclass, field

from correction_flow.redif import fields
from correction_flow.redif.fields import TemplateType
from correction_flow.redif.problems import Problem, Severity
from correction_flow.redif.template import BLANK, Chunk, counts

_TAG = re.compile(r"([a-zA-Z-]+):")
_LOOSE = re.compile(r"\ufeff*([a-zA-Z-]+(?:(?<=-) [a-zA-Z]+| -[a-zA-Z]+|[0-9]{4})?)[ \t]*:")
_INDENTED = re.compile(r"[ \t]+([a-zA-Z-]+):")
_CONFLICT = re.compile(r"(?:<{7}|>{7})(?: |$)|={7}$")
_TYPE = re.compile(r"redif-? ?([a-z]+):? ?(?:1\.?0?)?(?:<[^<>]*>)?\Z", re.IGNORECASE)
_PROSE = {"abstract", "description", "note", "restriction", "notification"}
_SCHEMES = {"http", "https", "ftp"}
_ATTRIBUTE = re.compile(r"\n([a-zA-Z-]+):")
_OPENING = re.compile(r"\n(?i:template-type):")
_OPENING_OR_LOOSE = re.compile(r"\n(?i:(?:template-type):|\ufeff*template-type[ \t]*:[ \t]*redif-)")
_SKIPPED = re.compile(rf"\n(?:#|[{BLANK}]*(?:\n|\Z))")
"""A line that does not count."""
_ODD = re.compile(
    r"\n(?:\ufeff|[<>=]{7}|[ \t]+[a-zA-Z-]+:"
    r"|[a-zA-Z-]+(?:(?<=-) [a-zA-Z]+| -[a-zA-Z]+|[0-9]{4})?[ \t]*:)"
)
"""What in a continuation line makes the tolerant reading look twice: more than it acts on."""


MAX_ATTRIBUTES = 100_000
_TOO_MANY = (
    f"The template has more than {MAX_ATTRIBUTES:,} attributes and was not read.",
    "Look whether the line 'Template-Type:' of the following templates is missing.",
)


@dataclass(slots=True)
class Chunks:
    """The attributes of one template; ``odd`` when RePEc's parser would cut them otherwise."""

    type: TemplateType | None
    written_type: str
    first: int
    last: int
    source: str
    chunks: list[Chunk] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    odd: bool = False


def openings(text: str, *, strict: bool) -> list[int]:
    """Return where each template begins in the text of a file."""
    pattern = _OPENING if strict else _OPENING_OR_LOOSE
    return [found.start() for found in pattern.finditer("\n" + text)]


def is_attribute(row: str) -> bool:
    """Say whether a line opens an attribute."""
    return _TAG.match(row) is not None


def cut(source: str, first: int, *, strict: bool) -> Chunks:
    """Cut the text of one template, which begins at line ``first``, into its attributes.

    With ``strict`` as RePEc's parser does; else what it does not see is found and reported.
    """
    found = Chunks(None, "", first, first, source)
    lead, *pieces = _ATTRIBUTE.split("\n" + source, maxsplit=MAX_ATTRIBUTES)
    if len(pieces) == 2 * MAX_ATTRIBUTES:
        found.written_type = _folded(pieces[1][:80])
        _report(found, first, "too-many-attributes", *_TOO_MANY)
        return found
    if lead or (not strict and _is_odd(pieces)):
        _cut_tolerantly(found)
        return found
    chunks, number = [], first
    for written, body in zip(pieces[::2], pieces[1::2], strict=True):
        if "\n" not in body:
            chunks.append(Chunk(written.lower(), written, number, number, [body]))
            number += 1
            continue
        text = body.rstrip(BLANK)
        if "\n" not in text:
            chunks.append(Chunk(written.lower(), written, number, number, [text]))
        else:
            rows = text.split("\n")
            last = len(rows) - 1
            if _SKIPPED.search(text):
                while last and not counts(rows[last]):
                    last -= 1
                rows[1:] = filter(counts, rows[1 : last + 1])
            chunks.append(Chunk(written.lower(), written, number, number + last, rows))
        number += body.count("\n") + 1
    found.last = chunks[-1].last
    found.written_type = _folded(" ".join(chunks[0].parts))
    found.type = fields.template_type(found.written_type)
    found.chunks = chunks[1:]
    return found


def _is_odd(pieces: list[str]) -> bool:
    """Say whether the tolerant reading has to look at a template line by line."""
    strange = {tag.lower() for tag in pieces[::2]} - fields.known_tags()
    return (
        fields.template_type(_folded(pieces[1])) is None
        or not all(fields.EXTENSION.match(tag) for tag in strange)
        or any("\n" in body and _ODD.search(body) for body in pieces[1::2])
    )


def _folded(text: str) -> str:
    return " ".join(text.split())


def _name_type(text: str, found: Chunks) -> None:
    """Take the template type from a text, mending a spelling that can mean only one."""
    found.written_type = _folded(text)
    found.type = fields.template_type(found.written_type)
    match = None if found.type else _TYPE.match(found.written_type)
    found.type = fields.template_type(f"redif-{match[1]} 1.0") if match else found.type
    if match is None or found.type is None:
        return
    found.odd = True
    _report(
        found,
        found.first,
        "template-type-misspelt",
        f"The type '{found.written_type}' was read as {found.type.text}; RePEc ignores it.",
        f"Write 'Template-Type: {found.type.text}'.",
    )


def _cut_tolerantly(found: Chunks) -> None:
    """Cut line by line, looking at each for what RePEc's parser does not see."""
    match_tag, known = _TAG.match, fields.known_tags()
    rows = found.source.split("\n")
    chunk = _open_tolerantly(rows[0], found)
    indented: list[tuple[str, Problem]] = []
    for number, text in enumerate(rows[1:], found.first + 1):
        match = match_tag(text)
        if match is None:
            if not counts(text):
                continue
            match = _loose(text, number, chunk, found)
        elif match[1].lower() not in known:
            match = _unless_text(match, number, chunk, found)
        found.last = number
        if match is not None:
            chunk = _opened(match[1].replace(" ", ""), text[match.end() :], number, found)
        elif not _left_out(text, number, chunk, found):
            chunk.parts.append(text)
            chunk.last = number
            if text[0] in " \t":
                indented += _indented(text, number, found)
    present = {one.tag for one in found.chunks}
    found.problems += [problem for tag, problem in indented if tag not in present]


def _open_tolerantly(opening: str, found: Chunks) -> Chunk:
    written, _, start = opening.partition(":")
    if written.lower() != "template-type":
        found.odd = True
        _report(
            found,
            found.first,
            "template-type-not-seen",
            "RePEc's parser does not see the Template-Type on this line.",
            "Begin the line with 'Template-Type:', without blanks or marks.",
        )
    _name_type(start, found)
    return Chunk("template-type", written, found.first, found.first, [start])


def _opened(written: str, start: str, number: int, found: Chunks) -> Chunk:
    chunk = Chunk(written.lower(), written, number, number, [start])
    found.chunks.append(chunk)
    return chunk


def _unless_text(
    match: re.Match[str], number: int, chunk: Chunk, found: Chunks
) -> re.Match[str] | None:
    """Return the match of an unknown tag, or None when it is surely text."""
    if found.type is None or fields.EXTENSION.match(match[1]) or not _is_text(match, chunk):
        return match
    _report(
        found,
        number,
        "word-read-as-text",
        f"'{match[1]}:' begins this line, but is no attribute; it was read as text. RePEc's "
        "parser rejects the whole template.",
        "Put a blank at the beginning of the line.",
    )
    return None


def _is_text(match: re.Match[str], chunk: Chunk) -> bool:
    """Say whether a word with a colon is surely text and not a misspelt attribute."""
    tag = match[1].lower()
    if tag in _SCHEMES and match.string.startswith("//", match.end()):
        return chunk.tag != "template-type"
    return chunk.tag in _PROSE and "-" not in tag and not fields.suggestions(tag)


def _loose(text: str, number: int, chunk: Chunk, found: Chunks) -> re.Match[str] | None:
    """Find an attribute that RePEc's parser does not see for a blank or an invisible mark."""
    match = _LOOSE.match(text)
    if match is None and chunk.tag == "template-type":
        match = _INDENTED.match(text)
    if match is None or found.type is None:
        return None
    tag = match[1].replace(" ", "").lower()
    if tag not in found.type.fields:
        return None
    found.odd = True
    name = fields.canonical(tag)
    _report(
        found,
        number,
        "tag-not-seen",
        f"'{name}' was read, but RePEc's parser does not see it: a name begins its line and "
        "has letters and hyphens only, up to the colon.",
        f"Begin the line with '{name}:'." if name[-1].isalpha() else "Leave it out.",
    )
    return match


def _left_out(text: str, number: int, chunk: Chunk, found: Chunks) -> bool:
    """Say whether a continuation line is no part of the value, and report that."""
    if chunk.tag == "template-type" and not found.written_type:
        _name_type(text, found)
        return True
    if _CONFLICT.match(text):
        found.odd = True
        _report(
            found,
            number,
            "conflict-marker",
            "A mark of an unresolved merge stands in the file; the line was ignored.",
            "Decide between the two versions and publish the file again.",
        )
        return True
    if chunk.tag == "template-type":
        found.odd = True
        _report(
            found,
            number,
            "text-after-template-type",
            "Text after the Template-Type was ignored; RePEc's parser takes it for a part of "
            "the type.",
            "Remove the line.",
        )
        return True
    return False


def _indented(text: str, number: int, found: Chunks) -> list[tuple[str, Problem]]:
    """Notice a tag that is indented; its line continues the value before it by the rule."""
    match = _INDENTED.match(text)
    if match is None or found.type is None or match[1].lower() not in found.type.fields:
        return []
    problem = Problem(
        number,
        match.start(1) + 1,
        Severity.NOTICE,
        "indented-tag",
        f"'{match[1]}' is indented, so the line continues the value before it.",
        "Begin the line in the first column if it is an attribute.",
    )
    return [(match[1].lower(), problem)]


def _report(found: Chunks, line: int, code: str, message: str, advice: str) -> None:
    found.problems.append(Problem(line, 1, Severity.ERROR, code, message, advice, recovered=True))
