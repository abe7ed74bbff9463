"""How often one account, or one address, may ask for what costs much: counted by the minute.

Redis counts for all processes together.  While it is away each process counts for itself, so the
limit is one of a process and not of the server: nobody is kept out for it, and a flood still ends.
"""

import logging
import threading
from collections import Counter
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from gis_server.errors import TooMany

logger = logging.getLogger(__name__)
WINDOW_S = 60
MOST_OWN_KEYS = 20_000
"""Of one process, while Redis is away."""


class Pace(StrEnum):
    """What is counted; the limits stand in the setting RATES."""

    FILES = "files"
    IMPORTS = "imports"
    SEARCHES = "searches"
    FIGURES = "figures"
    DEVICES = "devices"
    SIGN_INS = "sign_ins"


class OwnCounts:
    """What one process has counted in one minute; the next minute begins with nothing."""

    def __init__(self) -> None:
        self.lock, self.minute, self.counts = threading.Lock(), -1, Counter[str]()

    def add(self, key: str, more: int, minute: int) -> int:
        with self.lock:
            if minute != self.minute or len(self.counts) > MOST_OWN_KEYS:
                self.minute = minute
                self.counts.clear()
            self.counts[key] += more
            return self.counts[key]


own_counts = OwnCounts()


def wait_s(now: datetime) -> int:
    """Seconds until the next minute begins: 1 to 60."""
    return WINDOW_S - int(now.timestamp()) % WINDOW_S


def shared_count(key: str, now: datetime, more: int = 1) -> int | None:
    """So many more of this in this minute: how many it are now, of all processes together.

    None when Redis does not answer.
    """
    minute = int(now.timestamp()) // WINDOW_S
    try:
        cache.add(f"{key}:{minute}", 0, 2 * WINDOW_S)
        return int(cache.incr(f"{key}:{minute}", more))
    except (RedisError, OSError, ValueError) as error:
        what = key.partition(":")[0]
        logger.warning("%s is not counted in Redis: %s", what, type(error).__name__)
        return None


def check(pace: Pace, who: str, now: datetime) -> None:
    """Count one more of this kind by this account or address.

    Raises:
        TooMany: that is more than the setting allows; with the seconds until the next minute.
    """
    key = f"{pace}:{who}"
    number = shared_count(key, now)
    if number is None:
        number = own_counts.add(key, 1, int(now.timestamp()) // WINDOW_S)
    if number > settings.RATES[pace.value]:
        wait = wait_s(now)
        message = _(
            "Too many requests of this kind in one minute. Nothing was done: wait %(wait)d"
            " seconds and try again."
        )
        raise TooMany(message % {"wait": wait}, wait_s=wait)
