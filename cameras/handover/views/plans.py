"""Hand-over: plans of deliveries, what they would send, and what became of what they sent."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cameras.handover import queries
from cameras.handover.delivery_flow import SENT_AGAIN, DeliveryState
from cameras.handover.forms import PlanForm, initial_of
from cameras.handover.line import Filters
from cameras.handover.models import Delivery, DeliveryPlan
from cameras.handover.outgoing import NotSent, Outgoing
from cameras.handover.services import deliveries, plans
from cameras.handover.services.sending import prepared
from cameras.handover.views.asking import filters_of, query_of
from cameras.handover.views.listing import address, choices
from cameras.views.shared import page
from gis_server.edge import allow, parse_choice, parse_int, user_of
from gis_server.errors import Conflict, DomainError, Invalid
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission
from gis_server.throttle import Pace

DELIVERIES = ListFile(
    "deliveries",
    [
        Column("plan", gettext_lazy("Plan"), lambda one: one["delivery"].plan.name),
        Column("about", pgettext_lazy("delivery", "Of"), lambda one: one["about"]),
        Column("asked_by", pgettext_lazy("delivery", "Asked by"),
               lambda one: one["delivery"].asked_by and str(one["delivery"].asked_by)),
        Column("state", gettext_lazy("State"), lambda one: one["state"]["name"]),
        Column("made_at", pgettext_lazy("delivery", "Made"), lambda one: one["delivery"].made_at),
        Column("sent_at", gettext_lazy("Sent"), lambda one: one["delivery"].sent_at),
        Column("attempts", gettext_lazy("Attempts"), lambda one: one["delivery"].attempts),
        Column("lines", pgettext_lazy("delivery", "Lines"), lambda one: one["delivery"].rows),
        Column("error", pgettext_lazy("delivery", "What went wrong"),
               lambda one: one["delivery"].last_error),
    ],
)  # fmt: skip
PER_PAGE = 50
LONGEST_SHOWN = 20_000
STATES = {
    DeliveryState.WAITING: "off",
    DeliveryState.SENDING: "off",
    DeliveryState.SENT: "good",
    DeliveryState.FAILED: "warn",
    DeliveryState.GIVEN_UP: "bad",
    DeliveryState.UNCLEAR: "warn",
}


@allow(Permission.HAND_OVER)
@require_safe
def handover(request: HttpRequest) -> HttpResponseBase:
    user, piece = user_of(request), DELIVERIES.piece(request, PER_PAGE)
    only_wrong = parse_int(request, "wrong", 0, 0, 1) == 1
    shown = queries.plans(user)
    rows, total = queries.deliveries([one.plan.pk for one in shown], piece, only_wrong=only_wrong)
    made = [delivery_shown(row) for row in rows]
    if piece is WHOLE:
        return DELIVERIES.answer(request, made)
    context = {
        "here": "repairs",
        "file": DELIVERIES,
        "plans": [plan_shown(one.plan, one.last) for one in shown],
        "rows": made,
        "total": total,
        "page": piece,
        "wrong": only_wrong,
        "now": timezone.now(),
        "channels": DeliveryPlan.Channel.choices,
        "query": query_of(filters_of(request)),
    }
    return page(request, "cameras/handover/plans.html", context)


def plan_shown(plan: DeliveryPlan, last: Delivery | None) -> dict[str, Any]:
    filters = Filters.of(plan.filters)
    return {
        "plan": plan,
        "last": delivery_shown(last) if last else None,
        "list_url": address(filters, all=1),
        "filtered": filters != Filters(sort=filters.sort),
    }


def delivery_shown(row: Delivery) -> dict[str, Any]:
    state = DeliveryState(row.state)
    return {
        "delivery": row,
        "state": {"name": state_name(state), "badge": STATES[state]},
        "about": about(row.key),
        "may_send_again": state in SENT_AGAIN,
    }


def state_name(state: DeliveryState) -> str:
    return {
        DeliveryState.WAITING: pgettext("delivery", "Waiting"),
        DeliveryState.SENDING: pgettext("delivery", "Being sent"),
        DeliveryState.SENT: pgettext("delivery", "Sent"),
        DeliveryState.FAILED: pgettext("delivery", "Failed, tried again"),
        DeliveryState.GIVEN_UP: pgettext("delivery", "Given up"),
        DeliveryState.UNCLEAR: pgettext("delivery", "Unclear"),
    }[state]


def about(key: str) -> str:
    """What a delivery is of, in words."""
    kind, _colon, rest = key.partition(":")
    words = {
        "daily": _("List of %(what)s"),
        "outage": _("Outage %(what)s"),
        "asked": _("Asked for %(what)s"),
    }
    return words.get(kind, "%(what)s") % {"what": rest.partition(".")[0]}


@allow(Permission.HAND_OVER)
@require_http_methods(["GET", "HEAD", "POST"])
def new_plan(request: HttpRequest) -> HttpResponseBase:
    by = user_of(request)
    channel = parse_choice(request, "channel", DeliveryPlan.Channel.values) or "email"
    form = PlanForm(channel, request.POST or None, is_new=True, initial={"formats": ["xlsx"]})
    if request.method == "POST" and form.is_valid():
        wanted = form.wanted(filters_sent(request))
        try:
            plan = plans.add_plan(by=by, channel=channel, wanted=wanted, now=timezone.now())
            messages.success(request, _("The plan is made. Look at what it would send."))
            return redirect("preview-plan", plan.pk)
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error.message))
    return form_page(request, form, channel, filters_of(request), None)


@allow(Permission.HAND_OVER)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_plan(request: HttpRequest, plan_id: int) -> HttpResponseBase:
    by, now = user_of(request), timezone.now()
    plan = plans.plan_for(by, plan_id)
    form = PlanForm(plan.channel, request.POST or None, is_new=False, initial=initial_of(plan))
    if request.method == "POST" and form.is_valid():
        wanted, version = form.wanted(filters_sent(request)), form.cleaned_data["version"] or 0
        try:
            plans.change_plan(by=by, plan_id=plan.pk, version=version, wanted=wanted, now=now)
            messages.success(request, _("Saved. It now delivers what lies in your area."))
            return redirect("handover")
        except Conflict as error:
            form.add_error(None, str(error.message))
    return form_page(request, form, plan.channel, Filters.of(plan.filters), plan)


def filters_sent(request: HttpRequest) -> Filters:
    """The form sends them beside its own fields, named as on the list.  Raises Invalid."""
    asked = HttpRequest()
    asked.GET = QueryDict(request.POST.urlencode())
    return filters_of(asked)


def form_page(
    request: HttpRequest,
    form: PlanForm,
    channel: str,
    filters: Filters,
    plan: DeliveryPlan | None,
) -> HttpResponse:
    if request.method == "POST":
        filters = filters_sent(request)
    context = {
        "here": "repairs",
        "form": form,
        "plan": plan,
        "channel": DeliveryPlan.Channel(channel).label,
        "filters": filters,
        **choices(user_of(request)),
    }
    return page(request, "cameras/handover/plan.html", context, 422 if form.errors else 200)


@allow(Permission.HAND_OVER)
@require_safe
def preview_plan(request: HttpRequest, plan_id: int) -> HttpResponseBase:
    """Exactly what would be sent now; nothing is."""
    user, now = user_of(request), timezone.now()
    plan = plans.plan_for(user, plan_id)
    context: dict[str, Any] = {"here": "repairs", "plan": plan, "now": now}
    try:
        with translation.override(plan.language):
            what, rows = prepared(plan, "asked:preview", f"{plan.pk}-0", now)
        context |= {"what": what, "rows": rows, "body": body_shown(what)}
        context["size_kb"] = -(-what.size_bytes // 1024)
    except NotSent as error:
        context["error"] = error.text
    except DomainError as error:
        context["error"] = str(error.message)
    return page(request, "cameras/handover/preview.html", context)


def body_shown(what: Outgoing) -> str:
    """A body that can be read: JSON is indented, and cut where it is very long."""
    try:
        text = json.dumps(json.loads(what.body), ensure_ascii=False, indent=2)
    except ValueError:
        text = what.body
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "\n…"


@allow(Permission.HAND_OVER, Pace.DEVICES)
@require_POST
def send_now(request: HttpRequest, plan_id: int) -> HttpResponseBase:
    try:
        deliveries.ask_now(by=user_of(request), plan_id=plan_id, now=timezone.now())
        messages.success(
            request, _("It is sent within half a minute; see below what became of it.")
        )
    except Conflict as error:
        messages.error(request, str(error.message))
    return redirect("handover")


@allow(Permission.HAND_OVER)
@require_POST
def remove_plan(request: HttpRequest, plan_id: int) -> HttpResponseBase:
    plans.remove_plan(by=user_of(request), plan_id=plan_id)
    messages.success(request, _("The plan is removed."))
    return redirect("handover")


@allow(Permission.HAND_OVER, Pace.DEVICES)
@require_POST
def send_again(request: HttpRequest, delivery_id: int) -> HttpResponseBase:
    try:
        deliveries.send_again(by=user_of(request), delivery_id=delivery_id, now=timezone.now())
        messages.success(request, _("It is sent again within half a minute."))
    except Conflict as error:
        messages.error(request, str(error.message))
    return redirect(f"{reverse('handover')}#deliveries")
