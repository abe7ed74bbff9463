"""Floods from one account: counted by the minute in the cache, refused with the time to wait.

A throttle that fails must not cost a report: without the cache everything passes.
"""

import logging
from datetime import datetime

from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from gis_server.errors import TooMany
from gis_server.models import User

logger = logging.getLogger(__name__)
WINDOW_S = 60


def count(by: User, what: str, *, most: int, now: datetime, more: int = 1) -> None:
    """Count so many more of `what` from this account in this minute.

    Raises:
        TooMany: that is more than `most`; with the seconds until the next minute.
    """
    at_s = int(now.timestamp())
    key = f"events:{what}:{by.pk}:{at_s // WINDOW_S}"
    try:
        cache.add(key, 0, 2 * WINDOW_S)
        number = cache.incr(key, more)
    except (RedisError, OSError, ValueError) as error:
        logger.warning("%s of one account are not counted: %s", what, type(error).__name__)
        return
    if number > most:
        wait_s = WINDOW_S - at_s % WINDOW_S
        raise TooMany(
            _(
                "Too much was sent from this account in one minute. Nothing is lost: "
                "what waits on the phone is sent in %(wait)d seconds."
            )
            % {"wait": wait_s},
            wait_s=wait_s,
        )
