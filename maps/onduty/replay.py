"""A shift to be played again: where each was when, as few whole numbers as will do.  Pure.

A track falls into runs of points that are joined; between two runs nobody knows where somebody was,
and the player shows nothing that was not so.  Of a run one point each `step_s` is kept, with its
first and last and both ends of every stay.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from patrols.track import Floats, Track

QUANTUM_DEG = 1e-5
"""About a metre."""

Points = tuple[Floats, Floats, Floats]
"""t, x and y of one run, of one length."""


def runs(track: Track, step_s: float) -> Iterator[Points]:
    """The runs of a track in the order of time, thinned; metres as the track's.

    A point by itself that is no stay is a run of one.
    """
    if not len(track.t):
        return
    edges = np.flatnonzero(~track.joined) + 1
    firsts = np.concatenate(([0], edges))
    lasts = np.concatenate((edges, [len(track.t)]))
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        yield _thinned(track, slice(first, last), step_s)


def _thinned(track: Track, part: slice, step_s: float) -> Points:
    begin, end = track.t[part], track.t_end[part]
    is_stay = end > begin
    beat = np.floor(begin / step_s)
    kept = np.ones(len(begin), np.bool_)
    kept[1:-1] = is_stay[1:-1] | (beat[1:-1] != beat[:-2])
    # Who stands still is there at the beginning of the stay and at its end.
    times = np.where(is_stay, 2, 1)[kept]
    index = np.repeat(np.flatnonzero(kept), times)
    is_end = np.zeros(len(index), np.bool_)
    is_end[np.cumsum(times) - 1] = True
    t = np.where(is_end, end[index], begin[index])
    return t, track.x[part][index], track.y[part][index]


def packed(
    t: Floats, lon: Floats, lat: Floats, begin: float, origin: tuple[float, float]
) -> list[int]:
    """A run as whole numbers: t, x, y of its first point, then the differences to the one before.

    t: seconds after `begin`.  x, y: `QUANTUM_DEG` east and north of the origin.
    """
    west, south = origin
    whole = np.column_stack([t - begin, (lon - west) / QUANTUM_DEG, (lat - south) / QUANTUM_DEG])
    rounded = np.round(whole).astype(np.int64)
    told: list[int] = np.diff(rounded, axis=0, prepend=np.zeros((1, 3), np.int64)).ravel().tolist()
    return told


def unpacked(numbers: list[int], begin: float, origin: tuple[float, float]) -> Any:
    """t, longitude and latitude of each point, as an array of (n, 3): what the player does too."""
    whole = np.cumsum(np.array(numbers, np.int64).reshape(-1, 3), axis=0)
    return whole * [1.0, QUANTUM_DEG, QUANTUM_DEG] + [begin, *origin]
