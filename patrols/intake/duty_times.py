"""In which duty a member is at a time, for many members and times at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
from django.utils import timezone

from patrols.intake.partitions import midnight
from patrols.intake.spans import Spans, Turn, one_at_a_time
from patrols.models import Duty
from patrols.queries import coded_windows

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
DAY = timedelta(days=1)
MOST_KNOWN = 20_000
"""Members whose duties are remembered."""
MOST_ALONG = 50
"""So many others are asked for along with those who must be."""


@dataclass(frozen=True, slots=True)
class Known:
    """A member's turns around today, as they were at `asked` (seconds)."""

    turns: tuple[Turn, ...]
    asked: float


class DutyTimes:
    """Asks the database, and remembers what lies around today for `fresh_s` seconds.

    fresh_s: 0 asks each time, as whoever sits in a request must.  A duty that is taken off the
    roster counts on for so long in a process that remembers; a position taken meanwhile was, when
    it was sent, within a duty.
    """

    def __init__(self, fresh_s: float = 0.0) -> None:
        self.fresh_s = fresh_s
        self.known: dict[int, Known] = {}
        self.used: set[int] = set()
        self.around: tuple[datetime, datetime] = (datetime.min.replace(tzinfo=UTC),) * 2

    def find(self, members: Numbers, t: Floats, now: datetime) -> Spans:
        """The turns of these members that hold, or may hold, one of the times (seconds, each of
        the member at its place).  At most six queries.
        """
        self._move_on(now)
        begin, end = (edge.timestamp() for edge in self.around)
        is_near = (t >= begin) & (t < end)
        turns = self._near(np.unique(members[is_near]).tolist(), now.timestamp())
        if not is_near.all():
            far, times = np.unique(members[~is_near]).tolist(), t[~is_near]
            span = (_at(float(times.min())), _at(float(times.max())) + DAY)
            for member, found in _turns(far, *span).items():
                # What is told twice is one turn.
                turns[member] = one_at_a_time((*turns.get(member, ()), *found))
        return Spans.of(turns)

    def _move_on(self, now: datetime) -> None:
        """Yesterday, for a night shift that is not over, to the end of tomorrow."""
        today = timezone.localdate(now)
        around = (midnight(today - DAY), midnight(today + 2 * DAY))
        if around != self.around or len(self.known) > MOST_KNOWN:
            self.around, self.known, self.used = around, {}, set()

    def _near(self, members: Iterable[int], now_s: float) -> dict[int, tuple[Turn, ...]]:
        wanted = list(members)
        missing = {one for one in wanted if self._is_stale(one, now_s)}
        if missing:
            asked = missing | self._along(now_s)
            found = _turns(asked, *self.around)
            self.known |= {one: Known(found[one], now_s) for one in asked}
        self.used.update(wanted)
        return {one: self.known[one].turns for one in wanted}

    def _is_stale(self, member: int, now_s: float) -> bool:
        known = self.known.get(member)
        return known is None or now_s - known.asked >= self.fresh_s

    def _along(self, now_s: float) -> set[int]:
        """Others who will be wanted soon, for a phone sends every ten seconds.

        To ask costs as much as some thirty members, and every group would have to.  So few, that a
        group takes little longer; who was not wanted since does not come along again.
        """
        stale = (one for one in self.used if self._is_stale(one, now_s))
        found = set(islice(stale, MOST_ALONG))
        self.used -= found
        return found


def _turns(members: Iterable[int], begin: datetime, end: datetime) -> dict[int, tuple[Turn, ...]]:
    """When each of these members is on duty, and where; one turn at a time.  Three queries."""
    wanted = list(members)
    windows, codes = coded_windows(Duty.objects.filter(member_id__in=wanted), begin, end)
    return by_member(windows, codes, wanted)


def by_member(
    windows: Iterable[Any], codes: Mapping[int, str], members: Iterable[int]
) -> dict[int, tuple[Turn, ...]]:
    """The turns of windows (`roster.Window`), of each member one at a time."""
    found: dict[int, list[Turn]] = {one: [] for one in members}
    for one in windows:
        begin, end = one.span.begin.timestamp(), one.span.end.timestamp()
        found[one.duty.person].append(Turn(begin, end, one.duty.id, codes[one.duty.post]))
    return {member: one_at_a_time(turns) for member, turns in found.items()}


def _at(t: float) -> datetime:
    return datetime.fromtimestamp(t, UTC)
