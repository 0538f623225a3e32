"""Reading a publisher's file: bytes in, templates with their values and problems out.

The tolerant reading rescues what is certain (a blank before a colon, ``Results:`` within an
abstract) and says so, while ``Template.good`` stays the verdict of RePEc's own parser,
ReDIF-perl 2.74. Where a rescue changed the lines, that verdict is found by reading the same
lines a second time, strictly. Nothing uncertain is guessed, and no bytes make it fail.
"""

import re
from bisect import bisect_right

from correction_flow.redif import encoding as encodings
from correction_flow.redif import lines, verdict
from correction_flow.redif.encoding import Lines
from correction_flow.redif.problems import Problem, Severity
from correction_flow.redif.template import ParsedFile, Placed, Template, Tree, Value

__all__ = [
    "ParsedFile",
    "Placed",
    "Problem",
    "Severity",
    "Template",
    "Tree",
    "Value",
    "parse",
]

_START = re.compile(r"template-type:", re.IGNORECASE)
_HTML = re.compile(r"\s*<(?:!doctype|html|head|\?xml|\?php|br|b>|script)", re.IGNORECASE)


def parse(
    data: bytes, *, name: str, encoding: str | None = None, strict: bool = False
) -> ParsedFile:
    """Read a file; its name decides with its bytes how they are decoded.

    ``encoding`` overrides that (LookupError when Python does not know it). With ``strict``
    the file is read as RePEc's parser reads it, and nothing is rescued.
    """
    read = encodings.read(data, name=name, encoding=encoding, strict=strict)
    starts = _starts(read, strict)
    problems = list(read.problems)
    if starts:
        problems += _before_first(read.texts[: starts[0] - 1])
    else:
        problems.append(_no_template(data, read))
    seen = starts if strict else [n for n in starts if _seen(read, n)]
    ends = [start - 1 for start in [*starts[1:], len(read.texts) + 1]]
    templates = tuple(
        _template(read, first, last, seen, strict)
        for first, last in zip(starts, ends, strict=False)
    )
    return ParsedFile(
        name, read.encoding, read.line_ends, templates, tuple(problems), len(read.texts)
    )


def _starts(read: Lines, strict: bool) -> list[int]:
    match = _START.match if strict else lines.START_OR_LOOSE.match
    return [
        number
        for number, text in enumerate(read.texts, 1)
        if text and text[0] in "Tt\ufeff" and match(text)
    ]


def _seen(read: Lines, number: int) -> bool:
    return not read.is_unseen(number) and _START.match(read.texts[number - 1]) is not None


def _template(read: Lines, first: int, last: int, seen: list[int], strict: bool) -> Template:
    chunks = lines.cut(read.texts, first, last, strict=strict)
    template = verdict.judge(chunks, strict=strict)
    if strict or not (chunks.odd or _mixes(read, first, last)):
        return template
    return verdict.settle(template, _strictly(read, first, seen))


def _mixes(read: Lines, first: int, last: int) -> bool:
    """Say whether RePEc's parser joins some of these lines."""
    return bisect_right(read.unseen, last) > bisect_right(read.unseen, first - 1)


def _strictly(read: Lines, first: int, seen: list[int]) -> bool:
    """Say whether RePEc's parser finds a good template at that line."""
    if not _seen(read, first):
        return False
    following = bisect_right(seen, first)
    last = seen[following] - 1 if following < len(seen) else len(read.texts)
    texts = read.texts[first - 1 : last]
    if _mixes(read, first + 1, last):
        texts = _joined(read, first, last)
    return verdict.judge(lines.cut(texts, 1, len(texts), strict=True), strict=True).good


def _joined(read: Lines, first: int, last: int) -> list[str]:
    groups: list[list[str]] = []
    for number in range(first, last + 1):
        text = read.texts[number - 1]
        if groups and read.is_unseen(number):
            groups[-1].append(text)
        else:
            groups.append([text])
    return [" ".join(group) for group in groups]


def _before_first(texts: list[str]) -> list[Problem]:
    """Report what stands before the first template: one problem for all of it."""
    for number, text in enumerate(texts, 1):
        if not lines.counts(text):
            continue
        return [
            Problem(
                number,
                1,
                Severity.ERROR,
                "text-before-first-template",
                "Text before the first Template-Type was ignored.",
                "Begin the file with a line like 'Template-Type: ReDIF-Paper 1.0'.",
            )
        ]
    return []


def _no_template(data: bytes, read: Lines) -> Problem:
    if not data.strip():
        return Problem(1, 1, Severity.ERROR, "empty-file", "The file is empty.")
    start = next((text for text in read.texts if text.strip()), "")
    if _HTML.match(start):
        message = "The file is a web page or a program's output, not ReDIF."
        return Problem(1, 1, Severity.ERROR, "not-redif", message)
    message = "The file holds no ReDIF template: no line begins with 'Template-Type:'."
    return Problem(1, 1, Severity.ERROR, "no-template", message)
