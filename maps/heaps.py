"""Points that stand too close to be told apart, as one mark with their number.

From afar all points of a layer in one cell of a tile are one feature, in their middle.  It has the
worst of their states and the number in each; nothing known of a state is a state of its own, worse
than good.  Places, of which there may be a million, are counted ahead (`count_places`).
"""

from django.db import connection, transaction

from cameras.health import State
from maps.tiles import BUFFER, EXTENT, HALF_WORLD_M

MARK_CELLS = 10
"""Cells along a tile's side where marks carry a number that must be read."""
DOT_CELLS = 64
"""The same where marks are dots, a few pixels each."""
EACH_CAMERA_FROM = 11
EACH_PLACE_FROM = 13
COUNTED = range(5, 11)
"""The zooms for which places are counted ahead."""
# The worst first; as `maps/cameras.js` has it.
WORST = (State.OFFLINE, State.DEGRADED, State.UNKNOWN, State.ONLINE)
PLACE_TABLES = {
    "building": "grids_building",
    "shop": "grids_shop",
    "service_point": "grids_servicepoint",
}
# A change of any of these numbers says that places were written; they are kept by PostgreSQL.
WRITTEN = """
    SELECT coalesce(string_agg(relname || ':' || n_tup_ins || ':' || n_tup_upd || ':' || n_tup_del,
                               ' ' ORDER BY relname), '')
    FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname = ANY (%s)"""


def cell_of(at: str, cells: int) -> str:
    """What to group the points `at` (EPSG:3857) of a tile by, after `exact`."""
    return ", ".join(
        f"floor((ST_{axis}({at}) - ST_{axis}Min(exact))"
        f" / (ST_{axis}Max(exact) - ST_{axis}Min(exact)) * {cells})"
        for axis in "XY"
    )


def middle_of(at: str) -> str:
    return f"ST_AsMVTGeom(ST_Centroid(ST_Collect({at})), exact, {EXTENT}, 0, true)"


_COUNTS = ",\n           ".join(
    f"count(*) FILTER (WHERE state = '{state}')::int AS {state}" for state in WORST
)
_RANKED = ", ".join(f"'{state}'" for state in WORST)
CAMERA_HEAPS = f"""
    SELECT min(id) AS id, count(*)::int AS cameras, (ARRAY[{_RANKED}])[min(rank)] AS state,
           (count(*) FILTER (WHERE rank = worst)::float4 / count(*))::float4 AS share,
           {_COUNTS},
           {middle_of("at")} AS geom
    FROM (
        SELECT *, min(rank) OVER (PARTITION BY {cell_of("at", MARK_CELLS)}) AS worst
        FROM (
            SELECT camera.id, told.state, ST_Transform(camera.point, 3857) AS at, tile.exact,
                   array_position(ARRAY[{_RANKED}], told.state) AS rank
            FROM tile
            JOIN cameras_camera AS camera ON camera.point && ST_Transform(tile.exact, 4326)
            LEFT JOIN cameras_camerastate AS known ON known.camera_id = camera.id
            CROSS JOIN LATERAL (SELECT CASE WHEN known.state IN ({_RANKED})
                THEN known.state ELSE '{State.UNKNOWN}' END::text AS state) AS told
            WHERE %(zoom)s < {EACH_CAMERA_FROM} AND {{in_scope}}
        ) AS ranked
    ) AS camera
    GROUP BY exact, {cell_of("at", MARK_CELLS)}"""  # noqa: S608 - our own words

# Where the places of a tile come from, as (kind, x, y, places), x and y in cells of the tile:
# counted ahead by community for zooms at which there are too many, else as they are now.  Reaches
# finer than a community hold few; their codes are found by the index, as a range.
_COUNTED = f"""
    SELECT heap.kind, heap.x - %(x)s * {DOT_CELLS} AS x, heap.y - %(y)s * {DOT_CELLS} AS y,
           heap.places
    FROM maps_heap AS heap
    WHERE %(zoom)s < {{each_from}} AND heap.zoom = %(zoom)s
      AND heap.x BETWEEN %(x)s * {DOT_CELLS} AND %(x)s * {DOT_CELLS} + {DOT_CELLS - 1}
      AND heap.y BETWEEN %(y)s * {DOT_CELLS} AND %(y)s * {DOT_CELLS} + {DOT_CELLS - 1}
      AND heap.code ^@ ANY (%(scope)s::text[])"""  # noqa: S608 - our own numbers
_OF_NOW = f"""
    SELECT '{{kind}}', least(floor((ST_X(at) - ST_XMin(exact)) / tile_m * {DOT_CELLS})::int, 63),
           least(floor((ST_YMax(exact) - ST_Y(at)) / tile_m * {DOT_CELLS})::int, 63), 1
    FROM (
        SELECT ST_Transform(place.point, 3857) AS at, tile.exact,
               ST_XMax(tile.exact) - ST_XMin(tile.exact) AS tile_m
        FROM tile {{joined}}
    ) AS place
    WHERE at && exact"""  # noqa: S608 - our own words
