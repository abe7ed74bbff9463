"""What the operations of a plan come to, worked out anew from the territory of its base day.

A browser draws with the same operations; what it draws is a preview.  What is kept and published is
what comes of them here.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import shapely
from django.utils.translation import gettext as _

from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.models import User
from gis_server.roles import in_scope
from grids.codes import GRID_DIGITS
from grids.models import Grid as GridRow
from grids.models import GridShape
from grids.plan import Flaw, Grid, Plan, Refused, load
from grids.plan.value import VERSION
from grids.plans.texts import flaw_text, listed, refused_text
from grids.redrawing import BadRedrawing, Redrawing, of_plan


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
