"""What an edited layer of grids changes of those in force: reshaped, born, retired, recoded.  Pure.

1 A grid whose border lies nowhere further than `ROUNDING_DEG` from the one in force is that grid,
  bit by bit: a file rounds, and a way to another frame and back does.
2 A grid that has the shape of another one in force, whose code goes elsewhere or nowhere, is that
  one under another code.
3 A vertex within `ROUNDING_DEG` of one in force is that vertex; drawn ones that close are one.  One
  that close to a side in force lies on it, as close as doubles can (`grids.plan.nodes`), so that a
  border of the district that a new one ends on stays where it is.
4 Where a border ends on a neighbour's side, the neighbour gets that vertex, and no land
  (`grids.plan.nodes`): desktop programs leave it out.

Nothing else is mended: what overlaps or leaves a gap after this is a fault.  Shapes are polygons in
WGS84 degrees.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from grids.plan.nodes import Edge, edge, on_edge, with_nodes

ROUNDING_DEG = 1e-7
"""The seventh decimal, a centimetre: as borders are drawn here, and written elsewhere."""
LEAST_SHARE_DEG2 = 1e-10
"""About 1 m²: less common ground is rounding."""

Shapes = Mapping[str, shapely.Polygon]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """What the layer changes; codes are those in force, but of `born`, and of new codes.

    reshaped: with the new shapes.  born: likewise, and `sources`: whose ground they get.  retired:
    code → the codes in the layer that get its ground.  recoded: code → its new one.  noded: grids
    that get a vertex and no land, those around the layer among them.  same: codes of the layer
    that change in nothing but perhaps a vertex.  missing: code → ground that nobody gets.
    """

    reshaped: dict[str, shapely.Polygon] = field(default_factory=dict)
    born: dict[str, shapely.Polygon] = field(default_factory=dict)
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    retired: dict[str, tuple[str, ...]] = field(default_factory=dict)
    recoded: dict[str, str] = field(default_factory=dict)
    noded: dict[str, shapely.Polygon] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)
    missing: dict[str, shapely.Geometry] = field(default_factory=dict)

    @property
    def is_nothing(self) -> bool:
        return not (self.reshaped or self.born or self.retired or self.recoded or self.missing)


def compared(layer: Shapes, known: Shapes, around: Shapes) -> Difference:
    """
    Args:
        layer: code → shape, as the file has it; all grids of the communities that it names.
        known: the grids in force in these communities.
        around: grids in force beside them, which stay as they are but for vertices.
    """
    found = Difference()
    for digits in sorted({len(code) for code in (*layer, *known)}):
        mine, there, beside = (_of_level(shapes, digits) for shapes in (layer, known, around))
        _compare_level(mine, there, beside, found)
    return found


def _of_level(shapes: Shapes, digits: int) -> dict[str, shapely.Polygon]:
    return {code: shape for code, shape in shapes.items() if len(code) == digits}


def _compare_level(layer: Shapes, known: Shapes, around: Shapes, found: Difference) -> None:
    same = {code for code in layer if code in known and is_same(layer[code], known[code])}
    found.same.update(same)
    rest = {code: shape for code, shape in layer.items() if code not in same}
    gone = {code: shape for code, shape in known.items() if code not in same}
    recoded = _recoded(rest, gone)
    found.recoded.update(recoded)
    drawn = {code: shape for code, shape in rest.items() if code not in recoded.values()}
    still = {code: known[code] for code in (*same, *recoded)}
    ended = {code: shape for code, shape in known.items()
             if code not in still and code not in drawn}  # fmt: skip
    drawn = snapped(drawn, [*known.values(), *around.values()])
    drawn = on_sides(drawn, dict(known) | dict(around))
    drawn, rested = noded(drawn, still | dict(around))
    found.noded.update(rested)
    # What takes ground, by the codes that it has afterwards.
    after = {recoded.get(code, code): shape for code, shape in still.items()} | drawn
    for code, shape in drawn.items():
        if code in known and code not in recoded:
            found.reshaped[code] = shape
        else:
            found.born[code] = shape
            found.sources[code] = _sharing(shape, known)
    for code, shape in ended.items():
        heirs = _sharing(shape, after)
        left = _left(shape, [after[heir] for heir in heirs])
        if left.area > LEAST_SHARE_DEG2:
            found.missing[code] = left
        else:
            found.retired[code] = heirs


# ---- The same ------------------------------------------------------------------------------------


def is_same(one: shapely.Polygon, other: shapely.Polygon) -> bool:
    """Whether two borders lie nowhere further apart than `ROUNDING_DEG`."""
    if one.normalize().equals_exact(other.normalize(), 0.0):
        return True
    if not np.allclose(one.bounds, other.bounds, rtol=0.0, atol=ROUNDING_DEG):
        return False
    if len(one.interiors) != len(other.interiors):
        return False
    return _lies_along(one, other) and _lies_along(other, one)


def _lies_along(one: shapely.Polygon, other: shapely.Polygon) -> bool:
    border = other.boundary
    shapely.prepare(border)
    return bool(shapely.dwithin(shapely.points(shapely.get_coordinates(one)), border,
                                ROUNDING_DEG).all())  # fmt: skip


def _recoded(rest: Shapes, gone: Shapes) -> dict[str, str]:
    """Old → new code of grids that are drawn as they are in force, under another code."""
    if not rest or not gone:
        return {}
    old_codes = list(gone)
    tree = shapely.STRtree([gone[code] for code in old_codes])
    found: dict[str, str] = {}
    for code, shape in rest.items():
        for k in tree.query(shape.representative_point(), predicate="intersects").tolist():
            if old_codes[k] not in found and is_same(shape, gone[old_codes[k]]):
                found[old_codes[k]] = code
                break
    return found


# ---- Vertices ------------------------------------------------------------------------------------


def snapped(drawn: Shapes, known: Iterable[shapely.Polygon]) -> dict[str, shapely.Polygon]:
    """The drawn shapes on vertices in force, where these are close, and on each other's."""
    if not drawn:
        return {}
    shapes = np.array(list(drawn.values()), dtype=object)
    spots = shapely.get_coordinates(shapes)
    there = np.unique(shapely.get_coordinates(list(known)), axis=0)
    moved, is_old = _onto(spots, there)
    moved[~is_old] = _together(moved[~is_old])
    shapes = shapely.remove_repeated_points(shapely.set_coordinates(shapes.copy(), moved), 0.0)
    return dict(zip(drawn, shapes.tolist(), strict=True))


