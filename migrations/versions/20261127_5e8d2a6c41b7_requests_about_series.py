"""Requests about series: what they ask for, carry and tell stands beside that of items.

Revision ID: 5e8d2a6c41b7
Revises: b8e5f20d6c41
"""

import sqlalchemy as sa
from alembic import op

from correction_flow.core.database import Json
from correction_flow.proposals.models import POSTGRESQL_TRIGGERS, SQLITE_TRIGGERS

revision = "5e8d2a6c41b7"
down_revision = "b8e5f20d6c41"
branch_labels = None
depends_on = None

TABLES = ("proposals", "changes", "events")
ONE = "(item_id IS NULL) <> (series_id IS NULL)"
INDEXES = (
    ("ix_proposals_series", "proposals", ["series_id", "id"], False, "series_id IS NOT NULL"),
    (
        "uq_changes_undecided_series", "changes", ["series_id", "target", "new_key"], True,
        "outcome IS NULL AND series_id IS NOT NULL",
    ),
    (
        "uq_changes_carried_series", "changes", ["series_id", "target"], True,
        "standing = 'carried' AND series_id IS NOT NULL",
    ),
    ("ix_changes_series", "changes", ["series_id"], False, "series_id IS NOT NULL"),
    ("ix_events_series", "events", ["series_id", "id"], False, "series_id IS NOT NULL"),
)  # fmt: skip


def upgrade() -> None:
    """A request is about an item or about a series."""
    says = "its record, where approved changes make it differ from upstream"
    op.add_column("series", sa.Column("shown_otherwise", Json, comment=says))
    says = "raised when something a decision rests on changes"
    op.add_column(
        "series",
        sa.Column("version", sa.Integer, server_default="1", nullable=False, comment=says),
    )
    triggers(there=False)
    for table in TABLES:
        if sqlite():
            written_anew(table, added)
            continue
        op.alter_column(table, "item_id", nullable=True)
        op.add_column(table, sa.Column("series_id", sa.Integer))
        op.create_foreign_key(
            f"fk_{table}_series_id_series", table, "series", ["series_id"], ["id"]
        )
        op.create_check_constraint(op.f(f"ck_{table}_one_record"), table, ONE)
    for name, table, columns, unique, where in INDEXES:
        op.create_index(
            name, table, columns, unique=unique,
            sqlite_where=sa.text(where), postgresql_where=sa.text(where),
        )  # fmt: skip
    triggers(there=True)


def downgrade() -> None:
    """Refused by NOT NULL while there is a request about a series: what was asked stays."""
    triggers(there=False)
    for name, table, *_ in INDEXES:
        op.drop_index(name, table_name=table)
    for table in TABLES:
        if sqlite():
            written_anew(table, removed)
            continue
        op.drop_constraint(op.f(f"ck_{table}_one_record"), table)
        op.drop_column(table, "series_id")
        op.alter_column(table, "item_id", nullable=False)
    triggers(there=True, before=True)
    op.drop_column("series", "version")
    op.drop_column("series", "shown_otherwise")


def sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def triggers(*, there: bool, before: bool = False) -> None:
    """The events' own guards name their columns; that of archives came later."""
    if not there:
        for name in ("events_kept", "events_unchanged"):
            op.execute(f"DROP TRIGGER {name}" + ("" if sqlite() else " ON events"))
        return
    for statement in SQLITE_TRIGGERS if sqlite() else POSTGRESQL_TRIGGERS:
        if statement.startswith("CREATE FUNCTION"):
            continue
        for column in ("series_id", "archive_id") if before else ("archive_id",):
            for same in ("IS NOT DISTINCT FROM", "IS"):
                statement = statement.replace(f" AND NEW.{column} {same} OLD.{column}", "")
        op.get_bind().exec_driver_sql(statement)


def added(table: str, sql: str) -> str:
    body = sql.replace("item_id INTEGER NOT NULL", "item_id INTEGER, series_id INTEGER", 1)
    return body.rstrip().removesuffix(")").rstrip() + of_series(table)


def of_series(table: str) -> str:
    return (
        f", CONSTRAINT ck_{table}_one_record CHECK ({ONE})"
        f", CONSTRAINT fk_{table}_series_id_series FOREIGN KEY(series_id) REFERENCES series (id))"
    )


def removed(table: str, sql: str) -> str:
    body = sql.replace("item_id INTEGER, series_id INTEGER", "item_id INTEGER NOT NULL", 1)
    return body.replace(of_series(table), ")", 1)


def written_anew(table: str, edit) -> None:  # type: ignore[no-untyped-def]
    """SQLite takes no NOT NULL away: the table is made again from its own words, and so are its
    indexes."""
    bind = op.get_bind()
    ask = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type = ? AND sql IS NOT NULL"
    sql = bind.exec_driver_sql(ask, (table, "table")).scalar_one()
    indexes = bind.exec_driver_sql(ask, (table, "index")).scalars().all()
    _, body = sql.split("(", 1)
    new = edit(table, "(" + body)
    bind.exec_driver_sql(f"CREATE TABLE {table}_anew {new}")
    info = f"PRAGMA table_info({table}{{}})"
    old, now = (
        [row[1] for row in bind.exec_driver_sql(info.format(which))] for which in ("", "_anew")
    )
    both = ", ".join(f'"{column}"' for column in now if column in old)
    bind.exec_driver_sql(f"INSERT INTO {table}_anew ({both}) SELECT {both} FROM {table}")
    bind.exec_driver_sql(f"DROP TABLE {table}")
    bind.exec_driver_sql(f"ALTER TABLE {table}_anew RENAME TO {table}")
    for index in indexes:
        bind.exec_driver_sql(index)
