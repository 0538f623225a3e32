"""Finding items by words: folded by our own rules, alike on SQLite (FTS5) and PostgreSQL.

Ranks at most RANKED candidates; a query that hits more comes newest first, for then no order by
fit means anything. Never reads more rows than that.
"""

from __future__ import annotations

from sqlalchemy import DDL, case, event, func, select, text
from sqlalchemy.orm import joinedload

from correction_flow.catalog.models import Item, ItemWords
from correction_flow.catalog.record import people
from correction_flow.core import text as rules
from correction_flow.core.extensions import db
from correction_flow.core.paging import PAGE_SIZE, Page, cursor, read_cursor

RANKED = 2000
LONGEST_TEXT = 100_000
_LONGEST_QUERY = 12

SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE item_search USING fts5(words, content='item_words', "
    "content_rowid='item_id', tokenize='unicode61 remove_diacritics 0')",
    "CREATE TRIGGER item_words_added AFTER INSERT ON item_words BEGIN "
    "INSERT INTO item_search(rowid, words) VALUES (new.item_id, new.words); END",
    "CREATE TRIGGER item_words_changed AFTER UPDATE ON item_words BEGIN "
    "INSERT INTO item_search(item_search, rowid, words) "
    "VALUES ('delete', old.item_id, old.words); "
    "INSERT INTO item_search(rowid, words) VALUES (new.item_id, new.words); END",
    "CREATE TRIGGER item_words_removed AFTER DELETE ON item_words BEGIN "
    "INSERT INTO item_search(item_search, rowid, words) "
    "VALUES ('delete', old.item_id, old.words); END",
)
POSTGRESQL_INDEX = (
    "ALTER TABLE item_words ADD COLUMN tsv tsvector "
    "GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, words)) STORED",
    "CREATE INDEX ix_item_words_tsv ON item_words USING gin (tsv) WITH (fastupdate=off)",
)
for _dialect, _statements in (("sqlite", SQLITE_INDEX), ("postgresql", POSTGRESQL_INDEX)):
    for _statement in _statements:
        event.listen(
            ItemWords.__table__,
            "after_create",
            DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )


def words_for(item: Item, series_name: str) -> str:
    """The folded words an item is found by; PostgreSQL indexes no text of any length."""
    record = item.shown
    parts = [record.get("title", ""), series_name, record.get("keywords", "")]
    parts += [str(p.get("name", "")) for _, _, p in people(record)]
    parts += record.get("abstract", ())
    return " ".join(word for part in parts for word in rules.words(str(part)))[:LONGEST_TEXT]


def find_items(query: str, after: str | None = None) -> tuple[Page[Item], int]:
    """One page of the items that have all the words, and how many there are (at most 1,001)."""
    words = rules.words(query)[:_LONGEST_QUERY]
    if not words:
        return Page([]), 0
    found = _candidates(words)
    if len(found) > RANKED:
        return _newest(words, after), len(found)
    return _ranked(found, words, after), len(found)


def _match(words: list[str]) -> tuple[str, str]:
    """FROM-and-WHERE of a word query in this database, and its parameter."""
    if db.engine.dialect.name == "sqlite":
        phrase = " ".join(f'"{w}"' for w in words)
        return "SELECT rowid AS id FROM item_search WHERE item_search MATCH :query", phrase
    return (
        "SELECT item_id AS id FROM item_words "
        "WHERE tsv @@ plainto_tsquery('simple'::regconfig, :query)",
        " ".join(words),
    )


def _candidates(words: list[str]) -> list[int]:
    sql, query = _match(words)
    rows = db.session.execute(text(f"{sql} LIMIT :n"), {"query": query, "n": RANKED + 1})
    return [row.id for row in rows]


def _ranked(found: list[int], words: list[str], after: str | None) -> Page[Item]:
    """Those with the first word in the title first, then the newest."""
    start = (read_cursor(after, 1) or [0])[0]
    start = start if isinstance(start, int) and start >= 0 else 0
    fit = case((func.lower(Item.title).contains(words[0], autoescape=True), 0), else_=1)
    ids = list(
        db.session.scalars(
            select(Item.id)
            .where(Item.id.in_(found), Item.vanished_at.is_(None))
            .order_by(fit, Item.year.desc().nulls_last(), Item.id.desc())
            .offset(start)
            .limit(PAGE_SIZE + 1)
        )
    )
    newer = cursor(max(0, start - PAGE_SIZE)) if start else None
    older = cursor(start + PAGE_SIZE) if len(ids) > PAGE_SIZE else None
    return Page(_items(ids[:PAGE_SIZE]), older=older, newer=newer)


def _newest(words: list[str], after: str | None) -> Page[Item]:
    sql, query = _match(words)
    key = "rowid" if db.engine.dialect.name == "sqlite" else "item_id"
    last = (read_cursor(after, 1) or [None])[0]
    below = f" AND {key} < :last" if isinstance(last, int) else ""
    rows = db.session.execute(
        text(f"{sql}{below} ORDER BY {key} DESC LIMIT :n"),
        {"query": query, "n": PAGE_SIZE + 1, "last": last},
    )
    ids = [row.id for row in rows]
    older = cursor(ids[PAGE_SIZE - 1]) if len(ids) > PAGE_SIZE else None
    return Page(_items(ids[:PAGE_SIZE]), older=older)


def _items(ids: list[int]) -> list[Item]:
    rows = db.session.scalars(
        select(Item).where(Item.id.in_(ids)).options(joinedload(Item.series, innerjoin=True))
    )
    by_id = {item.id: item for item in rows if item.vanished_at is None}
    return [by_id[i] for i in ids if i in by_id]
