"""A small made-up territory for tests: two streets of one district, square grids in rows."""

from datetime import date
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db.backends.postgresql.psycopg_any import DateRange
from shapely import MultiPolygon, Polygon, box, to_wkb, union_all

from gis_server.geo import WEB_MERCATOR, WGS84, convert
from grids.models import Division, Grid, GridShape

# The south-west corner, in the model district, and the side of a grid; EPSG:3857 metres.
WEST, SOUTH = 12_530_000.0, 4_565_000.0
SIDE = 400.0
COLUMNS = 3
FIRST, SECOND = "140107001", "140107002"
STREETS = (FIRST, SECOND)


def square(row: int, column: int) -> Polygon:
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    return box(west, south, west + SIDE, south + SIDE)


def stored(shape: object, srid: int) -> Any:
    moved = shape if srid == WEB_MERCATOR else convert(shape, WEB_MERCATOR, srid)
    return GEOSGeometry(to_wkb(moved, hex=True), srid=srid)


def lay_out() -> None:
    """A district of two streets with one community each; street n has row n, of three grids."""
    rows = [[square(row, column) for column in range(COLUMNS)] for row in range(len(STREETS))]
    district = division("140107000000", "district", "district", None, [*rows[0], *rows[1]])
    for street, squares in zip(STREETS, rows, strict=True):
        above = division(f"{street}000", "street", "street_office", district, squares)
        community = division(f"{street}001", "community", "community", above, squares)
        for number, shape in enumerate(squares, start=1):
            grid(community, number, shape)


def division(
    code: str, level: str, kind: str, parent: Division | None, squares: list[Polygon]
) -> Division:
    whole = union_all(squares)
    shape = MultiPolygon([whole])
    return Division.objects.create(
        code=code,
        name=f"{level} {code}",
        level=level,
        kind=kind,
        parent=parent,
        shape=stored(shape, WGS84),
        shape_3857=stored(shape, WEB_MERCATOR),
        label=stored(whole.centroid, WGS84),
    )


def grid(community: Division, number: int, shape: Polygon, name: str = "") -> Grid:
    made = Grid.objects.create(
        code=f"{community.code}{number:03d}", name=name or f"{number}号网格", community=community
    )
    reshape(made, shape, date(2026, 1, 1), None)
    return made


def reshape(of: Grid, shape: Polygon, first: date, after: date | None) -> GridShape:
    return GridShape.objects.create(
        grid=of,
        valid=DateRange(first, after),
        shape=stored(shape, WGS84),
        shape_3857=stored(shape, WEB_MERCATOR),
    )
