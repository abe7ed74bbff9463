"""What lies inside a shape or within so many metres of it, layer by layer, cut to the reader.

Inside is judged in degrees, as the lines of the drawn shape; distances are those along the
ellipsoid (PostGIS geography), which no projection stretches.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import shapely
from django.db import connection
from django.utils.translation import gettext as _
from psycopg2 import Binary

from gis_server.errors import Invalid, NotAllowed, NotFound
from gis_server.geo import ELLIPSOID, WGS84
from gis_server.models import User
from gis_server.roles import may
from maps.desk.asking import Asked, Near, check_around
from maps.desk.layers import Searched
from maps.ogc.queries import Values, source, values_of
from maps.queries import in_time

TIMEOUT_MS = 5_000
COUNTED = 10_000
"""So many that match are counted in layers without states; of more only that there are more."""
MOST_IN_A_FILE = 10_000
QUARTER_STEPS = 16
"""A quarter of a circle is drawn with so many sides: 0.12 % of the radius is what that misses."""
SHAPE = f"ST_GeomFromWKB(%(shape)s, {WGS84})"
DIGITS_DEG = 7


@dataclass(frozen=True, slots=True)
class Item:
    """place: the geometry of GeoJSON.  distance_m: of its nearest part from the shape, 0 inside."""

    id: int
    place: dict[str, Any]
    middle: tuple[float, float]
    properties: dict[str, Any]
    distance_m: float


@dataclass(frozen=True, slots=True)
class Found:
    """matched: how many there are on all pages, None where there are more than `COUNTED`.
    counts: by value of the layer's `counted` column.
    """

    layer: Searched
    items: list[Item]
    matched: int | None
    counts: dict[str, int]
    more: bool


@dataclass(frozen=True, slots=True)
class Place:
    """shape: WGS84 degrees.  itself: what the search is around, left out of what is found."""

    shape: shapely.Geometry
    itself: Near | None = None


def place_of(user: User, asked: Asked, now: datetime) -> Place:
    """Where a question is about.  One query where it names a thing, else none.

    Raises:
        NotAllowed: the layer of the thing is not the user's.
        NotFound: no such thing in the user's reach, or one without a place.
        Invalid: it lies so that nothing can be searched around it.
    """
    if not isinstance(asked.place, Near):
        return Place(asked.place)
    layer, key = asked.place.layer, asked.place.key
    if not may(user.role, layer.collection.permission):
        raise NotAllowed(_("Your role does not include this map layer."))
    values = values_of(user, layer.collection, None, now) | {"key": key}
    inside = source(layer.collection, user.reach, values)
    sql = f"""
        SELECT ST_AsBinary(item.geom) FROM ({inside}) AS item
        WHERE item.{layer.key}::text = %(key)s AND item.geom IS NOT NULL LIMIT 1"""  # noqa: S608
    with in_time(TIMEOUT_MS), connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_("There is no such feature in your area."))
    shape = shapely.from_wkb(bytes(row[0]))
    if asked.radius_m:
        check_around(shape, asked.radius_m)
    return Place(shape, asked.place)


def select(user: User, asked: Asked, layer: Searched, place: Place, now: datetime) -> Found:
    """One page of a layer: what is nearest comes first, without a radius what is worst.  Two
    queries, besides those of what the layer prepares.

    Raises:
        Unavailable: the database took longer than `TIMEOUT_MS`.
    """
    values = _given(user, asked, layer, place, now)
    inside = source(layer.collection, user.reach, values)
    where = _where(asked, layer, place, values, now)
    with in_time(TIMEOUT_MS), connection.cursor() as cursor:
        cursor.execute(_rows_sql(asked, layer, inside, where), values)
        rows = cursor.fetchall()
        cursor.execute(_count_sql(layer, inside, where), values)
        matched, counts = _counted(layer, cursor.fetchall())
    limit = asked.page.limit
    items = [_item(row) for row in rows[:limit]]
    return Found(layer, items, matched, counts, len(rows) > limit)


def all_of(user: User, asked: Asked, layer: Searched, place: Place, now: datetime) -> Found:
    """All of a layer, for a file.

    Raises:
        Invalid: there are more than `MOST_IN_A_FILE`.
    """
    page = replace(asked.page, limit=MOST_IN_A_FILE, offset=0)
    found = select(user, replace(asked, page=page), layer, place, now)
    if found.more:
        rule = _(
            "There are more than %(most)d here: search a smaller area, or filter, and take them in "
            "several files."
        )
        raise Invalid(rule % {"most": MOST_IN_A_FILE})
    return found


def outline(place: Place, radius_m: float) -> dict[str, Any]:
    """What was searched, as a GeoJSON geometry: the shape, or all within the radius of it."""
    if not radius_m:
        return _geojson(place.shape)
    sql = f"SELECT ST_AsBinary(ST_Buffer({SHAPE}::geography, %(radius)s, 'quad_segs={QUARTER_STEPS}')::geometry)"  # noqa: E501
    values = {"shape": Binary(shapely.to_wkb(place.shape)), "radius": radius_m}
    with in_time(TIMEOUT_MS), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return _geojson(shapely.from_wkb(bytes(cursor.fetchone()[0])))


def area_m2(geometry: dict[str, Any]) -> float:
    """On the ellipsoid, of the outline: 0 for a point or line."""
    return abs(ELLIPSOID.geometry_area_perimeter(shapely.from_geojson(json.dumps(geometry)))[0])


def _geojson(shape: shapely.Geometry) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return told


def _given(user: User, asked: Asked, layer: Searched, place: Place, now: datetime) -> Values:
    return values_of(user, layer.collection, None, now) | {
        "shape": Binary(shapely.to_wkb(place.shape)),
        "radius": asked.radius_m,
        "most": asked.page.limit + 1,
        "offset": asked.page.offset,
        "ranked": [str(value) for value in layer.first],
        "counted_most": COUNTED + 1,
    }


def _where(asked: Asked, layer: Searched, place: Place, values: Values, now: datetime) -> str:
    return " AND ".join(
        [
            *_near(asked, place, values),
            *_not_itself(layer, place, values),
            *_within(asked, layer, values),
            *_filtered(asked, layer, values),
            *_old(asked, layer, values, now),
        ]
    )


def _near(asked: Asked, place: Place, values: Values) -> Iterator[str]:
    if not asked.radius_m:
        yield f"ST_Intersects(item.geom, {SHAPE})"
        return
    # An index on degrees answers the box; metres are asked of what it leaves.
    values["box"] = [*check_around(place.shape, asked.radius_m)]
    corners = ", ".join(f"(%(box)s::float8[])[{corner}]" for corner in range(1, 5))
    yield f"item.geom && ST_MakeEnvelope({corners}, {WGS84})"
    yield f"ST_DWithin(item.geom::geography, {SHAPE}::geography, %(radius)s)"


def _not_itself(layer: Searched, place: Place, values: Values) -> Iterator[str]:
    if place.itself is not None and place.itself.layer is layer:
        values["itself"] = place.itself.key
        yield f"item.{layer.key}::text <> %(itself)s"


def _within(asked: Asked, layer: Searched, values: Values) -> Iterator[str]:
    if asked.area:
        values["within"] = asked.area
        yield f"starts_with(item.{layer.code}, %(within)s)"


def _filtered(asked: Asked, layer: Searched, values: Values) -> Iterator[str]:
    for one in layer.filters:
        if wanted := asked.filters.get(one.name):
            values[one.name] = wanted
            yield f"item.{one.column} = ANY(%({one.name})s)"


def _old(asked: Asked, layer: Searched, values: Values, now: datetime) -> Iterator[str]:
    if asked.older_h and layer.name == "events":
        values["reported_before"] = now - timedelta(hours=asked.older_h)
        yield "item.reported_at <= %(reported_before)s"


def _rows_sql(asked: Asked, layer: Searched, inside: str, where: str) -> str:
    columns = ", ".join(f"item.{column.name}" for column in layer.collection.columns)
    distance = "0::float8"
    if asked.radius_m:
        distance = f"ST_Distance(item.geom::geography, {SHAPE}::geography)"
    order = ["distance_m"] if asked.radius_m else []
    if layer.counted:
        order.append(f"array_position(%(ranked)s::text[], item.{layer.counted}::text)")
    return f"""
        SELECT item.id, ST_AsGeoJSON(item.geom, {DIGITS_DEG}),
               ST_X(ST_PointOnSurface(item.geom)), ST_Y(ST_PointOnSurface(item.geom)),
               row_to_json((SELECT told FROM (SELECT {columns}) AS told))::text,
               {distance} AS distance_m
        FROM ({inside}) AS item WHERE {where}
        ORDER BY {", ".join([*order, "item.id"])} LIMIT %(most)s OFFSET %(offset)s"""  # noqa: S608


def _count_sql(layer: Searched, inside: str, where: str) -> str:
    if layer.counted:
        return f"""
            SELECT item.{layer.counted}, count(*) FROM ({inside}) AS item
            WHERE {where} GROUP BY 1"""  # noqa: S608
    return f"""
        SELECT '', count(*) FROM (
            SELECT FROM ({inside}) AS item WHERE {where} LIMIT %(counted_most)s) AS matching
        """  # noqa: S608


def _counted(layer: Searched, rows: Sequence[tuple[str, int]]) -> tuple[int | None, dict[str, int]]:
    if layer.counted:
        counts = dict(rows)
        return sum(counts.values()), {value: counts.get(value, 0) for value in layer.first}
    total = rows[0][1]
    return (total if total <= COUNTED else None), {}


def _item(row: Sequence[Any]) -> Item:
    fid, place, lon, lat, properties, distance_m = row
    return Item(fid, json.loads(place), (lon, lat), json.loads(properties), round(distance_m, 2))
