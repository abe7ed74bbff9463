"""The borders of grids as numbers: do grids make up a division exactly, without a union?  Pure.

A polygon walked with its inside on the left is a sum of directed sides.  Where two polygons have a
side in common they walk it in opposite directions, and it cancels out.  If what is left of all
grids is exactly the walk around their division, then every place of the division is in one grid,
and every place outside of it in none: the number of grids over a place is how often the remaining
walk goes around it (the winding number).  So one comparison of sums proves that nothing is missing,
doubled or overlapping, and that neighbours have equal nodes.

Each side is one 64-bit number made from its two ends, added in one direction and subtracted in the
other; two different walks have the same sum with a chance of about 1 in 2⁶⁴.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]
Indices = NDArray[np.int64]

# Odd constants of splitmix64 (Steele, Lea and Flood 2014), which scatter bits.
STEP = np.uint64(0x9E3779B97F4A7C15)
SCATTER = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True)
class Walks:
    """All sides of some valid polygons.

    sums: the number of each polygon's walk.
    sides, owners: the number of each side, whichever way round, and the index of its polygon.
    """

    sums: Numbers
    sides: Numbers
    owners: Indices


def walks(shapes: Any) -> Walks:
    """The walks around polygons, which may be drawn either way round.

    Args:
        shapes: valid polygons or multipolygons; None and empty ones have the sum 0.
    """
    given = np.asarray(shapes, dtype=object)
    sums = np.zeros(len(given), np.uint64)
    parts, part_of = shapely.get_parts(given, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    corners, corner_of = shapely.get_coordinates(rings, return_index=True)
    if len(corners) < 2:
        return Walks(sums, np.zeros(0, np.uint64), np.zeros(0, np.int64))
    bits = np.ascontiguousarray(corners + 0.0).view(np.uint64)  # + 0.0: -0.0 is 0.0
    ends = _scattered(_scattered(bits[:, 0]) + bits[:, 1] * STEP)
    inside = np.flatnonzero(corner_of[:-1] == corner_of[1:])  # sides, not steps to another ring
    first, last, ring = ends[inside], ends[inside + 1], corner_of[inside]
    numbers = _scattered(first + last)
    numbers[first == last] = 0  # a corner twice is no side
    turned = (first > last) != _is_reversed(corners, inside, ring, ring_of)[ring]
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    of_rings = np.add.reduceat(np.where(turned, np.uint64(0) - numbers, numbers), starts)
    owner = part_of[ring_of]
    np.add.at(sums, owner[ring[starts]], of_rings)
    return Walks(sums, numbers, owner[ring])


def _is_reversed(
    corners: NDArray[np.float64], inside: Indices, ring: Indices, ring_of: Indices
) -> NDArray[np.bool_]:
    """Whether each ring has the inside of its polygon on the right: shells drawn clockwise, and
    holes drawn the other way.
    """
    count = len(ring_of)
    corner = (
        corners[inside]
        - corners[inside[np.flatnonzero(np.diff(ring, prepend=-1))]][
            np.cumsum(np.diff(ring, prepend=-1) != 0) - 1
        ]
    )
    step = corners[inside + 1] - corners[inside]
    turns = corner[:, 0] * step[:, 1] - corner[:, 1] * step[:, 0]
    twice_area = np.bincount(ring, weights=turns, minlength=count)
    is_shell = np.diff(ring_of, prepend=-1) != 0  # the first ring of each part
    return np.asarray((twice_area < 0) == is_shell)


def _scattered(numbers: Numbers) -> Numbers:
    mixed = numbers + STEP
    mixed = (mixed ^ (mixed >> np.uint64(30))) * SCATTER[0]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * SCATTER[1]
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def grouped(sums: Numbers, groups: Indices, count: int) -> Numbers:
    """What is left of the walks of each group's shapes.

    Args:
        groups: the group of each shape, 0 to count - 1.
    """
    left = np.zeros(count, np.uint64)
    np.add.at(left, groups, sums)
    return left


def beside(found: Walks, outline: Walks) -> Indices:
    """The indices of shapes that have a side of an outline."""
    table = np.zeros(1 << 16, bool)
    table[outline.sides & np.uint64(0xFFFF)] = True
    likely = np.flatnonzero(table[found.sides & np.uint64(0xFFFF)])
    common = likely[np.isin(found.sides[likely], outline.sides)]
    return np.unique(found.owners[common])
