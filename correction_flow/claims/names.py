"""People's names: how they are printed, and whether a printed one may be a person's. Pure rules.

`variations` and `ras_key` say what the RePEc Author Service does (its source stands at each rule);
they are what we are measured against. `compare` is our own: the person's name is taken apart, and
the printed one is read along it, so that nobody has to list variations first.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from correction_flow.core.text import name_key, words

MOST_KEYS, MOST_INITIALS = 200, 8
"""Name keys and shared initials under which printed names of one person are looked up."""


# -- what the Author Service does -------------------------------------------------------------


def variations(first: str, middle: str, last: str, suffix: str = "") -> list[str]:
    """The variations that the Author Service makes of a name, in its order, each once.

    Rules and counts: ACIS, lib/ACIS/Web/Person.pm (repec.md §4.3, N1 to N6 of §8.3).
    """
    first, middle, last = first.strip(), middle.strip(), last.strip()
    suffix = suffix.strip().removesuffix(".")
    f = f"{first[0]}." if len(first) > 1 else ""  # an initial only of what is longer than a letter
    m = f"{middle[0]}." if len(middle) > 1 else ""
    made: list[str] = []
    if suffix and middle:
        made += [f"{first} {middle} {last}, {suffix}", f"{last}, {suffix}, {first} {middle}"]
        if m:
            made += [f"{first} {m} {last}, {suffix}", f"{last}, {suffix}, {first} {m}"]
        if f and m:
            made.append(f"{last}, {suffix}, {f} {m}")
    if suffix:
        made += [f"{first} {last}, {suffix}", f"{last}, {first}, {suffix}"]
        if f:
            made += [f"{f} {last}, {suffix}", f"{last}, {suffix}, {f}"]
    if middle:
        made += [f"{first} {middle} {last}", f"{last}, {first} {middle}"]
        if m:
            made += [f"{first} {m} {last}", f"{last}, {first} {m}"]
        if f and m:
            made += [f"{last}, {f} {m}", f"{f} {m} {last}"]
    made += [f"{first} {last}", f"{last}, {first}"]  # the short forms, always
    if f:
        made += [f"{f} {last}", f"{last}, {f}"]
    return list(dict.fromkeys(made))


_RAS_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ñ": "ny", "ÿ": "yu", "ß": "ss", "ø": "o", "ł": "l",
     "đ": "d", "å": "a", "æ": "ae", "'": None}
)  # fmt: skip
_LATIN_ACCENTS = re.compile("(?<=[a-z])[\u0300-\u036f]+")


def ras_key(name: str) -> str:
    """A name as the Author Service compares it; empty where it drops it.

    Rules: ACIS, lib/ACIS/Web/HumanNames.pm (repec.md §4.4, N7 to N12, N15 and N17 of §8.3). Its
    weak points are kept: `Müller` is not `Muller`, and a typographic apostrophe is a blank.
    """
    text = unicodedata.normalize("NFC", name).lower().translate(_RAS_LETTERS)
    text = _LATIN_ACCENTS.sub("", unicodedata.normalize("NFD", text))
    text = " ".join(re.sub(r"[\W_]+", " ", unicodedata.normalize("NFC", text)).split())
    return text if sum(c.isalnum() for c in text) >= 3 else ""


# -- a name taken apart -------------------------------------------------------------------------

SUFFIXES = {
    "jr": "jr", "sr": "sr", "ii": "ii", "iii": "iii", "iv": "iv",
}  # fmt: skip
"""What is no family name at the end of one; a `V` may be an initial, and Senior a family."""
_PARTICLES = """
van von der den de del della dello di da dal dos das do du la le las los lo el al ter ten te zu zum
zur af av bin ibn ben abu mac mc st san santa
"""
PARTICLES = frozenset(_PARTICLES.split())
_PARENTHESES = re.compile(r"\([^()]*\)")
_APOSTROPHES = re.compile("[’‘'ʼ`´]")
_PIECE = re.compile(r"[^\W_]+", re.UNICODE)
_TO = re.compile(r"(?<![^\W_])[’‘'ʼ`´]t\s+(?=\w)")
_GERMAN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "ñ": "ny", "đ": "dj"}
)
_UNGERMAN = re.compile(r"(?<=[^aeiouq])([uoa])e(?=[^aeiou])")
_HYPHEN = re.compile(r"[^\W_]\.?[-‐‑–]$")
_HAN = re.compile("[\u3400-\u9fff]{2,4}")
_LONG_CHINESE_FAMILIES = (
    "欧阳",
    "歐陽",
    "司马",
    "司馬",
    "上官",
    "诸葛",
    "諸葛",
    "司徒",
    "皇甫",
    "尉迟",
)


class How(enum.IntEnum):
    """How well a printed name fits a person's; the closest first."""

    SAME = 1
    RESPELT = 2
    SHORTER = 3
    INITIALS = 4
    LONGER = 5
    SIMILAR = 6
    NONE = 7


