"""Which item a reference text means: how well it fits, and why. Pure.

A reference is not parsed into fields, for every style has its own order. Instead it is looked up
where in it the title of an item stands, as words in their order; what stands before are names,
what follows is the place. Each observation adds its weight or takes it away; together they are
offered from OFFER, and chosen in advance from PRE_CHECK where nothing speaks against it. Both
were measured (`bench/matching.py`).
"""

# ruff: noqa: SIM905
from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

from correction_flow.catalog.words import doi_key
from correction_flow.core import text as rules

OFFER = 5.0
PRE_CHECK = 7.5
BEST = 3
"""Items offered for one reference."""
MOST_LETTERS, MOST_OF_TITLE, MOST_NAMES = 1500, 500, 50
"""A longer text is no reference, but a page; only its beginning is looked at, and of items too."""
LATER = 2
"""Years an item may be younger than the one citing it: working papers are cited as forthcoming,
journals appear on paper a year or two after the web, and the year of either is often that of
another version. Three years are too many to be told from another work of the same name."""
CLEAR_LEAD = 1.0
"""An item with another title that comes as near to the best leaves it open which one is meant."""
_LEAST_TITLE = 0.7
_REACH = 2
"""Words by which a word of the title may stand nearer or farther than it should."""

FUNCTION_WORDS = frozenset(
    "a an the of and or in on at to for by from with as is are be its it this that do does how "
    "what why when not no can s t der die das des den dem ein eine einer und oder von vom zu zur "
    "zum im mit fur auf aus bei als le la les l un une de du et ou au aux dans sur pour par avec d "
    "el los las una y o e en con por para del al il lo gli i di da dei della delle nel sul "
    "per".split()
)
_NAME_WORDS = frozenset("and et al und eds ed editor editors hrsg jr sr ii iii with others".split())
_ROMAN = frozenset("ii iii iv vi vii viii ix xi xii".split())
_PLACE_WORDS = frozenset(
    "vol volume no number issue pp pages page working paper papers discussion series report in "
    "press university jan feb mar apr may jun jul aug sep sept oct nov dec january february march "
    "april june july august september october november december mimeo doi http https www".split()
)
_WORD = re.compile(r"[^\W_]+(?:['’`´][^\W\d_]+)*")
_YEAR = re.compile(r"(?<![\d/:.–-])(1[5-9]\d\d|20\d\d)(?=[a-z]?\b)(?!\s?[-–—]{1,2}\s?\d)(?!\(\d)")
_PAGES = re.compile(r"(?<![\d.–-])([A-Za-z]?\d{1,6})\s?[-–—]{1,2}\s?([A-Za-z]?\d{1,6})(?![\d–-])")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_BROKEN = re.compile(r"(?<=[^\W\d_]{2})[-\u00ad]\s+(?=[a-zß-ÿ])")
_MOJIBAKE = re.compile(
    "[\u00c2-\u00ef][\u0080-\u00bf\u0152-\u017e\u0192\u02c6-\u02dc\u2013-\u2122]{1,2}"
)
_HOST = re.compile(
    r"[.,;:!?”\"’')\]]\s*in\b:?\s+(?=.{0,160}?\b(?:eds?|editors?|hrsg)\b)|[.,;!?”\"’')]\s*in:\s",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"“(.{3,400}?)(?<![\s:])”|„(.{3,400}?)[“”]|«(.{3,400}?)»|\"(.{3,400}?)(?<![\s:])\""
    r"|(?<![^\W_])[‘'](.{3,400}?)['’](?=[\s,.;:)]|$)|``(.{3,400}?)''"
)
_SUBTITLE = re.compile(r"[:?!.;]\s+|\s+[-–—]+\s+|\s?—\s?|\s\(")
_SENTENCE = re.compile(
    r"(?<!\b[^\W\d_])(?<!\bal)(?<!\beds)(?<!\bed)(?<!\bvol)(?<!\bno)(?<!\bpp)\.[\s”\"]+"
    r"|[?!][\s”\"]+|(?<=\))[.,:]?\s|(?<=[12]\d\d\d)[.,:;]\s|(?<=[12]\d\d\d[a-z])[.,:;]\s",
    re.IGNORECASE,
)


