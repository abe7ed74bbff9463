"""From the grids of one day to those of another: how much of each became part of which.  Pure.

Figures of an old grid are put on new ground by these shares (areal weighting; by points where it is
known where people live or events were, dasymetric weighting).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray


@dataclass(frozen=True)
class Points:
    """What is counted: places (n,) as shapely points and how much each counts."""

    places: NDArray[np.object_]
    weights: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Share:
    """What `old` and `new` have in common; either is "" for ground that no grid had or has.

    area: square units.  counts: name → how much lies there.
    """

    old: str
    new: str
    area: float
    counts: Mapping[str, float]


def crosswalk(
    before: Mapping[str, shapely.Geometry],
    after: Mapping[str, shapely.Geometry],
    points: Mapping[str, Points],
    *,
    least_area: float = 0.0,
) -> list[Share]:
    """Every pair of an old and a new grid that share ground or points, by codes.

    The areas of an old grid's pairs add up to its area, and its counts to what lies in it; a point
    on a border belongs to the lowest code.

    Args:
        before, after: code → polygon, all in one planar frame; grids of one level.
        points: name → what is counted, in the same frame.
        least_area: pairs without points that share less are left out: borders drawn anew.
    """
    areas = _areas(before, after, least_area)
    counts: dict[tuple[str, str], dict[str, float]] = {}
    for name, counted in points.items():
        old, new = homes(before, counted.places), homes(after, counted.places)
        for *pair, weight in zip(old, new, counted.weights.tolist(), strict=True):
            mine = counts.setdefault((pair[0], pair[1]), {})
            mine[name] = mine.get(name, 0.0) + weight
    counts.pop(("", ""), None)
    pairs = {pair for pair, area in areas.items() if area > least_area} | set(counts)
    return [
        Share(*pair, areas.get(pair, 0.0), {n: counts.get(pair, {}).get(n, 0.0) for n in points})
        for pair in sorted(pairs)
    ]


def _areas(
    before: Mapping[str, shapely.Geometry],
    after: Mapping[str, shapely.Geometry],
    least_area: float,
) -> dict[tuple[str, str], float]:
    old_codes, old = list(before), np.array(list(before.values()), dtype=object)
    new_codes, new = list(after), np.array(list(after.values()), dtype=object)
    found: dict[tuple[str, str], float] = {}
    if len(old) and len(new):
        which, where = shapely.STRtree(new).query(old, predicate="intersects")
        common = shapely.area(shapely.intersection(old[which], new[where]))
        for k, n, area in zip(which.tolist(), where.tolist(), common.tolist(), strict=True):
            if area > 0:
                found[old_codes[k], new_codes[n]] = area
    shared: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for pair, area in found.items():
        for side, code in enumerate(pair):
            shared[side][code] = shared[side].get(code, 0.0) + area
    for side, shapes in enumerate((before, after)):
        for code, shape in shapes.items():
            rest = float(shapely.area(shape)) - shared[side].get(code, 0.0)
            if rest > least_area:
                found[(code, "") if side == 0 else ("", code)] = rest
    return found


def homes(shapes: Mapping[str, shapely.Geometry], places: NDArray[np.object_]) -> list[str]:
    """The code of each place's shape, the lowest on a border, "" outside of all."""
    named = [*sorted(shapes), ""]
    return [named[k] for k in home_numbers(shapes, places).tolist()]


def home_numbers(
    shapes: Mapping[str, shapely.Geometry], places: NDArray[np.object_]
) -> NDArray[np.intp]:
    """Of each place (n,) the number of its shape's code among the sorted codes; the lowest on a
    border, as many as there are codes outside of all.
    """
    codes = sorted(shapes)
    best = np.full(len(places), len(codes), dtype=np.intp)
    if codes and len(places):
        tree = shapely.STRtree([shapes[code] for code in codes])
        which, where = tree.query(places, predicate="intersects")
        np.minimum.at(best, which, where)
    return best


def on_new_ground(
    values: Mapping[str, float], shares: list[Share], *, by: str = ""
) -> dict[str, float]:
    """Figures of old grids as those of new ones, by the shares of what is counted as `by`, or area.

    A grid in which nothing is counted is divided by area.  What falls outside of all new grids is
    left out.
    """
    weights: dict[str, list[tuple[str, float]]] = {}
    of: dict[str, list[Share]] = {}
    for share in shares:
        of.setdefault(share.old, []).append(share)
    for old in values:
        mine = of.get(old, [])
        counted = [(share.new, share.counts.get(by, 0.0)) for share in mine] if by else []
        if not sum(weight for _new, weight in counted):
            counted = [(share.new, share.area) for share in mine]
        weights[old] = counted
    found: dict[str, float] = {}
    for old, value in values.items():
        total = sum(weight for _new, weight in weights[old])
        for new, weight in weights[old]:
            if new and total:
                found[new] = found.get(new, 0.0) + value * weight / total
    return found
