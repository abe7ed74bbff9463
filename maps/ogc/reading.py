"""Boxes and times as OGC API - Features writes them (17-069r4, 7.15.3 and 7.15.4).  Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from gis_server.plain_numbers import decimals_of

Box = tuple[float, float, float, float]
"""Least first axis, least second axis, greatest first, greatest second."""
BEGINNING, END = date(1, 1, 2), date(9999, 12, 30)
OPEN = ("", "..")
WHOLE_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# RFC 3339, 5.6; the space that it permits for reading is taken too.
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")
LONGEST_TIME = 80
TICK = timedelta(microseconds=1)
"""The database keeps no shorter time."""


def box_of(text: str) -> Box:
    """Four numbers, or six of which the heights (third and sixth) are not looked at.

    Raises:
        ValueError: another number of them, or one that is not finite.
    """
    numbers = decimals_of(text)
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    first, second, third, fourth = numbers
    return first, second, third, fourth


def on_the_globe(west: float, south: float, east: float, north: float) -> list[Box]:
    """The box in degrees as one or two that do not cross the antimeridian: west may lie east of
    east, which is a box across it.

    Raises:
        ValueError: no degrees, or south lies north of north.
    """
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise ValueError("longitudes are -180 to 180 degrees")
    if not -90 <= south <= north <= 90:
        raise ValueError("latitudes are -90 to 90 degrees, the southern first")
    if west <= east:
        return [(west, south, east, north)]
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


@dataclass(frozen=True, slots=True)
class Span:
    """From the first moment to the last, both included; None: open on that side."""

    first: datetime | None = None
    last: datetime | None = None

    def days(self, zone: tzinfo) -> tuple[date | None, date | None]:
        """The first and the last day that it touches, by the clock of a zone."""
        return (
            self.first and self.first.astimezone(zone).date(),
            self.last and self.last.astimezone(zone).date(),
        )


def span_of(text: str, zone: tzinfo) -> Span:
    """A moment, a day, or an interval of these ("a/b", "a/..", "/b"); days are those of `zone`.

    Raises:
        ValueError: none of these, or it ends before it begins.
    """
    if len(text) > LONGEST_TIME:
        raise ValueError("too long for a time")
    first, slash, last = text.partition("/")
    if not slash:
        return Span(*_bounds(first, zone))
    span = Span(
        None if first in OPEN else _bounds(first, zone)[0],
        None if last in OPEN else _bounds(last, zone)[1],
    )
    if span.first and span.last and span.first > span.last:
        raise ValueError("the interval ends before it begins")
    return span


def _bounds(text: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """First and last moment of a moment or a day."""
    if WHOLE_DAY.fullmatch(text):
        day = _on_the_calendar(date.fromisoformat(text))
        begin = datetime.combine(day, time.min, zone)
        return begin, datetime.combine(day + timedelta(days=1), time.min, zone) - TICK
    if not MOMENT.fullmatch(text):
        raise ValueError("no time of RFC 3339")
    moment = datetime.fromisoformat(text.upper().replace(" ", "T"))
    _on_the_calendar(moment.date())
    moment = moment.astimezone(UTC)  # PostgreSQL knows no zone beyond ±15:59
    return moment, moment


def _on_the_calendar(day: date) -> date:
    """A day that can be moved to another zone and back."""
    if not BEGINNING <= day <= END:
        raise ValueError("beyond the calendar")
    return day
