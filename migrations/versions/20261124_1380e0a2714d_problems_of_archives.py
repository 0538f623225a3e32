"""Problems know their archive and template, so that its maintainer finds them.

Revision ID: 1380e0a2714d
Revises: 6e2cde53286b
"""

import sqlalchemy as sa
from alembic import op

revision = "1380e0a2714d"
down_revision = "6e2cde53286b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; problems stored before belong to no archive until the next import."""
    with op.batch_alter_table("import_problems") as table:
        table.add_column(
            sa.Column(
                "archive_id",
                sa.Integer(),
                nullable=True,
                comment="whose maintainer has to mend it, where that is known",
            )
        )
        table.add_column(
            sa.Column("column_number", sa.Integer(), server_default="1", nullable=False)
        )
        table.add_column(
            sa.Column(
                "template_line",
                sa.Integer(),
                nullable=True,
                comment="first line of the template; null where it concerns the file",
            )
        )
        table.add_column(sa.Column("advice", sa.Text(), server_default="", nullable=False))
        table.create_foreign_key(
            op.f("fk_import_problems_archive_id_archives"), "archives", ["archive_id"], ["id"]
        )
        table.create_index("ix_import_problems_archive", ["archive_id", "severity", "id"])
        table.create_index("ix_import_problems_template", ["archive_id", "path", "template_line"])


def downgrade() -> None:
    """Take the columns away."""
    with op.batch_alter_table("import_problems") as table:
        table.drop_index("ix_import_problems_template")
        table.drop_index("ix_import_problems_archive")
        table.drop_constraint(op.f("fk_import_problems_archive_id_archives"), type_="foreignkey")
        table.drop_column("advice")
        table.drop_column("template_line")
        table.drop_column("column_number")
        table.drop_column("archive_id")
