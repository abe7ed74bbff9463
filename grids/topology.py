"""Proof that shapes divide their parent: no gap, no overlap, nothing missing.  Pure.

Built on GEOS's coverage functions (shapely; the database's own GEOS may be too old for them).  A
coverage is valid when neighbours share equal vertices and edges; that alone does not notice a
shape that is missing altogether, so the union is compared with the parent too.  A whole territory
with outlines is proven by the sums of its sides first (`grids.borders`): all of that at once.

`prove` and its parts take shapes in any one planar frame.  `prove_territory` and `prove_edit` take
WGS84 degrees and tell sizes in metres.

Every point of a territory that is proven lies inside exactly one grid or on a border; a point on a
border belongs to the deepest grid among those that have it, and of these to the one with the lowest
code (`keeper`), as places, cameras and events are given to grids too.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_server.ellipsoid import area_m2, areas_m2, flat_m, length_m, metres_a_degree
from grids import borders
from grids.codes import DIVISION_DIGITS, GRID_DIGITS, PART_DIGITS, prefix

Shapes = Mapping[str, shapely.Geometry]


class Fault(StrEnum):
    EMPTY = "empty"
    INVALID = "invalid"
    NOT_ONE_PIECE = "not one piece"
    GAP_OR_OVERLAP = "gap or overlap"
    UNCOVERED = "uncovered"
    OUTSIDE = "outside"
    OUTSIDE_COMMUNITY = "outside its community"
    TOO_SMALL = "too small"
    TOO_NARROW = "too narrow"


@dataclass(frozen=True)
class Finding:
    """One fault: whose (a code), where (in the shapes' own frame), how big.

    `size` is an area in square units, or for `GAP_OR_OVERLAP` the length of faulty border in units.
    """

    fault: Fault
    code: str
    where: shapely.Geometry
    size: float

    def __str__(self) -> str:
        point = shapely.get_coordinates(self.where)[:1].tolist()
        return f"{self.code}: {self.fault.value} at {point}, size {self.size:.9g}"

    @property
    def place(self) -> tuple[float, float] | None:
        """A point of it to go to; None where nothing is there."""
        if self.where.is_empty:
            return None
        usable = self.where.is_valid or self.where.geom_type != "Polygon"
        point = shapely.point_on_surface(self.where if usable else self.where.envelope)
        return float(point.x), float(point.y)


@dataclass(frozen=True)
class Limits:
    """What is put up with in a territory.

    area_m2: a grid is at least as large.
    width_m: a circle of this diameter fits into it somewhere.
    gap_width_deg: narrower gaps are slips of a pen (0.1 m); wider ones show as uncovered.
    tolerance_deg2: what rounding to 7 decimals may leave between a division that was drawn
        elsewhere and its parts (1 m²).
    """

    area_m2: float = 100.0
    width_m: float = 5.0
    gap_width_deg: float = 1e-6
    tolerance_deg2: float = 1e-10


LIMITS = Limits()
UNION_TOLERANCE_DEG2 = 1e-16  # 1e-6 m²: what an edit may move the outside by


def prove(
    shapes: Mapping[str, shapely.Geometry],
    parent: tuple[str, shapely.Geometry],
    *,
    tolerance: float,
    gap_width: float = 0.0,
) -> list[Finding]:
    """List everything that keeps the shapes from dividing the parent exactly; empty when proven.

    Args:
        shapes: code → polygon, all in one planar frame.
        parent: code and polygon of what they should make up together.
        tolerance: area of uncovered or outlying pieces to put up with, square units.
        gap_width: gaps narrower than this are faults, units; wider ones count as uncovered.
    """
    broken = list(_broken(shapes))
    if broken:
        return broken
    return [
        *_faulty_borders(shapes, gap_width),
        *_against_parent(list(shapes.values()), parent, tolerance),
    ]


def prove_apart(
    shapes: Mapping[str, shapely.Geometry], *, gap_width: float = 0.0
) -> Iterator[Finding]:
    """What keeps the shapes from lying side by side: broken ones, else faulty common borders."""
    broken = list(_broken(shapes))
    yield from broken
    if not any(finding.fault in (Fault.EMPTY, Fault.INVALID) for finding in broken):
        yield from _faulty_borders(shapes, gap_width)


def prove_divides(
    polygons: Sequence[shapely.Geometry], parent: tuple[str, shapely.Geometry], *, tolerance: float
) -> Iterator[Finding]:
    """Where sound polygons leave their parent uncovered or reach out of it, piece by piece."""
    yield from _against_parent(polygons, parent, tolerance)


def prove_no_holes(
    shapes: Mapping[str, shapely.Geometry], code: str, *, tolerance: float
) -> Iterator[Finding]:
    """Places that the shapes surround and do not cover, for when nobody has stated an outline."""
    if not shapes:
        return
    together = shapely.union_all(list(shapes.values()))
    for part in shapely.get_parts(together):
        for ring in part.interiors:
            hole = shapely.Polygon(ring)
            if hole.area > tolerance:
                yield Finding(Fault.UNCOVERED, code, hole, hole.area)


def prove_territory(
    grids: Shapes,
    outlines: Shapes,
    *,
    exclaves: Collection[str] = (),
    limits: Limits = LIMITS,
) -> list[Finding]:
    """Everything that keeps grids from dividing their divisions exactly; empty when proven.

    Args:
        grids: code → polygon, WGS84 degrees; grids within grids too.
        outlines: 12-digit code → polygon of any divisions above, of every level.
        exclaves: codes of grids that may be several pieces.

    Returns:
        Findings with sizes in square metres, or metres for GAP_OR_OVERLAP and TOO_NARROW.
    """
    whole = {code: shape for code, shape in grids.items() if len(code) == GRID_DIGITS}
    codes, polygons = list(whole), np.array(list(whole.values()), dtype=object)
    if not _all_sound(polygons):
        broken = [one for one in _broken(whole) if not _is_exclave(one, exclaves)]
        if broken:
            return [in_metres(finding) for finding in broken]
    walked = borders.walks(polygons)
    levels = _levels(outlines)
    found: list[Finding] = []
    if not _lie_side_by_side(codes, polygons, walked, levels, limits):
        found += _faulty_borders(whole, limits.gap_width_deg)
    found += _divisions(codes, polygons, walked, levels, limits)
    found += _parts(grids, limits)
    return [in_metres(finding) for finding in found] + list(thin_ones(codes, polygons, limits))


def _is_exclave(finding: Finding, exclaves: Collection[str]) -> bool:
    return finding.fault is Fault.NOT_ONE_PIECE and finding.code in exclaves


def _all_sound(polygons: NDArray[np.object_]) -> bool:
    if not len(polygons):
        return True
    single = shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON
    return bool(single.all() and not shapely.is_empty(polygons).any()) and bool(
        shapely.is_valid(polygons).all()
    )


def _is_coverage(polygons: NDArray[np.object_], gap_width: float) -> bool:
    try:
        return bool(shapely.coverage_is_valid(polygons, gap_width=gap_width))
    except shapely.GEOSException:  # shapes that are not sound; who asks looks at these first
        return False


def _levels(outlines: Shapes) -> dict[int, dict[str, shapely.Geometry]]:
    """Outlines by the digits of their level, the highest first, and the code without zeros."""
    levels: dict[int, dict[str, shapely.Geometry]] = {}
    for code, outline in outlines.items():
        levels.setdefault(len(prefix(code)), {})[prefix(code)] = outline
    return dict(sorted(levels.items()))


def _lie_side_by_side(
    codes: Sequence[str],
    polygons: NDArray[np.object_],
    walked: borders.Walks,
    levels: Mapping[int, Shapes],
    limits: Limits,
) -> bool:
    """Whether sound grids have neither overlaps nor narrow gaps.

    Shown by the outlines of the highest level that has all of them (see `grids.borders`), which
    takes a third of the time, or else by GEOS.  Then gaps can only be where the outline has them
    too: between grids that have a side of it.
    """
    for digits, stated in levels.items():
        names, groups = _heads(codes, digits)
        if not stated.keys() >= set(names):
            continue
        shapes = np.array([stated[name] for name in names], dtype=object)
        wanted = borders.walks(shapes)
        if not np.array_equal(borders.grouped(walked.sums, groups, len(names)), wanted.sums):
            break
        outer = polygons[borders.beside(walked, wanted)]
        return (
            bool(shapely.is_valid(shapes).all())
            and _is_coverage(shapes, 0.0)
            and _is_coverage(outer, limits.gap_width_deg)
        )
    return _is_coverage(polygons, limits.gap_width_deg)


def _heads(codes: Sequence[str], digits: int) -> tuple[list[str], borders.Indices]:
    """The divisions that codes begin with, and the index of each code's."""
    names, groups = np.unique([code[:digits] for code in codes], return_inverse=True)
    return names.tolist(), groups.astype(np.int64)


def _divisions(
    codes: Sequence[str],
    polygons: NDArray[np.object_],
    walked: borders.Walks,
    levels: Mapping[int, Shapes],
    limits: Limits,
) -> Iterator[Finding]:
    """Divisions that their grids do not make up; equal walks first, what differs by its area."""
    for digits, stated in sorted(levels.items(), reverse=True):
        names, groups = _heads(codes, digits)
        sums = dict(zip(names, borders.grouped(walked.sums, groups, len(names)), strict=True))
        wanted = borders.walks(list(stated.values())).sums
        for (head, outline), number in zip(stated.items(), wanted, strict=True):
            if sums.get(head) != number:
                own = [k for k, code in enumerate(codes) if code.startswith(head)]
                below = {codes[k]: polygons[k] for k in own}
                yield from _against_outline(head, outline, below, limits)


def _against_outline(
    head: str, outline: shapely.Geometry, below: Shapes, limits: Limits
) -> Iterator[Finding]:
    code = head.ljust(DIVISION_DIGITS, "0")
    tolerance = limits.tolerance_deg2
    yield from _against_parent(list(below.values()), (code, outline), tolerance)
    if len(head) == DIVISION_DIGITS:
        for grid, shape in below.items():
            beyond = shape - outline
            if beyond.area > tolerance:
                yield Finding(Fault.OUTSIDE_COMMUNITY, grid, beyond, beyond.area)


def _parts(grids: Shapes, limits: Limits) -> Iterator[Finding]:
    """Grids within grids against the grid that they are parts of."""
    parts: dict[str, dict[str, shapely.Geometry]] = {}
    for code, shape in grids.items():
        if len(code) > GRID_DIGITS:
            parts.setdefault(code[:-PART_DIGITS], {})[code] = shape
    for code, inside in parts.items():
        parent = (code, grids.get(code, shapely.Polygon()))
        yield from prove(
            inside, parent, tolerance=limits.tolerance_deg2, gap_width=limits.gap_width_deg
        )


def thin_ones(
    codes: Sequence[str], polygons: NDArray[np.object_], limits: Limits
) -> Iterator[Finding]:
    """Grids too small or too narrow.  Only those that might be are measured."""
    if not len(polygons):
        return
    bounds = shapely.bounds(polygons)
    east, north = metres_a_degree((bounds[:, 1] + bounds[:, 3]) / 2)
    about_m2 = shapely.area(polygons) * east * north
    # A circle of radius area / perimeter fits into any polygon; no degree is longer than to the
    # north.
    surely_wide = 2 * about_m2 >= limits.width_m * shapely.length(polygons) * north
    doubtful = (about_m2 < 1.01 * limits.area_m2) | ~surely_wide
    for k in np.flatnonzero(doubtful).tolist():
        yield from _thin_one(codes[k], polygons[k], limits)


def _thin_one(code: str, shape: shapely.Geometry, limits: Limits) -> Iterator[Finding]:
    size_m2 = area_m2(shape)
    if size_m2 < limits.area_m2:
        yield Finding(Fault.TOO_SMALL, code, shape, size_m2)
        return
    flat = flat_m(shape)
    # The widest circle is found to a fiftieth of what is asked.
    radius = shapely.maximum_inscribed_circle(flat, tolerance=limits.width_m / 50)
    if 2 * radius.length < limits.width_m:
        yield Finding(Fault.TOO_NARROW, code, shape, 2 * radius.length)


def prove_edit(
    before: Shapes, after: Shapes, around: Shapes, *, limits: Limits = LIMITS
) -> list[Finding]:
    """What an edit of some grids breaks, looking at them and their neighbours only.

    Args:
        before, after: the grids that the edit changes, WGS84 degrees; they need not be the same
            ones, but must cover the same land.
        around: the grids that it does not change and that touch these.

    Returns:
        Findings as those of `prove_territory`; grids that were as thin before are not among them.
    """
    broken = list(_broken(after))
    if broken:
        return [in_metres(finding) for finding in broken]
    found = list(_faulty_borders({**around, **after}, limits.gap_width_deg))
    if not any(finding.code in after for finding in found):
        found = []  # among the others, and there before
    found += _same_land(before, after)
    return [in_metres(finding) for finding in found] + newly_thin(before, after, limits)


def newly_thin(before: Shapes, after: Shapes, limits: Limits) -> list[Finding]:
    """Grids too small or too narrow (sizes in m² and m), but for those that were as thin before."""
    found = thin_ones(list(after), np.array(list(after.values()), dtype=object), limits)
    return [finding for finding in found if not _was_as_thin(finding, before, limits)]


def _was_as_thin(finding: Finding, before: Shapes, limits: Limits) -> bool:
    """Whether a grid was too thin already, and is no thinner now."""
    if finding.code not in before:
        return False
    old = list(_thin_one(finding.code, before[finding.code], limits))
    return any(one.fault is finding.fault and one.size <= finding.size + 0.01 for one in old)


def _same_land(before: Shapes, after: Shapes) -> Iterator[Finding]:
    old, new = list(before.values()), list(after.values())
    if np.add.reduce(borders.walks(old).sums) != np.add.reduce(borders.walks(new).sums):
        # Nodes on the outside are no change of land.
        parent = (min({*before, *after}), shapely.coverage_union_all(old))
        yield from _against_parent(new, parent, UNION_TOLERANCE_DEG2)


@dataclass(frozen=True)
class Repair:
    """What cleaning would make of some grids, for somebody to look at; nothing is changed by it.

    shapes: the grids that would be drawn anew.
    gains_m2, losses_m2: the land that each of them would win and lose.
    """

    shapes: dict[str, shapely.Geometry]
    gains_m2: dict[str, float]
    losses_m2: dict[str, float]


def repair(grids: Shapes, findings: Iterable[Finding], *, limits: Limits = LIMITS) -> Repair:
    """Close gaps and divide overlaps among the grids of the findings and those that touch them.

    Gaps narrower than `limits.gap_width_deg` and overlaps go to the neighbour with the longest
    common border (GEOS's coverage cleaner).

    Args:
        grids: code → valid polygon, WGS84 degrees.
        findings: of GAP_OR_OVERLAP; others mend nothing.
    """
    faulty = {f.code for f in findings if f.fault is Fault.GAP_OR_OVERLAP} & grids.keys()
    codes = list(grids)
    tree = shapely.STRtree(list(grids.values()))
    reach = limits.gap_width_deg
    near = {int(k) for code in faulty for k in tree.query(grids[code], "dwithin", reach)}
    affected = [codes[k] for k in sorted(near)]
    if not affected:
        return Repair({}, {}, {})
    old = np.array([grids[code] for code in affected], dtype=object)
    new = shapely.coverage_clean(old, gap_width=reach, snapping_distance=0.0)
    changed = ~shapely.equals_exact(shapely.normalize(old), shapely.normalize(new), 0.0)
    names = np.array(affected)[changed].tolist()
    old, new = old[changed], new[changed]
    return Repair(
        dict(zip(names, new, strict=True)),
        dict(zip(names, areas_m2(shapely.difference(new, old)).tolist(), strict=True)),
        dict(zip(names, areas_m2(shapely.difference(old, new)).tolist(), strict=True)),
    )


def keeper(point: tuple[float, float], grids: Shapes) -> str | None:
    """The one grid that a point belongs to: of the deepest that have it, inside or on the border,
    the one with the lowest code; None outside of all.
    """
    here = shapely.Point(point)
    codes = list(grids)
    held = shapely.intersects(np.array(list(grids.values()), dtype=object), here)
    own = [codes[k] for k in np.flatnonzero(held)]
    return min(own, key=lambda code: (-len(code), code), default=None)


def in_metres(finding: Finding) -> Finding:
    """A finding about WGS84 degrees with its size in square metres, or metres of border."""
    if finding.fault is Fault.GAP_OR_OVERLAP:
        size = length_m(finding.where)
    else:
        size = area_m2(finding.where) if finding.where.is_valid else 0.0
    return Finding(finding.fault, finding.code, finding.where, size)


def _broken(shapes: Mapping[str, shapely.Geometry]) -> Iterator[Finding]:
    for code, shape in shapes.items():
        if shape is None or shape.is_empty:
            yield Finding(Fault.EMPTY, code, shapely.Point(), 0.0)
        elif not shape.is_valid:
            yield Finding(Fault.INVALID, code, shape.envelope, shape.area)
        elif len(shapely.get_parts(shape)) != 1:
            yield Finding(Fault.NOT_ONE_PIECE, code, shape, shape.area)


def _faulty_borders(shapes: Mapping[str, shapely.Geometry], gap_width: float) -> Iterator[Finding]:
    polygons = np.array(list(shapes.values()), dtype=object)
    if shapely.coverage_is_valid(polygons, gap_width=gap_width):
        return
    edges = shapely.coverage_invalid_edges(polygons, gap_width=gap_width)
    for code, edge in zip(shapes, edges, strict=True):
        if edge is not None and not edge.is_empty:
            yield Finding(Fault.GAP_OR_OVERLAP, code, edge, edge.length)


def _against_parent(
    polygons: Sequence[shapely.Geometry], parent: tuple[str, shapely.Geometry], tolerance: float
) -> Iterator[Finding]:
    code, whole = parent
    together = shapely.union_all(polygons)
    pieces = ((Fault.UNCOVERED, whole - together), (Fault.OUTSIDE, together - whole))
    for fault, difference in pieces:
        if difference.area > tolerance:
            yield Finding(fault, code, difference, difference.area)
