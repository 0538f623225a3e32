"""Requests about archives: a third record beside items and series, with a desk of its own.

Revision ID: c7d25b90f1a3
Revises: 5e8d2a6c41b7
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from correction_flow.core.clock import utcnow
from correction_flow.core.database import Json
from correction_flow.core.text import digest
from correction_flow.proposals.models import POSTGRESQL_TRIGGERS, SQLITE_TRIGGERS

revision = "c7d25b90f1a3"
down_revision = "5e8d2a6c41b7"
branch_labels = None
depends_on = None

TABLES = ("proposals", "changes", "events")
OF_TWO = "(item_id IS NULL) <> (series_id IS NULL)"
OF_THREE = (
    "(CASE WHEN item_id IS NULL THEN 0 ELSE 1 END) + "
    "(CASE WHEN series_id IS NULL THEN 0 ELSE 1 END) + "
    "(CASE WHEN archive_id IS NULL THEN 0 ELSE 1 END) = 1"
)
INDEXES = (
    ("ix_proposals_archive", "proposals", ["archive_id", "id"], False, "archive_id IS NOT NULL"),
    (
        "uq_changes_undecided_archive", "changes", ["archive_id", "target", "new_key"], True,
        "outcome IS NULL AND archive_id IS NOT NULL",
    ),
    (
        "uq_changes_carried_archive", "changes", ["archive_id", "target"], True,
        "standing = 'carried' AND archive_id IS NOT NULL",
    ),
    ("ix_changes_archive", "changes", ["archive_id"], False, "archive_id IS NOT NULL"),
    ("ix_events_archive", "events", ["archive_id", "id"], False, "archive_id IS NOT NULL"),
)  # fmt: skip
SAYS_DESK = "who decides about the archive itself"

Member = tuple[str | None, str | None, int | None, bool]
DESKS = sa.table("desks", sa.column("id", sa.Integer), sa.column("key", sa.String))
MEMBERS = sa.table(
    "desk_members",
    sa.column("desk_id", sa.Integer), sa.column("address_key", sa.String),
    sa.column("address", sa.String), sa.column("user_id", sa.Integer),
    sa.column("removed", sa.Boolean),
)  # fmt: skip
ARCHIVES = sa.table(
    "archives",
    sa.column("id", sa.Integer), sa.column("placeholder", sa.Boolean),
    sa.column("desk_id", sa.Integer),
)  # fmt: skip
CONTACTS = sa.table(
    "contacts",
    sa.column("id", sa.Integer), sa.column("archive_id", sa.Integer),
    sa.column("series_id", sa.Integer), sa.column("address", sa.String),
    sa.column("address_key", sa.String),
)  # fmt: skip
GRANTS = sa.table(
    "maintainer_grants",
    sa.column("id", sa.Integer), sa.column("user_id", sa.Integer),
    sa.column("archive_id", sa.Integer), sa.column("series_id", sa.Integer),
    sa.column("effect", sa.String), sa.column("until", sa.DateTime(timezone=True)),
)  # fmt: skip


def upgrade() -> None:
    """A request is about an item, a series or an archive."""
    says = "its record, where approved changes make it differ from upstream"
    op.add_column("archives", sa.Column("shown_otherwise", Json, comment=says))
    says = "raised when something a decision rests on changes"
    op.add_column(
        "archives",
        sa.Column("version", sa.Integer, server_default="1", nullable=False, comment=says),
    )
    give_desks()
    triggers(there=False)
    for table in TABLES:
        if sqlite():
            written_anew(table, added)
            continue
        op.add_column(table, sa.Column("archive_id", sa.Integer))
        op.create_foreign_key(
            f"fk_{table}_archive_id_archives", table, "archives", ["archive_id"], ["id"]
        )
        op.drop_constraint(op.f(f"ck_{table}_one_record"), table)
        op.create_check_constraint(op.f(f"ck_{table}_one_record"), table, OF_THREE)
    for name, table, columns, unique, where in INDEXES:
        op.create_index(
            name, table, columns, unique=unique,
            sqlite_where=sa.text(where), postgresql_where=sa.text(where),
        )  # fmt: skip
    triggers(there=True)


def downgrade() -> None:
    """Refused by the check while there is a request about an archive: what was asked stays."""
    triggers(there=False)
    for name, table, *_ in INDEXES:
        op.drop_index(name, table_name=table)
    for table in TABLES:
        if sqlite():
            written_anew(table, removed)
            continue
        op.drop_constraint(op.f(f"ck_{table}_one_record"), table)
        op.create_check_constraint(op.f(f"ck_{table}_one_record"), table, OF_TWO)
        op.drop_column(table, "archive_id")
    triggers(there=True, before=True)
    op.drop_index("ix_archives_desk_id", table_name="archives")
    if sqlite():
        written_anew("archives", without_desk)
    else:
        op.drop_column("archives", "desk_id")
    op.drop_column("archives", "version")
    op.drop_column("archives", "shown_otherwise")


# -- who decides --------------------------------------------------------------------------


def give_desks() -> None:
    """Each archive sits at the desk of those whom its own template or a grant names."""
    if sqlite():
        op.execute("ALTER TABLE archives ADD COLUMN desk_id INTEGER")
    else:
        op.add_column("archives", sa.Column("desk_id", sa.Integer, comment=SAYS_DESK))
    bind = op.get_bind()
    known: dict[str, int] = {row.key: row.id for row in bind.execute(sa.select(DESKS))}
    here = all_members()
    for archive in bind.execute(sa.select(ARCHIVES.c.id, ARCHIVES.c.placeholder)).all():
        desk_id = desk_of(here.get(archive.id, {}), known, described=not archive.placeholder)
        mine = ARCHIVES.c.id == archive.id
        bind.execute(sa.update(ARCHIVES).where(mine).values(desk_id=desk_id))
    if sqlite():
        written_anew("archives", with_desk)
    else:
        op.alter_column("archives", "desk_id", nullable=False)
        op.create_foreign_key("fk_archives_desk_id_desks", "archives", "desks", ["desk_id"], ["id"])
    op.create_index("ix_archives_desk_id", "archives", ["desk_id"])


def all_members() -> dict[int, dict[str, Member]]:
    """By archive, whoever decides there."""
    bind = op.get_bind()
    found: dict[int, dict[str, Member]] = {}
    contacts = sa.select(CONTACTS).where(CONTACTS.c.series_id.is_(None)).order_by(CONTACTS.c.id)
    for one in bind.execute(contacts):
        member = (one.address_key, one.address, None, False)
        found.setdefault(one.archive_id, {})[one.address_key] = member
    grants = sa.select(GRANTS).where(GRANTS.c.series_id.is_(None)).order_by(GRANTS.c.id)
    for one in bind.execute(grants):
        name, here = f"user {one.user_id}", found.setdefault(one.archive_id, {})
        here.pop(name, None)
        if one.until is None or one.until.replace(tzinfo=None) > utcnow().replace(tzinfo=None):
            here[name] = (None, None, one.user_id, one.effect == "removed")
    return found


def desk_of(members: dict[str, Member], known: dict[str, int], *, described: bool) -> int:
    """The desk of exactly these, made where there is none."""
    bind = op.get_bind()
    rows = [members[name] for name in sorted(members) if described or members[name][2]]
    key = digest([[row[0], row[2], row[3]] for row in rows])
    if key not in known:
        known[key] = bind.execute(
            sa.insert(DESKS).values(key=key).returning(DESKS.c.id)
        ).scalar_one()
        for address_key, address, user_id, gone in rows:
            bind.execute(
                sa.insert(MEMBERS).values(
                    desk_id=known[key], address_key=address_key, address=address,
                    user_id=user_id, removed=gone,
                )
            )  # fmt: skip
    return known[key]


# -- tables -------------------------------------------------------------------------------


def sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def triggers(*, there: bool, before: bool = False) -> None:
    """The events' own guards name their columns."""
    if not there:
        for name in ("events_kept", "events_unchanged"):
            op.execute(f"DROP TRIGGER {name}" + ("" if sqlite() else " ON events"))
        return
    for statement in SQLITE_TRIGGERS if sqlite() else POSTGRESQL_TRIGGERS:
        if statement.startswith("CREATE FUNCTION"):
            continue
        if before:
            for same in ("IS NOT DISTINCT FROM", "IS"):
                statement = statement.replace(f" AND NEW.archive_id {same} OLD.archive_id", "")
        op.get_bind().exec_driver_sql(statement)


