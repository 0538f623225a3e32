"""How fast pages of a big catalogue are, as multiples of a hand-written floor of the same run.

    python bench/pages.py --items 200000 [--database both|sqlite|postgresql] [--folder DIR]

The floor `E` (`floor.py`) is the page an expert would write with bare Flask, SQLAlchemy Core and
Jinja, without login. Both are called through WSGI in this one process, in turn, so that noise hits
both; no server and no network are in the times. Milliseconds, p50 and p95; `ratio` is that of the
medians, `best` that of the fastest tenth, for a machine that others use too.

Search and handles are also timed in the database alone: the statements that the application sends
are taken down, then sent again and fetched, the best of three; so all is warm. `--folder` keeps the
catalogue for the next run, or takes one made before.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from catalogue import application, how_many, opened
from floor import floor
from made_up import PLAIN_WORDS, Words
from sqlalchemy import event, text
from werkzeug.test import EnvironBuilder, run_wsgi_app

from correction_flow.catalog import queries, search
from correction_flow.core.extensions import db
from correction_flow.core.paging import PAGE_SIZE, cursor

Row = dict[str, Any]


class Times(NamedTuple):
    """Of one page: milliseconds of every call, and the length of its HTML."""

    ours: list[float]
    floors: list[float]
    bytes: tuple[int, int]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--database", choices=("both", "sqlite", "postgresql"), default="both")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rounds", type=int, default=100, help="calls of each page")
    asked = parser.parse_args()
    names = ("sqlite", "postgresql") if asked.database == "both" else (asked.database,)
    result: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in names:
            with opened(name, folder, items=asked.items, requests=asked.requests) as uri:
                result[name] = measure(name, uri, folder, asked.rounds)
    print(json.dumps(result))


def measure(name: str, uri: str, folder: Path, rounds: int) -> Row:
    """Measure one database; print its table."""
    items = how_many(uri) or 0
    ours, floors = application(uri, folder), floor(uri)
    load = os.getloadavg()[0]
    print(f"\n{name}, {items:,} items, load of the machine {load:.1f}")
    print(
        f"{'page':34}{'p50':>8}{'p95':>8}{'E p50':>8}{'E p95':>8}{'ratio':>7}{'KB':>6}{'E KB':>6}"
    )
    found: Row = {"items": items, "load": round(load, 1)}
    with ours.app_context():
        paths = dict(pages())
        db.session.remove()
    # Outside that context, or all requests would share one session, as no server's do.
    for page, addresses in paths.items():
        times = in_turn(ours, floors, addresses, rounds)
        print_row(page, times)
        found[f"{page}_ratio"] = ratio(times)
        found[f"{page}_ms"] = round(statistics.median(times.ours), 2)
        found[f"{page}_ratio_of_best"] = round(best(times.ours) / best(times.floors), 2)
    found["series_deep_over_first"] = round(found["series_deep_ms"] / found["series_first_ms"], 2)
    with ours.app_context():
        found |= in_the_database()
        db.session.remove()
        db.engine.dispose()
    return found


def print_row(page: str, times: Times) -> None:
    """Print one line of the table."""
    print(
        f"{page:34}{statistics.median(times.ours):8.2f}{p95(times.ours):8.2f}"
        f"{statistics.median(times.floors):8.2f}{p95(times.floors):8.2f}{ratio(times):8.2f}"
        f"{best(times.ours) / best(times.floors):8.2f}"
        f"{times.bytes[0] / 1024:8.1f}{times.bytes[1] / 1024:8.1f}"
    )


def ratio(times: Times) -> float:
    """How many times the floor's median."""
    return round(statistics.median(times.ours) / statistics.median(times.floors), 2)


