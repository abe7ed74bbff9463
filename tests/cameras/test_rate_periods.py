"""Days, weeks and months by the district's clock, and where the points of a plot begin."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cameras.rates.periods import Named, Period, month_before, month_of, named, week_of

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("day", "last"),
    [
        pytest.param(date(2026, 2, 14), 28, id="february"),
        pytest.param(date(2028, 2, 29), 29, id="a leap year's last day"),
        pytest.param(date(2026, 12, 31), 31, id="the last day of the year"),
        pytest.param(date(2026, 4, 1), 30, id="a first day"),
    ],
)
def test_a_month_is_whole(day: date, last: int) -> None:
    assert month_of(day) == Period(day.replace(day=1), day.replace(day=last))


def test_a_month_begins_at_midnight_in_shanghai() -> None:
    start, end = month_of(date(2026, 3, 5)).bounds(ZONE)

    assert start == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert end == datetime(2026, 3, 31, 16, tzinfo=UTC)


def test_names_of_periods_are_of_the_day_they_are_asked_on() -> None:
    monday = date(2026, 3, 2)

    assert named(Named.TODAY, monday) == Period(monday, monday)
    assert named(Named.YESTERDAY, monday) == Period(date(2026, 3, 1), date(2026, 3, 1))
    assert named(Named.THIS_WEEK, monday) == Period(monday, date(2026, 3, 8))
    assert named(Named.LAST_WEEK, monday) == Period(date(2026, 2, 23), date(2026, 3, 1))
    assert named(Named.THIS_MONTH, monday) == month_of(monday)
    assert named(Named.LAST_MONTH, monday) == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert month_before(date(2026, 1, 31)) == Period(date(2025, 12, 1), date(2025, 12, 31))
    assert week_of(date(2026, 3, 8)) == Period(monday, date(2026, 3, 8))


@pytest.mark.parametrize("days", [1, 2, 31, 62, 63, 64, 70, 365, 400])
@pytest.mark.parametrize("weekday", [0, 3, 6])
def test_the_points_of_a_plot_fill_the_period_without_gaps(days: int, weekday: int) -> None:
    first = date(2026, 3, 2) + timedelta(days=weekday)
    period = Period(first, first + timedelta(days=days - 1))
    edges = period.edges(ZONE)

    assert (edges[0], edges[-1]) == period.bounds(ZONE)
    assert edges == sorted(set(edges))
    if days <= 62:
        assert len(edges) == days + 1
    else:
        assert all(one.weekday() == 0 for one in edges[1:-1])
        assert len(edges) <= 60
