"""The proof of the partition over the grids of an import and those around them.

Looks at the world as it would be on the day: the grids of the file, and those that keep their
shapes.  What it finds is told with its place; nothing is ever cleaned.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import shapely

from gis_server.geo import WGS84, to_metric
from grids.codes import DIGITS, GRID_DIGITS, PART_DIGITS, prefix
from grids.imports.into import Found, Work
from grids.imports.problems import DETAILS, Problem
from grids.topology import Fault, Finding, prove_apart, prove_divides, prove_no_holes

# About 1 m²: what rounding to 7 decimals may leave between a division and its parts.
TOLERANCE_DEG2 = 1e-10
GAP_WIDTH_DEG = 1e-6  # 0.1 m: narrower gaps are slips of a pen, wider ones show as uncovered

PROBLEMS = {
    Fault.EMPTY: Problem.SHAPE_EMPTY,
    Fault.INVALID: Problem.SHAPE_INVALID,
    Fault.NOT_ONE_PIECE: Problem.NOT_ONE_PIECE,
    Fault.GAP_OR_OVERLAP: Problem.GAP_OR_OVERLAP,
    Fault.UNCOVERED: Problem.UNCOVERED,
    Fault.OUTSIDE: Problem.OUTSIDE_PARENT,
    Fault.TOO_SMALL: Problem.TOO_SMALL,
    Fault.TOO_NARROW: Problem.TOO_NARROW,
}

# Grids of the register that stay as they are and touch what is imported.  Of the same district: the
# border with the next was drawn in another office, and who imports can mend only one side of it.
AROUND = """
    SELECT grid.code, ST_AsBinary(drawn.shape)
    FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE drawn.valid @> %(valid_from)s::date
      AND drawn.shape && (SELECT ST_Extent(shape)::geometry FROM {stage})
      AND left(grid.code, 6) IN (SELECT left(code, 6) FROM {stage})
      AND NOT EXISTS (SELECT 1 FROM {stage} AS s WHERE s.code = grid.code)
      AND (NOT %(retire)s OR left(grid.code, 12) NOT IN (SELECT left(code, 12) FROM {stage}))"""
STATED = """
    SELECT code, ST_AsBinary(shape) FROM grids_division AS division
    WHERE shape IS NOT NULL AND NOT shape_is_union
      AND EXISTS (SELECT 1 FROM {stage} AS s
                  WHERE starts_with(s.code, grids_prefix(division.code, division.level)))
    ORDER BY length(rtrim(code, '0')) DESC, code"""

Shapes = Mapping[str, shapely.Geometry]


def find_faults(work: Work) -> Iterator[Found]:
    rows = dict(work.stage.rows("SELECT code, row FROM {stage}"))
    for finding in findings(work):
        for piece in pieces(finding):
            yield told(piece, rows.get(piece.code))


def pieces(finding: Finding) -> Iterator[Finding]:
    """Each hole, or reach beyond the outline, by itself: each has a place of its own to go to.

    Slivers below the tolerance are not told beside it; alone they stay together.
    """
    parts = shapely.get_parts(finding.where)
    large = parts[shapely.area(parts) > TOLERANCE_DEG2]
    if finding.fault not in (Fault.UNCOVERED, Fault.OUTSIDE) or not len(large):
        yield finding
        return
    for part in large:
        yield Finding(finding.fault, finding.code, part, float(part.area))


def findings(work: Work) -> Iterator[Finding]:
    """Faults of the grids of the first level together, then of the parts of each grid."""
    shapes = _as_they_would_be(work)
    whole = {code: shape for code, shape in shapes.items() if len(code) == GRID_DIGITS}
    apart = list(prove_apart(whole, gap_width=GAP_WIDTH_DEG))
    yield from apart
    if any(finding.fault in (Fault.EMPTY, Fault.INVALID) for finding in apart):
        return  # unions of such shapes mean nothing
    stated, below, unfinished = _read(work, STATED), _by_prefix(whole), _unfinished(work, whole)
    for code, outline in stated.items():
        parent = (code, outline)
        for finding in prove_divides(below[prefix(code)], parent, tolerance=TOLERANCE_DEG2):
            if finding.fault is not Fault.UNCOVERED or prefix(code) not in unfinished:
                yield finding
    if not stated:
        yield from prove_no_holes(whole, work.scope, tolerance=TOLERANCE_DEG2)
    yield from _parts(shapes)


def _by_prefix(grids: Shapes) -> dict[str, list[shapely.Geometry]]:
    """The grids below every division, by its prefix."""
    below: dict[str, list[shapely.Geometry]] = defaultdict(list)
    for code, shape in grids.items():
        for digits in DIGITS.values():
            if digits < GRID_DIGITS:
                below[code[:digits]].append(shape)
    return below


def _unfinished(work: Work, grids: Shapes) -> set[str]:
    """Prefixes of divisions some of whose communities have no grids yet: they may have room left.

    Who brings a district in street by street is not told each time that the rest is missing.
    """
    begun = {code[:12] for code in grids}
    communities = work.stage.rows("SELECT code FROM grids_division WHERE level = 'community'")
    return {
        code[:digits]
        for (code,) in communities
        if code not in begun
        for digits in DIGITS.values()
        if digits < GRID_DIGITS
    }


def _parts(shapes: Shapes) -> Iterator[Finding]:
    parts: dict[str, dict[str, shapely.Geometry]] = defaultdict(dict)
    for code, shape in shapes.items():
        if len(code) > GRID_DIGITS:
            parts[code[:-PART_DIGITS]][code] = shape
    for code, inside in parts.items():
        yield from prove_apart(inside, gap_width=GAP_WIDTH_DEG)
        if code in shapes:
            whole = (code, shapes[code])
            yield from prove_divides(list(inside.values()), whole, tolerance=TOLERANCE_DEG2)


def _as_they_would_be(work: Work) -> dict[str, shapely.Geometry]:
    """Code → polygon: of the file, and of the register around it."""
    of_file = _read(work, "SELECT code, ST_AsBinary(shape) FROM {stage} ORDER BY row")
    return of_file | _read(work, AROUND)


def _read(work: Work, sql: str) -> dict[str, shapely.Geometry]:
    rows = work.stage.rows(sql, work.values | {"retire": work.retire_absent})
    shapes = shapely.from_wkb([bytes(shape) for _, shape in rows])
    return dict(zip((code for code, _ in rows), shapes, strict=True))


def told(finding: Finding, row: int | None) -> Found:
    metres = to_metric(finding.where)
    where = shapely.to_wkb(shapely.set_srid(finding.where, WGS84), hex=True, include_srid=True)
    x, y = shapely.get_coordinates(finding.where)[:1].tolist()[0] if metres else ("?", "?")
    known: dict[str, Any] = {
        "code": finding.code,
        "area_m2": round(float(metres.area), 1),
        "length_m": round(float(metres.length), 1),
        "width_m": round(finding.size, 2),
        "x": x,
        "y": y,
    }
    problem = PROBLEMS[finding.fault]
    details = {name: known[name] for name in DETAILS.get(problem, ())}
    return Found(problem, row, details=details, place=where)


def outline(work: Work) -> None:
    """Give divisions that nobody drew the union of their grids on the day, level by level."""
    todo = work.stage.rows(
        """SELECT code FROM grids_division AS division
           WHERE (shape IS NULL OR shape_is_union) AND EXISTS (
               SELECT 1 FROM {stage} AS s
               WHERE starts_with(s.code, grids_prefix(division.code, division.level)))
           ORDER BY code DESC"""
    )
    shapes = _read(
        work,
        """SELECT grid.code, ST_AsBinary(drawn.shape)
           FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
           WHERE drawn.valid @> %(valid_from)s::date AND length(grid.code) = 15""",
    )
    below = _by_prefix(shapes)
    for (code,) in todo:
        if below[prefix(code)]:
            _store(work, code, shapely.coverage_union_all(below[prefix(code)]))


def _store(work: Work, code: str, union: shapely.Geometry) -> None:
    shape = "ST_Multi(ST_GeomFromText(%(wkt)s, 4326))"
    work.stage.run(
        f"""UPDATE grids_division SET shape = {shape}, shape_is_union = true,
                   shape_3857 = ST_ForcePolygonCW(ST_Transform({shape}, 3857)),
                   label = (SELECT circle.center FROM ST_MaximumInscribedCircle({shape}) AS circle)
            WHERE code = %(code)s""",
        {"code": code, "wkt": shapely.to_wkt(union, rounding_precision=-1)},
    )
