"""Move vertices, in all grids that have them at once.  Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import hypot

import numpy as np
import shapely

from grids.plan.flaws import Flaw, Point, Refused
from grids.plan.lines import MOST_VERTICES, SNAP_DEG, rounded
from grids.plan.nodes import Edge, edges, on_edge, rings, with_nodes

Shapes = Mapping[str, shapely.Geometry]


def move(
    moves: Sequence[tuple[Point, Point]], shapes: Shapes
) -> tuple[dict[str, shapely.Geometry], dict[Edge, list[Point]]]:
    """The grids that have the vertices, redrawn, and the nodes that became vertices.

    Args:
        moves: where a vertex, or a place on a border, is now, and where it should be.
        shapes: the grids around, with all that touch those that have the vertices.

    Raises:
        Refused: nothing to move there, or it lies on the border of all.
    """
    if sum(map(shapely.get_num_coordinates, shapes.values())) > MOST_VERTICES:
        raise Refused(Flaw.TOO_MANY_VERTICES, *shapes)
    starts = rounded_each([start for start, _ in moves])
    ends = rounded_each([end for _, end in moves])
    nodes: dict[Edge, list[Point]] = defaultdict(list)
    found = [
        _vertex(start, given, shapes, nodes)
        for (start, _), given in zip(moves, starts, strict=True)
    ]
    if len(set(found)) != len(found):
        raise Refused(Flaw.MALFORMED, place=found[0])
    noded = {key: with_nodes(shape, nodes) for key, shape in shapes.items()}
    going = {old: new for old, new in zip(found, ends, strict=True) if old != new}
    if not going:
        raise Refused(Flaw.CHANGES_NOTHING, place=found[0] if found else None)
    moved = {key: _with_moved(shape, going) for key, shape in noded.items()}
    affected = {key: shape for key, shape in moved.items() if shape is not noded[key]}
    _check_inside({key: noded[key] for key in affected}, going)
    return affected, dict(nodes)


def rounded_each(points: Sequence[Point]) -> list[Point]:
    return [rounded([point])[0] for point in points]


def _vertex(exact: Point, start: Point, shapes: Shapes, nodes: dict[Edge, list[Point]]) -> Point:
    """The vertex at a place, or a new one where a border runs."""
    vertices = {point for shape in shapes.values() for ring in rings(shape) for point in ring}
    if exact in vertices:
        return exact
    near = [(hypot(p[0] - start[0], p[1] - start[1]), p) for p in vertices]
    distance, vertex = min(near, default=(np.inf, start))
    if distance <= SNAP_DEG:
        return vertex
    sides = sorted({side for shape in shapes.values() for side in edges(shape)})
    lines = shapely.linestrings(np.array(sides)) if sides else np.array([])
    gaps = shapely.distance(lines, shapely.Point(start))
    if not len(gaps) or gaps.min() > SNAP_DEG:
        raise Refused(Flaw.NO_SUCH_VERTEX, place=start)
    side = sides[int(gaps.argmin())]
    node = on_edge(side, start)
    nodes[side].append(node)
    return node


def _with_moved(shape: shapely.Geometry, going: Mapping[Point, Point]) -> shapely.Geometry:
    old = rings(shape)
    if not any(point in going for ring in old for point in ring):
        return shape
    outer, *holes = [[going.get(point, point) for point in ring] for ring in old]
    return shapely.Polygon(outer, holes)


def _check_inside(shapes: Shapes, going: Mapping[Point, Point]) -> None:
    """Every side at a vertex that moves has a grid on both sides, or the border of all moves."""
    count: dict[Edge, int] = defaultdict(int)
    for shape in shapes.values():
        for side in edges(shape):
            count[side] += 1
    for side, grids in count.items():
        for point in side:
            if point in going and grids != 2:
                raise Refused(Flaw.OUTER_BORDER, *shapes, place=point)
