"""A pasted reference list as single references: a rule without a database.

The list is always shown for checking, so the rule prefers what is easy to see and to mend: where
it cannot tell, it leaves lines together. No letter is lost but the heading's and the numbers'.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from correction_flow.core.text import squeeze

MOST_LETTERS = 200_000
"""Letters of one list; what is longer is for the caller to refuse."""

_HEADING = re.compile(
    r"(?i)[\W\d]*(references?( list| cited)?|bibliography|works cited|literature( cited)?|"
    r"cited literature|literatur(verzeichnis)?|bibliographie|bibliograf[ií]a|références|"
    r"referencias)\W*"
)
_NUMBER = re.compile(r"\s*(?:\[(\d{1,3})\]|\((\d{1,3})\)|(\d{1,3})[.)](?=\s))\s*")
_BARE = re.compile(r"\s*(\d{1,3})\s+(?=\S)")
_KEY = re.compile(r"\s*\[(?=[^\]\n]*[A-Za-z])[^\]\n]{2,40}\]\s*")
_BULLET = re.compile(r"\s*[•●▪◦‣*–—-]\s+(?=\S)")
_NAME = r"(?:(?:van|von|de|del|della|der|den|di|da|dos|du|la|le|el|al|ten|ter|zu|’t|'t)\s+){0,3}"
_AUTHOR = re.compile(
    rf"(?:{_NAME}[^\W\d_][\w'’.\-]*(?:\s+[^\W\d_][\w'’.\-]*){{0,2}},\s*[^\W\d_]"  # Ostrom, E
    rf"|(?:[A-ZÀ-Þ]\.[\s\-]?){{1,3}}\s*{_NAME}[^\W\d_]{{2,}}"  # E. Ostrom
    r"|[-_–—]{2,}[.,\s])"  # the same author again
)
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]\d\d|20\d\d)[a-z]?(?!\d)|\b(?:forthcoming|in press|n\.d\.)")
_END = re.compile(r"[.!?)\]”\"»]\s*$|\d\s*$|(?:https?://|doi:|www\.)\S+\s*$")
_HYPHEN = re.compile(r"[^\W\d_](?:-|\u00ad|‐)$")


def split(text: str) -> list[str]:
    """The references of a pasted list in their order, one line each, without numbers and bullets.

    How many there may be, and how long each, is for the caller to say.
    """
    lines = _lines(text)
    if not any(line.strip() for line in lines):
        return []
    for way in (_numbered, _keyed, _bulleted, _by_blank_lines):
        parts = way(lines)
        if parts is not None:
            return _clean(parts)
    return _clean(_by_beginnings(lines))


def _lines(text: str) -> list[str]:
    """The lines without a heading at the top."""
    lines = [line.rstrip() for line in re.split(r"\r\n|[\n\r\v\f\u2028\u2029\x85]", text)]
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if len(lines) > first + 1 and _HEADING.fullmatch(lines[first]):
        return lines[first + 1 :]
    return lines


def _clean(parts: Sequence[Sequence[str]]) -> list[str]:
    return [text for part in parts if (text := joined(part))]


def joined(lines: Sequence[str]) -> str:
    """Broken lines as one. A word broken by a hyphen is whole again where the rest begins small;
    where it begins large, as in a double name or a range, the hyphen stays."""
    text = ""
    for line in lines:
        line = squeeze(line)
        if not line:
            continue
        if _HYPHEN.search(text) and line[0].islower():
            text = text[:-1] + line
        elif text.endswith(("-", "‐", "–", "/")) and not text.endswith((" -", " –")):
            text += line
        else:
            text = f"{text} {line}" if text else line
    return squeeze(text.replace("\u00ad", ""))


def _cut(lines: Sequence[str], begins: Callable[[int], int | None]) -> list[list[str]]:
    """A new part wherever `begins` says how many characters of the line to leave out."""
    parts: list[list[str]] = []
    for n, line in enumerate(lines):
        skip = begins(n)
        if skip is not None:
            parts.append([line[skip:]])
        elif parts:
            parts[-1].append(line)
        elif line.strip():
            parts.append([line])
    return parts


def _numbered(lines: Sequence[str]) -> list[list[str]] | None:
    """`1.`, `1)`, `(1)`, `[1]`, `1 `, counted up: other numbers at the beginning of a line (a
    volume, a year) are none."""
    for pattern in (_NUMBER, _BARE):
        starts = _counted(lines, pattern)
        if len(starts) > 1 and min(starts) <= _first(lines) + 3:
            return _cut(lines, starts.get)
    return None


def _counted(lines: Sequence[str], pattern: re.Pattern[str]) -> dict[int, int]:
    """The lines that begin with the next number, and how long it is."""
    starts: dict[int, int] = {}
    last = None
    for n, line in enumerate(lines):
        match = pattern.match(line)
        if match is None:
            continue
        number = int(next(group for group in match.groups() if group))
        if last is None or number in (last + 1, last + 2):
            starts[n], last = match.end(), number
    return starts


def _first(lines: Sequence[str]) -> int:
    return next((n for n, line in enumerate(lines) if line.strip()), 0)


def _marked(lines: Sequence[str], pattern: re.Pattern[str]) -> dict[int, int]:
    return {n: match.end() for n, line in enumerate(lines) if (match := pattern.match(line))}


def _keyed(lines: Sequence[str]) -> list[list[str]] | None:
    """`[Ost73]` or `[Smith 2001]` before each."""
    starts = _marked(lines, _KEY)
    if len(starts) < 2 or min(starts) != _first(lines):
        return None
    return _cut(lines, lambda n: 0 if n in starts else None)


def _bulleted(lines: Sequence[str]) -> list[list[str]] | None:
    starts = _marked(lines, _BULLET)
    if len(starts) < 2 or min(starts) != _first(lines):
        return None
    return _cut(lines, starts.get)


def _by_blank_lines(lines: Sequence[str]) -> list[list[str]] | None:
    """Blank lines between references; not those in which every line is followed by one, nor the
    few that a page's end leaves in a list of lines."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            parts[-1].append(line)
        elif parts[-1]:
            parts.append([])
    parts = [part for part in parts if part]
    if len(parts) < 2 or any(len(_by_beginnings(part)) > 1 for part in parts):
        return None
    if any(not _begins(part[0]) or not _finished(part[-1]) for part in parts):
        return None
    return parts


