"""60,000 gap-free grids of 49 vertices with wavy sides, and the divisions above them.

What benchmarks of territory are measured on; not a benchmark itself.
"""

from collections import defaultdict
from typing import Any

import numpy as np
import shapely

COLUMNS, ROWS = 300, 200  # grids
STEPS = 12  # vertices a side: 48 corners and the closing one
WEST, SOUTH = 112.0, 37.0


def lay_territory(cell_deg: float) -> None:
    """Through SQL: not what is measured.  cell_deg: the side of a grid in degrees."""
    from django.db import connection  # noqa: PLC0415

    codes, shapes = grids(cell_deg)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO grids_division (code, name, level, kind, official)
               VALUES ('140000000000', 'P', 'province', 'province', false)"""
        )
        communities = sorted({code[:12] for code in codes})
        for level, digits in (("city", 4), ("district", 6), ("street", 9), ("community", 12)):
            kind = "street_office" if level == "street" else level
            above = {"city": 2, "district": 4, "street": 6, "community": 9}[level]
            cursor.execute(
                """INSERT INTO grids_division (code, name, level, kind, official, parent_id)
                   SELECT made.code, made.code, %s, %s, false, parent.id FROM (
                       SELECT DISTINCT rpad(left(code, %s), 12, '0') AS code,
                              rpad(left(code, %s), 12, '0') AS above
                       FROM unnest(%s::text[]) AS code) AS made
                   JOIN grids_division AS parent ON parent.code = made.above""",
                [level, kind, digits, above, communities],
            )
        cursor.execute(
            """INSERT INTO grids_grid (code, name, kind, community_id)
               SELECT given.code, given.code, 'basic', d.id
               FROM unnest(%s::text[]) AS given (code)
               JOIN grids_division AS d ON d.code = left(given.code, 12)""",
            [codes],
        )
        cursor.execute(
            """INSERT INTO grids_gridshape (grid_id, valid, shape, shape_3857)
               SELECT grid.id, '[2026-01-01,)', drawn, ST_ForcePolygonCW(ST_Transform(drawn, 3857))
               FROM unnest(%s::text[], %s::geometry[]) AS given (code, drawn)
               JOIN grids_grid AS grid USING (code)""",
            [codes, shapes],
        )
        _outline(cursor, codes, shapes)
        cursor.execute("ANALYZE")


def grids(cell_deg: float) -> tuple[list[str], list[str]]:
    """Codes and hex EWKB of a lattice whose cells share wavy sides."""
    codes, shapes = [], []
    for row in range(ROWS):
        for column in range(COLUMNS):
            block = row // 10 * (COLUMNS // 20) + column // 20
            number = row % 10 * 20 + column % 20 + 1
            district, street = block // 99 + 1, block % 99 + 1
            codes.append(f"1401{district:02d}{street:03d}001{number:03d}")
            shapes.append(_cell(column, row, cell_deg))
    return codes, shapes


def _cell(column: int, row: int, cell_deg: float) -> str:
    """One cell: its sides are waves that its neighbours have too."""
    along = np.arange(STEPS) / STEPS
    south = _wave(column + along, np.full(STEPS, row), cell_deg)
    east = _wave(np.full(STEPS, column + 1), row + along, cell_deg)
    north = _wave(column + 1 - along, np.full(STEPS, row + 1), cell_deg)
    west = _wave(np.full(STEPS, column), row + 1 - along, cell_deg)
    ring = np.vstack([south, east, north, west])
    return str(
        shapely.to_wkb(shapely.set_srid(shapely.Polygon(ring), 4326), True, include_srid=True)
    )


def _wave(x: Any, y: Any, cell_deg: float) -> Any:
    bend = 0.15 * cell_deg
    return np.column_stack(
        [
            np.round(WEST + cell_deg * x + bend * np.sin(2 * np.pi * y), 9),
            np.round(SOUTH + cell_deg * y + bend * np.sin(2 * np.pi * x), 9),
        ]
    )


def _outline(cursor: Any, codes: list[str], shapes: list[str]) -> None:
    """Each division is what its grids are together."""
    grids = shapely.from_wkb(shapes)
    for digits in (12, 9, 6, 4):
        inside = defaultdict(list)
        for code, shape in zip(codes, grids, strict=True):
            inside[code[:digits].ljust(12, "0")].append(shape)
        unions = [shapely.coverage_union_all(parts) for parts in inside.values()]
        cursor.execute(
            """UPDATE grids_division AS division SET shape = drawn,
                   shape_3857 = ST_ForcePolygonCW(ST_Transform(drawn, 3857)),
                   label = ST_PointOnSurface(drawn)
               FROM (SELECT code, ST_Multi(ST_GeomFromText(wkt, 4326)) AS drawn
                     FROM unnest(%s::text[], %s::text[]) AS given (code, wkt)) AS made
               WHERE division.code = made.code""",
            [list(inside), [shapely.to_wkt(union, rounding_precision=-1) for union in unions]],
        )
