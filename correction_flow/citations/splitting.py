"""A pasted reference list as single references: a rule without a database.

The list is always shown for checking, so the rule prefers what is easy to see and to mend: where
it cannot tell, it leaves lines together. No letter is lost but those of a heading at the top and
of running heads at page numbers; no digit but those of numbers before references and of pages.

A list is cut by the first of these that it shows: numbers that count up, keys in brackets,
bullets, blank lines, indents, lines. Lines are judged pair by pair (`_Lines.cut`): a line that
stops short of the margin is an end, names at a line's beginning are a beginning.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise

from correction_flow.core.text import squeeze

MOST_LETTERS = 200_000
"""Letters of one list; what is longer is for the caller to refuse."""
_BEGINNING = 240
"""Letters of a line, and of what follows it, in which names and a year are looked for."""
_NARROW = 110
"""Lines longer than this were hardly broken at a margin."""
_ENOUGH = 2.0
"""What must speak for an end between two lines."""
_ONE_LINE = 300
"""A longer line alone may hold several references."""

_UP = "".join(c for c in map(chr, range(0x41, 0x530)) if c.isupper())
_SMALL_WORD = (
    r"(?:van|von|vom|de|del|della|der|den|di|da|dos|du|la|le|el|al|ten|ter|zu|zur|af|’t|'t|d’|d')"
)
_PARTICLES = rf"(?:{_SMALL_WORD}[\s’'-]\s?){{0,3}}"
_WORD = r"[^\W\d_][\w'’.-]{0,40}"
_INITIALS = rf"(?:[{_UP}][{_UP}a-zä-ÿ]?\.[\s-]{{0,2}}){{1,4}}"
_HEADING = re.compile(
    r"(?i)[\W\d]*(?:(?:selected |list of )?references?(?: list| cited)?|(?:select(?:ed)? )?"
    r"bibliography|works cited|literature(?: cited)?|cited literature|literatur(?:verzeichnis|"
    r"angaben)?|quellen(?:verzeichnis)?|bibliographie|bibliograf[ií]a|références"
    r"(?: bibliographiques)?|referencias(?: bibliográficas)?|referências|riferimenti "
    r"bibliografici|список литературы|литература|参考文献)\W*"
)
_NUMBER = re.compile(r"\s*(?:\[(\d{1,3})\]|\((\d{1,3})\)|(\d{1,3})[.)])(?=[\s\"“„«—]|[^\W\d]|$)\s*")
_BARE = re.compile(rf"\s*(\d{{1,3}})(?:\s+(?=[{_UP}\"“„«—]|{_SMALL_WORD}\s)|\s*$)")
_KEY = re.compile(r"\s*\[(?=[^\]\n]{0,40}[^\W\d_])[^\]\n]{2,40}\]\s*")
_BULLET = re.compile(r"\s*(?:[•●▪◦‣∙·*]\s*|[–—-]\s+)(?=\S)")
_DASHES = re.compile(r"(?:[-_–—―]\s?){2,12}|[—―](?=[\s.,(])")
_AUTHOR = re.compile(
    rf"{_PARTICLES}{_WORD}(?:\s{_WORD}){{0,2}},\s*(?:[{_UP}]|{_SMALL_WORD}\s)"  # Ostrom, E
    rf"|{_INITIALS}\s?{_PARTICLES}[^\W\d_]{{2,}}"  # E. Ostrom
    rf"|{_PARTICLES}{_WORD}(?:\s{_WORD})?\s[{_UP}]{{1,3}}[,.:]\s"  # Ostrom E,
    rf"|(?:{_WORD}\s){{1,3}}{_PARTICLES}{_WORD}(?:\s(?:&|and|und|et|y)\s"  # Elinor Ostrom and
    rf"|,\s\(?[12]\d{{3}}\D|[.,]\s[\"“„«])"  # Elinor Ostrom, 1973; Elinor Ostrom. “
    r"|[\u3400-\u9fff]{2,4}[,，.．、(（]"  # 林毅夫.
)
_PLACE = re.compile(
    r"(?i:university|press|journal|review|cambridge|oxford|london|princeton|chicago|new|north|"
    r"berlin|paris|madrid|münchen|vol|volume|pages?|pp|working|discussion|papers?|in|economics?|"
    r"economic|econometrics|finance|politics|studies|research|publishing|publishers|elsevier|"
    r"springer|wiley|routledge|mit|doi|https?|www|available|retrieved|accessed|edited|mimeo|ssrn|nber|"
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r"(?!, [a-z]| [a-z]{1,3}[,.])|"
    r"quarterly|annals|evidence|revue|zeitschrift|revista|verlag|presses|éditions|москва|м)"
    r"(?![\w-])(?!\.?,? (?:[A-Z]\.|& ))"
)
_YEAR = re.compile(
    r"(?<!\d)(?:1[5-9]\d\d|20\d\d)[a-z]?(?!\d)|\b(?:forthcoming|in press|n\.d\.|im Erscheinen)"
)
_HEAD_YEAR = re.compile(r"[\s.,(（]{0,3}\(?\b(?:1[5-9]\d\d|20\d\d)(?:/\d{2,4}|[a-z])?\b")
_SHORTENED = re.compile(
    rf"(?:(?<![^\W_])[{_UP}]|\b(?:vol|vols|no|nos|pp?|eds?|hrsg|al|dept|univ|bd|nr|st|jr|вып|т|с))"
    r"\.$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:https?:|www\.|doi:|10\.\d{4,9})\S*$", re.IGNORECASE)
_ALIKE = re.compile(r"\d+")
_PAGE = re.compile(r"\s*(?:(?:page|seite|p\.|s\.)\s*)?[-–—]?\s*(\d{1,4})\s*[-–—]?\s*", re.I)
_SURE_PAGE = re.compile(
    r"\s*(?:[-–—]\s*\d{1,4}\s*[-–—]|page\s*\d{1,4}(?:\s*of\s*\d{1,4})?|seite\s*\d{1,4})\s*", re.I
)
_LINE_END = re.compile(r"\r\n|[\n\r\v\u2028\u2029\x85]")
_HALF = re.compile(r"([^\W\d_]+)[-‐]$")
_REST = re.compile(r"[^\W\d_]+")
_JOINED_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,40}-[^\W\d_]{1,40}")
_KEEPS_HYPHEN = frozenset({"self", "non", "cross", "quasi", "vis", "well", "socio", "selbst"})
_GO_ON = frozenset(
    {"run", "term", "income", "wage", "skill", "skilled", "tech", "level", "country"}
)
LIGATURES = str.maketrans(
    {
        "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st",
        "\u200b": None, "\ufeff": None, "\u2060": None,
    }
)  # fmt: skip


def split(text: str) -> list[str]:
    """The references of a pasted list in their order, one line each, without numbers and bullets.

    How many there may be, and how long each, is for the caller to say. Where a dash stands for
    the names of the reference before, they are repeated. Time grows with the text's length.
    """
    lines = _lines(text)
    if not any(line.strip() for line in lines):
        return []
    known = _compounds(text)
    parts = _parts(lines)
    found = [whole for part in parts if (whole := joined(part, known))]
    if len(found) == 1 and len(found[0]) > _ONE_LINE:
        found = _by_sentences(found[0])
    return _named(found)


def _parts(lines: Sequence[str]) -> Sequence[Sequence[str]]:
    for way in (_numbered, _keyed, _bulleted):
        parts = way(lines)
        if parts is not None:
            return parts
    return _by_blank_lines(lines) or _Lines(lines).parts()


# -- lines -----------------------------------------------------------------------------------------


def _lines(text: str) -> list[str]:
    """The lines without a heading at the top, page numbers and running heads."""
    pages = text.translate(LIGATURES).split("\f")
    lines: list[str] = []
    edges: set[int] = set()
    for n, page in enumerate(pages):
        lines += [line.rstrip() for line in _LINE_END.split(page)]
        if n < len(pages) - 1:
            edges.add(len(lines))
    first = _first(lines)
    if len(lines) > first + 1 and len(lines[first]) < 60 and _HEADING.fullmatch(lines[first]):
        lines[first] = ""
    gone = _page_lines(lines, edges)
    return [line for n, line in enumerate(lines) if n not in gone]


def _page_lines(lines: Sequence[str], edges: set[int]) -> set[int]:
    """Lines that hold a page's number for certain: `- 12 -`, `Page 12`, or a bare number at a form
    feed or between blank lines that goes up by one; and a line beside it that comes again."""
    lone: list[tuple[int, int]] = []
    sure: set[int] = set()
    heads: set[int] = set()
    for n, line in enumerate(lines):
        if len(line) > 30 or not (match := _PAGE.fullmatch(line)):
            continue
        if _SURE_PAGE.fullmatch(line) or n in edges or n + 1 in edges:
            sure.add(n)
        elif _blank(lines, n - 1) and _blank(lines, n + 1):
            lone.append((n, int(match[1])))
    if not lone or lone[0][0] > _first(lines):  # else they number the references
        for (a, one), (b, other) in pairwise(lone):
            if other == one + 1:
                sure |= {a, b}
    for step in (-1, 1):  # the same above or below several pages
        near = {_next(lines, n, step) for n in sure}
        near |= {_next(lines, n - (step > 0), step) for n in edges}
        beside = {m: _ALIKE.sub("0", squeeze(lines[m])) for m in near if m is not None}
        often = Counter(text for m, text in beside.items() if m not in sure and len(text) < 100)
        heads |= {m for m, text in beside.items() if often[text] > 1}
    return sure | heads


def _blank(lines: Sequence[str], n: int) -> bool:
    return not 0 <= n < len(lines) or not lines[n]


def _next(lines: Sequence[str], n: int, step: int) -> int | None:
    """The line beside, over at most two blank ones."""
    for m in range(n + step, n + 4 * step, step):
        if 0 <= m < len(lines) and lines[m]:
            return m
    return None


def _first(lines: Sequence[str]) -> int:
    return next((n for n, line in enumerate(lines) if line.strip()), 0)


def _compounds(text: str) -> frozenset[str]:
    """The words with a hyphen inside a line."""
    return frozenset(word.lower() for word in _JOINED_WORD.findall(text))


def joined(lines: Sequence[str], known: frozenset[str] = frozenset()) -> str:
    """Broken lines as one.

    A word broken by a hyphen is whole again where the rest begins small. The hyphen stays where
    the rest begins large or is a number, as in a double name or a range; after `self-`, `non-` and
    the like; and where the word is `known` with it from elsewhere in the list. Addresses go on
    without a blank.
    """
    pieces: list[str] = []
    last = ""
    for line in lines:
        line = squeeze(line)
        if not line:
            continue
        glue = _glue(last, line, known) if last else ""
        if glue == "-":
            pieces[-1], glue = pieces[-1][:-1], ""
        pieces += [glue, line] if glue else [line]
        last = line
    return squeeze("".join(pieces).replace("\u00ad", ""))


def _glue(last: str, line: str, known: frozenset[str]) -> str:
    """What stands between two lines: a blank, nothing, or "-" where the hyphen before goes."""
    if last.endswith("\u00ad"):
        return ""
    end = last[-_BEGINNING:].rsplit(" ", 1)[-1]
    start = line[:_BEGINNING].split(" ", 1)[0]
    if _ADDRESS.search(end):
        return "" if _same_address(end, start) else " "
    half, rest = _HALF.search(end), _REST.match(start)
    if half and rest:
        before, after = half[1].lower(), rest[0].lower()
        if not rest[0][0].islower() or before in _KEEPS_HYPHEN or after in _GO_ON:
            return ""
        return "" if f"{before}-{after}" in known else "-"
    return "" if end[-1] in "-‐–/" and len(end) > 1 else " "


def _same_address(end: str, start: str) -> bool:
    """Whether an address goes on in the next line."""
    if end[-1] in "/-_=?&%:#" or start[0] in "/_=?&%#":
        return True
    inner = start.rstrip(".,;)")
    if end[-1] in ".(":
        return start[0].isdigit() or (start[0].islower() and any(c in "./-_" for c in inner))
    return (
        end[-1] not in ",;)"
        and (start[0].islower() or start[0].isdigit())
        and any(c in "./_" for c in inner)
    )


# -- what the list itself marks --------------------------------------------------------------------


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
    first = _first(lines)
    for pattern in (_NUMBER, _BARE):
        starts = _counted(lines, pattern)
        if len(starts) > 1 and (min(starts) == first or _introduced(lines, min(starts))):
            return _cut(lines, starts.get)
    if sum(map(bool, lines)) == 1 and len(lines[first]) > _ONE_LINE:
        parts = _by_sentences(squeeze(lines[first]))
        if len(parts) > 1:
            return [[part] for part in parts]
    alone = _NUMBER.match(lines[first])
    if alone and (alone[1] or alone[2] or alone[3]) == "1" and lines[first][alone.end() :]:
        rest = [lines[first][alone.end() :], *lines[first + 1 :]]
        return list(map(list, _by_blank_lines(rest) or _Lines(rest).parts()))
    return None


def _introduced(lines: Sequence[str], n: int) -> bool:
    """Whether a list that is numbered from 1 begins after a line or two of something else."""
    line = lines[n].lstrip()
    return n <= _first(lines) + 3 and line.startswith(("[1]", "1.", "1)"))


def _counted(lines: Sequence[str], pattern: re.Pattern[str]) -> dict[int, int]:
    """The lines that begin with the next number in the same brackets, and how long it is."""
    starts: dict[int, int] = {}
    last = shape = None
    for n, line in enumerate(lines):
        match = pattern.match(line)
        if match is None:
            continue
        number = int(next(group for group in match.groups() if group))
        if last is None or (number in (last + 1, last + 2) and match.lastindex == shape):
            starts[n], last, shape = match.end(), number, match.lastindex
    return starts


def _marked(lines: Sequence[str], pattern: re.Pattern[str]) -> dict[int, int]:
    return {n: match.end() for n, line in enumerate(lines) if (match := pattern.match(line))}


def _keyed(lines: Sequence[str]) -> list[list[str]] | None:
    """`[Ost73]` or `[Smith 2001]` before each; a key may be all that tells a year: it stays."""
    starts = _marked(lines, _KEY)
    if len(starts) < 2 or min(starts) != _first(lines):
        return None
    return _cut(lines, lambda n: 0 if n in starts else None)


def _bulleted(lines: Sequence[str]) -> list[list[str]] | None:
    """The sign before the first reference, before each."""
    first = _first(lines)
    sign = lines[first].strip()[:1]
    starts = {n: end for n, end in _marked(lines, _BULLET).items() if lines[n].strip()[0] == sign}
    if len(starts) < 2 or min(starts) != first:
        return None
    return _cut(lines, starts.get)


def _by_blank_lines(lines: Sequence[str]) -> Sequence[Sequence[str]] | None:
    """Blank lines between references; not where most of what they part is several references, nor
    where every line of broken ones is followed by one."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    blocks = [block for block in blocks if block]
    if len(blocks) < 2:
        return None
    if all(len(block) == 1 for block in blocks):
        single = _Lines(lines)
        if single.width <= _NARROW and single.going_on * 4 >= len(blocks):
            return None
    elif sum(len(_Lines(block).parts()) > 1 for block in blocks) * 2 > len(blocks):
        return None
    parts = [blocks[0]]
    for block in blocks[1:]:
        if _goes_on(parts[-1][-1], block[0]):
            parts[-1].extend(block)
        else:
            parts.append(block)
    return parts


