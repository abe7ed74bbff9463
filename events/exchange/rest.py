"""Events over HTTP as JSON, for other systems: list, one, what can be done with it, the catalogue.

Reports are sent to `events.reporting.api`; docs/event-api.md and /api/events/openapi.json have all.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from events.desk import queries as desk_queries
from events.desk.asking import asked_of, filters_of
from events.desk.sent import moment
from events.exchange import calls
from events.exchange.shape import category_told, event_told, whole_told
from events.models.event import MAX_PHOTOS
from events.queries import entries_in_use, event_for, story_of
from events.reporting.judging import entry
from events.reporting.sent import MAX_BODY, id_of
from events.rights import actions_of
from events.services import acting
from events.services.acting import Told
from events.units import MOST_AT_ONCE, units_for
from gis_server.edge import allow, json_ok, user_of
from gis_server.errors import Invalid
from gis_server.json_body import json_body, text_of
from gis_server.roles import Permission

AT_ONCE, MOST_LISTED = 100, 1000
LONGEST_KEY, LONGEST_WORD, LONGEST_TIME = 40, 40, 40
LONGEST_NOTE = 4000
"""Of what is read; a verb takes less and says so."""


@allow(Permission.SEE_EVENTS)
@require_GET
def listed(request: HttpRequest) -> JsonResponse:
    """Answer events in scope by the desk's filters, page by page: `after` is the `next` of the page
    before.
    """
    now = timezone.now()
    filters = filters_of(request)
    rows = desk_queries.filtered(user_of(request), filters, now)
    piece = desk_queries.desk(rows, filters, asked_of(request, AT_ONCE, MOST_LISTED))
    following = str(piece.later) if piece.later else None
    return json_ok({"items": [event_told(one) for one in piece.rows], "next": following})


@allow(Permission.SEE_EVENTS)
@require_GET
def one(request: HttpRequest, event_id: int) -> JsonResponse:
    """Answer an event with its steps, its tasks, and what the caller may do with it."""
    return json_ok(told_whole(request, event_id))


def told_whole(request: HttpRequest, event_id: int) -> dict[str, Any]:
    user = user_of(request)
    event = event_for(user, event_id)
    story = story_of(event)
    actions = sorted(action.value for action in actions_of(user, event))
    return whole_told(event, [one.step for one in story.steps], story.tasks, actions)


@allow(Permission.SEE_EVENTS)
@require_GET
def units(request: HttpRequest, event_id: int) -> JsonResponse:
    """Answer the units that an event can be sent to, with the keys that a step names them by."""
    found = units_for(event_for(user_of(request), event_id))
    return json_ok({"items": [{"key": u.key, "name": u.name, "code": u.code} for u in found]})


@allow(Permission.SEE_EVENTS)
@require_POST
def step(request: HttpRequest, event_id: int) -> JsonResponse:
    """Take a step: `action`, the `seen` last step, and what belongs to the action.

    With an Idempotency-Key a call that is repeated within a day is answered as the first was.
    """
    user, now = user_of(request), timezone.now()
    key = calls.key_of(request)
    sent = json_body(request, MAX_BODY)
    action, told = text_of(sent, "action", LONGEST_WORD), told_of(sent)

    def work() -> tuple[dict[str, Any], int]:
        event_for(user, event_id)
        acting.act(by=user, event_id=event_id, action=action, told=told, now=now)
        return told_whole(request, event_id), 200

    call = f"{request.path}\n{sorted(sent.items(), key=str)!r}".encode()
    answer = calls.once(user, key, call, work, now)
    response = json_ok(answer.body, status=answer.status)
    if answer.is_repeat:
        response[calls.REPLAYED] = "true"
    return response


def told_of(sent: dict[str, Any]) -> Told:
    """
    Raises:
        Invalid: a field of the wrong kind; the message names it.
    """
    code = text_of(sent, "category", LONGEST_WORD)
    return Told(
        seen=id_of(sent, "seen") or 0,
        note=text_of(sent, "note", LONGEST_NOTE),
        units=texts_of(sent, "units", MOST_AT_ONCE),
        photos=ids_of(sent, "photos", MAX_PHOTOS),
        task_id=id_of(sent, "task") or 0,
        party_id=id_of(sent, "party") or 0,
        until=until_of(sent),
        into=id_of(sent, "into") or 0,
        category_id=entry(code).pk if code else 0,
        severity=text_of(sent, "severity", LONGEST_WORD),
    )


def until_of(sent: dict[str, Any]) -> datetime | None:
    return moment(text_of(sent, "until", LONGEST_TIME))


def list_of(sent: dict[str, Any], name: str, most: int) -> list[Any]:
    """Raises Invalid."""
    value = sent.get(name)
    if value is None:
        return []
    # What is nothing in a list would be no unit and no photo.
    if not isinstance(value, list) or len(value) > most or None in value:
        rule = _("%(name)s must be a list of at most %(most)d.")
        raise Invalid(rule % {"name": name, "most": most})
    return value


def texts_of(sent: dict[str, Any], name: str, most: int) -> list[str]:
    return [text_of({name: one}, name, LONGEST_KEY) for one in list_of(sent, name, most)]


def ids_of(sent: dict[str, Any], name: str, most: int) -> list[int]:
    return [id_of({name: one}, name) or 0 for one in list_of(sent, name, most)]


@allow(Permission.SEE_EVENTS)
@require_GET
def categories(_request: HttpRequest) -> JsonResponse:
    """Answer the entries of the catalogue that are in use."""
    return json_ok({"items": [category_told(row) for row in entries_in_use()]})