class Work(NamedTuple):
    """What is looked at of an item."""

    id: int
    handle: str
    title: str
    names: str
    year: int | None
    kind: str
    series: str
    journal: str = ""
    book: str = ""
    volume: str = ""
    pages: str = ""
    number: str = ""
    doi: str = ""


@dataclass(frozen=True)
class Match:
    """An item that a reference may mean, and what speaks for it and against it."""

    work: Work
    score: float
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    pre_check: bool = False


class Token(NamedTuple):
    """A folded word of a reference and where it stands."""

    word: str
    begin: int
    end: int


def repaired(text: str) -> str:
    """UTF-8 once read as Windows-1252 (“SÃ¶nmez”), read aright; words broken at a line's end."""

    def again(found: re.Match[str]) -> str:
        for codec in ("cp1252", "latin-1"):
            try:
                return found[0].encode(codec).decode()
            except UnicodeError:
                continue
        return found[0]

    return _BROKEN.sub("", rules.squeeze(_MOJIBAKE.sub(again, text)))


@dataclass(frozen=True)
class Reference:
    """A reference text, taken apart as far as all styles allow."""

    text: str
    doi: str
    tokens: tuple[Token, ...]
    years: tuple[int, ...]
    pages: tuple[tuple[str, str], ...]
    host: int
    """Where “in A. Lambert (ed.), …” begins: names and titles from there on are the book's."""
    words: frozenset[str] = field(repr=False)

    @classmethod
    def of(cls, text: str) -> Reference:
        """The reference that this text is."""
        whole = repaired(text)[:MOST_LETTERS]
        bare = _ADDRESS.sub(" ", _DOI.sub(" ", whole))
        found = [
            Token(word, m.start(), m.end())
            for m in _WORD.finditer(bare)
            for word in rules.words(m[0])
        ]
        pages = tuple((a.lower(), _unshortened(a, b).lower()) for a, b in _PAGES.findall(bare))
        host = _HOST.search(bare, 10)
        return cls(
            bare, doi_key(whole), tuple(found),
            tuple(dict.fromkeys(int(y) for y in _YEAR.findall(bare))), pages,
            host.start() if host else len(bare), frozenset(t.word for t in found),
        )  # fmt: skip

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Whole numbers in it, as they are written."""
        return frozenset(t.word for t in self.tokens if any(c.isdigit() for c in t.word))

    @cached_property
    def quotes(self) -> list[tuple[int, int]]:
        """What stands between quotation marks."""
        return [m.span() for m in _QUOTED.finditer(self.text)]

    def title_guesses(self) -> list[tuple[int, int]]:
        """Where the title may stand, likeliest first: what is quoted, else long sentences."""
        ends = [m.start() for m in _SENTENCE.finditer(self.text)]
        cuts = [0, *[m.end() for m in _SENTENCE.finditer(self.text)]]
        parts = list(zip(cuts, [*ends, len(self.text)], strict=True))
        ranked = sorted(parts[1:], key=lambda part: -self._weight_of(part))
        whole = parts[:1] if not self.years or len(parts) < 2 else []
        if self.quotes:
            return [max(self.quotes, key=self._weight_of), *ranked[:1], *whole]
        return [*ranked[:2], *whole]

    def _weight_of(self, part: tuple[int, int]) -> float:
        words = [t.word for t in self.tokens if part[0] <= t.begin < part[1]]
        long = sum(len(w) > 3 and w.isalpha() and w not in _PLACE_WORDS for w in words)
        return (long - 2 * sum(w.isdigit() for w in words)) * (1 if part[0] < self.host else 0.3)


def _unshortened(first: str, last: str) -> str:
    """1348-68 means 1348-1368."""
    return first[: len(first) - len(last)] + last if len(last) < len(first) else last


# -- words and their slips ----------------------------------------------------------------------


@lru_cache(maxsize=20_000)
def alike(one: str, other: str) -> bool:
    """The same word but for one slip: a letter more, less, another, or two swapped."""
    if one == other:
        return True
    longer = max(len(one), len(other))
    if abs(len(one) - len(other)) > 1 or longer < 3 or _digits(one) != _digits(other):
        return False
    if one in _ROMAN or other in _ROMAN:
        return False
    begin = 0
    while begin < min(len(one), len(other)) and one[begin] == other[begin]:
        begin += 1
    a, b = one[begin:], other[begin:]
    swapped = len(a) > 1 and len(b) > 1 and a[0] == b[1] and a[1] == b[0] and a[2:] == b[2:]
    return swapped or a[1:] == b or a == b[1:] or (longer > 3 and a[1:] == b[1:])


def _digits(word: str) -> str:
    return "" if word.isalpha() else "".join(filter(str.isdigit, word))


def _abbreviates(short: str, word: str) -> bool:
    """`j` and `jrnl` may stand for `journal`, `mgmt` for `management`."""
    if word.startswith(short):
        return True
    if len(short) < 2 or short[0] != word[0]:
        return False
    letters = iter(word)
    return all(letter in letters for letter in short)


def _weight(word: str) -> float:
    return 0.2 if word in FUNCTION_WORDS else 0.6 if len(word) < 4 else 1.0


def _telling(words: Iterable[str]) -> list[str]:
    return [w for w in words if w not in FUNCTION_WORDS]


# -- the title ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Placed:
    """A title found in a reference: which of its words, and between which tokens."""

    words: tuple[str, ...]
    found: tuple[bool, ...]
    first: int
    last: int
    strays: tuple[str, ...]

    @property
    def share(self) -> float:
        """How much of it is there."""
        total = sum(map(_weight, self.words))
        there = sum(_weight(w) for w, f in zip(self.words, self.found, strict=True) if f)
        return there / total if total else 0.0


def _placed(words: Sequence[str], reference: Reference) -> _Placed | None:
    """Where the words stand in the reference in their order, give or take two."""
    tokens = [t.word for t in reference.tokens]
    at: dict[int, list[int]] = {}
    votes: dict[int, float] = {}
    for n, word in enumerate(words):
        at[n] = [m for m, token in enumerate(tokens) if alike(token, word)]
        for m in at[n]:
            votes[m - n] = votes.get(m - n, 0.0) + _weight(word)
    if not votes:
        return None
    near = {
        d: sum(votes.get(d + k, 0.0) * (1.0 if k == 0 else 0.9) for k in (-2, -1, 0, 1, 2))
        for d in votes
    }
    shift = min(near, key=lambda d: (-near[d], -votes[d], d))
    found, used = [False] * len(words), set[int]()
    position, missed = -1, 0
    shifts: list[int] = []
    for n, word in enumerate(words):
        shifts.append(shift)
        reach = _REACH if word in FUNCTION_WORDS else min(_REACH + missed, 2 * _REACH)
        here = [m for m in at[n] if abs(m - n - shift) <= reach and m > position]
        missed = 0 if here else missed + 1
        if here:
            position = min(here, key=lambda m: abs(m - n - shift))
            shift = position - n
            used.add(position)
            found[n] = True
    for n, word in enumerate(words):  # cut or joined: co-production, coproduction
        if found[n]:
            continue
        m = n + shifts[n]
        if 0 <= m < len(tokens) and m not in used and _short_slip(tokens[m], word):
            found[n] = True
            used.add(m)
            continue
        for begin in (m - 1, m, m + 1):
            if 0 <= begin < len(tokens) - 1 and alike(tokens[begin] + tokens[begin + 1], word):
                found[n] = True
                used |= {begin, begin + 1}
                break
            if (
                0 <= begin < len(tokens)
                and n + 1 < len(words)
                and alike(tokens[begin], word + words[n + 1])
            ):
                found[n] = found[n + 1] = True
                used.add(begin)
                break
    if not used:
        return None
    first, last = min(used), max(used)
    strays = tuple(_telling(tokens[m] for m in range(first, last + 1) if m not in used))
    return _Placed(tuple(words), tuple(found), first, last, strays)


def _short_slip(one: str, other: str) -> bool:
    """Of words of two or three letters nothing can be told, but in their place they are a slip."""
    differ = sum(a != b for a, b in zip(one, other, strict=False))
    return len(one) == len(other) <= 3 and one.isalpha() and differ == 1


def main_titles(title: str) -> list[str]:
    """The title without its subtitle, in each way it may be cut; none where it has none."""
    cuts = [title[: cut.start()] for cut in _SUBTITLE.finditer(title, 4)]
    return [cut for cut in cuts if _telling(rules.words(cut))][:3]


def _beyond(reference: Reference, placed: _Placed, work: Work) -> list[str]:
    """Words of the reference that belong to its title, but not to this one."""
    tokens, text = reference.tokens, reference.text
    known = set(rules.words(" ".join((work.journal, work.series, work.book, work.names))))
    known |= {_acronym(place) for place in (work.journal, work.series, work.book)}

    def strange(word: str) -> bool:
        return word not in FUNCTION_WORDS and not any(
            alike(word, k) or (len(word) > 1 and k.startswith(word)) for k in known
        )

    begin, end = tokens[placed.first].begin, tokens[placed.last].end
    for quote in reference.quotes:
        if quote[0] <= begin and end <= quote[1]:
            inside = [n for n, t in enumerate(tokens) if quote[0] <= t.begin < quote[1]]
            outside = [n for n in inside if not placed.first <= n <= placed.last]
            return [*placed.strays, *_telling(tokens[n].word for n in outside)]
    more = [*placed.strays, *_YEARS_AFTER.findall(text[end : end + 20])]
    for n in range(placed.last + 1, len(tokens)):
        gap = text[tokens[n - 1].end : tokens[n].begin]
        goes_on = gap.lstrip().startswith(":") or (
            gap.strip() == "," and text[tokens[n].begin].islower()
        )
        ends = _ENDS_TITLE.search(gap) and not goes_on
        if ends or tokens[n].word in _PLACE_WORDS or len(more) > 7:
            break
        if strange(tokens[n].word):
            more.append(tokens[n].word)
        elif gap.strip():
            break
    for n in range(placed.first - 1, -1, -1):
        gap, word = text[tokens[n].end : tokens[n + 1].begin], tokens[n].word
        if _JOINS.fullmatch(word) and not gap.strip() and word not in placed.words:
            return [*more, word]  # “Israel, and the cycle of violence” is longer
        if _BEGINS_TITLE.search(gap) or word in _NAME_WORDS or len(more) > 7:
            break
        if strange(word) and len(word) > 2 and not word[0].isdigit():
            more.append(word)
        elif gap.strip():
            break
    return more


_ENDS_TITLE = re.compile(r"[.,;\"”»’')\](\[]")
_YEARS_AFTER = re.compile(r"^,?\s\(?((?:1[5-9]|20)\d\d\s?[-–/]\s?\d{2,4})")
_JOINS = re.compile("and|of|in|on|for|und|von|et|de|y")
_BEGINS_TITLE = re.compile(r"[.,;\"“„«‘'(\[)\]&]")


# -- the names ----------------------------------------------------------------------------------


@lru_cache(maxsize=5_000)
def people_in(names: str) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """Surname, other words and printed surname of each name in an author line."""
    found = []
    for printed in re.split(r";|\s+and\s+|\s*&\s*", repaired(names).removesuffix("(ed.)"))[
        :MOST_NAMES
    ]:
        last, comma, first = printed.partition(",")
        words = [w for w in rules.words(printed) if w not in {"jr", "sr", "ii", "iii"}]
        if not words:
            continue
        own = rules.words(last)[-1:] if comma and rules.words(first) else words[-1:]
        surname = own[0] if own else words[-1]
        if surname.isdigit():
            continue
        others = tuple(w for w in words if w != surname)
        shown = next((w for w in _WORD.findall(printed) if rules.key(w) == surname), surname)
        found.append((surname, others, shown.title() if shown.isupper() else shown))
    return tuple(found)


def _named(reference: Reference, placed: _Placed | None) -> list[str]:
    """The words where the names stand: before the title, else all but the title."""
    tokens = [t for t in reference.tokens if t.begin < reference.host]
    if placed is None:
        return [t.word for t in tokens]
    before = [t.word for t in tokens[: placed.first]]
    return before if any(len(w) > 1 and w.isalpha() for w in before) else [
        t.word for t in tokens[placed.last + 1 :]
    ]  # fmt: skip


@dataclass(frozen=True)
class _Names:
    agree: tuple[str, ...]
    first: bool
    others: tuple[str, ...]
    """Names whose initials are somebody else's."""
    strange: int
    """Words among the reference's names that nobody of the item has."""


