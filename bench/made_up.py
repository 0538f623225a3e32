"""A made-up catalogue of any size, as rows: the same seed and size always make the same rows. Pure.

It has the shape of RePEc's (repec.md §1.4 and §1.5): a few archives with hundreds of series and
most with one, a few series with tens of thousands of items, common and rare words, names that many
people share, and some items that thousands cite. Four fifths of the items came with the first
import, series after series; the rest since then, day by day, from everywhere.

What an item is called, where it belongs and who wrote it follows from its number alone, so that an
item can be cited without being made. Everything else of it comes from the dice of its portion.
Whoever loads the rows stands in `catalogue.py`.
"""

# ruff: noqa: SIM905
from __future__ import annotations

import hashlib
import itertools
import json
import random
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from correction_flow.catalog.words import doi_words, filter_words, words_of
from correction_flow.core import text as rules
from correction_flow.redif.fields import jel_labels
from correction_flow.upstream.reading import READ_AS

PORTION = 2000
"""Items that are made together, from dice of their own."""
Rows = dict[str, list[tuple[Any, ...]]]
COLUMNS: dict[str, tuple[str, ...]] = {
    "desks": ("id", "key"),
    "desk_members": ("desk_id", "address_key", "address", "removed"),
    "archives": ("id", "desk_id", "handle", "handle_key", "name", "upstream", "placeholder"),
    "series": (
        "id", "archive_id", "desk_id", "handle", "handle_key", "kind", "name", "provider",
        "upstream", "placeholder",
    ),
    "contacts": ("archive_id", "series_id", "name", "address", "address_key"),
    "import_runs": (
        "id", "archive_id", "path", "started_at", "finished_at", "beat_at", "process", "summary",
    ),
    "source_files": (
        "id", "archive_id", "path", "size", "mtime", "sha256", "encoding", "line_ends",
        "template_count", "describes", "read_as", "seen_by_run",
    ),
    "templates": (
        "source_file_id", "first_line", "last_line", "handle_key", "kind", "good", "sha256",
        "taken", "lost",
    ),
    "items": (
        "id", "series_id", "kind", "handle", "handle_key", "ideas_path", "title", "author_line",
        "year", "upstream", "version", "import_run_id", "indexed_by_repec", "created_at",
        "updated_at",
    ),
    "item_authors": (
        "item_id", "role", "position", "name", "name_key", "email_key", "person", "workplaces",
    ),
    "item_words": ("item_id", "words"),
    "item_references": (
        "item_id", "position", "text", "text_key", "nth", "cited_key", "cited_item_id",
        "linked_by", "origin",
    ),
}  # fmt: skip
"""The tables that are filled, in the order in which rows may refer to each other."""

ITEMS_OF_REPEC, ARCHIVES_OF_REPEC = 5_505_157, 2_400
ARCHIVES_OF_2017 = 1_909
LARGEST_ARCHIVES = (1081, 403, 224, 222, 216, 184, 146)
SHARES = {"Article": 0.685, "Paper": 0.2408, "Chapter": 0.0603, "Book": 0.0128, "Software": 0.0011}
SHELVES = {"Article": "a", "Paper": "p", "Book": "b", "Software": "c", "Chapter": "h"}
BEGINNING = datetime(2026, 1, 5, tzinfo=UTC)
"""When the first import began."""
LAST_YEAR = 2026
_ALL = 0xFFFFFFFFFFFFFFFF
_TITLE, _PERSON, _PLACE, _CLASSIC, _WORK = (n << 40 for n in range(1, 6))
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

# -- words and names --------------------------------------------------------------------------

