"""Rate limits, counted in a small table of ours, so that all web processes count together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from correction_flow.core.clock import minutes_until, utcnow
from correction_flow.core.database import Base, insert_if_new
from correction_flow.core.errors import TooMany
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction


class RateCount(Base):
    """How often something was tried since the window began. Keys are digests, not addresses."""

    __tablename__ = "rate_counts"

    key: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(index=True)
    count: Mapped[int]


@dataclass(frozen=True)
class Limit:
    """At most `count` of `what` within `window`."""

    what: str
    count: int
    window: timedelta


SIGN_IN = Limit("sign-in", 20, timedelta(minutes=15))
MAILED_LINK = Limit("mailed-link", 6, timedelta(hours=1))
REGISTER = Limit("register", 10, timedelta(hours=1))
SUBMIT = Limit("submit", 40, timedelta(hours=1))
VISITOR_NET = Limit("visitor-net", 10, timedelta(hours=1))
VISITOR_ADDRESS = Limit("visitor-address", 5, timedelta(hours=12))
VISITOR_REQUEST = Limit("visitor-request", 20, timedelta(hours=1))
CHECK = Limit("check", 120, timedelta(hours=1))
EXPORT = Limit("export", 10, timedelta(hours=1))
SAVE = Limit("save", 600, timedelta(hours=1))


def network(address: str | None) -> str:
    """The network a client is counted by: its IPv4 address, or the /64 of an IPv6 one.

    One subscriber has a whole /64, so its single addresses say nothing about who that is.
    """
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return f"net {address}"
    if not isinstance(found, IPv6Address):
        return f"net {found}"
    return f"net {found.ipv4_mapped or ip_network((found, 64), strict=False)}"


def count(limit: Limit, who: str) -> None:
    """Count one try of `who` (an address, a network address, a user). Raises TooMany.

    Opens a transaction of its own: a try counts whether it succeeds or not.
    """
    if not current_app.config["RATE_LIMITS"]:
        return
    now = utcnow()
    key = digest([limit.what, who])
    with transaction() as session:
        session.execute(delete(RateCount).where(RateCount.since < now - timedelta(days=1)))
        insert_if_new(session, RateCount, key=key, since=now, count=0)
        row = session.scalars(select(RateCount).where(RateCount.key == key).with_for_update()).one()
        if now - row.since >= limit.window:
            row.since, row.count = now, 0
        row.count += 1
        since, tries = row.since, row.count
    if tries > limit.count:
        again = minutes_until(since + limit.window)
        raise TooMany(f"That was too often. Please try again in {again}.")
