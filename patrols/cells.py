"""Where in each grid somebody can patrol: cells, pieces of street, buildings.  Pure.

A cell is a square of `CELL_M` of the plane, the same for everybody: number (floor(x / 10),
floor(y / 10)).  It belongs to the grid that holds its middle, and is patrolable when streets,
buildings or shops of the district lie within `NEAR_M` of its middle.  In a grid without any (hills)
every cell is, and the grid says so.  What lies near counts also where it is the neighbour's: a
street on the border is patrolled from both sides.

Area is counted in quarters of cells, `QUARTER_M` a side, for a quarter of the grids of a district
are so small that whole cells err by more than two points: a quarter belongs to the grid that holds
its own middle, and is patrolable when its cell is.

Whatever can be seen has a number within its grid, from 0 in a fixed order; what has been seen is a
set of these numbers, kept as a bitmap (`patrols.coverage`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import shapely

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Small = np.ndarray[Any, np.dtype[np.int32]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

CELL_M = 10.0
QUARTER_M = CELL_M / 2
QUARTERS = 4
"""Of a cell: south-west, south-east, north-west, north-east."""
NEAR_M = 25.0
PIECE_M = 10.0
"""A street is seen piece by piece; the last one of a street is what is left, at least half."""
NOBODYS = -1
ON_EDGE = -2
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
class Edges:
    """Cells whose quarters are not all the grid's that holds their middle, in their order.

    cell: row × width + column of the ground.  of_grid: index of the grid of each quarter, (n, 4),
    NOBODYS for one that is outside or not patrolable.
    """

    cell: Numbers
    of_grid: Small


@dataclass(frozen=True, slots=True)
class Ground:
    """The district's cells, street pieces and buildings on one day.

    grids: ids; the index of an id is its grid's index everywhere here.  is_bare: of each grid,
    whether it has neither streets nor buildings nor shops, so that all of it counts.
    x0, y0: number of the cell in the south-west corner.  grid_of: index of the grid that holds each
    cell (rows from south to north), NOBODYS outside.  is_patrolable: of each cell.
    """

    grids: Numbers
    is_bare: Flags
    x0: int
    y0: int
    grid_of: Small
    is_patrolable: Flags
    edges: Edges
    streets: Things
    buildings: Things
    numbered: "Numbered"

    @property
    def quarters(self) -> Numbers:
        """How many patrolable quarters each grid has."""
        return self.numbered.counts


@dataclass(frozen=True, slots=True)
class Numbered:
    """The numbers of patrolable quarters within their grids: first those of whole cells, cell by
    cell, then those on edges.

    first: of each cell the number of its first quarter, three follow; ON_EDGE where they are told
    apart, NOBODYS for a cell that is not patrolable.  on_edge: of each quarter of `Edges`.  counts:
    of each grid.
    """

    first: Small
    on_edge: Small
    counts: Numbers


def numbered(grid_of: Small, is_patrolable: Flags, edges: Edges, grids: int) -> Numbered:
    """See `Numbered`; it follows from the rest of a ground."""
    owner = np.where(is_patrolable, grid_of, NOBODYS)
    owner.ravel()[edges.cell] = NOBODYS
    number, cells = _numbered(owner, grids)
    first = np.where(number >= 0, number * QUARTERS, NOBODYS)
    first.ravel()[edges.cell] = ON_EDGE
    after, rest = _numbered(edges.of_grid, grids)
    whole = cells * QUARTERS
    on_edge = np.where(after >= 0, after + whole[edges.of_grid], NOBODYS)
    return Numbered(first.astype(np.int32), on_edge.astype(np.int32), whole + rest)


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
    grid_of, edges = _owners(areas, x0, y0, width, height)
    at, count = Frame(x0, y0, grid_of), len(areas)
    houses, stores = buildings.reshape(-1, 2), shops.reshape(-1, 2)
    pieces = at.things(street_pieces(streets), count)
    built, sold = at.things(houses, count), at.things(stores, count)
    is_bare = pieces.counts + built.counts + sold.counts == 0
    asked = grid_of >= 0
    asked.ravel()[edges.cell] = True
    near = _near(streets, np.concatenate([houses, stores]), asked, x0, y0)
    patrolable = (grid_of >= 0) & (near | is_bare[grid_of])
    edges = _patrolable(edges, near, is_bare)
    ids = np.array([area.id for area in areas], np.int64)
    number = numbered(grid_of, patrolable, edges, count)
    return Ground(ids, is_bare, x0, y0, grid_of, patrolable, edges, pieces, built, number)


def quarters_in(ground: Ground, rows: slice, columns: slice) -> tuple[Small, Small]:
    """Of each quarter in a box of cells the index of its grid, and its number there (NOBODYS for
    none): twice as many rows and columns.
    """
    first = ground.numbered.first[rows, columns]
    whole = np.where(first >= 0, first, NOBODYS)
    number = np.where(whole[:, :, None] >= 0, whole[:, :, None] + np.arange(QUARTERS), NOBODYS)
    owner = np.repeat(ground.grid_of[rows, columns][:, :, None], QUARTERS, axis=2)
    on_edge = np.nonzero(first == ON_EDGE)
    width = ground.grid_of.shape[1]
    cell = (on_edge[0] + rows.start) * width + on_edge[1] + columns.start
    at = np.searchsorted(ground.edges.cell, cell)
    owner[on_edge], number[on_edge] = ground.edges.of_grid[at], ground.numbered.on_edge[at]
    return _spread(owner), _spread(number.astype(np.int32))


def _spread(four: Small) -> Small:
    """Cells' quarters as a raster of quarters."""
    height, width, _four = four.shape
    halves = four.reshape(height, width, 2, 2).transpose(0, 2, 1, 3)
    return halves.reshape(2 * height, 2 * width)


