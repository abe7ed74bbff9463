"""Floods from one account: counted by the minute in the cache, refused with the time to wait.

A throttle that fails must not cost a report: without the cache everything passes.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from gis_server.errors import TooMany
from gis_server.models import User
from gis_server.throttle import shared_count, wait_s


def count(by: User, what: str, *, most: int, now: datetime, more: int = 1) -> None:
    """Count so many more of `what` from this account in this minute.

    Raises:
        TooMany: that is more than `most`; with the seconds until the next minute.
    """
    number = shared_count(f"{what}:{by.pk}", now, more)
    if number is not None and number > most:
        wait = wait_s(now)
        raise TooMany(
            _(
                "Too much was sent from this account in one minute. Nothing is lost: "
                "what waits on the phone is sent in %(wait)d seconds."
            )
            % {"wait": wait},
            wait_s=wait,
        )
