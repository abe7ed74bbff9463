"""Pages of errands: the list, and sending somebody to a place."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_server.edge import allow, parse_choice, show, user_of
from gis_server.errors import DomainError
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission, may
from patrols.errands import nearest, queries, services
from patrols.errands.api import STATES
from patrols.errands.forms import SendForm
from patrols.errands.sent import Order, Target, target_of
from patrols.errands.workflow import State, Who, actions
from patrols.models import AboutKind, Errand, ErrandState

ERRANDS = ListFile(
    "errands",
    [
        Column("sent_at", pgettext_lazy("errand", "Sent"), lambda one: one.sent_at),
        Column("sender", pgettext_lazy("errand", "Sent by"), lambda one: one.sender_name),
        Column("member", pgettext_lazy("on duty", "Who"), lambda one: one.member.name),
        Column("post", gettext_lazy("Post"), lambda one: one.duty.post.name),
        Column(
            "about", pgettext_lazy("errand", "About"), lambda one: AboutKind(one.about_kind).label
        ),
        Column("place", gettext_lazy("Where"), lambda one: one.place),
        Column("message", gettext_lazy("Message"), lambda one: one.message),
        Column("state", gettext_lazy("State"), lambda one: one.get_state_display()),
        Column("seen_at", pgettext_lazy("errand", "Read at"), lambda one: one.seen_at),
        Column("answered_at", pgettext_lazy("errand", "Answered at"), lambda one: one.answered_at),
        Column("answer", pgettext_lazy("errand", "Answer"), lambda one: one.answer),
        Column("done_at", pgettext_lazy("errand", "Done at"), lambda one: one.done_at),
        Column(
            "withdrawn_at", pgettext_lazy("errand", "Withdrawn at"), lambda one: one.withdrawn_at
        ),
    ],
    lambda one: one.point,
)
PER_PAGE = 50


@allow(Permission.SEE_PATROLS)
@require_safe
def errands(request: HttpRequest) -> HttpResponseBase:
    """The errands in reach, the newest first; `state` leaves some."""
    user, piece = user_of(request), ERRANDS.piece(request, PER_PAGE)
    state = parse_choice(request, "state", STATES)
    rows, total = queries.listed(user, state, piece)
    if piece is WHOLE:
        return ERRANDS.answer(request, rows)
    may_send = may(user.role, Permission.SEND_PATROLS)
    context = {
        "here": "patrols",
        "file": ERRANDS,
        "rows": [row_shown(row, may_send=may_send) for row in rows],
        "total": total,
        "page": piece,
        "state": state,
        "states": [("open", _("Open")), *ErrandState.choices],
    }
    return show(request, "patrols/errands/list.html", context)


def row_shown(row: Errand, *, may_send: bool) -> dict[str, Any]:
    state = State(row.state)
    return {
        "row": row,
        "about": AboutKind(row.about_kind).label,
        "badge": queries.BADGES[state],
        "may_withdraw": may_send and bool(actions(state, Who.SENDER)),
    }


@allow(Permission.SEND_PATROLS)
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest) -> HttpResponseBase:
    """Choose who of the people nearest to a place is to go, and say why.

    The place is in the address: lon, lat, place, about_kind, about; `message` proposes words.
    """
    user, now = user_of(request), timezone.now()
    target = target_of(request.GET)
    people = nearest.nearest(user, target.point, now)
    duties = [one.duty.pk for one in people]
    form = SendForm(duties, request.POST or None, initial=proposed(request, people))
    if request.method == "POST" and form.is_valid():
        try:
            row, _is_new = services.send(by=user, order=order_of(form, target), now=now)
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            told = _("%(name)s was told. You see here whether it was read.")
            messages.success(request, told % {"name": row.member.name})
            return redirect(f"{reverse('errands')}?state=open")
    context = {
        "here": "patrols",
        "target": target,
        "about": target.about_kind.label,
        "people": people,
        "form": form,
        "chosen": form["duty"].value(),
    }
    return show(request, "patrols/errands/send.html", context, 422 if form.is_bound else 200)


def proposed(request: HttpRequest, people: list[nearest.Near]) -> dict[str, Any]:
    fresh = next((one.duty.pk for one in people if not one.is_stale), None)
    message = request.GET.get("message", "").replace("\0", "")[:200]
    return {"client_id": uuid4(), "duty": fresh, "message": message}


def order_of(form: SendForm, target: Target) -> Order:
    data = form.cleaned_data
    return Order(data["client_id"], int(data["duty"]), target, data["message"].strip())


@allow(Permission.SEND_PATROLS)
@require_POST
def withdraw(request: HttpRequest, errand_id: int) -> HttpResponseBase:
    services.withdraw(by=user_of(request), errand_id=errand_id, now=timezone.now())
    messages.success(request, _("The errand is withdrawn."))
    return redirect(f"{reverse('errands')}?state=open")
