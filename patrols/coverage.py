"""What a track has covered: sets of cells, street pieces and buildings of each grid.  Pure.

A fix lights the cells whose middle lies within a radius of it; two that are joined light all along
the straight way between them.  A street piece or building is seen when the cell that it lies in is
lit.  Sets of one grid, day and shift are united by OR, so parts may come in any order, twice, and
from any machine; one more fix costs what the first did.

By the radius shares of area are hardly comparable (the worse the phone, the wider its way): every
share is shown with its radius, and beside those of streets and buildings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from patrols.cells import CELL_M, Floats, Ground, Numbers, Things
from patrols.track import Means, Track

Bits = np.ndarray[Any, np.dtype[np.uint8]]

RADIUS_M = {Means.FOOT: 15.0, Means.BIKE: 15.0, Means.CAR: 20.0}
"""How far to the sides somebody sees on the way; shown with every share."""
STEP_M = 5.0
"""A joined way is lit from points at most so far apart: with 15 m radius it errs by 0.2 m."""
MOST_IN_BOX = 16_000_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What has been seen of one grid, each set as a bitmap (`numpy.packbits`, little-endian)."""

    cells: bytes
    streets: bytes
    buildings: bytes

    def __or__(self, other: "Seen") -> "Seen":
        return Seen(
            union(self.cells, other.cells),
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


def covered(track: Track, ground: Ground, radius_m: float) -> dict[int, Seen]:
    """What a track has seen of each grid that it came near, by the grid's id."""
    return seen_in(*lit(*samples(track), ground, radius_m), ground)


def seen_in(rows: Numbers, columns: Numbers, ground: Ground) -> dict[int, Seen]:
    """What lies in lit cells of the ground, of each grid by its id."""
    number, owner = ground.cell_number[rows, columns], ground.grid_of[rows, columns]
    cells = _sets(owner[number >= 0], number[number >= 0], ground.cells)
    flat = rows * ground.grid_of.shape[1] + columns
    streets, buildings = _in(ground.streets, flat), _in(ground.buildings, flat)
    return {
        int(ground.grids[one]): Seen(
            cells.get(one, b""), streets.get(one, b""), buildings.get(one, b"")
        )
        for one in sorted(cells.keys() | streets.keys() | buildings.keys())
    }


def samples(track: Track) -> tuple[Floats, Floats]:
    """Points of a track, and points at most STEP_M apart on what is joined."""
    if not len(track.x):
        return track.x, track.y
    dx, dy = np.diff(track.x), np.diff(track.y)
    parts = np.where(track.joined, np.ceil(np.hypot(dx, dy) / STEP_M), 1).astype(np.int64)
    parts = np.maximum(parts, 1)
    way = np.repeat(np.arange(len(parts)), parts)
    step = (np.arange(len(way)) - np.repeat(np.cumsum(parts) - parts, parts)) / parts[way]
    x = np.append(track.x[way] + dx[way] * step, track.x[-1])
    y = np.append(track.y[way] + dy[way] * step, track.y[-1])
    return x, y


def lit(x: Floats, y: Floats, ground: Ground, radius_m: float) -> tuple[Numbers, Numbers]:
    """Rows and columns of the ground's cells whose middle lies within the radius of a point."""
    height, width = ground.grid_of.shape
    reach = int(np.ceil(radius_m / CELL_M))
    column = np.floor(x / CELL_M).astype(np.int64) - ground.x0
    row = np.floor(y / CELL_M).astype(np.int64) - ground.y0
    near = (column >= -reach) & (row >= -reach) & (column < width + reach) & (row < height + reach)
    x, y, column, row = x[near], y[near], column[near], row[near]
    if not len(x):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    # A mask of the box around the points, with a margin: what lies outside the ground is cut off.
    left, low = int(column.min()) - reach, int(row.min()) - reach
    mask = np.zeros(
        (int(row.max()) - low + reach + 1, int(column.max()) - left + reach + 1), np.bool_
    )
    east, north = x - (column + ground.x0 + 0.5) * CELL_M, y - (row + ground.y0 + 0.5) * CELL_M
    for up in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            within = (right * CELL_M - east) ** 2 + (up * CELL_M - north) ** 2 <= radius_m**2
            mask[row[within] - low + up, column[within] - left + right] = True
    rows, columns = np.nonzero(mask)
    rows, columns = rows + low, columns + left
    inside = (rows >= 0) & (columns >= 0) & (rows < height) & (columns < width)
    return rows[inside], columns[inside]


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
            Share(count(one.cells), int(ground.cells[index])),
            Share(count(one.streets), int(ground.streets.counts[index])),
            Share(count(one.buildings), int(ground.buildings.counts[index])),
            bool(ground.is_bare[index]),
        )
    return found
