"""Values of grids as whole numbers, and the classes that they are coloured by.  Pure.

Shares are told in thousandths: taken down, but never to 0 what is more than nothing, and so 1000 is
all and nothing less.  Hours are told in tenths.  `maps/static/maps/figures/classes.js` has the same
edges; a test holds that.
"""

from enum import StrEnum
from typing import Any

import numpy as np

UNKNOWN, NOTHING = -1, -2
"""It is not known; there is nothing to count: no camera, nothing to be seen."""
NEVER = 1_000_000
"""Of hours unseen: never seen at all."""
WHOLE = 1000
PER_HOUR = 10


class GridFigure(StrEnum):
    """What grids can be coloured by."""

    COVERAGE = "coverage"
    EVENTS = "events"
    INTACT = "intact"
    UNSEEN = "unseen"


EDGES: dict[GridFigure, tuple[int, ...]] = {
    GridFigure.COVERAGE: (1, 334, 667),
    GridFigure.EVENTS: (1, 3, 6, 11),
    GridFigure.INTACT: (1, 500, 1000),
    GridFigure.UNSEEN: (40, 120, 240, 720),
}
"""Where each class but the first begins."""


def class_of(figure: GridFigure, value: int) -> int:
    """0 for the least; `UNKNOWN` and `NOTHING` are classes of their own."""
    if value < 0:
        return value
    return int(np.searchsorted(EDGES[figure], value, side="right"))


def thousandths(part: Any, whole: Any) -> Any:
    """Shares of arrays of whole numbers; `NOTHING` where the whole is 0."""
    part, whole = np.asarray(part, np.int64), np.asarray(whole, np.int64)
    share = part * WHOLE // np.maximum(whole, 1)
    share = np.where((part > 0) & (share == 0), 1, share)
    return np.where(whole > 0, share, NOTHING)


def tenths_of_hours(hours: Any) -> Any:
    """Of an array of hours: infinity is `NEVER`, NaN is `NOTHING`."""
    hours = np.asarray(hours, np.float64)
    told = np.where(np.isfinite(hours), hours, 0) * PER_HOUR
    found = np.minimum(np.floor(told + 1e-6), NEVER - 1).astype(np.int64)
    found = np.where(np.isinf(hours), NEVER, found)
    return np.where(np.isnan(hours), NOTHING, found)


def packed(ids: Any) -> list[int]:
    """Ascending ids as the first and then how much further each next one is."""
    return np.diff(np.asarray(ids, np.int64), prepend=0).tolist()  # type: ignore[no-any-return]
