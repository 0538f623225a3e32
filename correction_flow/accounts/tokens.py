"""Signed links for mails: to verify an address of an account, or to open one.

A link only shows a page; the button on it (POST) verifies. What a link may do is checked when the
button is pressed, so a link used twice does nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from correction_flow.accounts.models import Address
from correction_flow.core.clock import LINK_HOURS
from correction_flow.core.settings import setting

VERIFY_WITHIN = LINK_HOURS * 3600
"""Seconds a link to verify an address works."""

INVITED_WITHIN = 60 * 86400
"""Seconds the link in a notice to a maintainer works: as long as a case may wait."""


@dataclass(frozen=True)
class Link:
    """What a signed link is about: an address row of an account, or an address without one."""

    address_id: int | None
    address: str
    next: str


class Expired(Exception):
    """The link was good once."""


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(setting("SECRET_KEY"), salt="verify-address")


def verification(address: Address, next_path: str = "/") -> str:
    """A link text that lets somebody verify this address of its account."""
    return str(_serializer().dumps({"i": address.id, "a": address.address, "n": next_path}))


def invitation(address: str, next_path: str) -> str:
    """A link text that lets the owner of an address without an account open one."""
    return str(_serializer().dumps({"i": None, "a": address, "n": next_path}))


def read(token: str) -> Link | None:
    """What the link is about; None if it is not one of ours. Raises Expired."""
    try:
        data: dict[str, Any] = _serializer().loads(token, max_age=INVITED_WITHIN)
        if data["i"] is not None:
            _serializer().loads(token, max_age=VERIFY_WITHIN)
    except SignatureExpired:
        raise Expired from None
    except BadSignature:
        return None
    return Link(data["i"], data["a"], data["n"])
