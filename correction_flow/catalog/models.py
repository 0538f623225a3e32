"""Archives, series, items and what belongs to them.

Every item keeps `upstream` (what the publisher's file says) apart from `shown` (upstream plus the
approved changes we carry), which is stored for reading and can be computed again at any time.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, ClassVar, Self

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from correction_flow.accounts.models import AuthorProfile, User
from correction_flow.catalog.fields import ARCHIVE_FIELDS, SERIES_FIELDS, Field
from correction_flow.catalog.record import OF_ITEMS, from_tree
from correction_flow.core.database import Base, Json, words_of

IN_ALL = "the last copy of RePEc:all read here has a good template of it"


class Kind(enum.StrEnum):
    """The five kinds of items; also what a series holds."""

    PAPER = "Paper"
    ARTICLE = "Article"
    BOOK = "Book"
    CHAPTER = "Chapter"
    SOFTWARE = "Software"


class AuthorRole(enum.StrEnum):
    """What a printed name did."""

    AUTHOR = "author"
    EDITOR = "editor"


class LinkedBy(enum.StrEnum):
    """Who says that a reference is this item."""

    IMPORT = "import"
    CORRECTION = "correction"


class GrantEffect(enum.StrEnum):
    """What an administrator did to somebody's rights at a desk."""

    GRANTED = "granted"
    REMOVED = "removed"


class Desk(Base):
    """Everybody who decides for a group of series: those with exactly the same deciders.

    Derived from contacts and grants (`operations.regroup`), so that a queue is one range of an
    index however many series a maintainer has. A desk without members is the curators'.
    """

    __tablename__ = "desks"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, comment="digest of its members")

    members: Mapped[list[DeskMember]] = relationship(
        cascade="all, delete-orphan", order_by="DeskMember.id", lazy="selectin"
    )


class DeskMember(Base):
    """One decider: whoever verified an address, or a user by grant; `removed` takes it away."""

    __tablename__ = "desk_members"
    __table_args__ = (CheckConstraint("(address_key IS NULL) <> (user_id IS NULL)", name="one_of"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id", ondelete="CASCADE"), index=True)
    address_key: Mapped[str | None] = mapped_column(index=True)
    address: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    removed: Mapped[bool] = mapped_column(default=False)


class Described(Base):
    """What archives and series have in common: a template of their own, and a desk."""

    __abstract__ = True
    noun: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]

    handle: Mapped[str]
    handle_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    upstream: Mapped[dict[str, Any]] = mapped_column(Json)
    shown_otherwise: Mapped[dict[str, Any] | None] = mapped_column(
        Json, comment="its record, where approved changes make it differ from upstream"
    )
    version: Mapped[int] = mapped_column(
        default=1, server_default="1", comment="raised when something a decision rests on changes"
    )
    in_all: Mapped[bool] = mapped_column(default=False, server_default=false(), comment=IN_ALL)

    @property
    def template_type(self) -> str:
        """What its template is called in ReDIF."""
        return f"ReDIF-{self.noun.capitalize()} 1.0"

    @property
    def published(self) -> dict[str, Any]:
        """Its record as the publisher says it."""
        return from_tree(self.upstream, self.fields)

    @property
    def shown(self) -> dict[str, Any]:
        """Its record as it is shown: the publisher's, with the approved changes we carry."""
        return self.published if self.shown_otherwise is None else self.shown_otherwise

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name

    @property
    def place(self) -> Self:
        """Where those sit who decide about it: here."""
        return self


class Archive(Described):
    """A publisher's archive, like `RePEc:gam`."""

    __tablename__ = "archives"
    noun = "archive"
    fields = ARCHIVE_FIELDS

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(
        ForeignKey("desks.id"), index=True, comment="who decides about the archive itself"
    )
    placeholder: Mapped[bool] = mapped_column(
        default=False, comment="named by an item or series but not described by a template"
    )
    certain_at_once: Mapped[bool] = mapped_column(
        default=False,
        server_default=false(),
        comment="certain links that an author of the cited item accepts need no decision",
    )

    desk: Mapped[Desk] = relationship()

    @property
    def archive(self) -> Archive:
        """The archive it belongs to: itself."""
        return self

    @property
    def scope(self) -> dict[str, int | None]:
        """The columns of contacts and grants that name it, and their values."""
        return {"archive_id": self.id, "series_id": None}

    @property
    def provider(self) -> str:
        """Who publishes what is in it."""
        return self.name


class Series(Described):
    """A series of papers or a journal, like `RePEc:gam:jadmsc`."""

    __tablename__ = "series"
    __table_args__ = (
        Index(
            "ix_series_renamed",
            "id",
            sqlite_where=text("worded_as <> name"),
            postgresql_where=text("worded_as <> name"),
        ),
    )
    noun = "series"
    fields = SERIES_FIELDS

    id: Mapped[int] = mapped_column(primary_key=True)
    archive_id: Mapped[int] = mapped_column(ForeignKey("archives.id"), index=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), index=True)
    kind: Mapped[Kind] = mapped_column(words_of(Kind))
    worded_as: Mapped[str] = mapped_column(
        default="", server_default="", comment="the name its items are found by; else made again"
    )
    provider: Mapped[str | None]
    placeholder: Mapped[bool] = mapped_column(default=False)

    archive: Mapped[Archive] = relationship()
    desk: Mapped[Desk] = relationship()

    @property
    def scope(self) -> dict[str, int | None]:
        """The columns of contacts and grants that name it, and their values."""
        return {"archive_id": self.archive_id, "series_id": self.id}


