"""Entering an event at the desk: from a call, a video round or a camera.

The page sends it as the phone does (`api-event-reports`), under an id of its own, so that a second
press or a line that breaks makes no second event.
"""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from events.desk import queries
from events.desk.views.shared import page, script_config
from events.models import Source
from events.models.event import MAX_PHOTOS, MAX_TEXT
from events.reporting.sent import MAX_ADDRESS, MAX_ID
from events.texts import SEVERITIES
from gis_server.edge import allow, parse_choice, parse_int, parse_text, user_of
from gis_server.photos.decoding import MAX_BYTES
from gis_server.plain_numbers import decimal_of
from gis_server.roles import Permission, may

LONGEST_NUMBER = 25
AT_THE_DESK = (Source.HOTLINE, Source.VIDEO_ROUND, Source.CAMERA, Source.WORKER)


@allow(Permission.REPORT_EVENTS)
@require_safe
def new_event(request: HttpRequest) -> HttpResponseBase:
    """An empty report; lon, lat, source, camera and address of the query string fill it in."""
    user = user_of(request)
    known = known_of(request)
    context: dict[str, Any] = {
        "known": known,
        "sees_desk": may(user.role, Permission.SEE_EVENTS),
        "groups": grouped(queries.entries()),
        "sources": [(one.value, one.label) for one in AT_THE_DESK],
        "severities": [(one.value, name) for one, name in SEVERITIES.items()],
        "limits": {"photos": MAX_PHOTOS, "bytes": MAX_BYTES, "text": MAX_TEXT},
        "config": script_config(
            request,
            box=queries.extent_of(user),
            sender=user.pk,
            reports=reverse("api-event-reports"),
            photos=reverse("api-event-photos"),
            find=reverse("find"),
            camera=known["camera"],
            known_point=known["point"],
        ),
    }
    return page(request, "events/desk/new.html", context)


def known_of(request: HttpRequest) -> dict[str, Any]:
    """What another page knows of the event already.  Raises Invalid."""
    lon, lat = (decimal_of(parse_text(request, name, LONGEST_NUMBER)) for name in ("lon", "lat"))
    is_place = lon is not None and lat is not None and abs(lon) <= 180 and abs(lat) <= 85
    return {
        "source": parse_choice(request, "source", [one.value for one in AT_THE_DESK]),
        "camera": parse_int(request, "camera", 0, 1, MAX_ID) or None,
        "address": parse_text(request, "address", MAX_ADDRESS),
        "point": [lon, lat] if is_place else None,
    }


def grouped(entries: Any) -> list[dict[str, Any]]:
    """The catalogue as groups with what can be chosen in each."""
    below: dict[int, list[Any]] = {}
    for one in entries:
        if one.parent_id is not None:
            below.setdefault(one.parent_id, []).append(one)
    groups = [one for one in entries if one.parent_id is None and one.pk in below]
    return [
        {"name": f"{one.get_kind_display()} · {one.name}", "entries": below[one.pk]}
        for one in groups
    ]
