"""Grids of a day, and how those of one day differ from those of another.

Shapes, codes and names are those that the days had.  Who may see a grid is decided by the code it
has now; of one that is no more, by the last it had.
"""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from gis_server.geo import metric_srid
from maps.layers import IN_SCOPE
from maps.then.rows import prefixes_of

MOST_GRIDS = 2_000
"""Of one comparison; what is beyond is counted, and told as left out."""
KINDS = ("new", "over", "redrawn", "renamed")
"""In force on the later day alone, on the earlier alone, with another shape, with another code or
name (and the same shape).
"""
_IN_REACH = IN_SCOPE.format(code="grid.code")
COUNT = f"""
    SELECT count(*) FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE drawn.valid @> %(day)s::date AND {_IN_REACH}"""  # noqa: S608 - our own words
# Rows that hold on both days are the same and are not looked at; most are.
_CHANGED = f"""
    WITH before AS (
        SELECT * FROM grids_gridshape WHERE valid @> %(first)s::date AND NOT valid @> %(last)s::date
    ), later AS (
        SELECT * FROM grids_gridshape WHERE valid @> %(last)s::date AND NOT valid @> %(first)s::date
    ), renamed AS (
        SELECT grid_id FROM grids_griddesignation
        WHERE valid @> %(first)s::date AND NOT valid @> %(last)s::date
        UNION
        SELECT grid_id FROM grids_griddesignation
        WHERE valid @> %(last)s::date AND NOT valid @> %(first)s::date
    ), maybe AS (
        SELECT grid_id FROM before UNION SELECT grid_id FROM later UNION SELECT grid_id FROM renamed
    ), told AS (
        SELECT grid.id, a.shape AS shape_a, b.shape AS shape_b,
               coalesce(x.code, grid.code) AS code_a, coalesce(x.name, grid.name) AS name_a,
               coalesce(y.code, grid.code) AS code_b, coalesce(y.name, grid.name) AS name_b
        FROM maybe JOIN grids_grid AS grid ON grid.id = maybe.grid_id
        LEFT JOIN grids_gridshape AS a ON a.grid_id = grid.id AND a.valid @> %(first)s::date
        LEFT JOIN grids_gridshape AS b ON b.grid_id = grid.id AND b.valid @> %(last)s::date
        LEFT JOIN grids_griddesignation AS x ON x.grid_id = grid.id AND x.valid @> %(first)s::date
        LEFT JOIN grids_griddesignation AS y ON y.grid_id = grid.id AND y.valid @> %(last)s::date
        WHERE {_IN_REACH}
    ), sorted AS (
        SELECT *, CASE WHEN shape_a IS NULL AND shape_b IS NULL THEN NULL
            WHEN shape_a IS NULL THEN 'new' WHEN shape_b IS NULL THEN 'over'
            WHEN NOT ST_Equals(shape_a, shape_b) THEN 'redrawn'
            WHEN code_a <> code_b OR name_a <> name_b THEN 'renamed' END AS change
        FROM told
    )"""  # noqa: S608
CHANGED = f"""{_CHANGED}
    SELECT id, change, code_a, name_a, code_b, name_b,
           ST_Area(ST_Transform(shape_a, %(metric)s)), ST_Area(ST_Transform(shape_b, %(metric)s)),
           ST_AsGeoJSON(shape_a, 6), ST_AsGeoJSON(shape_b, 6)
    FROM sorted WHERE change IS NOT NULL ORDER BY coalesce(code_b, code_a), id LIMIT %(most)s"""  # noqa: S608
COUNTED = f"{_CHANGED} SELECT change, count(*) FROM sorted WHERE change IS NOT NULL GROUP BY 1"  # noqa: S608


def count(reach: Sequence[str], day: date) -> int:
    """How many grids were in force on a day.  One query."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"scope": prefixes_of(reach), "day": day})
        return int(cursor.fetchone()[0])


def differences(reach: Sequence[str], first: date, last: date) -> dict[str, Any]:
    """What is different on the day `last`: how many of each of `KINDS`, and the grids (at most
    `MOST_GRIDS`) with both shapes as GeoJSON.  Three queries.
    """
    values: dict[str, Any] = {
        "first": first,
        "last": last,
        "scope": prefixes_of(reach),
        "metric": metric_srid(),
        "most": MOST_GRIDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, values)
        counts = dict.fromkeys(KINDS, 0) | dict(cursor.fetchall())
        cursor.execute(CHANGED, values)
        grids = [_told(*row) for row in cursor.fetchall()]
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "counts": counts,
        "left_out": sum(counts.values()) - len(grids),
        "grids": grids,
    }


def _told(pk: int, change: str, *rest: Any) -> dict[str, Any]:
    code_a, name_a, code_b, name_b, area_a, area_b, shape_a, shape_b = rest
    return {
        "id": pk,
        "change": change,
        "before": shape_a and _side(code_a, name_a, area_a, shape_a),
        "after": shape_b and _side(code_b, name_b, area_b, shape_b),
    }


def _side(code: str, name: str, area_m2: float, shape: str) -> dict[str, Any]:
    return {"code": code, "name": name, "area_m2": round(area_m2), "shape": json.loads(shape)}
