"""When the cameras of a class are to be looked at (轮巡).  Pure: no Django, no clock.

A round begins at fixed times of the local day: from the start of each stretch of hours, every so
many minutes.  So every process knows by itself which round it is, and after a standstill only the
newest one is made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

MIN_EVERY_MIN, MAX_EVERY_MIN = 5, 24 * 60
MAX_STRETCHES = 8
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hours of the local day, `to_hour` not included, and the minutes from round to round."""

    from_hour: int
    to_hour: int
    every_min: int


@dataclass(frozen=True, slots=True)
class ClassRules:
    """What holds for the cameras of one class.

    dim_after_min: the page dims a picture that is older.  keep_days, keep_faults_days: None for
    what the settings say.  version: 0 while nobody has changed it.
    """

    priority: str
    hours: tuple[Stretch, ...]
    dim_after_min: int
    keep_days: int | None = None
    keep_faults_days: int | None = None
    version: int = 0


USUAL = {
    rules.priority: rules
    for rules in (
        ClassRules(
            "key_area", (Stretch(0, 6, 120), Stretch(6, 22, 60), Stretch(22, 24, 120)), 3 * 60
        ),
        ClassRules("key_industry", (Stretch(0, 24, 120),), 6 * 60),
        ClassRules(
            "ordinary", (Stretch(0, 6, 360), Stretch(6, 22, 240), Stretch(22, 24, 120)), 12 * 60
        ),
    )
}
"""By class, until somebody sets something else.  A picture is called old when it has missed two
rounds of the day."""


def wrong_with(hours: Sequence[Stretch]) -> str | None:
    """What is wrong with the stretches of a day, as a word; None where they can be used."""
    if len(hours) > MAX_STRETCHES:
        return "many"
    for one in hours:
        if not 0 <= one.from_hour < one.to_hour <= 24:
            return "hours"
        if not MIN_EVERY_MIN <= one.every_min <= MAX_EVERY_MIN:
            return "minutes"
    ordered = sorted(hours, key=lambda one: one.from_hour)
    if any(one.to_hour > next_one.from_hour for one, next_one in pairwise(ordered)):
        return "overlap"
    return None


def begun_at(hours: Sequence[Stretch], now: datetime) -> datetime | None:
    """When the newest round began; None when none has within two days.  `now` is local time."""
    begun = (at for day in (now, now - DAY) for at in _starts(hours, day) if at <= now)
    return max(begun, default=None)


def next_at(hours: Sequence[Stretch], now: datetime) -> datetime | None:
    """When the next round begins; None where there are none.  `now` is local time."""
    coming = (at for day in (now, now + DAY) for at in _starts(hours, day) if at > now)
    return min(coming, default=None)


def _starts(hours: Sequence[Stretch], day: datetime) -> Iterator[datetime]:
    """When the rounds of a day begin."""
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    for one in hours:
        for minute in range(one.from_hour * 60, one.to_hour * 60, one.every_min):
            yield midnight + timedelta(minutes=minute)
