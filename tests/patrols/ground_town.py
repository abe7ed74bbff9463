"""Six grids of 420 m in two streets, in metres from a corner, for the tests of what is seen.

They lie 3 beside 2: numbers 1, 2, 3 in the south are the first street's, 4, 5, 6 in the north the
other's.  Through 1 and 2 runs a lane to the east, 205 m from the south; 3 has a house alone; the
north has nothing (hills).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiLineString, Point
from django.db.backends.postgresql.psycopg_any import DateRange

from gis_server.geo import to_metric, to_wgs84
from grids.models import Building, Division, Grid, GridShape, Street
from patrols.intake.taking import take
from patrols.models import Duty, How, Member
from patrols.osmand import Position
from patrols.seen.covering import Round, Teller, cover_some
from tests.grids.territory import division, projected
from tests.patrols.on_duty import LAT, LON, OTHER_STREET, STREET, at

SIDE = 420
CORNER = np.floor(shapely.get_coordinates(to_metric(shapely.Point(LON, LAT)))[0] / 10) * 10
"""Where cells begin."""


def shape_of(number: int, east: float = 0.0, side: float = SIDE) -> GEOSGeometry:
    column, row = (number - 1) % 3, (number - 1) // 3
    west, south = CORNER[0] + column * SIDE, CORNER[1] + row * SIDE
    box = shapely.box(west, south, west + side + east, south + side)
    return GEOSGeometry(shapely.to_wkt(to_wgs84(box), rounding_precision=9), srid=4326)


def place(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a place in metres from the corner."""
    point = to_wgs84(shapely.Point(CORNER[0] + x, CORNER[1] + y))
    return point.x, point.y


def make_grids() -> list[Grid]:
    """See above; grid n is at n - 1."""
    district = division("140107000000", "district", None, name="杏花岭区")
    grids = []
    for row, (code, name) in enumerate(((STREET, "鼓楼街道"), (OTHER_STREET, "坝陵桥街道"))):
        kinds = {"kind": "street_office"}
        street = division(f"{code}000", "street", district, name=name, **kinds)
        community = division(
            f"{code}001", "community", street, kind="community", name=f"{name[:2]}社区"
        )
        grids += [_grid(community, row * 3 + column + 1) for column in range(3)]
    ends = [place(0, 205), place(2 * SIDE, 205)]
    lane = MultiLineString(
        [GEOSGeometry(f"LINESTRING({ends[0][0]} {ends[0][1]}, {ends[1][0]} {ends[1][1]})")]
    )
    Street.objects.create(name="府东街", kind="lane", line=lane)
    house = Point(*place(2 * SIDE + 105, 105), srid=4326)
    Building.objects.create(name="一号楼", point=house, scope_code=grids[2].code)
    return grids


def _grid(community: Division, number: int) -> Grid:
    code = f"{community.code}{number:03}"
    grid = Grid.objects.create(code=code, name=f"第{number}网格", community=community)
    set_shape(grid, shape_of(number))
    return grid


def set_shape(grid: Grid, shape: GEOSGeometry, since: date | None = None) -> None:
    """A shape since the first day, or since a day on which the one before ends."""
    begins = date(2000, 1, 1)
    if since is not None:
        for old in GridShape.objects.filter(grid=grid, valid__contains=since):
            old.valid = DateRange(old.valid.lower, since)
            old.save()
        begins = since
    values = {"valid": DateRange(begins, None), "shape": shape, "shape_3857": projected(shape)}
    GridShape.objects.create(grid=grid, **values)


def positions(
    begin: datetime, places: Sequence[tuple[float, float]], every: float = 10, **values: Any
) -> list[Position]:
    """One each so many seconds, at places in metres from the corner."""
    return [
        at(begin + timedelta(seconds=number * every), *place(x, y), **values)
        for number, (x, y) in enumerate(places)
    ]


def along(x: float, y: float, length: float, step: float = 12) -> list[tuple[float, float]]:
    """Places to the east, a position each ten seconds on foot."""
    return [(x + far, y) for far in np.arange(0, length + 0.1, step)]


def send(duty: Duty, sent: Sequence[Position], now: datetime) -> None:
    member = Member.objects.get(pk=duty.member_id)
    taken = take(member, None, sent, How.PAGE, now)
    assert not taken.refused


def cover(now: datetime) -> Round:
    """All that waits."""
    whole, teller = Round(), Teller()
    while (done := cover_some(teller, now)).tracks:
        whole.tracks += done.tracks
        whole.fixes += done.fixes
        whole.grids |= done.grids
    return whole
