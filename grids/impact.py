"""What a redrawing does to what lies in grids: sums per grid, loads and how even they are.  Pure.

A figure is a number of something in a grid, by its name: "households", "street_km".  All are sums
over what lies there, so figures of parts add up to those of the whole, and a load does too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_server.ellipsoid import areas_m2, lengths_m
from grids.crosswalk import home_numbers

Floats = NDArray[np.float64]
Figures = Mapping[str, float]

WEIGHED = (
    "households", "buildings", "shops", "service_points", "cameras", "street_km", "open_events",
)  # fmt: skip
"""What may have a weight in a load."""
COMMUNITY_DIGITS, GRID_DIGITS = 12, 15


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
    """ "below", "within" or "above" the households that a grid should have."""
    if households < low:
        return "below"
    return "above" if households > high else "within"


# ---- What lies where -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """A grid before or after; shape in WGS84 degrees."""

    code: str
    name: str
    shape: shapely.Polygon


@dataclass(frozen=True, slots=True)
class Ground:
    """A grid on both sides of a redrawing; None where it is not there.  is_changed: it is redrawn,
    and not there for comparison only.
    """

    before: Side | None
    after: Side | None
    is_changed: bool = True


@dataclass(frozen=True)
class Places:
    """Points of one kind: ids (n,), points (n,) as shapely's, and how much each counts in each
    figure (n,).
    """

    kind: str
    ids: NDArray[np.int64]
    points: NDArray[np.object_]
    figures: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Moved:
    """A point that changes hands; codes before and after, "" outside of all grids here."""

    kind: str
    id: int
    was: str
    then: str
    lon: float
    lat: float


Shapes = Mapping[str, shapely.Polygon]
Table = dict[str, dict[str, float]]
"""Code → figure → number."""


def _by_level(shapes: Shapes) -> Iterator[dict[str, shapely.Polygon]]:
    """Grids, then the parts of grids: shapes of a level do not overlap."""
    for digits in sorted({len(code) for code in shapes}):
        yield {code: shape for code, shape in shapes.items() if len(code) == digits}


def counted(shapes: Shapes, places: Places) -> Table:
    """The figures of places in each grid, parts of a grid among them; on a border they belong to
    the lowest code, as in the database.
    """
    found: Table = {}
    for level in _by_level(shapes):
        homes = home_numbers(level, places.points)
        for name, numbers in places.figures.items():
            sums = np.bincount(homes, numbers, minlength=len(level) + 1)
            for code, total in zip(sorted(level), sums.tolist(), strict=False):
                found.setdefault(code, {})[name] = total
    return found


def deepest(shapes: Shapes, places: Places) -> list[str]:
    """The grid that each place belongs to, the deepest that holds it; "" outside of all."""
    found = np.full(len(places.points), "", dtype=object)
    for level in _by_level(shapes):
        homes = home_numbers(level, places.points)
        inside = homes < len(level)
        found[inside] = np.array([*sorted(level), ""], dtype=object)[homes[inside]]
    return list(found)


def street_km(shapes: Shapes, lines: NDArray[np.object_]) -> dict[str, float]:
    """Kilometres of lines in each grid; what runs along a border counts half for either side."""
    codes, grids = list(shapes), np.array(list(shapes.values()), dtype=object)
    if not len(grids) or not len(lines):
        return dict.fromkeys(codes, 0.0)
    which, where = shapely.STRtree(grids).query(lines, predicate="intersects")
    inside = shapely.intersection(lines[which], grids[where])
    along = shapely.intersection(lines[which], shapely.boundary(grids[where]))
    metres = lengths_m(inside) - lengths_m(along) / 2
    sums = np.bincount(where, metres, minlength=len(codes))
    return dict(zip(codes, (sums / 1000).tolist(), strict=True))


# ---- The comparison ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A grid that is redrawn; codes and names "", figures None where it is not there."""

    code_before: str
    code_after: str
    name_before: str
    name_after: str
    before: Figures | None
    after: Figures | None

    @property
    def code(self) -> str:
        return self.code_after or self.code_before

    @property
    def name(self) -> str:
        return self.name_after or self.name_before


@dataclass(frozen=True, slots=True)
class Even:
    """How even a community is; within: its grids with as many households as they should have."""

    households: Spread
    load: Spread
    within: int


@dataclass(frozen=True, slots=True)
class Community:
    code: str
    before: Even
    after: Even


