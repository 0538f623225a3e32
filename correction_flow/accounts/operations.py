"""What happens to accounts: made, verified, given and losing roles.

Passwords come in hashed; hashing is Flask-Security's and belongs to the doors.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy import select, update

from correction_flow.accounts import mails
from correction_flow.accounts.models import (
    Address,
    AuthorProfile,
    NameVariation,
    Role,
    RoleName,
    User,
)
from correction_flow.accounts.queries import profile_of, user_by_address
from correction_flow.core import outbox
from correction_flow.core.clock import utcnow
from correction_flow.core.database import insert_if_new
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.extensions import db
from correction_flow.core.text import address_key, plain, squeeze

_WHEN_VERIFIED: list[Callable[[str, User], None]] = []


def when_verified(act: Callable[[str, User], None]) -> None:
    """A higher floor says what else happens when an address (its key) is verified by a user."""
    _WHEN_VERIFIED.append(act)


def create_user(
    *, name: str, email: str, password_hash: str, verified: bool = False, demo: bool = False
) -> User:
    """A new account; its address is verified only where an administrator vouches for it."""
    email = email.strip().lower()
    if db.session.scalar(select(User.id).where(User.email == email)) is not None:
        raise Invalid({"email": f"There is already an account for {email}."})
    user = User(
        name=squeeze(plain(name)),
        email=email,
        password=password_hash,
        active=True,
        fs_uniquifier=uuid.uuid4().hex,
        created_at=utcnow(),
        demo=demo,
    )
    db.session.add(user)
    db.session.flush()
    address = first_address(user)
    if verified:
        verify(address)
    return user


def first_address(user: User) -> Address:
    """The row for the address a user signs in with."""
    for row in user.addresses:
        if row.address_key == address_key(user.email):
            return row
    row = Address(
        user=user, address=user.email, address_key=address_key(user.email), created_at=utcnow()
    )
    db.session.add(row)
    db.session.flush()
    return row


def add_address(user: User, address: str) -> Address:
    """One more address of a user, unverified; a mail with the link goes to it.

    The answer is the same whether somebody else has verified it or not: no enumeration.
    """
    key = address_key(address)
    for row in user.addresses:
        if row.address_key == key:
            if row.verified_at is None:
                mails.verify_address(row, next_path="/account")
            return row
    if len(user.addresses) >= 10:
        raise Invalid({"address": "An account has at most ten addresses. Remove one first."})
    row = Address(user=user, address=address.strip(), address_key=key, created_at=utcnow())
    db.session.add(row)
    db.session.flush()
    mails.verify_address(row, next_path="/account")
    return row


def remove_address(user: User, address_id: int) -> None:
    """Give up an address, and with it every right that came from it."""
    for row in user.addresses:
        if row.id != address_id:
            continue
        if row.address_key == address_key(user.email):
            raise Invalid({"": "You sign in with this address, so it cannot be removed."})
        db.session.delete(row)
        return


def verify(address: Address) -> None:
    """The owner of the address pressed the button. Raises Conflict if it is another's already."""
    if address.verified_at is not None:
        return
    owner = user_by_address(address.address)
    if owner is not None and owner.id != address.user_id:
        raise Conflict(
            f"{address.address} is already verified by another account. Sign in there, "
            "or remove the address from that account first."
        )
    user = address.user
    address.verified_at = utcnow()
    if address.address_key == address_key(user.email):
        user.confirmed_at = utcnow()
    else:
        mails.address_verified(user, address)
    db.session.flush()
    for act in _WHEN_VERIFIED:
        act(address.address_key, user)


def set_password(user: User, password_hash: str) -> None:
    """A new password; all sessions and links made before end."""
    user.password = password_hash
    user.fs_uniquifier = uuid.uuid4().hex
    db.session.flush()


MOST_NAMES, LONGEST_NAME = 20, 200


def keep_names(user: User, text: str) -> None:
    """The further forms of the user's name, one a line. Raises Invalid."""
    names = list(dict.fromkeys(squeeze(line) for line in plain(text).split("\n") if squeeze(line)))
    names = [name for name in names if name != user.name]
    if len(names) > MOST_NAMES:
        raise Invalid({"names": f"These are {len(names)} names. Keep at most {MOST_NAMES}."})
    for name in names:
        if len(name) > LONGEST_NAME or not any(c.isalpha() for c in name):
            raise Invalid({"names": f"“{name[:60]}” is no name. Correct the line or take it out."})
    profile = profile_for(user)
    known = {one.name: one for one in profile.variations}
    profile.variations = [known.get(name) or NameVariation(name=name) for name in names]
    db.session.flush()


def profile_for(user: User) -> AuthorProfile:
    """The user's author profile, made when it is first needed."""
    profile = profile_of(user)
    if profile is None:
        # two first claims in the same moment both come here
        insert_if_new(
            db.session, AuthorProfile, user_id=user.id, name=user.name, created_at=utcnow()
        )
        profile = db.session.scalars(
            select(AuthorProfile).where(AuthorProfile.user_id == user.id)
        ).one()
    return profile


def give_role(user: User, role: RoleName) -> None:
    """Make somebody a curator or administrator."""
    row = db.session.scalar(select(Role).where(Role.name == role.value))
    if row is None:
        row = Role(name=role.value)
        db.session.add(row)
    if row not in user.roles:
        user.roles.append(row)
    db.session.flush()


def take_role(user: User, role: RoleName) -> None:
    """They are it no longer."""
    user.roles = [r for r in user.roles if r.name != role.value]
    db.session.flush()


def note_bounce(address_key: str, bounced: bool) -> None:
    """Mail to this address was refused for good, or taken: since when it comes back, or no more."""
    mine = (Address.address_key == address_key, Address.bouncing_since.is_(None) == bounced)
    db.session.execute(
        update(Address).where(*mine).values(bouncing_since=utcnow() if bounced else None)
    )


outbox.when_known(note_bounce)
