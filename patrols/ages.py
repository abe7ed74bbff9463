"""How long ago something was last seen, in classes for the eye and as figures.  Pure."""

from dataclasses import dataclass
from typing import Any

import numpy as np

Hours = np.ndarray[Any, np.dtype[np.float64]]
Classes = np.ndarray[Any, np.dtype[np.int64]]

EDGES_H = (4, 12, 24, 72)
"""Class 0 is younger than the first, class 4 is older than the last or was never seen."""
OLDEST = len(EDGES_H)


def hours(at: Any, now: float) -> Hours:
    """Hours since each time (seconds since 1970, 0 for never); infinity for never.  What lies ahead
    of the clock was just now.
    """
    times = np.asarray(at, np.float64)
    return np.where(times > 0, np.maximum(now - times, 0) / 3600, np.inf)


def classes(at: Any, now: float) -> Classes:
    """The class of each time: see EDGES_H."""
    return np.searchsorted(EDGES_H, hours(at, now), side="right")


@dataclass(frozen=True, slots=True)
class Ages:
    """Of some things: how many, the median and the longest of the hours since they were last seen,
    infinity for never (NaN where there is nothing), and how many are in each class.
    """

    all: int
    median_h: float
    worst_h: float
    by_class: tuple[int, ...]


def ages(at: Any, now: float) -> Ages:
    """See `Ages`; of an even number the lower of the two in the middle, so that never seen and seen
    have no mean.
    """
    since = np.sort(hours(at, now))
    counts = np.bincount(classes(at, now), minlength=OLDEST + 1)
    if not len(since):
        return Ages(0, np.nan, np.nan, tuple(int(one) for one in counts))
    middle = float(since[(len(since) - 1) // 2])
    return Ages(len(since), middle, float(since[-1]), tuple(int(one) for one in counts))


def medians(at: Any, of: Any, count: int, now: float) -> Hours:
    """The median of `ages` for each of `count` groups at once; of: the group of each time, from 0.
    NaN for a group that has nothing.
    """
    since, of = hours(at, now), np.asarray(of, np.int64)
    sizes = np.bincount(of, minlength=count)
    in_order = since[np.lexsort((since, of))]
    middle = np.cumsum(sizes) - sizes + (np.maximum(sizes, 1) - 1) // 2
    found = np.full(count, np.nan)
    found[sizes > 0] = in_order[middle[sizes > 0]]
    return found
