"""The page of a building, shop or service point, and the work on those that are in no grid."""

import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gis_server.edge import Page, allow
from gis_server.errors import NotFound
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission, in_scope, scope_q
from grids import queries
from grids.codes import DIGITS, prefix
from grids.models import Division, Place, Thing
from grids.services import state_of
from grids.views.shared import (
    NEWEST,
    ROWS,
    Box,
    Forms,
    box_of,
    forms_for,
    map_config,
    page,
    watched,
    who,
)


def why_astray(one: queries.StrayRow) -> str:
    return _("outside all grids") if one.placed else _("not placed yet")


STRAYS = ListFile(
    "strays",
    [
        Column("kind", gettext_lazy("Kind"), lambda one: one.thing.label),
        Column("id", gettext_lazy("Number"), lambda one: one.id),
        Column("name", gettext_lazy("Name"), lambda one: one.name),
        Column("address", gettext_lazy("Address"), lambda one: one.address),
        Column("why", gettext_lazy("Why"), why_astray),
        Column("code", gettext_lazy("Territory"), lambda one: one.scope_code),
    ],
    lambda one: one.point,
)
STATES = ("", "unplaced", "outside")
MOST_DIVISIONS = 1000  # offered as filters
AROUND_DEG = 0.004  # what a place's map shows either side of it, about 350 m


@allow(Permission.SEE_MAP)
@require_safe
def building(request: HttpRequest, number: int) -> HttpResponseBase:
    return place_page(request, found(request, Thing.BUILDING, number))


@allow(Permission.SEE_MAP)
@require_safe
def shop(request: HttpRequest, number: int) -> HttpResponseBase:
    return place_page(request, found(request, Thing.SHOP, number))


@allow(Permission.SEE_MAP)
@require_safe
def service_point(request: HttpRequest, number: int) -> HttpResponseBase:
    return place_page(request, found(request, Thing.SERVICE_POINT, number))


def found(request: HttpRequest, thing: Thing, number: int) -> Place:
    """
    Raises:
        NotFound: no such place, or none in the user's reach (which must look the same).
    """
    row = queries.place(who(request), thing, number)
    if row is None:
        raise NotFound(_("There is no such thing in your territory (any more)."))
    return row


def thing_of_place(row: Place) -> Thing:
    return next(thing for thing, model in queries.PLACE_MODELS.items() if isinstance(row, model))


def place_page(
    request: HttpRequest, row: Place, failed: Forms | None = None, status: int = 200
) -> HttpResponse:
    thing = thing_of_place(row)
    context: dict[str, Any] = {
        "row": row,
        "thing": thing.value,
        "word": thing.label,
        "grid": row.grid,
        "grid_in_reach": row.grid is not None and in_scope(who(request), row.grid.code),
        "forms": forms_for(request, row, failed),
        "seen": json.dumps(state_of(row)),
        "edits": queries.edits_of(thing, row.pk, NEWEST)[1],
        "config": place_map(request, row),
    }
    return page(request, "grids/place.html", context, status)


def place_map(request: HttpRequest, row: Place) -> dict[str, Any]:
    at = queries.point_json(row)
    return map_config(
        request,
        box=_around(at) if at else box_of_code(row.scope_code),
        point=at,
        grid=row.grid.code if row.grid else None,
        watched=watched(row),
    )


def _around(at: list[float]) -> Box:
    east, north = at
    return [east - AROUND_DEG, north - AROUND_DEG, east + AROUND_DEG, north + AROUND_DEG]


def box_of_code(code: str) -> Box | None:
    """The box of the smallest division that a territory's code lies in.  Two queries."""
    codes = [code[:digits].ljust(12, "0") for digits in DIGITS.values() if digits <= len(code)]
    known = Division.objects.filter(code__in=codes, shape__isnull=False).defer(
        "shape", "shape_3857"
    )
    lowest = max(known, key=lambda one: len(one.code.rstrip("0")), default=None)
    return box_of(lowest) if lowest else None


def stray_filter(request: HttpRequest) -> queries.StrayFilter:
    """What the query string wants of the strays; what is no filter is none."""
    kind, start = request.GET.get("kind", ""), request.GET.get("division", "")
    state = request.GET.get("state", "")
    known = {thing.value for thing in queries.PLACE_MODELS}
    return queries.StrayFilter(
        thing=Thing(kind) if kind in known else None,
        prefix=start if start.isascii() and start.isdigit() and len(start) <= 12 else "",
        state=state if state in STATES else "",
    )


def filter_query(wanted: queries.StrayFilter) -> str:
    kept = {"kind": wanted.thing.value if wanted.thing else "", "division": wanted.prefix}
    return urlencode({k: v for k, v in (kept | {"state": wanted.state}).items() if v})


@allow(Permission.SEE_MAP)
@require_safe
def strays(request: HttpRequest) -> HttpResponseBase:
    """The places that are in no grid: without a position yet, or outside all grids."""
    wanted, part, user = stray_filter(request), STRAYS.piece(request, ROWS), who(request)
    total, rows = queries.strays(user, wanted, part)
    if part is WHOLE:
        return STRAYS.answer(request, rows)
    named = Division.objects.filter(scope_q(user, "code"), level__in=("street", "community"))
    mine = named.order_by("code").values_list("code", "name", "level")[:MOST_DIVISIONS]
    context = {
        "here": "strays",
        "file": STRAYS,
        "rows": rows,
        "total": total,
        "piece": part,
        "wanted": wanted,
        "query": filter_query(wanted),
        "kinds": [(thing.value, thing.label) for thing in queries.PLACE_MODELS],
        "divisions": [(prefix(code), name, level) for code, name, level in mine],
        "config": map_config(request),
        "first": rows[0] if rows else None,
    }
    return page(request, "grids/strays.html", context)


@allow(Permission.EDIT_TERRITORY)
@require_safe
def stray(request: HttpRequest, thing: str, number: int) -> HttpResponseBase:
    """One place to be put on the map; one that is in a grid by now leads to the next."""
    return stray_page(request, found(request, kind_or_404(thing), number))


def kind_or_404(text: str) -> Thing:
    """
    Raises:
        NotFound: the text is no kind of place.
    """
    if text not in {thing.value for thing in queries.PLACE_MODELS}:
        raise NotFound(_("There is nothing at this address."))
    return Thing(text)


def stray_page(
    request: HttpRequest, row: Place, failed: Forms | None = None, status: int = 200
) -> HttpResponse:
    thing, wanted = thing_of_place(row), stray_filter(request)
    if row.grid_id is not None:
        return redirect(after(request, thing, row.pk))
    total, _rows = queries.strays(who(request), wanted, Page(1, 0))
    context: dict[str, Any] = {
        "here": "strays",
        "row": row,
        "thing": thing.value,
        "word": thing.label,
        "forms": forms_for(request, row, failed),
        "seen": json.dumps(state_of(row)),
        "query": filter_query(wanted),
        "skip": after(request, thing, row.pk),
        "total": total,
        "config": place_map(request, row),
    }
    return page(request, "grids/stray.html", context, status)


def after(request: HttpRequest, thing: Thing, number: int, saved: int | None = None) -> str:
    """The address of the next stray under the same filter, or of the list when all are done."""
    wanted = stray_filter(request)
    following = queries.next_stray(who(request), wanted, thing, number)
    if following is None:
        where = reverse("strays")
    else:
        where = reverse("stray", args=[following.thing.value, following.id])
    query = filter_query(wanted) + (f"&saved={saved}" if saved else "")
    return f"{where}?{query.lstrip('&')}" if query else where
