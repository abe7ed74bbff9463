"""How much of a picture is what a decoder makes up when parts of the stream are missing (花屏).

Codecs work in macroblocks of 16 × 16 pixels of the picture's own size, so all here is measured in
that size: pieces that do not belong where they are begin and end on this grid, which things in
the world do only by chance.  Pure numpy and OpenCV.
"""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from cameras.picture.image import Grey

SIDE = 16
STEP_LEVELS = 8
"""A border of a macroblock is a step if it is higher than this along the whole side ..."""
STEP_TIMES = 2
"""... and so many times as high as what lies beside it."""
FENCED_SIDES = 3
EQUAL_LEVELS = 1
SMEARED_DOWN, SMEARED_ACROSS = 0.98, 0.60
"""Of a smeared macroblock more of the pixels equal the one above, and fewer the one beside."""


def tearing(greys: Sequence[Grey]) -> dict[str, float]:
    """Of frames in their own sizes, oldest first; at least one.

    squares: share of macroblocks of the last frame that are fenced off from what is around them.
    smear: the largest share, in any frame, that repeats one line downwards.  squares_between: the
    largest share of macroblocks that are fenced off in the change from one frame to the next: what
    stands in the world has gone from it, so few squares are enough; left out for a single frame.
    """
    numbers = {"squares": fenced(greys[-1]), "smear": max(smeared(grey) for grey in greys)}
    changes = [
        fenced(np.asarray(cv2.absdiff(one, other), np.uint8))
        for one, other in pairwise(greys)
        if one.shape == other.shape
    ]
    return numbers | {"squares_between": max(changes)} if changes else numbers


def whole(grey: Grey) -> Grey:
    """The part that is made of whole macroblocks."""
    height, width = (side // SIDE * SIDE for side in grey.shape)
    return grey[:height, :width]


def fenced(grey: Grey) -> float:
    """The share of macroblocks that have a step at three sides or all."""
    grey = whole(grey)
    if min(grey.shape) < 2 * SIDE:
        return 0.0
    rows, columns = (side // SIDE for side in grey.shape)
    beside, above = grey[:, around_borders(columns)], grey[around_borders(rows)]
    bands = cv2.resize(beside, (beside.shape[1], rows), interpolation=cv2.INTER_AREA)
    pillars = cv2.resize(above, (columns, above.shape[0]), interpolation=cv2.INTER_AREA)
    upright, level = steps(bands.astype(np.int16)), steps(pillars.astype(np.int16).T).T
    sides = np.zeros((rows, columns), np.int8)
    sides[:, 1:] += upright
    sides[:, :-1] += upright
    sides[1:] += level
    sides[:-1] += level
    return float((sides >= FENCED_SIDES).mean())


def around_borders(count: int) -> npt.NDArray[np.int64]:
    """The two pixels before and the two behind each border between so many macroblocks."""
    return (np.arange(SIDE, count * SIDE, SIDE)[:, None] + np.arange(-2, 2)).ravel()


def steps(bands: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """Whether there is a step at each border, of which `bands` has four pixels in each row."""
    before, at, behind = np.abs(np.diff(bands.reshape(len(bands), -1, 4), axis=2)).transpose(
        2, 0, 1
    )
    return np.asarray((at > STEP_LEVELS) & (at > STEP_TIMES * np.maximum(before, behind)))


def smeared(grey: Grey) -> float:
    """The share of macroblocks in which pixels equal those above, but not those beside them.

    Those at the top and the left, which have nothing there, are left out.
    """
    grey = whole(grey)
    if min(grey.shape) < 2 * SIDE:
        return 0.0
    inner = grey[SIDE:, SIDE:]
    down = equal_share(inner, grey[SIDE - 1 : -1, SIDE:])
    across = equal_share(inner, grey[SIDE:, SIDE - 1 : -1])
    return float(((down >= SMEARED_DOWN) & (across < SMEARED_ACROSS)).mean())


def equal_share(one: Grey, other: Grey) -> npt.NDArray[np.float64]:
    """Of each macroblock, the share of pixels that differ by a level at most."""
    apart = cv2.absdiff(one, other)
    _, equal = cv2.threshold(apart, EQUAL_LEVELS, 255, cv2.THRESH_BINARY_INV)
    size = (one.shape[1] // SIDE, one.shape[0] // SIDE)
    return np.asarray(cv2.resize(equal, size, interpolation=cv2.INTER_AREA) / 255, np.float64)
