"""Visitors: the key in the links mailed to them, and the ways to find their requests.

Revision ID: 5b8e03d7a914
Revises: e5b1a3c7d902
"""

import sqlalchemy as sa
from alembic import op

revision = "5b8e03d7a914"
down_revision = "e5b1a3c7d902"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_proposals_visitor", ["visitor_address"], "visitor_address IS NOT NULL", False),
    ("ix_proposals_unconfirmed", ["created_at"], "status = 'unconfirmed'", False),
    ("uq_proposals_link_key", ["link_key"], "link_key IS NOT NULL", True),
)


def upgrade() -> None:
    """Add the column, and an index for each question asked of it."""
    op.add_column(
        "proposals",
        sa.Column(
            "link_key",
            sa.String(),
            nullable=True,
            comment="names a visitor's request in the links mailed to them",
        ),
    )
    for name, columns, where, unique in INDEXES:
        op.create_index(
            name,
            "proposals",
            columns,
            unique=unique,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def downgrade() -> None:
    """Drop them."""
    for name, _, _, _ in reversed(INDEXES):
        op.drop_index(name, table_name="proposals")
    op.drop_column("proposals", "link_key")
