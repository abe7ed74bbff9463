"""Works out the whole day of a district from its raw positions, in several processes."""

import multiprocessing
import time
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connections
from django.utils import timezone

from patrols.models import StaleTrack
from patrols.seen import grounds
from patrols.seen.covering import Teller, cover_some, mark_day

PROCESSES = 2
PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Whole:
    """seconds: how long it took; of these ground_s for the ground, if it was not there."""

    tracks: int
    fixes: int
    ground_s: float
    seconds: float


def cover_day(day: date, now: datetime, processes: int = PROCESSES) -> Whole:
    """Work all tracks of a day out anew, from the positions as they were sent to the figures.

    What is there meanwhile stays as it is: what comes out the same is not written again.  Must be
    called outside a transaction.
    """
    begin = time.monotonic()
    # Made, and read into memory, before the processes part: they share it.
    for one in grounds.of_day(day, now):
        grounds.terrain_of(one.ground_id)
    ground_s = time.monotonic() - begin
    mark_day(day, now)
    if processes == 1:
        done = [_drain(day)]
    else:
        connections.close_all()
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            done = pool.map(_drain, [day] * processes)
    tracks, fixes = (sum(column) for column in zip(*done, strict=True))
    return Whole(tracks, fixes, ground_s, time.monotonic() - begin)


def _drain(day: date) -> tuple[int, int]:
    """Work until no track of the day is stale: how many tracks and positions that were."""
    teller, tracks, fixes = Teller(), 0, 0
    while StaleTrack.objects.filter(duty__day=day).exists():
        done = cover_some(teller, timezone.now())
        tracks, fixes = tracks + done.tracks, fixes + done.fixes
        if not done.tracks:
            time.sleep(PAUSE_S)  # the rest is in other hands
    connections.close_all()
    return tracks, fixes
