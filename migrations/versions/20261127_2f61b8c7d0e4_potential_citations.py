"""What unlinked references may mean is offered to authors; authors of citing items vouch.

Revision ID: 2f61b8c7d0e4
Revises: c7d25b90f1a3
"""

import enum

import sqlalchemy as sa
from alembic import op

from correction_flow.core.database import Json, UtcDateTime, words_of


class VouchAnswer(enum.StrEnum):
    """As it was then."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


revision = "2f61b8c7d0e4"
down_revision = "c7d25b90f1a3"
branch_labels = None
depends_on = None

UNKNOWN = "cited_item_id IS NULL AND cited_key IS NULL AND vanished_at IS NULL"


def upgrade() -> None:
    """Where offers are kept, what was refused, and when a reference was last compared."""
    says = "when the worker last looked which items it may mean"
    op.add_column("item_references", sa.Column("compared_at", UtcDateTime(), comment=says))
    op.create_index(
        "ix_item_references_compared", "item_references", ["compared_at", "id"],
        sqlite_where=sa.text(UNKNOWN), postgresql_where=sa.text(UNKNOWN),
    )  # fmt: skip
    says = "what its source says, where an accepted change says how it reads"
    op.add_column("item_references", sa.Column("source_text", sa.Text, comment=says))
    for name, says in (
        ("added", "by an accepted change that stands"),
        ("removed", "by an accepted change that stands"),
        ("unlisted", "no source lists it now"),
    ):
        column = sa.Column(
            name, sa.Boolean, server_default=sa.false(), nullable=False, comment=says
        )
        op.add_column("item_references", column)
    op.execute("UPDATE item_references SET unlisted = true WHERE vanished_at IS NOT NULL")
    op.create_table(
        "refutations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "text_key", sa.String, nullable=False,
            comment="of the reference, as it identifies one",
        ),
        sa.Column("cited_key", sa.String, nullable=False, comment="handle key of the item"),
        sa.Column(
            "change_id", sa.Integer, nullable=False, comment="of a floor above: a plain number"
        ),
        sa.UniqueConstraint("text_key", "cited_key", "change_id"),
    )  # fmt: skip
    op.create_index("ix_refutations_change", "refutations", ["change_id"])
    op.create_table(
        "named_lists",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("archive_id", sa.Integer, sa.ForeignKey("archives.id"), nullable=False),
        sa.Column("handle_key", sa.String, nullable=False, comment="of the item"),
        sa.Column("named", sa.String, nullable=False, comment="the value of the tag"),
        sa.Column(
            "beside", sa.String, nullable=False, comment="path of the file with the template"
        ),
        sa.Column("path", sa.String, comment="where it was found within the source"),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("mtime", sa.BigInteger, nullable=False, comment="nanoseconds; 0: to be read"),
        sa.UniqueConstraint("archive_id", "handle_key", "named"),
    )
    says = "certain links that an author of the cited item accepts need no decision"
    op.add_column(
        "archives",
        sa.Column(
            "certain_at_once", sa.Boolean, server_default=sa.false(), nullable=False, comment=says
        ),
    )
    op.create_table(
        "potential_citations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reference_id", sa.Integer, sa.ForeignKey("item_references.id"), nullable=False),
        sa.Column("cited_item_id", sa.Integer, sa.ForeignKey("items.id"), nullable=False),
        sa.Column(
            "certain", sa.Boolean, nullable=False, comment="so like it that it is chosen in advance"
        ),
        sa.Column("reasons", Json, nullable=False, comment="what speaks for it, for people"),
        sa.Column("doubts", Json, nullable=False, comment="what speaks against it"),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("reference_id", "cited_item_id"),
    )
    op.create_index("ix_potential_citations_cited", "potential_citations", ["cited_item_id", "id"])
    op.create_table(
        "refused_citations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("citing_item_id", sa.Integer, sa.ForeignKey("items.id"), nullable=False),
        sa.Column("cited_item_id", sa.Integer, sa.ForeignKey("items.id"), nullable=False),
        sa.Column("text", sa.Text, nullable=False, comment="of the reference, as it was refused"),
        sa.Column("text_key", sa.String, nullable=False, comment="digest of the folded text"),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("user_id", "cited_item_id", "citing_item_id", "text_key"),
    )
    op.create_index("ix_refused_citations_latest", "refused_citations", ["user_id", "id"])
    op.create_table(
        "vouches",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("proposal_id", sa.Integer, sa.ForeignKey("proposals.id"), nullable=False),
        sa.Column(
            "user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column(
            "link_key", sa.String, nullable=False, unique=True,
            comment="names it in the mailed link",
        ),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column(
            "until", UtcDateTime(), nullable=False,
            comment="then the link no longer takes an answer",
        ),
        sa.Column("answer", words_of(VouchAnswer)),
        sa.Column("answered_at", UtcDateTime()),
        sa.Column("note", sa.Text),
        sa.UniqueConstraint("proposal_id", "user_id"),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_when"),
    )  # fmt: skip
    op.create_index("ix_vouches_user", "vouches", ["user_id", "answer"])


def downgrade() -> None:
    """Offers are made again; what was refused and vouched for is gone."""
    op.drop_table("vouches")
    op.drop_table("refused_citations")
    op.drop_table("potential_citations")
    op.drop_column("archives", "certain_at_once")
    op.drop_table("named_lists")
    op.drop_table("refutations")
    for name in ("unlisted", "removed", "added", "source_text"):
        op.drop_column("item_references", name)
    op.drop_index("ix_item_references_compared", "item_references")
    op.drop_column("item_references", "compared_at")
