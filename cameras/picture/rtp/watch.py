"""Which pictures of a stream are new, and when enough of them are there.

Recorders and servers that keep the last group of pictures send it first, in a burst: pictures from
before the request, which a decoder gives out like any other.  They betray themselves by arriving
sooner than they follow one another.  The picture that took the shortest way (arrival less stream
time) shows where "now" is in the stream; each picture's moment is its stream time on that scale, at
the latest.  What lies before the request does not count.

A delay that is the same for all pictures of a stream cannot be seen here: that is what the device's
own time (RTCP) and the clock of the probe are for.
"""

from dataclasses import dataclass
from typing import NamedTuple

from cameras.picture.rtp.units import Unit

SETTLE_S = 0.3
"""So long the stream must have run in step with our clock before anything is called new."""
STEP_S = 0.05
"""A picture that comes this much sooner than those before shows that they were old ones."""
BACK_S = 1.0
AHEAD_S = 10.0
"""Stream time that goes back or ahead so far begins anew; B-pictures go back by less."""
MOST_LEAPS = 3
MOST_UNITS = 1500
MOST_EXAMINED = 8


class Broken(Exception):
    """Nothing can be made of this stream; the message says why."""


@dataclass(slots=True)
class Seen:
    """A picture, when it was in the stream, and when it was here; both in seconds."""

    at_s: float
    arrived_s: float
    unit: Unit


class Piece(NamedTuple):
    """What a decoder gets: pictures from a key on, as (ms since the first, key, torn, data).

    wanted: the ms of those that count, the last of which is the picture.  stream_s: their length.
    ticks: the time stamp of the last one.  arrived_s: when it was there, `made_s` when it was made,
    on the clock of `Watch`.
    """

    pictures: list[tuple[int, bool, bool, bytes]]
    wanted: list[int]
    stream_s: float
    ticks: int
    made_s: float


class Watch:
    """Watches one stream.  All times are of one monotonic clock, in seconds.

    asked_s: when the picture was asked for.  watch_s: how much stream is wanted; 0 for one picture.
    """

    def __init__(self, *, asked_s: float, watch_s: float, clock_hz: int) -> None:
        self._asked_s, self._watch_s, self._clock_hz = asked_s, watch_s, clock_hz
        self._leaps = 0
        self._begin()

    def _begin(self) -> None:
        self._seen: list[Seen] = []
        self._base_s = float("inf")
        self._first_s: float | None = None
        self._stepped_s = 0.0
        self._newest_s = float("-inf")

    def add(self, unit: Unit, now_s: float) -> None:
        """Take the next picture.

        Raises:
            Broken: its time is of no use.
        """
        at_s = unit.ticks / self._clock_hz
        last = self._seen[-1] if self._seen else None
        if last and last.unit.ticks == unit.ticks:
            self._join(last, unit)
            return
        if self._first_s is not None and not -BACK_S < at_s - self._newest_s < AHEAD_S:
            self._leap()
        self._newest_s = max(self._newest_s, at_s)
        self._keep_pace(at_s, now_s)
        if unit.key and self._watch_s == 0:
            self._seen.clear()
        if unit.key or self._seen:
            self._seen.append(Seen(at_s, now_s, unit))
        if len(self._seen) > MOST_UNITS:
            raise Broken(f"more than {MOST_UNITS} pictures and still no end of the watch")

    def _join(self, last: Seen, unit: Unit) -> None:
        before = last.unit
        last.unit = Unit(
            unit.ticks, before.key or unit.key, before.torn or unit.torn, before.data + unit.data
        )

    def _leap(self) -> None:
        self._leaps += 1
        if self._leaps > MOST_LEAPS:
            raise Broken("the stream's time leaps back and forth")
        self._begin()

    def _keep_pace(self, at_s: float, now_s: float) -> None:
        lag_s = now_s - at_s
        if self._first_s is None:
            self._first_s = self._stepped_s = now_s
        elif lag_s < self._base_s - STEP_S:
            self._stepped_s = now_s
        self._base_s = min(self._base_s, lag_s)

    def is_new(self, seen: Seen) -> bool:
        """Whether the picture was made after the request."""
        return self.made_s(seen) >= self._asked_s

    def made_s(self, seen: Seen) -> float:
        """When it was made, at the latest."""
        return seen.at_s + self._base_s

    def missing(self) -> str:
        """What has been wanting, in words for a technician."""
        if self._first_s is None:
            return "the stream was opened and sent no picture"
        if not self._seen:
            return "the stream sent no key frame"
        return "the stream sent nothing that is proven to be newer than the request"

    def is_settled(self) -> bool:
        """Whether the stream has run in step with our clock for long enough, by what has come."""
        if not self._seen:
            return False
        return self._seen[-1].arrived_s - self._stepped_s >= SETTLE_S

    def is_done(self) -> bool:
        """Whether there is enough."""
        if not self.is_settled():
            return False
        new = [seen for seen in self._seen if self.is_new(seen)]
        return bool(new) and new[-1].at_s - new[0].at_s >= self._watch_s

    def piece(self) -> Piece | None:
        """What is to be decoded; None when nothing new has come.

        Of one picture, the key itself where it is new: what follows on it costs as much again.
        """
        new = [seen for seen in self._seen if self.is_new(seen)]
        if not new or not self.is_settled():
            return None
        first = self._seen[0]
        if self._watch_s == 0:
            wanted = [first] if first in new and not first.unit.torn else [new[-1]]
        else:
            wanted = spread(sorted(new, key=lambda seen: seen.at_s), MOST_EXAMINED)
        start = max(
            index
            for index, seen in enumerate(self._seen)
            if seen.unit.key and (seen.at_s <= wanted[0].at_s or index == 0)
        )
        end = self._seen.index(wanted[-1])
        return self._cut(self._seen[start : max(start, end) + 1], wanted)

    def _cut(self, decoded: list[Seen], wanted: list[Seen]) -> Piece:
        zero_s = min(seen.at_s for seen in decoded)
        ms = {id(seen): round((seen.at_s - zero_s) * 1000) for seen in decoded}
        pictures = [(ms[id(s)], s.unit.key, s.unit.torn, s.unit.data) for s in decoded]
        last = wanted[-1]
        return Piece(
            pictures,
            [ms[id(seen)] for seen in wanted if id(seen) in ms],
            last.at_s - wanted[0].at_s,
            last.unit.ticks,
            self.made_s(last),
        )

    def forget(self) -> None:
        """What came was torn: wait for the next key."""
        self._seen.clear()


def spread(items: list[Seen], most: int) -> list[Seen]:
    """At most `most` of them, evenly, with the first and the last."""
    if len(items) <= most:
        return items
    return [items[round(index * (len(items) - 1) / (most - 1))] for index in range(most)]
