"""One step for many events."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from events.desk.bulk import act_on_all
from events.desk.sent import LONGEST_KEY, wishes_by
from events.desk.views.shared import page
from events.texts import step_name
from gis_server.edge import allow, json_ok, next_address, user_of, wants_page
from gis_server.roles import Permission


@allow(Permission.LEAD_EVENTS)
@require_POST
def bulk(request: HttpRequest) -> HttpResponseBase:
    """What became of each, as JSON for the desk's script, as a page where that is missing."""
    verb, sent = request.POST.get("verb", ""), request.POST
    unit = sent.get("unit", "")[:LONGEST_KEY]
    outcomes = act_on_all(
        by=user_of(request), action=verb, wishes=wishes_by(sent), unit=unit, now=timezone.now()
    )
    done = sum(one.done for one in outcomes)
    items: list[dict[str, Any]] = [
        {"id": one.event_id, "number": one.number, "done": one.done, "said": one.said}
        for one in outcomes
    ]
    if not wants_page(request):
        return json_ok({"done": done, "items": items})
    context = {
        "items": items,
        "done": done,
        "name": step_name(verb),
        "back": next_address(request) or reverse("event-desk"),
    }
    return page(request, "events/desk/bulk.html", context)
