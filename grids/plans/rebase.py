"""A plan whose ground has changed meanwhile: what has changed by whom, and the plan's steps done
again on the map of today.

What comes of it is a new draft.  The old plan stays as it was, so whoever took it over too soon, or
left out a step that mattered, has lost nothing; whoever is content withdraws it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.errors import Conflict, Invalid
from gis_server.models import User
from grids.models import BoundaryPlan, Grid, GridDesignation, GridShape, PlanChange
from grids.plan import Add, Operation, Redraw, Refused, Split, apply, begin, read, written
from grids.plan.value import MOST_OPERATIONS, Plan, Step
from grids.plan_flow import LONGEST_TITLE, OPEN, PUBLISHED, PlanState
from grids.plans import rows
from grids.plans.clashes import changed_since, same_codes, taken_codes
from grids.plans.drafts import Draft, make
from grids.plans.drawing import grids_of, redrawing_of
from grids.plans.step_texts import operation_text
from grids.plans.texts import listed, refused_text
from grids.redrawing import BadRedrawing, Redrawing, of_plan

# ---- What has changed ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changed:
    """A grid that is not what a plan found.

    what: sentences.  since: the day from which its border holds; None where it has none.
    by: the plan that did it, (number, title); None for an import or an edit.
    """

    code: str
    name: str
    what: tuple[str, ...]
    since: date | None
    by: tuple[int, str] | None


def changes_since(plan: BoundaryPlan, day: date) -> list[Changed]:
    """The grids of a plan that are no longer as it found them, and those that have codes by now
    which it gives to others; by codes.  Six queries at most.
    """
    told = [*_changed(plan, day), *_taken(plan)]
    return sorted(told, key=lambda one: one.code)


def _taken(plan: BoundaryPlan) -> list[Changed]:
    taken = taken_codes(plan)
    culprits = _culprits(plan, taken)
    there, gone = (
        _("There is a grid with this code by now."),
        _("A grid that is gone has this code."),
    )
    return [
        Changed(one.code, one.name, (gone if one.gone_on else there,), None, culprits.get(one.pk))
        for one in Grid.objects.filter(pk__in=taken)
    ]


def _changed(plan: BoundaryPlan, day: date) -> list[Changed]:
    ids = changed_since(plan, day)
    if not ids:
        return []
    found = plan.changes.filter(grid__in=ids).select_related("grid")
    drawn = {
        one.grid_id: one for one in GridShape.objects.filter(grid__in=ids, valid__contains=day)
    }
    culprits = _culprits(plan, ids)
    return [
        Changed(
            one.code_before or one.code_after,
            one.name_before or one.name_after,
            tuple(_what(one, drawn.get(_id(one)), day)),
            drawn[_id(one)].valid.lower if _id(one) in drawn else None,
            culprits.get(_id(one)),
        )
        for one in found
    ]


def _id(change: PlanChange) -> int:
    return change.grid_id or 0


def _culprits(plan: BoundaryPlan, ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """The newest plan, by grid, that was published after this one was begun."""
    later = Q(plan__effective_on__gt=plan.base_day) | Q(plan__published_at__gte=plan.made_at)
    done = PlanChange.objects.filter(
        later, grid__in=ids, plan__state__in=[state.value for state in PUBLISHED]
    )
    told = done.exclude(plan=plan).order_by("plan__published_at")
    return {
        grid: (number, title)
        for grid, number, title in told.values_list("grid_id", "plan_id", "plan__title")
    }


def _what(change: PlanChange, drawn: GridShape | None, day: date) -> Iterator[str]:
    grid = change.grid
    if change.before is None:
        yield _("There is a grid with this code by now.")
        return
    if grid is not None and grid.gone_on is not None:
        yield _("The grid is gone since %(day)s.") % {"day": grid.gone_on}
        return
    if drawn is None:
        yield _("The grid has no border on %(day)s.") % {"day": day}
    elif bytes(drawn.shape.wkb) != bytes(change.before.wkb):
        yield _("Its border is different.")
    elif drawn.valid.lower == day:
        yield _("Its border begins on %(day)s itself.") % {"day": day}
    elif drawn.valid.upper is not None:
        yield _("It gets another border on %(day)s.") % {"day": drawn.valid.upper}
    if grid is not None and grid.code != change.code_before:
        yield _("The code is %(code)s now.") % {"code": grid.code}
    if grid is not None and grid.name != change.name_before:
        yield _("The name is “%(name)s” now.") % {"name": grid.name}


# ---- The steps, done again -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Redone:
    """A step of the plan on the map of another day.

    number: from 0.  refused: why it cannot be done; "" where it can.  place: longitude and latitude
    of that, where it has one.  touched: the grids it is about that have changed since it was drawn:
    it can be done, but may no longer be what was meant.  promised: codes it gives that a scheduled
    plan gives too: it can be done, and its grids renumbered.
    """

    number: int
    text: str
    refused: str = ""
    place: tuple[float, float] | None = None
    touched: tuple[str, ...] = ()
    promised: tuple[str, ...] = ()


@dataclass(frozen=True)
class Replay:
    """operations, redrawing: of what can still be done."""

    day: date
    steps: list[Redone]
    operations: list[Any]
    redrawing: Redrawing

    @property
    def lost(self) -> list[int]:
        return [one.number for one in self.steps if one.refused]

    @property
    def kept(self) -> int:
        return len(self.steps) - len(self.lost)


def replay(plan: BoundaryPlan, day: date) -> Replay:
    """Do the steps of a plan again on the map of a day, one by one.

    A step that cannot be done is left out, and so is what was built on it.  Of a plan that was not
    drawn by operations, or is nothing but a file's shapes, each grid is a step.

    Raises:
        Invalid: the grids of the day are not fit to be drawn on.
    """
    operations = _read(plan.operations)
    is_drawn = any(not isinstance(one, Redraw) for one in operations)
    return _by_steps(plan, operations, day) if is_drawn else _by_grids(plan, day)


def _read(told: list[Any]) -> list[Operation]:
    """The operations; none where what is kept are none of ours."""
    try:
        return [read(one) for one in told[:MOST_OPERATIONS]]
    except Refused:
        return []


def _by_steps(plan: BoundaryPlan, operations: list[Operation], day: date) -> Replay:
    drawn, names = _begin(plan, day), Names.of(plan, operations)
    changed, promised = set(changed_since(plan, day).values()), _promised(plan)
    steps, kept = [], []
    for number, operation in enumerate(operations):
        text = operation_text(operation, names.called)
        sides = sorted(changed.intersection(named(operation)))
        told = names.missing(operation) or _outdated(operation, sides)
        if told:
            names.lose(operation, number)
            steps.append(Redone(number, text, told))
            continue
        today = names.followed(operation)
        try:
            drawn = apply(drawn, today)
        except Refused as refused:
            names.lose(operation, number)
            steps.append(Redone(number, text, refused_text(refused), refused.place))
            continue
        kept.append(written(today))
        sides = sides or sorted(changed.intersection(drawn.steps[-1].sides))
        given = sorted(promised.intersection(_codes_given(drawn.steps[-1])))
        steps.append(Redone(number, text, touched=tuple(sides), promised=tuple(given)))
    return Replay(day, steps, kept, _of(drawn))


def _promised(plan: BoundaryPlan) -> set[str]:
    """Codes that the plan gives and a scheduled one too."""
    return {code for other in same_codes(plan, ["scheduled"]) for code in other.codes}


def _codes_given(step: Step) -> set[str]:
    before = {grid.code for grid in step.before.values() if grid}
    return {grid.code for grid in step.after.values() if grid} - before


def _outdated(operation: Operation, changed: list[str]) -> str:
    """Why shapes that were drawn elsewhere cannot be given to grids; "" where they can."""
    if not changed or not isinstance(operation, Redraw):
        return ""
    return _("These grids are no longer what was drawn on: %(codes)s.") % {"codes": listed(changed)}


def named(operation: Operation) -> set[str]:
    """The keys of the grids that an operation names; those that it founds are not among them."""
    if isinstance(operation, Redraw):
        there = {one.key for one in operation.drawn if not one.kind}
        return there | {key for key, _heirs in operation.ended}
    values = vars(operation)
    found = {values[name] for name in ("grid", "other", "into") if name in values}
    found |= set(values.get("grids", ()))
    return found | {key for key, _code in values.get("codes", ())}


def _founded(operation: Operation) -> dict[str, str]:
    """Names of the grids that an operation founds, by key."""
    if isinstance(operation, Redraw):
        return {key: one.name for key, one in operation.born.items()}
    return {operation.code: operation.name} if isinstance(operation, Split | Add) else {}


@dataclass
class Names:
    """Whom the codes of a plan mean by now: a grid is who it was on the base day, whatever it is
    called; codes may have changed hands since.

    then: code of the base day → grid.  called: code → name then, and of what the plan founds.
    now: grid → code.  lost: code that a step that cannot be
    done was to found → number of the step, from 0.
    """

    then: dict[str, int]
    called: dict[str, str]
    now: dict[int, str]
    lost: dict[str, int]

    @classmethod
    def of(cls, plan: BoundaryPlan, operations: list[Operation]) -> "Names":
        """What the plan itself has noted comes first: on its base day, too, codes may have changed
        hands after it was drawn.  Three queries.
        """
        inside = {"code__startswith": plan.scope_code}
        named_then = GridDesignation.objects.filter(valid__contains=plan.base_day, **inside)
        noted = plan.changes.exclude(code_before="").values_list("code_before", "grid")
        rows = list(named_then.values_list("code", "grid", "name"))
        then = {code: grid for code, grid, _name in rows} | dict(noted)
        called = {code: name for code, _grid, name in rows}
        called |= {key: name for one in operations for key, name in _founded(one).items()}
        there = Grid.objects.filter(gone_on=None, **inside).values_list("pk", "code")
        return cls(then, called, dict(there), {})

    def missing(self, operation: Operation) -> str:
        """Why the operation has nobody to be done to; "" where all are there."""
        for key in sorted(named(operation)):
            if key in self.lost:
                step = self.lost[key] + 1
                return _("It is built on step %(number)d, which cannot be done.") % {"number": step}
            if key in self.then and self.then[key] not in self.now:
                return _("The grid %(code)s is gone.") % {"code": key}
        return ""

    def lose(self, operation: Operation, number: int) -> None:
        self.lost |= dict.fromkeys(_founded(operation), number)

    def followed(self, operation: Operation) -> Operation:
        """The operation with the codes of now."""
        if isinstance(operation, Redraw):
            return operation
        told = vars(operation)
        values: dict[str, Any] = {
            name: self._code(told[name]) for name in ("grid", "other", "into") if name in told
        }
        if "grids" in told:
            values["grids"] = tuple(map(self._code, told["grids"]))
        if "codes" in told:
            values["codes"] = tuple((self._code(key), code) for key, code in told["codes"])
        return replace(operation, **values)

    def _code(self, key: str) -> str:
        return self.now[self.then[key]] if key in self.then else key


def _begin(plan: BoundaryPlan, day: date) -> Plan:
    try:
        return begin(day, grids_of(plan.scope_code, day))
    except Refused as refused:
        raise Invalid(refused_text(refused)) from None


def _of(drawn: Plan) -> Redrawing:
    try:
        return of_plan(drawn)
    except BadRedrawing:
        # Too many grids for one plan: it was none before either.
        return Redrawing()


def _by_grids(plan: BoundaryPlan, day: date) -> Replay:
    changed, promised = changed_since(plan, day), _promised(plan)
    taken = set(taken_codes(plan).values())
    changes = list(plan.changes.select_related("community").order_by("id"))
    steps, kept = [], []
    for number, change in enumerate(changes):
        text = change_text(change)
        if change.grid_id in changed:
            told = _("The grid is no longer what was drawn on.")
            steps.append(Redone(number, text, told, _middle(change)))
        elif change.code_after in taken and change.code_after != change.code_before:
            told = _("There is a grid with this code by now.")
            steps.append(Redone(number, text, told, _middle(change)))
        else:
            kept.append(change)
            given = promised.intersection([change.code_after])
            steps.append(Redone(number, text, promised=tuple(given)))
    return Replay(day, steps, [], redrawing_of(kept, plan.posts))


def _middle(change: PlanChange) -> tuple[float, float] | None:
    shape = change.after or change.before
    return (shape.point_on_surface.x, shape.point_on_surface.y) if shape else None


def change_text(change: PlanChange) -> str:
    """What a plan makes of a grid, in one line."""
    values = {"code": change.code_before or change.code_after, "new": change.code_after}
    if change.is_born:
        return _("New grid %(code)s") % values
    if change.is_retired:
        return _("%(code)s is retired") % values
    if change.is_reshaped:
        return _("%(code)s gets another border") % values
    return _("%(code)s gets another code or name: %(new)s") % values


# ---- The new draft -------------------------------------------------------------------------------


@transaction.atomic
def take_over(
    *, plan_id: int, revision: int, seen: Collection[int], by: User, now: datetime
) -> BoundaryPlan:
    """Make a draft of a plan's steps on the map of today; the plan itself is not touched.

    Args:
        revision: of the plan as the planner's page has it.
        seen: numbers of the steps that the planner has read cannot be done, and leaves out.

    Raises:
        NotFound, Conflict: see `rows.locked`.
        Conflict: the plan takes another one back, or has been published; or other steps than those
            in `seen` cannot be done by now.
        Invalid: nothing of it can be done any more; see also `drafts.make`.
    """
    plan = rows.locked(plan_id, by, revision)
    _refuse_done(plan)
    found = replay(plan, timezone.localdate(now))
    if found.redrawing.is_empty:
        raise Invalid(_("None of its steps can be done on the map of today: draw a new plan."))
    if set(found.lost) != set(seen):
        raise Conflict(
            _("The map has changed once more: look again at which steps cannot be done.")
        )
    title = _("%(title)s (on the map of %(day)s)") % {"title": plan.title, "day": found.day}
    values = {"number": plan.pk, "kept": found.kept, "count": len(found.steps)}
    note = _("From plan no. %(number)d: %(kept)d of its %(count)d steps") % values
    return make(
        draft=Draft(
            title=title if len(title) <= LONGEST_TITLE else plan.title,
            scope_code=plan.scope_code,
            base_day=found.day,
            operations=found.operations,
            redrawing=found.redrawing,
        ),
        by=by,
        now=now,
        note=note,
    )


def _refuse_done(plan: BoundaryPlan) -> None:
    if plan.inverse_of_id is not None:
        raise Conflict(_("This plan takes another one back: withdraw it, and take that back anew."))
    if PlanState(plan.state) not in OPEN | {PlanState.WITHDRAWN}:
        raise Conflict(_("This plan has been published: the map of today has it already."))
