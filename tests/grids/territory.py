"""A territory small enough to think about: one community of two square grids."""

from datetime import date
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db.backends.postgresql.psycopg_any import DateRange

from grids.models import Division, DivisionDesignation, Grid, GridDesignation, GridShape

TODAY = date(2026, 11, 22)
COMMUNITY = "140107001001"
WEST, EAST = f"{COMMUNITY}001", f"{COMMUNITY}002"


def square(west: float, south: float = 37.0, size: float = 1.0) -> Polygon:
    """A square with sides of `size` degrees."""
    return Polygon.from_bbox((west, south, west + size, south + size))


def projected(shape: Any) -> Any:
    """The same in EPSG:3857."""
    shape.srid = 4326
    return shape.transform(3857, clone=True)


def division(code: str, level: str, parent: Division | None, **fields: Any) -> Division:
    values = {"name": code, "kind": "district", "level": level, "parent": parent} | fields
    made = Division.objects.create(code=code, **values)
    DivisionDesignation.objects.create(division=made, code=code, name=made.name)
    return made


def shaped(code: str, community: Division, shape: Polygon, valid: DateRange | None = None) -> Grid:
    """A grid with one shape, since the first day unless told."""
    grid, new = Grid.objects.get_or_create(
        code=code, defaults={"name": code, "community": community}
    )
    if new:
        GridDesignation.objects.create(grid=grid, code=code, name=code)
    dates = {"valid": valid} if valid else {}
    GridShape.objects.create(grid=grid, shape=shape, shape_3857=projected(shape), **dates)
    return grid


def two_grids() -> Division:
    """District, street, community and two grids side by side, 112 to 114 E, 37 to 38 N."""
    whole = MultiPolygon(Polygon.from_bbox((112, 37, 114, 38)), srid=4326)
    shapes = {"shape": whole, "shape_3857": projected(whole)}
    district = division("140107000000", "district", None, **shapes)
    street = division("140107001000", "street", district, kind="street_office", **shapes)
    community = division(COMMUNITY, "community", street, kind="community", **shapes)
    shaped(WEST, community, square(112))
    shaped(EAST, community, square(113))
    return community


def at(east: float, north: float = 37.5) -> Point:
    return Point(east, north, srid=4326)