FUNCTION_WORDS = """
the of and in to a that we on is for this with by are from an as it which between our their be
these at find have using has or not can more paper also both than results show how its whether but
based while when all into such other over who they use under through where only first two been
""".split()
PLAIN_WORDS = """
policy growth market economic model trade evidence countries data effect financial analysis firms
impact development capital monetary income labor price health rate risk public investment states
education tax theory demand exchange bank credit innovation energy employment inflation foreign
structure household wage industry political management performance social regional international
government governance dynamics productivity poverty inequality migration welfare agricultural
competition information technology consumer business cycle shocks equilibrium optimal estimation
panel time series regression volatility returns stock debt fiscal budget crisis banks europe
china india africa germany united america japan russia rural urban food water climate carbon
emissions environmental sustainable resources oil electricity transport housing city land farmers
gender women children school skills training unemployment pension insurance mortality aging
fertility population entrepreneurship firm corporate ownership board accounting audit disclosure
earnings dividends liquidity asset pricing portfolio bonds interest term expectations uncertainty
learning behavior preferences choice experiment game bargaining auction contracts incentives
institutions corruption democracy voting elections regulation antitrust property rights legal
courts crime war conflict aid remittances tariffs exports imports openness globalization
integration convergence union euro currency dollar reserve central reform privatization transition
planning forecast forecasting nonlinear bayesian stochastic dynamic spatial network networks
identification instrumental causal treatment evaluation program survey measurement index
decomposition efficiency frontier production function cost scale quality service services tourism
culture sport media internet digital platform mobile telecommunications knowledge patents
universities research science human capital mobility matching search frictions vacancies
heterogeneity distribution wealth consumption saving savings loans mortgage default bankruptcy
""".split()
PREFIXES = (
    "",
    "re",
    "un",
    "co",
    "pre",
    "post",
    "anti",
    "multi",
    "inter",
    "intra",
    "macro",
    "micro",
)
ROOTS = """
norm calc serv prod mark fin labor tari cred mone fisc budg welf tren vola mater form struct cap
loc reg glob trans port act part min max opt equ lib prop rent alloc aggre sect stab adjus flex
rigid expect inform negoti contr regul compet collud innov diffus adopt imit spec signal screen
verif audit insur hedg lever liquid solv amort deprec invest consum saver endow inher demo fert
mort migr urb rur agr irrig harv fish forest carb emiss pollut clim temper precip energ electr
petrol hydr nucl sol wind mine extract refin distil ferment pharm medic nurs hosp diagnos vaccin
epidem obes nutri calor protein educ pedag tutor gradu schol univers appren skill voc occup
unionis strik bargain wag sal bonus pens retir disab unempl vacan match quit layoff turnov tenur
elect vot cand parl congr senat judic attorn litig arbitr crim polic pris corrup brib lobb
""".split()
SUFFIXES = (
    "al", "ation", "ative", "ing", "ed", "er", "ers", "ism", "ist", "ity", "ment", "ments", "able",
    "ally", "ize", "izing", "ized", "ous", "ance", "ants",
)  # fmt: skip
GIVEN_NAMES = """
John Wei David Michael James Robert Maria Peter Thomas Daniel Paul Mark Andrea Li Jan Richard
Martin Christian Anna Stephen William Jing Andrew Joseph José Marco Juan Carlos Hans Eric Alexander
Xin George Stefan Ana Laura Jean Philippe Mohammed Kevin Charles Jun Ying Yan Ming Sarah Elena Julia
Francesco Luis Antonio Paolo Matthew Christopher Brian Alan Ahmed Hiroshi Takashi Kenji Sven Lars
Olga Irina Sergei Ivan Katarzyna Piotr Paweł Jürgen Günther Björn Søren Zoë François Andrés Raúl
Inés Łukasz Ayşe Mehmet Emre Minh Anh Thi Rajesh Priya Anil Sanjay Fatima Ali Hassan Omar Kwame
Abdul Chinedu Ngozi Thabo Fernanda João Pedro Beatriz Emily Claire Sophie Camille Lucas Hugo Emma
Hannah Nina Eva Jana Petra Tomáš Jiří Zoltán László Éva Nikolaos Dimitrios Giorgos Ioannis Yusuf
Chen Hui Fang Lei Yu Bo Jie Kim Ji-Young Min-Jun Hye-Jin Jae-Ho Sung
""".split()
COMMON_SURNAMES = """
Wang Li Zhang Smith Liu Chen Lee Yang Kim Brown Miller Johnson Jones Williams Zhao Wu Huang Zhou
Davis Garcia Martin Müller Wilson Taylor Anderson Nguyen Xu Sun Thomas Moore White Park Clark Lewis
Hall Young King Scott Green Baker Adams Nelson Carter Evans Turner Collins Rossi Schmidt Schneider
Fischer Weber Meyer Wagner Becker Hoffmann Koch Richter Klein Wolf Dubois Bernard Moreau Petit
Fernández González Rodríguez López Martínez Sánchez Pérez Gómez Silva Santos Oliveira Costa Souza
Ivanov Petrov Novák Kowalski Nowak Horváth Papadopoulos Hansen Nielsen Jensen Andersen Johansson
Karlsson Svensson Virtanen Tanaka Suzuki Sato Watanabe Yamamoto Singh Kumar Sharma Gupta Patel Khan
Ahmed Hussain Rahman Ali Hassan Yılmaz Kaya Demir Okafor Mensah O'Brien Murphy Kelly Ryan Cohen Levy
""".split()
SURNAME_STARTS = """
Bar Ber Bran Cal Cor Dal Del Dor Eck El Fal Fen Gar Gol Gran Hal Har Hol Jar Kal Kar Kel Kor Lam
Lan Lor Mac Mal Mar Mil Mon Nor Ol Or Pal Per Pol Ral Ram Ros Sal San Sch Sel Sol Stan Tal Tor Val
Ver Vol Wal Wes Wil Zal Zim
""".split()
SURNAME_MIDDLES = ("a", "an", "e", "el", "er", "i", "in", "o", "on", "u")
SURNAME_ENDS = """
ski sen son mann berg ner ler ton ley field ini etti elli ez as is os ov ova enko ian wala dar ker
stein baum hof man feld ens ic vic sma stra
""".split()
CITIES = """
Aalborg Ankara Athens Auckland Barcelona Bergen Berlin Bilbao Bologna Boston Bristol Brussels
Calcutta Canberra Chicago Cologne Copenhagen Cracow Delhi Dublin Essex Florence Geneva Ghent Glasgow
Göttingen Groningen Hamburg Helsinki Istanbul Kiel Kyoto Lagos Lausanne Leuven Lima Lisbon London
Lund Lyon Madrid Maastricht Manchester Mannheim Melbourne Milan Minnesota Montreal Munich Nairobi
Naples Oslo Osaka Oxford Padua Paris Porto Prague Princeton Rome Seoul Shanghai Siena Stockholm
Sydney Tokyo Toronto Toulouse Trento Turin Uppsala Utrecht Vienna Warsaw Wuhan York Zurich
""".split()
LANGUAGES = ("en",) * 30 + ("fr", "de", "es")


