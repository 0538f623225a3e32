"""Saved items: what each user keeps in their own bibliography.

Revision ID: c41f7a90b6de
Revises: 3c1f0a9d5e77
"""

import sqlalchemy as sa
from alembic import op

revision = "c41f7a90b6de"
down_revision = "3c1f0a9d5e77"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "saved_items",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="the user's own, plain text"),
        sa.CheckConstraint("length(note) <= 500", name=op.f("ck_saved_items_note_length")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_saved_items_item_id_items")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_saved_items_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "item_id", name=op.f("pk_saved_items")),
    )
    op.create_index("ix_saved_items_newest", "saved_items", ["user_id", "at", "item_id"])


def downgrade() -> None:
    """Drop it, and what everybody saved with it."""
    op.drop_index("ix_saved_items_newest", table_name="saved_items")
    op.drop_table("saved_items")
