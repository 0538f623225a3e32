"""Drafts of correction requests: what somebody typed and has not sent yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from correction_flow.catalog.models import Archive, Item, Record, Series
from correction_flow.core.database import Base, Json
from correction_flow.proposals.models import ONE_RECORD


class Draft(Base):
    """One form of one user about one record, as it was left; nobody else sees it.

    The rows go with the account, when the request is sent, and after 90 days.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        CheckConstraint(ONE_RECORD, name="one_record"),
        UniqueConstraint("user_id", "item_id"),
        UniqueConstraint("user_id", "series_id"),
        UniqueConstraint("user_id", "archive_id"),
        Index("ix_drafts_newest", "user_id", "at", "id"),
        Index("ix_drafts_oldest", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    archive_id: Mapped[int | None] = mapped_column(ForeignKey("archives.id"))
    at: Mapped[datetime]
    form: Mapped[Any] = mapped_column(
        Json, comment="typed, reason, evidence, version of the record"
    )

    item: Mapped[Item | None] = relationship()
    series: Mapped[Series | None] = relationship()
    archive: Mapped[Archive | None] = relationship()

    @property
    def record(self) -> Record:
        """What it is about."""
        record = self.item or self.series or self.archive
        assert record is not None
        return record
