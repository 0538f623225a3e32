"""Where archives are read from, import runs, and the problems they found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from correction_flow.core.database import Base, Json, words_of
from correction_flow.redif.problems import Severity


class Source(Base):
    """Where an archive's files are, and how often the worker reads them."""

    __tablename__ = "sources"
    __table_args__ = (
        CheckConstraint("every_hours > 0", name="rhythm"),
        CheckConstraint("(claim IS NULL) = (claimed_until IS NULL)", name="claim_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(
        unique=True, comment="of the archive, like gam; “all” is a copy of RePEc:all"
    )
    location: Mapped[str] = mapped_column(comment="a directory of this machine, or a URL")
    every_hours: Mapped[int] = mapped_column(default=24, server_default="24")
    next_at: Mapped[datetime] = mapped_column(index=True)
    claimed_until: Mapped[datetime | None] = mapped_column(comment="a worker reads it just now")
    claim: Mapped[str | None] = mapped_column(comment="a token its reader alone knows")
    last_error: Mapped[str | None] = mapped_column(Text, comment="why the last reading failed")


class NamedList(Base):
    """A text file with an item's references, as `X-File-Ref` in its template names it."""

    __tablename__ = "named_lists"
    __table_args__ = (UniqueConstraint("archive_id", "handle_key", "named"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    archive_id: Mapped[int] = mapped_column(ForeignKey("archives.id"))
    handle_key: Mapped[str] = mapped_column(comment="of the item")
    named: Mapped[str] = mapped_column(comment="the value of the tag")
    beside: Mapped[str] = mapped_column(comment="path of the file with the template")
    path: Mapped[str | None] = mapped_column(comment="where it was found within the source")
    size: Mapped[int] = mapped_column(default=0)
    mtime: Mapped[int] = mapped_column(BigInteger, default=0, comment="nanoseconds; 0: to be read")


class ImportRun(Base):
    """One reading of an archive."""

    __tablename__ = "import_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    archive_id: Mapped[int | None] = mapped_column(ForeignKey("archives.id"), index=True)
    path: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(comment="null: it was interrupted")
    beat_at: Mapped[datetime | None] = mapped_column(comment="when it last stored something")
    process: Mapped[str | None] = mapped_column(comment="who runs it: host and process id")
    summary: Mapped[dict[str, Any] | None] = mapped_column(Json)


class ImportProblem(Base):
    """Something wrong in a file, as the last run over it saw it."""

    __tablename__ = "import_problems"
    __table_args__ = (
        Index("ix_import_problems_run", "run_id", "id"),
        Index("ix_import_problems_archive", "archive_id", "severity", "id"),
        Index("ix_import_problems_series", "archive_id", "series_key", "severity", "id"),
        Index("ix_import_problems_template", "archive_id", "path", "template_line"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_runs.id", ondelete="CASCADE"))
    archive_id: Mapped[int | None] = mapped_column(
        ForeignKey("archives.id"), comment="whose maintainer has to mend it, where that is known"
    )
    path: Mapped[str]
    line: Mapped[int]
    column_number: Mapped[int] = mapped_column(default=1, server_default="1")
    template_line: Mapped[int | None] = mapped_column(
        comment="first line of the template; null where it concerns the file"
    )
    series_key: Mapped[str | None] = mapped_column(
        comment="handle key of the series the template says it belongs to"
    )
    severity: Mapped[Severity] = mapped_column(words_of(Severity))
    code: Mapped[str]
    message: Mapped[str] = mapped_column(Text)
    advice: Mapped[str] = mapped_column(Text, default="", server_default="")