def best(values: Sequence[float]) -> float:
    """The value that one of ten does not pass: what is left when others take the processor."""
    return sorted(values)[len(values) // 10]


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not pass."""
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


# -- what is asked for ------------------------------------------------------------------------


def pages() -> Iterator[tuple[str, list[str]]]:
    """The pages, each with the addresses that are called in turn."""
    yield "item_page", [f"/items/{handle}" for handle in cited_items(10)]
    series_id, handle, size = largest_series()
    deep = [max(0, size * percent // 100 - PAGE_SIZE) for percent in (88, 90, 92, 94)]
    at = {
        "series_first": [None],
        "series_200": [min(199 * PAGE_SIZE - 1, size // 2)],
        "series_deep": deep,
    }
    for page, offsets in at.items():
        yield page, [series_page(series_id, handle, offset) for offset in offsets]
    newest, ranked = [], []
    for query in asked_queries():
        found = search.find_items(query)
        if found.page.rows:
            (ranked if found.ranked else newest).append(f"/search?q={query.replace(' ', '+')}")
        db.session.rollback()
    if newest:
        yield "search_newest", newest
    yield "search_ranked", ranked


def cited_items(count: int) -> list[str]:
    """Handles of items with 50 references that 20 or more cite."""
    rows = db.session.execute(
        text(
            "SELECT i.handle FROM items i JOIN (SELECT item_id FROM item_references "
            "GROUP BY item_id HAVING count(*) = 50 LIMIT 20000) r ON r.item_id = i.id "
            "WHERE (SELECT count(*) FROM item_references c WHERE c.cited_item_id = i.id) >= 20 "
            "ORDER BY i.id LIMIT :n"
        ),
        {"n": count},
    )
    return list(rows.scalars())


def largest_series() -> tuple[int, str, int]:
    """Id, handle and size of the series with the most items."""
    row = db.session.execute(
        text(
            "SELECT s.id, s.handle, n.n FROM (SELECT series_id, count(*) AS n FROM items "
            "GROUP BY series_id ORDER BY n DESC LIMIT 1) n JOIN series s ON s.id = n.series_id"
        )
    ).one()
    return row[0], row[1], row[2]


def series_page(series_id: int, handle: str, offset: int | None) -> str:
    """The address of the page that begins behind so many items."""
    if offset is None:
        return f"/series/{handle}"
    row = db.session.execute(
        text(
            "SELECT coalesce(year, 0), id FROM items WHERE series_id = :id "
            "ORDER BY coalesce(year, 0) DESC, id DESC LIMIT 1 OFFSET :n"
        ),
        {"id": series_id, "n": offset},
    ).one()
    return f"/series/{handle}?after={cursor(*row)}"


def asked_queries() -> list[str]:
    """Always the same sixty: common, middling and rare words, names, and pairs of them."""
    words = Words.of(1997).vocabulary
    common = [*PLAIN_WORDS[:48:6], "the"]
    middling = words[500:3300:400]
    rare = words[8000:30000:3600]
    names = ["wang", "smith", "garcia", "novak", "wei wang", "maria garcia", "palanski", "zimuvic"]
    pairs = [f"{a} {b}" for a, b in pairwise(common[:8])]
    pairs += [f"{a} {b}" for a, b in zip(common[:7], middling, strict=False)]
    pairs += [f"{a} {b}" for a, b in zip(common[:5], rare, strict=False)]
    pairs += [f"{a} {b}" for a, b in pairwise(middling[:5])]
    pairs += [f"{a} {b}" for a, b in zip(common[:4], names, strict=False)]
    pairs += [f"{a} {b}" for a, b in zip(names[:4], middling, strict=False)]
    return [*common, *middling, *rare, *names, *pairs]


# -- measuring --------------------------------------------------------------------------------


def in_turn(ours: Any, floors: Any, addresses: Sequence[str], rounds: int) -> Times:
    """Call the page of both, one after the other, through WSGI."""
    environs = [EnvironBuilder(path=address).get_environ() for address in addresses]
    for environ, address in zip(environs, addresses, strict=True):
        path, _, query = address.partition("?")
        environ["PATH_INFO"], environ["QUERY_STRING"] = path, query
    measured: tuple[list[float], list[float]] = ([], [])
    sizes = [0, 0]
    for n in range(-min(10, len(addresses)), rounds):
        environ = environs[n % len(environs)]
        for which, app in enumerate((ours, floors)):
            start = time.perf_counter()
            body, status, _ = run_wsgi_app(app.wsgi_app, dict(environ))
            size = sum(map(len, body))
            took = (time.perf_counter() - start) * 1000
            if not status.startswith("200"):
                raise RuntimeError(f"{addresses[n % len(addresses)]}: {status}")
            if n >= 0:
                measured[which].append(took)
            sizes[which] = size
    return Times(*measured, (sizes[0], sizes[1]))


def in_the_database() -> Row:
    """Search and handles in the database alone."""
    newest, ranked, worst = [], [], []
    for query in asked_queries():
        found: Any = None

        def find(query: str = query) -> None:
            nonlocal found
            found = search.find_items(query)

        took = sum(statement_times(find))
        (ranked if found.ranked else newest).append(took)
        worst.append((took, query))
    handles = db.session.execute(
        text("SELECT handle FROM items WHERE id % 997 = 1 ORDER BY id LIMIT 40")
    )
    handle = [
        sum(statement_times(lambda h=h: queries.item_by_handle(h))) for h in list(handles.scalars())
    ]
    print(f"{'in the database alone':34}{'p50':>8}{'p95':>8}{'most':>8}{'queries':>9}")
    found_here: Row = {}
    for name, values in (
        ("search_newest", newest), ("search_ranked", ranked), ("handle", handle),
    ):  # fmt: skip
        values = values or [0.0]
        print(
            f"{name:34}{statistics.median(values):8.2f}{p95(values):8.2f}{max(values):8.2f}"
            f"{len(values):9}"
        )
        if name == "handle":
            found_here["handle_ms"] = round(statistics.median(values), 3)
        else:
            found_here[f"{name}_p50_ms"] = round(statistics.median(values), 2)
            found_here[f"{name}_p95_ms"] = round(p95(values), 2)
    slow = ", ".join(f"“{query}” {took:.1f}" for took, query in sorted(worst, reverse=True)[:6])
    print(f"slowest searches: {slow}")
    return found_here


def statement_times(act: Callable[[], None]) -> list[float]:
    """Milliseconds of every statement of the act: the best of three, fetched to the end."""
    taken: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            taken.append((statement, parameters))

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    raw = db.session.connection().connection.dbapi_connection
    times = []
    for statement, parameters in taken:
        runs = []
        for _ in range(3):
            sender = raw.cursor()
            start = time.perf_counter()
            sender.execute(statement, parameters)
            sender.fetchall()
            runs.append((time.perf_counter() - start) * 1000)
            sender.close()
        times.append(min(runs))
    db.session.rollback()
    return times


if __name__ == "__main__":
    main()