def _goes_on(last: str, line: str) -> bool:
    """Whether a page's end is in the middle of a reference."""
    return last.rstrip()[-1] in ",-–&:;" or (_small(line) and last.rstrip()[-1] not in ".)”»\"'")


# -- lines that tell by themselves -----------------------------------------------------------------


class _Lines:
    """Filled lines, and where a reference ends among them."""

    def __init__(self, lines: Sequence[str]) -> None:
        filled = [n for n, line in enumerate(lines) if line.strip()]
        self.lines = [lines[n].expandtabs(4) for n in filled]
        self.gaps = {k for k, n in enumerate(filled) if k and n - filled[k - 1] > 1}
        self.bare = [line.strip() for line in self.lines]

    @cached_property
    def width(self) -> int:
        """Where the margin is: one line in ten may pass it."""
        lengths = sorted(len(line) for line in self.lines)
        return lengths[len(lengths) * 9 // 10]

    @cached_property
    def short(self) -> list[bool]:
        """Of each line, whether the next one's first word had room in it."""
        rooms = [len(line[:_BEGINNING].split(" ", 1)[0]) for line in self.bare[1:]]
        return [
            len(line) + 1 + room <= self.width * 0.93
            for line, room in zip(self.lines, rooms, strict=False)
        ]

    @cached_property
    def named(self) -> bool:
        """Whether names begin so many broken lines that what has none hardly begins a reference."""
        names = sum(_beginning(line) >= 2.5 for line in self.bare)
        return self.width <= _NARROW and names * 6 >= len(self.bare)

    @property
    def going_on(self) -> int:
        """How many lines begin in the middle of a sentence."""
        return sum(_small(line) or not line[0].isalpha() for line in self.bare)

    def parts(self) -> list[list[str]]:
        """The lines of each reference."""
        if self._each_its_own():
            return [[line] for line in self.lines]
        begins = self._indented()
        parts: list[list[str]] = []
        dated = False
        for n, line in enumerate(self.lines):
            if n == 0 or (n in begins if begins else self.cut(n, dated) >= _ENOUGH):
                parts.append([])
                dated = False
            parts[-1].append(line)
            dated = dated or bool(_YEAR.search(line))
        return parts

    def _each_its_own(self) -> bool:
        """Whether every line begins like a reference, ends like one and has a year."""
        return all(
            _beginning(line) >= 1 and _YEAR.search(line) and _ending(line, True) >= -0.5
            for line in self.bare
        )

    def _indented(self) -> set[int] | None:
        """Where references begin by their indents, hanging or of first lines; None if not so."""
        inside = [len(line) - len(line.lstrip()) for line in self.lines]
        low = min(inside)
        deep = [indent > low for indent in inside]
        if all(deep) or not any(deep):
            return None
        begins = {n for n, d in enumerate(deep) if d == deep[0]}
        others = [n for n in range(len(deep)) if n not in begins]
        odd = sum(_small(self.bare[n]) or not self.bare[n][0].isalpha() for n in begins)
        names = sum(_beginning(self.bare[n]) > 1 for n in begins)
        wrong = sum(_beginning(self.bare[n]) > 1 for n in others)
        if odd * 10 > len(begins) * 3 or names * len(others) < wrong * len(begins):
            return None
        return begins

    def cut(self, n: int, dated: bool) -> float:
        """How much speaks for an end before line `n`; `dated` if a year came since the last."""
        last, line = self.bare[n - 1], self.bare[n]
        after = self.bare[n + 1][:_BEGINNING] if n + 1 < len(self.bare) else ""
        begun = _beginning(line, after)
        points = (0.5 if dated else -1.0) + begun + (1.0 if n in self.gaps else 0.0)
        if self.named and begun < 2.5:
            points -= 2.0
        short = self.short[n - 1]
        if short:
            points += 2.0 if self.width <= _NARROW else 3.0
        elif self.width <= _NARROW:
            points -= 1.0
        else:
            points += 0.5
        return points + _ending(last, short)


def _ending(last: str, short: bool) -> float:
    """How much a line's end looks like a reference's."""
    if last[-1] in ",-‐–&:;(/“„\u00ad" or last.endswith((" and", " und", " et", " in", " of")):
        return -4.0
    if last.endswith((",”", ',"', ",’", ",'", ",“")):  # a title; its place follows
        return -4.0
    if last.endswith((".”", '."', ".’", "?”", '?"')):
        return -1.0
    if _ADDRESS.search(last[-_BEGINNING:].rsplit(" ", 1)[-1]):
        return 1.0
    if _SHORTENED.search(last[-8:]):
        return -0.5 if short else -1.5
    if last[-1].isdigit():
        return 0.5
    return (-0.5 if short else -2.0) if last[-1].isalpha() else 1.0


def _beginning(line: str, after: str = "") -> float:
    """How much a line looks like a reference's first."""
    start = f"{line[:_BEGINNING]} {after}"[:_BEGINNING]
    if _DASHES.match(start):
        return 3.0
    if _small(line):
        return -3.0
    if _PLACE.match(start):
        return -3.0
    if line[0] in "\"“„«‘'":
        return 0.0
    if not line[0].isalpha():
        return 0.5 if _HEAD_YEAR.match(start) and line[0] == "(" else -2.0
    year = _YEAR.search(start[:150])
    if _AUTHOR.match(start):
        return 3.5 if year else 2.5
    return 1.0 if year and 2 < year.start() < min(60, len(line)) else 0.0


_PARTICLE = re.compile(rf"{_SMALL_WORD}[\s’'][^,.]{{2,40}},|{_SMALL_WORD}[\s’'][{_UP}]\w+ [{_UP}]")


def _small(line: str) -> bool:
    """Whether a line begins with a small letter that is no name's."""
    line = line.lstrip()
    return line[:1].islower() and not _PARTICLE.match(line[:_BEGINNING])


# -- one line --------------------------------------------------------------------------------------

_AFTER_END = re.compile(rf"(?<=[.)\]\d”\"»])\s(?=[{_UP}—_]|{_SMALL_WORD}\s)")
_IN_LINE = re.compile(r"(?<!\S)(?:\[(\d{1,3})\]|\((\d{1,3})\)|(\d{1,3})\.)\s")
_FEW_NAMES = re.compile(
    rf"(?:{_PARTICLES}{_WORD}(?:\s{_WORD})?,\s(?:{_INITIALS}|{_WORD}\s?)|{_INITIALS}\s?{_PARTICLES}"
    rf"{_WORD}|[—_]{{2,}})"
)
_NO_NAMES = re.compile(r"[“\"„«:;?!\d]|[a-z]{3,}\. [A-Z]")


def _by_sentences(text: str) -> list[str]:
    """One line cut where its numbers count up, else before names with a year after another year:
    a guess, and shown as one."""
    starts: list[tuple[int, int]] = []
    last = shape = None
    for match in _IN_LINE.finditer(text):
        number = int(match[1] or match[2] or match[3])
        if last is None and match.start():
            break
        if last is None or (number == last + 1 and match.lastindex == shape):
            starts.append(match.span())
            last, shape = number, match.lastindex
    if len(starts) > 1:
        ends = [a for a, _ in starts[1:]] + [len(text)]
        return [text[b:end].strip() for (_, b), end in zip(starts, ends, strict=True)]
    parts, begin, year = [], 0, _YEAR.search(text)
    for match in _AFTER_END.finditer(text):
        if year is None:
            break
        at = match.end()
        if year.end() > at or _SHORTENED.search(text[max(begin, at - 9) : at - 1]):
            continue
        start = text[at : at + _BEGINNING]
        names = _FEW_NAMES.match(start)
        if names is None or _PLACE.match(start) or not _names_and_year(start):
            continue
        parts.append(text[begin : at - 1])
        begin, year = at, _YEAR.search(text, at)
    return [*parts, text[begin:]]


def _names_and_year(start: str) -> bool:
    """Whether only names stand before the first year."""
    year = _HEAD_YEAR.search(start)
    if year is None or year.start() < 3:
        return False
    return not _NO_NAMES.search(start[: year.start()])


# -- the same author again -------------------------------------------------------------------------


def _named(texts: Sequence[str]) -> list[str]:
    """Each text with the names that a dash at its beginning stands for."""
    found: list[str] = []
    names = ""
    for text in texts:
        dashes = _DASHES.match(text)
        if dashes and names:
            rest = text[dashes.end() :]
            if not rest.startswith((",", ".", ";", ":")) or names.endswith(rest[0]):
                rest = rest.lstrip(".,;:")
                rest = rest if rest.startswith(" ") else f" {rest}"
            text = squeeze(names + rest)
        year = _HEAD_YEAR.search(text[:_BEGINNING])
        title = re.search(r"[“\"„«]", text[: year.start() if year else _BEGINNING])
        names = text[: year.start()].rstrip() if year and not title else ""
        if names and year and year[0].startswith("."):
            names += "."
        found.append(text)
    return found