def _compare_names(words: Sequence[str], names: str) -> _Names:
    agree: list[str] = []
    others: list[str] = []
    people = people_in(names)
    surnames = {surname for surname, _, _ in people}
    first = False
    for n, (surname, given, shown) in enumerate(people):
        at = [m for m, w in enumerate(words) if alike(w, surname)]
        turned = False
        if not at:
            turned = any(len(g) > 2 and alike(w, g) for g in given for w in words)
            if not turned:
                continue
        near = [w for m in at for w in [*words[max(0, m - 3) : m], *words[m + 1 : m + 4]]]
        near = [w for w in near if w.isalpha() and w not in _NAME_WORDS and w not in surnames]
        initials = {g[0] for g in given}
        if not turned and initials and near and not any(w[0] in initials for w in near):
            if surname in words:
                others.append(shown)
            continue
        agree.append(shown)
        first = first or n == 0
    known = {w for s, given, _ in people for w in (s, *given)}
    strange = sum(
        len(w) > 2 and w.isalpha() and w not in _NAME_WORDS and w not in FUNCTION_WORDS
        and not any(alike(w, k) for k in known)
        for w in words
    )  # fmt: skip
    return _Names(tuple(agree), first, tuple(others), strange)


# -- the place ----------------------------------------------------------------------------------


