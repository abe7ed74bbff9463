"""Which positions of somebody on duty can be believed, and which belong to one way.  Pure.

Nothing is deleted: what is doubted is flagged with its reason, and the rest makes the track.

1 One fix by itself: no place (0,0), from the future, made up by an app (mock), less exact than can
  be used.
2 Of fixes at the same second the most exact counts.
3 Speed gate: between two fixes there lies at least their distance less what both may be off.  One
  that cannot be reached from the fix before, nor the next from it, at the speed of the means of
  transport is flagged; so is a short run of fixes without which the way makes sense (a jump).
4 A phone that lies still drifts: 30 minutes "walk" 2.6 km.  Where all fixes of `STILL_S` seconds
  keep within `STILL_RADIUS_M` (root mean square) of their middle, they are one stay there.
5 Two neighbours are joined where at most `JOIN_S` seconds and `JOIN_M` metres lie between them and
  the way was not too fast.

The limits are the starting values of the field's measurements: docs/design/patrol-coverage.md.
"""

from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]

WORST_ACCURACY_M = 50.0
UNKNOWN_ACCURACY_M = 15.0
"""What a fix that says nothing of its accuracy may be off."""
FUTURE_S = 300.0
NOWHERE_DEG = 0.5
"""Nearer than this to 0,0 is a phone that knows no position."""
STILL_S, STILL_RADIUS_M = 300.0, 25.0
JOIN_S, JOIN_M = 120.0, 200.0
LONGEST_JUMP = 5
"""So many fixes may lie off the way together and be a jump, not a way of their own."""
MOST_PASSES = 8
"""The speed gate is asked again until it flags nothing more, at most so often."""


class Means(StrEnum):
    """Means of transport."""

    FOOT = "foot"
    BIKE = "bike"
    CAR = "car"


TOP_SPEED_MS = {Means.FOOT: 3.0, Means.BIKE: 8.0, Means.CAR: 35.0}
"""Metres a second; faster is not this means, or no position."""


class Flag(IntFlag):
    """Why a fix is doubted."""

    NOWHERE = 1
    FUTURE = 2
    MOCK = 4
    INACCURATE = 8
    REPEATED = 16
    TOO_FAST = 32
    STILL = 64
    """Part of a stay: it stands for its place only by the stay's middle."""


UNUSABLE = ~int(Flag.STILL)


@dataclass(frozen=True, slots=True)
class Fixes:
    """Arrays of one length n, in any order.

    t: seconds since 1970, UTC.  x, y: metres in one projected CRS.  accuracy_m: radius that the
    phone gives; NaN where it gives none.  is_mock: made up by an app.  is_nowhere: at 0,0.
    """

    t: Floats
    x: Floats
    y: Floats
    accuracy_m: Floats
    is_mock: Bools
    is_nowhere: Bools

    def __len__(self) -> int:
        return len(self.t)


@dataclass(frozen=True, slots=True)
class Track:
    """What the fixes of one person come to.

    flags: of each fix, in the order in which they came (int64 of `Flag`).
    x, y, t, t_end: the points of the track in the order of time: a fix, or the middle of a stay
    from t to t_end.  joined: of point n, whether it is joined to point n + 1; one shorter.
    """

    flags: Numbers
    x: Floats
    y: Floats
    t: Floats
    t_end: Floats
    joined: Bools

    @property
    def length_m(self) -> float:
        """Metres of what is joined."""
        return float(np.hypot(np.diff(self.x), np.diff(self.y))[self.joined].sum())


def track(fixes: Fixes, means: Means, now: float | Floats) -> Track:
    """Flag the fixes and join what is left.

    now: seconds since 1970; of each fix when it was received, where that is known, for what was
    the future then is not less doubtful once it has come.
    """
    order = np.lexsort((_off(fixes), fixes.t))
    flags = _alone(fixes, now)
    flags[order] |= _repeated(fixes.t[order], flags[order])
    usable = order[flags[order] == 0]
    too_fast = _gate(fixes, usable, TOP_SPEED_MS[means])
    flags[usable[too_fast]] |= Flag.TOO_FAST
    kept = usable[~too_fast]
    still = _still(fixes.t[kept], fixes.x[kept], fixes.y[kept])
    flags[kept[still]] |= Flag.STILL
    return _joined(fixes, kept, still, flags, TOP_SPEED_MS[means])


def _off(fixes: Fixes) -> Floats:
    """Metres that each fix may be off."""
    return np.where(np.isnan(fixes.accuracy_m), UNKNOWN_ACCURACY_M, fixes.accuracy_m)


def _alone(fixes: Fixes, now: float | Floats) -> Numbers:
    """Flags of each fix by itself."""
    found = np.zeros(len(fixes), np.int64)
    # A phone that gives a negative radius knows none; it is not more exact for it.
    inexact = (fixes.accuracy_m > WORST_ACCURACY_M) | (fixes.accuracy_m < 0)
    for flag, holds in (
        (Flag.NOWHERE, fixes.is_nowhere),
        (Flag.FUTURE, fixes.t > now + FUTURE_S),
        (Flag.MOCK, fixes.is_mock),
        (Flag.INACCURATE, inexact),
    ):
        found[holds] |= flag
    return found


