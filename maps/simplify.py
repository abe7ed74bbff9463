"""Territory simplified for one zoom, so that borders that are shared stay shared.  Pure.

GEOS takes each piece of border between two corners once, for both sides, and leaves the corners
where three meet (`coverage_simplify`, the Visvalingam–Whyatt algorithm).  What comes out lies on
whole units of the zoom's tiles, the same for both sides; so a tile needs no arithmetic but a shift.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.tiles import EXTENT, HALF_WORLD_M

Shapes = NDArray[np.object_]
# From this zoom on grids are looked at one by one: half a pixel of 512 in a tile.  Below they are
# areas of colour, 10 pixels wide or less: one pixel.
CLOSE = 11
CLOSE_UNITS, FAR_UNITS = 4.0, 8.0
# MapLibre keeps coordinates in 16 bits, two tiles to the west and north and one to the east and
# south; a shape that meets the tile and is no wider than this stays within them.
WIDEST_UNITS = 3700


def unit_m(z: int) -> float:
    """Metres of EPSG:3857 in one unit of the tiles of a zoom."""
    return 2 * HALF_WORLD_M / (1 << z) / EXTENT


def tolerance_m(z: int) -> float:
    return unit_m(z) * (CLOSE_UNITS if z >= CLOSE else FAR_UNITS)


def simplified(shapes: Shapes, z: int) -> Shapes:
    """The shapes for a zoom; both in EPSG:3857 metres.

    What GEOS cannot simplify (it gives nothing, or a part of it is lost) stays as it was.
    """
    made = shapely.coverage_simplify(shapes, tolerance_m(z))
    lost = shapely.is_missing(made) | shapely.is_empty(made)
    return np.where(lost, shapes, made)


def in_units(shapes: Shapes, z: int) -> Shapes:
    """Metres → whole units of a zoom, clockwise; what vanishes there becomes one unit square."""
    unit = unit_m(z)
    made = _without_flat(shapely.transform(shapes, lambda at: np.rint((at + HALF_WORLD_M) / unit)))
    gone = shapely.is_missing(made)
    if gone.any():
        made[gone] = _squares(shapes[gone], unit)
    return np.asarray(shapely.orient_polygons(made, exterior_cw=True), dtype=object)


def _without_flat(shapes: Shapes) -> Shapes:
    """The shapes without points that repeat, and without parts and holes that have no area any
    more; None for a shape of which nothing is left.
    """
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    at, ring_of = shapely.get_coordinates(rings, return_index=True)
    # A hole goes alone; the first ring of a part is its outline, and takes the part with it.
    kept = shapely.area(shapely.polygons(rings)) > 0
    outline = np.append(True, part_of[1:] != part_of[:-1])
    stays = np.zeros(len(parts), dtype=bool)
    stays[part_of[outline]] = kept[outline]
    kept &= stays[part_of]
    fresh = np.append(True, (ring_of[1:] != ring_of[:-1]) | (at[1:] != at[:-1]).any(axis=1))
    fresh &= kept[ring_of]
    clean = shapely.linearrings(at[fresh], indices=_counted(ring_of[fresh]))
    polygons = shapely.polygons(clean, indices=_counted(part_of[kept]))
    return _together(polygons, shape_of[stays], len(shapes))


def _together(polygons: Shapes, shape_of: NDArray[np.intp], count: int) -> Shapes:
    """`count` shapes of the polygons of each: one, several, or None."""
    made = np.full(count, None, dtype=object)
    many = np.bincount(shape_of, minlength=count)[shape_of] > 1
    made[shape_of[~many]] = polygons[~many]
    if many.any():
        joined = shapely.multipolygons(polygons[many], indices=_counted(shape_of[many]))
        made[np.unique(shape_of[many])] = joined
    return made


def _counted(numbers: NDArray[np.intp]) -> NDArray[np.intp]:
    """Ascending numbers with gaps → the same without: 3 3 7 → 0 0 1."""
    return np.unique(numbers, return_inverse=True)[1].astype(np.intp)


def wide(shapes: Shapes) -> NDArray[np.bool_]:
    """Which shapes (in units) must be cut before they go into a tile."""
    west, south, east, north = shapely.bounds(shapes).T
    return np.asarray((east - west > WIDEST_UNITS) | (north - south > WIDEST_UNITS))


def _squares(shapes: Shapes, unit: float) -> Any:
    """One unit square where each shape lies: a grid is never dropped for being small."""
    west, south = shapely.bounds(shapes).T[:2]
    x, y = (np.floor((edge + HALF_WORLD_M) / unit) for edge in (west, south))
    return shapely.box(x, y, x + 1, y + 1)