@dataclass(frozen=True)
class Impact:
    """before, after: the sums of all grids that are redrawn."""

    rows: list[Row]
    before: Figures
    after: Figures
    communities: list[Community]
    moved: list[Moved]


@dataclass(frozen=True)
class Rules:
    """What is weighed how, and how many households a grid should have."""

    weights: Mapping[str, float]
    low: int
    high: int


def compare(
    grounds: Sequence[Ground],
    places: Iterable[Places],
    lines: NDArray[np.object_],
    others: Mapping[str, tuple[Mapping[str, float], Mapping[str, float]]],
    rules: Rules,
) -> Impact:
    """What a redrawing does.

    Args:
        grounds: all grids of the communities that it touches, parts of grids among them.
        places: the points that lie in them, kind by kind.
        lines: streets, shapely's, (n,).
        others: figure → its numbers by code before, and by code after.
    """
    before = {one.before.code: one.before.shape for one in grounds if one.before}
    after = {one.after.code: one.after.shape for one in grounds if one.after}
    tables = [_surface(shapes, lines) for shapes in (before, after)]
    moved: list[Moved] = []
    for kind in places:
        for table, shapes in zip(tables, (before, after), strict=True):
            for code, figures in counted(shapes, kind).items():
                table[code] |= figures
        moved += _moved(grounds, before, after, kind)
    for name, sides in others.items():
        for table, numbers in zip(tables, sides, strict=True):
            for code, figures in table.items():
                figures[name] = numbers.get(code, 0.0)
    for table in tables:
        for figures in table.values():
            figures["load"] = float(load(figures, rules.weights))
    rows = [_row(one, tables) for one in grounds if one.is_changed]
    sums = [_sum(row_side) for row_side in _tops(rows)]
    return Impact(rows, sums[0], sums[1], list(_communities(tables, rules)), moved)


def _surface(shapes: Shapes, lines: NDArray[np.object_]) -> Table:
    areas = areas_m2(list(shapes.values())) if shapes else np.zeros(0)
    streets = street_km(shapes, lines)
    return {
        code: {"area_m2": area, "street_km": streets[code]}
        for code, area in zip(shapes, areas.tolist(), strict=True)
    }


def _moved(
    grounds: Sequence[Ground], before: Shapes, after: Shapes, places: Places
) -> Iterator[Moved]:
    """Places whose grid is another afterwards; one that is only numbered anew is the same."""
    same = {one.before.code: one.after.code if one.after else None for one in grounds if one.before}
    was, then = deepest(before, places), deepest(after, places)
    spots = shapely.get_coordinates(places.points).tolist()
    for number, old, new, spot in zip(places.ids.tolist(), was, then, spots, strict=True):
        if same.get(old, "") != new:
            yield Moved(places.kind, number, old, new, *spot)


def _row(ground: Ground, tables: Sequence[Table]) -> Row:
    old, new = ground.before, ground.after
    return Row(
        code_before=old.code if old else "",
        code_after=new.code if new else "",
        name_before=old.name if old else "",
        name_after=new.name if new else "",
        before=tables[0][old.code] if old else None,
        after=tables[1][new.code] if new else None,
    )


def _tops(rows: Sequence[Row]) -> Iterator[list[Figures]]:
    """Figures of the grids on either side, without parts of grids that are there themselves."""
    for side in (
        {row.code_before: row.before for row in rows},
        {row.code_after: row.after for row in rows},
    ):
        yield [
            figures
            for code, figures in side.items()
            if figures is not None and not _over(code) & set(side)
        ]


def _over(code: str) -> set[str]:
    return {code[:digits] for digits in range(GRID_DIGITS, len(code))}


def _sum(several: Sequence[Figures]) -> Figures:
    names = dict.fromkeys(name for figures in several for name in figures)
    return {name: sum(figures[name] for figures in several) for name in names}


def _communities(tables: Sequence[Table], rules: Rules) -> Iterator[Community]:
    codes = {code[:COMMUNITY_DIGITS] for table in tables for code in table}
    for code in sorted(codes):
        mine = [
            [figures for grid, figures in table.items()
             if len(grid) == GRID_DIGITS and grid.startswith(code)]
            for table in tables
        ]  # fmt: skip
        yield Community(code, _even(mine[0], rules), _even(mine[1], rules))


def _even(grids: Sequence[Figures], rules: Rules) -> Even:
    households = [figures.get("households", 0.0) for figures in grids]
    within = sum(verdict(one, rules.low, rules.high) == "within" for one in households)
    return Even(spread(households), spread([figures["load"] for figures in grids]), within)
