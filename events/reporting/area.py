"""The outline of a user's own area, small enough for a phone to keep.

The phone asks by it, without signal, whether a place lies outside; whether it does is for the
server alone to say, grid by grid, when the report arrives.
"""

import json
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import connection

from grids.codes import DIVISION_DIGITS

TOLERANCES_DEG = (0.0001, 0.0003, 0.001, 0.003)
"""10, 30, 100 and 300 m: the first with which it is small enough."""
MOST_CHARS = 24_000
DECIMALS = 5  # of a degree: a metre
OUTLINE = """
    WITH part AS (
        SELECT shape FROM grids_division WHERE code = ANY(%(wide)s) AND shape IS NOT NULL
        UNION ALL
        SELECT drawn.shape FROM grids_gridshape AS drawn JOIN grids_grid AS grid
            ON grid.id = drawn.grid_id
        WHERE grid.code LIKE ANY(%(narrow)s) AND drawn.valid @> %(day)s
    ), whole AS (SELECT ST_Union(shape) AS shape FROM part)
    -- Simplified first and made valid then: to keep it valid on the way took nine times as long
    -- for a long coast.
    SELECT ST_AsGeoJSON(
        ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_Simplify(shape, %(tolerance)s)), 3)),
        %(decimals)s
    ) FROM whole
"""


def area_of(reach: list[str], day: date) -> dict[str, Any] | None:
    """The outline of what the prefixes hold on a day: its version, its polygons as in GeoJSON, and
    by how many metres it may be off.  None where a part of it has no shape.  Two queries, for most.
    """
    wide = [one.ljust(DIVISION_DIGITS, "0") for one in reach if len(one) <= DIVISION_DIGITS]
    narrow = [f"{one}%" for one in reach if len(one) > DIVISION_DIGITS]
    if not all_drawn(wide):
        return None
    values: dict[str, Any] = {"wide": wide, "narrow": narrow, "day": day, "decimals": DECIMALS}
    for tolerance in TOLERANCES_DEG:
        with connection.cursor() as cursor:
            cursor.execute(OUTLINE, values | {"tolerance": tolerance})
            text: str | None = cursor.fetchone()[0]
        if text is None:
            return None
        if len(text) <= MOST_CHARS:
            return told(text, tolerance)
    return None


def told(text: str, tolerance_deg: float) -> dict[str, Any] | None:
    polygons = json.loads(text)["coordinates"]
    if not polygons:
        return None  # smaller than the tolerance
    return {
        "version": sha256(text.encode()).hexdigest()[:16],
        "polygons": polygons,
        "off_m": round(tolerance_deg * 111_000),
    }


def all_drawn(codes: list[str]) -> bool:
    """Whether each of these divisions has a shape: what is not known cannot be outside of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM grids_division WHERE code = ANY(%s) AND shape IS NOT NULL",
            [codes],
        )
        return bool(cursor.fetchone()[0] == len(set(codes)))
