"""Drawing the territory for zooms at which nobody needs every corner of it.

A change of a border is followed by simplifying what changed and what lies around it, for each zoom;
a first bake simplifies everything.  Until it is done tiles are drawn from the shapes themselves.
"""

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from django.db import connection, transaction
from django.utils import timezone

from maps import simplify
from maps.models import Bake
from maps.simplify import Shapes
from maps.tiles import HALF_WORLD_M

# Up to here grids and communities are drawn simplified; closer by as they are.
LAST_ZOOM = 12
ZOOMS: dict[str, tuple[int, ...]] = {
    "grid": tuple(range(LAST_ZOOM, 7, -1)),
    "community": (12, 11),
    "street": tuple(range(LAST_ZOOM, 4, -1)),
    "district": tuple(range(LAST_ZOOM, 4, -1)),
    "city": tuple(range(LAST_ZOOM, 4, -1)),
    "province": tuple(range(LAST_ZOOM, 4, -1)),
}
"""The zooms of each level, the closest first: each is simplified from the one before."""
# Any fixed number nobody else uses: one bake at a time.
LOCK = 7_214_090
# Beyond this share of a level all of it is drawn anew: the neighbours of half of it are all.
MOST_ANEW = 0.25
FEW = 1000
Tell = Callable[[str], None]

GRIDS = """
    SELECT grid.id AS of, grid.code, grid.name, grid.kind, drawn.shape_3857 AS shape
    FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE drawn.valid @> %(day)s"""
DIVISIONS = """
    SELECT id AS of, code, name, kind, shape_3857 AS shape FROM grids_division
    WHERE level = %(level)s AND shape_3857 IS NOT NULL"""
# What is to be drawn and how it stands now, by thing; `source` tells whether a shape is another.
# Boxes are wider by two units, for what was drawn before is known to whole units only.
COMPARED = """
    CREATE TEMPORARY TABLE compared ON COMMIT DROP AS
    SELECT coalesce(now.of, old.of) AS of, now.of IS NULL AS gone,
           now.code, now.name, now.kind, now.source,
           now.source IS DISTINCT FROM old.source AS reshaped,
           (now.code, now.name, now.kind) IS DISTINCT FROM (old.code, old.name, old.kind)
               AS renamed,
           ST_Expand(coalesce(now.shape, old.shape), 2 * %(unit)s) AS lies,
           ST_Expand(old.shape, 2 * %(unit)s) AS lay
    FROM (SELECT *, md5(ST_AsBinary(shape))::uuid AS source FROM ({rows}) AS given) AS now
    FULL JOIN (
        SELECT of, code, name, kind, source, ST_SetSRID(
            ST_Affine(shape, %(unit)s, 0, 0, %(unit)s, -%(half)s, -%(half)s), 3857) AS shape
        FROM maps_drawn WHERE level = %(level)s AND zoom = %(zoom)s
    ) AS old ON old.of = now.of"""
# All that touches what changed is drawn anew; what lies around that tells where its borders have
# their corners.  Boxes that meet hold all that touch.
AROUND = """
    CREATE TEMPORARY TABLE around ON COMMIT DROP AS
    WITH first AS MATERIALIZED (
        SELECT DISTINCT near.of, near.lies FROM compared AS changed
        JOIN compared AS near ON near.lies && changed.lies OR near.lies && changed.lay
        WHERE changed.reshaped AND NOT near.gone
    )
    SELECT near.of, bool_or(near.of = first.of) AS anew FROM first
    JOIN compared AS near ON near.lies && first.lies
    WHERE NOT near.gone GROUP BY near.of"""
EVERYTHING = """
    CREATE TEMPORARY TABLE around ON COMMIT DROP AS
    SELECT of, true AS anew FROM compared WHERE NOT gone"""
# The first and the last day on which the shapes of a day are those that hold.
DAYS = """
    WITH edges AS (SELECT lower(valid) AS edge FROM grids_gridshape
                   UNION SELECT upper(valid) FROM grids_gridshape)
    SELECT daterange((SELECT max(edge) FROM edges WHERE edge <= %(day)s),
                     (SELECT min(edge) FROM edges WHERE edge > %(day)s))"""


@dataclass(frozen=True)
class Result:
    """What a bake did: shapes simplified, seconds; nothing where it was up to date."""

    shapes: int
    taken_s: float


