"""What somebody did, and which mails went to them: found when they take it along or erase it.

Revision ID: c3d81f5e0a46
Revises: 2f61b8c7d0e4
"""

import sqlalchemy as sa
from alembic import op

revision = "c3d81f5e0a46"
down_revision = "2f61b8c7d0e4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two indexes."""
    where = sa.text("actor_id IS NOT NULL")
    op.create_index(
        "ix_events_actor", "events", ["actor_id", "id"],
        sqlite_where=where, postgresql_where=where,
    )  # fmt: skip
    op.create_index("ix_outgoing_mails_to_key", "outgoing_mails", ["to_key"])


def downgrade() -> None:
    """Without them."""
    op.drop_index("ix_outgoing_mails_to_key", table_name="outgoing_mails")
    op.drop_index("ix_events_actor", table_name="events")
