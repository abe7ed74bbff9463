"""What a step would do that is only tried: figures of the grids that it touches."""

from collections.abc import Collection
from datetime import datetime

import shapely
from django.utils import timezone

from grids.impact import Ground, Row, Side, compare
from grids.models import BoundaryPlan
from grids.models import Grid as GridRow
from grids.plan import Grid, Plan
from grids.plans.effects.counting import places_in, streets_in, workers_of
from grids.plans.effects.impact import Sides, boxes_of, by_code, rules, with_vacancies
from grids.plans.posts import ended_by
from grids.redrawing import posted_of


def figures_of(row: BoundaryPlan, before: Plan, after: Plan, now: datetime) -> list[Row]:
    """A row for each grid that `after` makes another than `before`, by its code; nodes on borders
    make none.  A fixed number of queries, whatever the number of grids.

    Raises:
        Invalid: there is more to count than one report holds.
    """
    touched = _touched(before, after)
    if not touched:
        return []
    grounds = [_ground(before, after, key) for key in touched]
    boxes = boxes_of(grounds)
    west, south, east, north = shapely.total_bounds(shapely.box(*boxes.T)).tolist()
    # What lies on a border may be that of a grid which stays as it is.
    beside = after.near((west, south, east, north)).keys() - touched
    around = [_ground(before, after, key, is_changed=False) for key in sorted(beside)]
    others = _people(row, before, after, touched, now) | by_code(grounds, now)
    places, streets = places_in(boxes), streets_in(boxes)
    found = compare([*grounds, *around], places, streets, others, rules())
    return sorted(found.rows, key=lambda one: one.code)


def _touched(before: Plan, after: Plan) -> set[str]:
    keys = {key for step in after.steps[len(before.steps) :] for key in step.sides}
    return {key for key in keys if key in before.grids or key in after.grids}


def _ground(before: Plan, after: Plan, key: str, *, is_changed: bool = True) -> Ground:
    return Ground(_side(before.grids.get(key)), _side(after.grids.get(key)), is_changed)


def _side(grid: Grid | None) -> Side | None:
    return Side(grid.code, grid.name, grid.shape) if grid else None


def _people(
    row: BoundaryPlan, before: Plan, after: Plan, keys: Collection[str], now: datetime
) -> dict[str, Sides]:
    """Workers and vacancies as the plan leaves them before the step, and after it."""
    known = GridRow.objects.filter(code__in=keys, gone_on=None).values_list("pk", "code")
    grids = dict(known)
    gone = set(ended_by(row).filter(role="worker").values_list("grid", "worker__number"))
    stay: dict[str, set[str]] = {}
    for one in workers_of(list(grids), timezone.localdate(now)):
        if (one.grid_id, one.worker) not in gone:
            stay.setdefault(grids[one.grid_id], set()).add(one.worker)
    return with_vacancies((_counted(before, keys, stay), _counted(after, keys, stay)))


def _counted(plan: Plan, keys: Collection[str], stay: dict[str, set[str]]) -> dict[str, float]:
    named: dict[str, set[str]] = {}
    for post in posted_of(plan):
        if post.role == "worker":
            named.setdefault(post.grid, set()).add(post.worker)
    there = {key: plan.grids[key].code for key in keys if key in plan.grids}
    return {code: len(stay.get(key, set()) | named.get(code, set())) for key, code in there.items()}
