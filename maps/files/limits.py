"""How often files may be taken, and how many are made at once: each costs processor seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.core.cache import cache
from django.utils.translation import gettext as _

from gis_server.errors import TooMany
from gis_server.models import User

MOST_A_MINUTE = 12
"""Of one person, previews among them."""
PERIOD_S = 60
AT_ONCE = BoundedSemaphore(2)
"""In each process; others wait their turn for `PATIENCE_S`."""
PATIENCE_S = 20


@contextmanager
def one_file(user: User) -> Iterator[None]:
    """
    Raises:
        TooMany: this person took many within a minute, or others' are being made.
    """
    key = f"map-files-{user.pk}"
    cache.add(key, 0, PERIOD_S)
    if cache.incr(key) > MOST_A_MINUTE:
        raise TooMany(_("That was a lot of files within a minute: wait a moment."), PERIOD_S)
    if not AT_ONCE.acquire(timeout=PATIENCE_S):
        raise TooMany(_("Others are having files made right now: try again in ten seconds."), 10)
    try:
        yield
    finally:
        AT_ONCE.release()
