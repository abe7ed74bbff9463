"""What happens between frames of one stream.  Pure numpy and OpenCV.

Frames as in `cameras.picture.measures`, grey; levels are of 255.
"""

from collections.abc import Sequence
from functools import cache
from itertools import combinations, pairwise

import cv2
import numpy as np

from cameras.picture.image import HEIGHT, WIDTH, Grey
from cameras.picture.measures import Plane, gradient

CELL = 20
"""Side of the cells in which change is counted, in pixels: a clock takes a few of them."""
MOST_STILL = 90
"""Percentage of cells that must stand still in a frozen picture: its clock may run on."""
SHAKE_WIDTH, SHAKE_HEIGHT = WIDTH // 2, HEIGHT // 2
MIN_RESPONSE = 0.1
"""Of phase correlation: below it frames do not show the same thing."""
PARTS = (10, 6)
"""Columns and rows of parts; those at the edge, into which new things move, are left out."""
BETTER, MOST_PARTS = 0.9, 0.5
"""So much less difference, in so many of the parts, makes it a jump of the whole."""
ONE_WAY = 0.95
"""Of the way that all jumps take, so much is the way from the first to the last at most."""


def moving(frames: Sequence[Grey], times_s: Sequence[float]) -> dict[str, float]:
    """The numbers of at least two frames; none of fewer.

    watched_s: from the first frame to the last, by the stream's clock.  flicker: the least change
    between two frames half of that apart, in levels, that nine of ten cells stay below: the first
    frames after a key frame are refined, the noise of a sensor never rests.  travel: the mean
    length of the jumps of the whole from frame to frame, in pixels.  shake: the same if they go to
    and fro, 0 if one way, as of a camera that is being turned.
    """
    if len(frames) < 2:
        return {}
    watched_s = times_s[-1] - times_s[0]
    far = [
        (one, other)
        for (one, begun_s), (other, ended_s) in combinations(zip(frames, times_s, strict=True), 2)
        if ended_s - begun_s >= watched_s / 2
    ]
    return {
        "watched_s": float(watched_s),
        "flicker": min(change(one, other) for one, other in far),
    } | jumping([edges_of(frame) for frame in frames])


def change(one: Grey, other: Grey) -> float:
    """The mean change, in levels, that nine of ten cells stay below."""
    size = (WIDTH // CELL, HEIGHT // CELL)
    step = cv2.absdiff(one, other).astype(np.float32)
    return float(np.percentile(cv2.resize(step, size, interpolation=cv2.INTER_AREA), MOST_STILL))


def edges_of(frame: Grey) -> Plane:
    half = cv2.resize(frame, (SHAKE_WIDTH, SHAKE_HEIGHT), interpolation=cv2.INTER_AREA)
    return gradient(np.asarray(half, np.uint8))


def jumping(edges: Sequence[Plane]) -> dict[str, float]:
    """`travel` and `shake` of frames' edges."""
    jumps = np.array([jump(one, other) for one, other in pairwise(edges)])
    path = float(np.hypot(*jumps.T).sum())
    to_and_fro = np.hypot(*jumps.sum(axis=0)) < ONE_WAY * path
    return {"travel": path / len(jumps), "shake": path / len(jumps) if to_and_fro else 0.0}


def jump(one: Plane, other: Plane) -> tuple[float, float]:
    """How far the whole has moved, in pixels of the full size; 0 where most parts have not.

    A lorry that passes explains some parts better, a mast in the wind almost all.
    """
    (dx, dy), response = cv2.phaseCorrelate(one, other, window())
    if response <= MIN_RESPONSE:
        return 0.0, 0.0
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    shifted = cv2.warpAffine(one, matrix, (SHAKE_WIDTH, SHAKE_HEIGHT))
    before, behind = (
        cv2.resize(cv2.absdiff(part, other), PARTS, interpolation=cv2.INTER_AREA)
        for part in (one, np.asarray(shifted, np.float32))
    )
    better = np.count_nonzero(behind[1:-1, 1:-1] < BETTER * before[1:-1, 1:-1])
    return (2 * dx, 2 * dy) if better >= MOST_PARTS * behind[1:-1, 1:-1].size else (0.0, 0.0)


@cache
def window() -> Plane:
    return np.asarray(cv2.createHanningWindow((SHAKE_WIDTH, SHAKE_HEIGHT), cv2.CV_32F), np.float32)
