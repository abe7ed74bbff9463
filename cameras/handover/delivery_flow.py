"""What may become of a delivery, and when it is tried again.  Pure: no Django, no clock."""

from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from gis_server.workdays.worktime import PLAIN, Calendar

WORKDAY = 8
"""Beside the numbers of weekdays: a working day, whichever it is."""


class DeliveryState(StrEnum):
    """FAILED: not sent, will be tried again.  GIVEN_UP: will not.  UNCLEAR: may have arrived."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    GIVEN_UP = "given_up"
    UNCLEAR = "unclear"


NEXT: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.WAITING: frozenset({DeliveryState.SENDING, DeliveryState.GIVEN_UP}),
    DeliveryState.SENDING: frozenset(
        {
            DeliveryState.SENT,
            DeliveryState.FAILED,
            DeliveryState.GIVEN_UP,
            DeliveryState.UNCLEAR,
            DeliveryState.WAITING,
        }
    ),
    DeliveryState.FAILED: frozenset({DeliveryState.SENDING, DeliveryState.GIVEN_UP}),
    # Only somebody who has looked may have these sent again.
    DeliveryState.GIVEN_UP: frozenset({DeliveryState.WAITING}),
    DeliveryState.UNCLEAR: frozenset({DeliveryState.WAITING}),
    DeliveryState.SENT: frozenset(),
}
DUE = frozenset(s for s, after in NEXT.items() if DeliveryState.SENDING in after)
"""States in which a delivery waits for its time."""
SENT_AGAIN = frozenset(
    s for s, after in NEXT.items() if after == frozenset({DeliveryState.WAITING})
)
"""States in which a person may press "send again"."""

WAITS_MIN = (1, 5, 15, 60, 120, 240, 480)
"""Minutes to the next attempt after the first, second… failure; then always the last."""
TRIED_FOR = timedelta(hours=24)
"""So long after it was made a delivery is given up: the next morning's list is newer."""


def next_try(attempts: int, now: datetime, give_up_at: datetime) -> datetime | None:
    """When to try again after so many failed attempts; None when that is too late to be of use."""
    wait = WAITS_MIN[min(max(attempts, 1), len(WAITS_MIN)) - 1]
    again = now + timedelta(minutes=wait)
    return again if again <= give_up_at else None


def due_day(
    now: datetime,
    at: time,
    weekdays: frozenset[int],
    since: datetime,
    zone: tzinfo,
    calendar: Calendar = PLAIN,
) -> date | None:
    """The local day whose list is due now, or None.

    at: the local time of day.  weekdays: 1 for Monday, WORKDAY for what the calendar calls a
    working day; none means every day, several add up.  since: what was due
    before it is not caught up with.  A clock that is put forward over `at` makes it due at once;
    one that is put back does not make it due twice, for the day is the delivery's key.
    """
    today = now.astimezone(zone).date()
    due = datetime.combine(today, at, zone)
    if now < due or due < since or (weekdays and not weekdays & days_named(today, calendar)):
        return None
    return today


def days_named(day: date, calendar: Calendar) -> frozenset[int]:
    """What plans may call a day by."""
    return frozenset(
        {day.isoweekday(), WORKDAY} if calendar.is_workday(day) else {day.isoweekday()}
    )
