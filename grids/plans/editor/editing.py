"""Steps of a planner on a draft, each stored as it is done: do, undo, redo, lock grids.

What is published is what comes of the operations here; the browser only shows it.  Each step says
which revision it was drawn on, and whoever comes second is told who was first.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from gis_server.errors import DomainError, Invalid
from gis_server.models import User
from grids.models import BoundaryPlan
from grids.plan import Flaw, Operation, Plan, Refused, apply, redo, written
from grids.plans import rows
from grids.plans.drafts import Draft, check_operations, must_be_draft, tell, touch, write
from grids.plans.drawing import detail_of, refuse_divided
from grids.plans.editor import kept
from grids.plans.texts import flaw_text, refused_text
from grids.redrawing import MOST_GRIDS, BadRedrawing, of_plan


@dataclass(frozen=True)
class Done:
    """A plan's row as it is now, and its value before and after."""

    row: BoundaryPlan
    before: Plan
    after: Plan


def do(
    *, plan_id: int, revision: int, operations: Sequence[Operation], by: User, now: datetime
) -> Done:
    """Do operations one after the other: all of them, or none.

    Raises:
        NotFound, Conflict: see `rows.locked`; the plan cannot be drawn on.
        Invalid: an operation is refused; `detail` says which, why and where.
    """
    return _stored(plan_id, revision, by, now, lambda plan: _all_done(plan, operations))


def undo(*, plan_id: int, revision: int, by: User, now: datetime) -> Done:
    """Take the last step back.

    Raises:
        NotFound, Conflict, Invalid: see `do`; nothing was done.
    """
    return _stored(plan_id, revision, by, now, Plan.undo)


def do_again(*, plan_id: int, revision: int, by: User, now: datetime) -> Done:
    """Do again what was taken back last, by whomever and whenever.

    Raises:
        NotFound, Conflict, Invalid: see `do`; nothing was taken back.
    """
    return _stored(plan_id, revision, by, now, redo)


def tried(*, plan_id: int, revision: int, operations: Sequence[Operation], by: User) -> Done:
    """What operations would make of a plan; nothing is stored.

    Raises:
        NotFound, Conflict, Invalid: see `do`.
    """
    row = rows.found(plan_id, by)
    rows.must_be_seen(row, revision)
    must_be_draft(row)
    return _drawn(row, lambda plan: _all_done(plan, operations))


@transaction.atomic
def lock(
    *, plan_id: int, revision: int, grids: Sequence[str], locked: bool, by: User, now: datetime
) -> BoundaryPlan:
    """Lock grids, or unlock them: no operation changes a grid that is locked.

    Raises:
        NotFound, Conflict: see `rows.locked`; the plan cannot be drawn on.
        Invalid: there is no such grid in the plan.
    """
    row = rows.locked(plan_id, by, revision)
    must_be_draft(row)
    value = kept.to_draw_on(row)
    if strange := [key for key in grids if key not in value.grids]:
        raise _invalid(Refused(Flaw.UNKNOWN_GRID, *strange))
    then = set(row.locked_grids) | set(grids) if locked else set(row.locked_grids) - set(grids)
    # Grids that are gone need no lock any more.
    row.locked_grids = sorted(then & value.grids.keys())[:MOST_GRIDS]
    touch(row, by=by, now=now, columns=["locked_grids"])
    tell(row, by=by, now=now)
    transaction.on_commit(lambda: kept.keep(row, value))
    return row


def _all_done(plan: Plan, operations: Sequence[Operation]) -> Plan:
    for number, operation in enumerate(operations):
        try:
            plan = apply(plan, operation)
        except Refused as refused:
            refused.step = number if len(operations) > 1 else None
            raise
    return plan


def _stored(
    plan_id: int, revision: int, by: User, now: datetime, step: Callable[[Plan], Plan]
) -> Done:
    try:
        with transaction.atomic():
            row = rows.locked(plan_id, by, revision)
            must_be_draft(row)
            done = _drawn(row, step)
            write(row, _draft_of(row, done.after), by=by, now=now)
    except Invalid as error:
        # Of a drawing that cannot be done the value is as good as before; of one that the territory
        # does not take, it is not.
        if "flaw" not in error.detail:
            kept.forget(plan_id)
        raise
    except DomainError:
        kept.forget(plan_id)
        raise
    # Not before: what the caller takes back must not be kept under a revision that others get.
    transaction.on_commit(lambda: kept.keep(row, done.after))
    return done


def _drawn(row: BoundaryPlan, step: Callable[[Plan], Plan]) -> Done:
    before = kept.to_draw_on(row)
    try:
        after = step(before)
        _keep_the_way_back(row, before, after)
        _refuse_locked(before, after, frozenset(row.locked_grids))
    except Refused as refused:
        raise _invalid(refused) from None
    refuse_divided(after)
    return Done(row, before, after)


def _keep_the_way_back(row: BoundaryPlan, before: Plan, after: Plan) -> None:
    """
    Raises:
        Invalid: of a plan that takes another one back nothing would be left, and its publication
            would still end the other.
    """
    if row.inverse_of_id is not None and before.steps and not after.steps:
        told = _(
            "This plan takes another one back: its first step stays. If the other plan is to stay"
            " in force, withdraw this one."
        )
        raise Invalid(told, {"flaw": "takes_back"})


def _refuse_locked(before: Plan, after: Plan, locked: frozenset[str]) -> None:
    """Neighbours that only get a vertex keep their land, and may be locked."""
    longer = max(before, after, key=lambda plan: len(plan.steps))
    common = min(len(before.steps), len(after.steps))
    for step in longer.steps[common:]:
        if held := [key for key in step.sides if key in locked]:
            raise Refused(Flaw.LOCKED, *held)


def _draft_of(row: BoundaryPlan, plan: Plan) -> Draft:
    done = [written(step.operation) for step in plan.steps]
    undone = [written(operation) for operation in plan.undone]
    check_operations(done, len(json.dumps([done, undone], ensure_ascii=False)))
    try:
        redrawing = of_plan(plan)
    except BadRedrawing as error:
        raise Invalid(flaw_text(error), {"flaw": "too_many_operations"}) from None
    return Draft(row.title, row.scope_code, row.base_day, done, redrawing, undone)


def _invalid(refused: Refused) -> Invalid:
    detail: dict[str, Any] = detail_of(refused)
    return Invalid(refused_text(refused), detail)
