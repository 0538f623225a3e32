"""What an import did to accepted changes, until those concerned were told.

Revision ID: a41d7c02be95
Revises: 7c0d4be19a52
"""

import sqlalchemy as sa
from alembic import op

revision = "a41d7c02be95"
down_revision = "7c0d4be19a52"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "untold_events",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column(
            "import_run_id",
            sa.Integer(),
            nullable=False,
            comment="of a floor above: a plain number",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_untold_events_event_id_events")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_untold_events")),
    )
    op.create_index("ix_untold_events_import_run_id", "untold_events", ["import_run_id"])


def downgrade() -> None:
    """Drop it: what was not told is told by nobody."""
    op.drop_index("ix_untold_events_import_run_id", table_name="untold_events")
    op.drop_table("untold_events")
