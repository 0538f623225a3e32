"""When the clock acts (product.md §4 and §5)."""

from datetime import UTC, datetime, timedelta

import pytest

from correction_flow.proposals.lifecycle import OPEN, Status
from correction_flow.proposals.schedule import Step, Times, next_moment, step_due

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
TIMES = Times()


def day(n):
    return MONDAY + timedelta(days=n)


@pytest.mark.parametrize(
    ("status", "days", "step"),
    [
        (Status.NEEDS_INFORMATION, 6.9, None),
        (Status.NEEDS_INFORMATION, 7, Step.REMIND),
        (Status.NEEDS_INFORMATION, 21, Step.REMIND),
        (Status.NEEDS_INFORMATION, 30, Step.EXPIRE),
        (Status.SUBMITTED, 13.9, None),
        (Status.SUBMITTED, 14, Step.OVERDUE),
        (Status.SUBMITTED, 28, Step.ESCALATE),
        (Status.SUBMITTED, 42, Step.ESCALATE),
        (Status.SUBMITTED, 4000, Step.ESCALATE),
    ],
)
def test_what_is_due(status, days, step):
    assert step_due(status, MONDAY, TIMES, set_for=MONDAY, now=day(days)) is step


def test_nothing_is_done_twice_where_the_clock_looks_between_two_steps():
    look = lambda at, now: step_due(Status.SUBMITTED, MONDAY, TIMES, set_for=day(at), now=day(now))
    assert look(14, 14) is Step.OVERDUE
    assert look(15, 15) is None
    assert look(15, 28) is Step.ESCALATE


@pytest.mark.parametrize("status", Status)
def test_whatever_is_open_has_a_next_moment_for_ever_and_nothing_else_has_one(status):
    moment = next_moment(status, MONDAY, TIMES, after=MONDAY)
    assert (moment is not None) is (status in OPEN - {Status.UNCONFIRMED})
    if status is Status.SUBMITTED:
        assert next_moment(status, MONDAY, TIMES, after=day(5000)) > day(5000)


def test_the_moments_of_a_question_follow_each_other():
    moments, at = [], MONDAY
    while (at := next_moment(Status.NEEDS_INFORMATION, MONDAY, TIMES, after=at)) is not None:
        moments.append((at - MONDAY).days)
    assert moments == [7, 21, 30]


def test_a_reminder_later_than_the_end_is_none():
    times = Times(question=5, reminders=(7,))
    assert next_moment(Status.NEEDS_INFORMATION, MONDAY, times, after=MONDAY) == day(5)
