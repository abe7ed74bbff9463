"""Keeps coverage current: takes up tracks that are stale, works them out, and says so.

Any number of processes share the work.  A track is taken up by a lock on its duty, so that nobody
waits for anybody: not the other processes, which skip it, and not those who send positions, who may
mark it anew meanwhile.  The mark is taken away at the end only if it is still the one that was
read: what came in between is worked out in the next round.  A process that dies loses nothing, for
its transaction never was.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from gis_server import live
from grids.models import Grid
from patrols import slots
from patrols.errands.checkpoints import note_visits
from patrols.intake import stale
from patrols.intake.partitions import midnight
from patrols.intake.taking import oldest_kept
from patrols.intake.tracks import tracks_of
from patrols.models import Duty, Stretch
from patrols.models.control import STREET_DIGITS
from patrols.seen import grounds
from patrols.seen.locks import CLAIM, DUTY_LOCK
from patrols.seen.reading import Asked
from patrols.seen.working import Worked, work_out
from patrols.seen.writing import GroundChanged, write
from patrols.track import Means

logger = logging.getLogger(__name__)
AT_ONCE = 32
"""Tracks of one transaction."""
TOPIC = "coverage"
TELL_EACH = timedelta(seconds=4)
"""The wall hears of a street at most so often."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A stale track that this process has taken up; version: of its mark."""

    duty: int
    since: datetime
    version: str


@dataclass(slots=True)
class Round:
    """What one round did.  fixes: how many were read.  grids: of which something has changed."""

    tracks: int = 0
    fixes: int = 0
    grids: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Teller:
    """Says of streets that their coverage has grown: at once, and then once in a while.

    waiting: codes of grids that are still to be told.  told: when each street last was.
    """

    waiting: set[str] = field(default_factory=set)
    told: dict[str, datetime] = field(default_factory=dict)

    def due(self, now: datetime) -> set[str]:
        """Of the codes that wait those whose street's time has come."""
        # Also where the clock was set back since.
        just_told = {street for street, at in self.told.items() if abs(now - at) < TELL_EACH}
        return {code for code in self.waiting if code[:STREET_DIGITS] not in just_told}

    def tell(self, codes: Iterable[str], now: datetime) -> None:
        """Note the grids and tell those whose time has come; last in a transaction."""
        self.waiting.update(codes)
        due = self.due(now)
        live.record(*live.by_street(TOPIC, due))
        self.waiting -= due
        self.told.update(dict.fromkeys((code[:STREET_DIGITS] for code in due), now))


def cover_some(teller: Teller, now: datetime, most: int = AT_ONCE) -> Round:
    """Take up at most so many stale tracks and bring what they have seen up to date.

    A round that did nothing found none, or all of them in other hands.
    """
    done = Round()
    days = _days_waiting()
    made = {day: grounds.of_day(day, now) for day in days if day >= oldest_kept(now)}
    try:
        with transaction.atomic():
            claims = _claim(most)
            asked = _asked(claims, now)
            # Of a day that was marked only now the ground is made in the next round.
            later = {one.duty for one in asked if one.day not in made}
            worked = work_out([one for one in asked if one.duty not in later], made)
            done = Round(len(claims), sum(one.fixes for one in worked), write(worked, now))
            _call_at_checkpoints([one.asked.duty for one in worked], now)
            _settle([one for one in claims if one.duty not in later])
            teller.tell(_codes(done.grids), now)
    except GroundChanged:
        return cover_some(teller, now, most)
    return done


def _days_waiting() -> list[date]:
    days = Duty.objects.filter(stale_track__isnull=False).values_list("day", flat=True)
    return list(days.order_by("day").distinct())


def _claim(most: int) -> list[Claim]:
    """Stale tracks that nobody else is at, the oldest first."""
    found: list[Claim] = []
    with connection.cursor() as cursor:
        for offset in range(0, most * 64, most):
            cursor.execute(CLAIM, [most, offset, DUTY_LOCK])
            found = [Claim(*row) for row in cursor.fetchall()]
            if found or not _more(offset + most):
                return found
    return found


