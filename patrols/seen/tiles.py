"""What map tiles draw of what has been seen, cut to a tile and to what its reader may see.

Two layers for the map:

- `blind_spots(box, reach, window, now)`: a tile with the parts "blind_streets" (lines, one feature
  for each age, at every zoom) and "blind_cells" (squares of cells in rows, from zoom `CELLS_FROM`
  on), each feature with `age`, the class of `patrols.ages` at the window's moment: 0 seen within
  4 h, 1 within 12 h, 2 within 24 h, 3 within 72 h, 4 longer ago, or not in the window; and
  "video_cells" (likewise), which are apart: what cameras have shown in video rounds in the window.
- `covered(box, reach, day, shift)`: the part "covered_cells" (from zoom `COVERED_FROM` on), each
  feature with `seen`, 1 or 0: of which patrolable cells at least half the quarters were seen on a
  day, in one shift or (None) in any.

Both answer Mapbox Vector Tiles as bytes, empty where there is nothing; reach: code prefixes.  They
change with every round of `manage.py cover`, so a client asks again on the live topic "coverage"
(told of a street at most every four seconds), and as time goes by.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from django.db import connection
from django.utils import timezone

from gis_server.geo import WEB_MERCATOR, convert, metric_srid
from gis_server.roles import covers
from patrols import ages
from patrols.cells import CELL_M, NOBODYS, quarters_in
from patrols.models import Coverage
from patrols.seen import grounds, lines, video
from patrols.seen.grounds import OfDay
from patrols.seen.windows import Window, part_of
from patrols.terrain import Terrain

Bounds = tuple[float, float, float, float]
CELLS_FROM = 15
COVERED_FROM = 14

CODES = "SELECT id, code FROM grids_grid WHERE id = ANY(%s::bigint[])"
MVT = """
    WITH tile AS (SELECT ST_MakeEnvelope(%s, %s, %s, %s, 3857) AS exact)
    SELECT coalesce(ST_AsMVT(part, %s, 4096, 'geom'), ''::bytea) FROM (
        SELECT value AS {name}, ST_AsMVTGeom(
            ST_SetSRID(ST_GeomFromWKB(wkb), 3857), tile.exact, 4096, 64, {clip}) AS geom
        FROM tile, unnest(%s::bytea[], %s::int[]) AS drawn (wkb, value)
    ) AS part WHERE geom IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Box:
    """A tile: its bounds and, a little wider, those of what is drawn into it; EPSG:3857 metres."""

    exact: Bounds
    around: Bounds
    zoom: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A box of cells of a terrain: rows and columns of its ground; mine: of each cell, whether it
    is patrolable and its grid in reach.
    """

    terrain: Terrain
    rows: slice
    columns: slice
    mine: Any

    @property
    def south_west(self) -> tuple[int, int]:
        """Column and row of the plane."""
        ground = self.terrain.ground
        return ground.x0 + self.columns.start, ground.y0 + self.rows.start

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Its south-west cell in the plane, width and height."""
        height, width = self.mine.shape
        return *self.south_west, width, height


def blind_spots(box: Box, reach: Sequence[str], window: Window, now: datetime) -> bytes:
    """See above."""
    streets, cells, filmed = [], [], []
    moment = window.at.timestamp()
    for one, place in _over(box.around, timezone.localdate(window.at)):
        allowed = in_reach(one.terrain, reach)
        if not allowed.any():
            continue
        drawn = lines.lines_of(one.ground_id)
        known = _times_of_all(one.terrain, window, now)
        streets.append(lines.by_age(drawn, box.around, allowed, box.zoom, moment, known))
        piece = _piece(one.terrain, place, allowed) if box.zoom >= CELLS_FROM else None
        if piece is not None:
            classes = ages.classes(_times(piece, window, now), moment)
            cells.append(_runs(piece, np.where(piece.mine, classes, -1)))
            shown = piece.mine & video.shown(piece.box, window)
            filmed.append(_runs(piece, np.where(shown, 1, -1)))
    return (
        _mvt(box, "blind_streets", "age", streets, "false")
        + _mvt(box, "blind_cells", "age", cells)
        + _mvt(box, "video_cells", "seen", filmed)
    )


def covered(box: Box, reach: Sequence[str], day: date, shift_id: int | None) -> bytes:
    """See above."""
    if box.zoom < COVERED_FROM:
        return b""
    cells = [
        _runs(piece, np.where(piece.mine, _seen(piece, day, shift_id), -1))
        for piece in _pieces(box.around, reach, day)
    ]
    return _mvt(box, "covered_cells", "seen", cells)


# ---- What lies in a tile -------------------------------------------------------------------------


def _pieces(around: Bounds, reach: Sequence[str], day: date) -> Iterator[Piece]:
    for one, place in _over(around, day):
        piece = _piece(one.terrain, place, in_reach(one.terrain, reach))
        if piece is not None:
            yield piece