class Place(NamedTuple):
    """Where an item belongs: its series (from 0), its number and year there, its file."""

    series: int
    nth: int
    year: int
    rest: str
    late: bool


class Shelf(NamedTuple):
    """What all items of a series share."""

    archive: int
    code: str
    handle: str
    kind: str
    name: str
    words: tuple[str, ...]
    key: str
    first_year: int
    per_file: int
    style: int
    filters: str


class Named(NamedTuple):
    """A person as printed, and what the name is compared by."""

    name: str
    key: str
    person: int
    given: str
    surname: str
    bits: int


class Words:
    """The words of a seed: a vocabulary by Zipf's law, and what is drawn from it in advance."""

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed + 1)
        made = {p + r + s for p in PREFIXES for r in ROOTS for s in SUFFIXES}
        made -= {*FUNCTION_WORDS, *PLAIN_WORDS}
        rare = sorted(made)
        dice.shuffle(rare)
        plain = list(dict.fromkeys(PLAIN_WORDS))
        self.vocabulary = [*FUNCTION_WORDS, *plain, *rare]
        weights = [(rank + 2.7) ** -1.15 for rank in range(len(self.vocabulary))]
        total = list(itertools.accumulate(weights))
        draw = lambda n: dice.choices(self.vocabulary, cum_weights=total, k=n)
        self.stream = draw(1 << 17)
        self.stream += self.stream[:16]
        self.rare = draw(1 << 16)
        parts = [draw(dice.randint(8, 12)) for _ in range(1 << 15)]
        self.parts = [(" ".join(words).capitalize(), tuple(words)) for words in parts]
        subject = [*plain, *rare[:4000]]
        phrases = [dice.choices(subject, k=dice.choice((1, 2, 2))) for _ in range(1 << 13)]
        self.phrases = [(" ".join(words), tuple(words)) for words in phrases]
        self.subject = plain
        self.jel = sorted(code for code in jel_labels() if len(code) == 3)

    @staticmethod
    @cache
    def of(seed: int) -> Words:
        """The words of that seed, made once."""
        return Words(seed)


