"""Outlines that nobody stated are the union of their grids, and follow them; of no grids, none."""

from collections.abc import Iterator, Mapping

import shapely
from django.db import connection

from grids.codes import GRID_DIGITS, parent_code
from grids.models import Division
from grids.plans.proof import World

WIPE = """
    UPDATE grids_division SET shape = NULL, shape_3857 = NULL, label = NULL, shape_is_union = true
    WHERE code = %(code)s"""
STORE = """
    WITH given AS (SELECT ST_Multi(ST_GeomFromWKB(%(wkb)s, 4326)) AS shape)
    UPDATE grids_division SET shape = given.shape, shape_is_union = true,
           shape_3857 = ST_ForcePolygonCW(ST_Transform(given.shape, 3857)),
           label = (SELECT circle.center FROM ST_MaximumInscribedCircle(given.shape) AS circle)
    FROM given WHERE code = %(code)s"""


def follow(world: World) -> list[str]:
    """Draw the outlines of communities whose ground has changed, and of what lies above them, if
    these are unions; the codes of those drawn.
    """
    grown = dict(_communities(world))
    drawn = list(grown)
    while grown:
        _store(grown)
        above = {parent_code(code) for code in grown} - {None}
        free = Division.objects.filter(code__in=above, shape_is_union=True).order_by("code")
        grown = {one.code: _union_below(one) for one in free}
        drawn += grown
    return drawn


def _communities(world: World) -> Iterator[tuple[str, shapely.Geometry]]:
    for code in sorted(world.communities - set(world.outlines)):
        before, after = (_union(shapes, code) for shapes in (world.before, world.after))
        if not before.equals(after):
            yield code, after


def _union(shapes: Mapping[str, shapely.Polygon], community: str) -> shapely.Geometry:
    mine = [
        shape
        for code, shape in shapes.items()
        if len(code) == GRID_DIGITS and code.startswith(community)
    ]
    return shapely.coverage_union_all(mine)


def _union_below(division: Division) -> shapely.Geometry:
    shapes = Division.objects.filter(parent=division, shape__isnull=False).values_list(
        "shape", flat=True
    )
    return shapely.union_all([shapely.from_wkb(bytes(shape.wkb)) for shape in shapes if shape])


def _store(shapes: Mapping[str, shapely.Geometry]) -> None:
    with connection.cursor() as cursor:
        for code, shape in shapes.items():
            sql = WIPE if shape.is_empty else STORE
            cursor.execute(sql, {"code": code, "wkb": shapely.to_wkb(shape)})