class Contact(Base):
    """An address that a template names as its maintainer now."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    archive_id: Mapped[int] = mapped_column(ForeignKey("archives.id"), index=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"), index=True)
    name: Mapped[str | None]
    address: Mapped[str]
    address_key: Mapped[str] = mapped_column(index=True)


class MaintainerGrant(Base):
    """A right at a desk given or taken by an administrator; the last one for a scope counts."""

    __tablename__ = "maintainer_grants"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    archive_id: Mapped[int] = mapped_column(ForeignKey("archives.id"), index=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    effect: Mapped[GrantEffect] = mapped_column(words_of(GrantEffect))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    until: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])


class SourceFile(Base):
    """A file of an archive as we last read it; its facts are written when all of it is stored."""

    __tablename__ = "source_files"
    __table_args__ = (UniqueConstraint("archive_id", "path"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    archive_id: Mapped[int] = mapped_column(ForeignKey("archives.id"))
    path: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    mtime: Mapped[int] = mapped_column(BigInteger, comment="nanoseconds")
    sha256: Mapped[str] = mapped_column(comment="empty: not yet read to its end")
    encoding: Mapped[str]
    line_ends: Mapped[str]
    template_count: Mapped[int] = mapped_column(default=0, server_default="0")
    describes: Mapped[bool] = mapped_column(
        default=False,
        server_default=false(),
        comment="holds templates of archives or series, which every run reads",
    )
    read_as: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="version of our reading; raised, all is read again"
    )
    seen_by_run: Mapped[int | None] = mapped_column(
        comment="the last import run that found it; of a floor above: a plain number"
    )
    vanished_at: Mapped[datetime | None]


class Template(Base):
    """A ReDIF template with a handle, and where in which source file it stands."""

    __tablename__ = "templates"
    __table_args__ = (
        Index("ix_templates_place", "source_file_id", "first_line"),
        Index(
            "ix_templates_not_taken",
            "handle_key",
            sqlite_where=text("NOT taken"),
            postgresql_where=text("NOT taken"),
        ),
        Index(
            "ix_templates_lost",
            "source_file_id",
            sqlite_where=text("lost"),
            postgresql_where=text("lost"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_file_id: Mapped[int] = mapped_column(ForeignKey("source_files.id"))
    first_line: Mapped[int]
    last_line: Mapped[int]
    handle_key: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str | None] = mapped_column(comment="of ReDIF; null for a type nobody knows")
    good: Mapped[bool] = mapped_column(comment="RePEc's own verdict")
    sha256: Mapped[str]
    taken: Mapped[bool] = mapped_column(
        default=True, server_default=true(), comment="of several with one handle: this one counts"
    )
    lost: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="its file, read again, no longer has it"
    )

    source_file: Mapped[SourceFile] = relationship()


class Item(Base):
    """One article, paper, book, chapter or program."""

    __tablename__ = "items"
    noun: ClassVar[str] = "item"
    fields: ClassVar[tuple[Field, ...]] = OF_ITEMS
    __table_args__ = (
        Index("ix_items_series_year", "series_id", text("coalesce(year, 0)"), "id"),
        Index(
            "ix_items_not_indexed",
            "series_id",
            sqlite_where=text("NOT indexed_by_repec"),
            postgresql_where=text("NOT indexed_by_repec"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    kind: Mapped[Kind] = mapped_column(words_of(Kind))
    handle: Mapped[str] = mapped_column(comment="as the publisher writes it")
    handle_key: Mapped[str] = mapped_column(unique=True, comment="as handles are compared")
    ideas_path: Mapped[str | None] = mapped_column(
        index=True, comment="of its page on IDEAS, which cannot be turned back into a handle"
    )
    title: Mapped[str] = mapped_column(comment="shown title, for lists")
    author_line: Mapped[str] = mapped_column(comment="shown authors, for lists")
    year: Mapped[int | None]
    upstream: Mapped[dict[str, Any]] = mapped_column(Json)
    shown_otherwise: Mapped[dict[str, Any] | None] = mapped_column(
        Json, comment="what is shown, where approved changes make it differ from upstream"
    )
    version: Mapped[int] = mapped_column(
        default=1, comment="raised when something a decision rests on changes"
    )
    import_run_id: Mapped[int | None] = mapped_column(
        comment="what made this version; of a floor above: a plain number"
    )
    proposal_id: Mapped[int | None] = mapped_column(
        comment="what made this version; of a floor above: a plain number"
    )
    indexed_by_repec: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    vanished_at: Mapped[datetime | None]
    moved_to_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))

    series: Mapped[Series] = relationship()

    @property
    def template_type(self) -> str:
        """What its template is called in ReDIF."""
        return f"ReDIF-{self.kind} 1.0"

    @property
    def published(self) -> dict[str, Any]:
        """Its record as the publisher says it."""
        return self.upstream

    @property
    def place(self) -> Series:
        """The series whose desk decides about it."""
        return self.series

    @property
    def shown(self) -> dict[str, Any]:
        """What is shown: upstream, with the approved changes we carry."""
        return self.upstream if self.shown_otherwise is None else self.shown_otherwise


class ItemRevision(Base):
    """What an item was before it changed; its present state stands in the item itself."""

    __tablename__ = "item_revisions"
    __table_args__ = (UniqueConstraint("item_id", "n"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    n: Mapped[int] = mapped_column(comment="the item's version then")
    at: Mapped[datetime] = mapped_column(comment="since when it was so")
    import_run_id: Mapped[int | None] = mapped_column(comment="of a floor above: a plain number")
    proposal_id: Mapped[int | None] = mapped_column(comment="of a floor above: a plain number")
    upstream: Mapped[dict[str, Any]] = mapped_column(Json)
    shown_otherwise: Mapped[dict[str, Any] | None] = mapped_column(Json)

    @property
    def shown(self) -> dict[str, Any]:
        """What was shown then."""
        return self.upstream if self.shown_otherwise is None else self.shown_otherwise


INITIAL_OF_NAME = (
    "(substr(name_key, 1, 1) || ' ' || "
    "substr(name_key, length(rtrim(name_key, replace(name_key, ' ', ''))) + 1, 60))"
)
"""Of a name key, its first letter and its last word (PostgreSQL indexes no text of any length); the
same words on both databases."""


class ItemAuthor(Base):
    """One name as printed on an item; what a claim claims. Its id survives imports."""

    __tablename__ = "item_authors"
    __table_args__ = (
        Index("ix_item_authors_item", "item_id", "position"),
        Index("ix_item_authors_name_key", "name_key", "id"),
        Index("ix_item_authors_initial", text(INITIAL_OF_NAME), "name_key"),
        Index(
            "ix_item_authors_email",
            "email_key",
            "id",
            sqlite_where=text("email_key IS NOT NULL"),
            postgresql_where=text("email_key IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    role: Mapped[AuthorRole] = mapped_column(words_of(AuthorRole))
    position: Mapped[int]
    name: Mapped[str]
    name_key: Mapped[str]
    email_key: Mapped[str | None]
    person: Mapped[str | None] = mapped_column(comment="Author-Person: a RePEc short-id or handle")
    workplaces: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    profile_id: Mapped[int | None] = mapped_column(
        ForeignKey("author_profiles.id"), index=True, comment="whose it is by an accepted claim"
    )
    vanished_at: Mapped[datetime | None]

    item: Mapped[Item] = relationship()
    profile: Mapped[AuthorProfile | None] = relationship()


LONGEST_REFERENCE = 5_000
"""Letters of one reference."""
UNKNOWN_REFERENCE = "cited_item_id IS NULL AND cited_key IS NULL AND vanished_at IS NULL"
"""Of references of which nobody knows what they mean."""


class ItemReference(Base):
    """One entry of an item's reference list. It keeps its identity by its text.

    It is shown (`vanished_at` is null) while a source lists it or it was added, and not removed.
    """

    __tablename__ = "item_references"
    __table_args__ = (
        UniqueConstraint("item_id", "text_key", "nth"),
        Index("ix_item_references_item", "item_id", "position"),
        Index(
            "ix_item_references_cited",
            "cited_item_id",
            "id",
            sqlite_where=text("cited_item_id IS NOT NULL"),
            postgresql_where=text("cited_item_id IS NOT NULL"),
        ),
        Index(
            "ix_item_references_awaited",
            "cited_key",
            sqlite_where=text("cited_item_id IS NULL AND cited_key IS NOT NULL"),
            postgresql_where=text("cited_item_id IS NULL AND cited_key IS NOT NULL"),
        ),
        Index(
            "ix_item_references_compared",
            "compared_at",
            "id",
            sqlite_where=text(UNKNOWN_REFERENCE),
            postgresql_where=text(UNKNOWN_REFERENCE),
        ),
        Index(
            "ix_item_references_overruled",
            "source_cited_key",
            "text_key",
            sqlite_where=text("source_cited_key IS NOT NULL"),
            postgresql_where=text("source_cited_key IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    text_key: Mapped[str] = mapped_column(comment="digest of the folded text")
    nth: Mapped[int] = mapped_column(default=1, comment="of several with the same text")
    cited_key: Mapped[str | None] = mapped_column(
        comment="handle key the source gives; the item may come with a later import"
    )
    cited_item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    linked_by: Mapped[LinkedBy | None] = mapped_column(words_of(LinkedBy))
    origin: Mapped[str] = mapped_column(comment="where the entry comes from: a file, a request")
    source_text: Mapped[str | None] = mapped_column(
        Text, comment="what its source says, where an accepted change says how it reads"
    )
    source_cited_key: Mapped[str | None] = mapped_column(
        comment="handle key its source gives, where an accepted change linked or unlinked it"
    )
    added: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="by an accepted change that stands"
    )
    removed: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="by an accepted change that stands"
    )
    unlisted: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="no source lists it now"
    )
    vanished_at: Mapped[datetime | None]
    compared_at: Mapped[datetime | None] = mapped_column(
        comment="when the worker last looked which items it may mean"
    )

    item: Mapped[Item] = relationship(foreign_keys=[item_id])
    cited_item: Mapped[Item | None] = relationship(foreign_keys=[cited_item_id])


class Refutation(Base):
    """An accepted change said that a reference does not mean an item: no import and no matcher
    links such a text to it again, in whatever list it stands."""

    __tablename__ = "refutations"
    __table_args__ = (
        UniqueConstraint("text_key", "cited_key", "change_id"),
        Index("ix_refutations_change", "change_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    text_key: Mapped[str] = mapped_column(comment="of the reference, as it identifies one")
    cited_key: Mapped[str] = mapped_column(comment="handle key of the item")
    change_id: Mapped[int] = mapped_column(comment="of a floor above: a plain number")


class ItemWords(Base):
    """The folded words of an item, for search; one row an item, kept in step with `shown`.

    The full-text index over it (FTS5 or tsvector) is made by the migrations.
    """

    __tablename__ = "item_words"

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    words: Mapped[str] = mapped_column(Text)


LONGEST_NOTE = 500


class SavedItem(Base):
    """An item on somebody's own list, "My bibliography". Nobody else sees it.

    Items that vanish stay on the list, marked; the rows go with the account.
    """

    __tablename__ = "saved_items"
    __table_args__ = (
        CheckConstraint(f"length(note) <= {LONGEST_NOTE}", name="note_length"),
        Index("ix_saved_items_newest", "user_id", "at", "item_id"),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text, default="", comment="the user's own, plain text")

    item: Mapped[Item] = relationship()


Place = Archive | Series
"""Where there is a desk."""
Record = Item | Series | Archive
"""What a request can be about, where it does not matter which."""
