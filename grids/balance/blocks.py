"""The blocks that grids of a community are made of: what may change hands as a whole.  Pure.

1. The land is cut along today's borders, barriers and streets.  A street that runs along a border
   or nearly so cuts nothing: the border is there.
2. What still holds many households is cut straight through the widest gap between its buildings,
   across the direction in which they stand, until each part holds few or one building.
3. What is too small or too narrow to be a grid's joins the block beside it, of the same grid.

All in WGS84 degrees, with corners of 7 decimals, as drawn borders have them.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_server.ellipsoid import areas_m2, metres_a_degree
from grids.balance.gaps import ROUNDING_DEG, Shape, cuts, is_thin, numbers
from grids.plan.lines import DECIMALS, SNAP_DEG
from grids.plan.nodes import Edge, edge, rings

Point = tuple[float, float]
MOST_BLOCKS = 400
APART_DEG = 2 * SNAP_DEG  # 10 cm
BESIDE_DEG = 1.2e-4  # about 12 m: a street so close to a border runs along it
LEAST_STREET_DEG = 2e-4  # shorter pieces of streets cut nothing
PARALLEL = 0.5  # the sine of the angle under which a border still runs along a barrier
TOUCH_M = 1.0  # blocks whose common border is shorter only touch


@dataclass(frozen=True)
class Home:
    """A building: where it stands and how many households it has."""

    point: Point
    households: int


@dataclass(frozen=True)
class Contact:
    """The common border of two blocks, metres: all of it, what lies off streets, and what is no
    barrier.
    """

    length_m: float
    off_m: float
    open_m: float

    @property
    def is_open(self) -> bool:
        return self.open_m >= TOUCH_M


@dataclass(frozen=True)
class Blocks:
    """Blocks by number.

    shapes: polygons that share their borders, up to a centimetre.  grids: the key of the grid that
    each lies in today.  households, homes: how many, and in how many buildings.  beside: the blocks
    with a common border, by number.
    """

    shapes: list[Shape]
    grids: list[str]
    households: list[int]
    homes: list[int]
    beside: list[dict[int, Contact]]

    def __len__(self) -> int:
        return len(self.shapes)


def cut(
    grids: Mapping[str, Shape],
    homes: Sequence[Home],
    streets: Sequence[Shape],
    barriers: Sequence[Shape],
    *,
    leaf: int,
) -> Blocks:
    """
    Args:
        grids: key → polygon, neighbours with equal vertices.
        streets, barriers: lines; those outside do not matter.
        leaf: a block with more households than this is cut on, where it has several buildings.
    """
    borders = [ring for shape in grids.values() for ring in shapely.get_rings(shape)]
    lines = [*borders, *_inside(borders, streets), *_within(borders, barriers)]
    coarse = _faces(lines, grids)
    total = sum(home.households for home in homes)
    most = max(leaf, math.ceil(2 * total / MOST_BLOCKS), 1)
    points = np.array([home.point for home in homes]).reshape(-1, 2)
    counts = np.array([home.households for home in homes], dtype=np.int64)
    own = numbers(coarse, points)
    for k, face in enumerate(coarse):
        inside = own == k
        lines += cuts(face, points[inside], counts[inside], most)
    faces = _faces(lines, grids)
    keys = _keys(faces, grids)
    return _joined(faces, keys, points, counts, streets, barriers)


def _inside(borders: Sequence[Shape], lines: Sequence[Shape]) -> list[Shape]:
    """Lines without what runs along borders, led to the border where it was near."""
    if not lines:
        return []
    border = shapely.union_all(borders)
    beside = shapely.buffer(border, BESIDE_DEG, quad_segs=2)
    inside = shapely.MultiLineString(_within(borders, lines))
    rest = _lines_of(shapely.difference(inside, beside))
    rim = shapely.boundary(beside)
    parts = shapely.get_parts(shapely.line_merge(rest))
    return [_led(part, border, rim) for part in parts if part.length >= LEAST_STREET_DEG]


def _within(borders: Sequence[Shape], lines: Sequence[Shape]) -> list[Shape]:
    """What lies inside of the outermost borders: a barrier counts where it is, to the metre."""
    if not lines:
        return []
    land = shapely.union_all(shapely.polygons(borders))
    return list(shapely.get_parts(_lines_of(shapely.intersection(shapely.union_all(lines), land))))


def _lines_of(shape: Shape) -> Shape:
    """Without the points in which lines only touch something."""
    parts = shapely.get_parts(shape)
    lines = [part for part in parts if part.geom_type == "LineString" and part.length > 0]
    return shapely.MultiLineString(lines)


def _led(line: Shape, border: Shape, rim: Shape) -> Shape:
    """A line whose ends at the rim of what lies beside the border go on to the border."""
    points = shapely.get_coordinates(line).tolist()
    for at in (0, -1):
        end = shapely.Point(points[at])
        if rim.dwithin(end, 3 * ROUNDING_DEG):
            foot = shapely.get_coordinates(shapely.shortest_line(end, border))[1].tolist()
            points.insert(0 if at == 0 else len(points), foot)
    return shapely.LineString(points)


def _faces(lines: Sequence[Shape], grids: Mapping[str, Shape]) -> list[Shape]:
    """What lines divide the grids into, in an order that depends on nothing else."""
    noded = shapely.union_all(np.array(lines, dtype=object), grid_size=ROUNDING_DEG)
    fixed = np.concatenate([shapely.get_coordinates(shape) for shape in grids.values()])
    sides = _apart(noded, np.round(fixed, DECIMALS))
    made = shapely.get_parts(shapely.polygonize(shapely.linestrings(sides)))
    made = made[shapely.is_valid(made) & (shapely.area(made) > 0)]
    inside = [key is not None for key in _keys(made, grids)]
    return sorted(made[np.array(inside, dtype=bool)], key=lambda face: min(rings(face)[0]))


def _apart(noded: Shape, fixed: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sides of lines, (n, 2, 2), with corners closer than `APART_DEG` made one: a plan takes
    none so close.  Corners of grids stay where they are.
    """
    corners, line_of = shapely.get_coordinates(shapely.get_parts(noded), return_index=True)
    corners = np.round(corners, DECIMALS)
    places, number = np.unique(np.concatenate([fixed, corners]), axis=0, return_inverse=True)
    number = number.reshape(-1)
    standing = np.zeros(len(places), dtype=bool)
    standing[number[: len(fixed)]] = True
    points = shapely.points(places)
    heads = list(range(len(places)))
    for one, other in (
        shapely.STRtree(points).query(points, predicate="dwithin", distance=APART_DEG).T.tolist()
    ):
        low, high = sorted((_head(heads, one), _head(heads, other)), key=lambda k: not standing[k])
        if low != high and not (standing[low] and standing[high]):
            heads[high] = low
    heads = [_head(heads, k) for k in range(len(places))]
    at = np.array(heads)[number[len(fixed) :]]
    pairs = np.stack([at[:-1], at[1:]], axis=1)[line_of[:-1] == line_of[1:]]
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    return np.asarray(places[pairs])


