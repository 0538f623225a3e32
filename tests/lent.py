"""A database of PostgreSQL that is lent to one test after another.

To copy one takes 50 ms of the processor's time; to find what a test wrote, and to take it back,
takes five.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg


class Lent:
    """A copy of a template. Much written, another schema, statistics, somebody still at work:
    none of that is taken back, and the next test gets a new copy."""

    ROWS, TIMES = 1000, 100

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.times = 0
        self.connection = psycopg.connect(url, autocommit=True)
        self.shape = self._shape()
        self.sequences = self._sequences()
        self.columns = self._columns()
        self.marks = self._marks(self.columns)
        self.rows = {table: self._rows(table) for table in self.columns}

    def taken_back(self) -> bool:
        """Whether it is again as it was before."""
        self.times += 1
        if self.times >= self.TIMES or self._busy() or self._shape() != self.shape:
            return False
        marks = self._marks(self.columns)
        written = [table for table in marks if marks[table] != self.marks[table]]
        if sum(marks[table][0] for table in written) > self.ROWS:
            return False
        with self.connection.transaction():
            self._ask("SET LOCAL session_replication_role = replica")  # neither triggers nor keys
            for table in written:
                self._ask(f'DELETE FROM "{table}"')
                if self.rows[table]:
                    with self.connection.cursor().copy(self._copying(table, "FROM STDIN")) as copy:
                        copy.write(self.rows[table])
            for name, _ in self._sequences().items() - self.sequences.items():
                last = self.sequences[name]
                self._ask(f"SELECT setval('\"{name}\"', {last or 1}, {last is not None})")
        if written:
            self.marks |= self._marks(written)
        return True

    def close(self) -> None:
        """Nobody gets it any more."""
        self.connection.close()

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []

    def _busy(self) -> bool:
        """Whether somebody still does something here, as a process that was killed."""
        return bool(
            self._ask(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
        )

    def _shape(self) -> list[tuple[Any, ...]]:
        """Changes with every table, column, index, constraint, trigger and statistic."""
        own = "WHERE relnamespace = 'public'::regnamespace"
        catalogs = ("pg_attrdef", "pg_constraint", "pg_trigger", "pg_proc", "pg_statistic")
        return [
            *self._ask(f"SELECT oid, xmin::text, reltuples FROM pg_class {own} ORDER BY oid"),
            *(
                row
                for catalog in catalogs
                for row in self._ask(f"SELECT count(*), max(xmin::text::bigint) FROM {catalog}")
            ),
        ]

    def _columns(self) -> dict[str, str]:
        """The tables, with those columns that are not computed by the database."""
        return dict(
            self._ask(
                "SELECT table_name, string_agg(quote_ident(column_name), ', ')"
                " FROM information_schema.columns JOIN information_schema.tables"
                " USING (table_schema, table_name) WHERE table_schema = 'public'"
                " AND table_type = 'BASE TABLE' AND is_generated = 'NEVER' GROUP BY table_name"
            )
        )

    def _sequences(self) -> dict[str, int | None]:
        return dict(self._ask("SELECT sequencename, last_value FROM pg_sequences"))

    def _marks(self, tables: Iterable[str]) -> dict[str, tuple[int, str]]:
        """For each table the number of its rows, and what changes when one is written."""
        row = "hashtextextended(ctid::text || '.' || xmin::text, 0)::numeric"
        statement = " UNION ALL ".join(
            f"SELECT '{table}', count(*), sum({row})::text FROM \"{table}\"" for table in tables
        )
        return {name: (rows, mark) for name, rows, mark in self._ask(statement)}

    def _rows(self, table: str) -> bytes:
        with self.connection.cursor().copy(self._copying(table, "TO STDOUT")) as copy:
            return b"".join(bytes(block) for block in copy)

    def _copying(self, table: str, whither: str) -> bytes:
        return f'COPY "{table}" ({self.columns[table]}) {whither}'.encode()
