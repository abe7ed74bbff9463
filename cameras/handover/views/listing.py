"""The page of the offline list: everything that is down, degraded or unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cameras import page_queries
from cameras.handover import wording
from cameras.handover.files.formats import FORMATS
from cameras.handover.line import Filters, Line, LineCamera
from cameras.handover.lines import Asked, asked, lines
from cameras.handover.models import SavedView
from cameras.handover.views.asking import (
    LISTED,
    filters_of,
    longer_names,
    query_of,
    sort_names,
)
from cameras.models import Camera
from cameras.probe.reason import Reason
from cameras.reasons_text import reason_name
from cameras.views.shared import ago, page, state_shown
from gis_server import navigation
from gis_server.edge import allow, parse_page, user_of
from gis_server.models import User
from gis_server.roles import Permission
from grids.queries import divisions_to_choose
from grids.views.shared import map_config

PER_PAGE = 50
MOST_FOLDED = 100
"""So many cameras of a line are read for the page; the files have all of them."""
OLD_AFTER = timedelta(minutes=10)


@allow(Permission.SEE_CAMERAS)
@require_safe
def offline_list(request: HttpRequest) -> HttpResponseBase:
    """Who comes without a question sees the view that is their default, if they have one."""
    user, now = user_of(request), timezone.now()
    views = list(SavedView.objects.filter(user=user))
    default = next((one for one in views if one.is_default), None)
    if default and not request.GET:
        return redirect(address(Filters.of(default.filters), view=default.pk))
    filters, piece = filters_of(request), parse_page(request, PER_PAGE)
    found = lines(user.reach, filters, now, page=piece, most_cameras=MOST_FOLDED)
    told = asked(user.reach)
    context = {
        "here": "repairs",
        "rows": [line_shown(line, now) for line in found.lines],
        "total": found.total,
        "cameras": found.cameras,
        "page": piece,
        "now": now,
        "filters": filters,
        "filtered": filters != Filters(sort=filters.sort),
        "query": query_of(filters),
        "views": [view_shown(one) for one in views],
        "chosen": request.GET.get("view", ""),
        "age": age_shown(told, now),
        "files": [(name, one.label) for name, one in FORMATS.items()],
        "config": map_of(request, found.lines),
        **choices(user),
    }
    return page(request, "cameras/handover/offline.html", context)


def address(filters: Filters, **more: Any) -> str:
    return reverse("offline-list") + query_of(filters, **more)


def choices(user: User) -> dict[str, Any]:
    return {
        "choices": page_queries.choices(user),
        "divisions": divisions_to_choose(user),
        "states": [state_shown(state.value) for state in LISTED],
        "reasons": [(one.value, reason_name(one.value)) for one in Reason if one is not Reason.OK],
        "priorities": Camera.Priority.choices,
        "sorts": sort_names(),
        "lengths": longer_names(),
    }


def view_shown(view: SavedView) -> dict[str, Any]:
    return {"view": view, "url": address(Filters.of(view.filters), view=view.pk)}


@dataclass(frozen=True, slots=True)
class Age:
    """How old what is shown is, in words, and whether that is a reason to doubt it."""

    text: str
    doubtful: bool
    cameras: int


def age_shown(told: Asked, now: datetime) -> Age:
    if not told.cameras:
        return Age(_("No camera of your area is watched."), True, 0)
    if told.oldest is None or told.never == told.cameras:
        return Age(_("No camera of your area has ever been asked."), True, told.cameras)
    words = _("Each of the %(count)d watched cameras was asked %(ago)s or later.") % {
        "count": told.cameras - told.never,
        "ago": ago(told.oldest, now),
    }
    if told.never:
        words += " " + _("%(count)d were never asked.") % {"count": told.never}
    return Age(words, told.never > 0 or now - told.oldest > OLD_AFTER, told.cameras)


def line_shown(line: Line, now: datetime) -> dict[str, Any]:
    """A line as the page shows it."""
    return {
        "line": line,
        "subject": wording.subject(line),
        "count": wording.count_text(line),
        "state": state_shown(line.state.value),
        "reason": wording.reason_text(line),
        "cause": wording.cause_text(line),
        "remedy": wording.remedy_text(line),
        "lasting": wording.lasting_text(line.lasting(now)),
        "owners": wording.names_text(line.each("owner")),
        "teams": teams_shown(line),
        "suspect": wording.suspect_text(line),
        "address": wording.names_text(line.each("address")),
        "grid": wording.grid_text(line.first) if line.is_single else "",
        "orders": orders_shown(line),
        "late": line.due is not None and line.due < now,
        "cameras": [camera_shown(one) for one in line.cameras],
        "left_out": line.total - len(line.cameras),
        "points": ";".join(f"{one.lon:.6f},{one.lat:.6f}" for one in line.cameras),
        "go": navigation.links(line.first.lat, line.first.lon, wording.subject(line)),
    }


def orders_shown(line: Line) -> list[dict[str, Any]]:
    """Each order of its cameras once."""
    found = {one.order_id: one.order_number for one in line.cameras if one.order_id}
    return [{"id": order_id, "number": number} for order_id, number in found.items()]


def teams_shown(line: Line) -> list[dict[str, str]]:
    """Each team of its cameras once, with the number that is called."""
    found = dict.fromkeys((one.team, one.phone) for one in line.cameras)
    return [{"name": name, "phone": phone} for name, phone in list(found)[: wording.MOST_NAMES]]


def camera_shown(one: LineCamera) -> dict[str, Any]:
    return {
        "camera": one,
        "state": state_shown(one.state.value),
        "reason": reason_name(one.reason),
        "upstream": wording.upstream_text(one),
        "grid": wording.grid_text(one),
        "priority": wording.class_name(one.priority),
    }


def map_of(request: HttpRequest, shown: Sequence[Line]) -> dict[str, Any]:
    """What the small map of a phone must know: the places of the lines of this page."""
    cameras = [one for line in shown for one in line.cameras]
    places = [
        {
            "name": one.name,
            "badge": state_shown(one.state.value)["badge"],
            "point": [round(one.lon, 6), round(one.lat, 6)],
        }
        for one in cameras
    ]
    lons, lats = [one.lon for one in cameras], [one.lat for one in cameras]
    box = [min(lons), min(lats), max(lons), max(lats)] if places else None
    return map_config(request, box=box, points=places)
