"""A database that tests lend each other is as good as new."""

import psycopg
import pytest

EVERYTHING = (
    "SELECT name FROM users ORDER BY id",
    "SELECT id, item_id, position, name FROM item_authors ORDER BY id",
    "SELECT item_id, tsv FROM item_words ORDER BY item_id",
    "SELECT count(*) FROM events",
    "SELECT sequencename, last_value FROM pg_sequences ORDER BY sequencename",
)


@pytest.fixture(scope="module")
def postgresql(databases):
    return databases("postgresql")


def lent(postgresql, *statements):
    """Do this to the database that the next test with the cast would get, and see all before."""
    with (
        postgresql.fresh(cast=True) as uri,
        psycopg.connect(uri.replace("+psycopg", "")) as connection,
    ):
        before = [connection.execute(one).fetchall() for one in EVERYTHING]
        for one in statements:
            connection.execute(one)
    return uri, before


def test_what_a_test_wrote_is_taken_back(postgresql):
    uri, before = lent(
        postgresql,
        "UPDATE users SET name = name || '!'",
        "DELETE FROM item_words",
        "DELETE FROM item_authors",
        "SET session_replication_role = replica",  # an event without its proposal
        "INSERT INTO events (proposal_id, item_id, what, at, actor_role, audience)"
        " VALUES (1, 1, 'submit', now(), 'visitor', 'public')",
        "SELECT nextval('items_id_seq'), nextval('events_id_seq')",
    )
    assert all(before)
    assert lent(postgresql) == (uri, before)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP INDEX ix_items_series_year",
        "ALTER TABLE users ADD COLUMN age integer",
        "ALTER TABLE users ALTER COLUMN name SET DEFAULT 'x'",
        "DROP TRIGGER events_kept ON events",
        "TRUNCATE rate_counts",
        "ANALYZE items",
        "INSERT INTO rate_counts SELECT n, now(), 1 FROM generate_series(1, 2000) n",
    ],
)
def test_after_more_than_rows_the_next_test_gets_a_new_copy(postgresql, statement):
    uri, before = lent(postgresql, statement)
    another, then = lent(postgresql)
    assert another != uri
    assert then == before
