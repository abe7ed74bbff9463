"""Plans as values, kept in this process: what is drawn on is not worked out anew at each step.

Another process may have done the last steps: what it did is then done here too, from where both are
the same.  What is kept is only as good as the grids that it began with; saving compares those that
a plan changes with the territory, and whoever is refused there forgets what was kept.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

import shapely
from django.utils.translation import gettext as _

from gis_server.errors import Conflict, Invalid
from grids.models import BoundaryPlan, PlanChange
from grids.plan import Flaw, Grid, Plan, Refused, apply, begin, fingerprint, load, read, written
from grids.plan.value import VERSION, Base
from grids.plan_flow import PUBLISHED, PlanState
from grids.plans.drawing import grids_of, redrawing_of, redrawn_at_once, refuse_divided
from grids.plans.texts import listed, wrong_state
from grids.redrawing import key_of_born

MOST_GRIDS = 200_000  # of all plans that are kept, together; the newest is kept whatever its size


@dataclass(frozen=True)
class _Kept:
    revision: int
    changed_at: datetime
    scope_code: str
    base_day: date
    value: Plan

    def is_of(self, row: BoundaryPlan) -> bool:
        return (self.revision, self.changed_at) == (row.revision, row.changed_at)

    def begins_as(self, row: BoundaryPlan) -> bool:
        return (self.scope_code, self.base_day) == (row.scope_code, row.base_day)


_plans: OrderedDict[int, _Kept] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Opened:
    """A plan as a value.  why: what keeps it from being drawn on, empty where nothing does."""

    value: Plan
    why: str = ""


def opened(row: BoundaryPlan) -> Opened:
    """The plan to look at: by its operations, else as its changes are stored."""
    state = PlanState(row.state)
    if state in PUBLISHED:
        return Opened(_as_stored(row), wrong_state(state, row.get_state_display()))
    try:
        value = value_of(row)
    except Refused as refused:
        return Opened(_as_stored(row), _why(refused))
    if state is not PlanState.DRAFT:
        return Opened(value, wrong_state(state, row.get_state_display()))
    return Opened(value)


def to_draw_on(row: BoundaryPlan) -> Plan:
    """
    Raises:
        Conflict: the plan cannot be drawn on; says why.
    """
    try:
        return value_of(row)
    except Refused as refused:
        raise Conflict(_why(refused), {"grids": list(refused.grids)}) from None


def value_of(row: BoundaryPlan) -> Plan:
    """What the plan's operations make of the territory of its base day.

    Raises:
        Refused: its grids have changed, or it was not drawn by operations.
    """
    with _lock:
        kept = _plans.get(row.pk)
    if kept is not None and kept.is_of(row):
        return kept.value
    value = _caught_up(kept.value, row) if kept is not None and kept.begins_as(row) else None
    value = value or _replayed(row)
    keep(row, value)
    return value


def keep(row: BoundaryPlan, value: Plan) -> None:
    """Keep the value of a plan as it is stored, once that is certain."""
    kept = _Kept(row.revision, row.changed_at, row.scope_code, row.base_day, value)
    with _lock:
        known = _plans.get(row.pk)
        if known is not None and known.revision > row.revision:
            return
        _plans[row.pk] = kept
        _plans.move_to_end(row.pk)
        while len(_plans) > 1 and sum(len(one.value.grids) for one in _plans.values()) > MOST_GRIDS:
            _plans.popitem(last=False)


def forget(plan_id: int) -> None:
    with _lock:
        _plans.pop(plan_id, None)


def _caught_up(value: Plan, row: BoundaryPlan) -> Plan | None:
    """The value with what was done since; None where that does not come out."""
    done = [written(step.operation) for step in value.steps]
    pairs = enumerate(zip(done, row.operations, strict=False))
    shorter = min(len(done), len(row.operations))
    common = next((k for k, (here, there) in pairs if here != there), shorter)
    try:
        while len(value.steps) > common:
            value = value.undo()
        for told in row.operations[common:]:
            value = apply(value, read(told))
        return replace(value, undone=tuple(read(one) for one in row.undone))
    except Refused:
        return None


def _replayed(row: BoundaryPlan) -> Plan:
    changes = list(row.changes.select_related("community").order_by("id"))
    seen = {
        change.code_before: fingerprint(
            _grid(change.code_before, change.name_before, change.before)
        )
        for change in changes
        if change.code_before
    }
    if changes and not _is_drawn(row):
        return _all_at_once(row, changes, seen)
    given = {
        "version": VERSION,
        "day": row.base_day.isoformat(),
        "seen": seen,
        "done": row.operations,
        "undone": row.undone,
    }
    return load(given, grids_of(row.scope_code, row.base_day))


def _is_drawn(row: BoundaryPlan) -> bool:
    return bool(row.operations) and all("do" in one for one in row.operations)


def _all_at_once(row: BoundaryPlan, changes: list[PlanChange], seen: dict[str, str]) -> Plan:
    """A plan that came from elsewhere, not from the editor: what it changes is its first step."""
    plan = begin(row.base_day, grids_of(row.scope_code, row.base_day))
    for code, known in seen.items():
        if code not in plan.base.grids or fingerprint(plan.base.grids[code]) != known:
            raise Refused(Flaw.BASE_CHANGED, code)
    plan = redrawn_at_once(plan, redrawing_of(changes, row.posts), row.title)
    try:
        refuse_divided(plan)
    except Invalid:
        raise Refused(Flaw.MALFORMED) from None
    return plan


def _as_stored(row: BoundaryPlan) -> Plan:
    """Grids before and after as the plan's changes have them, without steps."""
    base = {grid.code: grid for grid in grids_of(row.scope_code, row.base_day)}
    changes = list(row.changes.select_related("grid").order_by("id"))
    for change in changes:
        if change.grid is not None:
            base.pop(change.grid.code, None)
    for change in changes:
        if change.code_before and change.before:
            base[change.code_before] = _grid(change.code_before, change.name_before, change.before)
    plan = begin(row.base_day, base.values())
    return replace(plan, grids=MappingProxyType(_after(plan.base, changes)))


def _after(base: Base, changes: list[PlanChange]) -> dict[str, Grid]:
    grids = dict(base.grids)
    for change in changes:
        key = change.code_before or key_of_born(change.code_after, base.grids)
        if change.after is None:
            grids.pop(key, None)
        else:
            grids[key] = _grid(change.code_after, change.name_after, change.after)
    return dict(sorted(grids.items()))


def _grid(code: str, name: str, shape: object) -> Grid:
    return Grid(code, name, shapely.from_wkb(bytes(shape.wkb)))  # type: ignore[attr-defined]


def _why(refused: Refused) -> str:
    if refused.flaw is Flaw.BASE_CHANGED:
        rule = _(
            "These grids have got other borders or names since the plan was begun: %(codes)s."
            " It has to be brought to the map of today before it is drawn on."
        )
        return rule % {"codes": listed(refused.grids)}
    return _("This plan was not drawn with these tools: it can be looked at here, not changed.")
