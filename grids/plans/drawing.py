"""What the operations of a plan come to, worked out anew from the territory of its base day.

A browser draws with the same operations; what it draws is a preview.  What is kept and published is
what comes of them here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import shapely
from django.utils.translation import gettext as _

from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.models import User
from gis_server.roles import in_scope
from grids.codes import GRID_DIGITS
from grids.models import Grid as GridRow
from grids.models import GridShape, PlanChange
from grids.models.plans import LONGEST_OPERATIONS
from grids.plan import Flaw, Grid, Plan, Refused, apply, begin, load, written
from grids.plan.value import VERSION
from grids.plans.texts import flaw_text, listed, refused_text
from grids.redrawing import (
    BadRedrawing,
    Born,
    Posted,
    Redrawing,
    Renamed,
    Reshaped,
    Retired,
    as_operation,
    of_plan,
)


def redrawn(
    *, scope_code: str, day: date, operations: list[Any], seen: object, by: User
) -> Redrawing:
    """
    Args:
        scope_code: digits of the territory whose grids take part.
        operations: as `grids.plan.written` writes them, first to last.
        seen: fingerprints of the grids that were drawn on, by code, or none; see `dump`.

    Raises:
        NotAllowed: the territory is not the user's.
        Conflict: a grid is not the one that was drawn on.
        Invalid: an operation cannot be done; `detail` says which, why, and where.
    """
    if not in_scope(by, scope_code):
        raise NotAllowed(_("This territory is not yours to plan."))
    given = {
        "version": VERSION, "day": day.isoformat(), "seen": seen or {}, "done": operations,
        "undone": [],
    }  # fmt: skip
    try:
        plan = load(given, grids_of(scope_code, day))
        redrawing = of_plan(plan)
    except Refused as refused:
        told = refused_text(refused)
        if refused.flaw is Flaw.BASE_CHANGED:
            raise Conflict(told, {"grids": list(refused.grids)}) from None
        raise Invalid(told, detail_of(refused)) from None
    except BadRedrawing as error:
        raise Invalid(flaw_text(error)) from None
    refuse_divided(plan)
    return redrawing


def grids_of(scope_code: str, day: date) -> Iterator[Grid]:
    """The grids of a territory as they were on a day, without the parts of grids."""
    shapes = GridShape.objects.filter(valid__contains=day, grid__gone_on=None)
    inside = shapes.filter(grid__code__startswith=scope_code, grid__parent=None)
    rows = inside.order_by("grid__code").values_list("grid__code", "grid__name", "shape")
    for code, name, shape in rows.iterator(chunk_size=2_000):
        if len(code) == GRID_DIGITS:
            yield Grid(code, name, shapely.from_wkb(bytes(shape.wkb)))


LONGEST_STEP = LONGEST_OPERATIONS * 3 // 8  # characters: the rest is for what is drawn on it


def redrawn_at_once(plan: Plan, told: Redrawing, source: str) -> Plan:
    """The plan with one step more: what was drawn elsewhere.

    Raises:
        Refused: it names grids that the plan does not draw (such as parts of grids), does not keep
            the land that they have to the last bit, or is too long for a step.
    """
    try:
        operation = as_operation(told, plan.base.grids, source)
    except KeyError as error:
        raise Refused(Flaw.UNKNOWN_GRID, str(error.args[0])) from None
    if len(json.dumps(written(operation), ensure_ascii=False)) > LONGEST_STEP:
        raise Refused(Flaw.TOO_MANY_VERTICES)
    return apply(plan, operation)


def as_step(
    told: Redrawing, *, scope_code: str, day: date, source: str, otherwise: dict[str, Any]
) -> list[dict[str, Any]]:
    """The operations of a draft of what was drawn elsewhere, for the editor to draw on from there.

    otherwise: what is noted in their place where the editor cannot, and only shows the plan.
    """
    try:
        plan = redrawn_at_once(begin(day, grids_of(scope_code, day)), told, source)
        refuse_divided(plan)
    except (Refused, Invalid):
        return [otherwise]
    return [written(plan.steps[-1].operation)]


def redrawing_of(changes: Sequence[PlanChange], posts: Iterable[Mapping[str, str]]) -> Redrawing:
    """The stored changes as what they amount to, with the people for grids that are among them."""
    kept = [one for one in changes if not one.is_born and not one.is_retired]
    there = {one.code_after for one in changes}
    return Redrawing(
        reshaped=tuple(
            Reshaped(one.code_before, _polygon(one.after), _polygon(one.before))
            for one in kept
            if one.is_reshaped
        ),
        born=tuple(
            Born(
                one.code_after, one.name_after, one.kind, one.community.code,
                _polygon(one.after), tuple(one.others),
            )
            for one in changes
            if one.is_born
        ),
        retired=tuple(
            Retired(one.code_before, tuple(one.others), _polygon(one.before))
            for one in changes
            if one.is_retired
        ),
        renamed=tuple(
            Renamed(one.code_before, one.code_after, one.name_after)
            for one in kept
            if one.is_renamed
        ),
        posted=tuple(
            Posted(one["grid"], one["worker"], one["role"])
            for one in posts
            if one["grid"] in there
        ),
    )  # fmt: skip


def _polygon(shape: Any) -> shapely.Polygon:
    return shapely.from_wkb(bytes(shape.wkb))


def detail_of(refused: Refused) -> dict[str, Any]:
    """What a page needs to show a refusal: step from 0, place as longitude and latitude."""
    return {
        "flaw": refused.flaw.name.lower(),
        "grids": list(refused.grids),
        "place": list(refused.place) if refused.place else None,
        "step": refused.step,
    }


def refuse_divided(plan: Plan) -> None:
    """
    Raises:
        Invalid: a grid that has parts would get another border: its parts would not follow.
    """
    changed = [
        old.code
        for old, new in plan.changed.values()
        if old and (new is None or old.shape != new.shape)
    ]
    parts = GridRow.objects.filter(parent__code__in=changed, gone_on=None)
    if above := sorted(set(parts.values_list("parent__code", flat=True))):
        rule = _("These grids have parts, and keep their borders in a drawn plan: %(codes)s")
        raise Invalid(rule % {"codes": listed(above)})
