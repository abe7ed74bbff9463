"""The streets of a ground as lines of a map tile, by how long ago they were last seen.

What does not change with time is put in order once for each ground: pieces along their streets, in
metres of the map, with the block and place of the cell that they lie in.  A tile then reads only
the blocks that its own pieces lie in.  From afar pieces are drawn some together, as many as make a
dot of the screen, in the age of the oldest of them: what was not seen must not get lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from gis_server.geo import WEB_MERCATOR, convert, metric_srid
from patrols import ages
from patrols.plane import SIDE, Times
from patrols.seen import blocks, grounds
from patrols.seen.blocks import Place

TOGETHER = {10: 6, 11: 3, 12: 2}
"""So many pieces of 10 m make one by zoom; closer by each is its own.  A dot is 60 m at zoom 10."""
TOUCH_M = 0.2


@dataclass(frozen=True, slots=True)
class Lines:
    """Street pieces in the order in which they follow each other, (n,) each.

    ends: x and y of begin and end, EPSG:3857 metres, (n, 4).  of_grid: index of the grid.
    at: its cell, counted through the ground row by row.  block: index in `places` of the block that
    the cell lies in; cell: its place there.
    number: within what hangs together, from 0.
    """

    ends: Any
    of_grid: Any
    at: Any
    block: Any
    cell: Any
    number: Any
    places: list[Place]


@lru_cache(grounds.IN_MEMORY)
def lines_of(ground_id: int) -> Lines:
    """The lines of a ground; one that is stored never changes."""
    terrain = grounds.terrain_of(ground_id)
    ground, things = terrain.ground, terrain.ground.streets
    order = np.argsort(things.given)
    ends = terrain.lines(order)
    follows = np.zeros(len(order), np.bool_)
    follows[1:] = (np.diff(things.given[order]) == 1) & (
        np.abs(ends[1:, :2] - ends[:-1, 2:]).max(axis=1) <= TOUCH_M
    )
    index = np.arange(len(order))
    number = index - np.maximum.accumulate(np.where(follows, 0, index))
    row, column = np.divmod(things.cell[order], ground.grid_of.shape[1])
    row, column = row + ground.y0, column + ground.x0
    pairs = np.column_stack([column // SIDE, row // SIDE])
    places, block = np.unique(pairs, axis=0, return_inverse=True)
    cell = (row % SIDE) * SIDE + column % SIDE
    points = convert(shapely.points(ends.reshape(-1, 2)), metric_srid(), WEB_MERCATOR)
    drawn = shapely.get_coordinates(points).reshape(-1, 4)
    told = [(int(x), int(y)) for x, y in places]
    at = things.cell[order]
    return Lines(drawn, things.of_grid[order], at, block.ravel(), cell, number, told)


def by_age(
    lines: Lines,
    around: Sequence[float],
    allowed: Any,
    zoom: int,
    now: float,
    known: Times | None = None,
) -> tuple[Any, Any]:
    """What of the lines of grids that are allowed (by their index) comes into a box (EPSG:3857), as
    one geometry for each class of age, and the classes.

    known: when each cell of the ground was last seen; None asks the blocks they lie in, in one
    query.
    """
    where = np.flatnonzero(_touch(lines.ends, around) & allowed[lines.of_grid])
    if not len(where):
        return np.zeros(0, object), np.zeros(0, np.int64)
    number = lines.number[where]
    breaks = number == 0
    breaks[0] = True
    breaks[1:] |= np.diff(where) != 1
    starts = np.flatnonzero(breaks | (number % TOGETHER.get(zoom, 1) == 0))
    stops = np.append(starts[1:], len(where)) - 1
    times = _times(lines, where) if known is None else known.ravel()[lines.at[where]]
    oldest = np.minimum.reduceat(times, starts)  # never is 0
    classes = ages.classes(oldest, now)
    begins = breaks[starts]
    begins[1:] |= np.diff(classes) != 0
    begin, end = lines.ends[where[starts], :2], lines.ends[where[stops], 2:]
    return _drawn(begin, end, begins, classes)


def _touch(ends: Any, around: Sequence[float]) -> Any:
    west, south, east, north = around
    x, y = ends[:, 0], ends[:, 1]
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


def _times(lines: Lines, where: Any) -> Any:
    """When the cell of each of some pieces was last seen."""
    block = lines.block[where]
    needed = np.flatnonzero(np.bincount(block, minlength=len(lines.places)))
    rank = np.zeros(len(lines.places), np.int64)
    rank[needed] = np.arange(len(needed))
    times = blocks.read_all([lines.places[one] for one in needed])
    return times[rank[block], lines.cell[where]]


def _drawn(begin: Any, end: Any, begins: Any, classes: Any) -> tuple[Any, Any]:
    """Lines on and on until the next that begins; those of a class together."""
    run = np.cumsum(begins) - 1
    # Of each run the first begin, then every end.
    points = np.concatenate([begin[begins], end])
    of_run = np.concatenate([run[begins], run])
    order = np.argsort(of_run, kind="stable")
    lines = shapely.linestrings(points[order], indices=of_run[order])
    of_line = classes[begins]
    found, index = np.unique(of_line, return_inverse=True)
    by_class = np.argsort(index, kind="stable")
    return shapely.multilinestrings(lines[by_class], indices=index[by_class]), found
