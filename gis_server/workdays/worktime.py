"""Working days.  Pure: days and moments in, moments out; no Django, no clock.

A term of working days begins on the next day (《民法典》第二百零一条: the day it begins on does not
count) and ends with the office hours of its last working day (第二百零三条: 有业务时间的, 停止业务
活动的时间为截止时间).  What a day is, the moment says by its own time zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

BEGIN_OF_WORK, END_OF_WORK = time(8, 0), time(18, 0)
MOST_WORKDAYS = 250
SATURDAY = 5
DAY = timedelta(days=1)
LONGEST_TERM = timedelta(days=3 * 366)
"""No term of `MOST_WORKDAYS` is longer in any calendar that people live by."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Monday to Friday are working days, but for `exceptions`: day → whether it is one."""

    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        known = self.exceptions.get(day)
        return day.weekday() < SATURDAY if known is None else known

    def is_office_time(self, moment: datetime) -> bool:
        """Whether offices work at an aware local time: to the end of work, but not at it."""
        return self.is_workday(moment.date()) and BEGIN_OF_WORK <= moment.time() < END_OF_WORK


PLAIN = Calendar()


def end_of_term(start: datetime, workdays: int, calendar: Calendar) -> datetime:
    """When a term of so many working days ends that begins at `start`, an aware local time.

    Raises:
        ValueError: no number of days from 1 to MOST_WORKDAYS, or a calendar without that many.
    """
    if not 1 <= workdays <= MOST_WORKDAYS:
        raise ValueError(f"{workdays} is no term of 1 to {MOST_WORKDAYS} working days")
    day, left = start.date(), workdays
    while left:
        day += DAY
        if day - start.date() > LONGEST_TERM:
            raise ValueError("the calendar has too few working days")
        left -= calendar.is_workday(day)
    return datetime.combine(day, END_OF_WORK, start.tzinfo)


def workdays_between(first: date, last: date, calendar: Calendar) -> int:
    """How many working days lie after `first`, up to and with `last`."""
    days = (last - first).days
    return sum(calendar.is_workday(first + n * DAY) for n in range(1, days + 1))
