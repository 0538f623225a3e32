"""What an unlinked reference may mean, what somebody said it does not, and who was asked to vouch
for a citation correction."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from correction_flow.accounts.models import User
from correction_flow.catalog.models import Item, ItemReference
from correction_flow.core.database import Base, Json, words_of
from correction_flow.proposals.models import Proposal


class PotentialCitation(Base):
    """An unlinked reference that looks like an item; offered to whoever claimed that item."""

    __tablename__ = "potential_citations"
    __table_args__ = (
        UniqueConstraint("reference_id", "cited_item_id"),
        Index("ix_potential_citations_cited", "cited_item_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference_id: Mapped[int] = mapped_column(ForeignKey("item_references.id"))
    cited_item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    certain: Mapped[bool] = mapped_column(comment="so like it that it is chosen in advance")
    reasons: Mapped[list[str]] = mapped_column(Json, comment="what speaks for it, for people")
    doubts: Mapped[list[str]] = mapped_column(Json, comment="what speaks against it")
    found_at: Mapped[datetime]

    reference: Mapped[ItemReference] = relationship()
    cited_item: Mapped[Item] = relationship()


class RefusedCitation(Base):
    """Somebody said: this reference is not to my work. It is not offered to them again.

    Kept by the text and not by the reference: who corrects a letter of it makes a new one.
    """

    __tablename__ = "refused_citations"
    __table_args__ = (
        UniqueConstraint("user_id", "cited_item_id", "citing_item_id", "text_key"),
        Index("ix_refused_citations_latest", "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    citing_item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    cited_item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    text: Mapped[str] = mapped_column(Text, comment="of the reference, as it was refused")
    text_key: Mapped[str] = mapped_column(comment="digest of the folded text")
    at: Mapped[datetime]

    citing_item: Mapped[Item] = relationship(foreign_keys=[citing_item_id])
    cited_item: Mapped[Item] = relationship(foreign_keys=[cited_item_id])


class VouchAnswer(enum.StrEnum):
    """What an author of the citing item says of what is asked for."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class Vouch(Base):
    """An author of the citing item was asked whether it cites so; the answer is evidence."""

    __tablename__ = "vouches"
    __table_args__ = (
        UniqueConstraint("proposal_id", "user_id"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_when"),
        Index("ix_vouches_user", "user_id", "answer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    link_key: Mapped[str] = mapped_column(unique=True, comment="names it in the mailed link")
    asked_at: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(comment="then the link no longer takes an answer")
    answer: Mapped[VouchAnswer | None] = mapped_column(words_of(VouchAnswer))
    answered_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)

    proposal: Mapped[Proposal] = relationship()
    user: Mapped[User] = relationship()