def _keys(faces: Any, grids: Mapping[str, Shape]) -> list[Any]:
    """The grid that each face lies in; None outside of all."""
    names = list(grids)
    tree = shapely.STRtree(list(grids.values()))
    found: list[str | None] = [None] * len(faces)
    points = shapely.point_on_surface(np.array(list(faces), dtype=object))
    for k, n in sorted(tree.query(points, predicate="intersects").T.tolist(), reverse=True):
        found[k] = names[n]
    return found


# ---- Faces become blocks -------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """What two faces have in common: metres, and whether a street or a barrier runs along it."""

    one: int
    other: int
    length_m: float
    on_street: bool
    barred: bool


def _joined(
    faces: list[Shape],
    keys: Sequence[str],
    points: NDArray[np.float64],
    counts: NDArray[np.int64],
    streets: Sequence[Shape],
    barriers: Sequence[Shape],
) -> Blocks:
    own = numbers(faces, points)
    sides = _sides(faces, streets, barriers)
    held = np.bincount(own[own >= 0], counts[own >= 0], minlength=len(faces)).astype(int).tolist()
    heads = _heads(faces, keys, held, sides)
    number = {head: k for k, head in enumerate(sorted(set(heads)))}
    block_of = [number[head] for head in heads]
    members: list[list[int]] = [[] for _ in number]
    for k, block in enumerate(block_of):
        members[block].append(k)
    homes = np.bincount(own[own >= 0], minlength=len(faces)).tolist()
    return Blocks(
        [_one(faces, some) for some in members],
        [keys[some[0]] for some in members],
        [sum(held[k] for k in some) for some in members],
        [sum(homes[k] for k in some) for some in members],
        _contacts(sides, block_of, len(members)),
    )


