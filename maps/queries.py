"""What the map reads: tiles, their edition, and the territory a user sees."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg2.errors import QueryCanceled

from gis_server.errors import Unavailable
from maps.bake import LAST_ZOOM
from maps.layers import IN_SCOPE, Layer, Part
from maps.simplify import WIDEST_UNITS
from maps.tiles import BUFFER, EXTENT, HALF_WORLD_M, Bounds, Tile, edition_name
from patrols.seen.views.asked import Question

# A wall that reloads asks for dozens of tiles at once; one that takes longer than this must not
# keep the database from other work.
TILE_TIMEOUT_MS = 3_000

MARGIN = BUFFER / EXTENT
# Each of the tiles that are asked for by itself: what a part reads is its one row of `tile`.
TILES_SQL = f"""
WITH baked AS MATERIALIZED (
    SELECT FROM maps_bake AS bake JOIN maps_edition AS edition USING (token)
    WHERE bake.days @> {{day}}
)
SELECT numbered.x, numbered.y, drawn.content
FROM unnest({{xs}}, {{ys}}) AS numbered (x, y) CROSS JOIN LATERAL (
    WITH tile AS MATERIALIZED (
        SELECT ST_TileEnvelope({{zoom}}, numbered.x, numbered.y) AS exact,
               ST_TileEnvelope({{zoom}}, numbered.x, numbered.y, margin => {MARGIN}) AS reach,
               west, north, units_m.per_m, {WIDEST_UNITS} / units_m.per_m AS most_m,
               ST_MakeEnvelope(west, north - {EXTENT}, west + {EXTENT}, north) AS cut,
               ST_MakeEnvelope(west - {BUFFER}, north - {EXTENT + BUFFER},
                               west + {EXTENT + BUFFER}, north + {BUFFER}) AS around
        FROM (SELECT {EXTENT}::float8 * numbered.x AS west,
                     {EXTENT}::float8 * ((1 << {{zoom}}) - numbered.y) AS north) AS corner,
             (SELECT {EXTENT} * (1 << {{zoom}}) / {2 * HALF_WORLD_M!r}::float8 AS per_m) AS units_m
    )
    SELECT {{parts}} AS content
) AS drawn"""  # noqa: S608 - our own numbers
# The types of what tiles are asked with, in the order in which statements are given them.
TYPES = {
    "zoom": "int",
    "xs": "int[]",
    "ys": "int[]",
    "day": "date",
    "now": "timestamptz",
    "scope": "text[]",
}

# Of the grids too: somebody's part may be one grid, which no division lies in.
EXTENT_SQL = f"""
    SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
    FROM (SELECT ST_Extent(shape) AS box FROM (
        SELECT division.shape FROM grids_division AS division
        WHERE {IN_SCOPE.format(code="division.code")}
        UNION ALL
        SELECT drawn.shape FROM grids_gridshape AS drawn
        JOIN grids_grid AS grid ON grid.id = drawn.grid_id
        WHERE drawn.valid @> %(day)s AND {IN_SCOPE.format(code="grid.code")}
    ) AS shapes) AS territory"""  # noqa: S608

COUNT_SQL = f"""
    SELECT (SELECT count(*) FROM grids_gridshape AS drawn
            JOIN grids_grid AS grid ON grid.id = drawn.grid_id
            WHERE drawn.valid @> %(day)s AND {IN_SCOPE.format(code="grid.code")}),
           count(*) FILTER (WHERE division.level = 'street'),
           count(*) FILTER (WHERE division.level = 'community'),
           (array_agg(division.name ORDER BY length(rtrim(division.code, '0')), division.code))[1]
    FROM grids_division AS division
    WHERE {IN_SCOPE.format(code="division.code")}"""  # noqa: S608

# Of a street that is the user's as a whole its own outline, else that of the grids that are.
STREETS_SQL = f"""
    SELECT street.code, street.name, ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
    FROM grids_division AS street CROSS JOIN LATERAL (
        SELECT CASE WHEN {IN_SCOPE.format(code="street.code")} THEN Box2D(street.shape) ELSE (
            SELECT ST_Extent(drawn.shape) FROM grids_gridshape AS drawn
            JOIN grids_grid AS grid ON grid.id = drawn.grid_id
            WHERE drawn.valid @> %(day)s AND {IN_SCOPE.format(code="grid.code")}
              AND grid.code ^@ left(street.code, 9)) END AS box) AS reached
    WHERE street.level = 'street' AND box IS NOT NULL
      AND ({IN_SCOPE.format(code="street.code")}
           OR EXISTS (SELECT FROM unnest(%(scope)s::text[]) AS prefix
                      WHERE prefix ^@ left(street.code, 9)))
    ORDER BY street.code LIMIT %(most)s"""  # noqa: S608


@dataclass(frozen=True)
class Territory:
    """What a user sees of the territory; `extent` is west, south, east, north in WGS84 degrees."""

    name: str
    grids: int
    streets: int
    communities: int
    extent: Bounds | None


@dataclass(frozen=True)
class Street:
    """A street that a user sees at least part of; `box` is that part's, as `Territory.extent`."""

    code: str
    name: str
    box: Bounds


