"""Which days a briefing is about, and with which it is compared.  Pure: no Django, no clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from cameras.rates.periods import DAY, Period, month_before, month_of, week_of

WEEK = 7 * DAY


@dataclass(frozen=True, slots=True)
class Rhythm:
    """at: when the briefing of the period before is made, by the district's clock, on the first
    day after it.  kept_up: so many periods are made later, when the server was off.
    """

    at: time
    kept_up: int


RHYTHMS = {
    "day": Rhythm(time(6, 0), 7),
    "week": Rhythm(time(6, 30), 4),
    "month": Rhythm(time(7, 0), 2),
}


def period_of(kind: str, day: date) -> Period:
    """The day, week (Monday to Sunday) or month that holds a day."""
    if kind == "day":
        return Period(day, day)
    return week_of(day) if kind == "week" else month_of(day)


def before(kind: str, period: Period) -> Period:
    """The one before."""
    if kind == "month":
        return month_before(period.first)
    return period_of(kind, period.first - DAY)


def year_before(kind: str, period: Period) -> Period:
    """The same a year before: of a month that month, of a day or week 52 weeks back, so that
    Mondays are compared with Mondays.
    """
    if kind == "month":
        return month_of(period.first.replace(year=period.first.year - 1))
    return Period(period.first - 52 * WEEK, period.last - 52 * WEEK)


def due(kind: str, now: datetime, zone: tzinfo) -> list[Period]:
    """The periods whose briefings should be there by now, the latest first."""
    rhythm, local = RHYTHMS[kind], now.astimezone(zone)
    latest = before(kind, period_of(kind, local.date()))
    if datetime.combine(latest.last + DAY, rhythm.at, zone) > local:
        latest = before(kind, latest)
    found = [latest]
    while len(found) < rhythm.kept_up:
        found.append(before(kind, found[-1]))
    return found


def window_of(kind: str, period: Period) -> Period:
    """In which hot grids are looked for: the period, but a day is too little: the week up to it."""
    return Period(period.last - 6 * DAY, period.last) if kind == "day" else period


def repeats_of(kind: str, period: Period) -> Period:
    """In which repeated places are looked for: 30 days up to its end, 90 for a month."""
    days = 90 if kind == "month" else 30
    return Period(period.last - timedelta(days=days - 1), period.last)
