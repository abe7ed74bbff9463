"""What a track has covered: quarters of cells, street pieces and buildings of grids.  Pure.

A fix lights the cells, and the quarters of cells, whose middle lies within a radius of it; two that
are joined light all along the straight way between them (`patrols.plane`).  Area is seen in
quarters; a street piece or building when the cell that it lies in is lit.  Sets of one grid, day
and shift are united by OR, so parts may come in any order, twice, and from any machine; one more
fix costs what the first did.

By the radius shares of area are hardly comparable (the worse the phone, the wider its way): every
share is shown with its radius, and beside those of streets and buildings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from patrols.cells import ON_EDGE, Ground, Numbers, Things
from patrols.plane import Lit, Quarters
from patrols.track import Means

Bits = np.ndarray[Any, np.dtype[np.uint8]]

RADIUS_M = {Means.FOOT: 15.0, Means.BIKE: 15.0, Means.CAR: 20.0}
"""How far to the sides somebody sees on the way; shown with every share."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What has been seen of one grid, each set as a bitmap (`numpy.packbits`, little-endian)."""

    quarters: bytes
    streets: bytes
    buildings: bytes

    def __or__(self, other: "Seen") -> "Seen":
        return Seen(
            union(self.quarters, other.quarters),
            union(self.streets, other.streets),
            union(self.buildings, other.buildings),
        )


NOTHING = Seen(b"", b"", b"")


def union(one: bytes, other: bytes) -> bytes:
    """Both sets; an empty bitmap is the empty set.

    Raises:
        ValueError: the bitmaps are of different grounds.
    """
    if not one or not other:
        return one or other
    if len(one) != len(other):
        raise ValueError(f"bitmaps of {len(one)} and {len(other)} bytes")
    return (np.frombuffer(one, np.uint8) | np.frombuffer(other, np.uint8)).tobytes()


def count(bits: bytes) -> int:
    """How many are in a set."""
    return int.from_bytes(bits, "little").bit_count()


def bitmap(numbers: Numbers, size: int) -> bytes:
    """The set of some of the numbers 0..size-1; empty for none."""
    if not len(numbers):
        return b""
    flags = np.zeros(size, np.bool_)
    flags[numbers] = True
    return np.packbits(flags, bitorder="little").tobytes()


def numbers_of(bits: bytes) -> Numbers:
    """The numbers in a set, ascending."""
    flags = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")
    return np.flatnonzero(flags)


def seen_in(cells: Lit, quarters: Quarters, ground: Ground) -> dict[int, Seen]:
    """What lies in lit cells and quarters of the plane, of each grid by its id."""
    area = _area(quarters, ground)
    flat = _flat(cells, ground)
    streets, buildings = _in(ground.streets, flat), _in(ground.buildings, flat)
    return {
        int(ground.grids[one]): Seen(
            area.get(one, b""), streets.get(one, b""), buildings.get(one, b"")
        )
        for one in sorted(area.keys() | streets.keys() | buildings.keys())
    }


def _flat(cells: Lit, ground: Ground) -> Numbers:
    """The places (row × width + column) of cells that lie in the ground, ascending."""
    rows, columns = cells.rows - ground.y0, cells.columns - ground.x0
    height, width = ground.grid_of.shape
    inside = (rows >= 0) & (columns >= 0) & (rows < height) & (columns < width)
    return np.asarray(rows[inside] * width + columns[inside])


def _area(quarters: Quarters, ground: Ground) -> dict[int, bytes]:
    """Patrolable quarters as bitmaps by the index of their grid."""
    rows, columns = quarters.rows - 2 * ground.y0, quarters.columns - 2 * ground.x0
    height, width = ground.grid_of.shape
    inside = (rows >= 0) & (columns >= 0) & (rows < 2 * height) & (columns < 2 * width)
    rows, columns = rows[inside], columns[inside]
    cell, which = (rows >> 1) * width + (columns >> 1), (rows & 1) * 2 + (columns & 1)
    number = ground.numbered.first.ravel()[cell]
    whole, on_edge = np.flatnonzero(number >= 0), np.flatnonzero(number == ON_EDGE)
    at = np.searchsorted(ground.edges.cell, cell[on_edge]), which[on_edge]
    owner = np.concatenate([ground.grid_of.ravel()[cell[whole]], ground.edges.of_grid[at]])
    number = np.concatenate([number[whole] + which[whole], ground.numbered.on_edge[at]])
    return _sets(owner[number >= 0], number[number >= 0], ground.quarters)


def _in(things: Things, cells: Numbers) -> dict[int, bytes]:
    """The things in some cells, as bitmaps by the index of their grid."""
    first, last = np.searchsorted(things.cell, cells), np.searchsorted(things.cell, cells, "right")
    size = last - first
    start = np.repeat(first - (np.cumsum(size) - size), size)
    found = start + np.arange(len(start))
    return _sets(things.of_grid[found], things.number[found], things.counts)


def _sets(owner: Any, number: Any, sizes: Numbers) -> dict[int, bytes]:
    """The numbers of each owner as bitmaps, by the owner's index."""
    if not len(owner):
        return {}
    order = np.argsort(owner, kind="stable")
    owners, first = np.unique(owner[order], return_index=True)
    parts = np.split(number[order], first[1:])
    return {
        int(one): bitmap(part, int(sizes[one])) for one, part in zip(owners, parts, strict=True)
    }


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; None where there is nothing to be seen."""

    seen: int
    all: int

    @property
    def value(self) -> float | None:
        return self.seen / self.all if self.all else None


@dataclass(frozen=True, slots=True)
class Shares:
    """The three shares of a grid side by side; is_bare: its whole area counts, see `cells`."""

    area: Share
    streets: Share
    buildings: Share
    is_bare: bool


def shares(seen: Mapping[int, Seen], ground: Ground) -> dict[int, Shares]:
    """Of every grid of the ground, by its id."""
    found = {}
    for index, pk in enumerate(ground.grids):
        one = seen.get(int(pk), NOTHING)
        found[int(pk)] = Shares(
            Share(count(one.quarters), int(ground.quarters[index])),
            Share(count(one.streets), int(ground.streets.counts[index])),
            Share(count(one.buildings), int(ground.buildings.counts[index])),
            bool(ground.is_bare[index]),
        )
    return found
