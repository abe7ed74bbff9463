"""The page of a grid."""

import json
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from gis_server.edge import Page, allow
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission, may
from grids import page_parts, queries
from grids.models import Grid, GridShape, Thing
from grids.services import state_of
from grids.views.divisions import (
    PART_ROWS,
    by_code,
    former,
    lying_in,
    places_tab,
    points_of,
    tabs_for,
)
from grids.views.shared import (
    NEWEST,
    Forms,
    box_of,
    forms_for,
    map_config,
    page,
    piece,
    watched,
    who,
)

STAFF = ListFile(
    "grid-staff",
    [
        Column("name", pgettext_lazy("person", "Name"), lambda one: one.worker.name),
        Column("number", gettext_lazy("Staff number"), lambda one: one.worker.number),
        Column("phone", gettext_lazy("Phone"), lambda one: one.worker.phone),
        Column("role", gettext_lazy("Role"), lambda one: one.get_role_display()),
        Column("first", gettext_lazy("First day"), lambda one: one.valid.lower),
        Column("last", gettext_lazy("Last day"),
               lambda one: one.valid.upper and one.valid.upper - timedelta(days=1)),
        Column("stands_in_for", gettext_lazy("Stands in for"),
               lambda one: one.stands_in_for and one.stands_in_for.name),
    ],
)  # fmt: skip
TABS = ("", "places", "changes")
MOST_PEOPLE = 30
MOST_SHAPES = 50


@allow(Permission.SEE_MAP)
@require_safe
def grid(request: HttpRequest, code: str) -> HttpResponseBase:
    """A grid: facts, map with its shapes over time, people, places, changes.  Its people are taken
    along as a file by those who may see them.

    Raises:
        NotFound: no such grid, or none in the user's reach (which must look the same).
    """
    row = by_code(request, Grid, code)
    if isinstance(row, HttpResponseBase):
        return row
    if may(who(request).role, Permission.SEE_PEOPLE) and STAFF.is_asked(request):
        return STAFF.answer(request, queries.assignments_of_grid(row.pk, limit=WHOLE.limit))
    return grid_page(request, row)


def grid_page(
    request: HttpRequest, row: Grid, failed: Forms | None = None, status: int = 200
) -> HttpResponse:
    user, day = who(request), timezone.localdate()
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else ""
    context: dict[str, Any] = {
        "row": row,
        "file": STAFF,
        "tab": tab,
        "tabs": tabs_for(request, TABS),
        "above": lying_in(request, row),
        "counts": queries.counts_below([row.code], day)[row.code],
        "was": request.GET.get("was", "")[:20],
        "forms": forms_for(request, row, failed),
        "thing": Thing.GRID.value,
    }
    if tab == "places":
        context |= places_tab(request, row.code)
    elif tab == "changes":
        part = piece(request)
        total, edits = queries.edits_below(user, row.code, part)
        context |= {"edits": edits, "total": total, "piece": part, "config": map_config(request)}
    else:
        context |= _overview(request, row)
    return page(request, "grids/grid.html", context, status)


def _overview(request: HttpRequest, row: Grid) -> dict[str, Any]:
    user, day = who(request), timezone.localdate()
    parts = page_parts.parts(user, row.code, PART_ROWS)
    shapes = _shapes(row)
    context: dict[str, Any] = {
        "parts_of_grid": queries.children(row, Page(MOST_SHAPES, 0), day).rows,
        "staff": queries.staff_counts(row.code, day),
        "former": former(row),
        "shapes": shapes,
        "parts": parts,
        "edits": queries.edits_of(Thing.GRID, row.pk, NEWEST)[1],
        "config": map_config(
            request,
            box=box_of(row),
            grid=row.code,
            shapes=shapes,
            watched=watched(row),
            points=points_of(parts),
        ),
    }
    if may(user.role, Permission.SEE_PEOPLE):
        context["held"] = held_rows(queries.assignments_of_grid(row.pk, limit=MOST_PEOPLE))
    return context


def held_rows(held: list[Any]) -> list[dict[str, Any]]:
    """Assignments as pages show them: their days, whether they run, what a form must say it saw."""
    day = timezone.localdate()
    running = {one.pk for one in queries.running(held, day)}
    return [
        {
            "held": one,
            "days": queries.days_in_words(one.valid.lower, one.valid.upper),
            "running": one.pk in running,
            "coming": one.valid.lower is not None and one.valid.lower > day,
            "open": one.valid.upper is None or one.valid.upper > day,
            "seen": json.dumps(state_of(one)),
        }
        for one in held
    ]


def _shapes(row: Grid) -> list[dict[str, Any]]:
    """The shapes that a grid has had, the latest first, as GeoJSON with their days."""
    day = timezone.localdate()
    drawn = GridShape.objects.filter(grid=row).order_by("-valid")[:MOST_SHAPES]
    return [
        {
            "first": one.valid.lower.isoformat() if one.valid.lower else None,
            "after": one.valid.upper.isoformat() if one.valid.upper else None,
            "days": queries.days_in_words(one.valid.lower, one.valid.upper),
            "now": bool(queries.running([one], day)),
            "shape": json.loads(one.shape.geojson),
        }
        for one in drawn
    ]
