"""Signs of life: each part of this server that works unseen says so, and its silence is an alarm.

Pollers have signs of their own, with what they think of themselves (`cameras.services.watch`).  A
part that has never been heard is not missed: not every installation runs all of them.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection
from django.utils.translation import pgettext_lazy

EVERY_S = 15.0
"""How often a part says so."""


class Part(StrEnum):
    JOBS = "jobs"
    PICTURES = "pictures"
    COVER = "cover"
    POSITIONS = "positions"
    BACKUPS = "backups"


SILENT_AFTER: dict[Part, timedelta] = {
    # Both hands of a small machine may be at long jobs; the sign then waits its turn.
    Part.JOBS: timedelta(minutes=3),
    Part.PICTURES: timedelta(minutes=1),
    Part.COVER: timedelta(minutes=2),  # a long round is finished first
    Part.POSITIONS: timedelta(minutes=1),
    # One comes a day, and one that has failed is tried again by the hour.
    Part.BACKUPS: timedelta(hours=48),
}
NAMES = {
    Part.JOBS: pgettext_lazy("part of the server", "Background jobs"),
    Part.PICTURES: pgettext_lazy("part of the server", "Pictures of cameras"),
    Part.COVER: pgettext_lazy("part of the server", "Working out of coverage"),
    Part.POSITIONS: pgettext_lazy("part of the server", "Taking of positions"),
    Part.BACKUPS: pgettext_lazy("part of the server", "Nightly backups"),
}
# Never back: of two processes the newer sign counts, and a job that waited is no sign of then.  But
# one far ahead is of before the clock was set back, and would hide a silence until that is past.
BEAT = """
    INSERT INTO gis_server_beat AS known (part, place, seen_at) VALUES (%s, %s, %s)
    ON CONFLICT (part, place) DO UPDATE SET seen_at = CASE
        WHEN known.seen_at > excluded.seen_at + interval '5 minutes' THEN excluded.seen_at
        ELSE greatest(known.seen_at, excluded.seen_at) END"""


def beat(part: Part, now: datetime, place: str = "") -> None:
    """Note that the part lives.  One statement."""
    with connection.cursor() as cursor:
        cursor.execute(BEAT, [part.value, place, now])
