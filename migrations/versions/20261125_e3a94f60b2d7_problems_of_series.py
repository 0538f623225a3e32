"""Problems know the series their template belongs to: so that each series can show its own.

Revision ID: e3a94f60b2d7
Revises: b7e04c5d19f2
"""

import sqlalchemy as sa
from alembic import op

revision = "e3a94f60b2d7"
down_revision = "b7e04c5d19f2"
branch_labels = None
depends_on = None

FILL = """
UPDATE import_problems SET series_key = (
    SELECT coalesce(of_item.handle_key, itself.handle_key)
    FROM source_files
    JOIN templates ON templates.source_file_id = source_files.id
    LEFT JOIN items ON items.handle_key = templates.handle_key
    LEFT JOIN series AS of_item ON of_item.id = items.series_id
    LEFT JOIN series AS itself ON itself.handle_key = templates.handle_key
    WHERE source_files.archive_id = import_problems.archive_id
    AND source_files.path = import_problems.path
    AND templates.first_line = import_problems.template_line
    LIMIT 1
) WHERE template_line IS NOT NULL
"""


def upgrade() -> None:
    """Add the column, and fill it as far as the catalogue knows; what is read again knows it all."""
    with op.batch_alter_table("import_problems") as table:
        table.add_column(
            sa.Column(
                "series_key",
                sa.String(),
                nullable=True,
                comment="handle key of the series the template says it belongs to",
            )
        )
    op.execute(FILL)
    op.create_index(
        "ix_import_problems_series",
        "import_problems",
        ["archive_id", "series_key", "severity", "id"],
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_import_problems_series", table_name="import_problems")
    with op.batch_alter_table("import_problems") as table:
        table.drop_column("series_key")