def names_place(words: Sequence[str], place: str) -> bool:
    """Whether these words hold a journal or series, whole, abbreviated or as initials."""
    own = [w for w in rules.words(place) if w not in FUNCTION_WORDS]
    if not own:
        return False
    acronym = _acronym(place)
    if len(acronym) > 2 and acronym in words:
        return True
    kept = [w for w in words if w not in FUNCTION_WORDS]
    for begin in range(len(kept)):
        if not _abbreviates(kept[begin], own[0]):
            continue
        m, hits, letters = begin, 0, 0
        for word in own:
            here = next(
                (k for k in (m, m + 1) if k < len(kept) and _abbreviates(kept[k], word)), None
            )
            if here is not None:
                hits, letters, m = hits + 1, letters + len(kept[here]), here + 1
        if hits >= max(1, 0.7 * len(own)) and letters >= (4 if len(own) == 1 else 2 * hits - 1):
            return True
    return False


@lru_cache(maxsize=1_000)
def _acronym(place: str) -> str:
    return "".join(w[0] for w in rules.words(place) if w not in FUNCTION_WORDS)


def _ends(pages: str) -> tuple[str, str] | None:
    found = re.match(r"\s*([A-Za-z]?\d+)(?:\s?[-–—]{1,2}\s?([A-Za-z]?\d+))?", pages)
    return (
        (found[1].lower(), _unshortened(found[1], found[2]).lower() if found[2] else "")
        if found
        else None
    )


