"""A page costs the same in a large catalogue as in a small one: the work of the database itself is
counted, in rows and buffers on PostgreSQL and in steps of its machine on SQLite."""

import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, select, text

from correction_flow import create_app
from correction_flow.catalog import queries as catalog
from correction_flow.catalog.models import Item, Series
from correction_flow.catalog.search import Filters, find_items
from correction_flow.core.extensions import db
from tests.databases import settings

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from catalogue import make

SMALL, LARGE = 8_000, 40_000
ELSEWHERE = 21
"""A page has so many rows, and whether neighbours share a buffer is chance."""


@pytest.fixture(scope="module")
def catalogues(databases, database_name, tmp_path_factory):
    """The application on a small and on a large catalogue."""
    folder = tmp_path_factory.mktemp("sizes")
    with databases(database_name).fresh() as small, databases(database_name).fresh() as large:
        apps = []
        for uri, items in ((small, SMALL), (large, LARGE)):
            make(uri, items, processes=0)
            apps.append(create_app(settings(uri, folder)))
        yield apps
        for app in apps:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def largest_series():
    """The series with the most items."""
    counted = "SELECT series_id FROM items GROUP BY series_id ORDER BY count(*) DESC, 1 LIMIT 1"
    return db.session.get_one(Series, db.session.scalar(text(counted)))


def first_page_of_a_series():
    series_id = largest_series().id
    return lambda: catalog.items_of(db.session.get_one(Series, series_id))


def deep_page_of_a_series(pages=1):
    """The page that costs most among several, for some lie in two years."""
    series, after, ends = largest_series(), None, []
    for _ in range(pages + 4):
        after = catalog.items_of(series, after).older
        assert after is not None
        ends.append(after)
    series_id = series.id
    return [
        lambda end=end: catalog.items_of(db.session.get_one(Series, series_id), end)
        for end in ends[pages:]
    ]


def handle():
    key = db.session.scalar(select(Item.handle_key).order_by(Item.id).offset(100).limit(1))
    return lambda: catalog.item_by_handle(key)


def common_word():
    return lambda: find_items("the")


def common_words_in_a_year():
    return lambda: find_items("the of", None, Filters(kind="Article"))


def next_page_of_a_common_word():
    after = find_items("the").page.older
    return lambda: find_items("the", after)


PAGES = [
    first_page_of_a_series, deep_page_of_a_series, handle, common_word,
    common_words_in_a_year, next_page_of_a_common_word,
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_a_page_costs_the_same_in_a_catalogue_five_times_as_large(catalogues, page):
    small, large = (cost(app, page) for app in catalogues)
    assert large <= small * 1.1 + ELSEWHERE, f"{small} became {large}"


def test_a_series_costs_the_same_at_any_depth(catalogues):
    app = catalogues[1]
    first, deep = cost(app, deep_page_of_a_series), cost(app, lambda: deep_page_of_a_series(12))
    assert deep <= first * 1.1 + ELSEWHERE, f"{first} became {deep}"


def cost(app, page):
    """What the database does for a page."""
    with app.app_context():
        runs = page()
        costs = []
        for run in runs if isinstance(runs, list) else [runs]:
            db.session.rollback()
            db.session.expunge_all()
            with counting() as work:
                run()
            db.session.rollback()
            costs.append(work())
        return max(costs)


@contextmanager
def counting():
    """Count what the database does in this block; the result is asked for afterwards."""
    if db.engine.dialect.name == "sqlite":
        steps = 0

        def step():
            nonlocal steps
            steps += 1

        raw = db.session.connection().connection.dbapi_connection
        raw.set_progress_handler(step, 10)
        try:
            yield lambda: steps
        finally:
            raw.set_progress_handler(None, 0)
        return
    statements = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        statements.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield lambda: sum(rows_and_buffers(*one) for one in statements)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def rows_and_buffers(statement, parameters):
    """Rows that the nodes of a plan produced, and buffers they touched, when it is run again."""
    if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
        return 0
    with db.engine.connect() as connection:
        explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement}"
        (plan,) = connection.exec_driver_sql(explain, parameters).scalar()
    top = plan["Plan"]
    buffers = top["Shared Hit Blocks"] + top["Shared Read Blocks"]
    return buffers + sum(rows_of(top))


def rows_of(node):
    lost = sum(value for name, value in node.items() if name.startswith("Rows Removed"))
    yield (node["Actual Rows"] + lost) * node["Actual Loops"]
    for inner in node.get("Plans", ()):
        yield from rows_of(inner)
