"""What a person sent, by status and kind: so that each part of "My requests" is a short range.

Revision ID: f2c86d10a5b4
Revises: 5b8e1d70c3fa
"""

from alembic import op

revision = "f2c86d10a5b4"
down_revision = "5b8e1d70c3fa"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Status and kind stand before the id."""
    op.drop_index("ix_proposals_proposer", table_name="proposals")
    op.create_index("ix_proposals_proposer", "proposals", ["proposer_id", "status", "kind", "id"])


def downgrade() -> None:
    """Only the id does."""
    op.drop_index("ix_proposals_proposer", table_name="proposals")
    op.create_index("ix_proposals_proposer", "proposals", ["proposer_id", "id"])
