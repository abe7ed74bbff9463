"""A district's ground with what its streets and buildings are, and as bytes to keep.  Pure.

`patrols.cells` numbers what can be seen; here beside it stands which street a piece is of, from
where to where it goes, and which building is which, so that blind spots have names.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from patrols import cells
from patrols.cells import (
    CELL_M,
    Area,
    Edges,
    Floats,
    Ground,
    Numbers,
    Small,
    Things,
    numbered,
)

STEPS_PER_M = 10
"""Ends of pieces are kept in decimetres from the ground's corner."""


@dataclass(frozen=True, slots=True)
class Named:
    """Lines or points with their ids; of points an array of (n, 2), in metres."""

    ids: Sequence[int]
    shapes: Any


@dataclass(frozen=True, slots=True)
class Terrain:
    """street_of: id of the street of each piece; ends: x and y of where it begins, then of where it
    ends, in decimetres from the corner of the ground.  building_of: id of each building.  All in
    the order of the ground's own.  index: of each grid in the ground, by its id.
    """

    ground: Ground
    street_of: Numbers
    ends: Small
    building_of: Numbers
    index: Mapping[int, int]

    @property
    def corner(self) -> tuple[float, float]:
        """South-west, in metres."""
        return self.ground.x0 * CELL_M, self.ground.y0 * CELL_M

    def lines(self, pieces: Numbers) -> Floats:
        """x, y, x, y in metres of some pieces."""
        return np.asarray(self.ends[pieces] / STEPS_PER_M + np.array([*self.corner, *self.corner]))


def terrain(areas: Sequence[Area], streets: Named, buildings: Named, shops: Floats) -> Terrain:
    """See `cells.ground`, which says what it raises."""
    ground = cells.ground(areas, streets.shapes, buildings.shapes, shops)
    pieces, given = cells.pieces_of(streets.shapes), ground.streets.given
    corner = np.array([ground.x0, ground.y0]) * CELL_M
    ends = np.hstack([pieces.begin[given] - corner, pieces.end[given] - corner])
    return Terrain(
        ground,
        np.asarray(streets.ids, np.int64)[pieces.street[given]],
        np.round(ends * STEPS_PER_M).astype(np.int32),
        np.asarray(buildings.ids, np.int64)[ground.buildings.given],
        cells.by_grid(ground),
    )


def pack(terrain: Terrain) -> bytes:
    """Numbers of quarters are left out: they follow from the rest."""
    ground = terrain.ground
    plain = {
        "grids": ground.grids, "is_bare": ground.is_bare,
        "corner": np.array([ground.x0, ground.y0], np.int64),
        "grid_of": ground.grid_of, "is_patrolable": ground.is_patrolable,
        "edge_cell": ground.edges.cell, "edge_of_grid": ground.edges.of_grid,
        "street_of": terrain.street_of, "ends": terrain.ends, "building_of": terrain.building_of,
    }  # fmt: skip
    for name, things in (("streets", ground.streets), ("buildings", ground.buildings)):
        plain |= {f"{name}_{part}": getattr(things, part) for part in THINGS}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **plain)
    return file.getvalue()


THINGS = ("cell", "of_grid", "number", "counts", "given")


def unpack(data: bytes) -> Terrain:
    """What `pack` was given."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        streets, buildings = (
            Things(*(file[f"{name}_{part}"] for part in THINGS))
            for name in ("streets", "buildings")
        )
        x0, y0 = (int(one) for one in file["corner"])
        edges = Edges(file["edge_cell"], file["edge_of_grid"])
        grids, grid_of, is_patrolable = (
            file[name] for name in ("grids", "grid_of", "is_patrolable")
        )
        number = numbered(grid_of, is_patrolable, edges, len(grids))
        ground = Ground(
            grids, file["is_bare"], x0, y0, grid_of, is_patrolable, edges, streets, buildings,
            number,
        )  # fmt: skip
        return Terrain(
            ground, file["street_of"], file["ends"], file["building_of"], cells.by_grid(ground)
        )
