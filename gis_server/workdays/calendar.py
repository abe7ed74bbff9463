"""Working days: holidays and make-up workdays, as announced, and as somebody has entered them."""

from datetime import date, datetime, timedelta
from importlib.metadata import version

import chinese_calendar
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.models import CalendarDay, User
from gis_server.scopes import holds_all
from gis_server.workdays.worktime import PLAIN, Calendar

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


def between(first: date, last: date) -> Calendar:
    """What differs from the week on these days, both included.  One query."""
    rows = CalendarDay.objects.filter(day__gte=first, day__lte=last)
    return Calendar(dict(rows.values_list("day", "is_workday")))


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
    """Enter the years that the library knows and that are not announced yet; which those were.

    Days that somebody has entered stay as they are.
    """
    loaded = list[int]()
    this_year = timezone.localdate(now).year
    for year in range(FIRST_YEAR, this_year + YEARS_AHEAD + 1):
        if not is_announced(year) and (rows := known_year(year)):
            CalendarDay.objects.bulk_create(rows, ignore_conflicts=True)
            loaded.append(year)
    return loaded


def is_announced(year: int) -> bool:
    """Whether its holidays are known; days that were entered by hand do not say so."""
    return CalendarDay.objects.filter(day__year=year).exclude(source="").exists()


@transaction.atomic
def set_day(
    *, by: User, day: date, is_workday: bool | None, name: str, seen: bool | None, now: datetime
) -> None:
    """Say what a day is; None: what its place in the week says.  Deadlines that were set stay.

    seen: what the sender's page showed to be entered, None for nothing.

    Raises:
        Invalid: a day of another time than people plan for.
        Conflict: somebody else was first.
        NotAllowed: part of the territory lies outside of the reach of `by`.
    """
    if not holds_all(by):
        raise NotAllowed(
            _("The calendar holds for everybody: only who answers for all grids changes it.")
        )
    if not FIRST_YEAR <= day.year <= timezone.localdate(now).year + YEARS_AHEAD:
        raise Invalid(_("Choose a day of a year that this page shows."))
    if not enter(by, day, is_workday, name, seen, now):
        raise Conflict(_("Somebody else has changed this meanwhile.  Load the page again."))
    detail = {"changed": [told(seen), told(is_workday)], "name": name}
    audit.note(by=by, action="calendar.changed", subject=day.isoformat(), detail=detail)


def enter(
    by: User, day: date, is_workday: bool | None, name: str, seen: bool | None, now: datetime
) -> bool:
    """Compare-and-set of one day; whether it was what was seen."""
    if seen is None:
        return is_workday is None or put(by, day, is_workday, name, now)
    same = CalendarDay.objects.filter(day=day, is_workday=seen)
    if is_workday is None:
        return same.delete()[0] == 1
    columns = {"is_workday": is_workday, "name": name, "source": ""}
    return same.update(**columns, changed_at=now, changed_by=by) == 1


def put(by: User, day: date, is_workday: bool, name: str, now: datetime) -> bool:
    """A day of which nothing was entered; whether nobody was faster."""
    try:
        with transaction.atomic():
            CalendarDay.objects.create(
                day=day, is_workday=is_workday, name=name, changed_at=now, changed_by=by
            )
    except IntegrityError:
        return False
    return True


def told(is_workday: bool | None) -> str:
    return "" if is_workday is None else ("workday" if is_workday else "holiday")
