"""The list of boundary plans, and the form for a new one."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from gis_server.edge import allow, parse_choice, parse_text, wants_page
from gis_server.errors import Conflict, Invalid, NotAllowed, status_of
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import User
from gis_server.roles import Permission, may, scope_q
from grids import areas
from grids.codes import DIGITS, Level, prefix
from grids.models import BoundaryPlan, Division
from grids.models.plans import STATE_NAMES
from grids.plan_flow import PlanState
from grids.plans import services, todo
from grids.plans.drafts import Draft
from grids.plans.forms import NewPlanForm
from grids.plans.looking_back import past
from grids.redrawing import Redrawing
from grids.views.plan_actions import sentences
from grids.views.shared import map_config, page, who

ROWS = 30
BADGES = {
    PlanState.DRAFT.value: "",
    PlanState.IN_REVIEW.value: "warn",
    PlanState.APPROVED.value: "good",
    PlanState.SCHEDULED.value: "good",
    PlanState.IN_FORCE.value: "good",
    PlanState.SUPERSEDED.value: "off",
    PlanState.WITHDRAWN.value: "off",
}
MOST_TERRITORIES = 2_000
INDENT = "\u3000"  # as wide as a Chinese character
TERRITORIES = (Level.DISTRICT, Level.STREET, Level.COMMUNITY)
PLANS = ListFile(
    "boundary-plans",
    [
        Column("number", gettext_lazy("Number"), lambda one: one["plan"].pk),
        Column("title", gettext_lazy("Title"), lambda one: one["plan"].title),
        Column("state", gettext_lazy("State"), lambda one: one["plan"].get_state_display()),
        Column("territory", gettext_lazy("Territory"), lambda one: one["place"]),
        Column("code", gettext_lazy("Code"), lambda one: one["plan"].scope_code),
        Column("planner", pgettext_lazy("boundary plan", "Planner"),
               lambda one: name_of(one["plan"].author)),
        Column("approved_by", gettext_lazy("Approved by"),
               lambda one: name_of(one["plan"].approved_by)),
        Column("base_day", gettext_lazy("Drawn on the map of"), lambda one: one["plan"].base_day),
        Column("day", pgettext_lazy("boundary plan", "In force from"),
               lambda one: one["plan"].effective_on),
        Column("document", gettext_lazy("Document number"), lambda one: one["plan"].document),
        Column("changed_at", gettext_lazy("Last changed"), lambda one: one["plan"].changed_at),
    ],
)  # fmt: skip


def name_of(user: User | None) -> str:
    return user.get_full_name() if user else ""


def tabs_of(user: User) -> list[tuple[str, str]]:
    """The pages around plans that a user may open."""
    if not may(user.role, Permission.REVIEW_PLANS):
        return []
    return [
        (reverse("grid-plans-list"), _("Boundary plans")),
        (reverse("grid-plans-compare"), _("Compare")),
        (reverse("grid-plans-day"), _("Map of a day")),
        (reverse("grid-crosswalk"), _("Old and new grids")),
    ]


def plans_page(
    request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page around plans; `config` is what its scripts must know."""
    given = {
        "here": "plans",
        "tabs": tabs_of(who(request)),
        "current": request.path,
        "config": map_config(request),
    }
    return page(request, f"grids/plans/{name}.html", given | context, status)


def territories(user: User) -> list[tuple[str, str]]:
    """Districts, streets and communities of one's reach to choose from: digits and name, indented
    by what they lie in.  One query.
    """
    mine = scope_q(user, "code")
    found = Division.objects.filter(mine, level__in=TERRITORIES).order_by("code")
    return [
        (prefix(code), INDENT * TERRITORIES.index(Level(level)) + name)
        for code, name, level in found.values_list("code", "name", "level")[:MOST_TERRITORIES]
    ]


@allow(Permission.REVIEW_PLANS)
@require_safe
def plans(request: HttpRequest) -> HttpResponseBase:
    """What waits for the reader, then all plans of their reach, newest first."""
    user, piece = who(request), PLANS.piece(request, ROWS)
    state = parse_choice(request, "state", [value for value, _name in STATE_NAMES])
    below = parse_text(request, "below", DIGITS[Level.COMMUNITY])
    known = past.plans_of(user, state, below)
    shown = rows_of(
        list(
            known.select_related("author", "editor", "approved_by")[
                piece.offset : piece.offset + piece.limit
            ]
        )
    )
    if piece is WHOLE:
        return PLANS.answer(request, shown)
    context = {
        "due": todo.due_for(user, timezone.now()) if not (piece.offset or state or below) else [],
        "rows": shown,
        "total": known.count(),
        "piece": piece,
        "file": PLANS,
        "state": state,
        "states": STATE_NAMES,
        "below": below,
        "territories": territories(user),
    }
    return plans_page(request, "list", context)


def rows_of(found: list[BoundaryPlan]) -> list[dict[str, Any]]:
    """One query for the names of their territories."""
    paths = areas.paths_of({one.scope_code for one in found})
    return [
        {"plan": one, "place": paths[one.scope_code], "badge": BADGES[one.state]} for one in found
    ]


@allow(Permission.EDIT_TERRITORY)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """The form for a new plan, drawn on the map of today; making it leads to its page."""
    user, status = who(request), 200
    sent = request.POST if request.method == "POST" else None
    form = NewPlanForm(territories(user), sent, initial={"territory": request.GET.get("below")})
    if sent is not None:
        status = 422
        if form.is_valid():
            try:
                plan = _make(user, form.cleaned_data)
            except (Conflict, Invalid, NotAllowed) as error:
                form.add_error(None, str(error.message))
                status = status_of(error)
            else:
                return redirect("grid-plan-page", plan.pk)
        if not wants_page(request):
            raise Invalid(sentences(form))
    return plans_page(request, "new", {"form": form}, status)


def _make(user: User, told: dict[str, Any]) -> BoundaryPlan:
    now = timezone.now()
    today = timezone.localdate(now)
    draft = Draft(told["title"], told["territory"], today, [], Redrawing())
    return services.make(draft=draft, by=user, now=now)
