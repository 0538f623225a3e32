"""Which items to look at for a reference: a few bounded look-ups in the search index.

Each asks for two to four words together, one of them rare, so that PostgreSQL's index has little
to read at any size of the catalogue. They have different words, so that no one slip of the pen
spoils them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, select

from correction_flow.catalog import search
from correction_flow.catalog.listed import listed, listed_items
from correction_flow.catalog.models import Item, ItemReference
from correction_flow.catalog.operations import text_key
from correction_flow.catalog.queries import refuted
from correction_flow.catalog.words import doi_words, filter_words
from correction_flow.citations import matching
from correction_flow.citations.matching import Match, Reference, Work
from correction_flow.core.extensions import db
from correction_flow.redif import handle as handles

AT_ONCE = 10
"""References that one page looks up."""
EACH, ALL = 40, 200
"""Items taken from one look-up, and from all for one reference."""
CLOSELY = 12
"""Of these the places are read and compared too."""
ENOUGH = 1.0
"""Of `matching.roughly`: most words of a title and a name."""
_ASSUMED = 0.004
"""Share of the index of a word that is not among its common ones; longer ones are rarer."""
_TOO_COMMON = 0.02


def offered(text: str, *, citing: Item | None = None) -> list[Match]:
    """The items this reference may mean, with reasons; at most one is chosen in advance.

    Not what somebody said it does not mean (`Refutation`).
    """
    works = works_like(Reference.of(text))
    key = text_key(text)
    not_meant = {cited for _, cited in refuted([key])} if works else set()
    return matching.best(
        text, works, citing=citing_work(citing) if citing else None,
        refuted=[work.id for work in works if handles.key(work.handle) in not_meant],
    )  # fmt: skip


def citing_work(item: Item) -> Work:
    """The citing item, as far as matching asks of it."""
    return Work(item.id, item.handle, "", "", item.year, "", "")


def work_of(item: Item) -> Work:
    """An item as matching compares it."""
    row = listed(item)
    work = Work(row.id, row.handle, row.title, row.author_line, row.year, str(row.kind), row.series)
    return _with_place(work, item.shown)


def offers(
    item: Item, references: Sequence[ItemReference], start: int | None = None
) -> dict[int, list[Match]]:
    """What the first unlinked references may mean, or the first from one on, by their ids."""
    ids = [reference.id for reference in references]
    begin = ids.index(start) if start in ids else 0
    unlinked = [r for r in references[begin:] if r.cited_item_id is None][:AT_ONCE]
    return {r.id: offered(r.text, citing=item) for r in unlinked}


def works_like(reference: Reference) -> list[Work]:
    """Items whose title has much in common with it, no more than CLOSELY.

    Where its title stands is guessed; the next guess is asked only if the one before was wrong.
    """
    found: dict[int, Work] = {}
    for groups in _questions(reference):
        new = sorted(_ids(groups, reference) - found.keys())[: ALL - len(found)]
        for row in listed_items(new):
            found[row.id] = Work(
                row.id, row.handle, row.title, row.author_line, row.year, str(row.kind), row.series
            )
        if any(matching.roughly(reference, work) >= ENOUGH for work in found.values()):
            break
    near = sorted(found.values(), key=lambda work: (-matching.roughly(reference, work), work.id))
    return _with_places(near[:CLOSELY])


def _ids(groups: list[list[str]], reference: Reference) -> set[int]:
    found: set[int] = set()
    for group, ids in zip(groups, search.having_all(groups, EACH), strict=True):
        found |= ids
        if len(ids) == EACH and reference.years:  # there are more: those of that year, too
            years = filter_words(year=reference.years[0])
            found |= search.having_all([[*group, *years]], EACH)[0]
    return found


def _questions(reference: Reference) -> Iterator[list[list[str]]]:
    """Groups of words to look up together; the next ones for the next guess."""
    if reference.doi:
        yield [doi_words(reference.doi)]
    common = search.common_words(sorted(reference.words))

    def share(word: str) -> float:
        return common.get(word, _ASSUMED * 0.8 ** len(word))

    for begin, end in reference.title_guesses():
        inside = [t.word for t in reference.tokens if begin <= t.begin < end]
        words = [w for w in dict.fromkeys(inside) if w not in matching.FUNCTION_WORDS]
        words = [w for w in words if len(w) > 2]
        names = [t.word for t in reference.tokens if t.begin < begin and t.begin < reference.host]
        names = [w for w in dict.fromkeys(names) if len(w) > 2 and w.isalpha()]
        names = [w for w in names if w not in matching.FUNCTION_WORDS][:3]
        yield _groups(sorted(words, key=lambda w: (share(w), w)), names, share)


def _groups(
    words: Sequence[str], names: Sequence[str], share: Callable[[str], float]
) -> list[list[str]]:
    """Groups with a rare word each; words come by rareness."""
    groups = [list(words[:3])] if len(words) > 2 or (words and not names) else []
    if len(words) > 5:
        groups.append(list(words[3:6]))
    elif len(words) > 3:
        groups += [[words[n], *words[3:5]] for n in (0, 1)]
    groups += [
        [name, *some] for name in names for some in (words[:2], words[2:4]) if some
    ]  # fmt: skip
    rare = [group for group in groups if min(map(share, group)) < _TOO_COMMON]
    return rare or groups[:1]


def _with_places(works: Sequence[Work]) -> list[Work]:
    rows = db.session.execute(_records(), {"ids": [work.id for work in works]}) if works else ()
    records = {id_: otherwise or upstream for id_, upstream, otherwise in rows}
    return [_with_place(work, records[work.id]) for work in works]


def _with_place(work: Work, record: dict[str, Any]) -> Work:
    def value(name: str) -> str:
        return str(record.get(name) or "")

    return work._replace(
        journal=value("journal"), book=value("book_title"), volume=value("volume"),
        pages=value("pages"), number=value("number"), doi=value("doi"),
    )  # fmt: skip


@cache
def _records() -> Select[Any]:
    items = Item.__table__
    ids = bindparam("ids", expanding=True, type_=Integer)
    return select(items.c.id, items.c.upstream, items.c.shown_otherwise).where(items.c.id.in_(ids))
