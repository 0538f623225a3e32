"""Working days: Monday to Friday, whatever the hour."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correction_flow.core.clock import at, utcnow, working_days_between, working_days_later

FRIDAY = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (FRIDAY, 0, FRIDAY),
        (FRIDAY, 1, FRIDAY + timedelta(days=3)),
        (FRIDAY, 5, FRIDAY + timedelta(days=7)),
        (FRIDAY, 10, FRIDAY + timedelta(days=14)),
        (FRIDAY + timedelta(days=1), 1, FRIDAY + timedelta(days=3)),
        (FRIDAY + timedelta(days=2), 1, FRIDAY + timedelta(days=3)),
        (FRIDAY - timedelta(days=4), 4, FRIDAY),
    ],
)
def test_working_days_skip_the_weekend_and_keep_the_hour(start, days, end):
    assert working_days_later(start, days) == end


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 3, 6), date(2026, 3, 6), 0),
        (date(2026, 3, 6), date(2026, 3, 8), 0),
        (date(2026, 3, 6), date(2026, 3, 9), 1),
        (date(2026, 3, 2), date(2026, 3, 6), 4),
        (date(2026, 3, 2), date(2026, 3, 16), 10),
        (date(2026, 3, 9), date(2026, 3, 6), 0),
    ],
)
def test_working_days_between_two_dates_are_counted_without_the_first(start, end, days):
    assert working_days_between(start, end) == days


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 60))
def test_counting_forward_and_between_agree(day, days):
    start = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert working_days_between(day, working_days_later(start, days).date()) == days


def test_a_test_sets_the_clock_and_gives_it_back():
    with at(FRIDAY):
        assert utcnow() == FRIDAY
        with at(FRIDAY + timedelta(days=1)):
            assert utcnow() == FRIDAY + timedelta(days=1)
        assert utcnow() == FRIDAY
    assert utcnow() > FRIDAY
    assert utcnow().tzinfo is UTC
