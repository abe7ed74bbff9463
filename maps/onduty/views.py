"""People on duty over HTTP, for the wall.  Everything is cut to posts in the user's reach."""

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gis_server import audit
from gis_server.edge import allow, json_ok, parse_day, parse_int, parse_moment, parse_text, user_of
from gis_server.errors import Invalid, NotFound
from gis_server.openapi.marks import asks, needs
from gis_server.openapi.schemas import DAY, TIME, text, whole
from gis_server.roles import Permission
from maps.onduty import positions as onduty
from maps.onduty import shifts
from maps.packing import pack
from patrols.models import Shift

LONGEST_AREA = 19
LARGEST_ID = 2**31 - 1


@allow(Permission.SEE_PATROLS)
@require_GET
@asks(since=TIME)
def positions(request: HttpRequest) -> JsonResponse:
    """Answer where those on duty were last heard of; `since` asks for what came after it."""
    since = parse_moment(request, "since")
    return json_ok(onduty.positions(user_of(request), timezone.now(), since))


@allow(Permission.SEE_PATROLS)
@require_GET
def summary(request: HttpRequest) -> JsonResponse:
    """Answer how many are on duty in each street, and how many are missing."""
    return json_ok(onduty.summary(user_of(request), timezone.now()))


@allow(Permission.SEE_PATROLS)
@require_GET
def card(request: HttpRequest, duty_id: int) -> JsonResponse:
    """Answer what the card of somebody on duty shows."""
    found = onduty.card(user_of(request), duty_id, timezone.now())
    if found is None:
        raise NotFound(_("There is no such duty in your area."))
    return json_ok(found)


@allow(Permission.SEE_PATROLS)
@require_GET
@asks(day=DAY)
def choices(request: HttpRequest) -> JsonResponse:
    """Answer the shifts and areas of a day that can be played again."""
    day = parse_day(request, "day") or timezone.localdate()
    return json_ok(shifts.choices(user_of(request), day))


@allow(Permission.SEE_PATROLS)
@require_GET
@needs(shift=whole(1, LARGEST_ID))
@asks(day=DAY, area=text(LONGEST_AREA, pattern="^[0-9]*$"))
def replay(request: HttpRequest) -> JsonResponse:
    """Answer the tracks of a shift of a day in an area."""
    day = parse_day(request, "day") or timezone.localdate()
    shift = Shift.objects.filter(pk=parse_int(request, "shift", 0, 0, LARGEST_ID)).first()
    if shift is None:
        raise NotFound(_("There is no such shift."))
    area = parse_text(request, "area", LONGEST_AREA)
    if area and not (area.isascii() and area.isdigit()):
        raise Invalid(_("area must be the digits of a code."))
    user = user_of(request)
    told = shifts.replay(user, day, shift, area)
    # Whoever looks at people's tracks is noted, as with the track of one.
    audit.note(
        by=user, action="tracks.replayed", subject=area, scope=area or user.place or "",
        detail={"since": day.isoformat(), "place": shift.name, "counts": len(told["people"])},
    )  # fmt: skip
    response = json_ok(told)
    # A shift is a megabyte of small numbers, a third of it packed.
    pack(request, response)
    return response
