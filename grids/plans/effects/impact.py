"""What a plan does, counted: figures of each grid before and after, and what changes hands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.db import connection
from django.utils import timezone

from grids.impact import Ground, Impact, Moved, Rules, Side, compare
from grids.models import BoundaryPlan, PlanChange
from grids.plan.faces import same_land
from grids.plan_flow import PUBLISHED, PlanState
from grids.plans.effects.counting import (
    BY_CODE,
    SOURCES,
    names_of,
    places_in,
    streets_in,
    workers_of,
)
from grids.plans.posts import ended_by

# The grids that a plan leaves alone in the communities that it touches, as they are on a day.
BESIDE = """
    SELECT named.grid_id, named.code, named.name, grid.kind, ST_AsBinary(drawn.shape)
    FROM grids_griddesignation AS named
    JOIN grids_grid AS grid ON grid.id = named.grid_id
    JOIN grids_gridshape AS drawn ON drawn.grid_id = named.grid_id AND drawn.valid @> %(day)s::date
    WHERE named.valid @> %(day)s::date AND grid.community_id = ANY (%(communities)s)
      AND NOT named.grid_id = ANY (%(changed)s)
    ORDER BY named.code"""


@dataclass(frozen=True)
class Report:
    """day: whose territory the plan is compared with, and whose people are counted; what lies in
    it is counted as it is now.  names: of the communities, by code.  beside: the grids of these
    communities that the plan leaves alone, with their kinds.
    """

    plan: BoundaryPlan
    day: date
    at: datetime
    rules: Rules
    impact: Impact
    changes: Sequence[PlanChange]
    names: Mapping[str, str]
    beside: Sequence[tuple[Side, str]]


def rules() -> Rules:
    return Rules(
        settings.PLAN_LOAD_WEIGHTS, settings.PLAN_HOUSEHOLDS_LOW, settings.PLAN_HOUSEHOLDS_HIGH
    )


def report_of(plan: BoundaryPlan, now: datetime) -> Report:
    """Count what a plan does.  A fixed number of queries, whatever the number of grids.

    Raises:
        Invalid: there is more to count than one report holds.
    """
    day = _day(plan, now)
    changes = list(plan.changes.select_related("community").order_by("id"))
    names = {change.community.code: change.community.name for change in changes}
    grounds = [_ground(change) for change in changes]
    grids = [change.grid_id for change in changes]
    taken = {side.code for one in grounds for side in (one.before, one.after) if side}
    # Of a draft that others have overtaken its own codes count.
    beside = [one for one in _beside(changes, day) if one[1].code not in taken]
    grounds += [Ground(side, side, is_changed=False) for _pk, side, _kind in beside]
    grids += [pk for pk, _side, _kind in beside]
    boxes = boxes_of(grounds)
    others = _people(plan, grounds, grids, day) | by_code(grounds, now)
    impact = compare(grounds, places_in(boxes), streets_in(boxes), others, rules())
    left = [(side, kind) for _pk, side, kind in beside]
    return Report(plan, day, now, rules(), impact, changes, names, left)


def _day(plan: BoundaryPlan, now: datetime) -> date:
    """Today, or the last day before a plan that is in force."""
    if PlanState(plan.state) in PUBLISHED and plan.effective_on is not None:
        return plan.effective_on - timedelta(days=1)
    return timezone.localdate(now)


def _ground(change: PlanChange) -> Ground:
    before = _side(change.code_before, change.name_before, change.before)
    return Ground(before, _side(change.code_after, change.name_after, change.after))


def _side(code: str, name: str, shape: Any) -> Side | None:
    return Side(code, name, polygon(shape)) if code else None


def _beside(changes: Sequence[PlanChange], day: date) -> list[tuple[int, Side, str]]:
    values: dict[str, Any] = {
        "day": day,
        "communities": list({change.community_id for change in changes}),
        "changed": [change.grid_id for change in changes if change.grid_id is not None],
    }
    with connection.cursor() as cursor:
        cursor.execute(BESIDE, values)
        rows = cursor.fetchall()
    shapes = shapely.from_wkb([bytes(row[4]) for row in rows])
    return [
        (pk, Side(code, name, shape), kind)
        for (pk, code, name, kind, _wkb), shape in zip(rows, shapes, strict=True)
    ]


def boxes_of(grounds: Iterable[Ground]) -> np.ndarray[Any, Any]:
    """One box for each community: few enough to ask for each, and little that lies beside."""
    shapes: dict[str, list[Any]] = {}
    for one in grounds:
        for side in (one.before, one.after):
            if side:
                shapes.setdefault(side.code[:12], []).append(side.shape)
    return np.array([shapely.total_bounds(mine) for mine in shapes.values()]).reshape(-1, 4)


Sides = tuple[dict[str, float], dict[str, float]]


def _people(
    plan: BoundaryPlan, grounds: Sequence[Ground], grids: Sequence[int | None], day: date
) -> dict[str, Sides]:
    """Workers and vacancies: people stay with their grid, and go with it; a plan may name more,
    and ends what the one that it takes back gave.
    """
    held: dict[int, set[str]] = {}
    for one in workers_of([pk for pk in grids if pk is not None], day):
        held.setdefault(one.grid_id, set()).add(one.worker)
    named: dict[str, set[str]] = {}
    for post in plan.posts:
        if post["role"] == "worker":
            named.setdefault(post["grid"], set()).add(post["worker"])
    gone = set(ended_by(plan).filter(role="worker").values_list("grid", "worker__number"))
    workers: Sides = ({}, {})
    for ground, pk in zip(grounds, grids, strict=True):
        mine = held.get(pk, set()) if pk is not None else set()
        if ground.before:
            workers[0][ground.before.code] = len(mine)
        if ground.after:
            # A grid that comes back has nobody, until somebody is named.
            stay = {one for one in mine if (pk, one) not in gone} if ground.before else set()
            workers[1][ground.after.code] = len(stay | named.get(ground.after.code, set()))
    return with_vacancies(workers)


def with_vacancies(workers: Sides) -> dict[str, Sides]:
    vacancies = tuple({code: float(not n) for code, n in side.items()} for side in workers)
    return {"workers": workers, "vacancies": (vacancies[0], vacancies[1])}


def by_code(grounds: Sequence[Ground], now: datetime) -> dict[str, Sides]:
    before = [one.before.code for one in grounds if one.before]
    after = [one.after.code for one in grounds if one.after]
    codes = sorted({*before, *after})
    found: dict[str, Sides] = {}
    for name, ask in BY_CODE.items():
        numbers = ask(codes, now)
        found[name] = ({c: numbers[c] for c in before}, {c: numbers[c] for c in after})
    return found


# ---- What changes hands --------------------------------------------------------------------------


def how(change: PlanChange) -> str:
    """What a plan does to a grid: born, retired, reshaped, renamed, noded (a corner and no ground),
    or same.
    """
    if change.is_born:
        return "born"
    if change.is_retired:
        return "retired"
    if change.is_reshaped and not same_land(*map(polygon, (change.before, change.after))):
        return "reshaped"
    if change.is_renamed:
        return "renamed"
    return "noded" if change.is_reshaped else "same"


def polygon(shape: Any) -> shapely.Polygon:
    """A stored shape."""
    return shapely.from_wkb(bytes(shape.wkb))


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that changes hands, by its name."""

    moved: Moved
    name: str

    @property
    def x(self) -> float:
        return self.moved.lon

    @property
    def y(self) -> float:
        return self.moved.lat


def spots(moved: Sequence[Moved]) -> list[Spot]:
    """Named; one query for each kind among them."""
    ids: dict[str, list[int]] = {}
    for one in moved:
        ids.setdefault(one.kind, []).append(one.id)
    names = {kind: names_of(SOURCES[kind], mine) for kind, mine in ids.items()}
    return [Spot(one, names[one.kind].get(one.id, "")) for one in moved]
