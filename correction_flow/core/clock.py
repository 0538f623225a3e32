"""The only place that asks the time, so that tests can set it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta

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


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after `start` up to and including `end`; 0 if none."""
    if end <= start:
        return 0
    weeks, rest = divmod((end - start).days, 7)
    tail = sum((start + timedelta(days=n + 1)).weekday() < 5 for n in range(rest))
    return weeks * 5 + tail
