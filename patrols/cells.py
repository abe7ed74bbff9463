"""Where in each grid somebody can patrol: cells, pieces of street, buildings.  Pure.

A cell is a square of `CELL_M` of the plane, the same for everybody: number (floor(x / 10),
floor(y / 10)).  It belongs to the grid that holds its middle, and is patrolable when streets,
buildings or shops of the district lie within `NEAR_M` of its middle.  In a grid without any (hills)
every cell is, and the grid says so.  What lies near counts also where it is the neighbour's: a
street on the border is patrolled from both sides.

Whatever can be seen has a number within its grid, from 0 in a fixed order; what has been seen is a
set of these numbers, kept as a bitmap (`patrols.coverage`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Small = np.ndarray[Any, np.dtype[np.int32]]

CELL_M = 10.0
NEAR_M = 25.0
PIECE_M = 10.0
"""A street is seen piece by piece; the last one of a street is what is left, at least half."""
NOBODYS = -1
MOST_CELLS = 60_000_000
"""Of the box around a district: 6,000 km²."""


class TooLarge(ValueError):
    """The territory is larger than one ground can hold: part it."""


@dataclass(frozen=True, slots=True)
class Area:
    """One grid in force: its id and shape in metres."""

    id: int
    shape: Any


@dataclass(frozen=True, slots=True)
class Things:
    """What lies in grids and can be seen, in the order of the cells that it lies in.

    cell: row × width + column of the ground.  of_grid: index of the grid (not its id) that holds
    each; number: of each within its grid, by the order in which they were given.  counts: how many
    there are of each grid.  given: the index of each among all that were given.
    """

    cell: Numbers
    of_grid: Small
    number: Small
    counts: Numbers
    given: Numbers


@dataclass(frozen=True, slots=True)
class Ground:
    """The district's cells, street pieces and buildings on one day.

    grids: ids; the index of an id is its grid's index everywhere here.  is_bare: of each grid,
    whether it has neither streets nor buildings nor shops, so that all of it counts.
    x0, y0: number of the cell in the south-west corner.  grid_of: index of the grid that holds each
    cell (rows from south to north), NOBODYS outside.  cell_number: within its grid, NOBODYS for a
    cell that is not patrolable.
    """

    grids: Numbers
    is_bare: np.ndarray[Any, np.dtype[np.bool_]]
    x0: int
    y0: int
    grid_of: Small
    cell_number: Small
    cells: Numbers
    """How many patrolable cells each grid has."""
    streets: Things
    buildings: Things


def ground(
    areas: Sequence[Area],
    streets: Sequence[Any],
    buildings: Floats,
    shops: Floats,
) -> Ground:
    """The ground of a district.

    areas: in the order of their ids.  streets: lines in metres.  buildings, shops: points in
    metres, arrays of (n, 2).

    Raises:
        TooLarge: the box around the areas has more than `MOST_CELLS`.
        ValueError: no areas.
    """
    x0, y0, width, height = _box(areas)
    grid_of = _owners(areas, x0, y0, width, height)
    at, count = Frame(x0, y0, grid_of), len(areas)
    houses, stores = buildings.reshape(-1, 2), shops.reshape(-1, 2)
    pieces = at.things(street_pieces(streets), count)
    built, sold = at.things(houses, count), at.things(stores, count)
    is_bare = pieces.counts + built.counts + sold.counts == 0
    near = _near(streets, np.concatenate([houses, stores]), grid_of, x0, y0)
    patrolable = (grid_of >= 0) & (near | is_bare[grid_of])
    number, cells = _numbered(np.where(patrolable, grid_of, NOBODYS), count)
    ids = np.array([area.id for area in areas], np.int64)
    return Ground(ids, is_bare, x0, y0, grid_of, number, cells, pieces, built)


@dataclass(frozen=True, slots=True)
class Frame:
    """Cells by their place in the plane."""

    x0: int
    y0: int
    grid_of: Small

    def things(self, points: Floats, grids: int) -> Things:
        """Points as things of the grids that they lie in; those outside are left out."""
        column = np.floor(points[:, 0] / CELL_M).astype(np.int64) - self.x0
        row = np.floor(points[:, 1] / CELL_M).astype(np.int64) - self.y0
        height, width = self.grid_of.shape
        inside = (column >= 0) & (row >= 0) & (column < width) & (row < height)
        owner = np.full(len(points), NOBODYS, np.int32)
        owner[inside] = self.grid_of[row[inside], column[inside]]
        owned = owner >= 0
        number, counts = _numbered(owner[owned], grids)
        cell = row[owned] * width + column[owned]
        order = np.argsort(cell, kind="stable")
        given = np.flatnonzero(owned)[order]
        return Things(cell[order], owner[owned][order], number[order], counts, given)


def _box(areas: Sequence[Area]) -> tuple[int, int, int, int]:
    if not areas:
        raise ValueError("a ground needs at least one grid")
    west, south, east, north = shapely.total_bounds([area.shape for area in areas])
    x0, y0 = int(np.floor(west / CELL_M)), int(np.floor(south / CELL_M))
    width = int(np.floor(east / CELL_M)) - x0 + 1
    height = int(np.floor(north / CELL_M)) - y0 + 1
    if width * height > MOST_CELLS:
        raise TooLarge(f"{width} × {height} cells")
    return x0, y0, width, height


def _owners(areas: Sequence[Area], x0: int, y0: int, width: int, height: int) -> Small:
    """The index of the grid that holds the middle of each cell."""
    owners = np.full((height, width), NOBODYS, np.int32)
    for index, area in enumerate(areas):
        west, south, east, north = area.shape.bounds
        columns = np.arange(int(np.floor(west / CELL_M)), int(np.floor(east / CELL_M)) + 1)
        rows = np.arange(int(np.floor(south / CELL_M)), int(np.floor(north / CELL_M)) + 1)
        x, y = np.meshgrid((columns + 0.5) * CELL_M, (rows + 0.5) * CELL_M)
        shapely.prepare(area.shape)
        inside = shapely.contains_xy(area.shape, x, y)
        part = owners[rows[0] - y0 : rows[-1] - y0 + 1, columns[0] - x0 : columns[-1] - x0 + 1]
        part[inside] = index
    return owners


def _near(
    streets: Sequence[Any], places: Floats, grid_of: Small, x0: int, y0: int
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Of each cell, whether something lies within NEAR_M of its middle."""
    near = np.zeros(grid_of.shape, np.bool_)
    things = np.concatenate([np.asarray(streets, object), shapely.points(places)])
    if not len(things):
        return near
    tree = shapely.STRtree(things)
    rows, columns = np.nonzero(grid_of >= 0)
    middles = shapely.points((columns + x0 + 0.5) * CELL_M, (rows + y0 + 0.5) * CELL_M)
    found, _thing = tree.query(middles, predicate="dwithin", distance=NEAR_M)
    near[rows[found], columns[found]] = True
    return near


