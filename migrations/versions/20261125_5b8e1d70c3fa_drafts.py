"""Drafts: what somebody typed into a correction form and has not sent yet.

Revision ID: 5b8e1d70c3fa
Revises: 5b8e03d7a914
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "5b8e1d70c3fa"
down_revision = "5b8e03d7a914"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "drafts",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "form",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
            comment="typed, reason, evidence, version of the item",
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_drafts_item_id_items")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_drafts_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "item_id", name=op.f("pk_drafts")),
    )
    op.create_index("ix_drafts_newest", "drafts", ["user_id", "at", "item_id"])


def downgrade() -> None:
    """Drop it, and every draft with it."""
    op.drop_index("ix_drafts_newest", table_name="drafts")
    op.drop_table("drafts")
