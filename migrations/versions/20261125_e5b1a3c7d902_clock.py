"""When the clock acts next on an open proposal; what follows one, and what was sent with it.

Revision ID: e5b1a3c7d902
Revises: e3a94f60b2d7
"""

import sqlalchemy as sa
from alembic import op

revision = "e5b1a3c7d902"
down_revision = "e3a94f60b2d7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Open proposals have their next moment on the day they are due."""
    op.add_column(
        "proposals",
        sa.Column(
            "clock_at", sa.DateTime(timezone=True),
            comment="when the clock acts next: a reminder, an escalation, an end",
        ),
    )  # fmt: skip
    op.execute("UPDATE proposals SET clock_at = due_at WHERE closed_at IS NULL")
    for name, columns, where in INDEXES:
        op.create_index(
            name, "proposals", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )


def downgrade() -> None:
    """Drop it all."""
    for name, _, _ in INDEXES:
        op.drop_index(name, table_name="proposals")
    op.drop_column("proposals", "clock_at")


INDEXES = (
    ("ix_proposals_clock", ["clock_at", "id"], "clock_at IS NOT NULL"),
    ("ix_proposals_batch", ["batch"], "batch IS NOT NULL"),
    ("ix_proposals_follows", ["follows_id"], "follows_id IS NOT NULL"),
)
