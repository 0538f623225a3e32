"""Claims of sources have a token: so that only the reader who holds one ends it.

Revision ID: b7e04c5d19f2
Revises: 9d2e7b41c6a8
"""

import sqlalchemy as sa
from alembic import op

revision = "b7e04c5d19f2"
down_revision = "9d2e7b41c6a8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; claims of before are free again, for nobody could end them."""
    op.execute("UPDATE sources SET claimed_until = NULL")
    with op.batch_alter_table("sources") as table:
        table.add_column(
            sa.Column("claim", sa.String(), nullable=True, comment="a token its reader alone knows")
        )
        table.create_check_constraint(
            op.f("ck_sources_claim_until"), "(claim IS NULL) = (claimed_until IS NULL)"
        )


def downgrade() -> None:
    """Take it away."""
    with op.batch_alter_table("sources") as table:
        table.drop_constraint(op.f("ck_sources_claim_until"), type_="check")
        table.drop_column("claim")
