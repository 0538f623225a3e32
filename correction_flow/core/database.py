"""The declarative base, our column types, and how each database is opened.

Models stand on `Base`, not on Flask-SQLAlchemy's `db.Model`, so that they can be used
without an application (workers, benches, migrations).
"""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Engine, Enum, MetaData, event, func, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

Json = JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
"""A JSON value; Python's None is the database's NULL."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC; SQLite, which knows no time zones, stores it naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times are aware: use core.clock.utcnow()")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def words_of(kind: type[enum.Enum]) -> Enum:
    """A column for an enum: its values as words, with a CHECK, on both databases."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [m.value for m in members],
        name=kind.__name__.lower(),
        validate_strings=True,
    )


class Base(DeclarativeBase):
    """The base of all models; one naming convention, so that migrations can name constraints."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UtcDateTime()},
    )


def insert_if_new(session: Any, model: type[Base], **values: Any) -> None:
    """INSERT … ON CONFLICT DO NOTHING, which both databases know: no race, no error."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(model).values(**values).on_conflict_do_nothing())


def lock_row(session: Any, row: Base) -> None:
    """Keep others from changing this row (and no row it was loaded with), and read it again.

    Rows that only refer to it may still be written (`key_share`). SQLite has taken its one
    write lock already.
    """
    model: Any = type(row)
    identity: Any = inspect(row).identity
    mine = select(model.id).where(model.id == identity[0])
    session.execute(mine.with_for_update(key_share=True))
    session.refresh(row)


def lock_rows(session: Any, model: Any, ids: Sequence[int]) -> None:
    """The same for several rows that are not loaded yet, in the order in which everybody does."""
    mine = select(model.id).where(model.id.in_(ids)).order_by(model.id)
    session.execute(mine.with_for_update(key_share=True))


def lock_words(session: Any, words: str) -> None:
    """Until the end of the transaction nobody else gets past this with the same words.

    For what has no row to lock. SQLite has taken its one write lock already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(words, 0))))


_will_write: ContextVar[bool] = ContextVar("will_write", default=False)


@contextmanager
def about_to_write() -> Iterator[None]:
    """Transactions begun in this block may write: on SQLite they take the write lock at once.

    A read that turns into a write fails in SQLite with "database is locked", however long one
    is ready to wait, when somebody else wrote in between.
    """
    token = _will_write.set(True)
    try:
        yield
    finally:
        _will_write.reset(token)


def expect_write() -> object:
    """As `about_to_write`, for a whole request; give the result to `expect_no_write`."""
    return _will_write.set(True)


def expect_no_write(token: Any) -> None:
    """The request that expected to write is over."""
    _will_write.reset(token)


def open_sqlite(engine: Engine) -> None:
    """Set the pragmas of every connection and take over BEGIN from the driver."""

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # a committed request is on the disk (product.md §4, rule 1)
            "foreign_keys=ON",
            "busy_timeout=15000",
            "cache_size=-16000",
            "mmap_size=134217728",  # it counts as memory of the process
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _will_write.get() else "BEGIN")
