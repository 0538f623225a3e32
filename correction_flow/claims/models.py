"""What somebody said is not theirs, of the names that were suggested to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from correction_flow.catalog.models import ItemAuthor
from correction_flow.core.database import Base


class RefusedSuggestion(Base):
    """Somebody said: this printed name is not me. It is not suggested to them again."""

    __tablename__ = "refused_suggestions"
    __table_args__ = (Index("ix_refused_suggestions_latest", "user_id", "at", "item_author_id"),)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    item_author_id: Mapped[int] = mapped_column(ForeignKey("item_authors.id"), primary_key=True)
    at: Mapped[datetime]

    item_author: Mapped[ItemAuthor] = relationship()
