"""One row of the queue for what was sent together: the longest waiting is found by an index.

Revision ID: 7c4e19d0b2a6
Revises: a41d7c02be95
"""

import sqlalchemy as sa
from alembic import op

revision = "7c4e19d0b2a6"
down_revision = "a41d7c02be95"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What of a batch waits at a desk, the longest waiting first."""
    where = sa.text("batch IS NOT NULL AND status = 'submitted'")
    op.create_index(
        "ix_proposals_waiting_together", "proposals", ["batch", "desk_id", "waiting_since", "id"],
        sqlite_where=where, postgresql_where=where,
    )  # fmt: skip


def downgrade() -> None:
    """Nobody asks."""
    op.drop_index("ix_proposals_waiting_together", table_name="proposals")
