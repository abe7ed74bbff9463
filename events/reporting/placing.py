"""Where a position lies: in which grid now, in which on an earlier day, in which division."""

from dataclasses import dataclass
from datetime import date

from django.contrib.gis.geos import Point
from django.db import connection

from grids.codes import prefix
from grids.models import Division

# Both days in one question; `grids_home` is the function that the trigger `assign` goes by.
HOMES = """
    WITH place AS (SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) AS at)
    SELECT present.grid_id, present.code, here.name,
           past.grid_id, coalesce(named.code, past.code), coalesce(named.name, there.name)
    FROM place
    LEFT JOIN LATERAL grids_home(place.at, grids_today()) AS present ON true
    LEFT JOIN grids_grid AS here ON here.id = present.grid_id
    LEFT JOIN LATERAL grids_home(place.at, %(day)s) AS past ON true
    LEFT JOIN grids_grid AS there ON there.id = past.grid_id
    LEFT JOIN grids_griddesignation AS named
        ON named.grid_id = past.grid_id AND named.valid @> %(day)s
"""


@dataclass(frozen=True, slots=True)
class Home:
    """A grid, or, outside of all grids, the deepest division known there (grid_id None).

    code: of the grid, or the division's digits without its zeros.
    """

    grid_id: int | None
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Homes:
    """now: today.  then: on the day that was asked for, by the names of that day; what is known of
    today where the shapes of that day are not.
    """

    now: Home
    then: Home


def homes_of(point: Point, day: date) -> Homes | None:
    """None: nothing of the territory is known there.  One query; one more outside of all grids."""
    with connection.cursor() as cursor:
        cursor.execute(HOMES, {"lon": point.x, "lat": point.y, "day": day})
        row = cursor.fetchone() or (None,) * 6
    now = Home(*row[:3]) if row[0] else None
    then = Home(*row[3:]) if row[3] else None
    if now is None:
        now = division_at(point)
    if now is None:
        return None
    return Homes(now, then or now)


def division_at(point: Point) -> Home | None:
    """The deepest division whose outline covers the place."""
    found = Division.objects.filter(shape__covers=point).values_list("code", "name")
    deepest = max(found, key=lambda one: (len(prefix(one[0])), one[0]), default=None)
    return Home(None, prefix(deepest[0]), deepest[1]) if deepest else None
