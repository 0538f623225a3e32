"""One word for the block an item lies in: larger blocks took the index as long as all items.

Revision ID: 7c0d4be19a52
Revises: f2c86d10a5b4
"""

from alembic import op

revision = "7c0d4be19a52"
down_revision = "f2c86d10a5b4"
branch_labels = None
depends_on = None

ONE = "('_12_'::text || (item_id >> 12))"
THREE = (
    "ARRAY[('_12_'::text || (item_id >> 12)), ('_16_'::text || (item_id >> 16)), "
    "('_20_'::text || (item_id >> 20))]"
)


def upgrade() -> None:
    _index(ONE)


def downgrade() -> None:
    _index(THREE)


def _index(blocks: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE item_words DROP COLUMN tsv")
    op.execute(
        "ALTER TABLE item_words ADD COLUMN tsv tsvector GENERATED ALWAYS AS ("
        f"array_to_tsvector(string_to_array(words, ' '::text) || {blocks})) STORED"
    )
    op.execute("CREATE INDEX ix_item_words_tsv ON item_words USING gin (tsv)")
