"""Reading a publisher's file: bytes in, templates with their values and problems out.

The tolerant reading rescues what is certain (a blank before a colon, ``Results:`` within an
abstract) and says so, while ``Template.good`` stays the verdict of RePEc's own parser,
ReDIF-perl 2.74. Where a rescue changed the lines, that verdict is found by reading the same
lines a second time, strictly. Nothing uncertain is guessed, and no bytes make it fail.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace

from correction_flow.redif import encoding as encodings
from correction_flow.redif import lines, verdict
from correction_flow.redif.encoding import Decoded
from correction_flow.redif.problems import Problem, Severity
from correction_flow.redif.template import ParsedFile, Template, Tree, Value, counts

__all__ = [
    "ParsedFile",
    "Problem",
    "Severity",
    "Template",
    "Tree",
    "Value",
    "parse",
]

MAX_BYTES = 64 * 1024 * 1024
MAX_LINES = 2_000_000
MAX_TEMPLATES = 250_000
"""A larger file is refused: RePEc's largest have a few ten megabytes."""
_HTML = re.compile(r"\s*<(?:!doctype|html|head|\?xml|\?php|br|b>|script)", re.IGNORECASE)


def parse(
    data: bytes, *, name: str, encoding: str | None = None, strict: bool = False
) -> ParsedFile:
    """Read a file; its name decides with its bytes how they are decoded.

    ``encoding`` overrides that (LookupError when Python does not know it). With ``strict``
    the file is read as RePEc's parser reads it, and nothing is rescued.
    """
    file, templates = parse_lazily(data, name=name, encoding=encoding, strict=strict)
    return replace(file, templates=tuple(templates))


def parse_lazily(
    data: bytes, *, name: str, encoding: str | None = None, strict: bool = False
) -> tuple[ParsedFile, Iterator[Template]]:
    """As ``parse``, but give the templates one by one; the file itself comes without them."""
    if len(data) > MAX_BYTES:
        message = f"The file is larger than {MAX_BYTES:,} bytes."
        return _refused(data, name, "file-too-large", message), iter(())
    if data.count(b"\n") + data.count(b"\r") > MAX_LINES:
        message = f"The file has more than {MAX_LINES:,} lines."
        return _refused(data, name, "too-many-lines", message), iter(())
    read = encodings.read(data, name=name, encoding=encoding, strict=strict)
    starts = lines.openings(read.text, strict=strict)
    if len(starts) > MAX_TEMPLATES:
        message = f"The file holds more than {MAX_TEMPLATES:,} templates."
        return _refused(data, name, "too-many-templates", message), iter(())
    problems = list(read.problems)
    if starts:
        problems += _before_first(read.text[: starts[0]], strict)
    else:
        problems.append(_no_template(data, read))
    file = ParsedFile(
        name,
        read.encoding,
        read.line_ends,
        (),
        tuple(problems),
        read.line_count,
        data,
        encoding,
        strict,
    )
    return file, _templates(read, starts, strict)


def _refused(data: bytes, name: str, code: str, message: str) -> ParsedFile:
    """Return a file that was not read, so that nothing published can exhaust the machine."""
    problem = Problem(1, 1, Severity.ERROR, code, message, "Split it into several files.")
    return ParsedFile(name, "unknown", "unknown", (), (problem,), 1, data)


def _templates(read: Decoded, starts: list[int], strict: bool) -> Iterator[Template]:
    """Yield the templates of a file, which begin at those places of its text."""
    text, number, place = read.text, 1, 0
    repec = None
    for start, end in zip(starts, [*starts[1:], len(text) + 1], strict=False):
        number += text.count("\n", place, start)
        place = start
        found = lines.cut(text[start : end - 1], number, strict=strict)
        template = verdict.judge(found, strict=strict)
        mixed = bool(read.unseen) and _mixes(read, number, number + found.source.count("\n"))
        if not strict and (found.odd or mixed):
            repec = _strict_verdicts(read) if repec is None else repec
            template = verdict.settle(template, repec.get(number, False))
        yield template


def _mixes(read: Decoded, first: int, last: int) -> bool:
    """Say whether RePEc's parser joins some of these lines."""
    return bisect_right(read.unseen, last) > bisect_right(read.unseen, first - 1)


def _strict_verdicts(read: Decoded) -> dict[int, bool]:
    """Read the lines once more as RePEc's parser does; its verdicts by the first line."""
    pieces: list[str] = []
    numbers: list[int] = []
    unseen = set(read.unseen)
    for number, row in enumerate(read.text.split("\n"), 1):
        if number not in unseen or not pieces:
            numbers.append(number)
        pieces += (" " if number in unseen else "\n", row)
    text = "".join(pieces[1:])
    joined = Decoded(text, read.encoding, read.line_ends, [], [])
    found = _templates(joined, lines.openings(text, strict=True), strict=True)
    return {numbers[one.first_line - 1]: one.good for one in found}


def _before_first(text: str, strict: bool) -> Iterator[Problem]:
    """Report what stands before the first template: all lines to be strict, else one."""
    for number, row in enumerate(text.split("\n"), 1):
        if not counts(row):
            continue
        is_attribute = lines.is_attribute(row)
        yield Problem(
            number,
            1,
            Severity.ERROR,
            "attribute-before-first-template" if is_attribute else "text-before-first-template",
            f"{'An attribute' if is_attribute else 'Text'} before the first Template-Type was "
            "ignored.",
            "Begin the file with a line like 'Template-Type: ReDIF-Paper 1.0'.",
        )
        if not strict:
            return


def _no_template(data: bytes, read: Decoded) -> Problem:
    if not data.strip():
        return Problem(1, 1, Severity.ERROR, "empty-file", "The file is empty.")
    if _HTML.match(read.text):
        message = "The file is a web page or a program's output, not ReDIF."
        return Problem(1, 1, Severity.ERROR, "not-redif", message)
    message = "The file holds no ReDIF template: no line begins with 'Template-Type:'."
    return Problem(1, 1, Severity.ERROR, "no-template", message)