def _one(faces: Sequence[Shape], members: Sequence[int]) -> Shape:
    if len(members) == 1:
        return faces[members[0]]
    return shapely.coverage_union_all([faces[k] for k in members])


def _sides(
    faces: Iterable[Shape], streets: Sequence[Shape], barriers: Sequence[Shape]
) -> list[Side]:
    have: dict[Edge, list[int]] = defaultdict(list)
    for k, face in enumerate(faces):
        for ring in rings(face):
            for a, b in pairwise(ring):
                have[edge(a, b)].append(k)
    shared = sorted((side, both) for side, both in have.items() if len(both) == 2)
    if not shared:
        return []
    ends = np.array([side for side, _ in shared])
    told = zip(
        _lengths_m(ends).tolist(),
        _along(ends, [*streets, *barriers]).tolist(),
        _along(ends, barriers).tolist(),
        strict=True,
    )
    return [Side(both[0], both[1], *rest) for (_, both), rest in zip(shared, told, strict=True)]


def _heads(
    faces: Sequence[Shape], keys: Sequence[str], held: Sequence[int], sides: Sequence[Side]
) -> list[int]:
    """For each face the one that speaks for its block.

    Thin ones join the neighbour of the same grid with which they have most in common, also over a
    barrier: what lies between a barrier and a border beside it is nobody's.  Then, where there are
    too many, those with the fewest households.
    """
    common: list[dict[int, float]] = [defaultdict(float) for _ in faces]
    within: list[dict[int, float]] = [defaultdict(float) for _ in faces]
    for side in sides:
        if keys[side.one] == keys[side.other]:
            for one, other in ((side.one, side.other), (side.other, side.one)):
                common[one][other] += side.length_m
                within[one][other] += 0.0 if side.barred else side.length_m
    heads, areas = list(range(len(faces))), areas_m2(faces)
    for k in sorted(range(len(faces)), key=lambda k: (areas[k], k)):
        if is_thin(faces[k]):
            _join(heads, k, common[k])
    spare = len({_head(heads, k) for k in range(len(faces))}) - MOST_BLOCKS
    for k in sorted(range(len(faces)), key=lambda k: (held[k], areas[k], k)):
        if spare <= 0:
            break
        spare -= _join(heads, k, {n: m for n, m in within[k].items() if m >= TOUCH_M})
    return [_head(heads, k) for k in range(len(faces))]


def _join(heads: list[int], k: int, beside: Mapping[int, float]) -> bool:
    """Put a face into the block of its longest neighbour; whether that made one block less."""
    others = {n: m for n, m in beside.items() if _head(heads, n) != _head(heads, k)}
    if not others:
        return False
    most = max(others, key=lambda n: (others[n], -n))
    low, high = sorted((_head(heads, k), _head(heads, most)))
    heads[high] = low
    return True


def _head(heads: Sequence[int], k: int) -> int:
    while heads[k] != k:
        k = heads[k]
    return k


def _contacts(
    sides: Iterable[Side], block_of: Sequence[int], count: int
) -> list[dict[int, Contact]]:
    sums: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for side in sides:
        one, other = sorted((block_of[side.one], block_of[side.other]))
        if one != other:
            told = sums[one, other]
            told[0] += side.length_m
            told[1] += 0.0 if side.on_street else side.length_m
            told[2] += 0.0 if side.barred else side.length_m
    beside: list[dict[int, Contact]] = [{} for _ in range(count)]
    for (one, other), (length, off, opened) in sorted(sums.items()):
        beside[one][other] = beside[other][one] = Contact(length, off, opened)
    return beside


def _lengths_m(ends: NDArray[np.float64]) -> NDArray[np.float64]:
    scale = np.array(metres_a_degree(float(ends[:, :, 1].mean())))
    return np.asarray(np.hypot(*((ends[:, 1] - ends[:, 0]) * scale).T))


def _along(ends: NDArray[np.float64], lines: Sequence[Shape]) -> NDArray[np.bool_]:
    """Which sides run along one of the lines."""
    if not lines:
        return np.zeros(len(ends), dtype=bool)
    whole = shapely.union_all(lines)
    shapely.prepare(whole)
    start, end, middle = (
        shapely.distance(shapely.points(points), whole)
        for points in (ends[:, 0], ends[:, 1], ends.mean(axis=1))
    )
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    near = (middle <= BESIDE_DEG) & (np.maximum(start, end) <= 2 * BESIDE_DEG)
    return np.asarray(near & (np.abs(end - start) <= PARALLEL * length))
