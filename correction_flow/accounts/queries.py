"""Questions about users and addresses."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Integer, Select, bindparam, inspect, select

from correction_flow.accounts.models import Address, AuthorProfile, Role, RoleName, User
from correction_flow.core.extensions import db
from correction_flow.core.text import address_key


def user_by_address(address: str) -> User | None:
    """Whoever has verified this address."""
    return db.session.scalar(
        select(User)
        .join(Address, Address.user_id == User.id)
        .where(Address.address_key == address_key(address), Address.verified_at.is_not(None))
    )


def account_of(address: str) -> User | None:
    """Whoever signs in with this address, verified or not."""
    return db.session.scalar(select(User).where(User.email == address.strip().lower()))


def verified_keys(user: User) -> list[str]:
    """The keys of the addresses this user has verified."""
    return list(db.session.scalars(_verified_keys(), {"user": user.id}))


@cache
def _verified_keys() -> Select[str]:
    user = bindparam("user", type_=Integer)
    return select(Address.address_key).where(
        Address.user_id == user, Address.verified_at.is_not(None)
    )


def profile_of(user: User) -> AuthorProfile | None:
    """The user's author profile, if there is one."""
    return db.session.scalar(select(AuthorProfile).where(AuthorProfile.user_id == user.id))


def verified_owners(keys: Iterable[str]) -> dict[str, User]:
    """Who has verified which of these addresses."""
    rows = db.session.execute(
        select(Address.address_key, User)
        .join(User, Address.user_id == User.id)
        .where(Address.address_key.in_(list(keys)), Address.verified_at.is_not(None))
    )
    return {row[0]: row[1] for row in rows}


def bouncing(keys: Iterable[str]) -> set[str]:
    """Those of these addresses to which mail comes back."""
    rows = select(Address.address_key).where(
        Address.address_key.in_(list(keys)), Address.bouncing_since.is_not(None)
    )
    return set(db.session.scalars(rows))


def curators() -> list[User]:
    """All active curators."""
    return list(
        db.session.scalars(
            select(User)
            .join(User.roles)
            .where(Role.name == RoleName.CURATOR.value, User.active)
            .order_by(User.id)
        )
    )


def demo_accounts_exist() -> bool:
    """Whether the demonstration has left accounts in this database."""
    if not inspect(db.engine).has_table(User.__tablename__):
        return False
    return db.session.scalar(select(User.id).where(User.demo).limit(1)) is not None
