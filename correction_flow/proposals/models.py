"""Proposals, their changes, supporters and events.

One set of tables for the three kinds; they differ by `Proposal.kind` and `Change.target`
(`title`, `reference:<id>`, `authorship:<item author id>`). Nonsense is impossible in the database
too: CHECKs tie status, decider and dates; partial unique indexes forbid two undecided changes that
want the same, and two carried changes on one target; events are append-only by trigger.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    DDL,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from correction_flow.accounts.models import User
from correction_flow.catalog.models import Archive, Desk, Item, Place, Record, Series
from correction_flow.core.clock import utcnow
from correction_flow.core.database import Base, Json, words_of
from correction_flow.proposals.lifecycle import (
    Actor,
    Audience,
    Kind,
    Outcome,
    ReasonCode,
    Standing,
    Status,
    What,
)


class Because(enum.StrEnum):
    """Why a standing became what it is."""

    DECIDED = "decided"
    PUBLISHER = "publisher"
    REPLACED = "replaced"
    REVERTED = "reverted"
    GONE = "gone"


@dataclass(frozen=True)
class Visitor:
    """Somebody without an account, known by an e-mail address in lower-case ASCII."""

    address: str


Person = User | Visitor
"""Whoever can act on a proposal."""


def about(record: Record) -> dict[str, int]:
    """The column that says which record a proposal, change or event is about, and its value."""
    return {f"{record.noun}_id": record.id}


def concerns(model: Any, record: Record) -> ColumnElement[bool]:
    """Whether a row of proposals, changes or events is about the record."""
    ((column, value),) = about(record).items()
    return cast("ColumnElement[bool]", getattr(model, column) == value)


ONE_RECORD = (
    " + ".join(
        f"(CASE WHEN {noun}_id IS NULL THEN 0 ELSE 1 END)" for noun in ("item", "series", "archive")
    )
    + " = 1"
)
"""A row of theirs is about exactly one record."""


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class NumberSequence(Base):
    """The last public number given; its row is locked while a proposal is made."""

    __tablename__ = "number_sequences"

    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class Proposal(Base):
    """Somebody asks for changes of one record; decided change by change, in one act."""

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint(ONE_RECORD, name="one_record"),
        CheckConstraint(
            "(status IN ('approved', 'rejected', 'reverted')) = (decided_at IS NOT NULL)",
            name="decided_when",
        ),
        CheckConstraint("(decided_at IS NULL) = (decided_as IS NULL)", name="decided_by"),
        CheckConstraint(
            "(status IN ('unconfirmed', 'submitted', 'needs_information')) = (closed_at IS NULL)",
            name="closed_when",
        ),
        CheckConstraint(
            "status <> 'submitted' OR waiting_since IS NOT NULL", name="waiting_since"
        ),
        CheckConstraint(
            "proposer_id IS NOT NULL OR visitor_address IS NOT NULL OR erased", name="somebody"
        ),
        UniqueConstraint("proposer_id", "send_key"),
        Index(
            "ix_proposals_waiting", "desk_id", "waiting_since", "id",
            **_where("status = 'submitted'"),
        ),
        Index(
            "ix_proposals_due", "desk_id", "due_at", "id", **_where("status = 'submitted'")
        ),
        Index(
            "ix_proposals_escalated", "escalated_at", "id",
            **_where("status = 'submitted' AND escalated_at IS NOT NULL"),
        ),
        Index(
            "ix_proposals_asked", "desk_id", "waiting_since", "id",
            **_where("status = 'needs_information'"),
        ),
        Index(
            "ix_proposals_done", "desk_id", "closed_at", "id", **_where("closed_at IS NOT NULL")
        ),
        Index("ix_proposals_clock", "clock_at", "id", **_where("clock_at IS NOT NULL")),
        Index("ix_proposals_follows", "follows_id", **_where("follows_id IS NOT NULL")),
        Index("ix_proposals_batch", "batch", **_where("batch IS NOT NULL")),
        Index(
            "ix_proposals_waiting_together", "batch", "desk_id", "waiting_since", "id",
            **_where("batch IS NOT NULL AND status = 'submitted'"),
        ),
        Index("ix_proposals_proposer", "proposer_id", "status", "kind", "id"),
        Index("ix_proposals_visitor", "visitor_address", **_where("visitor_address IS NOT NULL")),
        Index("ix_proposals_unconfirmed", "created_at", **_where("status = 'unconfirmed'")),
        Index("uq_proposals_link_key", "link_key", unique=True, **_where("link_key IS NOT NULL")),
        Index("ix_proposals_item", "item_id", "id"),
        Index("ix_proposals_series", "series_id", "id", **_where("series_id IS NOT NULL")),
        Index("ix_proposals_archive", "archive_id", "id", **_where("archive_id IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True, comment="public, like R-000123")
    kind: Mapped[Kind] = mapped_column(words_of(Kind))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), nullable=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    archive_id: Mapped[int | None] = mapped_column(ForeignKey("archives.id"))
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), comment="who decides now")
    status: Mapped[Status] = mapped_column(words_of(Status))
    proposer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    visitor_address: Mapped[str | None]
    erased: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text)
    evidence_url: Mapped[str | None]
    subject: Mapped[str] = mapped_column(comment="of its mails; fixed at submission")
    version: Mapped[int] = mapped_column(
        default=1, comment="raised when changes, outcomes or the status change"
    )
    revision: Mapped[int] = mapped_column(default=1, comment="raised by edits of the proposer")
    created_at: Mapped[datetime]
    waiting_since: Mapped[datetime | None] = mapped_column(
        comment="since when it waits for whoever it waits for"
    )
    due_at: Mapped[datetime | None]
    clock_at: Mapped[datetime | None] = mapped_column(
        comment="when the clock acts next: a reminder, an escalation, an end"
    )
    escalated_at: Mapped[datetime | None] = mapped_column(
        comment="since when it lies in the curators' queue too, while it waits for a decision"
    )
    announced_at: Mapped[datetime | None] = mapped_column(
        comment="when a curator announced to decide it in the maintainer's place"
    )
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_as: Mapped[Actor | None] = mapped_column(words_of(Actor))
    closed_at: Mapped[datetime | None]
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id"))
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id"))
    batch: Mapped[str | None] = mapped_column(comment="sent together, mailed once")
    send_key: Mapped[str | None] = mapped_column(
        comment="digest of what was sent: the same act twice is led to its result"
    )
    link_key: Mapped[str | None] = mapped_column(
        comment="names a visitor's request in the links mailed to them"
    )

    @property
    def record(self) -> Record:
        """What it is about."""
        return self.series or self.archive or self.item

    @property
    def place(self) -> Place:
        """The archive or series that it is about, or whose item it is about."""
        return self.record.place

    @property
    def overdue(self) -> bool:
        """Whether it waits for a decision past its day."""
        late = self.due_at is not None and self.due_at < utcnow()
        return late and self.status is Status.SUBMITTED

    @property
    def appeals_against(self) -> Proposal | None:
        """The decided proposal this is an appeal against, if it is one.

        What passed to a supporter follows a proposal that was still open then: no appeal, also
        when that one is decided later.
        """
        before = self.follows
        if before is None or before.decided_at is None or self.created_at < before.decided_at:
            return None
        return before

    item: Mapped[Item] = relationship()
    """Always there but in a correction request about a place; `record` is there in each."""
    series: Mapped[Series | None] = relationship()
    archive: Mapped[Archive | None] = relationship()
    desk: Mapped[Desk] = relationship()
    proposer: Mapped[User | None] = relationship(foreign_keys=[proposer_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
    follows: Mapped[Proposal | None] = relationship(
        foreign_keys=[follows_id], remote_side="Proposal.id"
    )
    changes: Mapped[list[Change]] = relationship(
        back_populates="proposal", order_by="Change.id", lazy="selectin"
    )

    @property
    def undecided(self) -> list[Change]:
        """Its changes that wait for a decision; an edit may have dropped others."""
        return [change for change in self.changes if change.outcome is None]


class Change(Base):
    """One thing a proposal wants: a target, its old value and the new one."""

    __tablename__ = "changes"
    __table_args__ = (
        CheckConstraint(ONE_RECORD, name="one_record"),
        CheckConstraint(
            "(outcome IN ('accepted', 'amended')) = (standing IS NOT NULL) OR outcome IS NULL",
            name="standing_when",
        ),
        CheckConstraint(
            "outcome IS NULL OR outcome <> 'declined' OR reason IS NOT NULL", name="reason_when"
        ),
        CheckConstraint("outcome IS NOT NULL OR standing IS NULL", name="undecided"),
        Index(
            "uq_changes_undecided", "item_id", "target", "new_key", unique=True,
            **_where("outcome IS NULL"),
        ),
        Index(
            "uq_changes_carried", "item_id", "target", unique=True,
            **_where("standing = 'carried'"),
        ),
        Index(
            "uq_changes_undecided_series", "series_id", "target", "new_key", unique=True,
            **_where("outcome IS NULL AND series_id IS NOT NULL"),
        ),
        Index(
            "uq_changes_carried_series", "series_id", "target", unique=True,
            **_where("standing = 'carried' AND series_id IS NOT NULL"),
        ),
        Index("ix_changes_series", "series_id", **_where("series_id IS NOT NULL")),
        Index(
            "uq_changes_undecided_archive", "archive_id", "target", "new_key", unique=True,
            **_where("outcome IS NULL AND archive_id IS NOT NULL"),
        ),
        Index(
            "uq_changes_carried_archive", "archive_id", "target", unique=True,
            **_where("standing = 'carried' AND archive_id IS NOT NULL"),
        ),
        Index("ix_changes_archive", "archive_id", **_where("archive_id IS NOT NULL")),
        Index("ix_changes_standing", "item_id", "standing", **_where("standing IS NOT NULL")),
        Index("ix_changes_proposal", "proposal_id", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), nullable=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    archive_id: Mapped[int | None] = mapped_column(ForeignKey("archives.id"))
    target: Mapped[str]
    old: Mapped[Any | None] = mapped_column(Json, comment="what was shown at submission")
    new: Mapped[Any | None] = mapped_column(Json)
    new_key: Mapped[str] = mapped_column(comment="digest of new")
    low_risk: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[Outcome | None] = mapped_column(words_of(Outcome))
    applied: Mapped[Any | None] = mapped_column(Json, comment="what took effect: new or amended")
    replaced: Mapped[Any | None] = mapped_column(Json, comment="what was shown just before")
    reason_code: Mapped[ReasonCode | None] = mapped_column(words_of(ReasonCode))
    reason: Mapped[str | None] = mapped_column(Text)
    standing: Mapped[Standing | None] = mapped_column(words_of(Standing))
    because: Mapped[Because | None] = mapped_column(words_of(Because))
    since: Mapped[datetime | None] = mapped_column(comment="since when it stands so")
    upstream_seen: Mapped[Any | None] = mapped_column(
        Json, comment="the publisher's value the standing was judged on"
    )

    proposal: Mapped[Proposal] = relationship(back_populates="changes")

    @property
    def before(self) -> Any:
        """What it is compared with: the value at submission, or, where something else than what
        was asked for took effect (merged, amended, without what was reverted), just before."""
        took_effect = self.outcome is not None and self.outcome.took_effect
        return self.replaced if took_effect and self.applied != self.new else self.old

    @property
    def reverted(self) -> bool:
        """Whether it was taken back. What a later decision covers stands beneath that one."""
        return self.standing is Standing.RETIRED and self.because is Because.REVERTED


class Supporter(Base):
    """Somebody else who needs the same change."""

    __tablename__ = "supporters"
    __table_args__ = (Index("ix_supporters_user", "user_id", "change_id"),)

    change_id: Mapped[int] = mapped_column(ForeignKey("changes.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    at: Mapped[datetime]


class Event(Base):
    """What happened to a proposal; written once, never changed."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint(ONE_RECORD, name="one_record"),
        Index("ix_events_proposal", "proposal_id", "id"),
        Index("ix_events_actor", "actor_id", "id", **_where("actor_id IS NOT NULL")),
        Index("ix_events_item", "item_id", "id", **_where("audience = 'public'")),
        Index("ix_events_series", "series_id", "id", **_where("series_id IS NOT NULL")),
        Index("ix_events_archive", "archive_id", "id", **_where("archive_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), nullable=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    archive_id: Mapped[int | None] = mapped_column(ForeignKey("archives.id"))
    what: Mapped[What] = mapped_column(words_of(What))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor_role: Mapped[Actor] = mapped_column(words_of(Actor))
    audience: Mapped[Audience] = mapped_column(words_of(Audience))
    note: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any] | None] = mapped_column(Json)

    actor: Mapped[User | None] = relationship()
    proposal: Mapped[Proposal] = relationship()

    @property
    def by_visitor(self) -> bool:
        """Whether its sender did this without an account."""
        return self.actor_id is None and self.actor_role in (Actor.PROPOSER, Actor.VISITOR)


