"""Areas and lengths of shapes in WGS84 degrees, on the ellipsoid.  Pure; moves no coordinate.

A side is straight in degrees: that is how shapes are stored, cut and drawn.  The area under such a
side has a closed form, so a node put on a side changes no area, and the areas of parts add up to
that of the whole.  Geodesic sides have neither: a kilometre east to west bows by 1.5 cm at 38°
north, ten square metres each time somebody puts a node on it.
"""

import math
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# WGS84 (NIMA TR8350.2): semi-major axis, flattening; the square of the first eccentricity.
SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1 / 298.257223563
ECCENTRICITY_2 = FLATTENING * (2 - FLATTENING)
ECCENTRICITY = math.sqrt(ECCENTRICITY_2)


def areas_m2(shapes: Any) -> Floats:
    """The area of each polygon or multipolygon, (n,) square metres; 0 for anything else.

    Between two corners the zone's area is integrated by Simpson's rule, which is exact to 1e-9 of
    it for sides up to a degree long.
    """
    given = np.atleast_1d(np.asarray(shapes, dtype=object))
    parts, part_of = shapely.get_parts(given, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    corners, corner_of = shapely.get_coordinates(rings, return_index=True)
    areas = np.zeros(len(given))
    if not len(rings):
        return areas
    lon, lat = np.radians(corners[:, 0]), np.radians(corners[:, 1])
    inside = corner_of[:-1] == corner_of[1:]
    zone = _zone(lat)
    zone -= zone[0]  # a closed ring loses nothing by it, and small differences keep their digits
    middle = _zone((lat[:-1] + lat[1:]) / 2) - _zone(lat[:1])
    under = np.diff(lon) * (zone[:-1] + 4 * middle + zone[1:]) / 6
    by_ring = np.abs(np.bincount(corner_of[:-1][inside], under[inside], minlength=len(rings)))
    by_ring *= SEMI_MAJOR_M**2 / 2
    hole = np.concatenate([[False], ring_of[1:] == ring_of[:-1]])
    np.add.at(areas, part_of[ring_of], np.where(hole, -by_ring, by_ring))
    return areas


def area_m2(shape: Any) -> float:
    """The area of one polygon or multipolygon."""
    return float(areas_m2([shape])[0])


def _zone(lat: Floats) -> Floats:
    """Twice the area between equator and latitude over a radian, in squares of the semi-major axis
    (Snyder, Map Projections: A Working Manual, 1987, equation 3-12).
    """
    sine = np.sin(lat)
    whole = sine / (1 - ECCENTRICITY_2 * sine**2) + np.arctanh(ECCENTRICITY * sine) / ECCENTRICITY
    return np.asarray((1 - ECCENTRICITY_2) * whole)


def metres_a_degree(lat: Any) -> tuple[Any, Any]:
    """How long a degree is at a latitude, metres: to the east, to the north."""
    phi = np.radians(lat)
    squeeze = 1 - ECCENTRICITY_2 * np.sin(phi) ** 2
    east = np.radians(SEMI_MAJOR_M * np.cos(phi) / np.sqrt(squeeze))
    north = np.radians(SEMI_MAJOR_M * (1 - ECCENTRICITY_2) / squeeze**1.5)
    return east, north


def length_m(lines: Any) -> float:
    """How long lines are together, or the borders of polygons; exact to 1e-6 up to a kilometre."""
    return float(lengths_m(_rings_or_lines(lines)).sum())


def lengths_m(lines: Any) -> Floats:
    """Array (n,): how long lines, or collections of lines and points, each are."""
    given = np.atleast_1d(np.asarray(lines, dtype=object))
    parts, part_of = shapely.get_parts(given, return_index=True)
    corners, corner_of = shapely.get_coordinates(parts, return_index=True)
    if len(corners) < 2:
        return np.zeros(len(given))
    inside = corner_of[:-1] == corner_of[1:]
    east, north = metres_a_degree((corners[:-1, 1] + corners[1:, 1]) / 2)
    step = np.diff(corners, axis=0)
    long = np.hypot(step[:, 0] * east, step[:, 1] * north)[inside]
    owner = part_of[corner_of[:-1][inside]]
    return np.asarray(np.bincount(owner, long, minlength=len(given)), dtype=np.float64)


def _rings_or_lines(lines: Any) -> Any:
    parts = shapely.get_parts(np.atleast_1d(np.asarray(lines, dtype=object)))
    polygons = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return np.concatenate([parts[~polygons], shapely.get_rings(parts[polygons])])


def flat_m(shape: Any) -> Any:
    """A small shape in metres about its own middle, to measure widths and nothing else."""
    west, south, east, north = shapely.bounds(shape)
    lon, lat = (west + east) / 2, (south + north) / 2
    east_m, north_m = metres_a_degree(lat)

    def laid(corners: Floats) -> Floats:
        return np.asarray((corners - (lon, lat)) * (east_m, north_m))

    return shapely.transform(shape, laid)
