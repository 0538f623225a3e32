"""Many rows at once: COPY on PostgreSQL, executemany on SQLite. No ORM object is made.

Values come as the database stores them: enums and JSON as text; times through `moment`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, any_, cast, func, select, text

from correction_flow.core.database import Base, UtcDateTime
from correction_flow.core.extensions import db

CHUNK = 500
"""Values of one IN list."""


def insert_rows(model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows whose values stand in the order of `columns`, in the open transaction."""
    connection = db.session.connection()
    table, names = model.__tablename__, ", ".join(columns)
    if connection.dialect.name == "postgresql":
        raw: Any = connection.connection.dbapi_connection
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    listed = [tuple(row) for row in rows]
    if listed:
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({marks})", listed)  # noqa: S608


def next_ids(model: type[Base], count: int) -> list[int]:
    """Ids for so many new rows, which nobody else will use."""
    table = model.__tablename__
    if db.engine.dialect.name == "postgresql":
        query = "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :n)"
        return list(db.session.scalars(text(query), {"table": table, "n": count}))
    # The one writer of SQLite is this transaction.
    last = db.session.scalar(text(f"SELECT coalesce(max(id), 0) FROM {table}"))  # noqa: S608
    return list(range(last + 1, last + 1 + count))


def among(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """A condition that costs little to say, for thousands of values: they are one parameter."""
    listed = list(values)
    if db.engine.dialect.name == "sqlite":
        return column.in_(select(func.json_each(json.dumps(listed)).table_valued("value").c.value))  # type: ignore[no-any-return]
    return column == any_(cast(listed, ARRAY(column.type)))  # type: ignore[no-any-return]


def analyse(models: Iterable[type[Base]]) -> None:
    """Let the database look at tables that have changed much, or its plans are made for others."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
    for model in models:
        connection.exec_driver_sql(f"ANALYZE {model.__tablename__}")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT gin_clean_pending_list('ix_item_words_tsv')")


def moment(at: datetime) -> Any:
    """A time as `insert_rows` takes it."""
    bound = UtcDateTime().process_bind_param(at, db.engine.dialect)
    if db.engine.dialect.name == "sqlite" and bound is not None:
        return bound.strftime("%Y-%m-%d %H:%M:%S.%f")
    return bound


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterable[Sequence[Any]]:
    """The values in portions of an IN list."""
    for n in range(0, len(values), size):
        yield values[n : n + size]