_IN_TILE = """JOIN {table} AS place ON place.point && ST_Transform(tile.exact, 4326)
        WHERE %(zoom)s BETWEEN {first} AND {last} AND {in_scope}"""
_FINE = """CROSS JOIN unnest(%(scope)s::text[]) AS prefix
        JOIN {table} AS place ON place.scope_code BETWEEN prefix AND prefix || '9999'
        WHERE %(zoom)s < {first} AND length(prefix) > 12 AND place.point IS NOT NULL"""


def place_heaps(in_scope: str) -> str:
    """in_scope: the condition for `place.scope_code`."""
    zooms = {"first": COUNTED[-1] + 1, "last": EACH_PLACE_FROM - 1, "in_scope": in_scope}
    found = [_COUNTED.format(each_from=COUNTED[-1] + 1)]
    for kind, table in PLACE_TABLES.items():
        found += [
            _OF_NOW.format(kind=kind, joined=joined.format(table=table, **zooms))
            for joined in (_IN_TILE, _FINE)
        ]
    half = EXTENT // DOT_CELLS // 2
    return f"""
        SELECT (x * {DOT_CELLS} + y)::bigint AS id, sum(places)::int AS places,
               sum(places) FILTER (WHERE kind = 'building')::int AS buildings,
               sum(places) FILTER (WHERE kind = 'shop')::int AS shops,
               sum(places) FILTER (WHERE kind = 'service_point')::int AS service_points,
               ST_MakePoint(x * {2 * half} + {half}, y * {2 * half} + {half}) AS geom
        FROM ({" UNION ALL ".join(found)}) AS inside
        WHERE x BETWEEN 0 AND {DOT_CELLS - 1} AND y BETWEEN 0 AND {DOT_CELLS - 1}
        GROUP BY x, y"""  # noqa: S608 - our own words


PLACES = " UNION ALL ".join(
    f"""
    SELECT place.id, '{kind}' AS kind, place.name,
           ST_AsMVTGeom(
               ST_Transform(place.point, 3857), tile.exact, {EXTENT}, {BUFFER}, true) AS geom
    FROM tile JOIN {table} AS place ON place.point && ST_Transform(tile.reach, 4326)
    WHERE %(zoom)s >= {EACH_PLACE_FROM} AND {{in_scope}}"""  # noqa: S608 - our own words
    for kind, table in PLACE_TABLES.items()
)

# The closest zoom from the places themselves, each further one from the one before.
COUNT_CLOSEST = """
    INSERT INTO maps_heap (zoom, x, y, code, kind, places)
    SELECT {zoom}, floor((ST_X(at) / {world} + 0.5) * {side})::int,
           floor((0.5 - ST_Y(at) / {world}) * {side})::int, left(code, 12), '{kind}', count(*)
    FROM (SELECT ST_Transform(point, 3857) AS at, scope_code AS code FROM {table}
          WHERE point IS NOT NULL AND point && ST_MakeEnvelope(-180, -85, 180, 85, 4326)) AS place
    GROUP BY 2, 3, 4"""
COUNT_NEXT = """
    INSERT INTO maps_heap (zoom, x, y, code, kind, places)
    SELECT {zoom}, x >> 1, y >> 1, code, kind, sum(places) FROM maps_heap
    WHERE zoom = {zoom} + 1 GROUP BY 2, 3, 4, 5"""


def count_places() -> int:
    """Count all places anew where any was written since; how many heaps there are then, else -1.

    Readers see the counts of before until it is done.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WRITTEN, [[*PLACE_TABLES.values()]])
        written = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO maps_heapcount (id, written) VALUES (1, '') ON CONFLICT (id) DO NOTHING"
        )
        cursor.execute("SELECT written FROM maps_heapcount WHERE id = 1 FOR UPDATE")
        if cursor.fetchone()[0] == written:
            return -1
        cursor.execute("DELETE FROM maps_heap")
        last = COUNTED[-1]
        for kind, table in PLACE_TABLES.items():
            sql = COUNT_CLOSEST.format(
                zoom=last, world=2 * HALF_WORLD_M, side=DOT_CELLS << last, kind=kind, table=table
            )
            cursor.execute(sql)
        for zoom in reversed(COUNTED[:-1]):
            cursor.execute(COUNT_NEXT.format(zoom=zoom))
        cursor.execute("UPDATE maps_heapcount SET written = %s WHERE id = 1", [written])
        cursor.execute("SELECT count(*) FROM maps_heap")
        return int(cursor.fetchone()[0])
