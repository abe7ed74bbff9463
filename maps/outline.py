"""Borders as the first picture of a wall draws them: lines on a sheet, before there is a map.

A map of tiles takes seconds on a computer without a graphics card; a browser draws paths at once.
"""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from maps.layers import IN_SCOPE

SHEET = 2048  # the longer side, in units: a unit is a pixel of a large screen
MOST_GRIDS = 3_000  # of more, each is smaller than a finger: streets and communities are drawn

# Relative steps of whole units, so that no rounding adds up.
LINES_SQL = f"""
    WITH seen AS MATERIALIZED (
        SELECT division.level, division.shape_3857 AS shape FROM grids_division AS division
        WHERE {IN_SCOPE.format(code="division.code")} AND division.shape_3857 IS NOT NULL
          AND division.level IN ('district', 'street', 'community')
        UNION ALL
        SELECT 'grid', drawn.shape_3857 FROM grids_gridshape AS drawn
        JOIN grids_grid AS grid ON grid.id = drawn.grid_id
        WHERE drawn.valid @> %(day)s AND {IN_SCOPE.format(code="grid.code")}
    ), sheet AS MATERIALIZED (
        SELECT ST_XMin(box) AS west, ST_YMin(box) AS south, ST_XMax(box) AS east,
               ST_YMax(box) AS north, {SHEET} / nullif(greatest(
                   ST_XMax(box) - ST_XMin(box), ST_YMax(box) - ST_YMin(box)), 0) AS per_m
        FROM (SELECT ST_Extent(shape) AS box FROM seen) AS extent
    ), lines AS (
        SELECT level, ST_AsSVG(ST_SnapToGrid(ST_Affine(ST_Simplify(shape, 0.5 / per_m),
                   per_m, 0, 0, per_m, -west * per_m, -north * per_m), 1), 1, 0) AS line
        FROM seen, sheet
        WHERE level <> 'grid' OR (SELECT count(*) FROM seen WHERE level = 'grid') <= %(most)s
    )
    SELECT west, south, east, north, per_m, (
        SELECT json_object_agg(level, path) FROM (
            SELECT level, string_agg(line, ' ') AS path FROM lines WHERE line <> '' GROUP BY level
        ) AS levels)
    FROM sheet"""  # noqa: S608 - our own names and numbers


def lines(scope: Sequence[str], day: date) -> bytes:
    """JSON of what a user sees of the territory.

    `box` is its west, south, east and north in metres of Web Mercator, `per_m` units a metre;
    `paths` has for each level one path as SVG writes them, its origin in the north-west, y down.
    All of them null where the user sees nothing.
    """
    values: dict[str, Any] = {
        "scope": [prefix for prefix in scope if prefix],
        "day": day,
        "most": MOST_GRIDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(LINES_SQL, values)
        *box, per_m, paths = cursor.fetchone()
    told = {"box": None if per_m is None else box, "per_m": per_m, "paths": paths}
    return json.dumps(told, separators=(",", ":")).encode()
