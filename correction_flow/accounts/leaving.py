"""A person's own data: all of it to take along, and its end.

Higher floors say what they hold of somebody and what goes with them; no door can forget a part.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from correction_flow.accounts.models import Role, RoleName, User
from correction_flow.accounts.queries import profile_of, verified_keys
from correction_flow.core import outbox
from correction_flow.core.clock import utcnow
from correction_flow.core.database import lock_row
from correction_flow.core.errors import WrongStatus
from correction_flow.core.extensions import db

FORMER = "a former user"
"""The name of whoever has erased their account."""

_TAKEN_ALONG: dict[str, Callable[[User], Any]] = {}
_WHEN_ERASED: list[Callable[[User], None]] = []


def taken_along(part: str, read: Callable[[User], Any]) -> None:
    """A higher floor says what it holds of a user, as JSON."""
    _TAKEN_ALONG[part] = read


def when_erased(act: Callable[[User], None]) -> None:
    """A higher floor says what else ends with an account. The highest floors act first."""
    _WHEN_ERASED.append(act)


def export(user: User) -> dict[str, Any]:
    """Everything we hold of a user, as JSON; times in ISO 8601."""
    return {
        "made_at": utcnow().isoformat(),
        "account": _account(user),
        **{part: read(user) for part, read in sorted(_TAKEN_ALONG.items())},
    }


def _account(user: User) -> dict[str, Any]:
    profile = profile_of(user)
    return {
        "name": user.name,
        "email": user.email,
        "created_at": user.created_at.isoformat(),
        "roles": [role.name for role in user.roles],
        "author_profile": profile.name if profile else None,
        "further_names": profile.names[1:] if profile else [],
        "addresses": [
            {
                "address": row.address,
                "added_at": row.created_at.isoformat(),
                "verified_at": row.verified_at.isoformat() if row.verified_at else None,
                "mail_comes_back_since": (
                    row.bouncing_since.isoformat() if row.bouncing_since else None
                ),
            }
            for row in user.addresses
        ],
    }


def why_not_erased(user: User) -> str | None:
    """Why this account cannot be erased now; None if it can."""
    if user.is_administrator and not _other_administrators(user):
        return (
            "You are the only administrator. Make somebody else an administrator first, then "
            "erase this account."
        )
    return None


def _other_administrators(user: User) -> int:
    others = (
        select(func.count())
        .select_from(User)
        .join(User.roles)
        .where(Role.name == RoleName.ADMINISTRATOR.value, User.active, User.id != user.id)
    )
    return db.session.scalar(others) or 0


def erase(user: User) -> None:
    """Nothing of the account is left but a row without a name, which what they did points to.

    Their sessions end, no mail goes to them any more, and those that went have neither address
    nor text. Twice is once. Raises WrongStatus for the last administrator.
    """
    _one_administrator_at_a_time(user)
    lock_row(db.session, user)
    if user.erased_at is not None:
        return
    problem = why_not_erased(user)
    if problem is not None:
        raise WrongStatus(problem)
    keys = verified_keys(user)  # an unverified address may be somebody else's
    profile = profile_of(user)
    user.name = FORMER  # before anybody is told of what ends
    if profile is not None:
        profile.name = FORMER
        profile.variations.clear()
    db.session.flush()
    for act in reversed(_WHEN_ERASED):
        act(user)
    user.addresses.clear()
    user.roles = []
    user.email = f"{uuid.uuid4().hex}@erased.invalid"
    user.password = user.confirmed_at = None
    user.active = False
    user.fs_uniquifier = uuid.uuid4().hex
    user.erased_at = utcnow()
    outbox.forget(keys)
    db.session.flush()


def _one_administrator_at_a_time(user: User) -> None:
    """The last two could else leave in the same moment."""
    if user.is_administrator:
        role = select(Role.id).where(Role.name == RoleName.ADMINISTRATOR.value)
        db.session.execute(role.with_for_update())
