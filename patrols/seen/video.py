"""What cameras have shown of the plane in video rounds: beside what people on duty have seen, never
in it.

Who knows cameras tells it here (`SOURCES`, filled by their app's `ready`): patrols knows none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from patrols.plane import Times
from patrols.seen.windows import Window
from patrols.terrain import Terrain

Box = tuple[int, int, int, int]
"""South-west cell (column, row) of the plane, width and height."""
Source = Callable[[Box, datetime | None, datetime], Times]
"""When each cell of a box was last shown from a moment (None: ever) to another; 0 for not."""

SOURCES: list[Source] = []
RECENT = timedelta(hours=24)


def times_in(box: Box, window: Window) -> Times:
    """When each cell of a box was last shown in a window, 0 for not in it.  A query a source."""
    _x0, _y0, width, height = box
    found = np.zeros((height, width), np.uint32)
    for source in SOURCES:
        found = np.maximum(found, source(box, window.begins, window.at))
    return found


def shown(box: Box, window: Window) -> Any:
    """Whether each cell of a box is drawn as shown: in the window, of all up to now within
    `RECENT`.
    """
    begins = window.begins or window.at - RECENT
    return times_in(box, window) >= begins.timestamp()


def times(terrain: Terrain, window: Window) -> Times:
    """Of all cells of a ground."""
    height, width = terrain.ground.grid_of.shape
    return times_in((terrain.ground.x0, terrain.ground.y0, width, height), window)


@dataclass(frozen=True, slots=True)
class GridVideo:
    """Of a grid: hours since any of its patrolable cells was last shown, infinity for not in the
    window; seen, all: of how many of them, and how many there are.
    """

    hours: float
    seen: int
    all: int


def of_grids(terrain: Terrain, window: Window) -> list[GridVideo]:
    """Of every grid of the ground, in its order."""
    ground = terrain.ground
    at: Any = times(terrain, window)
    mine = (ground.grid_of >= 0) & ground.is_patrolable
    shown = (at > 0) & mine
    owner, count = ground.grid_of[shown], len(ground.grids)
    newest = np.zeros(count, np.int64)
    np.maximum.at(newest, owner, at[shown].astype(np.int64))
    seen = np.bincount(owner, minlength=count)
    all_of = np.bincount(ground.grid_of[mine], minlength=count)
    since = np.where(newest > 0, np.maximum(window.at.timestamp() - newest, 0) / 3600, np.inf)
    return [
        GridVideo(float(h), int(n), int(of)) for h, n, of in zip(since, seen, all_of, strict=True)
    ]