def _repeated(t: Floats, flags: Numbers) -> Numbers:
    """Flags of usable fixes of a second that has a usable one before it; in the order of time."""
    usable = np.flatnonzero(flags == 0)
    seconds = np.floor(t[usable])
    found = np.zeros(len(t), np.int64)
    found[usable[1:][seconds[1:] == seconds[:-1]]] = Flag.REPEATED
    return found


def _gate(fixes: Fixes, usable: Numbers, top: float) -> Bools:
    """Which of the usable fixes, which are in the order of time, cannot be on the way."""
    off, bad = _off(fixes), np.zeros(len(usable), np.bool_)
    for _ in range(MOST_PASSES):
        left = np.flatnonzero(~bad)
        wrong = _off_the_way(fixes, usable[left], off, top)
        if not wrong.any():
            break
        bad[left[wrong]] = True
    return bad


def _off_the_way(fixes: Fixes, order: Numbers, off: Floats, top: float) -> Bools:
    """Fixes between two ways that were too fast: alone, or few that can be left out."""
    fast = _too_fast(fixes, order[:-1], order[1:], off, top)
    wrong = np.zeros(len(order), np.bool_)
    wrong[1:-1] = fast[:-1] & fast[1:]
    # Runs of fixes between fast ways: first fix and the one after the last.
    starts = np.concatenate(([0], np.flatnonzero(fast) + 1))
    ends = np.concatenate((starts[1:], [len(order)]))
    inner = (ends - starts <= LONGEST_JUMP) & (starts > 0) & (ends < len(order))
    first, last = starts[inner], ends[inner]
    sensible = ~_too_fast(fixes, order[first - 1], order[last], off, top)
    for start, end in zip(first[sensible], last[sensible], strict=True):
        wrong[start:end] = True
    return wrong


def _too_fast(fixes: Fixes, a: Numbers, b: Numbers, off: Floats, top: float) -> Bools:
    """Whether the way from each a to its b was faster than can be, whatever they are off."""
    apart = np.hypot(fixes.x[b] - fixes.x[a], fixes.y[b] - fixes.y[a]) - off[a] - off[b]
    return apart > top * np.maximum(fixes.t[b] - fixes.t[a], 1.0)


def _still(t: Floats, x: Floats, y: Floats) -> Bools:
    """Which fixes, in the order of time, lie in a stay: see 4 above.

    Each window of `STILL_S` seconds that begins at a fix is looked at by running sums.
    """
    count = len(t)
    if count < 3:
        return np.zeros(count, np.bool_)
    begin = np.arange(count)
    end = np.searchsorted(t, t + STILL_S, side="right")
    number = end - begin
    spread = _spread(x - x.mean(), begin, end) + _spread(y - y.mean(), begin, end)
    # A window that reaches beyond the last fix, or has only its beginning, tells nothing.
    is_whole = t[np.minimum(end, count - 1)] - t >= STILL_S
    full = is_whole & (t[end - 1] - t >= STILL_S / 2) & (number >= 3)
    is_still = full & (spread <= STILL_RADIUS_M**2)
    edges = np.zeros(count + 1, np.int64)
    np.add.at(edges, begin[is_still], 1)
    np.add.at(edges, end[is_still], -1)
    return np.asarray(np.cumsum(edges[:-1]) > 0)


def _spread(values: Floats, begin: Numbers, end: Numbers) -> Floats:
    """Variance of values[begin:end] for each pair."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    squares = np.concatenate(([0.0], np.cumsum(values**2)))
    number = end - begin
    mean = (sums[end] - sums[begin]) / number
    return np.asarray((squares[end] - squares[begin]) / number - mean**2)


def _joined(fixes: Fixes, kept: Numbers, still: Bools, flags: Numbers, top: float) -> Track:
    """The points of the track: fixes on the way as they are, those of a stay as its middle."""
    t, x, y = fixes.t[kept], fixes.x[kept], fixes.y[kept]
    # A point begins at every fix on the way, and where a stay begins: also where a stay follows
    # a gap that nothing may be joined over.
    follows = np.zeros(len(kept), np.bool_)
    follows[1:] = still[1:] & still[:-1] & (np.diff(t) <= STILL_S)
    first = np.flatnonzero(~follows)
    if not len(first):
        nothing = np.zeros(0)
        return Track(flags, nothing, nothing, nothing, nothing, np.zeros(0, np.bool_))
    size = np.diff(np.concatenate((first, [len(kept)])))
    last = first + size - 1
    joined = _are_joined(fixes, kept[last[:-1]], kept[first[1:]], top)
    x, y = (np.add.reduceat(one, first) / size for one in (x, y))
    return Track(flags, x, y, t[first], t[last], joined)


def _are_joined(fixes: Fixes, a: Numbers, b: Numbers, top: float) -> Bools:
    """Of the last fix of a point and the first of the next: see 5 above."""
    apart = np.hypot(fixes.x[b] - fixes.x[a], fixes.y[b] - fixes.y[a])
    near = (apart <= JOIN_M) & (fixes.t[b] - fixes.t[a] <= JOIN_S)
    return near & ~_too_fast(fixes, a, b, _off(fixes), top)
