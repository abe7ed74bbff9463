"""The one table of layers: what tiles are drawn from, at which zooms, and who may see it.

Every `sql` selects the rows of one layer inside a tile.  It is given the tile's bounds as the
relation `tile` (columns `exact` and `reach`, both EPSG:3857 boxes; `west` and `north`, its corner
in units of its zoom, `cut` and `around`, the same boxes in these units; `per_m`, units a metre, and
`most_m`, how wide a shape may be to go in uncut), `%(zoom)s`, `%(x)s`, `%(y)s`,
`%(day)s`, `%(now)s` and `%(scope)s` (code prefixes, none of them empty), and must give `id` and
`geom`; its other columns become properties of the features.

A condition that is not to choose the index says IS TRUE: a prepared plan knows no day and would
read the days of all grids for a tile of twelve.

What is small against the tile goes into it whole, by a shift alone: `ST_AsMVTGeom` would cut and
then repair it, which is most of what a tile of many grids costs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from events.models.event import OPEN_VALUES
from gis_server.roles import Permission
from maps.heaps import (
    CAMERA_HEAPS,
    EACH_CAMERA_FROM,
    MARK_CELLS,
    PLACES,
    cell_of,
    middle_of,
    place_heaps,
)
from maps.onduty.tiles import draw_blind, draw_covered
from maps.tiles import BUFFER, EXTENT, Tile
from patrols.seen.views.asked import Question

EACH_EVENT_FROM = 13
# Below it single grids cannot be told apart: streets are drawn instead, and grids only where they
# are areas of colour.  Of 10,000 in one tile, names would be a tenth of it that nobody reads.
EACH_GRID_FROM = 11
TOLD_OF_GRID = ", ".join(
    f"CASE WHEN %(zoom)s >= {EACH_GRID_FROM} THEN {{grid}}.{column} END AS {column}"
    for column in ("name", "kind")
)
# Whether the code beside it lies in one of the user's prefixes; an empty prefix covers nothing.
IN_SCOPE = "({code} ^@ ANY (%(scope)s::text[]) AND {code} <> '')"

# What nobody has simplified, in a tile: shifted and rounded, or cut where it is wide.
IN_TILE = f"""CASE
    WHEN ST_XMax({{shape}}) - ST_XMin({{shape}}) <= tile.most_m
     AND ST_YMax({{shape}}) - ST_YMin({{shape}}) <= tile.most_m
    THEN coalesce(
        ST_SnapToGrid(ST_Affine(ST_ForcePolygonCW({{shape}}), tile.per_m, 0, 0, -tile.per_m,
            -ST_XMin(tile.exact) * tile.per_m, ST_YMax(tile.exact) * tile.per_m), 1),
        ST_MakeEnvelope(
            floor((ST_XMin({{shape}}) - ST_XMin(tile.exact)) * tile.per_m),
            floor((ST_YMax(tile.exact) - ST_YMax({{shape}})) * tile.per_m),
            floor((ST_XMin({{shape}}) - ST_XMin(tile.exact)) * tile.per_m) + 1,
            floor((ST_YMax(tile.exact) - ST_YMax({{shape}})) * tile.per_m) + 1))
    ELSE ST_AsMVTGeom({{shape}}, tile.exact, {EXTENT}, {BUFFER}, true) END"""
# What `maps.bake` has simplified for this zoom.
BAKED_IN_TILE = f"""CASE
    WHEN drawn.wide THEN ST_AsMVTGeom(drawn.shape, tile.cut, {EXTENT}, {BUFFER}, true)
    ELSE ST_Affine(drawn.shape, 1, 0, 0, -1, -tile.west, tile.north) END"""

BAKED_GRIDS = f"""
    SELECT drawn.of AS id, drawn.code, {TOLD_OF_GRID.format(grid="drawn")},
           {BAKED_IN_TILE} AS geom
    FROM tile JOIN maps_drawn AS drawn ON drawn.shape && tile.around
    WHERE (drawn.zoom = %(zoom)s) IS TRUE AND (drawn.level = 'grid') IS TRUE
      AND {IN_SCOPE.format(code="drawn.code")}"""  # noqa: S608

BAKED_DIVISIONS = f"""
    SELECT drawn.of AS id, drawn.code, drawn.name, drawn.level, {BAKED_IN_TILE} AS geom
    FROM tile JOIN maps_drawn AS drawn ON drawn.shape && tile.around
    WHERE (drawn.zoom = %(zoom)s) IS TRUE AND drawn.level <> 'grid'
      AND {IN_SCOPE.format(code="drawn.code")}"""  # noqa: S608

GRIDS = f"""
    SELECT grid.id, grid.code, {TOLD_OF_GRID.format(grid="grid")},
           {IN_TILE.format(shape="drawn.shape_3857")} AS geom
    FROM tile
    JOIN grids_gridshape AS drawn ON drawn.shape_3857 && tile.reach
    JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE (drawn.valid @> %(day)s) IS TRUE AND {IN_SCOPE.format(code="grid.code")}"""  # noqa: S608

# On the map a grid's name stands beside its community's, so what repeats that is left out.
GRID_NAMES = f"""
    SELECT grid.id, grid.code,
           coalesce(nullif(replace(grid.name, community.name, ''), ''), grid.name) AS name,
           ST_AsMVTGeom(ST_PointOnSurface(drawn.shape_3857), tile.exact, {EXTENT}, 0, true) AS geom
    FROM tile
    JOIN grids_gridshape AS drawn ON drawn.shape_3857 && tile.exact
    JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    JOIN grids_division AS community ON community.id = grid.community_id
    WHERE (drawn.valid @> %(day)s) IS TRUE AND {IN_SCOPE.format(code="grid.code")}"""  # noqa: S608

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


# As `events.deadlines.colour` has it: 4 late, 3 red, 2 amber, 1 green.
EVENT_NEARNESS = """CASE
    WHEN due.at < %(now)s THEN 4
    WHEN due.at - greatest(due.at - event.amber_at, interval '0') / 3 <= %(now)s THEN 3
    WHEN event.amber_at <= %(now)s THEN 2
    ELSE 1 END"""
DUES = ("green", "amber", "red", "late")
EVENT_DUES = f"(ARRAY[{', '.join(repr(due) for due in DUES)}])"
EVENT_SEVERITIES = "(ARRAY['minor', 'major', 'difficult', 'urgent'])"
# The index of open points is used only where the states are those of its own condition.
OPEN_EVENTS = f"""
    FROM tile
    JOIN events_event AS event ON event.point && ST_Transform(tile.{{box}}, 4326)
    CROSS JOIN LATERAL (SELECT event_next_due(event.state, event.accept_due, event.handle_due,
        event.close_due) AS at) AS due
    WHERE event.state IN ({", ".join(f"'{state}'" for state in OPEN_VALUES)})
      AND {IN_SCOPE.format(code="event.scope_code")}"""

# Close enough, each stands for itself; what is urgent does at every zoom.
EVENTS = f"""
    SELECT event.id, event.kind, event.severity, event.state, event.level,
           {EVENT_DUES}[{EVENT_NEARNESS}] AS due,
           ST_AsMVTGeom(
               ST_Transform(event.point, 3857), tile.exact, {EXTENT}, {BUFFER}, true) AS geom
    {OPEN_EVENTS.format(box="reach")}
      AND (%(zoom)s >= {EACH_EVENT_FROM} OR event.severity = 'urgent')"""

_WITH_DUE = [f"count(*) FILTER (WHERE nearness = {n})" for n in range(1, 1 + len(DUES))]
# Further away, what lies in one cell is one mark with a number, as severe and as late as the worst;
# `share` is the part of them that is so late, and it has the number in each state of deadlines.
# Kind and state are told of one alone: several have none in common.
EVENT_HEAPS = f"""
    SELECT min(id) AS id, count(*)::int AS events, {EVENT_SEVERITIES}[max(severity)] AS severity,
           {EVENT_DUES}[max(nearness)] AS due,
           ((ARRAY[{", ".join(_WITH_DUE)}])[max(nearness)]::float4 / count(*))::float4 AS share,
           {", ".join(f"{n}::int AS {due}" for n, due in zip(_WITH_DUE, DUES, strict=True))},
           CASE WHEN count(*) = 1 THEN min(kind) END AS kind,
           CASE WHEN count(*) = 1 THEN min(state) END AS state,
           {middle_of("at")} AS geom
    FROM (
        SELECT event.id, event.kind, event.state, ST_Transform(event.point, 3857) AS at, tile.exact,
               array_position({EVENT_SEVERITIES}, event.severity::text) AS severity,
               {EVENT_NEARNESS} AS nearness
        {OPEN_EVENTS.format(box="exact")}
          AND %(zoom)s < {EACH_EVENT_FROM} AND event.severity <> 'urgent'
    ) AS event
    GROUP BY exact, {cell_of("at", MARK_CELLS)}"""  # noqa: S608


@dataclass(frozen=True)
class Part:
    """A named set of features inside a tile, in the tiles from `min_zoom` on.

    baked: what is asked up to `maps.bake.LAST_ZOOM` instead, where the drawings are up to date.
    """

    name: str
    sql: str
    min_zoom: int
    baked: str = ""


@dataclass(frozen=True)
class Layer:
    """What one tile address answers with: its parts, in the zooms `min_zoom` to `max_zoom`.

    Clients enlarge tiles of `max_zoom` when they look closer.  lasts: it changes only with the
    edition of the territory, so that an answer may be kept under the edition's name.  draws: what
    draws the tile for a scope, a question of patrols and a moment, where that is no query.
    """

    name: str
    permission: Permission
    min_zoom: int
    max_zoom: int
    parts: tuple[Part, ...]
    lasts: bool = True
    draws: Callable[[Tile, list[str], Question, datetime], bytes] | None = None


LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer(
            "grids",
            Permission.SEE_MAP,
            8,
            15,
            (Part("grids", GRIDS, 8, BAKED_GRIDS), Part("grid_names", GRID_NAMES, 13)),
        ),
        Layer(
            "divisions",
            Permission.SEE_MAP,
            5,
            15,
            (
                Part("divisions", DIVISIONS, 5, BAKED_DIVISIONS),
                Part("division_names", DIVISION_NAMES, 8),
            ),
        ),
        Layer(
            "events",
            Permission.SEE_EVENTS,
            5,
            15,
            (Part("events", EVENTS, 5), Part("event_heaps", EVENT_HEAPS, 5)),
            lasts=False,
        ),
        Layer(
            "cameras",
            Permission.SEE_CAMERAS,
            5,
            EACH_CAMERA_FROM - 1,
            (
                Part(
                    "camera_heaps",
                    CAMERA_HEAPS.format(in_scope=IN_SCOPE.format(code="camera.scope_code")),
                    5,
                ),
            ),
            lasts=False,
        ),
        Layer(
            "places",
            Permission.SEE_MAP,
            5,
            15,
            (
                Part("place_heaps", place_heaps(IN_SCOPE.format(code="place.scope_code")), 5),
                Part(
                    "places",
                    PLACES.replace("{in_scope}", IN_SCOPE.format(code="place.scope_code")),
                    13,
                ),
            ),
            lasts=False,
        ),
        Layer("blind", Permission.SEE_COVERAGE, 10, 15, (), lasts=False, draws=draw_blind),
        Layer("covered", Permission.SEE_COVERAGE, 8, 15, (), lasts=False, draws=draw_covered),
    )
}
