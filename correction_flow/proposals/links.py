"""Signed links for visitors: to confirm a request, and to its page.

A link only shows a page; the buttons on it (POST) act. What a link may do is checked when a button
is pressed. The page's link works as long as the request is the visitor's own.
"""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from correction_flow.core.extensions import db
from correction_flow.core.settings import setting
from correction_flow.proposals.models import Proposal
from correction_flow.proposals.queries import with_record

_CONFIRM = "confirm-request"
_FOLLOW = "follow-request"


def confirm_path(proposal: Proposal) -> str:
    """The page whose button confirms the request."""
    return f"/visitors/confirm/{_signed(_CONFIRM).dumps(proposal.link_key)}"


def follow_path(proposal: Proposal) -> str:
    """The visitor's page of the request."""
    return f"/visitors/{_signed(_FOLLOW).dumps(proposal.link_key)}"


def to_confirm(token: str) -> Proposal | None:
    """The request a link to confirm is about; None if it is none of ours, or was erased."""
    return _behind(_CONFIRM, token)


def followed(token: str) -> Proposal | None:
    """The request a link to its page is about."""
    return _behind(_FOLLOW, token)


def _signed(what: str) -> URLSafeSerializer:
    return URLSafeSerializer(setting("SECRET_KEY"), salt=what)


def _behind(what: str, token: str) -> Proposal | None:
    try:
        key = _signed(what).loads(token)
    except BadSignature:
        return None
    return db.session.scalar(
        select(Proposal)
        .where(Proposal.link_key == str(key))
        .options(
            *with_record(),
            joinedload(Proposal.desk, innerjoin=True),
        )
    )