def _patrolable(edges: Edges, near: Flags, is_bare: Flags) -> Edges:
    """Without the quarters, and the cells, where nobody can patrol."""
    counts = near.ravel()[edges.cell][:, None] | is_bare[edges.of_grid]
    of_grid = np.where(counts & (edges.of_grid >= 0), edges.of_grid, NOBODYS).astype(np.int32)
    return Edges(edges.cell, of_grid)


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


def _owners(
    areas: Sequence[Area], x0: int, y0: int, width: int, height: int
) -> tuple[Small, Edges]:
    """The index of the grid that holds the middle of each cell, and cells that it does not hold
    whole.  Where grids overlap the later one holds.
    """
    owners = np.full((height, width), NOBODYS, np.int32)
    whole = owners.copy()
    parts = []
    for index, area in enumerate(areas):
        west, south, east, north = area.shape.bounds
        columns = np.arange(int(np.floor(west / CELL_M)), int(np.floor(east / CELL_M)) + 1)
        rows = np.arange(int(np.floor(south / CELL_M)), int(np.floor(north / CELL_M)) + 1)
        here = slice(rows[0] - y0, rows[-1] - y0 + 1), slice(columns[0] - x0, columns[-1] - x0 + 1)
        shapely.prepare(area.shape)
        owners[here][_holds(area.shape, columns + 0.5, rows + 0.5)] = index
        held = _holds(area.shape, _halves(columns), _halves(rows))
        halves = held.reshape(len(rows), 2, len(columns), 2).transpose(0, 2, 1, 3)
        four = halves.reshape(len(rows), len(columns), QUARTERS)
        number = four.sum(axis=2)
        whole[here][number == QUARTERS] = index
        row, column = np.nonzero((number > 0) & (number < QUARTERS))
        cell = (row + rows[0] - y0) * width + column + columns[0] - x0
        parts.append((cell, np.where(four[row, column], index, NOBODYS)))
    return owners, _edges(owners, whole, parts)


def _halves(numbers: Numbers) -> Floats:
    """The middles of both halves of each of some cells that follow each other."""
    return np.asarray(np.arange(2 * len(numbers)) * 0.5 + numbers[0] + 0.25, np.float64)


def _holds(shape: Any, columns: Any, rows: Any) -> Flags:
    """Of each of some places, in cells of the plane, whether it lies in a shape."""
    x, y = np.meshgrid(columns * CELL_M, rows * CELL_M)
    return np.asarray(shapely.contains_xy(shape, x, y))


def _edges(owners: Small, whole: Small, parts: Sequence[tuple[Numbers, Any]]) -> Edges:
    """whole: the grid that holds all quarters of a cell.  parts: cells with the grids of those that
    one grid holds of them.
    """
    cells = [cell for cell, _of in parts]
    found = np.unique(np.concatenate([*cells, np.flatnonzero(owners != whole)]))
    of_grid = np.repeat(whole.ravel()[found, None], QUARTERS, axis=1)
    for cell, of in parts:
        at = np.searchsorted(found, cell)
        of_grid[at] = np.maximum(of_grid[at], of)
    apart = (of_grid != owners.ravel()[found, None]).any(axis=1)
    return Edges(found[apart], of_grid[apart])


def _near(streets: Sequence[Any], places: Floats, asked: Flags, x0: int, y0: int) -> Flags:
    """Of each cell that is asked for, whether something lies within NEAR_M of its middle.

    Looked at from the things, of which there are fewer than cells: pieces of lines short enough
    that all that is near lies a few cells around.
    """
    begin, end = (np.concatenate([one, places]) for one in _segments(streets))
    way = end - begin
    squared = np.maximum((way**2).sum(axis=1), 1e-12)
    cell = np.floor((begin + end) / 2 / CELL_M).astype(np.int64)
    reach = int((NEAR_M + PIECE_M / 2 + CELL_M / 2) // CELL_M)
    near = np.zeros(asked.shape, np.bool_)
    height, width = asked.shape
    for right, up in product(range(-reach, reach + 1), repeat=2):
        column, row = (cell + np.array([right, up])).T
        off = (np.column_stack([column, row]) + 0.5) * CELL_M - begin
        along = np.clip((off * way).sum(axis=1) / squared, 0, 1)
        apart = ((off - along[:, None] * way) ** 2).sum(axis=1)
        column, row = column - x0, row - y0
        inside = (column >= 0) & (row >= 0) & (column < width) & (row < height)
        found = inside & (apart <= NEAR_M**2)
        near[row[found], column[found]] = True
    return near & asked


def _segments(streets: Sequence[Any]) -> tuple[Floats, Floats]:
    """Where the straight pieces of lines begin and end, none longer than PIECE_M; (n, 2) each."""
    given = np.asarray(streets, object) if len(streets) else np.zeros(0, object)
    fine = shapely.segmentize(shapely.get_parts(given), PIECE_M)
    points, line = shapely.get_coordinates(fine, return_index=True)
    same = line[1:] == line[:-1]
    return points[:-1][same], points[1:][same]


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
