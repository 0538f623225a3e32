"""When the clock acts on an open proposal: reminders, escalation, end. Pure (product.md §4, §5)."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from correction_flow.core.clock import working_days_later
from correction_flow.proposals.lifecycle import Status


class Step(enum.StrEnum):
    """What the clock does to an open proposal."""

    REMIND = "remind"
    OVERDUE = "overdue"
    ESCALATE = "escalate"
    EXPIRE = "expire"


@dataclass(frozen=True)
class Times:
    """Waiting times: `due` and `escalate` in working days, `question` and `reminders` in days."""

    due: int = 10
    escalate: int = 20
    question: int = 30
    reminders: tuple[int, ...] = (7, 21)


def timetable(status: Status, since: datetime, times: Times) -> Iterator[tuple[datetime, Step]]:
    """What the clock does to a proposal that waits in this status since then, in order.

    A proposal that waits for a decision never closes by itself, so its reminders never end. One
    that nobody confirmed has no moment here: `visitors` erases it.
    """
    if status is Status.NEEDS_INFORMATION:
        for days in sorted(times.reminders):
            if days < times.question:
                yield since + timedelta(days=days), Step.REMIND
        yield since + timedelta(days=times.question), Step.EXPIRE
    elif status is Status.SUBMITTED:
        yield working_days_later(since, times.due), Step.OVERDUE
        yield working_days_later(since, times.escalate), Step.ESCALATE
        for n in count(1):
            yield working_days_later(since, times.escalate + n * times.due), Step.ESCALATE


def next_moment(
    status: Status, since: datetime, times: Times, *, after: datetime
) -> datetime | None:
    """The first moment after `after` in which the clock acts; None for what is closed."""
    return next((at for at, _ in timetable(status, since, times) if at > after), None)


def step_due(
    status: Status, since: datetime, times: Times, *, set_for: datetime, now: datetime
) -> Step | None:
    """What is to be done now: the latest step whose moment has come, from `set_for` on.

    `set_for`: the moment the clock was set for; it may look at a proposal between two steps.
    After a standstill only the latest is done: nobody gets three reminders at once.
    """
    due = None
    for at, step in timetable(status, since, times):
        if at > now:
            break
        if at >= set_for:
            due = step
    return due
