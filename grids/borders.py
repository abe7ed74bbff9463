"""The borders of grids as numbers: whose sides are common, and what is left on the outside.  Pure.

In a valid coverage neighbours share equal sides, so whether grids make up a division exactly needs
no union: sides that two grids of it have are inside, what is left must be the sides of its outline.
Each side is one 64-bit number made from its two ends; two different sides have the same one with a
chance of 1 in 4 million among the 3 million of a city (birthday bound), and a set of sides is
compared by the sum of their numbers.
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
class Sides:
    """Every different side of some shapes: its number, its first shape, its second or -1."""

    numbers: Numbers
    first: Indices
    second: Indices


def numbered(shapes: Any) -> tuple[Numbers, Indices]:
    """A number for each side, whichever way round it is drawn, and the index of its shape."""
    given = np.asarray(shapes, dtype=object)
    parts, part_of = shapely.get_parts(given, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    corners, corner_of = shapely.get_coordinates(rings, return_index=True)
    if len(corners) < 2:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    bits = np.ascontiguousarray(corners + 0.0).view(np.uint64)  # + 0.0: -0.0 is 0.0
    ends = _scattered(_scattered(bits[:, 0]) + bits[:, 1] * STEP)
    same_ring = corner_of[:-1] == corner_of[1:]
    sides = (ends[:-1] + ends[1:])[same_ring]
    return _scattered(sides), part_of[ring_of[corner_of[:-1][same_ring]]]


def _scattered(numbers: Numbers) -> Numbers:
    mixed = numbers + STEP
    mixed = (mixed ^ (mixed >> np.uint64(30))) * SCATTER[0]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * SCATTER[1]
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def sides(shapes: Any) -> Sides:
    """The sides of shapes that are a valid coverage: no side has more than two of them."""
    numbers, owners = numbered(shapes)
    order = np.argsort(numbers)
    numbers, owners = numbers[order], owners[order]
    starts = np.ones(len(numbers), bool)
    starts[1:] = numbers[1:] != numbers[:-1]
    at = np.flatnonzero(starts)
    second = np.full(len(at), -1)
    paired = np.diff(np.append(at, len(numbers))) > 1
    second[paired] = owners[at[paired] + 1]
    return Sides(numbers[at], owners[at], second)


def outlines(found: Sides, groups: Indices, count: int) -> Numbers:
    """A number for the outline of each group of shapes: what only one shape of the group has.

    Args:
        groups: the group of each shape, 0 to count - 1.
    """
    mine = groups[found.first]
    theirs = np.where(found.second >= 0, groups[found.second], -1)
    outer = mine != theirs
    sums = np.zeros(count, np.uint64)
    np.add.at(sums, mine[outer], found.numbers[outer])
    beside = outer & (theirs >= 0)
    np.add.at(sums, theirs[beside], found.numbers[beside])
    return sums


def own_outlines(shapes: Any) -> Numbers:
    """The same number of each shape by itself."""
    given = np.asarray(shapes, dtype=object)
    numbers, owners = numbered(given)
    sums = np.zeros(len(given), np.uint64)
    np.add.at(sums, owners, numbers)
    return sums
