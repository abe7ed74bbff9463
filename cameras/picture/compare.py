"""A picture against the camera's own reference view in the same light.  Pure numpy and OpenCV.

Both grey, 640 × 360.  What is compared is where edges are, in blocks: correlation leaves out
brightness and contrast, which weather changes.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from cameras.picture.image import HEIGHT, WIDTH, Grey, Polygon, masked_area
from cameras.picture.measures import Blocks, Plane, blocks_of, gradient, noise, steepest

HALF_WIDTH, HALF_HEIGHT = WIDTH // 2, HEIGHT // 2
SIDE = 20
"""Side of the blocks at half size: 16 × 9 of them."""
CLOCK_ROWS = (0, 8)
"""Rows of blocks in which cameras write time and name; they are the same whatever the lens sees."""
EDGE_LEVELS = 2.0
ALIKE = 0.55
"""Correlation from which a block shows what it showed before."""
GONE = 0.25
"""Of its steepness a block has lost its edges with less."""
FEWEST_BLOCKS = 8
MOST_ALIKE = 0.5
MIN_RESPONSE = 0.06


def compared(view: Grey, reference: Grey, masks: Sequence[Polygon] = ()) -> dict[str, float]:
    """How the picture compares with the reference, as shares of the blocks with edges there.

    alike: show the same.  gone: have no edges any more.  foreign: have edges, but others.
    worst_quarter, best_quarter: `alike` in the worst and the best quarter of the picture.
    shift: by how many pixels the whole has moved, where most of it shows something else and that
    explains the difference; else 0.  Nothing where the reference has too few edges to tell.
    """
    now, then = halved(view), halved(reference)
    slope_now, slope_then = gradient(now), gradient(then)
    steep_then = steepest(slope_then, SIDE, 1)
    edged = steep_then > max(EDGE_LEVELS, noise(reference))
    edged[CLOCK_ROWS, :] = False
    edged &= ~touched(masks)
    if edged.sum() < FEWEST_BLOCKS:
        return {}
    alike = correlation(slope_now, slope_then) >= ALIKE
    gone = ~alike & (steepest(slope_now, SIDE, 1) < GONE * steep_then)
    quarters = by_quarter(alike, edged)
    other = alike[edged].mean() < MOST_ALIKE
    return {
        "alike": float(alike[edged].mean()),
        "gone": float(gone[edged].mean()),
        "foreign": float((~alike & ~gone)[edged].mean()),
        "worst_quarter": min(quarters),
        "best_quarter": max(quarters),
        "shift": shift_between(slope_now, slope_then) if other else 0.0,
    }


def halved(grey: Grey) -> Plane:
    """Half the size, calmed: a tenth of the noise and all of the edges."""
    half = cv2.resize(grey, (HALF_WIDTH, HALF_HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(half.astype(np.float32), (0, 0), 0.8), np.float32)


def touched(masks: Sequence[Polygon]) -> npt.NDArray[np.bool_]:
    """The blocks in which a mask or its edge lies."""
    area = masked_area(masks, HALF_WIDTH, HALF_HEIGHT).astype(np.uint8)
    near = cv2.dilate(area, np.ones((7, 7), np.uint8)).astype(np.float32)
    return np.asarray(blocks_of(near, SIDE).max(axis=2) > 0, np.bool_)


def by_quarter(alike: npt.NDArray[np.bool_], edged: npt.NDArray[np.bool_]) -> list[float]:
    """The share that is alike in each quarter with edges; of the whole where none has enough."""
    parts = [
        alike[rows, columns][edged[rows, columns]]
        for rows in (slice(0, 5), slice(5, 9))
        for columns in (slice(0, 8), slice(8, 16))
    ]
    return [float(part.mean()) for part in parts if part.size >= 3] or [float(alike[edged].mean())]


def correlation(one: Plane, other: Plane) -> Blocks:
    """Pearson's, of each block."""
    a, b = blocks_of(one, SIDE), blocks_of(other, SIDE)
    a, b = a - a.mean(axis=2, keepdims=True), b - b.mean(axis=2, keepdims=True)
    scale = np.sqrt((a * a).sum(axis=2) * (b * b).sum(axis=2))
    return np.asarray((a * b).sum(axis=2) / np.maximum(scale, 1e-6), np.float32)


def shift_between(one: Plane, other: Plane) -> float:
    """The length, in pixels of the full size, of the shift that explains the difference best."""
    rows = slice(SIDE, HALF_HEIGHT - SIDE)
    window = cv2.createHanningWindow((HALF_WIDTH, HALF_HEIGHT - 2 * SIDE), cv2.CV_32F)
    (dx, dy), response = cv2.phaseCorrelate(other[rows].copy(), one[rows].copy(), window)
    return 2 * float(np.hypot(dx, dy)) if response >= MIN_RESPONSE else 0.0