class World:
    """The catalogue of so many items: what is shared by all of them, and each of them on demand.

    `dialect` only says how times are written.
    """

    def __init__(self, items: int, *, seed: int = 1997, dialect: str = "postgresql") -> None:
        self.items = items
        self.seed = seed
        self.dialect = dialect
        self._salt = random.Random(seed).getrandbits(64)
        self._words = Words.of(seed)
        self._people()
        self._shelves()
        self.classics = [
            1 + self._mix(_CLASSIC + n) % max(1, items * 3 // 4)
            for n in range(max(20, items // 250))
        ]
        self._classic = set(self.classics)
        self.portions = -(-items // PORTION)
        self._last_arrival = (-1, "")

    def _mix(self, n: int) -> int:
        """64 bits that look random and follow from the number."""
        x = (n * 0x9E3779B97F4A7C15 + self._salt) & _ALL
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _ALL
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _ALL
        return x ^ (x >> 31)

    # -- what all share -----------------------------------------------------------------

    def _people(self) -> None:
        dice = random.Random(self.seed + 2)
        self.people = max(50, self.items * 7 // 20)
        weights = [1 / (rank + 8) for rank in range(len(GIVEN_NAMES))]
        self._given = [
            (name, rules.key(name)) for name in dice.choices(GIVEN_NAMES, weights, k=1 << 11)
        ]
        made = [a + b + c for a in SURNAME_STARTS for b in SURNAME_MIDDLES for c in SURNAME_ENDS]
        common = dice.choices(
            COMMON_SURNAMES, [1 / (r + 4) for r in range(len(COMMON_SURNAMES))], k=24_000
        )
        surnames = common + dice.choices(made, k=(1 << 16) - len(common))
        dice.shuffle(surnames)
        self._surnames = [(name, rules.key(name)) for name in surnames]
        self._workplaces = [
            _json([{"name": f"{kind} {city}"}])
            for kind in (
                "University of", "Institute of Economics,", "School of Business,", "Bank of",
                "Centre for Policy Research,", "Department of Agriculture,",
            )
            for city in CITIES
        ]  # fmt: skip
        counts = [1] * 30 + [2] * 30 + [3] * 22 + [4] * 11 + [5] * 4 + [6] * 2 + [10]
        self._author_counts = [dice.choice(counts) for _ in range(1 << 10)]
        lengths = dict(zip(
            (1, 2, 3, 4, 5, 6, 8, 10, 15, 25, 60),
            (41, 40, 30, 24, 20, 12, 12, 10, 7, 3, 1), strict=True,
        ))  # fmt: skip
        self._list_lengths = [n for n, count in lengths.items() for _ in range(count)]

    def _shelves(self) -> None:
        dice = random.Random(self.seed + 3)
        scale = (self.items / ITEMS_OF_REPEC) ** 0.5
        archives = max(3, round(ARCHIVES_OF_REPEC * scale))
        counts = series_counts(archives)
        dice.shuffle(counts)
        self.first = self.items - self.items // 5
        total = sum(counts)
        weights = [(rank + 20) ** -0.9 for rank in range(1, total + 1)]
        each = self.first / sum(weights)
        sizes = [int(weight * each) for weight in weights]
        for n in range(self.first - sum(sizes)):
            sizes[n % total] += 1
        held: dict[str, float] = dict.fromkeys(SHARES, 0.0)
        sized = []
        for done, size in zip(itertools.accumulate(sizes), sizes, strict=True):
            kind = max(SHARES, key=lambda name: SHARES[name] * done - held[name])
            held[kind] += size
            sized.append((size, kind))
        dice.shuffle(sized)
        codes = dice.sample(range(26**3), archives)
        self.codes = ["".join(_LETTERS[n // d % 26] for d in (676, 26, 1)) for n in codes]
        self.archive_names = [
            f"{dice.choice(('University of', 'Bank of', 'Institute of', 'Press of'))} "
            f"{dice.choice(CITIES)}, {dice.choice(self._words.subject).capitalize()}"
            for _ in range(archives)
        ]
        self.sizes = [size for size, _ in sized]
        self.starts = [0, *itertools.accumulate(self.sizes)][:-1]
        self.shelves: list[Shelf] = []
        for archive, count in enumerate(counts):
            for n in range(count):
                self.shelves.append(self._shelf(dice, archive, n, sized[len(self.shelves)][1]))
        files = (-(-size // s.per_file) for size, s in zip(self.sizes, self.shelves, strict=True))
        own = 3 * archives  # aaaarch.rdf, aaaseri.rdf and references.jsonl of each
        self._file_starts = [own, *itertools.accumulate(files, initial=own)][1:]
        self.files = self._file_starts[-1] + self.items - self.first

    def _shelf(self, dice: random.Random, archive: int, n: int, kind: str) -> Shelf:
        code = self.codes[archive]
        code = f"{'j' if kind == 'Article' else 'w'}{code}{n // 36:x}"[:4] + f"{n % 100:02}"
        code = f"{code[0]}{n:05}"[:6] if n > 99 else code.ljust(6, "x")
        handle = f"RePEc:{self.codes[archive]}:{code}"
        chosen = dice.sample(self._words.subject, dice.choice((1, 2, 2)))
        subjects = " and ".join([word.capitalize() for word in chosen])
        start = {
            "Article": dice.choice(("Journal of", "Review of", "Annals of")),
            "Paper": f"{dice.choice(CITIES)} Working Papers in",
            "Book": "Studies in",
            "Chapter": "Handbook of",
            "Software": "Programs for",
        }[kind]
        name = f"{start} {subjects}"
        key = handle.lower()
        return Shelf(
            archive=archive,
            code=code,
            handle=handle,
            kind=kind,
            name=name,
            words=tuple(words_of([name])),
            key=key,
            first_year=2020 - int(55 * dice.random() ** 1.5),
            per_file=dice.choice((1, 10, 100, 1000)),
            style=dice.randrange(8),
            filters=" ".join(filter_words(kind=kind, series_key=key)),
        )

    # -- what follows from a number ------------------------------------------------------

    def place(self, item: int) -> Place:
        """Where an item belongs. Items are numbered from 1."""
        n = item - 1
        late = n >= self.first
        s = bisect_right(self.starts, self._mix(_PLACE + n) % self.first if late else n) - 1
        shelf = self.shelves[s]
        size = self.sizes[s]
        if late:
            nth = size + n - self.first
            year = LAST_YEAR - 2 + 3 * (n - self.first) // (self.items - self.first)
        else:
            nth = n - self.starts[s]
            age = LAST_YEAR - 2 - shelf.first_year
            year = shelf.first_year + int(age * (nth / size) ** 0.6)
        kind = shelf.kind
        if kind == "Article":
            volume, issue = year - shelf.first_year + 1, nth % 4 + 1
            page = f"{nth % 900 + 1}-:d:{n}" if late else f"{nth * 12 + 1}-{nth * 12 + 12}"
            rest = f"v:{volume}:y:{year}:i:{issue}:p:{page}"
        elif kind == "Paper":
            rest = f"{year}-{nth + 1:02}"
        elif kind == "Chapter":
            rest = f"{nth // 20 + 1}_{nth + 1}"
        else:
            rest = f"{'s45' if kind == 'Software' else ''}{nth + 1:04}"
        return Place(s, nth, year, rest, late)

    def title_words(self, item: int) -> list[str]:
        """The words of its title."""
        t = self._mix(_TITLE + item)
        a, b, stream = t & 0x1FFFF, t >> 17 & 0x1FFFF, self._words.stream
        words = stream[a : a + 3 + (t >> 34) % 5]
        words.append(self._words.rare[t >> 37 & 0xFFFF])
        words += stream[b : b + 2 + (t >> 54) % 4]
        return words

    def person(self, number: int) -> tuple[str, str, str, str, int]:
        """A person: given names and their key, surname and its key, some bits."""
        h = self._mix(_PERSON + number)
        given, given_key = self._given[h & 0x7FF]
        surname, surname_key = self._surnames[h >> 11 & 0xFFFF]
        if h >> 27 & 3 == 0:
            middle = _LETTERS[(h >> 29) % 26]
            given, given_key = f"{given} {middle.upper()}.", f"{given_key} {middle}"
        return given, given_key, surname, surname_key, h >> 34

    def authors(self, item: int, style: int) -> list[Named]:
        """Who wrote an item, as its series prints names."""
        count = self._author_counts[self._mix(_WORK + item) & 0x3FF]
        found = []
        for n in range(count):
            draw = (self._mix(_WORK + (item << 4) + n) >> 11) / 9007199254740992
            number = int(self.people * draw**1.7)
            given, given_key, surname, surname_key, bits = self.person(number)
            if style == 0:
                name, key, first = f"{surname}, {given}", f"{given_key} {surname_key}", given_key
            elif style == 1:
                first = given_key[0]
                name, key = f"{given[0]}. {surname}", f"{first} {surname_key}"
            else:
                name, key, first = f"{given} {surname}", f"{given_key} {surname_key}", given_key
            found.append(Named(name, key, number, first, surname_key, bits))
        return found

    # -- rows ---------------------------------------------------------------------------

    def moment(self, at: datetime) -> str:
        """A time as the database takes it."""
        if self.dialect == "sqlite":
            return at.strftime("%Y-%m-%d %H:%M:%S.%f")
        return at.strftime("%Y-%m-%d %H:%M:%S.%f+00")

    def foundation(self) -> Rows:
        """The rows of everything but items: archives, series, and who decides for them."""
        dice = random.Random(self.seed + 4)
        rows: Rows = {table: [] for table in COLUMNS}
        desks: dict[str, int] = {}
        of_archive: list[list[int]] = [[] for _ in self.codes]
        for n, shelf in enumerate(self.shelves):
            of_archive[shelf.archive].append(n)
        began, ended = self.moment(BEGINNING), self.moment(BEGINNING + timedelta(hours=6))
        for n, code in enumerate(self.codes):
            id_, handle, name = n + 1, f"RePEc:{code}", self.archive_names[n]
            main = self._maintainer(dice, code, 0)
            tree = {
                "name": [name], "maintainer-name": [main[0]], "maintainer-email": [main[1]],
                "url": [f"https://{code}.example.org/RePEc/{code}/"], "handle": [handle],
            }  # fmt: skip
            desk = self._desk(rows, desks, [main[1]])
            rows["archives"].append((id_, desk, handle, handle.lower(), name, _json(tree), 0))
            rows["contacts"].append((id_, None, *main, main[1]))
            rows["import_runs"].append(
                (id_, id_, f"/srv/RePEc/{code}", began, ended, ended, None, None)
            )
            several = dice.random() < 0.12
            desk_of_series = []
            for nth, s in enumerate(of_archive[n]):
                shelf = self.shelves[s]
                who = [self._maintainer(dice, code, dice.randint(0, 4)) if several else main]
                if dice.random() < 0.06:
                    who.append(self._maintainer(dice, code, 9))
                desk = self._desk(rows, desks, sorted({address for _, address in who}))
                tree = {
                    "name": [shelf.name], "type": [f"ReDIF-{shelf.kind}"],
                    "provider": [{"name": [name]}],
                    "maintainer-name": [w[0] for w in who if w[0]],
                    "maintainer-email": [w[1] for w in who], "handle": [shelf.handle],
                }  # fmt: skip
                rows["series"].append(
                    (s + 1, id_, desk, shelf.handle, shelf.key, shelf.kind, shelf.name, name,
                     _json(tree), 0)
                )  # fmt: skip
                rows["contacts"] += [(id_, s + 1, *w, w[1]) for w in who]
                desk_of_series.append((shelf.key, "Series", nth))
            own = [(3 * n + 1, f"{code}arch.rdf", [(handle.lower(), "Archive", 0)]),
                   (3 * n + 2, f"{code}seri.rdf", desk_of_series),
                   (3 * n + 3, "references.jsonl", [])]  # fmt: skip
            for file_id, path, templates in own:
                rows["source_files"].append(self._file(file_id, id_, path, len(templates)))
                rows["templates"] += [
                    (file_id, 12 * at + 1, 12 * at + 11, key, kind, 1, _sha256(key), 1, 0)
                    for key, kind, at in templates
                ]
        return rows

    def _desk(self, rows: Rows, desks: dict[str, int], keys: list[str]) -> int:
        """The desk of those with these addresses, made where there is none."""
        key = rules.digest([[key, None, False] for key in keys])
        desk = desks.setdefault(key, len(desks) + 1)
        if desk > len(rows["desks"]):
            rows["desks"].append((desk, key))
            rows["desk_members"] += [(desk, one, one, 0) for one in keys]
        return desk

    def _maintainer(self, dice: random.Random, code: str, n: int) -> tuple[str | None, str]:
        given, _, surname, surname_key, _ = self.person(self._mix(n + sum(map(ord, code))) >> 20)
        name = None if dice.random() < 0.05 else f"{given} {surname}"
        return name, f"{surname_key.replace(' ', '.')}{n}@{code}.example.org"

    def _file(self, id_: int, archive_id: int, path: str, templates: int) -> tuple[Any, ...]:
        described = path.endswith(("arch.rdf", "seri.rdf")) and "/" not in path
        return (
            id_, archive_id, path, 1800 * templates, 1_700_000_000_000_000_000 + id_,
            _sha256(path), "utf-8" if path.endswith("l") else "windows-1252",
            "" if path.endswith("l") else "LF", templates, int(described), READ_AS, archive_id,
        )  # fmt: skip

    def portion(self, n: int) -> Rows:
        """The rows of the items of one portion (from 0)."""
        dice = random.Random((self.seed << 24) + n)
        rows: Rows = {
            table: []
            for table in (
                "source_files", "templates", "items", "item_authors", "item_words",
                "item_references",
            )
        }  # fmt: skip
        start = n * PORTION + 1
        for item in range(start, min(start + PORTION, self.items + 1)):
            self._item(dice, item, rows)
        return rows

    def _item(self, dice: random.Random, item: int, rows: Rows) -> None:
        s, nth, year, rest, late = self.place(item)
        shelf = self.shelves[s]
        kind = shelf.kind
        archive_id = shelf.archive + 1
        code = self.codes[shelf.archive]
        roll = dice.random
        bits = dice.getrandbits(48)
        handle = f"{shelf.handle}:{rest}"
        key = handle.lower()
        title_words = self.title_words(item)
        title = as_title(title_words)
        named = self.authors(item, shelf.style)
        found: dict[str, None] = dict.fromkeys(title_words)

        record: dict[str, Any] = {"title": title}
        abstract: list[tuple[str, tuple[str, ...]]] = []
        rare: list[str] = []
        if roll() < 0.83:
            parts, size = self._words.parts, len(self._words.parts)
            abstract = [parts[int(roll() * size)] for _ in range(7 + bits % 5)]
            rare = [self._words.rare[bits & 0xFFFF], self._words.rare[bits >> 16 & 0xFFFF]]
            shown = ". ".join([part for part, _ in abstract])
            record["abstract"] = [f"{shown} {rare[0]} {rare[1]}."]
        known_year: int | None = year
        if kind == "Article":
            record["journal"] = shelf.name
            record["year"] = str(year)
            if bits >> 32 & 1:
                record["month"] = _MONTHS[nth % 12]
            record["volume"] = str(year - shelf.first_year + 1)
            record["issue"] = str(nth % 4 + 1)
            record["pages"] = f"{nth * 12 + 1}-{nth * 12 + 12}"
            if roll() < 0.6:
                record["doi"] = f"10.{1000 + s % 8999}/{shelf.code}.{year}.{nth + 1}"
        elif kind == "Paper":
            record["number"] = f"{year}-{nth + 1:02}"
            if bits >> 33 & 63:
                record["creation_date"] = f"{year}-{nth % 12 + 1:02}"
            else:
                known_year = None
            record["length"] = f"{10 + nth % 60} pages"
        elif kind == "Software":
            record["creation_date"] = f"{year}{nth % 12 + 1:02}15"
            record["programming_language"] = "Stata"
        else:
            record["year"] = str(year)
            if kind == "Chapter":
                record["book_title"] = as_title(self.title_words(-1 - nth // 20 - (s << 20)))
                record["pages"] = f"{nth % 20 * 15 + 1}-{nth % 20 * 15 + 15}"
        language = LANGUAGES[bits % 33] if bits >> 39 & 1 else ""
        if language:
            record["language"] = language
        if roll() < 0.55:
            chosen = [self._words.phrases[int(roll() * 8192)] for _ in range(2 + bits % 4)]
            record["keywords"] = "; ".join([phrase for phrase, _ in chosen])
            for _, words in chosen:
                found |= dict.fromkeys(words)
        if roll() < 0.22:
            count = 1 + (bits >> 40) % 3
            record["jel"] = [
                self._words.jel[int(roll() * len(self._words.jel))] for _ in range(count)
            ]
        people = []
        role = "editor" if kind == "Book" and bits >> 42 & 3 == 0 else "author"
        for at, printed in enumerate(named, start=1):
            found |= dict.fromkeys(
                printed.key.split(" ")
                if shelf.style
                else [*printed.surname.split(" "), *printed.given.split(" ")]
            )
            h = printed.bits
            cluster: dict[str, Any] = {"name": printed.name}
            email = person = None
            workplaces = "[]"
            if roll() < 0.12:
                email = cluster["email"] = (
                    f"{printed.surname.replace(' ', '.')}{printed.person}@example.org"
                )
            if h & 3 == 0:
                person = cluster["person"] = f"p{printed.surname[:2]}{printed.person % 1000}"
            if h >> 2 & 15 < 7:
                workplaces = self._workplaces[(h >> 6) % len(self._workplaces)]
                cluster["workplaces"] = json.loads(workplaces)
            people.append(cluster)
            rows["item_authors"].append(
                (item, role, at, printed.name, printed.key, email, person, workplaces)
            )
        record[f"{role}s"] = people
        if roll() < 0.9:
            file = {"url": f"https://{code}.example.org/{shelf.code}/{nth + 1}.pdf",
                    "format": "application/pdf"}  # fmt: skip
            if kind == "Article" and bits >> 44 & 1:
                file["restriction"] = "Access to full text is restricted to subscribers."
            record["files"] = [file]

        for _, words in abstract:
            found |= dict.fromkeys(words)
        found |= dict.fromkeys(rare)
        filters = shelf.filters
        if known_year:
            filters += f" _year_{known_year}"
        if language:
            filters += f" _language_{language}"
        codes = [code.lower() for code in record.get("jel", ())]
        marks = dict.fromkeys(f"_jel_{code[:n]}" for code in codes for n in (3, 2, 1))
        names = "; ".join([printed.name for printed in named])
        good = int(bits >> 36 & 63 != 0)
        at = self._arrived(item)
        path = f"/{SHELVES[kind]}/{code}/{shelf.code}/{rest.lower().replace(':', '')}.html"
        rows["items"].append(
            (item, s + 1, kind, handle, key, path, title,
             names if role == "author" else f"{names} (ed.)", known_year, _json(record), 1,
             archive_id, good, at, at)
        )  # fmt: skip
        marks |= dict.fromkeys(doi_words(record.get("doi", "")))
        rows["item_words"].append((item, " ".join([filters, *marks, *found, *shelf.words])))
        self._stands(item, s, nth, late, key, good, rows)
        count = 0
        if item in self._classic and bits & 1:
            count = 50
        elif roll() < 0.41:
            count = self._list_lengths[bits % len(self._list_lengths)]
        if count:
            self._references(dice, item, count, rows["item_references"])

    def _arrived(self, item: int) -> str:
        """When the item's batch was stored."""
        n = item - 1
        seconds = n // 1000
        if n >= self.first:
            seconds = 86_400 * (1 + 240 * (n - self.first) // (self.items - self.first))
        if seconds != self._last_arrival[0]:
            at = BEGINNING + timedelta(seconds=seconds)
            self._last_arrival = (seconds, self.moment(at))
        return self._last_arrival[1]

    def _stands(
        self, item: int, s: int, nth: int, late: bool, key: str, good: int, rows: Rows
    ) -> None:
        """Note where the item's template stands; the first one of a file brings the file."""
        shelf = self.shelves[s]
        if late:
            file_id = self._file_starts[-1] + item - self.first
            path, line, templates = f"{shelf.code}/new/{item}.rdf", 1, 1
        else:
            number, at = divmod(nth, shelf.per_file)
            file_id = self._file_starts[s] + number + 1
            path, line = f"{shelf.code}/{number + 1:05}.rdf", 25 * at + 1
            templates = 0 if at else min(shelf.per_file, self.sizes[s] - nth)
        if templates:
            rows["source_files"].append(self._file(file_id, shelf.archive + 1, path, templates))
        rows["templates"].append(
            (file_id, line, line + 23, key, shelf.kind, good, _sha256(key), 1, 0)
        )

    def _references(
        self, dice: random.Random, item: int, count: int, rows: list[tuple[Any, ...]]
    ) -> None:
        """Its reference list: two of five entries are linked, to earlier items."""
        roll = dice.random
        seen = set()
        for position in range(1, count + 1):
            cited = 0
            if item > 1 and roll() < 0.41:
                cited = 0
                if roll() < 0.2:
                    cited = self.classics[int(len(self.classics) * roll() ** 2)]
                if not 0 < cited < item:
                    cited = 1 + int((item - 1) * roll())
                cited = 0 if cited in seen else cited
            work = cited or self.items + 1 + dice.getrandbits(40)
            seen.add(work)
            text, text_key = self.reference(work)
            cited_key = self.handle_key(cited) if cited else None
            if not cited and roll() < 0.01:
                cited_key = f"repec:zzz:wpaper:{work % 100_000}"
            rows.append(
                (item, position, text, text_key, 1, cited_key, cited or None,
                 "import" if cited else None, "references.jsonl")
            )  # fmt: skip

    def handle_key(self, item: int) -> str:
        """What an item's handle is compared by."""
        place = self.place(item)
        return f"{self.shelves[place.series].key}:{place.rest}".lower()

    def reference(self, work: int) -> tuple[str, str]:
        """The work as an entry of a reference list, and the digest of its folded words.

        Works that are no item have numbers above those of the items.
        """
        place = self.place(1 + work % self.items if work > self.items else work)
        shelf = self.shelves[place.series]
        named = self.authors(work, 2)[:3]
        words = self.title_words(work)
        folded = " ".join(words)
        title = folded.capitalize()
        who = " and ".join([printed.name for printed in named])
        who_key = " and ".join([printed.key for printed in named])
        text = f"{who}, {place.year}. {title}, {shelf.name}, {place.nth + 1}, {place.nth + 12}."
        key = (
            f"{who_key} {place.year} {folded} {' '.join(rules.words(shelf.name))} "
            f"{place.nth + 1} {place.nth + 12}"
        )
        return text, _sha256(f'"{key}"')[:32]


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def as_title(words: Sequence[str]) -> str:
    """The words as a printed title."""
    return " ".join(words).capitalize()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def series_counts(archives: int) -> list[int]:
    """How many series each of so many archives has: median 1, mean about 4.6."""
    scale = archives / ARCHIVES_OF_2017
    most = round(0.09 * archives)
    large = [max(6, round(count * scale)) for count in LARGEST_ARCHIVES[:most]]
    while len(large) < most:
        large.append(max(6, round(140 * (8 * scale / (len(large) + 1)) ** 0.95)))
    rest = archives - len(large)
    small = [
        count
        for count, share in ((5, 0.055), (4, 0.066), (3, 0.11), (2, 0.165))
        for _ in range(round(share * rest))
    ]
    return large + small + [1] * (rest - len(small))


def portions(world: World, start: int, step: int) -> Iterator[Rows]:
    """Every so-manyth portion."""
    for n in range(start, world.portions, step):
        yield world.portion(n)