# -- all together -------------------------------------------------------------------------------


class _Weighed:
    """The sum of what was seen, and its words."""

    def __init__(self) -> None:
        self.score = 0.0
        self.reasons: list[str] = []
        self.doubts: list[str] = []
        self.open = False
        """Something that forbids to choose the item in advance."""

    def add(self, weight: float, words: str = "", *, open: bool = False) -> None:
        self.score += weight
        if words:
            (self.reasons if weight > 0 else self.doubts).append(words)
        self.open = self.open or open


def judge(reference: Reference, work: Work, *, citing_year: int | None = None) -> Match | None:
    """How well the reference fits the item; None where it cannot be meant."""
    if citing_year and work.year and work.year > citing_year + LATER:
        return None
    seen = _Weighed()
    doi, same_doi = doi_key(work.doi), _same_doi(reference, work)
    if same_doi and reference.words <= {"doi"}:
        return Match(work, PRE_CHECK, ("same DOI, and nothing else stands in it",), (), True)
    if same_doi:
        seen.add(6, "same DOI")
    elif doi and reference.doi:
        seen.add(-2, "another DOI", open=True)
    placed, only_main = _weigh_title(seen, reference, work)
    if placed is None and not same_doi:
        return None
    anyone = _weigh_names(seen, reference, placed, work)
    year = _weigh_year(seen, reference, placed, work)
    place = _weigh_place(seen, reference, placed, work)
    if not same_doi:
        telling = _telling(placed.words) if placed else []
        letters = sum(map(len, placed.words)) if placed else 0
        if letters <= 10 and not (anyone and place and (year or place > 1)):
            return None
        if only_main and not (year or place):
            return None
        if len(telling) < 3 and not (anyone and place and (year or place > 1)):
            seen.open = True
        if not anyone and not (place > 1 and year):
            seen.open = True
    if seen.score < OFFER:
        return None
    sure = seen.score >= PRE_CHECK and not seen.open
    return Match(work, round(seen.score, 2), tuple(seen.reasons), tuple(seen.doubts), sure)


