"""Cameras over HTTP, as JSON; a camera of another territory looks like one that does not exist."""

from typing import cast

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cameras import queries, services
from cameras.health import State
from cameras.probe.reason import Reason
from gis_server.edge import allow, json_ok, parse_box, parse_int, parse_page
from gis_server.errors import Invalid, NotFound
from gis_server.models import User
from gis_server.openapi.marks import answers, asks, paged
from gis_server.openapi.schemas import BOX, MAX_ID, whole, words
from gis_server.roles import Permission
from gis_server.throttle import Pace

MAX_FEATURES = 20_000
MOST_FOLDED = 200


@allow(Permission.SEE_CAMERAS)
@require_GET
@asks(bbox=BOX, limit=whole(1, MAX_FEATURES, MAX_FEATURES), after=whole(0, MAX_ID, 0))
def features(request: HttpRequest) -> JsonResponse:
    """Answer the cameras in scope as GeoJSON; `bbox` and `limit` narrow it.  Where it is not
    `complete`, `after` is the `next` of the part before.
    """
    limit = parse_int(request, "limit", MAX_FEATURES, 1, MAX_FEATURES)
    after, box = parse_int(request, "after", 0, 0, MAX_ID), parse_box(request)
    return json_ok(queries.features(who(request), box=box, limit=limit, after=after))


@allow(Permission.SEE_CAMERAS)
@require_GET
def summary(request: HttpRequest) -> JsonResponse:
    """Answer how many cameras in scope are in each state."""
    return json_ok(queries.summary(who(request)))


@allow(Permission.SEE_CAMERAS)
@require_GET
@asks(paged(), state=words(State))
def offline(request: HttpRequest) -> JsonResponse:
    """Answer the cameras that are down, newest first; `state` asks for another state."""
    page = parse_page(request)
    state = parse_state(request)
    return json_ok(queries.listed(who(request), state, limit=page.limit, offset=page.offset))


@allow(Permission.SEE_CAMERAS)
@require_GET
@asks(paged())
def outages(request: HttpRequest) -> JsonResponse:
    """Answer the open outages of several cameras, and what troubles the watching itself."""
    page = parse_page(request)
    found = queries.open_outages(who(request), limit=page.limit, offset=page.offset)
    return json_ok(found | {"notices": queries.notices()})


@allow(Permission.SEE_CAMERAS)
@require_GET
@asks(paged(MOST_FOLDED))
def outage(request: HttpRequest, outage_id: int) -> JsonResponse:
    """Answer the cameras that an open outage of several still holds down."""
    page = parse_page(request, MOST_FOLDED)
    found = queries.outage_cameras(who(request), outage_id, limit=page.limit, offset=page.offset)
    if found is None:
        raise NotFound(_("There is no such outage in your area, or it is over."))
    return json_ok(found)


@allow(Permission.SEE_CAMERAS)
@require_GET
def card(request: HttpRequest, camera_id: int) -> JsonResponse:
    """Answer everything the card of one camera shows."""
    found = queries.card(who(request), camera_id)
    if found is None:
        raise NotFound(_("There is no such camera in your area."))
    return json_ok(found)


@allow(Permission.TAKE_PICTURES, Pace.DEVICES)
@require_POST
@answers(202)
def snapshot(request: HttpRequest, camera_id: int) -> JsonResponse:
    """Ask for a picture; a change of topic "snapshot" tells what became of it within 5 s."""
    camera = queries.cameras_of(who(request)).filter(id=camera_id).select_related("site").first()
    if camera is None:
        raise NotFound(_("There is no such camera in your area."))
    now = timezone.now()
    snapshot_id, new = services.request_snapshot(camera=camera, by=who(request), now=now)
    if new and not services.takes_pictures(camera, now):
        services.fail_snapshot(snapshot_id, Reason.NOT_STARTED, "no process takes pictures here")
    return json_ok({"snapshot": snapshot_id}, status=202)


def who(request: HttpRequest) -> User:
    """The signed-in user; `allow` has let nobody else through."""
    return cast("User", request.user)


def parse_state(request: HttpRequest) -> State:
    """The `state` of the query string, offline when there is none.  Raises Invalid."""
    text = request.GET.get("state", State.OFFLINE.value)
    try:
        return State(text)
    except ValueError:
        known = ", ".join(state.value for state in State)
        raise Invalid(_("state must be one of: %(known)s.") % {"known": known}) from None
