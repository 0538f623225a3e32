"""Finding items by words: folded by our own rules, alike on SQLite (FTS5) and PostgreSQL.

Ranks at most RANKED candidates; a query that hits more comes newest first, for then no order by
fit means anything. Never reads more rows than that. Filters are words of the index (`words`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import DDL, event, func, select, text

from correction_flow.catalog import words as vocabulary
from correction_flow.catalog.listed import ListedItem, listed_items
from correction_flow.catalog.models import Item, ItemWords
from correction_flow.core import text as rules
from correction_flow.core.bulk import among, insert_rows
from correction_flow.core.extensions import db
from correction_flow.core.paging import (
    COUNT_LIMIT,
    LARGEST_ID,
    PAGE_SIZE,
    Page,
    cursor,
    read_cursor,
)

RANKED = 2000
MOST = 2 * RANKED
"""So many hits are looked at."""
_LONGEST_QUERY = 12
_IN_TITLE, _IN_AUTHORS, _WHOLE_TITLE = 3, 2, 8

SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE item_search USING fts5(words, content='item_words', "
    "content_rowid='item_id', detail='none', columnsize=0, tokenize=\"ascii tokenchars '_'\")",
)
"""The words are folded already, so the plainest tokenizer is right: it leaves all other letters.
No triggers keep it: FTS5 writes its memory out at each row that comes from one, which takes four
times as long; `keep_words` and `add_words` do."""
BLOCK = 12
"""PostgreSQL's index knows no order. So each item has one more word there, for the block of 4,096
ids it lies in: the latest hits are looked for in the latest blocks."""
LATEST = (2, 8)
"""So many blocks are looked at first, then so many; then all. Each takes the index 0.3 ms more."""
POSTGRESQL_INDEX = (
    "ALTER TABLE item_words ADD COLUMN tsv tsvector GENERATED ALWAYS AS (array_to_tsvector("
    f"string_to_array(words, ' '::text) || ('_{BLOCK}_'::text || (item_id >> {BLOCK})))) STORED",
    "CREATE INDEX ix_item_words_tsv ON item_words USING gin (tsv)",
)
"""No parser and no dictionary of PostgreSQL sees the words, so none depends on its locale."""
for _dialect, _statements in (("sqlite", SQLITE_INDEX), ("postgresql", POSTGRESQL_INDEX)):
    for _statement in _statements:
        event.listen(
            ItemWords.__table__,
            "after_create",
            DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )


def add_words(rows: Sequence[tuple[int, str]]) -> None:
    """Store the words of items that had none: item id, words."""
    insert_rows(ItemWords, ("item_id", "words"), rows)
    if db.engine.dialect.name == "sqlite":
        connection = db.session.connection()
        connection.exec_driver_sql(_INTO_INDEX, list(rows))


def keep_words(item_id: int, words: str | None) -> None:
    """Bring the words of one item in step; None takes them out of the index."""
    row = db.session.get(ItemWords, item_id)
    before = row.words if row is not None else None
    if words == before:
        return
    if before is not None and db.engine.dialect.name == "sqlite":
        db.session.connection().exec_driver_sql(_OUT_OF_INDEX, (item_id, before))
    if row is None:
        add_words([(item_id, words or "")])
    elif words is None:
        db.session.delete(row)
    else:
        row.words = words
        if db.engine.dialect.name == "sqlite":
            db.session.connection().exec_driver_sql(_INTO_INDEX, (item_id, words))


_INTO_INDEX = "INSERT INTO item_search(rowid, words) VALUES (?, ?)"
_OUT_OF_INDEX = (
    "INSERT INTO item_search(item_search, rowid, words) VALUES ('delete', ?, ?)"  # as FTS5 wants it
)


@dataclass(frozen=True)
class Filters:
    """What to find items among; empty: all."""

    year: int | None = None
    kind: str = ""
    series_key: str = ""
    language: str = ""
    jel: str = ""

    def __bool__(self) -> bool:
        return bool(self.year or self.kind or self.series_key or self.language or self.jel)

    def words(self) -> tuple[str, ...]:
        """The words of the index that stand for them."""
        return vocabulary.filter_words(
            year=self.year, kind=self.kind, series_key=self.series_key, language=self.language,
            jel=self.jel,
        )  # fmt: skip


@dataclass(frozen=True)
class Found:
    """One page of what was found; `count` stops behind COUNT_LIMIT; `ranked`: by fit.

    `estimated`: among the latest items there are so many that in all there must be more.
    """

    page: Page[ListedItem]
    count: int
    ranked: bool
    estimated: bool = False


def find_items(query: str, after: str | None = None, filters: Filters = Filters()) -> Found:
    """One page of the items that have all the words of the query and pass the filters; of the item
    of the DOI in it, if there is one in it."""
    asked = (vocabulary.doi_words(query) or vocabulary.words_of([query]))[:_LONGEST_QUERY]
    words = [*asked, *filters.words()]
    if not words:
        return Found(Page([]), 0, ranked=False)
    found, latest = _candidates(words)
    if len(found) <= RANKED and asked and not latest:
        return Found(_ranked(found, asked, after), min(len(found), COUNT_LIMIT + 1), ranked=True)
    count = COUNT_LIMIT + 1 if latest else min(len(found), COUNT_LIMIT + 1)
    return Found(_newest(words, after, found), count, ranked=False, estimated=latest)


def _candidates(words: Sequence[str]) -> tuple[list[int], bool]:
    """Ids of the items that have all the words, or MOST + 1 of them.

    True with them: these are only the latest, more than a page, and if older items have the words
    half as often, there are more than RANKED. PostgreSQL would read long lists to find that out.
    """
    if db.engine.dialect.name == "postgresql":
        top = _last_id()
        for count in LATEST:
            blocks = _latest(top, count)
            found = _some(words, MOST + 1, blocks)
            if not blocks[-1]:
                return found, False  # these blocks hold all items
            if not found:
                break  # rare words: the whole index answers as quickly
            looked_at = top - (blocks[-1] << BLOCK) + 1
            if len(found) > PAGE_SIZE and len(found) * top > MOST * looked_at:
                return found, True
    return _some(words, MOST + 1), False


def _some(words: Sequence[str], limit: int, blocks: Sequence[int] = ()) -> list[int]:
    """Ids of items that have all the words, no more than so many, in whatever order."""
    if db.engine.dialect.name == "sqlite":
        return list(db.session.scalars(_SOME_IN_FTS5, {"query": _phrase(words), "n": limit}))
    values = {"query": _lexemes(words, blocks), "n": limit}
    return list(db.session.scalars(_SOME_IN_GIN, values))


_WHERE = "FROM item_words WHERE tsv @@ CAST(:query AS tsquery)"
_SOME_IN_FTS5 = text("SELECT rowid FROM item_search WHERE item_search MATCH :query LIMIT :n")
_SOME_IN_GIN = text(f"SELECT item_id {_WHERE} LIMIT :n")
_NEWEST_IN_FTS5 = text(
    "SELECT rowid FROM item_search WHERE item_search MATCH :query AND rowid < :below "
    "ORDER BY rowid DESC LIMIT :n"
)
_NEWEST_IN_GIN = text(
    f"SELECT item_id {_WHERE} AND item_id < :below ORDER BY item_id + 0 DESC LIMIT :n"
)


def _phrase(words: Sequence[str]) -> str:
    return " ".join(f'"{word}"' for word in words)


def _lexemes(words: Sequence[str], blocks: Sequence[int] = ()) -> str:
    """A tsquery of all the words, in one of these blocks."""
    query = " & ".join(f"'{word}'" for word in words)
    if not blocks:
        return query
    any_block = " | ".join(f"'_{BLOCK}_{block}'" for block in blocks)
    return f"{query} & ({any_block})"


def _latest(top: int, count: int) -> list[int]:
    """The blocks with the latest items up to this one, at most so many, the latest first."""
    block = top >> BLOCK
    return list(range(block, max(block - count, -1), -1))


def _last_id() -> int:
    return db.session.scalar(select(func.max(ItemWords.item_id))) or 0


def _ranked(found: list[int], words: Sequence[str], after: str | None) -> Page[ListedItem]:
    """The best fit first: by the words in the title and in the names, then the newest."""
    start = (read_cursor(after, 1) or [0])[0]
    start = start if isinstance(start, int) and start >= 0 else 0
    rows = db.session.execute(
        select(Item.id, Item.title, Item.author_line, Item.year).where(among(Item.id, found))
    )
    whole = " ".join(words)
    order = sorted(
        ((_fit(title, names, words, whole), year or 0, id_) for id_, title, names, year in rows),
        reverse=True,
    )
    newer = cursor(max(0, start - PAGE_SIZE)) if start else None
    older = cursor(start + PAGE_SIZE) if len(order) > start + PAGE_SIZE else None
    page = [id_ for _, _, id_ in order[start : start + PAGE_SIZE]]
    return Page(listed_items(page), older=older, newer=newer)


def _fit(title: str, names: str, words: Sequence[str], whole: str) -> int:
    in_title, in_names = f" {rules.key(title)} ", f" {rules.key(names)} "
    fit = sum(_IN_TITLE for word in words if f" {word} " in in_title)
    fit += sum(_IN_AUTHORS for word in words if f" {word} " in in_names)
    return fit + _WHOLE_TITLE if in_title.strip() == whole else fit


def _newest(words: Sequence[str], after: str | None, found: Sequence[int]) -> Page[ListedItem]:
    """Those that came into the catalogue last, first.

    `found`: all hits, or all among the latest items, or too many of any.
    """
    last = (read_cursor(after, 1) or [None])[0]
    below = last if isinstance(last, int) else LARGEST_ID
    ids = sorted((id_ for id_ in found if id_ < below), reverse=True)
    if len(ids) <= PAGE_SIZE or len(found) > MOST:
        ids = _newest_below(words, below, PAGE_SIZE + 1)
    older = cursor(ids[PAGE_SIZE - 1]) if len(ids) > PAGE_SIZE else None
    return Page(listed_items(ids[:PAGE_SIZE]), older=older)


def _newest_below(words: Sequence[str], below: int, count: int) -> list[int]:
    """The greatest ids below one. PostgreSQL looks in the latest blocks, else in all.

    `+ 0` keeps the planner from walking through all ids; small sorts need no help of other
    processes.
    """
    if db.engine.dialect.name == "sqlite":
        values = {"query": _phrase(words), "below": below, "n": count}
        return list(db.session.scalars(_NEWEST_IN_FTS5, values))
    db.session.execute(_WITHOUT_HELP)
    top = min(below - 1, _last_id())
    found: list[int] = []
    for blocks in (*(_latest(top, n) for n in LATEST), []):
        values = {"query": _lexemes(words, blocks), "below": below, "n": count}
        found = list(db.session.scalars(_NEWEST_IN_GIN, values))
        if len(found) == count or (blocks and not blocks[-1]):
            break
    return found


_WITHOUT_HELP = text(
    "SELECT set_config('work_mem', '32MB', true), "
    "set_config('max_parallel_workers_per_gather', '0', true)"
)


def naming(handle_key: str, limit: int) -> list[int]:
    """Ids of the items that name the one of this key as another version of theirs."""
    return _some([vocabulary.version_word(handle_key)], limit)


def having_all(groups: Iterable[Sequence[str]], limit: int) -> list[set[int]]:
    """For each group: ids of items that have all its words, no more than so many of each."""
    return [set(_some(words, limit)) for words in groups]


def common_words(words: Sequence[str]) -> dict[str, float]:
    """Which of the words are among the most common ones of the index, and in what share of it.

    PostgreSQL counts a thousand of them whenever it analyses the table. FTS5 keeps no such count,
    and its catalogues are small.
    """
    if db.engine.dialect.name == "sqlite":
        return {}
    return {row.word: row.share for row in db.session.execute(_COMMON, {"words": list(words)})}


_COMMON = text(
    "SELECT word, share FROM pg_stats, "
    "unnest(CAST(CAST(most_common_elems AS text) AS text[]), most_common_elem_freqs) "
    "AS common(word, share) WHERE schemaname = current_schema() AND tablename = 'item_words' "
    "AND attname = 'tsv' AND word = ANY(:words)"
)
