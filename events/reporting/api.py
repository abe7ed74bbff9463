"""Reports, their photos and what a phone needs for them, over HTTP as JSON."""

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cameras.picture_api import jpeg
from events.models import EventPhoto
from events.models.event import Source
from events.reporting import photos, queries, services, tasks, throttle
from events.reporting.sent import MAX_BODY, Draft, draft_of, uuid_of
from events.services import acting
from gis_server.edge import allow, error_told, json_ok, parse_page, parse_text, user_of
from gis_server.errors import Conflict, Invalid, NotFound, status_of
from gis_server.json_body import json_body
from gis_server.models import User
from gis_server.openapi.marks import asks, sends
from gis_server.openapi.schemas import (
    NUMBER,
    UUID,
    listing,
    nullable,
    record,
    text,
    words,
    written,
)
from gis_server.photos.decoding import MAX_BYTES
from gis_server.roles import Permission

CACHING = "private, no-cache"
OWN_AT_ONCE = 30
MOST_AT_ONCE, MAX_BATCH = 100, 1024 * 1024
"""Reports in a batch, and bytes of it."""
VERBS = ("take", "finish", "hand_back")
SENDER = nullable(NUMBER) | {
    "description": "The user whose this is: another than who is signed in, or whose token it is, is"
    " refused (409)."
}
TOLD = record(
    {}, note=text(), seen={"type": "integer"}, photos=nullable(listing(UUID)), sender=SENDER
)
"""What comes with one of them."""


@allow(Permission.REPORT_EVENTS)
@require_http_methods(["GET", "POST"])
def reports(request: HttpRequest) -> JsonResponse:
    """POST takes a report: 201 where it made an event, 200 where an earlier one with its id had.
    GET answers the caller's own, the newest first.
    """
    return send(request) if request.method == "POST" else own(request)


def send(request: HttpRequest) -> JsonResponse:
    user, now = user_of(request), timezone.now()
    throttle.count(user, "reports", most=most_reports(request), now=now)
    told = json_body(request, MAX_BODY)
    check_sender(user, told.get("sender"))
    taken = services.take(by=user, draft=drafted(request, told), now=now)
    return json_ok(told_of(taken), status=201 if taken.is_new else 200)


def is_program(request: HttpRequest) -> bool:
    return bool(getattr(request, "by_token", False))


def most_reports(request: HttpRequest) -> int:
    if is_program(request):
        return int(settings.EVENT_TOKEN_REPORTS_PER_MINUTE)
    return int(settings.EVENT_REPORTS_PER_MINUTE)


def drafted(request: HttpRequest, told: dict[str, Any]) -> Draft:
    source = Source.API if is_program(request) else Source.WORKER
    return draft_of(told, source=source.value)


def check_sender(user: User, sender: object) -> None:
    """A phone says whose queue it empties: somebody else may have signed in on it meanwhile.

    Raises:
        Conflict: it is another user's.
    """
    if sender is not None and str(sender) != str(user.pk):
        rule = _("You are signed in as %(who)s; this is somebody else's. Sign in as its reporter.")
        raise Conflict(rule % {"who": user.get_full_name()})


@allow(Permission.REPORT_EVENTS)
@require_POST
def batch(request: HttpRequest) -> JsonResponse:
    """Take up to MOST_AT_ONCE `reports`; each is answered what it would be answered alone.

    One that cannot be taken does not hold up the others.
    """
    user, now = user_of(request), timezone.now()
    told = json_body(request, MAX_BATCH)
    check_sender(user, told.get("sender"))
    objects = objects_of(told.get("reports"))
    throttle.count(user, "reports", most=most_reports(request), now=now, more=len(objects))
    drafts = drafts_of(request, objects)
    good = [one for one in drafts if isinstance(one, Draft)]
    outcomes = iter(services.take_all(by=user, drafts=good, now=now))
    rows = [next(outcomes) if isinstance(one, Draft) else one for one in drafts]
    return json_ok({"items": [row_of(*one) for one in zip(objects, rows, strict=True)]})


def objects_of(value: object) -> list[dict[str, Any]]:
    """Raises Invalid."""
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_AT_ONCE:
        rule = _("reports must be a list of 1 to %(most)d reports.")
        raise Invalid(rule % {"most": MOST_AT_ONCE})
    if not all(isinstance(one, dict) for one in value):
        raise Invalid(_("Each report must be a JSON object."))
    return value


