"""Days, weeks and months by the district's clock.  Pure: no Django, no clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

MOST_DAYS = 400
MOST_PLOTTED_DAYS = 62
"""So many days are plotted each for itself, longer periods by week."""
DAY = timedelta(days=1)
WEEK_DAYS = 7


class Named(StrEnum):
    """Periods that a reader names without dates."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days: `first` to `last`, both of them in it."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def by_day(self) -> bool:
        """Whether its plot has a point a day; else one a week."""
        return self.days <= MOST_PLOTTED_DAYS

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """From midnight to midnight: the second is the first moment after the period."""
        return midnight(self.first, zone), midnight(self.last + DAY, zone)

    def edges(self, zone: tzinfo) -> list[datetime]:
        """Where the points of its plot begin, and the end of the last one."""
        starts = [midnight(day, zone) for day in self.steps()]
        return [*starts, midnight(self.last + DAY, zone)]

    def steps(self) -> list[date]:
        """The first day of each point of its plot; weeks begin on Mondays."""
        if self.by_day:
            return [self.first + n * DAY for n in range(self.days)]
        mondays = self.first + (WEEK_DAYS - self.first.weekday()) * DAY
        count = max(0, -(-(self.last + DAY - mondays).days // WEEK_DAYS))
        return [self.first, *(mondays + n * WEEK_DAYS * DAY for n in range(count))]


def midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def month_of(day: date) -> Period:
    first = day.replace(day=1)
    following = (first + 31 * DAY).replace(day=1)
    return Period(first, following - DAY)


def month_before(day: date) -> Period:
    return month_of(day.replace(day=1) - DAY)


def week_of(day: date) -> Period:
    monday = day - day.weekday() * DAY
    return Period(monday, monday + (WEEK_DAYS - 1) * DAY)


def named(name: Named, today: date) -> Period:
    return {
        Named.TODAY: Period(today, today),
        Named.YESTERDAY: Period(today - DAY, today - DAY),
        Named.THIS_WEEK: week_of(today),
        Named.LAST_WEEK: week_of(today - WEEK_DAYS * DAY),
        Named.THIS_MONTH: month_of(today),
        Named.LAST_MONTH: month_before(today),
    }[name]
