"""Saving a draft: what was sent is read against the territory, and kept as one row a grid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.geo import WGS84
from gis_server.models import User
from gis_server.roles import in_scope
from grids.models import BoundaryPlan, Division, Grid, GridShape, PlanChange, PlanStep
from grids.models.plans import LONGEST_OPERATIONS
from grids.plan.value import MOST_OPERATIONS
from grids.plan_flow import LONGEST_TITLE, PlanAction, PlanState
from grids.plans import rows
from grids.plans.texts import listed, wrong_state
from grids.queries.people import workers_of
from grids.redrawing import Born, Redrawing, Reshaped, Retired


@dataclass(frozen=True)
class Draft:
    """What a planner sends.

    scope_code: the digits that all its grids' codes begin with.  base_day: whose map it was drawn
    on.  operations, undone: what the editor did and took back; kept as it comes.
    """

    title: str
    scope_code: str
    base_day: date
    operations: list[Any]
    redrawing: Redrawing
    undone: list[Any] = field(default_factory=list)


@transaction.atomic
def make(
    *,
    draft: Draft,
    by: User,
    now: datetime,
    inverse_of: BoundaryPlan | None = None,
    note: str = "",
) -> BoundaryPlan:
    """Begin a plan; note: where it comes from.

    Raises:
        NotAllowed: the territory is not the user's.
        Invalid, Conflict: see `save`.
    """
    _check(draft, by, now)
    changes = list(changes_of(draft))
    try:
        with transaction.atomic():
            plan = BoundaryPlan.objects.create(
                **_columns(draft), author=by, editor=by, made_at=now, changed_at=now,
                inverse_of=inverse_of,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(_("There is a plan already that takes this one back.")) from None
    _store(plan, changes)
    rows.leave_step(plan, PlanAction.MADE, by=by, now=now, note=note)
    return plan


@transaction.atomic
def save(*, plan_id: int, revision: int, draft: Draft, by: User, now: datetime) -> BoundaryPlan:
    """Write a draft anew, if it is still the one that the planner saw.

    Args:
        revision: of the plan as the planner's page has it.

    Raises:
        NotFound: no such plan in the user's reach.
        Conflict: somebody has changed the plan since, it is no draft any more, or a grid has
            another border than the one that was drawn on.
        Invalid: grids, codes or people that are not there, or a code that is taken.
    """
    return write(rows.locked(plan_id, by, revision), draft, by=by, now=now)


def write(plan: BoundaryPlan, draft: Draft, *, by: User, now: datetime) -> BoundaryPlan:
    """Write a draft anew whose row the caller has locked, in the caller's transaction.

    Raises:
        Conflict, Invalid, NotAllowed: see `save`.
    """
    must_be_draft(plan)
    _check(draft, by, now)
    changes = list(changes_of(draft))
    for name, value in _columns(draft).items():
        setattr(plan, name, value)
    touch(plan, by=by, now=now, columns=list(_columns(draft)))
    PlanChange.objects.filter(plan=plan).delete()
    _store(plan, changes)
    tell(plan, by=by, now=now)
    return plan


def must_be_draft(plan: BoundaryPlan) -> None:
    """Raises Conflict."""
    if plan.state != PlanState.DRAFT.value:
        raise Conflict(wrong_state(PlanState(plan.state), plan.get_state_display()))


def touch(plan: BoundaryPlan, *, by: User, now: datetime, columns: list[str]) -> None:
    """Write columns of a plan whose row the caller has locked, and count the revision."""
    plan.editor, plan.changed_at, plan.revision = by, now, plan.revision + 1
    plan.save(update_fields=[*columns, "editor", "changed_at", "revision"])


def tell(plan: BoundaryPlan, *, by: User, now: datetime) -> None:
    """Leave a step where somebody begins to change a plan; open pages hear of every change."""
    if _first_of(plan, by):
        rows.leave_step(plan, PlanAction.SAVED, by=by, now=now)
    else:
        rows.tell(plan)


def _first_of(plan: BoundaryPlan, by: User) -> bool:
    """Whether this person begins to change it: an editor saves every few seconds, and one step
    tells of all that somebody does without another's coming between.
    """
    last = PlanStep.objects.filter(plan=plan).order_by("-id").first()
    kept = (PlanAction.SAVED.value, PlanAction.MADE.value)
    return last is None or last.action not in kept or last.user_id != by.pk


def _columns(draft: Draft) -> dict[str, Any]:
    posts = [{"grid": p.grid, "worker": p.worker, "role": p.role} for p in draft.redrawing.posted]
    return {
        "title": draft.title,
        "scope_code": draft.scope_code,
        "base_day": draft.base_day,
        "operations": draft.operations,
        "undone": draft.undone,
        "posts": posts,
    }


def _check(draft: Draft, by: User, now: datetime) -> None:
    if not 1 <= len(draft.title) <= LONGEST_TITLE:
        rule = _("Give the plan a title of at most %(longest)d characters.")
        raise Invalid(rule % {"longest": LONGEST_TITLE})
    check_territory(draft.scope_code)
    if not in_scope(by, draft.scope_code):
        raise NotAllowed(_("This territory is not yours to plan."))
    if draft.base_day > timezone.localdate(now):
        raise Invalid(_("A plan is drawn on the map of today or of an earlier day."))
    if len(draft.operations) > MOST_OPERATIONS:
        rule = _("A plan holds at most %(most)d operations: make two plans.")
        raise Invalid(rule % {"most": MOST_OPERATIONS})
    _check_workers(draft.redrawing, by)


def _check_workers(redrawing: Redrawing, by: User) -> None:
    """Whom the planner may not know of is nobody."""
    asked = {one.worker for one in redrawing.posted}
    known = set(workers_of(by).filter(number__in=asked).values_list("number", flat=True))
    if unknown := sorted(asked - known):
        rule = _("There is nobody of the grid staff with the number %(numbers)s.")
        raise Invalid(rule % {"numbers": listed(unknown)})


def _store(plan: BoundaryPlan, changes: list[PlanChange]) -> None:
    for change in changes:
        change.plan = plan
    PlanChange.objects.bulk_create(changes, batch_size=500)


def changes_of(draft: Draft) -> Iterator[PlanChange]:
    """One row for each grid that the redrawing names, not stored yet.

    Raises:
        Invalid, Conflict: see `save`.
    """
    told = draft.redrawing
    codes = {one.code for one in told.reshaped} | {one.code for one in told.retired}
    codes |= {one.code for one in told.renamed}
    grids = _grids(codes, draft.scope_code)
    shapes = _shapes(grids, draft.base_day)
    _refuse_other_shapes(told, shapes)
    _refuse_taken(told, grids)
    _refuse_orphans(told)
    after = {one.code: one.shape for one in told.reshaped}
    names = {one.code: (one.new_code, one.name) for one in told.renamed}
    retired = {one.code: one for one in told.retired}
    for code, grid in grids.items():
        new_code, name = names.get(code, (code, grid.name))
        gone = code in retired
        yield PlanChange(
            grid=grid,
            community=grid.community,
            kind=grid.kind,
            code_before=code,
            name_before=grid.name,
            before=_stored(shapes[code]),
            code_after="" if gone else new_code,
            name_after="" if gone else name,
            after=None if gone else _stored(after.get(code, shapes[code])),
            others=list(retired[code].into) if gone else [],
        )
    yield from _births(told.born, draft.scope_code)
    _refuse_strange_posts(told, {*grids, *names} - set(retired), draft.scope_code)


def _stored(shape: shapely.Polygon) -> Any:
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=WGS84)


def _grids(codes: set[str], scope_code: str) -> dict[str, Grid]:
    found = Grid.objects.filter(code__in=codes, gone_on=None).select_related("community")
    grids = {grid.code: grid for grid in found.order_by("code") if grid.code.startswith(scope_code)}
    if missing := sorted(codes - set(grids)):
        rule = _("There are no such grids in the plan's territory: %(codes)s")
        raise Invalid(rule % {"codes": listed(missing)})
    return grids


def _shapes(grids: Mapping[str, Grid], day: date) -> dict[str, shapely.Polygon]:
    of_day = GridShape.objects.filter(grid__in=grids.values(), valid__contains=day)
    shapes = {
        code: shapely.from_wkb(bytes(shape.wkb))
        for code, shape in of_day.values_list("grid__code", "shape")
    }
    if missing := sorted(set(grids) - set(shapes)):
        rule = _("These grids had no border on %(day)s: %(codes)s")
        raise Invalid(rule % {"day": day, "codes": listed(missing)})
    return shapes


def _refuse_other_shapes(told: Redrawing, shapes: Mapping[str, shapely.Polygon]) -> None:
    """
    Raises:
        Conflict: the planner drew on another border than the one there is.
    """
    drawn: list[Reshaped | Retired] = [*told.reshaped, *told.retired]
    other = sorted(
        one.code
        for one in drawn
        if one.seen is not None and not one.seen.equals_exact(shapes[one.code])
    )
    if other:
        rule = _(
            "These grids no longer have the border that you drew on: %(codes)s."
            " Load the map anew and draw there again."
        )
        raise Conflict(rule % {"codes": listed(other)}, {"grids": other})


def _refuse_taken(told: Redrawing, grids: Mapping[str, Grid]) -> None:
    """
    Raises:
        Invalid: a code that belongs to a grid which keeps it, or to one that is gone.
    """
    leaving = {old for old, new in told.codes_after.items() if old != new}
    wanted = {new for old, new in told.codes_after.items() if old != new}
    taken = set(Grid.objects.filter(code__in=wanted).values_list("code", flat=True)) - leaving
    born = {one.code for one in told.born}
    there = Grid.objects.filter(code__in=born, gone_on=None)
    taken |= set(there.values_list("code", flat=True)) - leaving
    if taken:
        rule = _(
            "These codes are taken: %(codes)s. The code of a grid that is gone stays with it, so"
            " that the past can be read."
        )
        raise Invalid(rule % {"codes": listed(sorted(taken))})


def _refuse_orphans(told: Redrawing) -> None:
    """
    Raises:
        Invalid: a grid that has parts would be gone, or have another code than they begin with.
    """
    gone = {one.code for one in told.retired}
    recoded = {old for old, new in told.codes_after.items() if old != new}
    parts = Grid.objects.filter(parent__code__in=gone | recoded, gone_on=None).exclude(
        code__in=gone
    )
    above = sorted(set(parts.values_list("parent__code", flat=True)))
    if above:
        rule = _("These grids have parts, which must be retired first: %(codes)s")
        raise Invalid(rule % {"codes": listed(above)})


def _births(born: tuple[Born, ...], scope_code: str) -> Iterator[PlanChange]:
    known = Division.objects.filter(level="community", code__in={one.community for one in born})
    communities = {one.code: one for one in known}
    gone = Grid.objects.filter(code__in={one.code for one in born}, gone_on__isnull=False)
    back = {grid.code: grid for grid in gone}
    for one in born:
        community = communities.get(one.community)
        if community is None or not one.community.startswith(scope_code):
            rule = _("There is no community %(code)s in the plan's territory.")
            raise Invalid(rule % {"code": one.community[:12]})
        yield PlanChange(
            grid=back.get(one.code),
            community=community,
            kind=one.kind,
            code_after=one.code,
            name_after=one.name,
            after=_stored(one.shape),
            others=list(one.of),
        )


def _refuse_strange_posts(told: Redrawing, changed: set[str], scope_code: str) -> None:
    """People may be given grids of the plan's territory that are there afterwards."""
    asked = {one.grid for one in told.posted}
    after = {told.codes_after.get(code, code) for code in changed} | {one.code for one in told.born}
    rest = asked - after
    known = Grid.objects.filter(code__in=rest, gone_on=None).values_list("code", flat=True)
    gone = {one.code for one in told.retired} | (
        set(told.codes_after) - set(told.codes_after.values())
    )
    strange = {code for code in asked if not code.startswith(scope_code)}
    strange |= (rest - set(known)) | (rest & gone)
    if strange:
        rule = _("Nobody can be given these grids, which will not be there: %(codes)s")
        raise Invalid(rule % {"codes": listed(sorted(strange))})


def check_territory(code: str) -> str:
    """Raises Invalid."""
    if not (6 <= len(code) <= 12 and code.isascii() and code.isdigit()):
        raise Invalid(_("Say which territory the plan is for: 6 to 12 digits of its code."))
    return code


def check_operations(told: object, length: int) -> list[Any]:
    """
    Raises:
        Invalid: no list, or one that is too long to keep.
    """
    if not isinstance(told, list) or any(not isinstance(one, dict) for one in told):
        raise Invalid(_("operations must be a list of objects."))
    # The database writes spaces that a browser leaves out.
    if length > LONGEST_OPERATIONS // 2:
        raise Invalid(_("The operations of this plan are too long to keep: make two plans."))
    return told