def _by_beginnings(lines: Sequence[str]) -> list[list[str]]:
    """A reference begins where a line looks like the beginning of one and the line before like an
    end; indented lines go on. Where no line goes on, each is a reference."""
    filled = [line for line in lines if line.strip()]
    if _each_its_own(filled):
        return [[line] for line in filled]
    hanging = _hanging(filled)
    parts: list[list[str]] = []
    for line in filled:
        indented = hanging and line[:1].isspace()
        whole = bool(parts) and _finished(parts[-1][-1]) and _dated(parts[-1])
        if not parts or (not indented and (hanging or (whole and _begins(line)))):
            parts.append([line])
        else:
            parts[-1].append(line)
    return parts


def _each_its_own(lines: Sequence[str]) -> bool:
    return all(_begins(line) and _YEAR.search(line) for line in lines) and all(
        not _HYPHEN.search(line) for line in lines
    )


def _hanging(lines: Sequence[str]) -> bool:
    """Whether what goes on is indented, and what begins is not."""
    inside = [line[:1].isspace() for line in lines]
    if not any(inside) or inside[0]:
        return False
    begins = [line for line, i in zip(lines, inside, strict=True) if not i]
    alone = sum(not a and not b for a, b in pairwise(inside))
    return all(_begins(line) for line in begins) and alone <= len(begins) // 2


def _begins(line: str) -> bool:
    line = line.strip()
    if _AUTHOR.match(line):
        return True
    year = _YEAR.search(line[:120])
    return line[:1].isupper() and year is not None and year.start() > 2


def _finished(line: str) -> bool:
    return bool(_END.search(line))


def _dated(part: Sequence[str]) -> bool:
    return any(_YEAR.search(line) for line in part)
