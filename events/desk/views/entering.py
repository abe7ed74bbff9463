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
from events.texts import SEVERITIES
from gis_server.edge import allow, user_of
from gis_server.photos.decoding import MAX_BYTES
from gis_server.roles import Permission

AT_THE_DESK = (Source.HOTLINE, Source.VIDEO_ROUND, Source.CAMERA, Source.WORKER)


@allow(Permission.REPORT_EVENTS)
@require_safe
def new_event(request: HttpRequest) -> HttpResponseBase:
    user = user_of(request)
    context: dict[str, Any] = {
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
        ),
    }
    return page(request, "events/desk/new.html", context)


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
