"""In which order cameras of an area are looked at: neighbours follow one another.  Pure."""

from collections.abc import Sequence

import numpy as np


def order(xs: Sequence[float], ys: Sequence[float]) -> list[int]:
    """Indices by always going on to the nearest that is left, from the north-west-most on; of equal
    ones the first.
    """
    if not xs:
        return []
    x, y = np.asarray(xs, float), np.asarray(ys, float)
    left = np.ones(len(x), np.bool_)
    here = int(np.argmin(x - y))
    found = []
    for _ in range(len(x)):
        found.append(here)
        left[here] = False
        apart = np.where(left, np.hypot(x - x[here], y - y[here]), np.inf)
        here = int(np.argmin(apart))
    return found