def added(table: str, sql: str) -> str:
    body = sql.replace("series_id INTEGER", "series_id INTEGER, archive_id INTEGER", 1)
    return _with(body.replace(f"CHECK ({OF_TWO})", f"CHECK ({OF_THREE})", 1), of_archive(table))


def removed(table: str, sql: str) -> str:
    body = sql.replace("series_id INTEGER, archive_id INTEGER", "series_id INTEGER", 1)
    body = body.replace(f"CHECK ({OF_THREE})", f"CHECK ({OF_TWO})", 1)
    return body.replace(of_archive(table), ")", 1)


def of_archive(table: str) -> str:
    return (
        f", CONSTRAINT fk_{table}_archive_id_archives "
        "FOREIGN KEY(archive_id) REFERENCES archives (id))"
    )


DESK = ", CONSTRAINT fk_archives_desk_id_desks FOREIGN KEY(desk_id) REFERENCES desks (id))"


def with_desk(_table: str, sql: str) -> str:
    return _with(sql.replace("desk_id INTEGER", "desk_id INTEGER NOT NULL", 1), DESK)


def without_desk(_table: str, sql: str) -> str:
    return sql.replace(", desk_id INTEGER NOT NULL", "", 1).replace(DESK, ")", 1)


def _with(sql: str, constraint: str) -> str:
    return sql.rstrip().removesuffix(")").rstrip() + constraint


def written_anew(table: str, edit: Any) -> None:
    """SQLite changes no constraint: the table is made again from its own words, and so are its
    indexes."""
    bind = op.get_bind()
    ask = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type = ? AND sql IS NOT NULL"
    sql = bind.exec_driver_sql(ask, (table, "table")).scalar_one()
    indexes = bind.exec_driver_sql(ask, (table, "index")).scalars().all()
    new = edit(table, "(" + sql.split("(", 1)[1])
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
