"""The moments that a figure of now is compared with.  Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum


class When(StrEnum):
    """YESTERDAY: at the same time of the clock.  LAST_WEEK: the same weekday of it, likewise."""

    NOW = "now"
    YESTERDAY = "yesterday"
    LAST_WEEK = "last_week"


DAYS_BACK = {When.NOW: 0, When.YESTERDAY: 1, When.LAST_WEEK: 7}


@dataclass(frozen=True, slots=True)
class Moment:
    """when; at: aware, UTC; midnight: when its day began."""

    when: When
    at: datetime
    midnight: datetime


def moments(now: datetime, zone: tzinfo) -> dict[When, Moment]:
    """By the clock of the zone: where it is put forward or back in between, the hour stays."""
    local = now.astimezone(zone)
    return {
        when: _moment(when, local - timedelta(days=back), now) for when, back in DAYS_BACK.items()
    }


def _moment(when: When, local: datetime, now: datetime) -> Moment:
    midnight = datetime.combine(local.date(), time.min, local.tzinfo).astimezone(UTC)
    return Moment(when, now if when is When.NOW else local.astimezone(UTC), midnight)
