"""Rules of repairs: which team gets what, and by when it is to be done."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cameras import page_queries
from cameras.models import Camera
from cameras.queries import cameras_of
from cameras.repairs import queries
from cameras.repairs.forms import RoutingForm, RuleForm
from cameras.repairs.models import PRIORITIES, RepairRule, RoutingRule
from cameras.repairs.services import deadlines, routing
from cameras.repairs.views.shared import page
from gis_server.edge import allow, parse_text, user_of
from gis_server.errors import DomainError
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import User
from gis_server.roles import Permission

ROUTING = ListFile(
    "repair-routing",
    [
        Column("order", pgettext_lazy("sorting", "Order"), lambda one: one.position),
        Column("area", gettext_lazy("Area"), lambda one: one.area),
        Column("owner", gettext_lazy("Owner"), lambda one: one.owner and one.owner.name),
        Column(
            "upstream",
            gettext_lazy("Connected through"),
            lambda one: one.upstream and one.upstream.name,
        ),
        Column("team", gettext_lazy("Repair team"), lambda one: one.team.name),
    ],
)
TIMES = ListFile(
    "repair-times",
    [
        Column("valid_from", gettext_lazy("Holds from"), lambda one: one["rule"].valid_from),
        Column("class", gettext_lazy("Class"), lambda one: one["name"]),
        Column("delay_outage_min", gettext_lazy("Order after an outage of"),
               lambda one: one["rule"].delay_outage_min),
        Column("delay_picture_min", gettext_lazy("Order after a picture fault of"),
               lambda one: one["rule"].delay_picture_min),
        Column("respond_min", gettext_lazy("Accept within"), lambda one: one["rule"].respond_min),
        Column("arrive_min", gettext_lazy("Arrive within"), lambda one: one["rule"].arrive_min),
        Column("fix_min", gettext_lazy("Repair within"), lambda one: one["rule"].fix_min),
        Column("made_by", gettext_lazy("Entered by"),
               lambda one: one["rule"].made_by and str(one["rule"].made_by)),
    ],
)  # fmt: skip
MOST_RULES = 100
LONGEST_CODE = 60


@allow(Permission.LEAD_REPAIRS)
@require_http_methods(["GET", "HEAD", "POST"])
def routes(request: HttpRequest) -> HttpResponseBase:
    """The rules in reach, in the order in which they are tried; `camera` asks who would get it."""
    user = user_of(request)
    form = routing_form(user, request)
    if request.method == "POST" and form.is_valid():
        try:
            routing.add_routing(by=user, **form.cleaned_data)
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The rule is entered; it is tried after all others."))
            return redirect("repair-routing")
    rules = queries.routing_seen(user)
    if ROUTING.is_asked(request):
        return ROUTING.answer(request, rules)
    asked = parse_text(request, "camera", LONGEST_CODE)
    context = {
        "file": ROUTING,
        "rules": rules,
        "form": form,
        "asked": asked,
        "answer": tried(user, asked) if asked else None,
    }
    return page(request, "cameras/repairs/routing.html", context, 422 if form.is_bound else 200)


def routing_form(user: User, request: HttpRequest) -> RoutingForm:
    reach = user.reach[0] if len(user.reach) == 1 else ""
    choices = page_queries.choices(user)
    teams = queries.teams_seen(user)
    return RoutingForm(choices, teams, request.POST or None, initial={"area": reach})


def tried(user: User, asked: str) -> dict[str, Any]:
    """Which team would get a camera, and by which rule; by its code, or else its name."""
    found = cameras_of(user).select_related("team", "owner", "upstream")
    camera = found.filter(code=asked).first() or found.filter(name=asked).order_by("id").first()
    if camera is None:
        return {"camera": None}
    rules = list(RoutingRule.objects.select_related("team").order_by("position", "id"))
    rule = routing.deciding(routing.place_of(camera), rules[: routing.MOST_RULES])
    number = rules.index(rule) + 1 if rule else None
    return {"camera": camera, "team": rule.team if rule else camera.team, "number": number}


@allow(Permission.LEAD_REPAIRS)
@require_POST
def change_route(request: HttpRequest, rule_id: int) -> HttpResponseBase:
    """Move a rule up or down, or remove it.  Raises NotFound: see `routing.routing_for`."""
    user, wanted = user_of(request), request.POST.get("do", "")
    routing.routing_for(user, rule_id)
    try:
        if wanted == "remove":
            routing.remove_routing(by=user, rule_id=rule_id)
        else:
            routing.move_routing(by=user, rule_id=rule_id, up=wanted == "up")
    except DomainError as refused:
        messages.error(request, str(refused.message))
    return redirect("repair-routing")


@allow(Permission.LEAD_REPAIRS)
@require_http_methods(["GET", "HEAD", "POST"])
def times(request: HttpRequest) -> HttpResponseBase:
    """Delays and deadlines by class: what holds now, what is to come, and a form for more."""
    user, now = user_of(request), timezone.now()
    form = RuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        try:
            deadlines.add_rule(
                by=user,
                priority=wanted["priority"],
                valid_from=wanted["valid_from"],
                minutes=form.minutes(),
                now=now,
            )
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The rules are entered; open orders keep theirs."))
            return redirect("repair-times")
    today = timezone.localdate(now)
    rows = RepairRule.objects.select_related("made_by").order_by("-valid_from", "priority", "id")
    is_file = TIMES.is_asked(request)
    most = WHOLE.limit if is_file else MOST_RULES
    shown = [rule_shown(row, row.valid_from > today) for row in rows[:most]]
    if is_file:
        return TIMES.answer(request, shown)
    context = {
        "file": TIMES,
        "rows": shown,
        "now_held": [
            {"name": Camera.Priority(priority).label, "minutes": minutes}
            for priority, minutes in deadlines.rules_on(today).items()
        ],
        "form": form,
        "classes": PRIORITIES,
    }
    return page(request, "cameras/repairs/times.html", context, 422 if form.is_bound else 200)


def rule_shown(row: RepairRule, is_coming: bool) -> dict[str, Any]:
    return {"rule": row, "name": Camera.Priority(row.priority).label, "is_coming": is_coming}


@allow(Permission.LEAD_REPAIRS)
@require_POST
def remove_times(request: HttpRequest, rule_id: int) -> HttpResponseBase:
    """Take back rules of a day to come."""
    try:
        deadlines.remove_rule(by=user_of(request), rule_id=rule_id, now=timezone.now())
    except DomainError as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("The rules are taken back."))
    return redirect("repair-times")
