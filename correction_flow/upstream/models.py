"""Import runs and the problems they found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from correction_flow.core.database import Base, Json, words_of
from correction_flow.redif.problems import Severity


class ImportRun(Base):
    """One reading of an archive."""

    __tablename__ = "import_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    archive_id: Mapped[int | None] = mapped_column(ForeignKey("archives.id"), index=True)
    path: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(comment="null: it was interrupted")
    summary: Mapped[dict[str, Any] | None] = mapped_column(Json)


class ImportProblem(Base):
    """Something wrong in a file, as the last run over it saw it."""

    __tablename__ = "import_problems"
    __table_args__ = (
        Index("ix_import_problems_run", "run_id", "id"),
        Index("ix_import_problems_archive", "archive_id", "severity", "id"),
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
    severity: Mapped[Severity] = mapped_column(words_of(Severity))
    code: Mapped[str]
    message: Mapped[str] = mapped_column(Text)
    advice: Mapped[str] = mapped_column(Text, default="", server_default="")
