"""What a person supports, in the order of a list; and the oldest drafts, for they go.

Revision ID: b8e5f20d6c41
Revises: a4d1c9e07b35
"""

from alembic import op

revision = "b8e5f20d6c41"
down_revision = "a4d1c9e07b35"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index ends with what it is read in the order of."""
    op.drop_index("ix_supporters_user_id", table_name="supporters")
    op.create_index("ix_supporters_user", "supporters", ["user_id", "change_id"])
    op.create_index("ix_drafts_oldest", "drafts", ["at"])


def downgrade() -> None:
    """As before."""
    op.drop_index("ix_drafts_oldest", table_name="drafts")
    op.drop_index("ix_supporters_user", table_name="supporters")
    op.create_index("ix_supporters_user_id", "supporters", ["user_id"])
