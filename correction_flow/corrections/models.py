"""Drafts of correction requests: what somebody typed and has not sent yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from correction_flow.catalog.models import Item
from correction_flow.core.database import Base, Json


class Draft(Base):
    """One form of one user about one item, as it was left; nobody else sees it.

    The rows go with the account, when the request is sent, and after 90 days.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        Index("ix_drafts_newest", "user_id", "at", "item_id"),
        Index("ix_drafts_oldest", "at"),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    at: Mapped[datetime]
    form: Mapped[Any] = mapped_column(Json, comment="typed, reason, evidence, version of the item")

    item: Mapped[Item] = relationship()
