"""A duty's track in half hours by the clock, each worked out by itself.  Pure.

What a track covers could change as a whole with every fix: a phone that lies still is known to only
after five minutes, and the middle of its stay moves with each fix.  So a track is covered slot by
slot: a slot of `SLOT_S` seconds is judged from its own fixes and those within `AROUND_S` of it,
which is further than any rule of `patrols.track` looks (300 s for a stay, 120 s for a join), and
only what lies in the slot counts.  Hence one more fix has at most three slots worked out anew, at
midnight as at noon; the order in which fixes come changes nothing; and what is worked out step by
step is, to the bit, what all at once gives.  A stay over the end of a slot has a middle in both.
"""

from dataclasses import dataclass

import numpy as np

from patrols.track import Fixes, Floats, Means, Track, track

SLOT_S = 1800
AROUND_S = 600


@dataclass(frozen=True, slots=True)
class Slot:
    """From `begin` to before `end`, seconds since 1970."""

    begin: int

    @property
    def end(self) -> int:
        return self.begin + SLOT_S

    @property
    def reach(self) -> tuple[int, int]:
        """Between which times fixes matter to it."""
        return self.begin - AROUND_S, self.end + AROUND_S


def touched(first: float, last: float) -> list[Slot]:
    """The slots to which fixes from `first` to `last` matter."""
    begin = int((first - AROUND_S) // SLOT_S)
    end = int((last + AROUND_S) // SLOT_S)
    return [Slot(number * SLOT_S) for number in range(begin, end + 1)]


def taken(fixes: Fixes, part: slice) -> Fixes:
    """A part of the fixes."""
    return Fixes(
        fixes.t[part], fixes.x[part], fixes.y[part],
        fixes.accuracy_m[part], fixes.is_mock[part], fixes.is_nowhere[part],
    )  # fmt: skip


def slot_track(fixes: Fixes, received: Floats, means: Means, slot: Slot) -> Track:
    """What of somebody's fixes is believed and lies in a slot.

    Fixes are in the order of time and may reach further than the slot does; received: when each
    came in.
    """
    part = slice(*np.searchsorted(fixes.t, slot.reach))
    return clip(track(taken(fixes, part), means, received[part]), slot)


def clip(track: Track, slot: Slot) -> Track:
    """What of a track lies in a slot: its points, and what is joined over either end of it."""
    if not len(track.x):
        return track
    inside = (track.t < slot.end) & (track.t_end >= slot.begin)
    ways = track.joined & (track.t_end[:-1] < slot.end) & (track.t[1:] >= slot.begin)
    kept = inside.copy()
    kept[:-1] |= ways
    kept[1:] |= ways
    where = np.flatnonzero(kept)
    # All that is kept lies together in time: inside, and one neighbour at either end.
    joined = ways[where[:-1]] if len(where) else ways[:0]
    t, t_end = track.t[kept], track.t_end[kept]
    return Track(track.flags, track.x[kept], track.y[kept], t, t_end, joined)