def edition(scope: Sequence[str], day: date) -> str:
    """The name of the tiles as they are now, for users with this scope, on this day."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM maps_edition")
        row = cursor.fetchone()
    return edition_name(str(row[0]) if row else "", day, scope)


def draw(layer: Layer, tile: Tile, scope: Sequence[str], now: datetime) -> bytes:
    """The tile as a Mapbox Vector Tile; empty where the layer has nothing.

    Raises:
        Unavailable: the database took longer than `TILE_TIMEOUT_MS`.
    """
    return draw_all(layer, [tile], scope, now)[tile]


def draw_all(
    layer: Layer, tiles: Sequence[Tile], scope: Sequence[str], now: datetime
) -> dict[Tile, bytes]:
    """Tiles of one zoom in one statement; as `draw`."""
    z = tiles[0].z
    values: dict[str, Any] = {
        "zoom": z,
        "xs": [tile.x for tile in tiles],
        "ys": [tile.y for tile in tiles],
        "day": timezone.localdate(now),
        "now": now,
        "scope": [prefix for prefix in scope if prefix],
    }
    words = ", ".join(f"%({name})s" for name in TYPES)
    with _told_late(), connection.cursor() as cursor:
        name = _prepared(cursor, layer, z)
        # One journey for all; what is set ends with the statement's own transaction.  To plan for
        # each tile's numbers, as is done five times first, finds the same plan and costs more than
        # the tile.
        limit = f"SET LOCAL statement_timeout = {TILE_TIMEOUT_MS:d}"
        planned = "SET LOCAL plan_cache_mode = force_generic_plan"
        cursor.execute(f"{limit}; {planned}; EXECUTE {name} ({words})", values)
        return {Tile(z, x, y): bytes(content) for x, y, content in cursor.fetchall()}


_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def _prepared(cursor: Any, layer: Layer, z: int) -> str:
    """The name of the statement that draws such tiles, which this connection knows by now.

    To plan it each time would take longer than most tiles take to draw.
    """
    name, sql = _statement(layer, z)
    known = _known.setdefault(cursor.connection, set())
    if name not in known:
        kinds = ", ".join(TYPES.values())
        cursor.execute(f"PREPARE {name} ({kinds}) AS {sql}")
        known.add(name)
    return name


def forget_statements() -> None:
    """No connection is taken to know any statement any more; each plans anew what it needs."""
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    _known.clear()


@cache
def _statement(layer: Layer, z: int) -> tuple[str, str]:
    """What draws such tiles, and a name that follows from it."""
    given = {name: f"${place}" for place, name in enumerate(TYPES, start=1)}
    parts = "\n|| ".join(_encoded(part, z) for part in layer.parts if z >= part.min_zoom)
    drawn = parts % (given | {"x": "numbered.x", "y": "numbered.y"})
    sql = TILES_SQL.format(parts=drawn, **given)
    return "tile_" + hashlib.sha256(sql.encode()).hexdigest()[:20], sql


def draw_of(
    layer: Layer, tile: Tile, scope: Sequence[str], question: Question, now: datetime
) -> bytes:
    """A tile of a layer that draws for itself; as `draw`."""
    if layer.draws is None:
        raise ValueError(f"the layer {layer.name} is drawn by its parts")
    with in_time(TILE_TIMEOUT_MS):
        return layer.draws(tile, list(scope), question, now)


@contextmanager
def in_time(most_ms: int) -> Iterator[None]:
    """No statement inside may take longer than that.  Raises Unavailable."""
    with _told_late(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [most_ms])
        yield


@contextmanager
def _told_late() -> Iterator[None]:
    """Tells of a statement that took longer than it may.  Raises Unavailable."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise Unavailable(_("This part of the map took too long. Try again.")) from None
        raise


def _encoded(part: Part, z: int) -> str:
    if not part.baked or z > LAST_ZOOM:
        return _layer_of(part.name, part.sql)
    # Asked in one statement, so that both see the same state; only one of them is carried out.
    return f"""CASE WHEN EXISTS (SELECT FROM baked)
        THEN {_layer_of(part.name, part.baked)} ELSE {_layer_of(part.name, part.sql)} END"""


def _layer_of(name: str, sql: str) -> str:
    # Rows without a geometry touch the tile's box but leave nothing inside it.  The offset keeps
    # the planner from working each out twice, once for the condition and once for the tile.
    return f"""coalesce((
        SELECT ST_AsMVT(part, '{name}', {EXTENT}, 'geom', 'id')
        FROM (SELECT * FROM ({sql}) AS drawn OFFSET 0) AS part
        WHERE part.geom IS NOT NULL), ''::bytea)"""  # noqa: S608


def territory(scope: Sequence[str], day: date) -> Territory:
    values: dict[str, Any] = {"scope": [prefix for prefix in scope if prefix], "day": day}
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SQL, values)
        grids, streets, communities, name = cursor.fetchone()
    return Territory(
        name=name or "",
        grids=grids,
        streets=streets,
        communities=communities,
        extent=extent_of(scope, day),
    )


def extent_of(scope: Sequence[str], day: date) -> Bounds | None:
    """West, south, east and north of what a user sees of the territory; None for nothing."""
    with connection.cursor() as cursor:
        cursor.execute(EXTENT_SQL, {"scope": list(scope), "day": day})
        extent = cursor.fetchone()
    return None if extent[0] is None else tuple(extent)


def streets(scope: Sequence[str], day: date, most: int) -> list[Street]:
    """What a user sees of streets, by code; at most `most`."""
    reached = [prefix for prefix in scope if prefix]
    values: dict[str, Any] = {"scope": reached, "day": day, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(STREETS_SQL, values)
        return [Street(code, name, tuple(box)) for code, name, *box in cursor.fetchall()]
