"""The one table of layers: what tiles are drawn from, at which zooms, and who may see it.

Every `sql` selects the rows of one layer inside a tile.  It is given the tile's bounds as the
relation `tile` (columns `exact` and `reach`, both EPSG:3857 boxes), `%(day)s` and `%(scope)s` (code
prefixes), and must give `id` and `geom`; its other columns become properties of the features.
"""

from dataclasses import dataclass

from gis_server.roles import Permission
from maps.tiles import BUFFER, EXTENT

# Whether the code beside it lies in one of the user's prefixes; an empty prefix covers nothing.
IN_SCOPE = """EXISTS (
    SELECT 1 FROM unnest(%(scope)s::text[]) AS prefix
    WHERE prefix <> '' AND starts_with({code}, prefix))"""

GRIDS = f"""
    SELECT grid.id, grid.code, grid.name, grid.kind,
           ST_AsMVTGeom(drawn.shape_3857, tile.exact, {EXTENT}, {BUFFER}, true) AS geom
    FROM tile
    JOIN grids_gridshape AS drawn ON drawn.shape_3857 && tile.reach
    JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE drawn.valid @> %(day)s AND {IN_SCOPE.format(code="grid.code")}"""  # noqa: S608

# On the map a grid's name stands beside its community's, so what repeats that is left out.
GRID_NAMES = f"""
    SELECT grid.id, grid.code,
           coalesce(nullif(replace(grid.name, community.name, ''), ''), grid.name) AS name,
           ST_AsMVTGeom(ST_PointOnSurface(drawn.shape_3857), tile.exact, {EXTENT}, 0, true) AS geom
    FROM tile
    JOIN grids_gridshape AS drawn ON drawn.shape_3857 && tile.exact
    JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    JOIN grids_division AS community ON community.id = grid.community_id
    WHERE drawn.valid @> %(day)s AND {IN_SCOPE.format(code="grid.code")}"""  # noqa: S608

# A community is told from its neighbours only once grids are: both begin at the same zoom.
DIVISIONS = f"""
    SELECT division.id, division.code, division.name, division.level,
           ST_AsMVTGeom(division.shape_3857, tile.exact, {EXTENT}, {BUFFER}, true) AS geom
    FROM tile
    JOIN grids_division AS division ON division.shape_3857 && tile.reach
    WHERE (%(zoom)s >= 11 OR division.level <> 'community')
      AND {IN_SCOPE.format(code="division.code")}"""  # noqa: S608

DIVISION_NAMES = f"""
    SELECT division.id, division.code, division.name, division.level,
           ST_AsMVTGeom(
               coalesce(ST_Transform(division.label, 3857), ST_PointOnSurface(division.shape_3857)),
               tile.exact, {EXTENT}, 0, true) AS geom
    FROM tile
    JOIN grids_division AS division ON division.shape_3857 && tile.exact
    WHERE (%(zoom)s >= 12 OR division.level <> 'community')
      AND {IN_SCOPE.format(code="division.code")}"""  # noqa: S608


@dataclass(frozen=True)
class Part:
    """A named set of features inside a tile, in the tiles from `min_zoom` on."""

    name: str
    sql: str
    min_zoom: int


@dataclass(frozen=True)
class Layer:
    """What one tile address answers with: its parts, in the zooms `min_zoom` to `max_zoom`.

    Clients enlarge tiles of `max_zoom` when they look closer.
    """

    name: str
    permission: Permission
    min_zoom: int
    max_zoom: int
    parts: tuple[Part, ...]


# Below zoom 11 single grids cannot be told apart: streets are shown instead.
LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer(
            "grids",
            Permission.SEE_MAP,
            11,
            15,
            (Part("grids", GRIDS, 11), Part("grid_names", GRID_NAMES, 13)),
        ),
        Layer(
            "divisions",
            Permission.SEE_MAP,
            5,
            15,
            (Part("divisions", DIVISIONS, 5), Part("division_names", DIVISION_NAMES, 8)),
        ),
    )
}
