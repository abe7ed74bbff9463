"""Looking back: the map of any day, a grid's life, and from the grids of one day to another's."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db.models import Extent
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from gis_server.edge import Page
from gis_server.errors import Invalid
from gis_server.geo import to_metric
from gis_server.models import User
from gis_server.roles import covers, scope_q, within_q
from grids.crosswalk import Points, Share, crosswalk
from grids.models import BoundaryPlan, Grid, GridDesignation, GridShape, Lineage, PlanChange
from grids.plan_flow import PUBLISHED

LEAST_AREA_DEG2 = 1e-10  # about 1 m²: what rounding to 7 decimals may leave beside a border
MOST_GRIDS = 5_000
MOST_POINTS = 500_000
# What is counted on common ground: name → lon, lat, weight of the points in a box.
COUNTED: dict[str, str] = {
    "households": """
        SELECT ST_X(point), ST_Y(point), households::float8 FROM grids_building
        WHERE point && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
          AND households > 0"""
}
"""Other apps add theirs in `AppConfig.ready`; the values are those of the box and the days `first`
and `last`, first included and last excluded."""

# Under the codes and names of the day, for readers whose reach holds those codes or today's.
DRAWN = """
    SELECT grid.id, named.code, named.name, grid.kind, ST_AsBinary(drawn.shape)
    FROM grids_gridshape AS drawn
    JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    JOIN grids_griddesignation AS named
        ON named.grid_id = drawn.grid_id AND named.valid @> %(day)s::date
    WHERE drawn.valid @> %(day)s::date AND starts_with(named.code, %(below)s)
      AND length(named.code) = 15
    ORDER BY named.code LIMIT %(most)s"""


@dataclass(frozen=True)
class DrawnGrid:
    """A grid as it was on a day; shape in WGS84."""

    grid_id: int
    code: str
    name: str
    kind: str
    shape: shapely.Polygon


def map_on(user: User, day: date, below: str, page: Page) -> tuple[int, list[DrawnGrid]]:
    """How many grids a territory had on a day, and a piece of them by the codes of that day.

    below: a prefix of codes in the user's reach.  Two queries.

    Raises:
        Invalid: the prefix is not in the user's reach.
    """
    check_reach(user, below)
    of_day = GridDesignation.objects.filter(valid__contains=day, code__startswith=below)
    drawn = of_day.filter(grid__shapes__valid__contains=day).order_by("code")
    rows = drawn[page.offset : page.offset + page.limit].values_list(
        "grid", "code", "name", "grid__kind", "grid__shapes__shape"
    )
    return drawn.count(), [DrawnGrid(i, c, n, k, polygon(shape)) for i, c, n, k, shape in rows]


def extent_on(day: date, below: str) -> list[float] | None:
    """West, south, east and north of the grids of a day below a prefix; None where there is none.
    One query.
    """
    drawn = GridShape.objects.filter(
        valid__contains=day,
        grid__designations__valid__contains=day,
        grid__designations__code__startswith=below,
    )
    box = drawn.aggregate(box=Extent("shape"))["box"]
    return list(box) if box else None


def check_reach(user: User, below: str) -> None:
    if not covers(user.reach, below):
        raise Invalid(_("Say which part of your territory: the first digits of its code."))


def polygon(shape: Any) -> shapely.Polygon:
    return shapely.from_wkb(bytes(shape.wkb))


# ---- A grid's life -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Era:
    """What a grid was called over a range of days; last: the day after, None while it lasts."""

    first: date
    last: date | None
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Outline:
    """How large a grid was over a range of days."""

    first: date
    last: date | None
    area_m2: float


@dataclass(frozen=True, slots=True)
class Kin:
    """A grid that this one came from or became; code and name as they are today."""

    on: date
    how: str
    code: str
    name: str
    plan_id: int | None


@dataclass(frozen=True)
class Life:
    """plans: those that changed it and were published, (day, id, title, document)."""

    grid: Grid
    names: list[Era]
    outlines: list[Outline]
    came_from: list[Kin]
    became: list[Kin]
    plans: list[tuple[date | None, int, str, str]] = field(default_factory=list)


def life_of(user: User, code: str) -> Life | None:
    """All there is to know of the grid that has a code today, or had it last; None for one out of
    the user's reach.  Six queries.
    """
    grid = _named(code).filter(scope_q(user, "code")).first()
    if grid is None:
        return None
    names = [
        Era(n.valid.lower, n.valid.upper, n.code, n.name)
        for n in grid.designations.order_by("valid")
    ]
    shapes = list(grid.shapes.order_by("valid").values_list("valid", "shape"))
    areas = shapely.area(to_metric(np.array([polygon(s) for _v, s in shapes], dtype=object)))
    outlines = [
        Outline(valid.lower, valid.upper, float(area))
        for (valid, _shape), area in zip(shapes, areas, strict=True)
    ]
    before = Lineage.objects.filter(later=grid).select_related("earlier")
    after = Lineage.objects.filter(earlier=grid).select_related("later")
    changed = PlanChange.objects.filter(grid=grid, plan__state__in=[s.value for s in PUBLISHED])
    plans = changed.order_by("effective_on").values_list(
        "effective_on", "plan_id", "plan__title", "plan__document"
    )
    return Life(
        grid,
        names,
        outlines,
        [_kin(row, row.earlier) for row in before],
        [_kin(row, row.later) for row in after],
        list(plans),
    )


def _named(code: str) -> QuerySet[Grid]:
    """The grid with this code today; else the one that had it last."""
    now = Grid.objects.filter(code=code)
    if now.exists():
        return now
    last = GridDesignation.objects.filter(code=code).order_by("-valid").values("grid")[:1]
    return Grid.objects.filter(pk__in=last)


def _kin(row: Lineage, grid: Grid) -> Kin:
    return Kin(row.on, row.how, grid.code, grid.name, row.plan_id)


# ---- From one day to another ---------------------------------------------------------------------


def compared(user: User, below: str, first: date, last: date) -> list[Share]:
    """What the grids of two days have in common below a prefix of codes: m², and what is counted
    there today (events: of the days between).  Grids of the first level, by codes of their days.

    Raises:
        Invalid: not in the user's reach, or more grids or points than one answer holds.
    """
    check_reach(user, below)
    before, after = (shapes_on(day, below) for day in (first, last))
    counted = counted_in(boxes_of(before, after), first, last)
    shares = crosswalk(before, after, counted, least_area=LEAST_AREA_DEG2)
    return [replace(one, area=one.area * scale) for one, scale in _scaled(shares, before, after)]


Shapes = dict[str, shapely.Geometry]


def shapes_on(day: date, below: str) -> Shapes:
    """Code → shape of a day in degrees: straight there is what border means."""
    return {one.code: one.shape for one in drawn_on(day, below)}


def drawn_on(day: date, below: str) -> list[DrawnGrid]:
    """The grids of the first level of a day below a prefix of codes, by the codes of that day.

    Whose reach holds the prefix is asked by the caller.  One query.

    Raises:
        Invalid: more grids than one answer holds.
    """
    with connection.cursor() as cursor:
        cursor.execute(DRAWN, {"day": day, "below": below, "most": MOST_GRIDS + 1})
        rows = cursor.fetchall()
    if len(rows) > MOST_GRIDS:
        rule = _("This compares at most %(most)d grids: name a smaller territory.")
        raise Invalid(rule % {"most": MOST_GRIDS})
    shapes = shapely.from_wkb([bytes(row[4]) for row in rows])
    return [
        DrawnGrid(grid, code, name, kind, shape)
        for (grid, code, name, kind, _wkb), shape in zip(rows, shapes, strict=True)
    ]


def _scaled(
    shares: Iterable[Share], before: Shapes, after: Shapes
) -> Iterator[tuple[Share, float]]:
    """Each with the square metres of a square degree there: those of its old grid, or its new."""
    scales = [_scales(shapes) for shapes in (before, after)]
    for one in shares:
        yield one, scales[0][one.old] if one.old else scales[1][one.new]


def _scales(shapes: Shapes) -> dict[str, float]:
    degrees = np.array(list(shapes.values()), dtype=object)
    scales = shapely.area(to_metric(degrees)) / shapely.area(degrees) if shapes else np.array([])
    return dict(zip(shapes, scales.tolist(), strict=True))


def boxes_of(*sides: Shapes) -> list[tuple[float, ...]]:
    return [shape.bounds for shapes in sides for shape in shapes.values()]


def counted_in(boxes: Iterable[tuple[float, ...]], first: date, last: date) -> dict[str, Points]:
    """What is counted around the boxes, by name; events of the days from `first` up to the one
    before `last`.

    Raises:
        Invalid: more points than one answer holds.
    """
    sides = np.array(list(boxes)).reshape(-1, 4)
    if not len(sides):
        return {}
    west, south = sides[:, :2].min(axis=0).tolist()
    east, north = sides[:, 2:].max(axis=0).tolist()
    box = {"west": west, "south": south, "east": east, "north": north}
    found = {}
    for name, sql in COUNTED.items():
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} LIMIT {MOST_POINTS + 1}", box | {"first": first, "last": last})
            rows = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 3)
        if len(rows) > MOST_POINTS:
            raise Invalid(_("There is too much to count here: name a smaller territory."))
        found[name] = Points(shapely.points(rows[:, :2]), rows[:, 2])
    return found


# ---- Lists of plans ------------------------------------------------------------------------------


def plans_of(user: User, state: str, below: str = "") -> QuerySet[BoundaryPlan]:
    """The plans in the user's reach, newest first, in one state or all.

    below: digits of a territory: plans for it, for a part of it, or for what it lies in.
    """
    known = BoundaryPlan.objects.filter(within_q(user.reach, "scope_code"))
    if below:
        around = [below[:digits] for digits in range(1, len(below))]
        known = known.filter(Q(scope_code__startswith=below) | Q(scope_code__in=around))
    return known.filter(Q(state=state) if state else Q()).order_by("-id")
