"""Hours of service: how long somebody's duties were in force.  Pure: no Django, no clock."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from patrols.roster import Span, Window

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Served:
    """In hours, with one decimal."""

    month: float
    year: float
    total: float


def served(windows: Iterable[Window], absent: Collection[int], now: datetime) -> Served:
    """Scheduled hours in force until `now`, an aware local time: of its month, its year, and all.

    absent: ids of duties whose person did not come.
    """
    counted = [one.span for one in windows if one.duty.id not in absent]
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begins = midnight.replace(day=1), midnight.replace(day=1, month=1)
    month, year = (hours(counted, Span(begin, now)) for begin in begins)
    return Served(month, year, sum_of(min(one.end, now) - one.begin for one in counted))


def hours(spans: Iterable[Span], within: Span) -> float:
    """How long spans last within another, in hours with one decimal."""
    return sum_of(min(one.end, within.end) - max(one.begin, within.begin) for one in spans)


def sum_of(lengths: Iterable[timedelta]) -> float:
    """Those below zero are none."""
    none = timedelta(0)
    return round(sum((one for one in lengths if one > none), none) / HOUR, 1)
