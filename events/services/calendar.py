"""Working days: holidays and make-up workdays, as announced, and as somebody has entered them."""

from datetime import date, datetime, timedelta
from importlib.metadata import version

import chinese_calendar
from django.db import transaction
from django.utils import timezone

from events.models import CalendarDay
from events.worktime import PLAIN

FIRST_YEAR, YEARS_AHEAD = 2024, 2
LONGEST_NAME = 40
DAY = timedelta(days=1)
NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}
MADE_UP = "调休上班"


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + n * DAY for n in range((date(year + 1, 1, 1) - first).days)]


def known_year(year: int) -> list[CalendarDay]:
    """The days of a year that are not what the week says, as the State Council has announced them
    and the library `chinesecalendar` has them; empty where it does not know the year.
    """
    try:
        working = {day: chinese_calendar.is_workday(day) for day in days_of(year)}
    except NotImplementedError:
        return []
    source = f"chinesecalendar {version('chinesecalendar')}"
    return [
        CalendarDay(day=day, is_workday=works, name=name_of(day, works=works), source=source)
        for day, works in working.items()
        if works != PLAIN.is_workday(day)
    ]


def name_of(day: date, *, works: bool) -> str:
    """「春节」, or 「春节调休上班」."""
    _is_holiday, holiday = chinese_calendar.get_holiday_detail(day)
    told = NAMES.get(holiday or "", "")
    return f"{told}{MADE_UP}" if works else told or "休息日"


@transaction.atomic
def load_known_years(now: datetime) -> list[int]:
    """Enter the years that the library knows and of which nothing is entered; which those were.

    What somebody has entered stays: a year with one day is theirs.
    """
    loaded = list[int]()
    this_year = timezone.localdate(now).year
    for year in range(FIRST_YEAR, this_year + YEARS_AHEAD + 1):
        if not is_entered(year) and (rows := known_year(year)):
            CalendarDay.objects.bulk_create(rows, ignore_conflicts=True)
            loaded.append(year)
    return loaded


def is_entered(year: int) -> bool:
    return CalendarDay.objects.filter(day__year=year).exists()
