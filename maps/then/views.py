"""The past of the map over HTTP.  Everything is cut to the reader's present reach, in it to `area`
where one is asked for, and to what their role sees now.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_server.edge import allow, json_ok, user_of
from gis_server.errors import Invalid
from gis_server.openapi.marks import asks, needs
from gis_server.openapi.schemas import DAY, TIME
from gis_server.roles import Permission, may
from maps import queries
from maps.packing import pack
from maps.then import asked, cameras, events, grids
from maps.then.rows import TIMEOUT_MS
from patrols.seen.views.asked import AREA


@allow(Permission.SEE_MAP)
@require_safe
@needs(at=TIME)
@asks(area=AREA)
def moment(request: HttpRequest) -> HttpResponse:
    """Answer what stood on the map at the moment `at`; None where the role does not see it.

    grids: the edition under which tiles of that day are asked for, with `?day=`.
    """
    now, user = timezone.now(), user_of(request)
    at = asked.moment_of(request, now)
    day, reach = timezone.localdate(at), asked.reach_of(request, user)
    with queries.in_time(TIMEOUT_MS):
        first = asked.begins()
        asked.check_known(at, first)
        told: dict[str, Any] = {
            "at": at.isoformat(),
            "day": day.isoformat(),
            "begins": first and first.isoformat(),
            "grids": {
                "edition": queries.edition(user.reach, day),
                "total": grids.count(reach, day),
            },
            "events": None,
            "cameras": None,
        }
        if may(user.role, Permission.SEE_EVENTS):
            told["events"] = events.stood(reach, at)
        if may(user.role, Permission.SEE_CAMERAS):
            told["cameras"] = cameras.stood(reach, at)
    return _packed(request, told)


@allow(Permission.SEE_MAP)
@require_safe
@needs({"from": TIME, "to": TIME})
@asks(area=AREA)
def changes(request: HttpRequest) -> HttpResponse:
    """Answer what changed after `from`, up to and with `to`; None where the role does not see it.

    With what stood at `from`, a browser can tell what stood at any moment of the span.
    """
    now, user = timezone.now(), user_of(request)
    span, reach = asked.span_of(request, now), asked.reach_of(request, user)
    told: dict[str, Any] = {
        "from": span.begin.isoformat(),
        "to": span.end.isoformat(),
        "events": None,
        "cameras": None,
    }
    with queries.in_time(TIMEOUT_MS):
        asked.check_known(span.end, asked.begins())
        if may(user.role, Permission.SEE_EVENTS):
            told["events"] = _whole(events.changes(reach, span))
        if may(user.role, Permission.SEE_CAMERAS):
            told["cameras"] = _whole(cameras.changes(reach, span))
    return _packed(request, told)


@allow(Permission.SEE_MAP)
@require_safe
@needs({"from": DAY, "to": DAY})
@asks(area=AREA)
def grid_differences(request: HttpRequest) -> HttpResponse:
    """Answer how the grids of the day `to` differ from those of the day `from`."""
    first, last = asked.days_of(request, timezone.now())
    reach = asked.reach_of(request, user_of(request))
    with queries.in_time(TIMEOUT_MS):
        return _packed(request, grids.differences(reach, first, last))


def _whole(found: dict[str, Any] | None) -> dict[str, Any]:
    if found is None:
        raise Invalid(_("Too much changed in this span to be told at once: ask for a shorter one."))
    return found


def _packed(request: HttpRequest, told: dict[str, Any]) -> HttpResponse:
    response = json_ok(told)
    pack(request, response)
    return response
