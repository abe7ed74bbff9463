"""The OpenAPI 3.1 description of what other systems may ask about events.

Written by hand beside the views; tests/events/test_openapi.py holds both against each other.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from events.deadlines import Colour
from events.desk.filters import Sort, Tab
from events.exchange.calls import HEADER
from events.models import EventKind, Source
from events.models.columns import MAX_NOTE
from events.models.event import MAX_PHOTOS, MAX_TEXT
from events.models.exchange import LONGEST_CALL_KEY
from events.services.acting import VERBS
from events.units import MOST_AT_ONCE
from events.workflow import Action, Level, Severity, Status, Task
from gis_server.edge import json_ok, public
from gis_server.frames import Frame

MAX_ID = 2**63 - 1
Schema = dict[str, Any]
JSON = "application/json"


def text(longest: int | None = None, **more: Any) -> Schema:
    return {"type": "string", **({"maxLength": longest} if longest else {}), **more}


def words(values: Any, **more: Any) -> Schema:
    return {"type": "string", "enum": [str(one) for one in values], **more}


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def listing(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def record(required: Mapping[str, Schema], **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
    }


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


NUMBER: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
TIME = text(format="date-time")
UUID = text(format="uuid")
FLAG: Schema = {"type": "boolean"}
LON: Schema = {"type": "number", "minimum": -180, "maximum": 180}
LAT: Schema = {"type": "number", "minimum": -90, "maximum": 90}

EVENT = record(
    {
        "id": NUMBER,
        "number": text(24, examples=["SJ20261126-0000123"]),
        "client_id": UUID,
        "kind": words(EventKind.values),
        "category": text(12),
        "category_name": text(),
        "severity": words(Severity),
        "source": words(Source.values),
        "state": words(Status),
        "state_name": text(),
        "level": words(Level),
        "text": text(),
        "address": text(),
        "lon": {"type": "number"},
        "lat": {"type": "number"},
        "accuracy_m": nullable({"type": "number"}),
        "area": text(description="Code of the grid that holds the place now."),
        "grid_then": text(description="Code of the grid that held it when it was seen."),
        "reported_at": TIME,
        "received_at": TIME,
        "close_due": TIME,
        "closed_at": nullable(TIME),
        "overdue": FLAG,
        "last_step": {"type": "integer"},
    }
)
STEP = record(
    {
        "id": NUMBER,
        "at": TIME,
        "action": words(Action),
        "action_name": text(),
        "before": text(),
        "after": words(Status),
        "unit": text(),
        "who": text(),
        "note": text(),
        "photos": listing(text()),
    }
)
TASK = record(
    {
        "id": NUMBER,
        "unit": text(),
        "unit_code": text(),
        "state": words(Task),
        "sent_at": TIME,
        "due": TIME,
        "ended_at": nullable(TIME),
    }
)
WHOLE = {
    "allOf": [
        ref("Event"),
        record(
            {
                "steps": listing(ref("Step")),
                "tasks": listing(ref("Task")),
                "actions": listing(words(Action)),
            }
        ),
    ]
}
DRAFT = record(
    {"client_id": UUID, "category": text(40), "lon": LON, "lat": LAT},
    frame=words(Frame),
    accuracy_m={"type": "number"},
    text=text(MAX_TEXT),
    address=text(200),
    outside_reason=text(200),
    position_checked=FLAG,
    seen_at=TIME,
    sent_at=TIME,
    photos=listing(UUID, maxItems=MAX_PHOTOS),
    source=words(Source.values),
    severity=words(Severity),
)
TAKEN = record(
    {
        "id": NUMBER,
        "number": text(24),
        "client_id": UUID,
        "state": words(Status),
        "is_new": FLAG,
        "differs": FLAG,
        "message": text(),
    }
)
WISH = record(
    {"action": words(VERBS)},
    seen=NUMBER,
    note=text(MAX_NOTE),
    units=listing(text(40), maxItems=MOST_AT_ONCE),
    photos=listing(NUMBER, maxItems=MAX_PHOTOS),
    task=NUMBER,
    party=NUMBER,
    until=TIME,
    into=NUMBER,
    category=text(40),
    severity=words(Severity),
)
CATEGORY = record(
    {
        "code": text(12),
        "name": text(),
        "kind": words(EventKind.values),
        "group": text(),
        "severity": words(Severity),
        "hint": text(),
        "needs_photo": FLAG,
    }
)
ERROR = record({"error": record({"kind": text(), "message": text()})})
SCHEMAS: dict[str, Schema] = {
    "Event": EVENT,
    "Step": STEP,
    "Task": TASK,
    "WholeEvent": WHOLE,
    "Report": DRAFT,
    "Taken": TAKEN,
    "Wish": WISH,
    "Category": CATEGORY,
    "Unit": record({"key": text(40), "name": text(), "code": text()}),
    "Error": ERROR,
}
FAILURES = {
    "400": "The body or the address cannot be read.",
    "401": "No API token, or a wrong one.",
    "403": "The token does not lend the permission.",
    "404": "There is no such thing in the token's territory.",
    "405": "The address does not take this method.",
    "409": "Somebody else was first; the message says who.",
    "413": "The body is too large.",
    "422": "Something is missing or breaks a rule; the message says what.",
    "429": "Too much in one minute; Retry-After says how many seconds to wait.",
    "503": "A part of the server is away; nothing was lost.",
}


def answer(said: str, schema: Schema) -> Schema:
    return {"description": said, "content": {JSON: {"schema": schema}}}


def answers(schema: Schema, *, created: bool = False) -> Schema:
    """Of one operation: its success and every error."""
    found = {"200": answer("Done.", schema)}
    if created:
        found["201"] = answer("Made.", schema)
    return found | {code: answer(said, ref("Error")) for code, said in FAILURES.items()}


def asked(name: str, schema: Schema, said: str = "", place: str = "query") -> Schema:
    parameter: Schema = {"name": name, "in": place, "schema": schema}
    if place == "path":
        parameter["required"] = True
    return parameter | ({"description": said} if said else {})


def body(schema: Schema) -> Schema:
    return {"required": True, "content": {JSON: {"schema": schema}}}


EVENT_ID = asked("event_id", NUMBER, place="path")
FILTERS = [
    asked("tab", words(one for one in Tab if one), "A heap of the desk; without it all open ones."),
    asked("level", words(Level)),
    asked("division", text(19, pattern="^[0-9]{12}$"), "Code of a division: it and all below."),
    asked("kind", words(EventKind.values)),
    asked("severity", words(Severity)),
    asked("source", words(Source.values)),
    asked("due", words(Colour), "Colour of the deadline that runs."),
    asked("since", text(10, format="date"), "First day of receipt."),
    asked("until", text(10, format="date"), "Last day of receipt."),
    asked("q", text(80), "Words of text, address, number or entry."),
    asked("sort", words(one for one in Sort if one)),
    asked("limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}),
    asked("after", text(60), "The `next` of the page before."),
]
PATHS: dict[str, Schema] = {
    "/api/events/": {
        "get": {
            "operationId": "listEvents",
            "summary": "Events in scope, page by page",
            "parameters": FILTERS,
            "responses": answers(
                record({"items": listing(ref("Event")), "next": nullable(text())})
            ),
        }
    },
    "/api/events/{event_id}/": {
        "get": {
            "operationId": "oneEvent",
            "summary": "An event with its steps, tasks, and what the caller may do with it",
            "parameters": [EVENT_ID],
            "responses": answers(ref("WholeEvent")),
        }
    },
    "/api/events/{event_id}/units/": {
        "get": {
            "operationId": "unitsOfEvent",
            "summary": "Where an event can be sent",
            "parameters": [EVENT_ID],
            "responses": answers(record({"items": listing(ref("Unit"))})),
        }
    },
    "/api/events/{event_id}/steps/": {
        "post": {
            "operationId": "takeStep",
            "summary": "Accept, file, dispatch, … an event",
            "parameters": [
                EVENT_ID,
                asked(
                    HEADER,
                    text(LONGEST_CALL_KEY, pattern="^[!-~]*$"),
                    "The same key within a day: the answer of the first call, nothing done twice.",
                    "header",
                ),
            ],
            "requestBody": body(ref("Wish")),
            "responses": answers(ref("WholeEvent")),
        }
    },
    "/api/events/reports/": {
        "post": {
            "operationId": "report",
            "summary": "Report a matter; the same client_id again is the same event",
            "requestBody": body(ref("Report")),
            "responses": answers(ref("Taken"), created=True),
        }
    },
    "/api/events/categories/": {
        "get": {
            "operationId": "categories",
            "summary": "The entries of the catalogue in use",
            "responses": answers(record({"items": listing(ref("Category"))})),
        }
    },
}


def document(base: str) -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gis-server: events",
            "version": "1",
            "description": "Events (事件) of a district for other systems. Open311 GeoReport v2 is "
            "spoken at /api/open311/v2/.",
        },
        "servers": [{"url": base}],
        "security": [{"token": []}],
        "paths": PATHS,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


@public
@require_GET
def openapi(request: HttpRequest) -> JsonResponse:
    """The document; what it describes asks for a token."""
    return json_ok(document(request.build_absolute_uri("/").rstrip("/")))
