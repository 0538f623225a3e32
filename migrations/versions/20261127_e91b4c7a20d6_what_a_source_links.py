"""What the source of a reference links is kept beneath an accepted change.

Revision ID: e91b4c7a20d6
Revises: f4a7c20e9b85
"""

import sqlalchemy as sa
from alembic import op

revision = "e91b4c7a20d6"
down_revision = "f4a7c20e9b85"
branch_labels = None
depends_on = None

COMMENT = "handle key its source gives, where an accepted change linked or unlinked it"


def upgrade() -> None:
    """A column beside the text of the source."""
    op.add_column("item_references", sa.Column("source_cited_key", sa.String, comment=COMMENT))
    given = sa.text("source_cited_key IS NOT NULL")
    op.create_index(
        "ix_item_references_overruled", "item_references", ["source_cited_key", "text_key"],
        sqlite_where=given, postgresql_where=given,
    )  # fmt: skip


def downgrade() -> None:
    """Without it."""
    op.drop_index("ix_item_references_overruled", "item_references")
    op.drop_column("item_references", "source_cited_key")