def drafts_of(request: HttpRequest, objects: list[dict[str, Any]]) -> list[Draft | Invalid]:
    """Each as a draft, or what is wrong with it; the same id twice is taken once."""
    found, ids = list[Draft | Invalid](), set[uuid.UUID]()
    for told in objects:
        draft = tried(request, told)
        is_twice = isinstance(draft, Draft) and draft.client_id in ids
        found.append(twice() if is_twice else draft)
        if isinstance(draft, Draft):
            ids.add(draft.client_id)
    return found


def tried(request: HttpRequest, told: dict[str, Any]) -> Draft | Invalid:
    try:
        return drafted(request, told)
    except Invalid as error:
        return error


def twice() -> Invalid:
    return Invalid(_("This client_id is twice in one batch: the first of them counts."))


def row_of(told: dict[str, Any], outcome: services.Outcome) -> dict[str, Any]:
    if isinstance(outcome, Invalid):
        error = {"status": status_of(outcome), "error": error_told(outcome)}
        return {"client_id": told.get("client_id")} | error
    return {"status": 201 if outcome.is_new else 200} | told_of(outcome)


def told_of(taken: services.Taken) -> dict[str, Any]:
    event = taken.event
    said = ""
    if taken.differs:
        rule = _("This report was here already as %(number)s, with other content: that stays.")
        said = rule % {"number": event.number}
    return {
        "id": event.pk,
        "number": event.number,
        "client_id": str(event.client_id),
        "state": event.state,
        "is_new": taken.is_new,
        "differs": taken.differs,
        "message": said,
    }


def own(request: HttpRequest) -> JsonResponse:
    piece = parse_page(request, OWN_AT_ONCE)
    user = user_of(request)
    rows, total = queries.own_reports(user, piece)
    return json_ok({"total": total, "items": [queries.report_item(row, user) for row in rows]})


@allow(Permission.REPORT_EVENTS)
@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """Store the photo in the body under `client_id`; a report or a step names it then."""
    user, now = user_of(request), timezone.now()
    check_sender(user, request.GET.get("sender"))
    client_id = uuid_of(request.GET.get("client_id"), "client_id")
    throttle.count(user, "photos", most=settings.EVENT_PHOTOS_PER_MINUTE, now=now)
    content = bytes(request.read(MAX_BYTES + 1))
    row, is_new = photos.add_photo(by=user, client_id=client_id, content=content, now=now)
    return json_ok(photo_item(row), status=201 if is_new else 200)


def photo_item(row: EventPhoto) -> dict[str, Any]:
    return {
        "id": row.pk,
        "client_id": str(row.client_id),
        "url": reverse("event-photo", args=[row.pk]),
        "width": row.width,
        "height": row.height,
    }


@allow(Permission.SEE_EVENTS)
@require_GET
def photo(request: HttpRequest, event_photo_id: int) -> HttpResponseBase:
    """Answer the JPEG, to whoever may see its event; before it has one, to its sender."""
    row = queries.photo_for(user_of(request), event_photo_id)
    return jpeg(request, row.file, row.sha256, CACHING)


@allow(Permission.REPORT_EVENTS)
@require_GET
@asks(have=written(64), have_area=written(64))
def form(request: HttpRequest) -> JsonResponse:
    """Answer who is signed in and what a report needs: the catalogue, limits, where to look."""
    have = parse_text(request, "have", 64)
    have_area = parse_text(request, "have_area", 64)
    return json_ok(queries.form_for(request, user_of(request), have, have_area))


@allow(Permission.HANDLE_EVENTS)
@require_GET
def mine(request: HttpRequest) -> JsonResponse:
    """Answer the open tasks of the caller's units, by what is due first."""
    now = timezone.now()
    rows = tasks.my_tasks(user_of(request))
    return json_ok({"items": [tasks.task_item(row, now) for row in rows], "at": now.isoformat()})


@allow(Permission.HANDLE_EVENTS)
@require_POST
@asks(verb=words(VERBS))
@sends(TOLD)
def act(request: HttpRequest, task_id: int, verb: str) -> JsonResponse:
    """Take a task on (take), finish it with a note and photos (finish), or hand it back."""
    user = user_of(request)
    task = tasks.my_task(user, task_id)
    if verb not in VERBS:
        raise NotFound(_("There is no such step of an event."))
    sent = json_body(request, MAX_BODY)
    check_sender(user, sent.get("sender"))
    told = tasks.told_of(user, task, sent)
    event = acting.act(by=user, event_id=task.event_id, action=verb, told=told, now=timezone.now())
    return json_ok({"id": event.pk, "number": event.number, "state": event.state})
