"""What the page of sites reads: who asks which cameras, and how they fare.  A fixed number of
queries.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Value
from django.db.models.functions import Coalesce

from cameras.health import State
from cameras.models import Notice, PollerBeat, Site
from cameras.page_queries import WORST_FIRST
from cameras.queries import cameras_of
from cameras.services.watch import BEAT_LASTS
from gis_server.edge import Page
from gis_server.models import User

MOST_BEATS = 500


@dataclass(frozen=True, slots=True)
class Poller:
    """A poller and its last sign of life.

    is_heard: lately enough to be counted on.  outdated: started before the site's networks or ports
    were changed, which it therefore does not know of.
    """

    beat: PollerBeat
    silent_s: float
    is_heard: bool
    outdated: bool


@dataclass(frozen=True, slots=True)
class SiteShown:
    """A site: its cameras in the reader's area by state, its pollers, the processes that take its
    pictures, and its open notices.
    """

    site: Site
    counts: Sequence[tuple[State, int]]
    pollers: Sequence[Poller]
    photographers: Sequence[Poller]
    notices: Sequence[Notice]

    @property
    def total(self) -> int:
        return sum(count for _state, count in self.counts)

    @property
    def is_asked(self) -> bool:
        """Whether anybody asks its cameras now."""
        return any(poller.is_heard for poller in self.pollers)


def sites(user: User, page: Page, now: datetime) -> tuple[list[SiteShown], int]:
    """One piece of the list by name, and how many there are.  Five queries."""
    rows = Site.objects.order_by("name", "id")
    found = list(rows[page.offset : page.offset + page.limit])
    names = [row.name for row in found]
    counts = _counts(user, found)
    beats, notices = defaultdict[str, list[PollerBeat]](list), defaultdict[str, list[Notice]](list)
    for beat in PollerBeat.objects.filter(site__in=names).order_by("name")[:MOST_BEATS]:
        beats[beat.site].append(beat)
    for notice in Notice.objects.filter(site__in=names, closed_at=None):
        notices[notice.site].append(notice)
    shown = [
        SiteShown(
            row,
            [(state, counts[row.pk, state.value]) for state in WORST_FIRST],
            *_by_kind([poller_of(row, beat, now) for beat in beats[row.name]]),
            notices[row.name],
        )
        for row in found
    ]
    return shown, rows.count()


def _by_kind(found: Sequence[Poller]) -> tuple[list[Poller], list[Poller]]:
    """Those that poll, and those that take pictures."""
    pollers, photographers = list[Poller](), list[Poller]()
    for one in found:
        takes_pictures = one.beat.kind == PollerBeat.Kind.PICTURES
        (photographers if takes_pictures else pollers).append(one)
    return pollers, photographers


def _counts(user: User, rows: Sequence[Site]) -> Counter[tuple[int, str]]:
    state = Coalesce("state__state", Value(State.UNKNOWN.value))
    cameras = cameras_of(user).filter(site__in=[row.pk for row in rows]).order_by()
    found = cameras.values_list("site_id", state).annotate(Count("id"))
    return Counter({(site, str(state)): number for site, state, number in found})


def poller_of(site: Site, beat: PollerBeat, now: datetime) -> Poller:
    silent = now - beat.seen_at
    return Poller(
        beat,
        max(0.0, silent.total_seconds()),
        is_heard=silent <= BEAT_LASTS,
        outdated=site.bounds_at is not None and beat.started_at < site.bounds_at,
    )