def _weigh_title(seen: _Weighed, reference: Reference, work: Work) -> tuple[_Placed | None, bool]:
    title = repaired(work.title[:MOST_OF_TITLE])
    tries = [(title, False), *((main, True) for main in main_titles(title))]
    best: tuple[float, _Placed, bool, list[str]] | None = None
    for text, only_main in tries:
        words = rules.words(text)
        placed = _placed(words, reference) if words else None
        if placed is None or placed.share < _LEAST_TITLE:
            continue
        if reference.tokens[placed.first].begin >= reference.host:
            continue  # the book, of which the reference means a chapter
        beyond = _beyond(reference, placed, work)
        knowing = min(1.0, sum(map(_weight, placed.words)) / 5)
        fit = max(0.0, 1 - 2.2 * (1 - placed.share))
        worth = 6 * knowing * fit - 1.2 * len(beyond) - (1.0 if only_main else 0.0)
        if best is None or worth > best[0]:
            best = worth, placed, only_main, beyond
    if best is None:
        return None, False
    worth, placed, only_main, beyond = best
    count, total = sum(placed.found), len(placed.words)
    which = "main title" if only_main else "title"
    said = f"{count} of {total} words of the {which}" if count < total else f"the whole {which}"
    if total == 1:
        said = f"the one word of the {which}"
    seen.score += worth
    seen.reasons.append(said)
    if only_main:
        seen.doubts.append("without the subtitle")
    if beyond:
        seen.doubts.append("more words in its title: " + " ".join(beyond[:5]))
    absent = [w for w, f in zip(placed.words, placed.found, strict=True) if not f]
    if _counts_differ(absent) or _counts_differ(beyond):
        seen.add(-2, "another number in the title", open=True)
    if beyond or len(_telling(absent)) > 1 or placed.share < (1.0 if only_main else 0.85):
        seen.open = True
    return placed, only_main


def _counts_differ(words: Iterable[str]) -> bool:
    return any(any(c.isdigit() for c in w) or w in _ROMAN for w in words)


def _weigh_names(seen: _Weighed, reference: Reference, placed: _Placed | None, work: Work) -> bool:
    """Whether somebody of the item is named."""
    if not people_in(work.names):
        return False
    found = _compare_names(_named(reference, placed), work.names)
    if not found.agree:
        who = people_in(work.names)[0][2]
        if found.others:
            seen.add(-4, f"another {found.others[0]} by the initials", open=True)
        else:
            seen.add(-6, f"author {who} is not named", open=True)
        return False
    names = found.agree
    seen.add(
        2.5 if found.first else 1.0,
        ("author " if len(names) == 1 else "authors ") + ", ".join(names[:3])
        + (f" and {len(names) - 3} more" if len(names) > 3 else ""),
    )  # fmt: skip
    if len(names) > 1:
        seen.add(0.5)
    if found.others:
        seen.add(-1.5, f"another {found.others[0]} by the initials", open=True)
    if found.strange > 2 * len(names) + 1 and len(reference.tokens) > 8:
        seen.add(-1.5, "other authors are named")
    return True


def _weigh_year(seen: _Weighed, reference: Reference, placed: _Placed | None, work: Work) -> bool:
    """Whether the years agree, give or take one."""
    inside = range(0)
    if placed is not None:
        inside = range(placed.first, placed.last + 1)
    in_title = {reference.tokens[n].word for n in inside}
    years = [y for y in reference.years if str(y) not in in_title] or [
        y for y in reference.years if reference.text.count(str(y)) > 1
    ]
    if not work.year or not years:
        return False
    nearest = min(years, key=lambda y: abs(y - (work.year or 0)))
    apart = abs(nearest - work.year)
    if apart == 0:
        seen.add(1.5, f"year {work.year}")
    else:
        weight = {1: -0.2, 2: -1.0}.get(apart, -2.0)
        seen.add(weight, f"year differs: {nearest}, {work.year}")
    return apart <= 1


