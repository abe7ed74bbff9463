"""Polygons put together from sides that are there; nothing is computed.  Pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import shapely

from grids.plan.flaws import Point
from grids.plan.nodes import Edge, edge, rings


def faces(sides: Iterable[Edge], within: shapely.Geometry) -> list[shapely.Geometry]:
    """The polygons that sides make up inside a polygon; sides meet in equal vertices only.

    In an order that depends on nothing but the sides.
    """
    lines = shapely.linestrings(np.array(sorted(set(sides))))
    made = shapely.get_parts(shapely.polygonize(lines))
    inside = made[shapely.intersects(within, shapely.point_on_surface(made))]
    return sorted(inside, key=lambda face: min(rings(face)[0]))


def sides_of(points: Sequence[Point]) -> list[Edge]:
    return [edge(a, b) for a, b in pairwise(points)]


def joined(shapes: Iterable[shapely.Geometry]) -> list[shapely.Geometry]:
    """Neighbours as one: one polygon where they have borders in common, else several."""
    return list(shapely.get_parts(shapely.coverage_union_all(list(shapes))))


def lies_left(face: shapely.Geometry, start: Point, end: Point) -> bool:
    """Whether a polygon lies to the left of one of its sides, walked from `start` to `end`."""
    turned = shapely.orient_polygons(face)
    return any((start, end) in pairwise(ring) for ring in rings(turned))


def a_place(shape: shapely.Geometry) -> Point:
    """A point inside, to look at."""
    point = shapely.point_on_surface(shape)
    return float(point.x), float(point.y)


LEAST_DIFFERENCE_DEG2 = 1e-12
"""0.01 m²: a node on a border moves it by less."""


def same_land(old: shapely.Geometry, new: shapely.Geometry) -> bool:
    """Whether two valid shapes are the same but for nodes on their borders."""
    if old.equals_exact(new):
        return True
    return bool(shapely.symmetric_difference(old, new).area < LEAST_DIFFERENCE_DEG2)