class Fit(NamedTuple):
    """What comparing two names says: how well, and why, in words for people.

    `full`: the first given name and a whole family name stand there in full, and agree.
    """

    how: How
    reason: str
    full: bool = False

    def __bool__(self) -> bool:
        return self.how is not How.NONE


NO_FIT = Fit(How.NONE, "another name")


class Word(NamedTuple):
    """One word of a name: folded, otherwise transliterated, and how it was printed."""

    plain: str
    other: str
    caps: bool = False
    bound: bool = False
    """Whether a hyphen binds it to the word before."""
    dotted: bool = False

    @property
    def initial(self) -> bool:
        """Whether it is one letter of an alphabet."""
        return len(self.plain) == 1 and self.plain < "\u3000"

    def same(self, other: Word) -> bool:
        """Whether they are one word, however transliterated."""
        return self.plain == other.plain or self.other == other.plain or self.plain == other.other


Line = tuple[Word, ...]


class Name(NamedTuple):
    """A name taken apart. Particles belong to the family name."""

    given: Line
    family: Line
    suffix: str = ""
    guessed: bool = False


@lru_cache(maxsize=20_000)
def words_in(text: str) -> Line:
    """The words of a name, in order; what stands in parentheses is left out."""
    text = unicodedata.normalize("NFC", text)
    text = _TO.sub("t-", _PARENTHESES.sub(" ", text).strip() or text)
    text = _APOSTROPHES.sub("", text)
    found: list[Word] = []
    for match in _PIECE.finditer(text):
        raw, before = match[0], text[: match.start()]
        bound = bool(_HYPHEN.search(before))
        german = words(raw.lower().translate(_GERMAN))
        for n, plain in enumerate(words(raw)):
            other = german[n] if n < len(german) else plain
            caps = len(raw) > 1 and raw.isupper()
            found.append(Word(plain, other, caps, bound, text[match.end() :][:1] == "."))
    return tuple(found)


@lru_cache(maxsize=20_000)
def taken_apart(text: str) -> Name:
    """A name as somebody gives it: `Last, First`, `First LAST`, `Last F. M.`, in any script.

    Without a comma the family name is the last word with its particles, or what stands in
    capitals, or what initials follow. Han without blanks begins with the family name.
    """
    text = " ".join(text.split())
    if _HAN.fullmatch(text):
        cut = 2 if text[:2] in _LONG_CHINESE_FAMILIES and len(text) > 2 else 1
        return Name(words_in(text[cut:]), words_in(text[:cut]))
    parts, suffix = _in_parts(text)
    if len(parts) > 1:
        family, given = parts[0], tuple(word for part in parts[1:] for word in part)
        while len(given) > 1 and given[-1].plain in PARTICLES:
            family, given = (given[-1], *family), given[:-1]
        return Name(given, family, suffix)
    return Name(*_split(parts[0]), suffix) if parts else Name((), ())


def _in_parts(text: str) -> tuple[list[Line], str]:
    """What commas part, without the suffix; and the suffix."""
    parts = [part for part in map(words_in, text.split(",")) if part]
    suffix = ""
    for n, part in enumerate(parts):
        if part[-1].plain in SUFFIXES and (n or len(part) > 1):
            suffix, parts[n] = SUFFIXES[part[-1].plain], part[:-1]
    return [part for part in parts if part], suffix


def _split(line: Line) -> tuple[Line, Line]:
    """Given and family names of a line without comma."""
    if len(line) < 2:
        return (), line
    if line[-1].initial and not line[0].initial:  # Stiglitz Joseph E, Waals J. D.
        end = next((n for n, word in enumerate(line) if word.plain not in PARTICLES), 0) + 1
        return line[end:], line[:end]
    capitals = [word.caps and len(word.plain) > 2 for word in line]
    if any(capitals) and not all(c or word.initial for c, word in zip(capitals, line, strict=True)):
        if capitals[-1]:
            begin = capitals.index(True)
            return line[:begin], line[begin:]
        if capitals[0]:
            end = capitals.index(False)
            return line[end:], line[:end]
    begin = len(line) - 1
    while begin > 1 and (line[begin].bound or line[begin - 1].plain in PARTICLES):
        begin -= 1
    return line[:begin], line[begin:]


