"""How well item authors are suggested to their people, beside the Author Service's rules.

    python bench/suggestions.py [--items 200000] [--database postgresql|sqlite] [--folder DIR]
                                [--seed N] [--people 0] [--show 20]

The made-up catalogue gives the size, the people behind `Author-Person` and `Author-Email` of the
real archives ($REDIF_DATA, else ../shared/data/redif) the truth; these identifiers are not stored.
The items go into the catalogue in a transaction that is taken back. Identifiers are one person's
where they stand with one first and last name, no other middle initial, and the name shares a
co-author, a series or the left part of the address (a few by hand); a row whose name is quite
another than the identifier's usual one is nobody's.

Everybody registers with the fullest of their printed names and has claimed nothing yet. *As
printed*: the items as they are. *Hard*: each name printed anew at random (initials with and
without dots and blanks, inverted with and without comma, hyphens kept or dropped, ü/ue/u, either
apostrophe, middle name or second surname dropped), and homonyms of three in ten people with two
items each: 70 % of another first name with the same initial, printed once in full, 28 % of another
middle initial, 2 % of the very same name.

A certain suggestion is right when the identifiers say so. It counts for nothing when the row has
no identifier and its family name and first letter are the person's; all else is wrong, also the
made-up people of the same name. The Author Service selects what equals a variation of the
registered name (repec.md §4.5); its recall is of the same rows. *Telling* is said of names with a
middle name, a hyphen, an apostrophe, an accent or two surnames. The time is that of one person,
the database included; people of the commonest surnames are among them. The last line is one JSON
object.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from catalogue import application, opened
from matching import ITEMS, ROOT, arrivals, share
from sqlalchemy import func, insert, select

from correction_flow.catalog.models import Archive, Desk, Item, ItemAuthor, Series
from correction_flow.claims import names
from correction_flow.claims.suggesting import suggestions
from correction_flow.core import text as rules
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db

SAME_NAME = 0.02
"""Of the homonyms, those of the very same name: no rule about names tells them apart."""
BY_HAND = ("ulrich kohler", "rui pereira", "joao azevedo", "mary evans")
"""First and last word of names that, as their works say, are one person's in all archives."""
COMMON = [
    f"{last}, {first}"
    for last in ("Wang", "Smith", "Lee", "Li", "Zhang", "Kim", "Müller", "García")
    for first in ("Wei", "John", "J.", "Maria", "David Michael")
]


class Row(NamedTuple):
    """A printed name of the real archives, and the identifiers that stand with it."""

    item: str
    series: str
    role: str
    position: int
    name: str
    ids: tuple[str, ...]


