"""The page of one order, and the forms that move it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cameras.health import State
from cameras.models import RepairOrder, RepairOrderCamera
from cameras.page_parts import BADGES
from cameras.probe.reason import Reason
from cameras.queries import state_of
from cameras.reasons_text import TEXTS, reason_name
from cameras.repairs import queries
from cameras.repairs.forms import sent_by
from cameras.repairs.rights import actions_of
from cameras.repairs.services.acting import MAX_PHOTOS
from cameras.repairs.services.verbs import perform
from cameras.repairs.shown import order_shown, step_shown
from cameras.repairs.texts import BUTTONS
from cameras.repairs.views.shared import live_config, page
from cameras.repairs.workflow import Action
from cameras.views.shared import state_shown as camera_state_shown
from gis_server.edge import allow, next_address, user_of
from gis_server.errors import DomainError, NotFound
from gis_server.models import User
from gis_server.navigation import links as links_to
from gis_server.photos.decoding import MAX_BYTES
from gis_server.roles import Permission, may
from grids.views.shared import map_config

MOST_STEPS = 500
AROUND_DEG = 0.002
ONE_PRESS = frozenset({Action.ACCEPT, Action.ARRIVE, Action.RESUME})
"""Steps that need nothing but the press of a button."""
FOR_LEADERS = frozenset({Action.ROUTE, Action.AGREE, Action.WITHDRAW, Action.GRANT, Action.DECLINE})


@allow(Permission.SEE_CAMERAS)
@require_safe
def order(request: HttpRequest, order_id: int) -> HttpResponseBase:
    """All that is known of an order.

    Raises:
        NotFound: no such order, or none in the user's reach (which must look the same).
    """
    user, now = user_of(request), timezone.now()
    row = queries.order_for(user, order_id)
    return shown(request, user, row, now)


def shown(
    request: HttpRequest, user: User, row: RepairOrder, now: datetime, status: int = 200
) -> HttpResponseBase:
    parts = queries.parts_of(user, row)
    first = parts[0].camera if parts else None
    text = TEXTS[Reason(row.reason)]
    context = order_shown(row, first, now) | {
        "parts": [part_shown(part) for part in parts],
        "cause": text.cause,
        "remedy": text.remedy,
        "links": links_of(row, parts),
        "steps": [step_shown(step) for step in row.steps.all()[:MOST_STEPS]],
        "buttons": buttons_of(user, row),
        "sees_pictures": may(user.role, Permission.SEE_PICTURES),
        "config": map_of(request, parts),
        "live": live_config(request) | {"order": row.pk},
        "photo_limits": {"most": MAX_PHOTOS, "bytes": MAX_BYTES},
        "waits": RepairOrder.WaitsFor.choices,
        "now": now,
    }
    if any(one["action"] is Action.ROUTE for one in context["buttons"]):
        context["teams"] = queries.teams_seen(user)[: queries.MOST_TEAMS]
    return page(request, "cameras/repairs/order.html", context, status)


def part_shown(part: RepairOrderCamera) -> dict[str, Any]:
    """A camera of the order: as it is now, and its pictures from before and after."""
    state = state_of(part.camera)
    return {
        "part": part,
        "camera": part.camera,
        "state": camera_state_shown(state.state),
        "reason": "" if state.state == "online" else reason_name(state.reason),
        "before": picture_of(part.before_id),
        "after": picture_of(part.after_id),
    }


def picture_of(snapshot_id: int | None) -> dict[str, str] | None:
    if snapshot_id is None:
        return None
    thumb = reverse("snapshot-thumb", args=[snapshot_id])
    return {"thumb": f"{thumb}?how=timeline", "whole": reverse("snapshot", args=[snapshot_id])}


def buttons_of(user: User, row: RepairOrder) -> list[dict[str, Any]]:
    return [
        {
            "action": action,
            "name": BUTTONS[action],
            "one_press": action in ONE_PRESS,
            "for_leaders": action in FOR_LEADERS,
        }
        for action in actions_of(user, row)
    ]


def links_of(row: RepairOrder, parts: list[RepairOrderCamera]) -> dict[str, str] | None:
    """Links of maps to the middle of the cameras; None where there are none."""
    points = [part.camera.point for part in parts if part.left_at is None]
    if not points:
        return None
    lon = sum(point.x for point in points) / len(points)
    lat = sum(point.y for point in points) / len(points)
    name = row.suspect_name or parts[0].camera.name
    links = links_to(lat, lon, name)
    return {"amap": links.amap, "baidu": links.baidu, "system": links.system}


def map_of(request: HttpRequest, parts: list[RepairOrderCamera]) -> dict[str, Any]:
    points = [part.camera.point for part in parts]
    if not points:
        return map_config(request)
    west, east = min(one.x for one in points), max(one.x for one in points)
    south, north = min(one.y for one in points), max(one.y for one in points)
    marks = [
        {
            "name": part.camera.name,
            "badge": BADGES[State(state_of(part.camera).state)],
            "point": [part.camera.point.x, part.camera.point.y],
        }
        for part in parts
    ]
    box = [west - AROUND_DEG, south - AROUND_DEG, east + AROUND_DEG, north + AROUND_DEG]
    return map_config(request, box=box, points=marks)


@allow(Permission.SEE_CAMERAS)
@require_POST
def act(request: HttpRequest, order_id: int, verb: str) -> HttpResponseBase:
    """Take a step; what is refused is said on the order's page, as it is now.

    Raises:
        NotFound: no such order or step.
    """
    user, now = user_of(request), timezone.now()
    queries.order_for(user, order_id)
    try:
        perform(by=user, order_id=order_id, verb=verb, sent=sent_by(request.POST), now=now)
    except NotFound:
        raise
    except DomainError as refused:
        messages.error(request, str(refused.message))
    return redirect(next_address(request) or reverse("repair-order", args=[order_id]))
