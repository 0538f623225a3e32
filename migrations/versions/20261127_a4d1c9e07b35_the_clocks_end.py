"""The clock's end: what is escalated and announced, and the words of the two new events.

Revision ID: a4d1c9e07b35
Revises: 7c4e19d0b2a6
"""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "a4d1c9e07b35"
down_revision = "7c4e19d0b2a6"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_proposals_due", "proposals", ["desk_id", "due_at", "id"], "status = 'submitted'"),
    (
        "ix_proposals_escalated", "proposals", ["escalated_at", "id"],
        "status = 'submitted' AND escalated_at IS NOT NULL",
    ),
)  # fmt: skip
NEW = ("announce", "object")
WORDS = (
    "submit", "confirm", "edit", "support", "ask", "answer", "comment", "decide", "reject",
    "undo", "withdraw", "appeal", "send_again", "revert", "take", "release", "assign", "escalate",
    *NEW, "expire", "supersede", "adopted", "contested", "came_back",
)  # fmt: skip
"""What an event can tell, in the order of the models."""


def upgrade() -> None:
    """What was escalated before lies in the curators' queue from now on."""
    op.add_column(
        "proposals",
        sa.Column(
            "escalated_at", sa.DateTime(timezone=True),
            comment="since when it lies in the curators' queue too, while it waits for a decision",
        ),
    )  # fmt: skip
    op.add_column(
        "proposals",
        sa.Column(
            "announced_at", sa.DateTime(timezone=True),
            comment="when a curator announced to decide it in the maintainer's place",
        ),
    )  # fmt: skip
    op.execute(
        "UPDATE proposals SET escalated_at = (SELECT min(e.at) FROM events e "
        "WHERE e.proposal_id = proposals.id AND e.what = 'escalate' AND e.note IS NULL "
        "AND e.at >= proposals.waiting_since) WHERE status = 'submitted'"
    )
    for name, table, columns, where in INDEXES:
        op.create_index(
            name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    _allow(WORDS)


def downgrade() -> None:
    """Events of the two new sorts become comments, with what was written in them."""
    _allow([word for word in WORDS if word not in NEW])
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table_name=table)
    op.drop_column("proposals", "announced_at")
    op.drop_column("proposals", "escalated_at")


def _allow(words: Sequence[str]) -> None:
    """Which words `events.what` may have; a new one that may not becomes a comment."""
    bind = op.get_bind()
    rule = f"what IN ({', '.join(map(repr, words))})"
    gone = ", ".join(repr(word) for word in NEW if word not in words)
    kept = f"CASE WHEN what IN ({gone}) THEN 'comment' ELSE what END" if gone else "what"
    if bind.dialect.name == "postgresql":
        op.execute("ALTER TABLE events DROP CONSTRAINT ck_events_what")
        if gone:
            op.execute("ALTER TABLE events DISABLE TRIGGER events_unchanged")
            op.execute(f"UPDATE events SET what = 'comment' WHERE what IN ({gone})")
            op.execute("ALTER TABLE events ENABLE TRIGGER events_unchanged")
        op.execute(f"ALTER TABLE events ADD CONSTRAINT ck_events_what CHECK ({rule})")
        return
    _made_anew(rule, kept)


def _made_anew(rule: str, kept: str) -> None:
    """SQLite changes a CHECK by making the table anew, with its indexes and triggers."""
    bind = op.get_bind()
    query = "SELECT type, sql FROM sqlite_master WHERE tbl_name = 'events' AND sql IS NOT NULL"
    made = [tuple(row) for row in bind.exec_driver_sql(query)]
    table = next(sql for kind, sql in made if kind == "table")
    table = re.sub(r'^CREATE TABLE "?events"?', "CREATE TABLE events_anew", table)
    table, n = re.subn(r"what IN \([^)]*\)", rule, table)
    assert n == 1, table
    columns = [row[1] for row in bind.exec_driver_sql("PRAGMA table_info(events)")]
    values = ", ".join(kept if name == "what" else name for name in columns)
    for statement in (
        table,
        f"INSERT INTO events_anew ({', '.join(columns)}) SELECT {values} FROM events",
        "DROP TABLE events",
        "ALTER TABLE events_anew RENAME TO events",
        *(sql for kind, sql in made if kind != "table"),
    ):
        bind.exec_driver_sql(statement)
