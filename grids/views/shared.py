"""What all pages of the territory have in common: forms in place, the undo bar, the map."""

import json
from typing import Any, cast

from django import forms
from django.contrib.gis.db.models import Extent
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from gis_server.edge import Page, parse_page
from gis_server.models import User
from gis_server.roles import Permission, may
from grids import queries
from grids.forms import AssignForm, CodeForm, FieldsForm, PointForm
from grids.models import Division, Grid, GridShape, GridWorker, Place, Thing
from grids.services import may_edit, state_of
from grids.services.state import thing_of

ROWS = 50
NEWEST = Page(limit=8, offset=0)
# The pages' scripts, each known to the others as grids/<name>.
MODULES = (
    "page_map",
    "plans/compare",
    "plans/day",
    "plans/life",
    "plans/plan_map",
    "plans/plan_page",
    "tree",
    "watch",
)
Forms = dict[str, forms.Form]
Box = list[float]


def who(request: HttpRequest) -> User:
    """The signed-in user; `allow` has let nobody else through."""
    return cast("User", request.user)


def piece(request: HttpRequest) -> Page:
    return parse_page(request, ROWS)


def page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of the territory; nothing of it is kept by the browser."""
    given = {
        "here": "territory",
        "modules": MODULES,
        "saved": saved_edit(request),
        "today": timezone.localdate(),
    }
    response = render(request, template, given | context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def saved_edit(request: HttpRequest) -> queries.EditRow | None:
    """The edit that brought the user here, which a bar offers to undo."""
    number = request.GET.get("saved", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return queries.edit_of_mine(who(request), int(number))


def forms_for(request: HttpRequest, row: models.Model, failed: Forms | None = None) -> Forms:
    """The forms that this user may send about a row; one that failed keeps what was typed.

    A form that failed says anew what is there now: whoever sends it again has seen that.
    """
    user = who(request)
    if not (may(user.role, Permission.EDIT_TERRITORY) and may_edit(user, row)):
        return {}
    thing = thing_of(row)
    fields = state_of(row)
    seen = json.dumps(fields)
    made: Forms = {"edit": FieldsForm(thing, initial=fields | {"seen": seen})}
    if isinstance(row, (Division, Grid)):
        made["code"] = CodeForm(
            initial={"code": row.code, "seen": json.dumps({"code": row.code})}, auto_id="code_%s"
        )
    if isinstance(row, Place):
        at = fields["point"]
        made["point"] = PointForm(
            initial={"position": f"{at[0]}, {at[1]}" if at else "", "seen": seen},
            auto_id="point_%s",
        )
    if isinstance(row, (Grid, GridWorker)):
        made["assign"] = _assign_form(row)
    for name, form in (failed or {}).items():
        if "seen" in made[name].fields:
            form.data = {**dict(form.data.items()), "seen": made[name].initial["seen"]}
        made[name] = form
    return made


def _assign_form(row: Grid | GridWorker) -> AssignForm:
    given = {"code": row.code} if isinstance(row, Grid) else {"number": row.number}
    role = "worker" if isinstance(row, Grid) else row.role
    first = timezone.localdate()
    return AssignForm(initial=given | {"role": role, "first": first}, auto_id="assign_%s")


def url_of(row: models.Model) -> str:
    """The address of a thing's page."""
    thing = thing_of(row)
    if isinstance(row, Division):
        return reverse("division-page", args=[row.code])
    if isinstance(row, Grid):
        return reverse("grid-page", args=[row.code])
    if isinstance(row, GridWorker):
        return reverse("worker-page", args=[row.number])
    return reverse(f"{thing.value.replace('_', '-')}-page", args=[row.pk])


def map_config(request: HttpRequest, **more: Any) -> dict[str, Any]:
    """What the scripts of a page must know; nothing secret, it stands in the page.

    more: box ([west, south, east, north]), division or grid (a code to mark), shapes (dated),
    point, points, watched (a subject of the change feed).
    """
    return {
        "urls": {
            "edition": reverse("edition"),
            "tiles": "/tiles",
            "ticket": reverse("live-ticket"),
        },
        "csrf": get_token(request),
        **more,
    }


def box_of(node: Division | Grid) -> Box | None:
    """West, south, east, north of a node's shape of today, in WGS84 degrees.  One query."""
    if isinstance(node, Grid):
        shapes = GridShape.objects.filter(grid=node, valid__contains=timezone.localdate())
    else:
        shapes = Division.objects.filter(pk=node.pk)  # type: ignore[assignment]
    found = shapes.aggregate(box=Extent("shape"))["box"]
    return list(found) if found else None


def watched(row: models.Model) -> str:
    """The subject under which the change feed tells of a thing."""
    return f"{Thing(thing_of(row)).value}-{row.pk}"
