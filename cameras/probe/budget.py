"""How often a refused password may be tried again.  Pure.

Hikvision and Dahua lock a client out for about 30 minutes after repeated bad logins, and Dahua also
answers 401 when its table of connections is full.  So a refusal is believed slowly and repeated
rarely: one more try after the lockout of such devices would have passed, then nothing until a day
is over or the credential changes.
"""

from datetime import datetime, timedelta

MAX_REFUSED_A_DAY = 2
LOCKOUT = timedelta(minutes=30)
DAY = timedelta(days=1)


def may_log_in(refused: int, last_refused_at: datetime | None, now: datetime) -> bool:
    """Whether to send the password, after `refused` refusals in a row and the last of them."""
    if not refused or last_refused_at is None:
        return True
    age = now - last_refused_at
    return age >= DAY or (refused < MAX_REFUSED_A_DAY and age >= LOCKOUT)


def refused_now(refused: int, last_refused_at: datetime | None, now: datetime) -> int:
    """The count after one more refusal at `now`; yesterday's refusals no longer count."""
    fresh = last_refused_at is None or now - last_refused_at >= DAY
    return 1 if fresh else refused + 1