def _onto(spots: Floats, there: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    moved, is_old = spots.copy(), np.zeros(len(spots), dtype=bool)
    if not len(there):
        return moved, is_old
    tree = shapely.STRtree(shapely.points(there))
    pairs = tree.query_nearest(shapely.points(spots), max_distance=ROUNDING_DEG, all_matches=False)
    moved[pairs[0]], is_old[pairs[0]] = there[pairs[1]], True
    return moved, is_old


def _together(spots: Floats) -> Floats:
    """Vertices that are drawn twice within rounding, as the first of them."""
    if not len(spots):
        return spots
    points = shapely.points(spots)
    which, where = shapely.STRtree(points).query(points, predicate="dwithin", distance=ROUNDING_DEG)
    first = np.arange(len(spots))
    np.minimum.at(first, which, where)
    return np.asarray(spots[first[first]])


def on_sides(drawn: Shapes, there: Shapes) -> dict[str, shapely.Polygon]:
    """The drawn shapes with new vertices on the sides in force that they are meant to be on."""
    near = list(_near(drawn, there).values()) if drawn and there else []
    if not near:
        return dict(drawn)
    shapes = np.array(list(drawn.values()), dtype=object)
    spots = shapely.get_coordinates(shapes)
    old = {(x, y) for x, y in shapely.get_coordinates(near).tolist()}
    new = sorted({(x, y) for x, y in spots.tolist()} - old)
    if not new:
        return dict(drawn)
    lines = _sides(near)
    which, where = shapely.STRtree(shapely.linestrings(lines.reshape(-1, 2, 2))).query(
        shapely.points(new), predicate="dwithin", distance=ROUNDING_DEG
    )
    # Of several sides the same one, whichever shape they are told by.
    sides: dict[int, Edge] = {}
    for k, (ax, ay, bx, by) in zip(which.tolist(), lines[where].tolist(), strict=True):
        side = edge((ax, ay), (bx, by))
        sides[k] = min(sides.get(k, side), side)
    put = {new[k]: on_edge(side, new[k]) for k, side in sides.items()}
    moved = np.array([put.get((x, y), (x, y)) for x, y in spots.tolist()]).reshape(-1, 2)
    return dict(zip(drawn, shapely.set_coordinates(shapes.copy(), moved).tolist(), strict=True))


def noded(
    drawn: Shapes, still: Shapes
) -> tuple[dict[str, shapely.Polygon], dict[str, shapely.Polygon]]:
    """Drawn shapes with the vertices of others on their sides, and those of the others that get
    one of theirs.
    """
    if not drawn:
        return {}, {}
    near = _near(drawn, still)
    ours, theirs = list(drawn.values()), list(near.values())
    nodes: dict[Edge, list[tuple[float, float]]] = {}
    _find_nodes(ours, [*ours, *theirs], nodes)
    _find_nodes([*ours, *theirs], ours, nodes)
    with_them = {code: with_nodes(shape, nodes) for code, shape in drawn.items()}
    rested = {code: with_nodes(shape, nodes) for code, shape in near.items()}
    return with_them, {code: new for code, new in rested.items() if new is not near[code]}


def _near(drawn: Shapes, still: Shapes) -> dict[str, shapely.Polygon]:
    codes = list(still)
    tree = shapely.STRtree([still[code] for code in codes])
    _which, where = tree.query(list(drawn.values()), predicate="dwithin", distance=ROUNDING_DEG)
    return {codes[k]: still[codes[k]] for k in np.unique(where).tolist()}


def _find_nodes(
    givers: list[shapely.Polygon],
    takers: list[shapely.Polygon],
    nodes: dict[Edge, list[tuple[float, float]]],
) -> None:
    """Note on each side of the takers the givers' vertices that lie on it and are not its ends."""
    spots = np.unique(shapely.get_coordinates(givers), axis=0)
    sides = _sides(takers)
    lines = shapely.linestrings(sides.reshape(-1, 2, 2))
    which, where = shapely.STRtree(lines).query(
        shapely.points(spots), predicate="dwithin", distance=ROUNDING_DEG
    )
    at, ends = spots[which], sides[where]
    is_end = (at == ends[:, :2]).all(axis=1) | (at == ends[:, 2:]).all(axis=1)
    for (x, y), (ax, ay, bx, by) in zip(at[~is_end].tolist(), ends[~is_end].tolist(), strict=True):
        nodes.setdefault(edge((ax, ay), (bx, by)), []).append((x, y))


def _sides(shapes: list[shapely.Polygon]) -> Floats:
    """The sides (n, 4) of polygons."""
    rings = shapely.get_rings(shapes)
    corners, ring_of = shapely.get_coordinates(rings, return_index=True)
    inside = ring_of[:-1] == ring_of[1:]
    return np.hstack([corners[:-1][inside], corners[1:][inside]])


# ---- Ground --------------------------------------------------------------------------------------


def _sharing(shape: shapely.Polygon, others: Shapes) -> tuple[str, ...]:
    """Codes of those that share ground with a shape, by what they share, most first."""
    codes = list(others)
    near = shapely.STRtree([others[code] for code in codes]).query(shape, predicate="intersects")
    shared: Any = shapely.area(shapely.intersection(
        shape, np.array([others[codes[k]] for k in near.tolist()], dtype=object)
    ))  # fmt: skip
    told = sorted(zip((-shared).tolist(), (codes[k] for k in near.tolist()), strict=True))
    return tuple(code for area, code in told if -area > LEAST_SHARE_DEG2)


def _left(shape: shapely.Polygon, takers: list[shapely.Polygon]) -> shapely.Geometry:
    """The ground of a shape that none of others has."""
    return shapely.difference(shape, shapely.union_all(takers)) if takers else shape
