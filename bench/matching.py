"""How well references are matched to items, and how fast, beside the plain rule of repec.md §4.9.

    python bench/matching.py [--items 200000] [--database postgresql|sqlite] [--folder DIR]
                             [--seed N] [--only asx,epo] [--references 1500] [--show 20]

The made-up catalogue gives the size, the items of the real archives ($REDIF_DATA, else
../shared/data/redif) the truth. Of these a part is held out, not stored; the others are put into
the catalogue in a transaction that is taken back. References are rendered from both in five styles
and damaged at random: 30 % a slip in the title, 20 % a missing or wrong year, 30 % an abbreviated
journal, 20 % initials only, 20 % "et al.", 15 % wrong pages, 10 % without the subtitle; three in
ten are to works held out. A title that items share counts as right for either.

`--only` takes some of the archives (the folders there). `--show` prints what went wrong. The time
is that of one reference, from its text to what is offered, the database included, one after the
other in one process. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import json
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from catalogue import application, opened
from sqlalchemy import func, select, text

from correction_flow.catalog import search
from correction_flow.catalog.models import Archive, Desk, Item, Series
from correction_flow.catalog.words import all_words
from correction_flow.citations import candidates, matching
from correction_flow.core import text as rules
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.upstream import reading
from correction_flow.upstream.source import redif_files

ROOT = Path(__file__).resolve().parents[1]
ITEMS = ("Article", "Paper", "Book", "Chapter", "Software")
USEFUL, PLAIN_PRE_CHECK = 0.65, 0.85


class Real(NamedTuple):
    """An item of the real archives."""

    folder: str
    handle: str
    handle_key: str
    kind: str
    title: str
    names: str
    year: int | None
    words: str
    series: str
    record: dict[str, Any]


class Cited(NamedTuple):
    """A reference, and which titles are right for it."""

    text: str
    title_key: str
    there: bool
    style: str


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--seed", type=int, default=1997)
    parser.add_argument("--references", type=int, default=1500)
    parser.add_argument("--only", default="", help="folders of the real archives, with commas")
    parser.add_argument("--show", type=int, default=0, help="print so many of each kind of mistake")
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    works = list(real_items(set(filter(None, asked.only.split(",")))))
    print(f"{len(works):,} real items: {dict(Counter(w.folder for w in works))}")
    with contextlib.ExitStack() as stack:
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        uri = stack.enter_context(opened(asked.database, folder, items=asked.items))
        app = application(uri, folder)
        stack.enter_context(app.app_context())
        figures = measure(works, random.Random(asked.seed), asked.references, asked.show)
        db.session.remove()
        db.engine.dispose()
    print(json.dumps({"items": asked.items, "seed": asked.seed} | figures))


# -- the truth --------------------------------------------------------------------------------


def real_items(only: set[str]) -> Iterator[Real]:
    """The items of the real archives, each handle once."""
    root = Path(os.environ.get("REDIF_DATA") or ROOT.parent / "shared/data/redif")
    known: set[str] = set()
    names = series_names(root)
    for folder in sorted(p for p in root.iterdir() if p.is_dir() and p.name != "redif-perl"):
        if only and folder.name not in only:
            continue
        for at in arrivals(folder):
            if at.kind not in ITEMS or not at.handle_key or not at.place or not at.place.series:
                continue
            if at.handle_key in known or not at.title or not at.year:
                continue
            known.add(at.handle_key)
            yield Real(
                folder.name, at.handle or "", at.handle_key, at.kind, at.title, at.author_line,
                at.year, at.words, names.get(at.place.series.lower(), at.place.series),
                json.loads(at.record),
            )  # fmt: skip


def series_names(root: Path) -> dict[str, str]:
    """The names of all series that are described."""
    found: dict[str, str] = {}
    for at in arrivals(root):
        if at.kind == "Series" and at.handle_key and at.tree:
            found[at.handle_key] = str((at.tree.get("name") or [""])[0])
    return found


def arrivals(folder: Path) -> Iterator[reading.Arrival]:
    """All templates below a folder."""
    for file in redif_files(folder):
        for message in reading.read(str(folder / file.path), file.path):
            if isinstance(message, list):
                yield from message


def store(works: Sequence[Real]) -> None:
    """Put the items into the catalogue, in the open transaction."""
    desk = db.session.scalars(select(Desk).limit(1)).one()
    archive = Archive(
        desk=desk, handle="RePEc:zzz", handle_key="repec:zzz", name="Real", upstream={}
    )
    db.session.add(archive)
    db.session.flush()
    series: dict[str, Series] = {}
    last = db.session.scalar(select(func.max(Item.id))) or 0
    rows = []
    for n, work in enumerate(works, start=last + 1):
        if work.series not in series:
            number = len(series)
            series[work.series] = Series(
                archive_id=archive.id, desk_id=desk.id, handle=f"RePEc:zzz:s{number}",
                handle_key=f"repec:zzz:s{number}", kind=work.kind, name=work.series,
                worded_as=work.series, upstream={},
            )  # fmt: skip
            db.session.add(series[work.series])
            db.session.flush()
        now = utcnow()
        db.session.add(
            Item(
                id=n, series_id=series[work.series].id, kind=work.kind, handle=work.handle,
                handle_key=work.handle_key, title=work.title, author_line=work.names,
                year=work.year, upstream=work.record, created_at=now, updated_at=now,
            )
        )  # fmt: skip
        rows.append((n, all_words(work.words, work.series)))
    db.session.flush()
    search.add_words(rows)
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT gin_clean_pending_list('ix_item_words_tsv')"))


# -- references ---------------------------------------------------------------------------------


def references(
    stored: Sequence[Real], held: Sequence[Real], dice: random.Random, count: int
) -> Iterator[Cited]:
    """References in random order, three in ten to works that are not there."""
    there = {rules.key(work.title) for work in stored}
    strange = [work for work in held if rules.key(work.title) not in there]
    for _ in range(count):
        outside = bool(strange) and dice.random() < 0.3
        work = dice.choice(strange if outside else stored)
        style = dice.choice(list(STYLES))
        yield Cited(render(work, style, dice), rules.key(work.title), not outside, style)


class Parts(NamedTuple):
    """What a style puts together; empty where unknown."""

    people: list[tuple[str, str]]
    more: bool
    year: str
    title: str
    journal: str
    volume: str
    issue: str
    pages: str
    initials: bool


def render(work: Real, style: str, dice: random.Random) -> str:
    """A reference to the work in that style, damaged at random."""
    record = work.record
    title = work.title
    if dice.random() < 0.10:
        cut = re.search(r"[:?] ", title)
        title = title[: cut.start() + (title[cut.start()] == "?")] if cut else title
    if dice.random() < 0.30:
        title = slip(title, dice)
    year = str(work.year)
    if dice.random() < 0.20:
        wrong = (work.year or 0) + dice.choice((-3, -2, -1, 1, 2, 3))
        year = dice.choice(("", str(wrong)))
    journal = str(record.get("journal") or record.get("book_title") or work.series)
    if dice.random() < 0.30:
        journal = abbreviated(journal, dice)
    people = [split_name(name) for name in work.names.removesuffix(" (ed.)").split("; ") if name]
    initials = dice.random() < 0.20
    more = dice.random() < 0.20 and len(people) > 1
    pages = str(record.get("pages") or "")
    if dice.random() < 0.15:
        pages = re.sub(r"\d+", lambda m: str(int(m[0][:9]) + dice.randint(1, 90)), pages)
    number = str(record.get("volume") or record.get("number") or "")
    parts = Parts(
        people[:1] if more else people, more, year, title.strip().rstrip("."), journal, number,
        str(record.get("issue") or ""), pages, initials,
    )  # fmt: skip
    return rules.squeeze(STYLES[style](parts))


def split_name(name: str) -> tuple[str, str]:
    """Given names and surname."""
    last, comma, first = name.partition(",")
    if comma:
        return first.strip(), last.strip()
    given, _, surname = name.strip().rpartition(" ")
    return given, surname


def slip(title: str, dice: random.Random) -> str:
    """One slip of the pen in a word of the title."""
    places = [m.start() for m in re.finditer(r"(?<=\w)\w(?=\w)", title)]
    if not places:
        return title
    n = dice.choice(places)
    kind = dice.randrange(4)
    if kind == 0:
        return title[:n] + title[n + 1 :]
    if kind == 1:
        return title[:n] + title[n] + title[n:]
    if kind == 2:
        return title[:n] + dice.choice("abcdefghiklmnoprstuvw") + title[n + 1 :]
    return title[:n] + title[n + 1] + title[n] + title[n + 2 :]


def abbreviated(journal: str, dice: random.Random) -> str:
    """J. Polit. Econ., or JPE."""
    words = [w for w in journal.split() if w.lower() not in {"of", "the", "and", "in", "for", "&"}]
    if len(words) > 2 and dice.random() < 0.2:
        return "".join(w[0].upper() for w in words)
    length = dice.choice((3, 4, 5))
    return " ".join(w if len(w) <= length else w[:length] + "." for w in words)


def letters(given: str, dot: str = ". ") -> str:
    """Initials of given names."""
    return "".join(w[0].upper() + dot for w in re.findall(r"\w+", given)).strip()


def _given(parts: Parts, given: str) -> str:
    return letters(given) if parts.initials else given


def apa(p: Parts) -> str:
    """Torfing, J., & Sørensen, E. (2019). Title. Journal, 9(3), 1-18."""
    names = [f"{s}, {letters(g)}".strip(" ,") for g, s in p.people]
    who = ", ".join(names[:-1]) + (", & " if len(names) > 1 else "") + names[-1] if names else ""
    who += ", et al." if p.more else ""
    year = f" ({p.year})." if p.year else ""
    end = "" if p.title.endswith(("?", "!")) else "."
    volume = f", {p.volume}" + (f"({p.issue})" if p.issue else "") if p.volume else ""
    return f"{who}{year} {p.title}{end} {p.journal}{volume}" + (f", {p.pages}." if p.pages else ".")


def chicago(p: Parts) -> str:
    """Torfing, Jacob, and Eva Sørensen. 2019. “Title.” Journal 9 (3): 1–18."""
    names = [f"{s}, {_given(p, g)}".strip(" ,") for g, s in p.people[:1]]
    names += [f"{_given(p, g)} {s}".strip() for g, s in p.people[1:]]
    who = ", ".join(names[:-1]) + (", and " if len(names) > 1 else "") + names[-1] if names else ""
    who += " et al" if p.more else ""
    year = f" {p.year}." if p.year else ""
    issue = f" ({p.issue})" if p.issue else ""
    pages = f": {p.pages.replace('-', '–')}" if p.pages else ""
    who = who if who.endswith(".") or not who else f"{who}."
    return f"{who}{year} “{p.title}.” {p.journal} {p.volume}{issue}{pages}."


def harvard(p: Parts) -> str:
    """Torfing, J. and Sørensen, E. (2019) 'Title', Journal, 9(3), pp. 1–18."""
    names = [f"{s}, {letters(g)}".strip(" ,") for g, s in p.people]
    who = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else ""
    who += " et al." if p.more else ""
    year = f" ({p.year})" if p.year else ""
    volume = f", {p.volume}" + (f"({p.issue})" if p.issue else "") if p.volume else ""
    pages = f", pp. {p.pages.replace('-', '–')}" if p.pages else ""
    return f"{who}{year} ‘{p.title}’, {p.journal}{volume}{pages}."


def vancouver(p: Parts) -> str:
    """12. Torfing J, Sørensen E. Title. Journal. 2019;9(3):1-18."""
    names = [f"{s} {letters(g, '')}".strip() for g, s in p.people]
    who = ", ".join(names) + (", et al" if p.more else "")
    issue = f"({p.issue})" if p.issue else ""
    pages = f":{p.pages}" if p.pages else ""
    end = "" if p.title.endswith(("?", "!")) else "."
    numbers = f"{p.year};{p.volume}{issue}{pages}".strip(";")
    return f"{12}. {who}. {p.title}{end} {p.journal}. {numbers}."


def ideas(p: Parts) -> str:
    """Jacob Torfing & Eva Sørensen, 2019. "Title," Journal, vol. 9(3), pages 1-18."""
    who = " & ".join(f"{_given(p, g)} {s}".strip() for g, s in p.people)
    who += " & et al." if p.more else ""
    year = f", {p.year}" if p.year else ""
    volume = f", vol. {p.volume}" + (f"({p.issue})" if p.issue else "") if p.volume else ""
    pages = f", pages {p.pages}" if p.pages else ""
    return f'{who}{year}. "{p.title}," {p.journal}{volume}{pages}.'


STYLES: dict[str, Callable[[Parts], str]] = {
    "apa": apa, "chicago": chicago, "harvard": harvard, "vancouver": vancouver, "ideas": ideas,
}  # fmt: skip


# -- the figures --------------------------------------------------------------------------------


def measure(
    works: Sequence[Real], dice: random.Random, count: int, show: int
) -> dict[str, float | None]:
    """Match all references; what came of it."""
    shuffled = sorted(works, key=lambda w: w.handle_key)
    dice.shuffle(shuffled)
    cut = len(shuffled) * 3 // 10
    held, stored = shuffled[:cut], shuffled[cut:]
    store(stored)
    tally: Counter[str] = Counter()
    times: list[float] = []
    shown: Counter[str] = Counter()
    for cited in references(stored, held, dice, count):
        begin = time.perf_counter()
        offered = candidates.offered(cited.text)
        times.append((time.perf_counter() - begin) * 1000)
        right = [rules.key(m.work.title) == cited.title_key for m in offered]
        checked = [ok for ok, m in zip(right, offered, strict=True) if m.pre_check]
        plain = plain_rule(cited.text)
        tally["there"] += cited.there
        tally["top3"] += cited.there and any(right)
        tally["checked"] += len(checked)
        tally["checked_right"] += sum(checked)
        if plain:
            tally["plain"] += 1
            tally["plain_right"] += rules.key(plain) == cited.title_key
        mistake = (
            "wrong" if not all(checked)
            else "missing" if cited.there and not any(right)
            else "unchecked" if cited.there and not checked else ""
        )  # fmt: skip
        if mistake:
            tally[f"{mistake}_{cited.style}"] += 1
            shown[mistake] += 1
            if shown[mistake] <= show:
                print(f"\n{mistake} ({cited.style}): {cited.text}")
                for m in offered:
                    print(f"    {m.score} {m.work.title} | {m.work.names} | {m.reasons} {m.doubts}")
    db.session.rollback()
    print(dict(sorted(tally.items())))
    times.sort()
    return {
        "precheck_precision": share(tally["checked_right"], tally["checked"]),
        "precheck_recall": share(tally["checked_right"], tally["there"]),
        "top3": share(tally["top3"], tally["there"]),
        "plain_precision": share(tally["plain_right"], tally["plain"]),
        "plain_recall": share(tally["plain_right"], tally["there"]),
        "p50_ms": round(times[len(times) // 2], 1),
        "p95_ms": round(times[len(times) * 95 // 100], 1),
    }


def share(part: int, whole: int) -> float | None:
    """A part of a whole; None of nothing."""
    return round(part / whole, 4) if whole else None


def plain_rule(reference: str) -> str | None:
    """What RePEc's Author Service would check in advance, of the same candidates: its title.

    The words of an author's name must occur, or initials for given names; then the likeness of
    the title to the likest part of the text decides; titles of ten letters and less never match.
    """
    found = matching.Reference.of(reference)
    line = " ".join(token.word for token in found.tokens)
    best: tuple[float, str] = (0.0, "")
    for work in candidates.works_like(found):
        title = rules.key(work.title)
        if len(title) <= 10 or not _has_author(found.words, work.names):
            continue
        blocks = difflib.SequenceMatcher(None, title, line, autojunk=False).get_matching_blocks()
        best = max(best, (sum(b.size for b in blocks if b.size > 2) / len(title), work.title))
    return best[1] if best[0] >= PLAIN_PRE_CHECK else None


def _has_author(words: frozenset[str], names: str) -> bool:
    return any(
        surname in words and all(g in words or g[0] in words for g in given)
        for surname, given, _ in matching.people_in(names)
    )


if __name__ == "__main__":
    main()
