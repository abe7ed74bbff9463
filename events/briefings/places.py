"""Where events are: how many each grid has, which grids touch, which places come back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from django.db import connection

from gis_server.geo import metric_srid, to_metric
from grids.models import GridShape

TOUCHING_M = 0.5
NEAR_M = 30
FEWEST = 3
MOST_PLACES = 20
MAP_TOLERANCE_M = 25.0
MAP_WIDTH = 1000
MOST_GRIDS = 5_000
"""Of a larger area no map is drawn and no hot grids are told: look at its parts."""


@dataclass(frozen=True, slots=True)
class GridNow:
    """A grid with its shape of a day, in metres."""

    pk: int
    code: str
    name: str
    shape: Any


def grids_of(scope: str, day: date) -> list[GridNow]:
    """The grids of an area as they were drawn on a day, by their codes; none of too many."""
    rows = list(
        GridShape.objects.filter(grid__code__startswith=scope, valid__contains=day)
        .order_by("grid__code")
        .values_list("grid_id", "grid__code", "grid__name", "shape")[: MOST_GRIDS + 1]
    )
    if not rows or len(rows) > MOST_GRIDS:
        return []
    shapes = to_metric(shapely.from_wkb([bytes(row[3].wkb) for row in rows]))
    return [
        GridNow(pk, code, name, shape)
        for (pk, code, name, _shape), shape in zip(rows, shapes, strict=True)
    ]


def neighbours_of(grids: Sequence[GridNow]) -> list[list[int]]:
    """The numbers of the grids that touch each; corners count."""
    shapes = np.array([one.shape for one in grids], dtype=object)
    found: list[list[int]] = [[] for _ in grids]
    first, second = shapely.STRtree(shapes).query(shapes, "dwithin", distance=TOUCHING_M)
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        if a != b:
            found[a].append(b)
    return found


COUNTED = """
    SELECT grid_then_id, count(*) FROM events_event
    WHERE received_at >= %(start)s AND received_at < %(end)s AND grid_then_code LIKE %(prefix)s
      AND state NOT IN ('merged', 'withdrawn') AND grid_then_id IS NOT NULL
    GROUP BY 1
"""


def counts_by_grid(scope: str, start: datetime, end: datetime) -> dict[int, int]:
    """Events received in each grid; matters that were merged or withdrawn count once or not."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, {"start": start, "end": end, "prefix": f"{scope}%"})
        return dict(cursor.fetchall())


# Each group of events of one entry in which every one has FEWEST within NEAR_M.
REPEATED = """
    WITH seen AS (
        SELECT id, category_id, address, grid_then_name, received_at,
            ST_ClusterDBSCAN(ST_Transform(point, %(srid)s::int), %(near_m)s, %(fewest)s)
                OVER (PARTITION BY category_id) AS place
        FROM events_event
        WHERE received_at >= %(start)s AND received_at < %(end)s AND grid_then_code LIKE %(prefix)s
          AND state NOT IN ('merged', 'withdrawn', 'refused')
    )
    SELECT c.name, (array_agg(seen.address ORDER BY seen.id DESC))[1],
        (array_agg(seen.grid_then_name ORDER BY seen.id DESC))[1], count(*), max(seen.received_at),
        (array_agg(seen.id ORDER BY seen.id DESC))[1]
    FROM seen JOIN events_category AS c ON c.id = seen.category_id
    WHERE place IS NOT NULL
    GROUP BY c.id, c.name, place ORDER BY count(*) DESC, max(seen.id) DESC LIMIT %(most)s
"""


def repeated(scope: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Places at which the same entry of the catalogue has come `FEWEST` times, the worst first."""
    values: dict[str, Any] = {
        "srid": metric_srid(), "near_m": NEAR_M, "fewest": FEWEST, "start": start, "end": end,
        "prefix": f"{scope}%", "most": MOST_PLACES,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(REPEATED, values)
        return [
            {
                "category": category,
                "address": address,
                "grid": grid,
                "times": times,
                "last": last.isoformat(),
                "event": event,
            }
            for category, address, grid, times, last, event in cursor.fetchall()
        ]


def map_of(grids: Sequence[GridNow], heat: dict[int, int]) -> dict[str, Any]:
    """The grids as polygons of whole numbers in a picture `MAP_WIDTH` wide, north is up; heat by
    the number of the grid.  Borders are simplified all at once, so that neighbours stay together.
    """
    shapes = shapely.coverage_simplify(
        np.array([one.shape for one in grids], dtype=object), MAP_TOLERANCE_M
    )
    west, south, east, north = shapely.total_bounds(shapes)
    scale = MAP_WIDTH / max(east - west, north - south, 1.0)
    pieces = []
    for number, shape in enumerate(shapes):
        for part in shapely.get_parts(shape):
            ring = shapely.get_coordinates(part.exterior)
            xy = np.column_stack([(ring[:, 0] - west) * scale, (north - ring[:, 1]) * scale])
            pieces.append({"ring": np.rint(xy).astype(int).tolist(), "heat": heat.get(number, 0)})
    return {
        "width": round((east - west) * scale),
        "height": round((north - south) * scale),
        "pieces": pieces,
    }


def middle_of(grids: Sequence[GridNow], place: int) -> tuple[int, int]:
    """Where in that picture a grid's number stands."""
    west, south, east, north = shapely.total_bounds([one.shape for one in grids])
    scale = MAP_WIDTH / max(east - west, north - south, 1.0)
    point = shapely.point_on_surface(grids[place].shape)
    return round((point.x - west) * scale), round((north - point.y) * scale)