def _more(offset: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM patrols_staletrack OFFSET %s)", [offset])
        return bool(cursor.fetchone()[0])


def _asked(claims: Sequence[Claim], now: datetime) -> list[Asked]:
    """What is to be worked out; nothing of days whose positions have gone: their figures stay."""
    since = {one.duty: one.since for one in claims}
    duties = Duty.objects.filter(pk__in=since, day__gte=oldest_kept(now))
    rows = duties.select_related("member", "post").order_by("id")
    return [asked_of(duty, since[duty.pk]) for duty in rows]


def asked_of(duty: Duty, since: datetime | None) -> Asked:
    """since: None for the whole track."""
    reads_from = None
    if since is not None and since > midnight(duty.day):
        t = since.timestamp()
        reads_from = float(slots.touched(t, t)[0].reach[0])
    return Asked(
        duty.pk, duty.member_id, duty.day, duty.shift_id, Means(duty.member.means),
        duty.post.scope_code, reads_from,
    )  # fmt: skip


def _call_at_checkpoints(duties: Sequence[int], now: datetime) -> None:
    """Note who has called at a checkpoint: of posts that have some the whole track is looked at."""
    theirs = Duty.objects.filter(pk__in=duties, post__checkpoints__is_active=True).distinct()
    rows = list(theirs.select_related("member", "post").order_by("id"))
    for duty, found in tracks_of(rows):
        note_visits(duty, found, now)


SETTLE = """
    DELETE FROM patrols_staletrack AS mark USING unnest(%s::bigint[], %s::text[])
        AS mine (duty, version)
    WHERE mark.duty_id = mine.duty AND mark.xmin::text = mine.version"""


def _settle(claims: Sequence[Claim]) -> None:
    """Take the marks away that nobody has made anew."""
    ordered = sorted(claims, key=lambda one: one.duty)
    with connection.cursor() as cursor:
        told = [one.duty for one in ordered], [one.version for one in ordered]
        cursor.execute(SETTLE, list(told))


def _codes(grids: Iterable[int]) -> set[str]:
    return set(Grid.objects.filter(pk__in=list(grids)).values_list("code", flat=True))


# ---- Whole days ----------------------------------------------------------------------------------


def mark_day(day: date, now: datetime) -> int:
    """Have all tracks of a day worked out anew from their first fix on; how many there are."""
    duties = Duty.objects.filter(day=day).values_list("pk", flat=True)
    stale.mark(dict.fromkeys(duties, midnight(day)), now)
    return len(duties)


def compare_day(day: date, now: datetime) -> list[int]:
    """The duties of a day of which what is stored is not what their fixes give as a whole."""
    made = {day: grounds.of_day(day, now)}
    duties = list(Duty.objects.filter(day=day).select_related("member", "post").order_by("id"))
    waiting = set(
        Duty.objects.filter(day=day, stale_track__isnull=False).values_list("pk", flat=True)
    )
    wrong = []
    for first in range(0, len(duties), AT_ONCE):
        part = [duty for duty in duties[first : first + AT_ONCE] if duty.pk not in waiting]
        whole = work_out([asked_of(duty, None) for duty in part], made)
        wrong += _differing(whole)
    return wrong


def _differing(whole: Sequence[Worked]) -> list[int]:
    stored: dict[int, dict[datetime, bytes]] = {one.asked.duty: {} for one in whole}
    rows = Stretch.objects.filter(duty__in=stored).values_list("duty_id", "begins", "digest")
    for duty, begins, digest in rows:
        stored[duty][begins] = bytes(digest)
    return [
        one.asked.duty
        for one in whole
        if stored[one.asked.duty] != {new.begins: new.digest for new in one.stretches}
    ]
