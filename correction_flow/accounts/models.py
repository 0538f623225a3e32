"""Users, roles, addresses and author profiles.

Flask-Security's mixins carry what it needs; everything else is ours. A user's rights as a
maintainer are not stored here: they follow from verified addresses and the catalogue's contacts.
"""

from __future__ import annotations

import enum
from datetime import datetime

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from correction_flow.core.database import Base


class RoleName(enum.StrEnum):
    """The roles somebody is given; everybody with an account is an author."""

    CURATOR = "curator"
    ADMINISTRATOR = "administrator"


roles_users = Table(
    "roles_users",
    Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("role_id", ForeignKey("roles.id"), primary_key=True),
)


class Role(Base, RoleMixin):
    """Curator or administrator."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class User(Base, UserMixin):
    """A person with an account."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(
        unique=True, comment="the address to sign in with; also a row of addresses"
    )
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(
        unique=True, comment="in every session; a new one ends all sessions"
    )
    confirmed_at: Mapped[datetime | None] = mapped_column(
        comment="when the address to sign in with was verified; before that nobody signs in"
    )
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    demo: Mapped[bool] = mapped_column(
        default=False, comment="made by the demonstration; production refuses to start with it"
    )

    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]
        secondary=roles_users, lazy="selectin"
    )
    addresses: Mapped[list[Address]] = relationship(
        back_populates="user", order_by="Address.id", cascade="all, delete-orphan"
    )

    @property
    def is_curator(self) -> bool:
        return self.has_role(RoleName.CURATOR.value)

    @property
    def is_administrator(self) -> bool:
        return self.has_role(RoleName.ADMINISTRATOR.value)


class Address(Base):
    """An e-mail address of a user; several may claim one, only one can have verified it."""

    __tablename__ = "addresses"
    __table_args__ = (
        UniqueConstraint("user_id", "address_key"),
        Index(
            "uq_addresses_verified",
            "address_key",
            unique=True,
            sqlite_where=text("verified_at IS NOT NULL"),
            postgresql_where=text("verified_at IS NOT NULL"),
        ),
        Index("ix_addresses_address_key", "address_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    address: Mapped[str]
    address_key: Mapped[str]
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    bouncing_since: Mapped[datetime | None]

    user: Mapped[User] = relationship(back_populates="addresses")


class AuthorProfile(Base):
    """Who an author is; without a user for the deceased."""

    __tablename__ = "author_profiles"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime]

    user: Mapped[User | None] = relationship()
    variations: Mapped[list[NameVariation]] = relationship(
        order_by="NameVariation.id", cascade="all, delete-orphan"
    )

    @property
    def names(self) -> list[str]:
        """Every form of the name, the main one first."""
        return [self.name, *(one.name for one in self.variations)]


class NameVariation(Base):
    """A further form of an author's name, as it is printed on some works: a maiden name, one in
    another script. Initials, inverted order and accents need none."""

    __tablename__ = "name_variations"
    __table_args__ = (UniqueConstraint("profile_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    profile_id: Mapped[int] = mapped_column(ForeignKey("author_profiles.id", ondelete="CASCADE"))
    name: Mapped[str]
