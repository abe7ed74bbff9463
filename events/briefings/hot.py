"""Hot grids by the statistic Gi* of Getis and Ord, as PySAL's esda computes it.  Pure: no Django.

Getis and Ord, "The analysis of spatial association by use of distance statistics", Geographical
Analysis 24 (1992), in the standardised form of Ord and Getis, "Local spatial autocorrelation
statistics", Geographical Analysis 27 (1995), with binary weights and the place itself among its
neighbours.  Many places are asked at once, so some would look hot by chance: of those reported, at
most one in twenty should be (Benjamini and Hochberg, 1995).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST_PLACES = 30
"""Below, the statistic is not near enough to a normal one to say anything."""
FALSE_SHARE = 0.05
CLASSES = ((0.001, 3), (0.01, 2), (0.05, 1))
"""The highest p of each class of heat, the hottest first."""


@dataclass(frozen=True, slots=True)
class Heat:
    """place: its number.  p: how often chance alone would be as hot.  heat: 1 to 3."""

    place: int
    z: float
    p: float
    heat: int


def gi_star(values: Sequence[float], neighbours: Sequence[Sequence[int]]) -> list[float | None]:
    """The statistic of each place; None where it has none: all alike, or everybody a neighbour.

    neighbours: the numbers of those next to each place, itself not among them.
    """
    # Seconds to import, and only briefings need it: no page waits for it at its start.
    from esda.getisord import G_Local  # noqa: PLC0415
    from libpysal.weights import W  # noqa: PLC0415

    x = np.asarray(values, dtype=float)
    if len(x) < 2 or x.min() == x.max():
        return [None] * len(x)
    weights = W({n: list(near) for n, near in enumerate(neighbours)}, silence_warnings=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = G_Local(x, weights, transform="B", star=True, permutations=0).Zs
    return [float(z) if np.isfinite(z) else None for z in found]


def hot_places(values: Sequence[float], neighbours: Sequence[Sequence[int]]) -> list[Heat]:
    """The places that are hot, the hottest first; none where there are too few to say."""
    if len(values) < FEWEST_PLACES:
        return []
    from scipy import stats  # noqa: PLC0415 - as above

    told = [(place, z) for place, z in enumerate(gi_star(values, neighbours)) if z is not None]
    if not told:
        return []
    chances = stats.norm.sf([z for _place, z in told])
    adjusted = stats.false_discovery_control(chances, method="bh")
    hot = [
        Heat(place, z, float(p), next(heat for most, heat in CLASSES if p <= most))
        for (place, z), p, share in zip(told, chances, adjusted, strict=True)
        if share <= FALSE_SHARE
    ]
    return sorted(hot, key=lambda one: (-one.z, one.place))
