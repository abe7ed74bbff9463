"""Video rounds, what they have seen, and where nothing looks: over HTTP as JSON."""

from datetime import timedelta

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from events.models import Result
from events.reporting.sent import MAX_BODY, choice_of, id_of
from events.rounds import dark, queries, services
from gis_server.edge import allow, json_ok, parse_box, parse_int, user_of
from gis_server.errors import Invalid
from gis_server.json_body import json_body
from gis_server.openapi.marks import asks, needs, sends
from gis_server.openapi.schemas import BOX, NUMBER, nullable, record, whole, words
from gis_server.roles import Permission
from patrols.seen.views.asked import ASKED, question_of

DEFAULT_HOURS, MOST_HOURS = 24, 24 * 90


@allow(Permission.DO_ROUNDS)
@require_GET
def walk(request: HttpRequest, walk_id: int) -> JsonResponse:
    """Answer a walk with its cameras, in the order in which they are looked at."""
    user = user_of(request)
    return json_ok(queries.walk_shown(user, queries.walk_for(user, walk_id)))


@allow(Permission.DO_ROUNDS)
@require_POST
@sends(record({"camera": NUMBER, "result": words(Result.values)}, snapshot=nullable(NUMBER)))
def look(request: HttpRequest, walk_id: int) -> JsonResponse:
    """Say of a camera: looked (with the snapshot that was shown), unclear or dark."""
    told = json_body(request, MAX_BODY)
    result, camera_id = choice_of(told, "result", Result.values), id_of(told, "camera")
    if not result or camera_id is None:
        raise Invalid(_("Say of which camera, and what."))
    said = services.Said(camera_id, Result(result), id_of(told, "snapshot"))
    row = services.look(by=user_of(request), walk_id=walk_id, said=said, now=timezone.now())
    return json_ok(
        {
            "camera": row.camera_id,
            "result": row.result,
            "result_text": str(row.get_result_display()),
            "at": row.at.isoformat(),
        }
    )


@allow(Permission.DO_ROUNDS)
@require_POST
def end(request: HttpRequest, walk_id: int) -> JsonResponse:
    """End a walk."""
    row = services.end(by=user_of(request), walk_id=walk_id, now=timezone.now())
    return json_ok({"id": row.pk, "ended_at": row.ended_at.isoformat() if row.ended_at else None})


@allow(Permission.SEE_COVERAGE)
@require_GET
@needs(bbox=BOX)
@asks(ASKED, hours=whole(1, MOST_HOURS, DEFAULT_HOURS))
def seen(request: HttpRequest) -> JsonResponse:
    """Answer what was seen by video in a `bbox`, as GeoJSON: the sector of each camera with the
    newest time.  It is apart from what people on duty have seen.

    Of the last `hours` (24), or of a window of blind spots: window, day, shift, days, until, level
    (which says nothing of cameras).
    """
    box = parse_box(request)
    if box is None:
        raise Invalid(_("bbox must be four numbers: west,south,east,north in degrees."))
    user, now = user_of(request), timezone.now()
    hours = parse_int(request, "hours", DEFAULT_HOURS, 1, MOST_HOURS)
    window = question_of(request, user, now).window
    since = window.begins or now - timedelta(hours=hours)
    rows = queries.seen_in(user, box, since, window.at)
    return json_ok(
        {
            "type": "FeatureCollection",
            "more": len(rows) == queries.MOST_ON_MAP,
            "features": [queries.seen_feature(row, window.at) for row in rows],
        }
    )


@allow(Permission.SEE_COVERAGE)
@require_GET
@asks(hours=whole(1, dark.MOST_HOURS, dark.DEFAULT_HOURS), limit=whole(1, dark.MOST_DARK, 100))
def unseen(request: HttpRequest) -> JsonResponse:
    """Answer the cameras that are down and by whose view nobody on duty has come for `hours`."""
    hours = parse_int(request, "hours", dark.DEFAULT_HOURS, 1, dark.MOST_HOURS)
    limit, now = parse_int(request, "limit", 100, 1, dark.MOST_DARK), timezone.now()
    rows = dark.dark_and_unseen(user_of(request), hours, now)
    items = [dark.item(row, now) for row in rows[:limit]]
    return json_ok({"total": len(rows), "hours": hours, "items": items})
