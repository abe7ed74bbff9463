"""How long streets, buildings and grids have been unseen, out of the times of cells.

A street piece or building is seen when its cell is.  Places count in grids of a reader's reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from gis_server.geo import to_wgs84
from grids.models import Building, Street
from patrols import ages
from patrols.ages import Ages
from patrols.cells import CELL_M, PIECE_M
from patrols.seen import video
from patrols.seen.grounds import OfDay
from patrols.seen.windows import Window, part_of
from patrols.terrain import Terrain

MOST_SPOTS = 500
NOBODYS = -1


@dataclass(frozen=True, slots=True)
class Times:
    """When what lies in a terrain was last seen in a window: seconds since 1970, 0 for never.

    streets, buildings: in the order of the ground's; cells: of each patrolable cell of grids that
    have no street, with the index of its grid in cells_of.
    """

    terrain: Terrain
    window: Window
    streets: Any
    buildings: Any
    cells: Any
    cells_of: Any


def times(one: OfDay, window: Window, now: datetime) -> Times:
    """At most three queries for the times of a district's cells."""
    ground = one.terrain.ground
    height, width = ground.grid_of.shape
    whole = ground.x0, ground.y0, width, height
    at = part_of(window, whole, whole, now)
    flat = at.ravel()
    # There are millions of cells, and few grids without a street.
    has_none = np.append(ground.streets.counts == 0, False)
    patrolable = ground.is_patrolable & has_none[ground.grid_of]
    return Times(
        one.terrain, window, flat[ground.streets.cell], flat[ground.buildings.cell],
        at[patrolable], ground.grid_of[patrolable],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class GridAges:
    """Of a grid: what counts for it (street pieces where it has any, else cells), and its street
    that was unseen for longest with the hours, 0 and 0 where it has none.
    """

    ages: Ages
    street: int
    street_h: float


def of_grids(found: Times, now: float) -> list[GridAges]:
    """Of every grid of the ground, in its order."""
    things = found.terrain.ground.streets
    pieces = _parts(things.of_grid, found.terrain)
    cells = _parts(found.cells_of, found.terrain)
    since = ages.hours(found.streets, now)
    made = []
    for mine, bare in zip(pieces, cells, strict=True):
        if len(mine):
            worst = mine[np.argmax(since[mine])]
            told = ages.ages(found.streets[mine], now)
            street = int(found.terrain.street_of[worst])
            made.append(GridAges(told, street, float(since[worst])))
        else:
            made.append(GridAges(ages.ages(found.cells[bare], now), 0, 0.0))
    return made


def medians(found: Times, now: float) -> Any:
    """The median of `of_grids` alone, all at once: hours, in the order of the ground's grids."""
    ground = found.terrain.ground
    count = len(ground.grids)
    pieces = ages.medians(found.streets, ground.streets.of_grid, count, now)
    cells = ages.medians(found.cells, found.cells_of, count, now)
    return np.where(ground.streets.counts > 0, pieces, cells)


def _parts(owner: Any, terrain: Terrain) -> list[Any]:
    """The places of what each grid owns."""
    count = len(terrain.ground.grids)
    order = np.argsort(owner, kind="stable")
    edges = np.searchsorted(owner[order], np.arange(count + 1))
    return [order[a:b] for a, b in pairwise(edges)]


@dataclass(frozen=True, slots=True)
class Spot:
    """Part of a street in a grid, or a building, that nobody has seen for longer than it may be.

    kind: "street" or "building".  hours: since the longest unseen piece was seen, None for never.
    length_m: of the pieces that are overdue, 0 for a building.  point: longitude and latitude.
    cell: of the ground, that the point lies in.  video_h: since a camera showed that cell in a
    video round, None for not in the window.
    """

    kind: str
    id: int
    name: str
    grid: int
    hours: float | None
    length_m: int
    point: tuple[float, float]
    cell: int
    video_h: float | None = None


def spots(found: Times, windows_h: Any, now: float, kind: str = "") -> list[Spot]:
    """What was unseen for longer than its grid's window (hours, by the grid's index; NaN: not asked
    for), the longest first and of those the largest; at most `MOST_SPOTS`.  A query for the names
    of each kind, and one for what cameras have shown.
    """
    made = []
    if kind != "building":
        made += _streets(found, windows_h, now)
    if kind != "street":
        made += _buildings(found, windows_h, now)
    made.sort(key=lambda one: (-(one.hours if one.hours is not None else np.inf), -one.length_m,
                               one.kind, one.id, one.grid))  # fmt: skip
    return _filmed(_named(made[:MOST_SPOTS]), found)


def _overdue(at: Any, owner: Any, windows_h: Any, now: float) -> tuple[Any, Any]:
    """Which are, and the hours of all."""
    since = ages.hours(at, now)
    with np.errstate(invalid="ignore"):
        return np.flatnonzero(since > windows_h[owner]), since


def _streets(found: Times, windows_h: Any, now: float) -> list[Spot]:
    things = found.terrain.ground.streets
    late, since = _overdue(found.streets, things.of_grid, windows_h, now)
    if not len(late):
        return []
    key = found.terrain.street_of[late] * len(found.terrain.ground.grids) + things.of_grid[late]
    order = np.lexsort((-since[late], key))
    late, key = late[order], key[order]
    _keys, first, count = np.unique(key, return_index=True, return_counts=True)
    worst = late[first]  # of each the longest unseen
    ends = found.terrain.lines(worst)
    points = _degrees((ends[:, :2] + ends[:, 2:]) / 2)
    grids = found.terrain.ground.grids[things.of_grid[worst]]
    return [
        Spot("street", int(found.terrain.street_of[piece]), "", int(grid), _told(since[piece]),
             round(number * PIECE_M), point, int(things.cell[piece]))
        for piece, grid, number, point in zip(worst, grids, count, points, strict=True)
    ]  # fmt: skip


def _buildings(found: Times, windows_h: Any, now: float) -> list[Spot]:
    ground = found.terrain.ground
    things = ground.buildings
    late, since = _overdue(found.buildings, things.of_grid, windows_h, now)
    row, column = np.divmod(things.cell[late], ground.grid_of.shape[1])
    middles = np.column_stack([column + ground.x0 + 0.5, row + ground.y0 + 0.5]) * CELL_M
    return [
        Spot("building", int(found.terrain.building_of[one]), "",
             int(ground.grids[things.of_grid[one]]), _told(since[one]), 0, point,
             int(things.cell[one]))
        for one, point in zip(late, _degrees(middles), strict=True)
    ]  # fmt: skip


def _told(hours: Any) -> float | None:
    return round(float(hours), 2) if np.isfinite(hours) else None


def _degrees(places: Any) -> list[tuple[float, float]]:
    if not len(places):
        return []
    points = shapely.get_coordinates(to_wgs84(shapely.points(places)))
    return [(round(float(x), 6), round(float(y), 6)) for x, y in points]


def _named(found: Sequence[Spot]) -> list[Spot]:
    streets = street_names(one.id for one in found if one.kind == "street")
    ids = {one.id for one in found if one.kind == "building"}
    buildings = dict(Building.objects.filter(pk__in=ids).values_list("id", "name"))
    return [
        replace(one, name=(streets if one.kind == "street" else buildings).get(one.id, ""))
        for one in found
    ]


def _filmed(spots: Sequence[Spot], found: Times) -> list[Spot]:
    """With the hours since a camera showed each."""
    if not spots:
        return []
    at = video.times(found.terrain, found.window).ravel()[[one.cell for one in spots]]
    since = ages.hours(at, found.window.at.timestamp())
    return [replace(one, video_h=_told(hours)) for one, hours in zip(spots, since, strict=True)]


def street_names(ids: Any) -> dict[int, str]:
    """One query."""
    return dict(Street.objects.filter(pk__in=set(ids)).values_list("id", "name"))
