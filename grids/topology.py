"""Proof that shapes divide their parent: no gap, no overlap, nothing missing.  Pure.

Built on GEOS's coverage functions (shapely; the database's own GEOS may be too old for them).  A
coverage is valid when neighbours share equal vertices and edges; that alone does not notice a
shape that is missing altogether, so the union is compared with the parent too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely


class Fault(StrEnum):
    EMPTY = "empty"
    INVALID = "invalid"
    NOT_ONE_PIECE = "not one piece"
    GAP_OR_OVERLAP = "gap or overlap"
    UNCOVERED = "uncovered"
    OUTSIDE = "outside"


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
