"""What the map reads: tiles, their edition, and the territory a user sees."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg2.errors import QueryCanceled

from gis_server.errors import Unavailable
from maps.layers import IN_SCOPE, Layer, Part
from maps.tiles import EXTENT, Bounds, Tile, bounds, edition_name, reach
from patrols.seen.views.asked import Question

# A wall that reloads asks for dozens of tiles at once; one that takes longer than this must not
# keep the database from other work.
TILE_TIMEOUT_MS = 3_000

TILE_SQL = """
WITH tile AS MATERIALIZED (
    SELECT ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 3857) AS exact,
           ST_MakeEnvelope(%(reach_west)s, %(reach_south)s, %(reach_east)s, %(reach_north)s, 3857)
               AS reach
)"""

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


@dataclass(frozen=True)
class Territory:
    """What a user sees of the territory; `extent` is west, south, east, north in WGS84 degrees."""

    name: str
    grids: int
    streets: int
    communities: int
    extent: Bounds | None


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
    parts = [part for part in layer.parts if tile.z >= part.min_zoom]
    sql = TILE_SQL + "\nSELECT " + "\n|| ".join(_encoded(part) for part in parts)
    with in_time(TILE_TIMEOUT_MS), connection.cursor() as cursor:
        cursor.execute(sql, _values(tile, scope, now))
        return bytes(cursor.fetchone()[0])


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
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [most_ms])
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise Unavailable(_("This part of the map took too long. Try again.")) from None
        raise


def _encoded(part: Part) -> str:
    # Rows without a geometry touch the tile's box but leave nothing inside it.
    return f"""coalesce((
        SELECT ST_AsMVT(part, '{part.name}', {EXTENT}, 'geom', 'id')
        FROM ({part.sql}) AS part WHERE part.geom IS NOT NULL), ''::bytea)"""  # noqa: S608


def _values(tile: Tile, scope: Sequence[str], now: datetime) -> dict[str, Any]:
    names = ("west", "south", "east", "north")
    values: dict[str, Any] = dict(zip(names, bounds(tile), strict=True))
    values |= {f"reach_{name}": edge for name, edge in zip(names, reach(tile), strict=True)}
    day = timezone.localdate(now)
    return values | {"zoom": tile.z, "scope": list(scope), "day": day, "now": now}


def territory(scope: Sequence[str], day: date) -> Territory:
    values: dict[str, Any] = {"scope": list(scope), "day": day}
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
