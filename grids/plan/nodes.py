"""Nodes on borders: where a cut ends, both neighbours must have a vertex.  Pure.

A node keeps the border where it is.  Rounded the usual way it would lie up to a nanometre beside
the border, half a square millimetre for a side of a kilometre, each time.  So of the doubles along
the border the one is taken that lies closest to it: a hundred times closer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import ulp

import shapely

from grids.plan.flaws import Point

Edge = tuple[Point, Point]
"""A side between two vertices, the smaller one first: the same for both neighbours."""
Nodes = Mapping[Edge, Sequence[Point]]
TRIED = 48
"""So many doubles to either side are looked at; they are less than a micrometre away."""


def edge(a: Point, b: Point) -> Edge:
    return (a, b) if a < b else (b, a)


def on_edge(side: Edge, near: Point) -> Point:
    """The point in doubles closest to a side among those about the foot of `near`.

    The same for both neighbours, whichever way round they draw the side.
    """
    (ax, ay), (bx, by) = side
    if abs(bx - ax) < abs(by - ay):
        turned = ((ay, ax), (by, bx))
        y, x = _along(turned, (near[1], near[0]))
        return x, y
    return _along(side, near)


def _along(side: Edge, near: Point) -> Point:
    """`on_edge` where the side runs more along the first axis than along the second."""
    (ax, ay), (bx, by) = side
    share = ((near[0] - ax) * (bx - ax) + (near[1] - ay) * (by - ay)) / (
        (bx - ax) ** 2 + (by - ay) ** 2
    )
    foot = ax + min(max(share, 0.0), 1.0) * (bx - ax)
    low, high = min(ax, bx), max(ax, bx)
    rise = (Fraction(by) - Fraction(ay)) / (Fraction(bx) - Fraction(ax))
    best, miss = near, None
    for k in sorted(range(-TRIED, TRIED + 1), key=abs):
        x = foot + k * ulp(foot)
        if not low < x < high:
            continue
        exact = Fraction(ay) + rise * (Fraction(x) - Fraction(ax))
        y = float(exact)
        off = abs(Fraction(y) - exact)
        if miss is None or off < miss:
            best, miss = (x, y), off
        if miss == 0:
            break
    return best


def rings(shape: shapely.Geometry) -> list[list[Point]]:
    """The closed rings of a polygon, the outer one first."""
    return [
        [(x, y) for x, y in shapely.get_coordinates(ring).tolist()]
        for ring in shapely.get_rings(shape)
    ]


def edges(shape: shapely.Geometry) -> Iterator[Edge]:
    for ring in rings(shape):
        for a, b in pairwise(ring):
            yield edge(a, b)


def with_nodes(shape: shapely.Geometry, nodes: Nodes) -> shapely.Geometry:
    """The polygon with nodes put on its sides; itself when none of them is its own."""
    if not nodes or not any(side in nodes for side in edges(shape)):
        return shape
    outer, *holes = [list(_noded(ring, nodes)) for ring in rings(shape)]
    return shapely.Polygon(outer, holes)


def _noded(ring: Sequence[Point], nodes: Nodes) -> Iterator[Point]:
    yield ring[0]
    for a, b in pairwise(ring):
        yield from ordered(a, b, nodes.get(edge(a, b), ()))
        yield b


def ordered(a: Point, b: Point, points: Iterable[Point]) -> list[Point]:
    """Different points between two others, in their order from the first to the second."""
    own = {point for point in points if point not in (a, b)}
    return sorted(own, key=lambda p: (p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1]))
