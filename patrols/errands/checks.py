"""Whether a track has called at a checkpoint: near enough, for long enough.  Pure.

Only joined positions count: between two that are too far apart nobody knows where somebody was.  A
stay begins and ends at positions within the radius; where the way crosses the circle between two
of them, the part inside is counted by the length of the way, as if it was walked evenly.
"""

from dataclasses import dataclass

import numpy as np

from patrols.track import Floats, Track


@dataclass(frozen=True, slots=True)
class Circle:
    """x, y: metres in the track's CRS."""

    x: float
    y: float
    radius_m: float
    dwell_s: float


@dataclass(frozen=True, slots=True)
class Stay:
    """From `begin` to `end` somebody was inside; seconds since 1970."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin


def stays(track: Track, circle: Circle) -> list[Stay]:
    """All that were long enough, in the order of time."""
    pieces = sorted([*_points(track, circle), *_ways(track, circle)], key=lambda one: one.begin)
    return [one for one in _runs(pieces) if one.seconds >= circle.dwell_s]


def _points(track: Track, circle: Circle) -> list[Stay]:
    """Each point inside, from its time to the end of its stay."""
    inside = np.flatnonzero(
        np.hypot(track.x - circle.x, track.y - circle.y) <= circle.radius_m
    ).tolist()
    return [Stay(float(track.t[one]), float(track.t_end[one])) for one in inside]


def _ways(track: Track, circle: Circle) -> list[Stay]:
    """Of each joined pair the part of the way that lies inside."""
    joined = np.flatnonzero(track.joined)
    if not len(joined):
        return []
    first, last = _inside(
        track.x[joined] - circle.x, track.y[joined] - circle.y,
        track.x[joined + 1] - circle.x, track.y[joined + 1] - circle.y,
        circle.radius_m,
    )  # fmt: skip
    begin, end = track.t_end[joined], track.t[joined + 1]
    some = np.flatnonzero(last > first).tolist()
    return [
        Stay(
            float(begin[one] + (end[one] - begin[one]) * first[one]),
            float(begin[one] + (end[one] - begin[one]) * last[one]),
        )
        for one in some
    ]


def _inside(ax: Floats, ay: Floats, bx: Floats, by: Floats, radius: float) -> tuple[Floats, Floats]:
    """From which to which share (0 to 1) of each way from a to b it lies in a circle about 0,0;
    last ≤ first where none of it does.
    """
    dx, dy = bx - ax, by - ay
    # |a + s·d|² = r² is a quadratic in s.
    square = dx**2 + dy**2
    half = ax * dx + ay * dy
    rest = ax**2 + ay**2 - radius**2
    stands = square == 0.0
    root = half**2 - square * rest
    spread = np.sqrt(np.maximum(root, 0.0))
    safe = np.where(stands, 1.0, square)
    first = np.where(stands, 0.0, np.clip((-half - spread) / safe, 0.0, 1.0))
    last = np.where(stands, 1.0, np.clip((-half + spread) / safe, 0.0, 1.0))
    misses = np.where(stands, rest > 0, root <= 0)
    return first, np.where(misses, first, last)


def _runs(pieces: list[Stay]) -> list[Stay]:
    """Pieces that touch are one."""
    found: list[Stay] = []
    for one in pieces:
        if found and one.begin <= found[-1].end:
            found[-1] = Stay(found[-1].begin, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found
