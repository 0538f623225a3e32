"""Working days: Monday to Friday, whatever the hour."""

from datetime import UTC, datetime, timedelta

import pytest

from correction_flow.core.clock import at, utcnow, working_days_later

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


def test_a_test_sets_the_clock_and_gives_it_back():
    with at(FRIDAY):
        assert utcnow() == FRIDAY
        with at(FRIDAY + timedelta(days=1)):
            assert utcnow() == FRIDAY + timedelta(days=1)
        assert utcnow() == FRIDAY
    assert utcnow() > FRIDAY
    assert utcnow().tzinfo is UTC