# -- comparing ----------------------------------------------------------------------------------


class _Against(NamedTuple):
    """What comparing one part found: words for people, and what kind of difference each is."""

    how: How
    reasons: tuple[str, ...] = ()
    full: bool = True
    extra: bool = False
    """Whether something was left out or added, so that nothing more may differ."""


def compare(person_names: Sequence[str], printed: str) -> Fit:
    """How well a printed name fits any of a person's names; the best of them.

    An initial, a middle name or a second surname that speaks against it makes it none.
    """
    best = NO_FIT
    for text in person_names:
        best = min(best, _compare(text, printed), key=lambda fit: (fit.how, not fit.full))
    return best


@lru_cache(maxsize=50_000)
def _compare(text: str, printed: str) -> Fit:
    best = NO_FIT
    for person in _own_readings(text):
        fit = _compare_one(person, printed)
        if person.guessed:
            fit = fit._replace(full=False) if fit.how is How.SHORTER else NO_FIT
        best = min(best, fit, key=lambda found: (found.how, not found.full))
    return best


def _own_readings(text: str) -> Iterator[Name]:
    """A person's name, and where it may end in two surnames, that guess."""
    person = taken_apart(text)
    if person.family:
        yield person
    if "," not in text and len(person.given) == 2 and len(person.family) == 1:
        middle = person.given[-1]
        if len(middle.plain) > 2 and not middle.bound:
            yield Name(person.given[:1], (middle, *person.family), person.suffix, guessed=True)


def _compare_one(person: Name, printed: str) -> Fit:
    found = [(How.NONE, NO_FIT)]
    for given, family, suffix, inverted in _readings(printed):
        of_family = _families(person.family, family)
        if of_family.how is not How.NONE:
            of_given = _givens(person.given, given)
            fit = _together(of_family, of_given, person.suffix, suffix, inverted)
            found.append((of_family.how, fit))
    return min(found, key=lambda pair: (pair[1].how, not pair[1].full, pair[0]))[1]


def _readings(printed: str) -> Iterator[tuple[Line, Line, str, bool]]:
    """Given names, family names, suffix, and whether inverted, in every way to read it."""
    own = taken_apart(printed)
    yield own.given, own.family, own.suffix, False
    parts, suffix = _in_parts(printed)
    if len(parts) == 1 and len(parts[0]) <= 12:
        line = parts[0]
        for n in range(1, len(line)):
            yield line[:n], line[n:], suffix, False
            yield line[n:], line[:n], suffix, True


def _together(family: _Against, given: _Against, mine: str, printed: str, inverted: bool) -> Fit:
    how = max(family.how, given.how)
    reasons = [*given.reasons, *family.reasons]
    if how is How.NONE or (mine and printed and mine != printed):
        return NO_FIT
    if how > How.INITIALS and family.extra and given.extra:
        return NO_FIT  # one thing may be new or misspelt, no second one differ
    if printed and not mine:
        if family.extra or given.extra:
            return NO_FIT
        how = max(how, How.LONGER)
        reasons.append(f"“{printed}” is added")
    elif mine and not printed:
        how = max(how, How.SHORTER)
        reasons.append(f"“{mine}” is left out")
    if inverted:
        how = max(how, How.RESPELT)
        reasons.append("the family name stands first")
    return Fit(
        how, "; ".join(dict.fromkeys(reasons)) or "the same name", family.full and given.full
    )


def _families(mine: Line, printed: Line) -> _Against:
    if not printed:
        return _Against(How.NONE)
    if len(mine) == len(printed) and all(a.same(b) for a, b in zip(mine, printed, strict=True)):
        if all(a.plain == b.plain for a, b in zip(mine, printed, strict=True)):
            return _Against(How.SAME)
        return _Against(How.RESPELT, ("the family name is transliterated",))
    if _joined(mine) & _joined(printed):
        return _Against(How.RESPELT, ("the family name is written together or apart",))
    if len(mine) == len(printed) == 1 and _reduced(mine[0]) == _reduced(printed[0]):
        return _Against(How.RESPELT, ("the family name is transliterated",))
    core, other = _core(mine), _core(printed)
    if len(core) == len(other) and all(a.same(b) for a, b in zip(core, other, strict=True)):
        return _Against(How.SHORTER, ("a particle of the family name differs",))
    if len(core) > 1 and len(other) == 1:
        for n, word in ((0, core[0]), (-1, core[-1])):
            if len(word.plain) > 1 and word.same(other[0]):
                which = "second" if n == 0 else "first"
                return _Against(How.SHORTER, (f"the {which} surname is left out",), extra=True)
    both = len(core) == 1 and len(other) == 2 and all(len(word.plain) > 2 for word in other)
    if both and any(word.same(core[0]) for word in other):
        return _Against(How.LONGER, ("another surname is added",), extra=True)
    if len(mine) == len(printed):
        differ = [(a, b) for a, b in zip(mine, printed, strict=True) if not a.same(b)]
        if len(differ) == 1 and slip(differ[0][0].plain, differ[0][1].plain, 5):
            return _Against(How.SIMILAR, ("one letter of the family name differs",), extra=True)
    return _Against(How.NONE)


