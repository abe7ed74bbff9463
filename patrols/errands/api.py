"""Errands and who is nearest, as JSON: for the wall and other programs, and for phones."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gis_server.edge import allow, json_ok, parse_choice, parse_int, parse_page, user_of
from gis_server.errors import Invalid, NotAllowed
from gis_server.json_body import json_body
from gis_server.openapi.marks import answers, asks, needs, paged, sends
from gis_server.openapi.schemas import record, text, whole, words
from gis_server.roles import Permission, may
from patrols.errands import nearest, phone, queries, services
from patrols.errands.duties import member_of
from patrols.errands.sent import MAX_BODY, ORDER, POINT, check_sender, order_of, point_of
from patrols.errands.workflow import State

STATES = ["open", *(state.value for state in State)]


@allow(Permission.SEE_PATROLS)
@require_http_methods(["GET", "POST"])
@asks(paged(), state=words(STATES))
@sends(ORDER)
@answers(201, 200)
def errands(request: HttpRequest) -> JsonResponse:
    """GET answers the errands in reach, the newest first; `state`: one state, or open.  POST sends
    somebody on duty somewhere: 201, or 200 where the same client_id has done so before.
    """
    user = user_of(request)
    if request.method == "POST":
        return send(request)
    piece = parse_page(request)
    rows, total = queries.listed(user, parse_choice(request, "state", STATES), piece)
    return json_ok({"total": total, "items": [queries.item(row) for row in rows]})


def send(request: HttpRequest) -> JsonResponse:
    user = user_of(request)
    if not may(user.role, Permission.SEND_PATROLS):
        raise NotAllowed(_("Your role sends nobody."))
    order = order_of(json_body(request, MAX_BODY))
    row, is_new = services.send(by=user, order=order, now=timezone.now())
    return json_ok(queries.item(row) | {"is_new": is_new}, status=201 if is_new else 200)


@allow(Permission.SEND_PATROLS)
@require_POST
def withdraw(request: HttpRequest, errand_id: int) -> JsonResponse:
    """Take an errand back; 409 where it is over already."""
    row = services.withdraw(by=user_of(request), errand_id=errand_id, now=timezone.now())
    return json_ok({"id": row.pk, "state": row.state})


@allow(Permission.SEE_PATROLS)
@require_GET
@needs(POINT)
@asks(limit=whole(1, nearest.MOST, nearest.MOST))
def near(request: HttpRequest) -> JsonResponse:
    """Answer who on duty is nearest to lon, lat (WGS84), at most `limit`.  by: "street" where the
    distance is along streets, else "straight".
    """
    place = point_of(request.GET)
    most = parse_int(request, "limit", nearest.MOST, 1, nearest.MOST)
    now = timezone.now()
    found = nearest.nearest(user_of(request), place, now, most)
    return json_ok({"at": now.isoformat(), "items": [nearest.item(one) for one in found]})


@allow(Permission.DO_PATROLS)
@require_GET
def mine(request: HttpRequest) -> JsonResponse:
    """Answer the caller's own duties of today and the next days, with checkpoints, errands and, of
    volunteers, hours of service.
    """
    return json_ok(phone.shown(member_of(user_of(request)), timezone.now()))


@allow(Permission.DO_PATROLS)
@require_POST
@asks(verb=words(services.ANSWERS))
@sends(record({}, note=text(), sender={}))
def answer(request: HttpRequest, errand_id: int, verb: str) -> JsonResponse:
    """Say what becomes of an own errand: see, accept, decline (with a note) or done."""
    user, told = user_of(request), json_body(request, MAX_BODY)
    check_sender(user, told.get("sender"))
    row = services.answer(
        by=user, errand_id=errand_id, verb=verb, note=note_of(told), now=timezone.now()
    )
    return json_ok(queries.phone_item(row))


def note_of(told: dict[str, Any]) -> str:
    note = told.get("note", "")
    if not isinstance(note, str):
        raise Invalid(_("note must be a text."))
    return note
