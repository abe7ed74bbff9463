"""When the nightly backup is due.  Pure: no Django, no clock."""

from datetime import datetime, time, timedelta


def is_due(now: datetime, at: time, newest: datetime | None) -> bool:
    """Whether none has been made since the clock last showed `at`.

    So a night without power is made up for by day, and a backup by hand counts as well.

    Args:
        now: aware, in the zone whose clock is meant.
        newest: when the newest complete one was made; None where there is none.
    """
    last = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    if last > now:
        last -= timedelta(days=1)
    return newest is None or newest < last
