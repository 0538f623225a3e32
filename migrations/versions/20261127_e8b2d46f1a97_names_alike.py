"""Printed names are found by their first letter and last word, and by their address.

Whoever may be meant by `J. Torfing`, and what fuller names there are besides, is a short range of
an index; so is what an address stands on.

Revision ID: e8b2d46f1a97
Revises: d3f6a81c90e4
"""

import sqlalchemy as sa
from alembic import op

revision = "e8b2d46f1a97"
down_revision = "d3f6a81c90e4"
branch_labels = None
depends_on = None

INITIAL = (
    "(substr(name_key, 1, 1) || ' ' || "
    "substr(name_key, length(rtrim(name_key, replace(name_key, ' ', ''))) + 1, 60))"
)
PRINTED = sa.text("email_key IS NOT NULL")


def upgrade() -> None:
    op.execute("UPDATE item_authors SET email_key = NULL WHERE length(email_key) > 254")
    op.create_index("ix_item_authors_initial", "item_authors", [sa.text(INITIAL), "name_key"])
    op.create_index(
        "ix_item_authors_email", "item_authors", ["email_key", "id"],
        sqlite_where=PRINTED, postgresql_where=PRINTED,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_item_authors_email", "item_authors")
    op.drop_index("ix_item_authors_initial", "item_authors")
