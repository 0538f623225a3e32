"""Series in full: drafts about them, all their fields, and who describes them.

Revision ID: d3f6a81c90e4
Revises: c3d81f5e0a46
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from correction_flow.core.database import Json
from correction_flow.core.text import digest

revision = "d3f6a81c90e4"
down_revision = "c3d81f5e0a46"
branch_labels = None
depends_on = None

IN_ALL = "the last copy of RePEc:all read here has a good template of it"
ONE_RECORD = (
    "(CASE WHEN item_id IS NULL THEN 0 ELSE 1 END) + "
    "(CASE WHEN series_id IS NULL THEN 0 ELSE 1 END) + "
    "(CASE WHEN archive_id IS NULL THEN 0 ELSE 1 END) = 1"
)
RENAMED = sa.text("worded_as <> name")
CHANGES = sa.table(
    "changes", sa.column("id"), sa.column("series_id"), sa.column("target"), sa.column("new_key"),
    *(sa.column(name, Json) for name in ("old", "new", "applied", "replaced", "upstream_seen")),
)  # fmt: skip
SERIES = sa.table("series", sa.column("id"), sa.column("shown_otherwise", Json))


def upgrade() -> None:
    """Keep every draft; several ISSNs are a list; publishers and contacts are fields."""
    for table in ("archives", "series"):
        op.add_column(
            table,
            sa.Column(
                "in_all", sa.Boolean, server_default=sa.false(), nullable=False, comment=IN_ALL
            ),
        )
    op.create_index(
        "ix_series_renamed", "series", ["id"], sqlite_where=RENAMED, postgresql_where=RENAMED
    )
    written_anew("user_id, item_id, at, form", of_records)
    changes(listed)
    records(in_full)


def downgrade() -> None:
    """Drafts about series go, for nothing else can hold them; the first ISSN stays."""
    records(in_part)
    changes(first)
    op.execute("DELETE FROM drafts WHERE item_id IS NULL")
    written_anew("user_id, item_id, at, form", of_items)
    op.drop_index("ix_series_renamed", table_name="series")
    for table in ("series", "archives"):
        op.drop_column(table, "in_all")


def written_anew(columns: str, make: Any) -> None:
    """Make the table of drafts again, with what was in it."""
    op.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM drafts")
    op.drop_table("drafts")
    make()
    op.execute(f"INSERT INTO drafts ({columns}) SELECT {columns} FROM kept ORDER BY at")
    op.execute("DROP TABLE kept")


def of_records() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("archive_id", sa.Integer(), nullable=True),
        *held("record"),
        sa.CheckConstraint(ONE_RECORD, name=op.f("ck_drafts_one_record")),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["archives.id"], name=op.f("fk_drafts_archive_id_archives")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_drafts_series_id_series")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("user_id", "item_id", name=op.f("uq_drafts_user_id_item_id")),
        sa.UniqueConstraint("user_id", "series_id", name=op.f("uq_drafts_user_id_series_id")),
        sa.UniqueConstraint("user_id", "archive_id", name=op.f("uq_drafts_user_id_archive_id")),
    )
    indexes("id")


def of_items() -> None:
    op.create_table(
        "drafts",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        *held("item"),
        sa.PrimaryKeyConstraint("user_id", "item_id", name=op.f("pk_drafts")),
    )
    indexes("item_id")


def held(noun: str) -> tuple[Any, ...]:
    return (
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "form", Json, nullable=False, comment=f"typed, reason, evidence, version of the {noun}"
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_drafts_item_id_items")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_drafts_user_id_users"), ondelete="CASCADE"
        ),
    )


def indexes(last: str) -> None:
    op.create_index("ix_drafts_newest", "drafts", ["user_id", "at", last])
    op.create_index("ix_drafts_oldest", "drafts", ["at"])


def changes(edit: Any) -> None:
    """What was asked for about the ISSN of a series, in its other shape."""
    bind = op.get_bind()
    of_issn = CHANGES.c.series_id.is_not(None) & (CHANGES.c.target == "issn")
    for row in bind.execute(sa.select(CHANGES).where(of_issn)).mappings().all():
        values = {name: edit(row[name]) for name in ("old", "new", "applied", "replaced")}
        seen = row["upstream_seen"]
        values["upstream_seen"] = seen and [edit(value) for value in seen]
        values["new_key"] = digest(values["new"])
        bind.execute(sa.update(CHANGES).where(CHANGES.c.id == row["id"]).values(values))


def listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def first(value: Any) -> Any:
    return value[0] if value and isinstance(value, list) else value


def records(edit: Any) -> None:
    bind = op.get_bind()
    otherwise = SERIES.c.shown_otherwise.is_not(None)
    for row in bind.execute(sa.select(SERIES).where(otherwise)).mappings().all():
        values = {"shown_otherwise": edit(dict(row["shown_otherwise"]))}
        bind.execute(sa.update(SERIES).where(SERIES.c.id == row["id"]).values(values))


def in_full(record: dict[str, Any]) -> dict[str, Any]:
    other = dict(record.pop("other", {}))
    if "issn" in record or "issn" in other:
        record["issn"] = [*listed(record.get("issn", [])), *other.pop("issn", [])]
    if "maintainer-name" in other:
        record["contact_names"] = other.pop("maintainer-name")
    if "provider" in other:
        record["publishers"] = [
            {tag: values[0] if len(values) == 1 else values for tag, values in one.items()}
            for one in other.pop("provider")
        ]
    return {**record, **({"other": other} if other else {})}


def in_part(record: dict[str, Any]) -> dict[str, Any]:
    other = dict(record.pop("other", {}))
    issn = record.pop("issn", [])
    if issn:
        record["issn"] = issn[0]
    if issn[1:]:
        other["issn"] = issn[1:]
    if "contact_names" in record:
        other["maintainer-name"] = record.pop("contact_names")
    if "publishers" in record:
        other["provider"] = [
            {tag: listed(value) for tag, value in one.items()} for one in record.pop("publishers")
        ]
    return {**record, **({"other": other} if other else {})}
