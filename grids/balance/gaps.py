"""Straight cuts between buildings, where a community has no streets to cut along.  Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_server.ellipsoid import areas_m2, metres_a_degree
from grids.plan.lines import DECIMALS

Shape = Any  # shapely has no types
ROUNDING_DEG = 10.0**-DECIMALS
LEAST_GAP_M = 4.0  # between buildings, for a border to run there
LEAST_AREA_M2 = 500.0
LEAST_WIDTH_DEG = 8e-5  # about 8 m


def cuts(
    face: Shape, points: NDArray[np.float64], counts: NDArray[np.int64], most: int
) -> Iterator[Shape]:
    """Straight lines that divide a face until each part has few households or one building."""
    if len(points) < 2 or counts.sum() <= most:
        return
    line = _gap_line(face, points, counts)
    if line is None:
        return
    inside = shapely.intersection(line, face, grid_size=ROUNDING_DEG)
    noded = shapely.union_all([shapely.boundary(face), inside], grid_size=ROUNDING_DEG)
    parts = list(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))
    parts = [part for part in parts if shapely.intersects(face, shapely.point_on_surface(part))]
    if len(parts) < 2 or _too_thin(parts, points):
        return
    yield from (part for part in shapely.get_parts(inside) if part.length > 0)
    own = numbers(parts, points)
    for k, part in enumerate(parts):
        yield from cuts(part, points[own == k], counts[own == k], most)


def _too_thin(parts: Sequence[Shape], points: NDArray[np.float64]) -> bool:
    """Whether a part that holds buildings could be no block."""
    own = numbers(parts, points)
    held = [part for k, part in enumerate(parts) if (own == k).any()]
    return len(held) < 2 or any(map(is_thin, held))


def is_thin(shape: Shape) -> bool:
    if areas_m2([shape])[0] < LEAST_AREA_M2:
        return True
    return bool(shapely.is_empty(shapely.buffer(shape, -LEAST_WIDTH_DEG / 2, quad_segs=1)))


def _gap_line(face: Shape, points: NDArray[np.float64], counts: NDArray[np.int64]) -> Shape | None:
    """A line through the widest gap near the middle of the households, None where all gaps are
    narrow.  Gaps along the row of buildings come first, then those across it.
    """
    middle = points.mean(axis=0)
    scale = np.array(metres_a_degree(float(middle[1])))
    flat = (points - middle) * scale
    along = np.linalg.eigh(flat.T @ flat)[1][:, 1]
    for axis in (along, np.array([-along[1], along[0]])):
        at = _gap(flat @ axis, counts)
        if at is not None:
            across = np.array([-axis[1], axis[0]])
            west, south, east, north = face.bounds
            reach = float(np.hypot(*(np.array([east - west, north - south]) * scale)))
            ends = (axis * at + np.outer([-reach, reach], across)) / scale + middle
            return shapely.LineString(ends)
    return None


def _gap(places: NDArray[np.float64], counts: NDArray[np.int64]) -> float | None:
    order = np.argsort(places, kind="stable")
    sorted_places, passed = places[order], np.cumsum(counts[order])[:-1]
    gaps = np.diff(sorted_places)
    share = passed / counts.sum()
    worth = gaps * (1 - np.abs(2 * share - 1)) * (gaps >= LEAST_GAP_M)
    best = int(np.argmax(worth))
    if worth[best] <= 0:
        return None
    return float(sorted_places[best] + gaps[best] / 2)


def numbers(faces: Sequence[Shape], points: NDArray[np.float64]) -> NDArray[np.int64]:
    """The face that each point lies in, the first where several have it; -1 in none."""
    found = np.full(len(points), -1, dtype=np.int64)
    if len(points) and len(faces):
        pairs = shapely.STRtree(list(faces)).query(shapely.points(points), predicate="intersects")
        for k, n in sorted(pairs.T.tolist(), reverse=True):
            found[k] = n
    return found