def _joined(line: Line) -> set[str]:
    return {"".join(word.plain for word in line), "".join(word.other for word in line)}


def _reduced(word: Word) -> str:
    return _UNGERMAN.sub(r"\1", word.other) if len(word.other) > 4 else word.plain


def _core(line: Line) -> Line:
    """Family names without particles, where something is left."""
    last = len(line) - 1
    return (
        tuple(
            word
            for n, word in enumerate(line)
            if word.plain not in PARTICLES
            and not (word.plain in "yei" and 0 < n < last)
            and not (word.plain == "t" and n < last and line[n + 1].bound)
        )
        or line
    )


def slip(one: str, other: str, least: int) -> bool:
    """Whether one slip of the pen makes one word of the other: a letter more, less or another,
    or two neighbours exchanged. Words of fewer than `least` letters are too short to tell."""
    if one == other or min(len(one), len(other)) < least or abs(len(one) - len(other)) > 1:
        return False
    n = 0
    while n < min(len(one), len(other)) and one[n] == other[n]:
        n += 1
    a, b = one[n:], other[n:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def _givens(mine: Line, printed: Line) -> _Against:
    if not mine or not printed:
        return _Against(How.SAME if not mine and not printed else How.NONE)
    if len(mine) == len(printed) and all(
        a.plain == b.plain for a, b in zip(mine, printed, strict=True)
    ):
        how = How.INITIALS if mine[0].initial else How.SAME
        return _Against(how, full=not mine[0].initial)
    if _joined(mine) & _joined(printed) and not mine[0].initial and not printed[0].initial:
        apart = len(mine) != len(printed)
        said = "written together or apart" if apart else "transliterated"
        return _Against(How.RESPELT, (f"the given name is {said}",))
    return _align(mine, printed, first=True)


def _align(mine: Line, printed: Line, *, first: bool) -> _Against:
    """Given names along each other, from the left; what is over is left out or added."""
    if not printed:
        if not mine:
            return _Against(How.SAME)
        half = mine[0].bound
        said = "half of a double given name" if half else "the middle name"
        return _Against(How.SHORTER, (f"{said} is left out",), extra=True)
    if not mine:
        return _Against(How.LONGER, ("a middle name is added",), extra=True)
    for taken, seen, found in _steps(mine, printed, first):
        rest = _align(mine[taken:], printed[seen:], first=False)
        if rest.how is How.LONGER and not first and "a middle name is added" in rest.reasons:
            rest = _Against(
                How.NONE
            )  # with middle names of one's own, a further one speaks against
        if rest.how is not How.NONE:
            return _Against(
                max(found.how, rest.how), found.reasons + rest.reasons,
                found.full or not first, found.extra or rest.extra,
            )  # fmt: skip
    return _Against(How.NONE)


def _steps(mine: Line, printed: Line, first: bool) -> Iterator[tuple[int, int, _Against]]:
    """How many of one's own and of the printed words belong together here, and how."""
    a, b = mine[0], printed[0]
    together = "the given name is written together or apart"
    if a.plain == b.plain:
        how = How.INITIALS if first and a.initial else How.SAME
        yield 1, 1, _Against(how, full=not a.initial)
    elif a.same(b):
        yield 1, 1, _Against(How.RESPELT, ("the given name is transliterated",))
    if len(b.plain) < len(a.plain) and a.plain.startswith(b.plain) and (b.initial or b.dotted):
        yield 1, 1, _shortened(first)
    if 2 <= len(b.plain) <= 4 and (b.caps or not set(b.plain) & set("aeiouy")):
        count = len(b.plain)
        if "".join(word.plain[0] for word in mine[:count]) == b.plain:
            yield count, 1, _shortened(first)
    if a.initial and b.plain[0] == a.plain and not b.initial:
        how, said = (How.LONGER, "first") if first else (How.SHORTER, "middle")
        yield 1, 1, _Against(how, (f"the {said} name is written out",), full=not first)
    if len(mine) > 1 and a.plain + mine[1].plain == b.plain:
        yield 2, 1, _Against(How.RESPELT, (together,))
    if len(printed) > 1 and b.plain + printed[1].plain == a.plain:
        yield 1, 2, _Against(How.RESPELT, (together,))
    if slip(a.plain, b.plain, 4):
        yield (
            1,
            1,
            _Against(
                How.SIMILAR, ("one letter of the given name differs",), full=False, extra=True
            ),
        )
    if first and a.initial and len(mine) > 1 and mine[1].same(b) and not b.initial:
        yield 2, 1, _Against(How.SHORTER, ("the first initial is left out",), extra=True)
    if not first and len(mine) > 1:
        yield 1, 0, _Against(How.SHORTER, ("a middle name is left out",), extra=True)


def _shortened(first: bool) -> _Against:
    if first:
        return _Against(How.INITIALS, ("initials stand for given names",), full=False)
    return _Against(How.SHORTER, ("the middle name is an initial",))


# -- looking up ---------------------------------------------------------------------------------


def keys_of(person_names: Sequence[str]) -> list[str]:
    """The name keys (`core.text.name_key`) under which printed names of this person may stand.

    At most MOST_KEYS, the likeliest first. They are where to look; `compare` has the last word.
    """
    found: dict[str, int] = {}
    for text in person_names:
        found.setdefault(name_key(text), 0)
        for person in _own_readings(text):
            for rank, form in _forms(person):
                found[form] = min(found.get(form, rank), rank)
    return sorted((form for form in found if form), key=lambda form: found[form])[:MOST_KEYS]


def _forms(person: Name) -> Iterator[tuple[int, str]]:
    """Name keys of one name, the likelier the smaller the number."""
    for n, given in enumerate(_given_forms(person.given)):
        for m, family in enumerate(_family_forms(person.family)):
            for extra, form in enumerate(_orders(given, family, person.suffix)):
                yield n + 3 * m + 2 * extra, form


def shared_initials(person_names: Sequence[str]) -> list[str]:
    """First letter and last word of the person's names as printed, like `j torfing`: with these,
    everybody is found who may be printed with the same initial and family name."""
    found: list[str] = []
    for text in person_names:
        person = taken_apart(text)
        first = (person.given or person.family)[:1]
        for form in _family_forms(person.family):
            found += [shared_initial(f"{word.plain[0]} {form}") for word in first]
    return list(dict.fromkeys(found))[:MOST_INITIALS]


def shared_initial(key: str) -> str:
    """Of a name key, the first letter and the last word: `j torfing`, as the index has it."""
    return f"{key[:1]} {key.rpartition(' ')[2][:60]}"


def _orders(given: str, family: str, suffix: str) -> Iterator[str]:
    yield f"{given} {family}".strip()
    yield f"{family} {given}".strip()
    if suffix:  # as `name_key` turns “Robert Lucas, Jr”, “Robert Lucas Jr” and “Lucas, Robert, Jr”
        yield f"{suffix} {given} {family}"
        yield f"{given} {family} {suffix}"
        yield f"{given} {suffix} {family}"


def _family_forms(family: Line) -> list[str]:
    core = _core(family)
    forms = [_line(family), " ".join(word.other for word in family)]
    if len(family) > 1:
        forms += [_line(core), "".join(word.plain for word in family)]
        forms += [core[0].plain, core[-1].plain]
    elif family:
        forms.append(_reduced(family[0]))
    return [form for form in dict.fromkeys(forms) if form]


def _given_forms(given: Line) -> list[str]:
    if not given:
        return [""]
    first, rest = given[0].plain, [word.plain for word in given[1:]]
    letters = [word[0] for word in (first, *rest)]
    forms = [_line(given), " ".join([first, *(word[0] for word in rest)]), first]
    forms += [" ".join(letters), letters[0], "".join(letters)]
    forms += [" ".join(word.other for word in given), given[0].other]
    if rest:
        joined = first + rest[0]
        forms += [joined, " ".join([joined, *rest[1:]]), " ".join([letters[0], *rest])]
        forms += [f"{first} {rest[0]}", f"{first} {rest[0][0]}", f"{letters[0]} {letters[1]}"]
        if len(rest) > 1:
            forms += [
                f"{first} {rest[-1]}",
                f"{first} {rest[-1][0]}",
                f"{letters[0]} {letters[-1]}",
            ]
            forms += [f"{joined} {rest[1][0]}"]
    return list(dict.fromkeys(forms))


def _line(line: Line) -> str:
    return " ".join(word.plain for word in line)
