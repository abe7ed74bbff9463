"""A drawn line laid over grids: where it meets their borders, and what lies between.  Pure.

1. Drawn points are rounded to 7 decimals of a degree (1 cm), as grids are drawn and stored.
2. A drawn point within `SNAP_DEG` of a vertex is that vertex; within it of a border, a node on it.
3. A vertex within `SNAP_DEG` of the line is a point of the line.
4. Where the line crosses a border, the border gets a node (`nodes.on_edge`).

After that everything that meets, meets in equal vertices, and nothing is computed any more: parts
are put together from sides that are there.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, isfinite
from typing import Any

import numpy as np
import shapely

from grids.plan.flaws import Flaw, Point, Refused
from grids.plan.nodes import Edge, edge, edges, on_edge, ordered, rings, with_nodes

DECIMALS = 7
SNAP_DEG = 5e-7  # 5 cm
MOST_POINTS = 2_000
MOST_VERTICES = 50_000  # of the grids that take part, together


@dataclass(frozen=True)
class Piece:
    """A stretch of the line between two meetings with borders, or from or to a free end of it.

    home: the grid it runs through; None outside of all, and along a border.
    along: it is a side of a grid.
    """

    points: tuple[Point, ...]
    home: str | None
    along: bool

    @property
    def middle(self) -> Point:
        """A point of it: half way along its middle side."""
        k = (len(self.points) - 2) // 2
        return halfway(self.points[k], self.points[k + 1])


@dataclass(frozen=True)
class Laid:
    """The line in pieces, and the nodes that borders must have for it.

    shapes: the grids with their nodes.
    meetings: the points of the line that are vertices of these.
    """

    pieces: tuple[Piece, ...]
    nodes: dict[Edge, list[Point]]
    shapes: dict[str, shapely.Geometry]
    meetings: frozenset[Point]


def halfway(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def rounded(points: Iterable[Sequence[float]]) -> list[Point]:
    """Drawn points as they count, none twice in a row.

    Raises:
        Refused: not degrees, too many.
    """
    kept: list[Point] = []
    for k, (x, y) in enumerate(points):
        if k >= MOST_POINTS:
            raise Refused(Flaw.TOO_MANY_POINTS)
        if not (isfinite(x) and isfinite(y) and -180 <= x <= 180 and -90 <= y <= 90):
            raise Refused(Flaw.NOT_DEGREES)
        point = round(float(x), DECIMALS), round(float(y), DECIMALS)
        if not kept or kept[-1] != point:
            kept.append(point)
    return kept


def open_line(points: Iterable[Sequence[float]]) -> list[Point]:
    """A line that does not meet itself.

    Raises:
        Refused: see `rounded`; fewer than two points, or it crosses or touches itself.
    """
    line = rounded(points)
    if len(line) < 2:
        raise Refused(Flaw.TOO_FEW_POINTS, place=line[0] if line else None)
    if not shapely.LineString(line).is_simple or line[0] == line[-1]:
        raise Refused(Flaw.CROSSES_ITSELF, place=_where_crossed(line))
    return line


def closed_line(points: Iterable[Sequence[float]]) -> list[Point]:
    """A ring around a piece of land, closed where the drawing is not.

    Raises:
        Refused: see `rounded`; fewer than three corners, or it crosses or touches itself.
    """
    line = rounded(points)
    if len(line) > 1 and line[0] != line[-1]:
        line.append(line[0])
    if len(line) < 4:
        raise Refused(Flaw.TOO_FEW_POINTS, place=line[0] if line else None)
    if not shapely.LineString(line).is_simple:
        raise Refused(Flaw.CROSSES_ITSELF, place=_where_crossed(line))
    return line


def _where_crossed(line: Sequence[Point]) -> Point:
    """The first place that two sides of the line have in common and should not."""
    sides = shapely.linestrings([[a, b] for a, b in pairwise(line)])
    for first, second in sorted(shapely.STRtree(sides).query(sides, "intersects").T.tolist()):
        if second > first:
            met = sides[first].intersection(sides[second])
            place = shapely.get_coordinates(met)[0].tolist()
            if second > first + 1 or met.length or (place[0], place[1]) != line[second]:
                return place[0], place[1]
    return line[0]


def lay(line: Sequence[Point], shapes: Mapping[str, shapely.Geometry]) -> Laid:
    """Lay a line over grids that are valid polygons and share their borders.

    Raises:
        Refused: the grids have too many vertices.
    """
    if sum(map(shapely.get_num_coordinates, shapes.values())) > MOST_VERTICES:
        raise Refused(Flaw.TOO_MANY_VERTICES, *shapes)
    border = _Border(shapes)
    nodes: dict[Edge, list[Point]] = defaultdict(list)
    bent = _without_repeats(border.pulled(line, nodes))
    if len(bent) > 1:
        bent = _without_spikes(border.through_vertices(bent))
    if len(bent) < 2:
        raise Refused(Flaw.TOO_FEW_POINTS, *shapes, place=bent[0])
    bent = border.crossed(bent, nodes)
    _check_apart(bent, shapes)
    noded = {key: with_nodes(shape, nodes) for key, shape in shapes.items()}
    vertices = {point for shape in noded.values() for ring in rings(shape) for point in ring}
    sides = {side for shape in noded.values() for side in edges(shape)}
    stretches = _stretches(bent, vertices)
    pieces = tuple(Piece(s, *_home(s, noded, sides)) for s in stretches)
    return Laid(pieces, dict(nodes), noded, frozenset(p for p in bent if p in vertices))


def _home(
    stretch: tuple[Point, ...], shapes: Mapping[str, shapely.Geometry], sides: set[Edge]
) -> tuple[str | None, bool]:
    if len(stretch) == 2 and edge(*stretch) in sides:
        return None, True
    x, y = halfway(stretch[0], stretch[1])
    homes = (key for key, shape in shapes.items() if shapely.contains_xy(shape, x, y))
    return next(homes, None), False


def _stretches(line: Sequence[Point], vertices: set[Point]) -> list[tuple[Point, ...]]:
    """The line cut wherever it meets a vertex."""
    cuts = [k for k, point in enumerate(line) if point in vertices and 0 < k < len(line) - 1]
    return [tuple(line[a : b + 1]) for a, b in pairwise([0, *cuts, len(line) - 1])]


def _without_repeats(line: Sequence[Point]) -> list[Point]:
    return [*line[:1], *(b for a, b in pairwise(line) if a != b)]


def _without_spikes(line: Sequence[Point]) -> list[Point]:
    """Without points to which the line goes and comes straight back: both sides at a bend were led
    through the same vertex.
    """
    kept: list[Point] = []
    for point in line:
        if len(kept) > 1 and kept[-2] == point:
            kept.pop()
        else:
            kept.append(point)
    return kept


def _check_apart(line: Sequence[Point], shapes: Iterable[str]) -> None:
    """No place of the line became another one of it when it was put on vertices and borders."""
    own = line[1:] if line[0] == line[-1] else line
    seen: set[Point] = set()
    for point in own:
        if point in seen:
            raise Refused(Flaw.CROSSES_ITSELF, *shapes, place=point)
        seen.add(point)


class _Border:
    """Sides and vertices of grids, and how a line meets them."""

    def __init__(self, shapes: Mapping[str, shapely.Geometry]) -> None:
        self.edges = sorted({side for shape in shapes.values() for side in edges(shape)})
        self.vertices = sorted({point for side in self.edges for point in side})
        self.edge_tree = shapely.STRtree(shapely.linestrings(np.array(self.edges)))
        self.vertex_tree = shapely.STRtree(shapely.points(np.array(self.vertices)))

    def pulled(self, line: Sequence[Point], nodes: dict[Edge, list[Point]]) -> list[Point]:
        """Every point of the line that lies at a vertex or border put right on it."""
        given = shapely.points(np.array(line))
        to_vertex = _nearest(self.vertex_tree, given)
        to_edge = _nearest(self.edge_tree, given)
        pulled = []
        for k, point in enumerate(line):
            if k in to_vertex:
                pulled.append(self.vertices[to_vertex[k]])
            elif k in to_edge:
                side = self.edges[to_edge[k]]
                pulled.append(_node(side, point, nodes))
            else:
                pulled.append(point)
        return pulled

    def through_vertices(self, line: Sequence[Point]) -> list[Point]:
        """The line led through every vertex that it all but touches."""
        near = self._by_side(line, self.vertex_tree, "dwithin", SNAP_DEG)
        return _led(line, {k: [self.vertices[n] for n in found] for k, found in near.items()})

    def crossed(self, line: Sequence[Point], nodes: dict[Edge, list[Point]]) -> list[Point]:
        """The line with a point, and the border with a node, wherever they cross."""
        between: dict[int, list[Point]] = defaultdict(list)
        sides = list(pairwise(line))
        for k, found in self._by_side(line, self.edge_tree, "intersects").items():
            a, b = sides[k]
            for n in found:
                side = self.edges[n]
                ends = {*side, *nodes.get(side, ())}
                if a in ends or b in ends:
                    continue
                cross = _crossing((a, b), side)
                if cross is not None:
                    between[k].append(_node(side, cross, nodes))
        return _led(line, between)

    def _by_side(
        self, line: Sequence[Point], tree: shapely.STRtree, how: str, distance: float | None = None
    ) -> dict[int, list[int]]:
        sides = shapely.linestrings([[a, b] for a, b in pairwise(line)])
        found: dict[int, list[int]] = defaultdict(list)
        if not len(sides):
            return found
        for k, n in sorted(tree.query(sides, predicate=how, distance=distance).T.tolist()):
            found[k].append(n)
        return found


def _nearest(tree: shapely.STRtree, points: Any) -> dict[int, int]:
    """What lies nearest to each point that anything lies near to; of equals the first."""
    pairs = tree.query_nearest(points, max_distance=SNAP_DEG).T.tolist()
    nearest: dict[int, int] = {}
    for k, n in sorted(pairs):
        nearest.setdefault(k, n)
    return nearest


def _node(side: Edge, near: Point, nodes: dict[Edge, list[Point]]) -> Point:
    """A node on the side, or what is there already as near as a vertex may be."""
    made = on_edge(side, near)
    there: list[Point] = [*side, *nodes.get(side, ())]
    for old in there:
        if hypot(old[0] - made[0], old[1] - made[1]) <= SNAP_DEG:
            return old
    nodes[side].append(made)
    return made


def _led(line: Sequence[Point], between: Mapping[int, Sequence[Point]]) -> list[Point]:
    """The line with more points on its sides, by their numbers."""
    led = list(line[:1])
    for k, (a, b) in enumerate(pairwise(line)):
        led += [*ordered(a, b, between.get(k, ())), b]
    return led


def _crossing(first: Edge, second: Edge) -> Point | None:
    """Where two sides cross, None where they are parallel."""
    (ax, ay), (bx, by) = first
    (cx, cy), (dx, dy) = second
    turn = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if turn == 0:
        return None
    share = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / turn
    return ax + share * (bx - ax), ay + share * (by - ay)
