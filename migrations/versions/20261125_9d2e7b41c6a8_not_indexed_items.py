"""Items that RePEc would not index, by series: so that their number is cheap to tell.

Revision ID: 9d2e7b41c6a8
Revises: c41f7a90b6de
"""

import sqlalchemy as sa
from alembic import op

revision = "9d2e7b41c6a8"
down_revision = "c41f7a90b6de"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_items_not_indexed",
        "items",
        ["series_id"],
        sqlite_where=sa.text("NOT indexed_by_repec"),
        postgresql_where=sa.text("NOT indexed_by_repec"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_items_not_indexed", table_name="items")
