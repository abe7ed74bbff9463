"""The flood rule for alarms (EEMUA 191).  Pure: no Django, no clock.

1 More than 10 new alarms in 10 minutes are more than anybody can answer one by one: a flood.
2 It is over when there are fewer than 5 in 10 minutes, so that it does not come and go.

Nothing is stored of a flood: it follows from the moments at which alarms were raised, those that
are over included, as far back as LOOK_BACK.  A flood in which for so long never more than 10 came
in 10 minutes counts as over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=10)
BEGINS_ABOVE, ENDS_BELOW = 10, 5
LOOK_BACK = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Flood:
    """since: when it began, None where there is none.  new: alarms of the last window."""

    since: datetime | None
    new: int


def flood(raised: Iterable[datetime], now: datetime) -> Flood:
    """Walk over the moments at which alarms were raised and at which they cease to be new.

    What is of a time to come is not counted: clocks of other machines may be ahead.
    """
    moments = [at for at in raised if now - LOOK_BACK < at <= now]
    steps = [(at, 1) for at in moments]
    steps += [(at + WINDOW, -1) for at in moments if at + WINDOW <= now]
    new, since = 0, None
    # Of one moment the old goes before the new comes: ten minutes are over at their end.
    for at, change in sorted(steps):
        new += change
        if new > BEGINS_ABOVE:
            since = since or at
        elif new < ENDS_BELOW:
            since = None
    return Flood(since, new)
