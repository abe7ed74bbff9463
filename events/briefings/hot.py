"""Hot grids by the statistic Gi* of Getis and Ord.  Pure: numpy, no Django.

Getis and Ord, "The analysis of spatial association by use of distance statistics", Geographical
Analysis 24 (1992), in the standardised form of Ord and Getis, "Local spatial autocorrelation
statistics", Geographical Analysis 27 (1995), equation 14, with binary weights and the place itself
among its neighbours:

    Gi* = (Σj wij xj − x̄ Wi) / (s √((n Wi − Wi²) / (n − 1))),  Wi = Σj wij

where s² = Σj xj² / n − x̄² over all n places.  Many places are asked at once, so some would look
hot by chance: of those reported, at most one in twenty should be (Benjamini and Hochberg, 1995).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt

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
    x = np.asarray(values, dtype=float)
    n = len(x)
    spread = float(np.sqrt(max(np.mean(x**2) - np.mean(x) ** 2, 0.0))) if n else 0.0
    if n < 2 or spread == 0:
        return [None] * n
    found = list[float | None]()
    for place, others in enumerate(neighbours):
        near = sorted({place, *others})
        weight = len(near)
        room = (n * weight - weight**2) / (n - 1)
        local = float(x[near].sum()) - float(x.mean()) * weight
        found.append(local / (spread * sqrt(room)) if room > 0 else None)
    return found


def hot_places(values: Sequence[float], neighbours: Sequence[Sequence[int]]) -> list[Heat]:
    """The places that are hot, the hottest first; none where there are too few to say."""
    if len(values) < FEWEST_PLACES:
        return []
    told = [(place, z) for place, z in enumerate(gi_star(values, neighbours)) if z is not None]
    asked = sorted((chance_of(z), -z, place) for place, z in told)
    limit = 0.0
    for rank, (p, _z, _place) in enumerate(asked, start=1):
        if p <= FALSE_SHARE * rank / len(asked):
            limit = p
    return [
        Heat(place, -minus_z, p, next(heat for most, heat in CLASSES if p <= most))
        for p, minus_z, place in asked
        if p <= limit and limit
    ]


def chance_of(z: float) -> float:
    """The upper tail of the normal distribution."""
    return 0.5 * erfc(z / sqrt(2))