class Registered(NamedTuple):
    """A name as somebody registers it."""

    first: str
    middle: str
    last: str
    suffix: str

    @property
    def plain(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"

    @property
    def text(self) -> str:
        """The name in one line, its parts told apart."""
        given = f"{self.first} {self.middle}".strip()
        return ", ".join(filter(None, (self.last, given, self.suffix)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--seed", type=int, default=1997)
    parser.add_argument("--people", type=int, default=0, help="so many of them; 0: all")
    parser.add_argument("--show", type=int, default=0, help="print so many of each kind of mistake")
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    rows = list(real_rows())
    people = people_of(rows)
    print(f"{len(rows):,} printed names; {len(people):,} people with "
          f"{sum(map(len, people)):,} of them")  # fmt: skip
    with contextlib.ExitStack() as stack:
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        uri = stack.enter_context(opened(asked.database, folder, items=asked.items))
        app = application(uri, folder)
        stack.enter_context(app.app_context())
        dice = random.Random(asked.seed)
        figures: dict[str, Any] = {}
        times: list[float] = []
        for way in ("printed", "hard"):
            figures |= measure(way, rows, people, dice, asked.people, asked.show, times)
        db.session.remove()
        db.engine.dispose()
    times.sort()
    figures["p50_ms"] = round(times[len(times) // 2], 1)
    figures["p95_ms"] = round(times[len(times) * 95 // 100], 1)
    print(json.dumps({"items": asked.items, "seed": asked.seed} | figures))


# -- the truth --------------------------------------------------------------------------------


def real_rows() -> Iterator[Row]:
    """The printed names of the real archives, each item once."""
    root = Path(os.environ.get("REDIF_DATA") or ROOT.parent / "shared/data/redif")
    known: set[str] = set()
    for folder in sorted(p for p in root.iterdir() if p.is_dir() and p.name != "redif-perl"):
        for at in arrivals(folder):
            if at.kind not in ITEMS or not at.handle_key or not at.place or not at.place.series:
                continue
            if at.handle_key in known:
                continue
            known.add(at.handle_key)
            for role, position, name, key, address, person, _ in at.authors:
                if key:
                    ids = (person and f"person {person.lower()}", address and f"mail {address}")
                    yield Row(
                        at.handle_key, at.place.series.lower(), role, position, name,
                        tuple(filter(None, ids)),
                    )  # fmt: skip


def people_of(rows: list[Row]) -> list[list[int]]:
    """Whose the rows are: their numbers, a list for each person. Identifiers that are quite
    another's are taken out of the rows."""
    usual: dict[str, Counter[str]] = defaultdict(Counter)
    beside: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        beside[row.item].add(names.shared_initial(rules.name_key(row.name)))
        for id_ in row.ids:
            usual[id_][row.name] += 1
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    seen: dict[tuple[str, str], list[tuple[str, list[str]]]] = defaultdict(list)
    owned: list[tuple[int, str]] = []
    for n, row in enumerate(rows):
        ids = [i for i in row.ids if rules.same_person(usual[i].most_common(1)[0][0], row.name)]
        if not ids:
            rows[n] = row._replace(ids=())
            continue
        owned.append((n, ids[0]))
        for id_ in ids:
            parent[root(id_)] = root(ids[0])
        key = rules.name_key(re.sub(r"\([^()]*\)", "", row.name))
        own = names.shared_initial(key)
        key = re.sub(" (jr|sr|i+)$", "", key)
        first, *middles, last = key.split() if " " in key else (key, key)
        signs = {f"series {row.series}", *(f"with {b}" for b in beside[row.item] if b != own)}
        signs |= {i.partition("@")[0] for i in ids if i.startswith("mail")}
        signs |= {"by hand"} if f"{first} {last}" in BY_HAND else set()
        for sign in signs:
            for other, theirs in seen[f"{first} {last}", sign]:
                if all(a[0] == b[0] for a, b in zip(middles, theirs, strict=False)):
                    parent[root(other)] = root(ids[0])
            seen[f"{first} {last}", sign].append((ids[0], middles))
            for other, _ in seen[key.replace(" ", ""), sign][:1]:
                parent[root(other)] = root(ids[0])
            seen[key.replace(" ", ""), sign].append((ids[0], []))
    found: dict[str, list[int]] = defaultdict(list)
    for n, id_ in owned:
        found[root(id_)].append(n)
    return list(found.values())


def registered(printed: Sequence[str]) -> Registered:
    """The fullest of somebody's printed names, as first, middle, last and suffix."""

    def fullness(name: str) -> tuple[int, int, str]:
        given = names.taken_apart(name).given
        return sum(len(w.plain) > 1 for w in given), len(given), name

    name = re.sub(r"\([^()]*\)", " ", max(printed, key=fullness))
    suffix = names.taken_apart(name).suffix.capitalize()
    if suffix:
        name = re.sub(rf"(?i)[,\s]+{suffix}\.?(?=,|$)", "", name.strip())
    last, comma, given = name.partition(",")
    if not comma:
        words = name.split()
        begin = len(words) - 1
        while begin > 1 and rules.key(words[begin - 1]) in names.PARTICLES:
            begin -= 1
        last, given = " ".join(words[begin:]), " ".join(words[:begin])
    first, _, middle = given.strip().partition(" ")
    return Registered(first, middle.strip(), last.strip(), suffix)


# -- how names are printed anew ------------------------------------------------------------------


def rendered(who: Registered, dice: random.Random, *, initials: bool | None = None) -> str:
    """The name as some publisher prints it."""
    roll = dice.random
    first, middle, last = who.first, who.middle, who.last
    if middle and roll() < 0.3:
        middle = ""
    parts = last.replace("-", " - ").split()
    if len(parts) > 1 and rules.key(parts[0]) not in names.PARTICLES and roll() < 0.3:
        last = parts[0]
    if initials if initials is not None else roll() < 0.5:
        given = initials_of(f"{first} {middle}", dice)
    else:
        if middle and roll() < 0.4:
            middle = f"{middle[0]}." if roll() < 0.7 else middle[0]
        given = f"{first} {middle}".strip()
    if roll() < 0.5:
        given = given if "." in given else given.replace("-", dice.choice((" ", "")))
        last = last.replace("-", " ")
    given, last = respelt(given, dice), respelt(last, dice)
    order = roll()
    name = (
        f"{last}, {given}" if order < 0.3
        else f"{last} {given}" if order < 0.4
        else f"{given} {last}"
    )  # fmt: skip
    return rules.squeeze(f"{name}, {who.suffix}" if who.suffix and roll() < 0.5 else name)


def initials_of(given: str, dice: random.Random) -> str:
    """J. C., J.C., J C, JC or, with a hyphen, J.-C."""
    words = re.findall(r"[^\W_]+", given)
    if "-" in given and dice.random() < 0.5:
        return re.sub(r"([^\W_])[^\W_]*\.?", r"\1.", given)
    letters = [word[0].upper() for word in words]
    return dice.choice((". ".join(letters) + ".", ".".join(letters) + ".", " ".join(letters),
                        "".join(letters)))  # fmt: skip


def respelt(text: str, dice: random.Random) -> str:
    """Umlauts as they are, with an e or bare; one or the other apostrophe."""
    text = re.sub("['’]", lambda _: dice.choice("'’"), text)
    way = dice.randrange(3)
    if way == 1:
        for one, other in zip(
            "äöüøåÄÖÜØÅ", ["ae", "oe", "ue", "oe", "aa", "Ae", "Oe", "Ue", "Oe", "Aa"], strict=True
        ):
            text = text.replace(one, other)
    elif way == 2:
        text = "".join(names.unicodedata.normalize("NFKD", c)[0] for c in text)
        text = text.translate(str.maketrans("øØłŁđĐ", "oOlLdD"))
    return text


FIRST_NAMES = [
    "Adam",
    "Barbara",
    "Carl",
    "Diana",
    "Edward",
    "Fiona",
    "Gerald",
    "Helen",
    "Ian",
    "Jasper",
    "Karen",
    "Leonard",
    "Monica",
    "Norbert",
    "Oscar",
    "Patricia",
    "Quentin",
    "Rupert",
    "Susan",
    "Theodore",
    "Ursula",
    "Vincent",
    "Walter",
    "Xenia",
    "Yolanda",
    "Zachary",
]


def homonym(who: Registered, dice: random.Random) -> tuple[Registered, str]:
    """Somebody else who may be taken for this person, and of which kind."""
    roll, letter = dice.random(), rules.key(who.first)[:1].upper()
    if roll < SAME_NAME:
        return who, "the same name"
    if roll < 0.30:
        other = dice.choice(
            [c for c in "ABCDEFGHJKLMNPRST" if c != rules.key(who.middle)[:1].upper()]
        )
        return who._replace(middle=f"{other}.", suffix=""), "another middle name"
    first = next((n for n in FIRST_NAMES if n[0] == letter), f"{letter}onrad")
    if first[1] == rules.key(who.first)[1:2]:
        first = f"{letter}{'ue' if first[1] != 'u' else 'i'}rtrand"
    return who._replace(first=first, middle="", suffix=""), "another first name"


# -- the catalogue ------------------------------------------------------------------------------


class Stored(NamedTuple):
    """An item author to store."""

    item: str
    series: str
    role: str
    position: int
    name: str


def store(rows: Sequence[Stored]) -> list[int]:
    """Put items and authors into the catalogue, in the open transaction: the ids of the rows."""
    desk = db.session.scalars(select(Desk).limit(1)).one()
    archive = Archive(
        desk=desk, handle="RePEc:zzz", handle_key="repec:zzz", name="Real", upstream={}
    )
    db.session.add(archive)
    db.session.flush()
    series: dict[str, int] = {}
    items: dict[str, int] = {}
    last = db.session.scalar(select(func.max(Item.id))) or 0
    first = (db.session.scalar(select(func.max(ItemAuthor.id))) or 0) + 1
    new_items = []
    now = utcnow()
    for row in rows:
        if row.series not in series:
            one = Series(
                archive_id=archive.id, desk_id=desk.id, handle=f"RePEc:zzz:s{len(series)}",
                handle_key=f"repec:zzz:s{len(series)}", kind="Paper", name=row.series,
                worded_as=row.series, upstream={},
            )  # fmt: skip
            db.session.add(one)
            db.session.flush()
            series[row.series] = one.id
        if row.item not in items:
            items[row.item] = last + len(items) + 1
            new_items.append(
                {"id": items[row.item], "series_id": series[row.series], "kind": "Paper",
                 "handle": f"{row.item}:real", "handle_key": f"{row.item}:real", "title": "Real",
                 "author_line": "", "upstream": {}, "created_at": now, "updated_at": now}
            )  # fmt: skip
    db.session.execute(insert(Item), new_items)
    db.session.execute(
        insert(ItemAuthor),
        [
            {"id": n, "item_id": items[row.item], "role": row.role, "position": row.position,
             "name": row.name, "name_key": rules.name_key(row.name), "workplaces": []}
            for n, row in enumerate(rows, start=first)
        ],
    )  # fmt: skip
    db.session.flush()
    return list(range(first, first + len(rows)))


# -- the figures --------------------------------------------------------------------------------


def measure(
    way: str, rows: Sequence[Row], people: Sequence[Sequence[int]], dice: random.Random,
    count: int, show: int, times: list[float],
) -> dict[str, Any]:  # fmt: skip
    """Suggest to everybody; what came of it."""
    who = [registered([rows[n].name for n in own]) for own in people]
    printed = [row.name for row in rows]
    more: list[Stored] = []
    if way == "hard":
        owner = {n: p for p, own in enumerate(people) for n in own}
        for n in range(len(rows)):
            person = who[owner[n]] if n in owner else registered([printed[n]])
            printed[n] = rendered(person, dice)
        more = list(homonyms(who, dice))
    stored = [Stored(r.item, r.series, r.role, r.position, printed[n]) for n, r in enumerate(rows)]
    ids = store([*stored, *more])
    number = {id_: n for n, id_ in enumerate(ids)}
    db.session.expunge_all()
    gc.collect()
    gc.freeze()  # what the bench itself holds is no work of who suggests
    tally: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    order = list(range(len(people)))
    dice.shuffle(order)
    for p in order[: count or None]:
        person, own = who[p], set(people[p])
        begin = time.perf_counter()
        offered = suggestions([person.text])
        times.append((time.perf_counter() - begin) * 1000)
        theirs = {names.ras_key(v) for v in names.variations(*person)} - {""}
        found: set[int] = set()
        tally["truth"] += len(own)
        tally["ras_right"] += sum(names.ras_key(printed[n]) in theirs for n in own)
        telling = person.middle or re.search(r"[^A-Za-z]", person.first + person.last)
        if telling:
            tally["telling"] += len(own)
            tally["telling_ras_right"] += sum(names.ras_key(printed[n]) in theirs for n in own)
        for one in offered:
            n = number.get(one.printed.id, -1)
            right = n in own
            found |= {n} if right else set()
            unknown = 0 <= n < len(rows) and not rows[n].ids
            if not right and unknown and rules.same_person(person.plain, rows[n].name):
                continue
            if not right and names.ras_key(one.printed.name) in theirs:
                tally["ras_wrong"] += 1
            if one.certain:
                tally["right" if right else "wrong"] += 1
                tally["telling_right"] += bool(right and telling)
            mistake = (
                "wrong"
                if one.certain and not right
                else "unsure"
                if right and not one.certain
                else ""
            )
            if mistake:
                tally[f"{mistake}_{one.group}"] += 1
                shown[mistake] += 1
                if shown[mistake] <= show:
                    print(
                        f"{mistake}: {person.text} | {one.printed.name} |",
                        one.reasons,
                        one.doubts,
                    )
        for n in own - found:
            tally["missing"] += 1
            shown["missing"] += 1
            if shown["missing"] <= show:
                print(
                    f"missing: {person.text} | {printed[n]} | {sorted({rows[m].name for m in own})}"
                )
    common: list[float] = []
    for text in COMMON:
        begin = time.perf_counter()
        suggestions([text])
        times.append((time.perf_counter() - begin) * 1000)
        common.append(times[-1])
    db.session.rollback()
    print(way, dict(sorted(tally.items())))
    return {
        "common_p95_ms": round(sorted(common)[len(common) * 95 // 100], 1),
        f"{way}_precision": share(tally["right"], tally["right"] + tally["wrong"]),
        f"{way}_recall": share(tally["right"], tally["truth"]),
        f"ras_{way}_precision": share(tally["ras_right"], tally["ras_right"] + tally["ras_wrong"]),
        f"ras_{way}_recall": share(tally["ras_right"], tally["truth"]),
        f"{way}_telling_recall": share(tally["telling_right"], tally["telling"]),
        f"ras_{way}_telling_recall": share(tally["telling_ras_right"], tally["telling"]),
    }


def homonyms(who: Sequence[Registered], dice: random.Random) -> Iterator[Stored]:
    """Two items each of the homonyms of three in ten people, each with a co-author of their own."""
    for p, person in enumerate(who):
        if not person.first or dice.random() >= 0.3:
            continue
        other, _ = homonym(person, dice)
        friend = f"{dice.choice(FIRST_NAMES)} {dice.choice(FIRST_NAMES)}son{p}"
        for n in range(2):
            full = f"{other.first} {other.middle} {other.last}" if n == 0 else rendered(other, dice)
            item = f"homonym:{p}:{n}"
            series = f"homonyms {p % 50}"
            yield Stored(item, series, "author", 1, full)
            yield Stored(item, series, "author", 2, friend)


if __name__ == "__main__":
    main()
