"""The only place that asks the time, so that tests can set it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

LINK_HOURS = 72
"""How long a mailed link works that confirms a request or verifies an address."""

_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)


def utcnow() -> datetime:
    """Now, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within this block it is `moment` (tests, and deadlines with the clock as a parameter)."""
    token = _frozen.set(moment)
    try:
        yield
    finally:
        _frozen.reset(token)


def working_days_later(start: datetime, days: int) -> datetime:
    """The same hour, `days` working days (Monday to Friday) after `start`."""
    moment = start
    while days > 0:
        moment += timedelta(days=1)
        if moment.weekday() < 5:
            days -= 1
    return moment


def minutes_until(moment: datetime) -> str:
    """How long it is until then, for a sentence: "1 minute" at least."""
    minutes = max(1, round((moment - utcnow()).total_seconds() / 60))
    return f"{minutes} {'minute' if minutes == 1 else 'minutes'}"
