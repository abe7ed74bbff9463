"""The values of all grids in reach by one figure, to colour the map by.  A fixed number of queries
(for coverage: a fixed number for each district), whatever the number of grids.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from cameras.health import State
from events.models.event import OPEN_VALUES
from gis_server.roles import Permission
from maps.figures.classes import (
    NOTHING,
    UNKNOWN,
    GridFigure,
    packed,
    tenths_of_hours,
    thousandths,
)
from patrols.seen import grounds, totals
from patrols.seen.grounds import OfDay

MAY_SEE: Mapping[GridFigure, Permission] = {
    GridFigure.COVERAGE: Permission.SEE_COVERAGE,
    GridFigure.EVENTS: Permission.SEE_EVENTS,
    GridFigure.INTACT: Permission.SEE_CAMERAS,
    GridFigure.UNSEEN: Permission.SEE_COVERAGE,
}
MINUTE_S = 60
MINE = """
    SELECT grid.id FROM grids_grid AS grid
    JOIN grids_gridshape AS drawn ON drawn.grid_id = grid.id AND drawn.valid @> %(day)s::date
    WHERE grid.code LIKE ANY (%(prefixes)s::text[]) ORDER BY grid.id"""
# The index of open events is used only where the states are those of its own condition.
EVENTS = f"""
    SELECT grid_id, count(*)::int FROM events_event
    WHERE state IN ({", ".join(f"'{state}'" for state in OPEN_VALUES)}) AND grid_id IS NOT NULL
      AND scope_code LIKE ANY (%(prefixes)s::text[])
    GROUP BY grid_id"""  # noqa: S608 - our own words
CAMERAS = """
    SELECT camera.grid_id, count(*) FILTER (WHERE known.state = %(online)s)::int,
           count(*) FILTER (WHERE known.state <> %(unknown)s)::int
    FROM cameras_camera AS camera
    LEFT JOIN cameras_camerastate AS known ON known.camera_id = camera.id
    WHERE camera.enabled AND camera.grid_id IS NOT NULL
      AND camera.scope_code LIKE ANY (%(prefixes)s::text[])
    GROUP BY camera.grid_id"""


def values(figure: GridFigure, reach: Sequence[str], now: datetime) -> dict[str, Any]:
    """ids, values: see `maps.figures.classes`, of every grid in reach that is in force today."""
    makers: Mapping[GridFigure, Callable[[Any, Sequence[str], datetime], Any]] = {
        GridFigure.COVERAGE: _coverage,
        GridFigure.EVENTS: _events,
        GridFigure.INTACT: _intact,
        GridFigure.UNSEEN: _unseen,
    }
    ids = _mine(reach, timezone.localdate(now))
    found = makers[figure](ids, reach, now)
    return {"figure": figure.value, "ids": packed(ids), "values": found.tolist()}


def _mine(reach: Sequence[str], day: date) -> Any:
    rows = _rows(MINE, reach, day=day)
    return np.array([pk for (pk,) in rows], np.int64)


def _rows(sql: str, reach: Sequence[str], **values: Any) -> list[tuple[Any, ...]]:
    prefixes = [f"{prefix}%" for prefix in reach if prefix]
    with connection.cursor() as cursor:
        cursor.execute(sql, {"prefixes": prefixes, **values})
        return list(cursor.fetchall())


def _placed(ids: Any, of: Any, told: Any, otherwise: int) -> Any:
    """What is told of some grids, in the order of all of them."""
    found = np.full(len(ids), otherwise, np.int64)
    if not len(ids) or not len(of):
        return found
    place = np.minimum(np.searchsorted(ids, of), len(ids) - 1)
    here = ids[place] == of
    found[place[here]] = np.asarray(told)[here]
    return found


def _coverage(ids: Any, reach: Sequence[str], now: datetime) -> Any:
    """Of today; unknown where the ground of today is not made yet."""
    parts = totals.of_day(reach, timezone.localdate(now))
    if not parts:
        return np.full(len(ids), UNKNOWN, np.int64)
    of, seen, whole = (
        np.concatenate([getattr(one, name) for one in parts]) for name in ("ids", "seen", "all")
    )
    return _placed(ids, of, thousandths(seen, whole), UNKNOWN)


def _events(ids: Any, reach: Sequence[str], _now: datetime) -> Any:
    rows = _rows(EVENTS, reach)
    of, counts = _columns(rows, 2)
    return _placed(ids, of, counts, 0)


def _intact(ids: Any, reach: Sequence[str], _now: datetime) -> Any:
    """Cameras online with a good picture, of those of which anything is known."""
    rows = _rows(CAMERAS, reach, online=State.ONLINE.value, unknown=State.UNKNOWN.value)
    of, good, known = _columns(rows, 3)
    told = np.where(known > 0, thousandths(good, known), UNKNOWN)
    return _placed(ids, of, told, NOTHING)


def _columns(rows: list[tuple[Any, ...]], width: int) -> Any:
    return np.array(rows, np.int64).reshape(-1, width).T


def _unseen(ids: Any, _reach: Sequence[str], now: datetime) -> Any:
    """By the newest ground of each district."""
    found = np.full(len(ids), UNKNOWN, np.int64)
    for one in grounds.latest(timezone.localdate(now)):
        of, hours = _hours(one, now)
        told = _placed(ids, of, tenths_of_hours(hours), UNKNOWN)
        found = np.where(told == UNKNOWN, found, told)
    return found


def _hours(one: OfDay, now: datetime) -> tuple[Any, Any]:
    """Of all grids of a district, worked out once a minute for all readers."""
    minute = int(now.timestamp() // MINUTE_S)
    key = f"figures:unseen:{one.ground_id}:{minute}"
    kept = cache.get(key)
    if kept is not None:
        return np.frombuffer(kept[0], np.int64), np.frombuffer(kept[1], np.float64)
    found = totals.unseen_now(one, now)
    of, hours = np.asarray(found.ids, np.int64), np.asarray(found.hours, np.float64)
    cache.set(key, (of.tobytes(), hours.tobytes()), 2 * MINUTE_S)
    return of, hours
