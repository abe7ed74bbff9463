"""Events for maps, as GeoJSON and as the card of one."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from events.desk import queries
from events.desk.asking import ASKED, filters_of
from events.desk.shown import card_shown, feature
from gis_server.edge import allow, json_ok, parse_box, parse_int, user_of
from gis_server.openapi.marks import asks
from gis_server.openapi.schemas import BOX, whole
from gis_server.roles import Permission


@allow(Permission.SEE_EVENTS)
@require_GET
@asks(ASKED, bbox=BOX, limit=whole(1, queries.MOST_ON_MAP, queries.MOST_ON_MAP))
def features(request: HttpRequest) -> JsonResponse:
    """Answer the events that the desk would list with the same filters, as GeoJSON (WGS84); `bbox`
    leaves those in a box, `limit` the first of them.  more: there are more.
    """
    now = timezone.now()
    limit = parse_int(request, "limit", queries.MOST_ON_MAP, 1, queries.MOST_ON_MAP)
    found, more = queries.on_map(
        user_of(request), filters_of(request), parse_box(request), limit, now
    )
    return json_ok(
        {
            "type": "FeatureCollection",
            "more": more,
            "features": [feature(event, now) for event in found],
        }
    )


@allow(Permission.SEE_EVENTS)
@require_GET
def card(request: HttpRequest, event_id: int) -> JsonResponse:
    """Answer what one look at an event should tell.  404 where the asker may not see it."""
    event = queries.card(user_of(request), event_id)
    told: dict[str, Any] = card_shown(event, timezone.now())
    return json_ok(told | {"page": reverse("event", args=[event.pk])})