def _numbered(owner: Small, grids: int) -> tuple[Small, Numbers]:
    """Each thing's number among those of its owner, in their order; and how many each owns."""
    flat = owner.ravel()
    owned = np.flatnonzero(flat >= 0)
    order = owned[np.argsort(flat[owned], kind="stable")]
    counts = np.bincount(flat[owned], minlength=grids).astype(np.int64)
    firsts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    number = np.full(len(flat), NOBODYS, np.int32)
    number[order] = np.arange(len(order)) - firsts[flat[order]]
    return number.reshape(owner.shape), counts


def street_pieces(streets: Sequence[Any]) -> Floats:
    """The middles of the pieces of PIECE_M that lines fall into, as an array of (n, 2)."""
    return pieces_of(streets).middle


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of lines: street is the index of each one's line; begin, middle, end: (n, 2)."""

    street: Numbers
    begin: Floats
    middle: Floats
    end: Floats


def pieces_of(streets: Sequence[Any]) -> Pieces:
    """The pieces of about PIECE_M that lines, of one part or several, fall into."""
    given = np.asarray(streets, object) if len(streets) else np.zeros(0, object)
    lines, of_street = shapely.get_parts(given, return_index=True)
    lengths = shapely.length(lines)
    count = np.maximum(np.floor(lengths / PIECE_M + 0.5).astype(np.int64), 1)
    line = np.repeat(np.arange(len(lines)), count)
    within = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    size = (lengths / count)[line]

    def along(part: float) -> Floats:
        points = shapely.line_interpolate_point(lines[line], (within + part) * size)
        return np.asarray(shapely.get_coordinates(points)).reshape(-1, 2)

    return Pieces(of_street[line].astype(np.int64), along(0), along(0.5), along(1))


def by_grid(ground: Ground) -> Mapping[int, int]:
    """The index of each grid by its id."""
    return {int(pk): index for index, pk in enumerate(ground.grids)}
