"""The tree, and the page of a division."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.response import HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from gis_server.edge import Page, allow
from gis_server.errors import NotFound
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission, in_scope, may
from grids import page_parts, queries
from grids.codes import DIVISION_PATTERN, GRID_PATTERN, Level, prefix
from grids.models import (
    Assignment,
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

PEOPLE = ListFile(
    "people",
    [
        Column("grid", gettext_lazy("Grid"), lambda one: one.grid.name),
        Column("code", gettext_lazy("Code"), lambda one: one.grid.code),
        Column("role", gettext_lazy("Role"), lambda one: one.get_role_display()),
        Column("name", pgettext_lazy("person", "Name"), lambda one: one.worker.name),
        Column("number", gettext_lazy("Staff number"), lambda one: one.worker.number),
        Column("phone", gettext_lazy("Phone"), lambda one: one.worker.phone),
        Column("stands_in_for", gettext_lazy("Stands in for"),
               lambda one: one.stands_in_for.name if one.stands_in_for else None),
    ],
)  # fmt: skip
BELOW = ListFile(
    "territory",
    [
        Column("name", gettext_lazy("Name"), lambda one: one.node.name),
        Column("code", gettext_lazy("Code"), lambda one: one.node.code),
        Column("grids", gettext_lazy("Grids"), lambda one: one.counts.grids),
        Column("vacancies", gettext_lazy("Vacant"), lambda one: one.counts.vacancies),
        Column("households", gettext_lazy("Households"), lambda one: one.counts.households),
        Column("shops", gettext_lazy("Shops"), lambda one: one.counts.shops),
        Column("strays", gettext_lazy("In no grid"), lambda one: one.counts.strays),
    ],
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
    if isinstance(row, HttpResponseBase):
        return row
    tab = request.GET.get("tab", "")
    if tab == "people" and PEOPLE.is_asked(request):
        _role, (_total, held) = people_asked(request, prefix(row.code), WHOLE)
        return PEOPLE.answer(request, held)
    if tab == "" and BELOW.is_asked(request):
        return BELOW.answer(request, queries.children(row, WHOLE, timezone.localdate()).rows)
    return division_page(request, row)


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
        "file": BELOW,
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
    part = piece(request)
    role, (total, held) = people_asked(request, start, part)
    return {
        "file": PEOPLE,
        "held": held,
        "total": total,
        "piece": part,
        "role": role,
        "roles": StaffRole.choices,
        "staff": queries.staff_counts(start, timezone.localdate()),
        "config": map_config(request),
    }


def people_asked(
    request: HttpRequest, start: str, part: Page
) -> tuple[StaffRole | None, tuple[int, list[Assignment]]]:
    """
    Raises:
        NotFound: the user's role does not include people.
    """
    user, text = who(request), request.GET.get("role", "")
    if not may(user.role, Permission.SEE_PEOPLE):
        raise NotFound(_("There is nothing at this address."))
    role = StaffRole(text) if text in StaffRole.values else None
    return role, queries.staff(user, start, timezone.localdate(), role, part)


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