def _weigh_place(seen: _Weighed, reference: Reference, placed: _Placed | None, work: Work) -> int:
    """How many of journal, volume and pages agree; a DOI is no place."""
    after = placed.last + 1 if placed is not None else 0
    rest = [t.word for t in reference.tokens[after:]]
    agree = 0
    journal = next(
        (p for p in (work.journal, work.book, work.series) if p and names_place(rest, p)), ""
    )
    if journal:
        agree += 1
        seen.add(1.5, f"in {rules.shorten(journal, 60)}")
    own, apart = _ends(work.pages), False
    if own and own in reference.pages:
        agree += 1
        seen.add(2.5, f"pages {own[0]}–{own[1]}")
    elif own and reference.pages and own[0] in {first for first, _ in reference.pages}:
        agree += 1
        seen.add(1.5, f"first page {own[0]}")
    elif own and own[0] in rest and not reference.pages and own[0] != "1":
        agree += 1
        seen.add(1.0, f"page {own[0]}")
    elif own and own[1] and reference.pages:
        apart = True
        first, last = reference.pages[-1]
        seen.add(-0.7, f"pages differ: {first}–{last}, {own[0]}–{own[1]}")
    number = work.volume if work.kind == "Article" else work.number
    named = rules.words(number)
    if named and all(w in rest for w in named) and any(c.isdigit() for c in number):
        agree += 1
        what = "volume" if work.kind == "Article" else "number"
        unique = work.kind != "Article" and sum(map(str.isdigit, number)) >= 3
        seen.add(2.0 if unique and journal else 0.7, f"{what} {number}")
    if not agree and apart:
        seen.add(-1.0, "another place", open=True)
    elif (
        work.kind == "Paper"
        and not agree
        and (reference.pages or re.search(r"\d\s?\(\d", reference.text))
    ):
        seen.add(-1.5, "a working paper, while the reference names a volume or pages", open=True)
    return agree


def best(
    text: str,
    works: Iterable[Work],
    *,
    citing: Work | None = None,
    refuted: Collection[int] = (),
) -> list[Match]:
    """The items a reference text may mean, the likeliest first, with at most one chosen.

    Never the citing item itself, one that is later, nor one that was refuted for this text
    (`refuted`: their ids). A work that is there as working paper and as article is offered as
    both; the one is chosen whose place and year fit better, and of equals the published one.
    """
    reference = Reference.of(text)
    near = sorted(
        (
            (rough, work)
            for work in works
            if work.id not in refuted
            and (citing is None or work.id != citing.id)
            and ((rough := roughly(reference, work)) > 0 or _same_doi(reference, work))
        ),
        key=lambda pair: (-pair[0], pair[1].id),
    )
    year = citing.year if citing is not None else None
    judged = (judge(reference, work, citing_year=year) for _, work in near)
    return chosen([match for match in judged if match is not None])


def _same_doi(reference: Reference, work: Work) -> bool:
    return bool(reference.doi) and doi_key(work.doi) == reference.doi


def chosen(matches: Sequence[Match]) -> list[Match]:
    """The best of them in their order; the first stays chosen only if it clearly leads."""
    ordered = sorted(matches, key=lambda m: (-m.score, m.work.kind == "Paper", m.work.id))[:BEST]
    if not ordered:
        return []
    first = ordered[0]
    rivals = [
        m for m in ordered[1:]
        if first.score - m.score < CLEAR_LEAD
        and rules.key(m.work.title) != rules.key(first.work.title)
    ]  # fmt: skip
    sure = first.pre_check and not rivals
    return [_with(first, sure), *(_with(m, False) for m in ordered[1:])]


def _with(match: Match, pre_check: bool) -> Match:
    return Match(match.work, match.score, match.reasons, match.doubts, pre_check)


def roughly(reference: Reference, work: Work) -> float:
    """How many of the title's words are in the reference, for choosing what to look at closely."""
    title = work.title[:MOST_OF_TITLE]
    whole = _share(rules.words(title), reference.words)
    main = 0.0
    if whole < _LEAST_TITLE and (cut := _SUBTITLE.search(title, 4)):
        main = 0.9 * _share(rules.words(title[: cut.start()]), reference.words)
    named = any(surname in reference.words for surname, _, _ in people_in(work.names))
    return max(whole, main) + 0.3 * named + 0.1 * (work.year in reference.years)


def _share(words: Sequence[str], there: Collection[str]) -> float:
    total = sum(map(_weight, words))
    return sum(_weight(w) for w in words if w in there) / total if total else 0.0
