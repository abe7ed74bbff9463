"""Alarms over HTTP, as JSON.  What is not the reader's looks like what is over."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from events.reporting.sent import choice_of, id_of, time_of
from gis_server.edge import allow, json_ok, parse_int, user_of
from gis_server.errors import Invalid
from gis_server.json_body import json_body, text_of
from gis_server.openapi.marks import asks, sends
from gis_server.openapi.schemas import NUMBER, TIME, nullable, record, whole, words, written
from gis_server.roles import Permission, may
from maps.alarms import queries, services, shown
from maps.alarms.ranks import Kind

LONGEST_BODY = 4096
LONGEST_SUBJECT = 60
MOST_OVER, USUAL_OVER = 100, 20
WHICH = {"kind": words(Kind), "subject": written(LONGEST_SUBJECT), "raised_at": TIME}
NOTE = nullable(written(services.LONGEST_NOTE))


@allow(Permission.SEE_MAP)
@require_GET
def alarms(request: HttpRequest) -> JsonResponse:
    """Answer the alarms that stand in the user's area, the worst and the newest first; in a flood
    also how many there are of each kind and street.
    """
    user = user_of(request)
    found = queries.standing(user, timezone.now())
    return json_ok(shown.told(found, user, may(user.role, Permission.TAKE_ALARMS)))


@allow(Permission.SEE_MAP)
@require_GET
@asks(limit=whole(1, MOST_OVER, USUAL_OVER))
def recoveries(request: HttpRequest) -> JsonResponse:
    """Answer the outages and urgent events that are over since an hour, the newest first."""
    limit = parse_int(request, "limit", USUAL_OVER, 1, MOST_OVER)
    rows, total = queries.over(user_of(request), timezone.now(), limit)
    return json_ok({"total": total, "items": [shown.ended(row) for row in rows]})


@allow(Permission.TAKE_ALARMS)
@require_POST
@sends(record(WHICH, note=NOTE, over=nullable(NUMBER)))
def take(request: HttpRequest) -> JsonResponse:
    """Take an alarm: kind, subject and raised_at as it was told, a note, and `over`, the id of
    whoever has it now, to take it over.
    """
    told = json_body(request, LONGEST_BODY)
    kind, subject, raised_at = _which(told)
    services.take(
        by=user_of(request), kind=kind, subject=subject, raised_at=raised_at,
        note=text_of(told, "note", services.LONGEST_NOTE), over=id_of(told, "over"),
        now=timezone.now(),
    )  # fmt: skip
    return json_ok({})


@allow(Permission.TAKE_ALARMS)
@require_POST
@sends(record(WHICH, note=NOTE))
def note(request: HttpRequest) -> JsonResponse:
    """Change the note of an alarm that the user has."""
    told = json_body(request, LONGEST_BODY)
    kind, subject, raised_at = _which(told)
    services.say(
        by=user_of(request), kind=kind, subject=subject, raised_at=raised_at,
        note=text_of(told, "note", services.LONGEST_NOTE), now=timezone.now(),
    )  # fmt: skip
    return json_ok({})


@allow(Permission.TAKE_ALARMS)
@require_POST
@sends(record(WHICH))
def release(request: HttpRequest) -> JsonResponse:
    """Give back an alarm that the user has."""
    kind, subject, raised_at = _which(json_body(request, LONGEST_BODY))
    services.release(
        by=user_of(request), kind=kind, subject=subject, raised_at=raised_at, now=timezone.now()
    )
    return json_ok({})


def _which(told: dict[str, Any]) -> tuple[Kind, str, datetime]:
    """Raises Invalid."""
    kind = choice_of(told, "kind", [one.value for one in Kind])
    subject = text_of(told, "subject", LONGEST_SUBJECT)
    raised_at = time_of(told, "raised_at")
    if not kind or not subject or raised_at is None:
        raise Invalid(_("Say which alarm: its kind, its subject and since when it stands."))
    return Kind(kind), subject, raised_at