def _over(around: Bounds, day: date) -> Iterator[tuple[OfDay, tuple[slice, slice]]]:
    """The grounds that a box (EPSG:3857) touches, with their rows and columns in it.  One query."""
    west, south, east, north = _metric(around)
    for one in grounds.latest(day):
        ground = one.terrain.ground
        height, width = ground.grid_of.shape
        left = max(int(west // CELL_M) - ground.x0, 0)
        low = max(int(south // CELL_M) - ground.y0, 0)
        right = min(int(east // CELL_M) - ground.x0 + 1, width)
        high = min(int(north // CELL_M) - ground.y0 + 1, height)
        if left < right and low < high:
            yield one, (slice(low, high), slice(left, right))


def _piece(terrain: Terrain, place: tuple[slice, slice], allowed: Any) -> Piece | None:
    """None where nothing of it lies in grids that are allowed (by their index)."""
    ground = terrain.ground
    mine = ground.is_patrolable[place] & allowed[ground.grid_of[place]]
    return Piece(terrain, *place, mine) if mine.any() else None


def _metric(bounds: Bounds) -> Bounds:
    """The box in metres of `metric_srid()` that holds one of EPSG:3857."""
    edge = shapely.segmentize(shapely.box(*bounds), (bounds[2] - bounds[0]) / 8)
    west, south, east, north = convert(edge, WEB_MERCATOR, metric_srid()).bounds
    return west, south, east, north


def in_reach(terrain: Terrain, reach: Sequence[str]) -> Any:
    """Of each grid of a ground, whether it lies in reach; none that is no more."""
    prefixes, ids = [one for one in reach if one], terrain.ground.grids.tolist()
    with connection.cursor() as cursor:
        cursor.execute(CODES, [f"{{{','.join(map(str, ids))}}}"])
        codes = dict(cursor.fetchall())
    return np.array([covers(prefixes, codes.get(pk, "")) for pk in ids], np.bool_)


def _times(piece: Piece, window: Window, now: datetime) -> Any:
    return part_of(window, _whole(piece.terrain), piece.box, now)


def _times_of_all(terrain: Terrain, window: Window, now: datetime) -> Any:
    """Of every cell of a ground in a window that is past; None where the blocks know more cheaply
    those of a few.
    """
    if window.begins is None:
        return None
    whole = _whole(terrain)
    return part_of(window, whole, whole, now)


def _whole(terrain: Terrain) -> tuple[int, int, int, int]:
    """The box of a ground: its south-west cell in the plane, width and height."""
    ground = terrain.ground
    height, width = ground.grid_of.shape
    return ground.x0, ground.y0, width, height


def _seen(piece: Piece, day: date, shift_id: int | None) -> Any:
    """Of each cell of the piece 1 or 0; what belongs to another ground is not known, so 0."""
    ground = piece.terrain.ground
    owner, number = quarters_in(ground, piece.rows, piece.columns)
    indices = np.unique(ground.grid_of[piece.rows, piece.columns][piece.mine])
    owner = np.where(np.isin(owner, indices), owner, NOBODYS)
    rows = Coverage.objects.filter(day=day, grid__in=ground.grids[indices].tolist())
    if shift_id is not None:
        rows = rows.filter(shift=shift_id)
    first = np.concatenate(([0], np.cumsum(ground.quarters)))
    flags = np.zeros(first[-1], np.bool_)
    for grid, quarters in rows.values_list("grid_id", "quarters"):
        index = piece.terrain.index[grid]
        size = int(ground.quarters[index])
        bits = np.unpackbits(np.frombuffer(bytes(quarters), np.uint8), bitorder="little")[:size]
        if len(bits) == size:
            flags[first[index] : first[index] + size] |= bits.astype(np.bool_)
    counts = (owner >= 0) & (number >= 0)
    seen = np.zeros(owner.shape, np.bool_)
    seen[counts] = flags[first[owner[counts]] + number[counts]]
    some, all_of = (_of_cells(one) for one in (seen, counts))
    return ((some > 0) & (2 * some >= all_of)).astype(np.int64)


def _of_cells(quarters: Any) -> Any:
    """How many quarters of each cell are true."""
    height, width = quarters.shape
    return quarters.reshape(height // 2, 2, width // 2, 2).sum(axis=(1, 3))


# ---- Shapes --------------------------------------------------------------------------------------


def _runs(piece: Piece, values: Any) -> tuple[Any, Any]:
    """Rectangles (EPSG:3857) over cells of one value that lie side by side in a row; those below 0
    are none.
    """
    left, low = piece.south_west
    height = len(values)
    edge = np.full((height, 1), -1)
    padded = np.hstack([edge, values, edge])
    starts = (padded[:, 1:-1] >= 0) & (padded[:, 1:-1] != padded[:, :-2])
    stops = (padded[:, 1:-1] >= 0) & (padded[:, 1:-1] != padded[:, 2:])
    rows, first = np.nonzero(starts)
    _rows, last = np.nonzero(stops)
    west, east = (first + left) * CELL_M, (last + left + 1) * CELL_M
    south = (rows + low) * CELL_M
    squares = shapely.box(west, south, east, south + CELL_M)
    return convert(squares, metric_srid(), WEB_MERCATOR), values[rows, first]


def _mvt(
    box: Box, part: str, name: str, drawn: Sequence[tuple[Any, Any]], clip: str = "true"
) -> bytes:
    """A part of a tile.  clip: "false" where nothing reaches further than a margin around it: lines
    of a whole district, cut by the tile, take longer than all else.
    """
    shapes = np.concatenate([np.zeros(0, object), *(shapes for shapes, _values in drawn)])
    if not len(shapes):
        return b""
    values = np.concatenate([values for _shapes, values in drawn])
    wkb = list(shapely.to_wkb(shapes))
    with connection.cursor() as cursor:
        cursor.execute(MVT.format(name=name, clip=clip), [*box.exact, part, wkb, values.tolist()])
        return bytes(cursor.fetchone()[0])