def is_current(day: date) -> bool:
    """Whether tiles of this day are drawn from what has been baked (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(CURRENT, {"day": day})
        return bool(cursor.fetchone()[0])


CURRENT = """SELECT EXISTS (
    SELECT FROM maps_bake AS bake JOIN maps_edition AS edition USING (token)
    WHERE bake.days @> %(day)s::date)"""


def bake(now: datetime, tell: Tell = lambda _line: None) -> Result | None:
    """Bring the drawings up to the present edition; None while another process is at it.

    tell: is given a line for each level, for whoever waits.
    """
    began = time.monotonic()
    day = timezone.localdate(now)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return None
        return _baked(day, now, began, tell)


def _baked(day: date, now: datetime, began: float, tell: Tell) -> Result:
    # Read first: should the territory change meanwhile, what is drawn here is never used, and the
    # next bake finds what is missing.
    token = _token()
    if token is None or is_current(day):
        return Result(0, 0.0)
    anew = 0
    for level, zooms in ZOOMS.items():
        count = _level(level, zooms, day)
        anew += count
        tell(f"{level}: {count} drawn anew, {time.monotonic() - began:.1f} s")
    with connection.cursor() as cursor:
        if anew > FEW:
            cursor.execute("ANALYZE maps_drawn")
        cursor.execute(DAYS, {"day": day})
        days = cursor.fetchone()[0]
    taken_s = time.monotonic() - began
    values = {"token": token, "days": days, "at": now, "taken_s": taken_s, "shapes": anew}
    Bake.objects.update_or_create(id=1, defaults=values)
    return Result(anew, taken_s)


def _token() -> UUID | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM maps_edition")
        row = cursor.fetchone()
    return UUID(str(row[0])) if row else None


def _level(level: str, zooms: Sequence[int], day: date) -> int:
    """Bring one level up to date; how many of its shapes were simplified."""
    rows = GRIDS if level == "grid" else DIVISIONS
    values: dict[str, Any] = {
        "level": level,
        "day": day,
        "zoom": zooms[0],
        "unit": simplify.unit_m(zooms[0]),
        "half": HALF_WORLD_M,
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS compared, around")
        cursor.execute(COMPARED.format(rows=rows), values)
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE reshaped) FROM compared")
        total, reshaped = cursor.fetchone()
        cursor.execute(RENAME, values)
        if not reshaped:
            return 0
        _mark_around(cursor, reshaped > MOST_ANEW * total)
        cursor.execute(CLEAR, values)
        cursor.execute(WANTED.format(rows=rows), values)
        return _store(cursor, level, zooms, cursor.fetchall())


RENAME = """
    UPDATE maps_drawn AS drawn SET code = now.code, name = now.name, kind = now.kind
    FROM compared AS now
    WHERE drawn.level = %(level)s AND drawn.of = now.of
      AND now.renamed AND NOT now.reshaped AND NOT now.gone"""
CLEAR = """
    DELETE FROM maps_drawn WHERE level = %(level)s AND (
        of IN (SELECT of FROM compared WHERE gone) OR of IN (SELECT of FROM around WHERE anew))"""
WANTED = """
    SELECT of, now.code, now.name, now.kind, source::text, anew, ST_AsBinary(now.shape)
    FROM ({rows}) AS now JOIN around USING (of) JOIN compared USING (of) ORDER BY of"""


def _mark_around(cursor: Any, everything: bool) -> None:
    """What has to be simplified, and what of it is drawn anew."""
    if everything:
        cursor.execute(EVERYTHING)
    else:
        cursor.execute("CREATE INDEX ON compared USING gist (lies)")
        cursor.execute("ANALYZE compared")
        cursor.execute(AROUND)


def _store(cursor: Any, level: str, zooms: Sequence[int], rows: Sequence[Any]) -> int:
    anew = np.array([row[5] for row in rows], dtype=bool)
    if not anew.any():
        return 0
    shapes: Shapes = shapely.from_wkb([bytes(row[6]) for row in rows])
    kept = [row for row in rows if row[5]]
    for zoom in zooms:
        shapes = simplify.simplified(shapes, zoom)
        drawn = simplify.in_units(shapes[anew], zoom)
        _copy(cursor, level, zoom, kept, drawn)
    return len(kept)


def _copy(cursor: Any, level: str, zoom: int, rows: Sequence[Any], drawn: Shapes) -> None:
    lines = io.StringIO()
    wide, hexed = simplify.wide(drawn), shapely.to_wkb(drawn, hex=True)
    for (of, code, name, kind, source, *_), is_wide, shape in zip(rows, wide, hexed, strict=True):
        fields = (zoom, level, of, code, _escaped(name), kind, source, is_wide, shape)
        lines.write("\t".join(map(str, fields)) + "\n")
    lines.seek(0)
    cursor.copy_expert(
        "COPY maps_drawn (zoom, level, of, code, name, kind, source, wide, shape) FROM STDIN",
        lines,
    )


def _escaped(text: str) -> str:
    """As COPY reads it (PostgreSQL manual, COPY, "Text Format")."""
    for raw, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(raw, written)
    return text
