"""Tiles of what has been seen: close by as `patrols.seen.tiles` draws them, from afar by grids."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from maps.tiles import EXTENT, Tile, bounds, reach
from patrols import coverage
from patrols.models import Coverage
from patrols.seen.tiles import COVERED_FROM, Box, blind_spots, covered
from patrols.seen.views.asked import Question

MINE = """
    SELECT grid.id FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE drawn.shape_3857 && ST_MakeEnvelope(%s, %s, %s, %s, 3857) AND drawn.valid @> %s
      AND EXISTS (SELECT FROM unnest(%s::text[]) AS prefix
                  WHERE prefix <> '' AND starts_with(grid.code, prefix))"""
GRIDS = f"""
    WITH tile AS (SELECT ST_MakeEnvelope(%s, %s, %s, %s, 3857) AS exact)
    SELECT coalesce(ST_AsMVT(part, 'covered_grids', {EXTENT}, 'geom', 'id'), ''::bytea) FROM (
        SELECT told.id, told.share, told.streets, told.area, told.buildings, told.is_bare,
               ST_AsMVTGeom(drawn.shape_3857, tile.exact, {EXTENT}, 64, true) AS geom
        FROM tile, unnest(%s::bigint[], %s::float4[], %s::float4[], %s::float4[], %s::float4[],
                          %s::bool[]) AS told (id, share, streets, area, buildings, is_bare)
        JOIN grids_gridshape AS drawn ON drawn.grid_id = told.id AND drawn.valid @> %s
    ) AS part WHERE geom IS NOT NULL"""  # noqa: S608 - our own number


def draw_blind(tile: Tile, scope: list[str], question: Question, now: datetime) -> bytes:
    """How long ago each piece of street, and close by each cell, was last seen in a window; close
    by also what cameras have shown.
    """
    return blind_spots(_box(tile), scope, question.window, now)


def draw_covered(tile: Tile, scope: list[str], question: Question, _now: datetime) -> bytes:
    """What was seen on a day, in one shift or in any: cells, from afar shares of grids."""
    day, shift = question.day, question.asked.shift
    if tile.z >= COVERED_FROM:
        return covered(_box(tile), scope, day, shift)
    return _grids(tile, scope, day, shift)


def _box(tile: Tile) -> Box:
    return Box(bounds(tile), reach(tile), tile.z)


@dataclass(frozen=True, slots=True)
class Share:
    """Parts of a grid, 0 to 1, None where it has none to be seen.

    share: of the streets, of the area where there are none: what the map is coloured by.
    """

    grid: int
    streets: float | None
    area: float | None
    buildings: float | None
    is_bare: bool

    @property
    def share(self) -> float:
        return next((one for one in (self.streets, self.area) if one is not None), 0.0)


def shares_of(rows: Iterable[Coverage]) -> list[Share]:
    """Of each grid of the rows, over all their shifts together; rows in the order of grids."""
    found = dict[int, Coverage]()
    sets = dict[int, coverage.Seen]()
    for row in rows:
        one = coverage.Seen(bytes(row.quarters), bytes(row.streets), bytes(row.buildings))
        known = found.get(row.grid_id)
        # What belongs to another ground cannot be united: the newer one stands.
        same = known is not None and known.ground_id == row.ground_id
        sets[row.grid_id] = sets[row.grid_id] | one if same else one
        found[row.grid_id] = row
    return [
        Share(
            grid,
            _part(sets[grid].streets, row.all_streets),
            _part(sets[grid].quarters, row.all_quarters),
            _part(sets[grid].buildings, row.all_buildings),
            row.is_bare,
        )
        for grid, row in found.items()
    ]


def _part(seen: bytes, of: int) -> float | None:
    return coverage.count(seen) / of if of else None


def _grids(tile: Tile, scope: Sequence[str], day: date, shift: int | None) -> bytes:
    """Each grid with its shares; one that nobody came near has none of anything.

    Three queries.
    """
    with connection.cursor() as cursor:
        cursor.execute(MINE, [*reach(tile), day, list(scope)])
        mine = [pk for (pk,) in cursor.fetchall()]
    rows = Coverage.objects.filter(day=day, grid__in=mine).order_by("grid_id", "ground_id")
    shares = shares_of(rows.filter(shift=shift) if shift else rows)
    known = {one.grid for one in shares}
    shares += [Share(pk, 0.0, 0.0, None, False) for pk in mine if pk not in known]
    columns = [
        [getattr(one, name) for one in shares]
        for name in ("grid", "share", "streets", "area", "buildings", "is_bare")
    ]
    with connection.cursor() as cursor:
        cursor.execute(GRIDS, [*bounds(tile), *columns, day])
        return bytes(cursor.fetchone()[0])
