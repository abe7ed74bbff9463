"""A technician's own page, for the phone in one hand."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from cameras.models import RepairOrder
from cameras.repairs import queries
from cameras.repairs.shown import order_shown
from cameras.repairs.views.shared import live_config, page
from cameras.repairs.workflow import MOVES, Action, Status, can
from gis_server.edge import allow, user_of
from gis_server.navigation import links as links_to
from gis_server.roles import Permission
from grids.views.shared import map_config

AROUND_DEG = 0.003
NEXT = (Action.ACCEPT, Action.ARRIVE)
"""What one press on the list does."""


@allow(Permission.DO_REPAIRS)
@require_safe
def mine(request: HttpRequest) -> HttpResponseBase:
    """The open orders of the user's teams, by what is due; the script sorts them by distance."""
    user, now = user_of(request), timezone.now()
    orders = queries.mine(user)
    queries.put_first_cameras(user, orders)
    rows = [row_shown(order, now) for order in orders]
    context = {
        "rows": rows,
        "has_team": bool(orders) or bool(queries.own_teams(user)),
        "config": map_of(request, rows),
        "live": live_config(request),
        "now": now,
    }
    return page(request, "cameras/repairs/mine.html", context)


def row_shown(order: Any, now: Any) -> dict[str, Any]:
    first = order.first
    row = order_shown(order, first, now)
    if first is not None:
        links = links_to(first.point.y, first.point.x, order.suspect_name or first.name)
        row |= {"links": links, "lon": first.point.x, "lat": first.point.y}
    return row | {"next_step": next_step(order)}


def next_step(order: RepairOrder) -> dict[str, str] | None:
    """The step that one press takes; the rest is on the order's page."""
    for action in NEXT:
        if can(action, Status(order.state)) and MOVES[action]:
            return {"verb": action.value}
    return None


def map_of(request: HttpRequest, rows: list[dict[str, Any]]) -> dict[str, Any]:
    placed = [row for row in rows if "lon" in row]
    if not placed:
        return {}
    lons, lats = [row["lon"] for row in placed], [row["lat"] for row in placed]
    marks = [
        {
            "name": row["subject"],
            "badge": "bad" if row["late"] else row["state"]["badge"],
            "point": [row["lon"], row["lat"]],
        }
        for row in placed
    ]
    box = [
        min(lons) - AROUND_DEG,
        min(lats) - AROUND_DEG,
        max(lons) + AROUND_DEG,
        max(lats) + AROUND_DEG,
    ]
    return map_config(request, box=box, points=marks)
