"""Further forms of an author's name, and the printed names that somebody said are not theirs.

Revision ID: f4a7c20e9b85
Revises: e8b2d46f1a97
"""

import sqlalchemy as sa
from alembic import op

from correction_flow.core.database import UtcDateTime

revision = "f4a7c20e9b85"
down_revision = "e8b2d46f1a97"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "name_variations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "profile_id", sa.Integer, sa.ForeignKey("author_profiles.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("name", sa.String, nullable=False),
        sa.UniqueConstraint("profile_id", "name"),
    )  # fmt: skip
    op.create_table(
        "refused_suggestions",
        sa.Column(
            "user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("item_author_id", sa.Integer, sa.ForeignKey("item_authors.id"), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index(
        "ix_refused_suggestions_latest", "refused_suggestions", ["user_id", "at", "item_author_id"]
    )


def downgrade() -> None:
    """Without them."""
    op.drop_table("refused_suggestions")
    op.drop_table("name_variations")
