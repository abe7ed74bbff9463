"""Where positions lie: in which grid now, in which on an earlier day, in which division."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection

from grids.codes import prefix

PLACES = """
    WITH place AS MATERIALIZED (
        SELECT n, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS at, day
        FROM unnest(%(lons)s::float8[], %(lats)s::float8[], %(days)s::date[])
            WITH ORDINALITY AS asked (lon, lat, day, n)
    )
"""
# Both days in one question; `grids_home` is the function that the trigger `assign` goes by.
HOMES = (
    PLACES  # noqa: S608 - all of it stands here
    + """
    SELECT present.grid_id, present.code, here.name,
           past.grid_id, coalesce(named.code, past.code), coalesce(named.name, there.name)
    FROM place
    LEFT JOIN LATERAL grids_home(place.at, grids_today()) AS present ON true
    LEFT JOIN grids_grid AS here ON here.id = present.grid_id
    LEFT JOIN LATERAL grids_home(place.at, place.day) AS past ON true
    LEFT JOIN grids_grid AS there ON there.id = past.grid_id
    LEFT JOIN grids_griddesignation AS named
        ON named.grid_id = past.grid_id AND named.valid @> place.day
    ORDER BY place.n
"""
)
DIVISIONS = (
    PLACES  # noqa: S608 - all of it stands here
    + """
    SELECT place.n - 1, division.code, division.name
    FROM place JOIN grids_division AS division ON ST_Covers(division.shape, place.at)
"""
)


@dataclass(frozen=True, slots=True)
class Place:
    """A point in WGS84, and the day on which something was seen there."""

    point: Point
    day: date


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


def homes_of(places: Sequence[Place]) -> list[Homes | None]:
    """The homes of each place; None where nothing of the territory is known.

    One query; one more where some lie outside of all grids.
    """
    if not places:
        return []
    rows = answers(HOMES, places)
    lost = [n for n, row in enumerate(rows) if not row[0]]
    divisions = divisions_at([places[n] for n in lost]) if lost else {}
    around = {lost[n]: home for n, home in divisions.items()}
    return [homes(row, around.get(n)) for n, row in enumerate(rows)]


def homes(row: tuple[Any, ...], around: Home | None) -> Homes | None:
    now = Home(*row[:3]) if row[0] else around
    then = Home(*row[3:]) if row[3] else None
    return Homes(now, then or now) if now else None


def divisions_at(places: Sequence[Place]) -> Mapping[int, Home]:
    """The deepest division whose outline covers each place, by the place's index."""
    found: dict[int, tuple[int, str, str]] = {}
    for n, code, name in answers(DIVISIONS, places):
        found[n] = max(found.get(n, (0, "", "")), (len(prefix(code)), code, name))
    return {n: Home(None, prefix(code), name) for n, (_length, code, name) in found.items()}


def answers(question: str, places: Sequence[Place]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            question,
            {
                "lons": [one.point.x for one in places],
                "lats": [one.point.y for one in places],
                "days": [one.day for one in places],
            },
        )
        return list(cursor.fetchall())
