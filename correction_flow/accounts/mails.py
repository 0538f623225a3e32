"""The mails of accounts: one function each."""

from __future__ import annotations

from correction_flow.accounts.models import Address, User
from correction_flow.accounts.tokens import verification
from correction_flow.core.mail import post


def verify_address(address: Address, *, next_path: str = "/") -> None:
    """To a new address: the link to the page whose button verifies it."""
    post(
        "verify_address",
        to=address.address,
        user=address.user,
        link=f"/verify/{verification(address, next_path)}",
    )


def already_registered(user: User, *, reset_link: str) -> None:
    """To an address somebody tried to register again: nothing happened; here is a way in."""
    post("already_registered", to=user.email, user=user, link=reset_link)


def reset_password(user: User, *, link: str) -> None:
    """The link to set a new password."""
    post("reset_password", to=user.email, user=user, link=link)


def password_changed(user: User) -> None:
    """A security notice: the password is another one now."""
    post("password_changed", to=user.email, user=user, link="/reset")


def address_verified(user: User, address: Address) -> None:
    """A security notice to the address one signs in with: another address belongs to you now."""
    post("address_verified", to=user.email, user=user, address=address, link="/account")
