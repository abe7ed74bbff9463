"""Which periods have briefings, when, and with which they are compared."""

from datetime import date, datetime
from itertools import pairwise

import pytest

from cameras.rates.periods import Period
from events.briefings import periods
from tests.events.counted import ZONE


def days(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("kind", "now", "latest", "count"),
    [
        pytest.param("day", "2026-03-10T05:59", ("2026-03-08", "2026-03-08"), 7, id="too early"),
        pytest.param("day", "2026-03-10T06:00", ("2026-03-09", "2026-03-09"), 7, id="at six"),
        pytest.param("week", "2026-03-09T06:29", ("2026-02-23", "2026-03-01"), 4, id="early"),
        pytest.param("week", "2026-03-09T06:30", ("2026-03-02", "2026-03-08"), 4, id="monday"),
        pytest.param("week", "2026-03-15T23:00", ("2026-03-02", "2026-03-08"), 4, id="sunday"),
        pytest.param("month", "2026-03-01T06:59", ("2026-01-01", "2026-01-31"), 2, id="too soon"),
        pytest.param("month", "2026-03-01T07:00", ("2026-02-01", "2026-02-28"), 2, id="the 1st"),
        pytest.param("month", "2026-01-01T07:00", ("2025-12-01", "2025-12-31"), 2, id="new year"),
    ],
)  # fmt: skip
def test_what_is_due_when(kind: str, now: str, latest: tuple[str, str], count: int) -> None:
    found = periods.due(kind, datetime.fromisoformat(now).replace(tzinfo=ZONE), ZONE)

    assert found[0] == days(*latest)
    assert len(found) == count
    assert all(a.first > b.last for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("kind", "period", "before", "year"),
    [
        ("day", ("2026-03-01", "2026-03-01"), ("2026-02-28", "2026-02-28"),
         ("2025-03-02", "2025-03-02")),
        ("week", ("2026-03-02", "2026-03-08"), ("2026-02-23", "2026-03-01"),
         ("2025-03-03", "2025-03-09")),
        ("month", ("2026-01-01", "2026-01-31"), ("2025-12-01", "2025-12-31"),
         ("2025-01-01", "2025-01-31")),
        ("month", ("2024-02-01", "2024-02-29"), ("2024-01-01", "2024-01-31"),
         ("2023-02-01", "2023-02-28")),
    ],
)  # fmt: skip
def test_with_which_it_is_compared(
    kind: str, period: tuple[str, str], before: tuple[str, str], year: tuple[str, str]
) -> None:
    assert periods.before(kind, days(*period)) == days(*before)
    assert periods.year_before(kind, days(*period)) == days(*year)
