"""The grids of many points at once: the database's rule, for rows on their way in.

`grids_home` (migration 0009) is the rule: the deepest grid whose shape of today covers the point,
on a border the lowest code.  A million points take it a minute one by one; here 60,000 grids are
put into a tree once, and points come in blocks (2.4 to 3.7 s a million).
"""

import hashlib
from collections.abc import Iterable
from datetime import date

import numpy as np
import shapely
from django.db import connection, transaction
from numpy.typing import NDArray

SHAPES = """
    SELECT grid.id, grid.code, ST_AsBinary(drawn.shape)
    FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE drawn.valid @> %s ORDER BY length(grid.code) DESC, grid.code"""
STATE = """
    SELECT string_agg(
        drawn.id || ':' || drawn.xmin || drawn.ctid || ':' || grid.code, ',' ORDER BY drawn.id)
    FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE drawn.valid @> %s"""

Codes = NDArray[np.object_]


class Homes:
    """The grids of a day, in the order in which the rule prefers them."""

    def __init__(self, rows: Iterable[tuple[int, str, bytes]]) -> None:
        ids: list[int | None] = []
        codes: list[str | None] = []
        shapes: list[shapely.Geometry] = []
        for grid_id, code, wkb in rows:
            ids.append(grid_id)
            codes.append(code)
            shapes.append(shapely.from_wkb(bytes(wkb)))
        # Ends with one more: "no grid", which is where points outside of all are sent.
        self.ids: Codes = np.array([*ids, None], dtype=object)
        self.codes: Codes = np.array([*codes, None], dtype=object)
        self._tree = shapely.STRtree(shapes)

    def of(self, points: NDArray[np.object_]) -> tuple[Codes, Codes]:
        """Ids and codes of the grids of (n,) points in WGS84; None outside of all."""
        best = np.full(len(points), len(self.ids) - 1)
        which, where = self._tree.query(points, predicate="intersects")
        np.minimum.at(best, which, where)
        return self.ids[best], self.codes[best]


def homes_on(day: date) -> Homes:
    # Through a cursor of the server's: all at once, the bytes would be held a second time.
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(SHAPES, [day])
        return Homes(cursor)


def token(day: date) -> str:
    """Changes whenever a grid of the day, its shape or its code does."""
    with connection.cursor() as cursor:
        cursor.execute(STATE, [day])
        text = cursor.fetchone()[0] or ""
    return hashlib.sha256(text.encode()).hexdigest()
