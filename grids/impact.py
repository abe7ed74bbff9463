"""What a redrawing does to what lies in grids: sums per grid, loads and how even they are.  Pure.

A figure is a number of something in a grid, by its name: "households", "street_km".  All are sums
over what lies there, so figures of parts add up to those of the whole, and a load does too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Figures = Mapping[str, float]

WEIGHED = (
    "households", "buildings", "shops", "service_points", "cameras", "street_km", "open_events",
)  # fmt: skip
"""What may have a weight in a load."""


def load(figures: Mapping[str, Any], weights: Mapping[str, float]) -> Any:
    """How much work there is, in households: the sum of figures by their weights.

    No standard says what weights are right; they are a setting (`PLAN_LOAD_WEIGHTS`) and are shown
    with every load.  A figure that is missing counts nothing.

    Args:
        figures: name → number, or array (n,) with one of each of n grids or pieces of ground.
        weights: name → how many households one of these is worth.

    Returns:
        A number, or array (n,).
    """
    return sum(weight * figures[name] for name, weight in weights.items() if name in figures)


@dataclass(frozen=True, slots=True)
class Spread:
    """How even something is over some grids.

    uneven_pct: standard deviation over mean, percent; None where the mean is nothing.
    """

    count: int
    least: float
    most: float
    mean: float
    uneven_pct: float | None


def spread(values: Sequence[float]) -> Spread:
    """Of the grids of a community; of none all is nothing."""
    if not len(values):
        return Spread(0, 0.0, 0.0, 0.0, None)
    found = np.asarray(values, dtype=np.float64)
    mean = float(found.mean())
    uneven = 100 * float(found.std()) / mean if mean else None
    return Spread(len(found), float(found.min()), float(found.max()), mean, uneven)


def verdict(households: float, low: int, high: int) -> str:
    """"below", "within" or "above" the households that a grid should have."""
    if households < low:
        return "below"
    return "above" if households > high else "within"