class Untold(Base):
    """An event of an import that nobody has been told of yet: the end of its reading does."""

    __tablename__ = "untold_events"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    import_run_id: Mapped[int] = mapped_column(
        index=True, comment="of a floor above: a plain number"
    )


_KEPT = (
    "id", "proposal_id", "item_id", "series_id", "archive_id", "what", "at", "actor_role",
    "audience",
)  # fmt: skip
_ERASABLE = ("actor_id", "note", "details")
_SAME = " AND ".join(f"NEW.{c} IS NOT DISTINCT FROM OLD.{c}" for c in _KEPT)
_NULLED = " AND ".join(
    f"(NEW.{c} IS NULL OR CAST(NEW.{c} AS TEXT) IS NOT DISTINCT FROM CAST(OLD.{c} AS TEXT))"
    for c in _ERASABLE
)
_UNCHANGED = f"{_SAME} AND {_NULLED}"
_UNCHANGED_SQLITE = _UNCHANGED.replace("IS NOT DISTINCT FROM", "IS")
_MESSAGE = "events are written once"

SQLITE_TRIGGERS = (
    "CREATE TRIGGER events_kept BEFORE DELETE ON events "
    f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END",
    f"CREATE TRIGGER events_unchanged BEFORE UPDATE ON events WHEN NOT ({_UNCHANGED_SQLITE}) "
    f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END",
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION events_written_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"RAISE EXCEPTION '{_MESSAGE}'; END $$",
    "CREATE TRIGGER events_kept BEFORE DELETE ON events FOR EACH ROW "
    "EXECUTE FUNCTION events_written_once()",
    "CREATE TRIGGER events_unchanged BEFORE UPDATE ON events FOR EACH ROW "
    f"WHEN (NOT ({_UNCHANGED})) EXECUTE FUNCTION events_written_once()",
)
for _dialect, _statements in (("sqlite", SQLITE_TRIGGERS), ("postgresql", POSTGRESQL_TRIGGERS)):
    for _statement in _statements:
        event.listen(
            Event.__table__,
            "after_create",
            DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )
