"""Changing single values of a publisher's file, and no other byte of it.

``write(parsed)`` gives back the bytes that were read. With edits, the lines of the values they
name change and everything else stays: order, comments, blank lines, character set, line ends.

How a new value is written:

- It stands on one line if the value it replaces did; else it is folded, each further line
  beginning with a blank, so that no word of it can be taken for an attribute or a comment.
- ``&`` and ``<`` are written as entities where they would be taken for mark-up.
- Characters that the file's character set lacks are written as ``&#8211;``, which RePEc's
  parser decodes. So is everything beyond ASCII in a file whose character set RePEc's parser
  mistakes (UTF-8 without its mark in a ``.rdf``), mixes, or need not decide yet.

Before the bytes are given out they are read again: were any other value to come out different,
or the new one not exactly as asked for, Unwritable is raised instead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from correction_flow.redif import encoding as encodings
from correction_flow.redif import fields, values
from correction_flow.redif.parser import parse
from correction_flow.redif.template import ParsedFile, Template
from correction_flow.redif.writer import Unwritable, escaped, wrapped


@dataclass(frozen=True, slots=True)
class Replace:
    """Write another text for value ``n`` of the template; both count from 0."""

    template: int
    n: int
    text: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Take out value ``n`` of the template; both count from 0."""

    template: int
    n: int


@dataclass(frozen=True, slots=True)
class Add:
    """Write a new attribute after value ``n`` of the template, after its type where n is -1."""

    template: int
    n: int
    tag: str
    text: str


Edit: TypeAlias = Replace | Remove | Add


@dataclass(slots=True)
class _Plan:
    """What becomes of the lines of a file, by their numbers, and what is read afterwards."""

    texts: list[list[tuple[str, str]]]
    gone: set[int] = field(default_factory=set)
    instead: dict[int, list[str]] = field(default_factory=dict)
    after: dict[int, list[str]] = field(default_factory=dict)


def write(parsed: ParsedFile, edits: Sequence[Edit] = ()) -> bytes:
    """Return the bytes of a file with the edits made, each value edited at most once.

    Raises Unwritable, which names the attribute, where that cannot be done without changing
    something else, and LookupError where an edit names no value of the file.
    """
    read = encodings.read(parsed.data, name=parsed.name, encoding=parsed.told, strict=parsed.strict)
    plan = _Plan([[(value.tag, value.text) for value in t.values] for t in parsed.templates])
    for edit in sorted(edits, key=lambda edit: (edit.template, edit.n), reverse=True):
        template = parsed.templates[edit.template]
        texts = plan.texts[edit.template]
        if not (0 <= edit.n < len(template.chunks) or (edit.n == -1 and isinstance(edit, Add))):
            raise LookupError(f"template {edit.template} has no value {edit.n}")
        if isinstance(edit, Add):
            _add(plan, template, texts, edit)
        else:
            _replace(plan, template, texts, edit)
    data = b"".join(_written(plan, encodings.raw_lines(parsed.data, read), parsed))
    if edits:
        _verify(data, parsed, plan, edits)
    return data


def _add(plan: _Plan, template: Template, texts: list[tuple[str, str]], edit: Add) -> None:
    text = escaped(edit.tag, edit.text, _type_of(template, edit.tag))
    if edit.n >= 0:
        at = template.chunks[edit.n].last
    else:
        at = template.chunks[0].first - 1 if template.chunks else template.last_line
    rows = list(wrapped(fields.canonical(edit.tag), text))
    plan.after[at] = rows + plan.after.get(at, [])
    texts.insert(edit.n + 1, (edit.tag.lower(), values.clean(text)[0]))


def _replace(
    plan: _Plan, template: Template, texts: list[tuple[str, str]], edit: Replace | Remove
) -> None:
    chunk = template.chunks[edit.n]
    own = _own_lines(template, edit.n)
    if plan.gone.intersection(own):
        raise Unwritable(chunk.tag, "it is edited twice.")
    plan.gone.update(own)
    if isinstance(edit, Remove):
        del texts[edit.n]
        return
    text = escaped(chunk.tag, edit.text, _type_of(template, chunk.tag))
    start = chunk.parts[0]
    blank = start[: len(start) - len(start.lstrip())] if start.strip() else " "
    rows = wrapped(chunk.written, text, blank=blank, fold=len(own) > 1)
    plan.instead[chunk.first] = list(rows)
    texts[edit.n] = (chunk.tag, values.clean(text)[0])


def _type_of(template: Template, tag: str) -> str:
    kind = fields.template_type(template.type or "")
    known = kind.fields.get(tag.lower()) if kind else None
    return known.type if known else ""


def _own_lines(template: Template, n: int) -> list[int]:
    """Return the numbers of the lines a value is made of: no comment or blank line between."""
    chunk = template.chunks[n]
    rows = template.source.split("\n")
    own, parts = [chunk.first], chunk.parts[1:]
    for number in range(chunk.first + 1, chunk.last + 1):
        if parts and rows[number - template.first_line].rstrip() == parts[0].rstrip():
            own.append(number)
            parts = parts[1:]
    return own


def _written(plan: _Plan, raw: list[bytes], parsed: ParsedFile) -> Iterator[bytes]:
    codec = encodings.wide_codec(parsed.data, parsed.encoding) or "ascii"
    ends = [end.encode(codec) for end in ("\r\n", "\n", "\r")]
    usual = next((end for line in raw[:1] for end in ends if line.endswith(end)), ends[1])
    for number, line in enumerate(raw, 1):
        end = next((end for end in ends if line.endswith(end)), b"")
        if number in plan.instead:
            rows = [_encoded(row, parsed) for row in plan.instead[number]]
            yield (end or usual).join(rows) + end
        if number not in plan.gone:
            yield line
        for row in plan.after.get(number, ()):
            text = _encoded(row, parsed)
            yield text + end if end else usual + text


def _encoded(row: str, parsed: ParsedFile) -> bytes:
    """Encode a line for a file; what its character set lacks becomes ``&#8211;``."""
    name = parsed.name.lower()
    wide = encodings.wide_codec(parsed.data, parsed.encoding)
    if wide or parsed.told:
        return row.encode(wide or parsed.told or "", errors="xmlcharrefreplace")
    if parsed.encoding == "utf-8-sig" or name.endswith(".redif"):
        return row.encode()
    if parsed.encoding == "cp1252" and not encodings.MANY_BYTES.search(parsed.data):
        data = row.encode("cp1252", errors="xmlcharrefreplace")
        if not encodings.MANY_BYTES.search(data):
            return data
    return row.encode("ascii", errors="xmlcharrefreplace")


def _verify(data: bytes, parsed: ParsedFile, plan: _Plan, edits: Sequence[Edit]) -> None:
    """Read what was written and raise Unwritable unless it says what it should."""
    again = parse(data, name=parsed.name, encoding=parsed.told, strict=parsed.strict)
    found = [[(value.tag, value.text) for value in t.values] for t in again.templates]
    if found == plan.texts:
        return
    first = edits[0]
    chunks = parsed.templates[first.template].chunks
    tag = first.tag if isinstance(first, Add) else chunks[first.n].tag
    raise Unwritable(tag, "the rest of the file would be read otherwise.")
