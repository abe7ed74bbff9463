"""The tree, and the page of a division."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.response import HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_server.edge import Page, allow
from gis_server.errors import NotFound
from gis_server.roles import Permission, in_scope, may
from grids import page_parts, queries
from grids.codes import DIVISION_PATTERN, GRID_PATTERN, Level, prefix
from grids.models import (
    Division,
    DivisionDesignation,
    Grid,
    GridDesignation,
    StaffRole,
    Thing,
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

PART_ROWS = 6
TABS = ("", "people", "places", "changes")


@allow(Permission.SEE_MAP)
@require_safe
def tree(request: HttpRequest) -> HttpResponseBase:
    """The page alone; its script asks for the nodes as they are opened."""
    total, _rows = queries.strays(who(request), queries.StrayFilter(), Page(1, 0))
    context = {"strays": total, "config": map_config(request)}
    return page(request, "grids/tree.html", context)


@allow(Permission.SEE_MAP)
@require_safe
def division(request: HttpRequest, code: str) -> HttpResponseBase:
    """A division: facts, map, what lies below, people, places, changes.

    Raises:
        NotFound: no such division, or none in the user's reach (which must look the same).
    """
    row = by_code(request, Division, code)
    return row if isinstance(row, HttpResponseBase) else division_page(request, row)


def by_code(
    request: HttpRequest, model: type[Division] | type[Grid], code: str
) -> Any | HttpResponseBase:
    """The division or grid with this code; a redirect when it had it once and nobody has it now."""
    pattern = DIVISION_PATTERN if model is Division else GRID_PATTERN
    known = re.fullmatch(pattern, code) is not None
    row = queries.node_at(who(request), code) if known else None
    if row is not None:
        return row
    newer = _renumbered(model, code) if known else None
    if newer is None or not in_scope(who(request), newer.code):
        told = _("There is no division or grid %(code)s in your territory.")
        raise NotFound(told % {"code": code[:20]})
    name = "division-page" if model is Division else "grid-page"
    response = HttpResponsePermanentRedirect(f"{reverse(name, args=[newer.code])}?was={code}")
    # The code may be given to another one day: no browser may keep this.
    response["Cache-Control"] = "private, no-store"
    return response


def _renumbered(model: type[Division] | type[Grid], code: str) -> Division | Grid | None:
    """Who had a code last; None when somebody out of reach has it now."""
    if model.objects.filter(code=code).exists():
        return None
    if model is Division:
        then = DivisionDesignation.objects.filter(code=code).select_related("division")
        last = then.order_by("-valid").first()
        return last.division if last else None
    was = (
        GridDesignation.objects.filter(code=code).select_related("grid").order_by("-valid").first()
    )
    return was.grid if was else None


def former(row: Division | Grid) -> list[dict[str, Any]]:
    """Codes and names that a division or grid went by, the latest first, with their days."""
    today = timezone.localdate()
    return [
        {
            "code": one.code,
            "name": one.name,
            "days": queries.days_in_words(one.valid.lower, one.valid.upper),
            "now": one.valid.upper is None or one.valid.upper > today,
        }
        for one in row.designations.order_by("-valid")
    ]


def lying_in(request: HttpRequest, row: Division | Grid) -> list[dict[str, Any]]:
    """What a node lies in; names outside the user's reach stand there without a link."""
    return [
        {
            "node": above,
            "reach": in_scope(who(request), above.code),
            "grid": isinstance(above, Grid),
        }
        for above in queries.ancestors(row)
    ]


def division_page(
    request: HttpRequest, row: Division, failed: Forms | None = None, status: int = 200
) -> HttpResponse:
    day, start = timezone.localdate(), prefix(row.code)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else ""
    context: dict[str, Any] = {
        "row": row,
        "tab": tab,
        "tabs": tabs_for(request, TABS),
        "above": lying_in(request, row),
        "counts": queries.counts_below([start], day)[start],
        "was": request.GET.get("was", "")[:20],
        "forms": forms_for(request, row, failed),
        "thing": Thing.DIVISION.value,
    }
    context |= _tab(request, row, tab)
    return page(request, "grids/division.html", context, status)


def tabs_for(request: HttpRequest, wanted: tuple[str, ...]) -> list[tuple[str, str]]:
    """The views of a page that the user may see, with their names."""
    names = {
        "": _("Overview"),
        "people": _("People"),
        "places": _("Places"),
        "changes": _("Changes"),
    }
    people = may(who(request).role, Permission.SEE_PEOPLE)
    return [(tab, names[tab]) for tab in wanted if tab != "people" or people]


def _tab(request: HttpRequest, row: Division, tab: str) -> dict[str, Any]:
    user, day, start, part = who(request), timezone.localdate(), prefix(row.code), piece(request)
    if tab == "people":
        return people_tab(request, start)
    if tab == "places":
        return places_tab(request, start)
    if tab == "changes":
        total, edits = queries.edits_below(user, start, part)
        return {"edits": edits, "total": total, "piece": part, "config": map_config(request)}
    below = queries.children(row, part, day)
    parts = page_parts.parts(user, start, PART_ROWS)
    return {
        "children": below.rows,
        "total": below.total,
        "piece": part,
        "staff": queries.staff_counts(start, day),
        "former": former(row),
        "parts": parts,
        "edits": queries.edits_of(Thing.DIVISION, row.pk, NEWEST)[1],
        "communities_below": row.level
        in {Level.PROVINCE, Level.CITY, Level.DISTRICT, Level.STREET},
        "config": map_config(
            request,
            box=box_of(row),
            division=row.code,
            watched=watched(row),
            points=points_of(parts),
        ),
    }


def points_of(parts: list[page_parts.Part]) -> list[dict[str, Any]]:
    """What other apps know here, as points of the page's map."""
    return [
        {"name": one.name, "badge": one.badge, "point": one.point}
        for part in parts
        for one in part.rows
        if one.point is not None
    ]


def people_tab(request: HttpRequest, start: str) -> dict[str, Any]:
    """
    Raises:
        NotFound: the user's role does not include people.
    """
    user, day, part = who(request), timezone.localdate(), piece(request)
    if not may(user.role, Permission.SEE_PEOPLE):
        raise NotFound(_("There is nothing at this address."))
    text = request.GET.get("role", "")
    role = StaffRole(text) if text in StaffRole.values else None
    total, held = queries.staff(user, start, day, role, part)
    return {
        "held": held,
        "total": total,
        "piece": part,
        "role": role,
        "roles": StaffRole.choices,
        "staff": queries.staff_counts(start, day),
        "config": map_config(request),
    }


def places_tab(request: HttpRequest, start: str) -> dict[str, Any]:
    part, text = piece(request), request.GET.get("kind", "")
    thing = Thing(text) if text in {kind.value for kind in queries.PLACE_MODELS} else Thing.BUILDING
    total, rows = queries.places(who(request), thing, start, part)
    return {
        "places": rows,
        "total": total,
        "piece": part,
        "kind": thing.value,
        "kinds": [
            (kind.value, kind.label) for kind in (Thing.BUILDING, Thing.SHOP, Thing.SERVICE_POINT)
        ],
        "place_page": f"{thing.value.replace('_', '-')}-page",
        "layer": f"{thing.value.replace('_', '-')}s",
        "within": start,
        "config": map_config(request),
    }
