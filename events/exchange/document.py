"""The OpenAPI 3.1 description of what other systems may ask about events.

Written by hand beside the views; tests/events/test_openapi.py holds both against each other, and
tests/events/test_schema.py lets a fuzzer look for what is not as it says.
"""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from events.deadlines import Colour
from events.desk.asking import MAX_TEXT as LONGEST_SEARCH
from events.desk.filters import Sort, Tab
from events.desk.keyset import LONGEST_PLACE, PLACE_PATTERN
from events.exchange.calls import HEADER, REPLAYED
from events.exchange.records import (
    NUMBER,
    SCHEMAS,
    UUID,
    Schema,
    listing,
    nullable,
    record,
    ref,
    text,
    whole,
    words,
    written,
)
from events.exchange.rest import AT_ONCE, MOST_LISTED
from events.models import EventKind, Source
from events.models.exchange import LONGEST_CALL_KEY
from events.reporting.api import MOST_AT_ONCE, OWN_AT_ONCE
from events.workflow import Level, Severity
from gis_server.edge import MAX_LIMIT, MAX_OFFSET, json_ok, public
from gis_server.models import LONGEST_CODE
from gis_server.photos.decoding import MAX_BYTES
from grids.codes import CODE_PATTERN

JSON, BYTES = "application/json", "application/octet-stream"
PHOTO_BYTES = f"JPEG, PNG or WebP, {MAX_BYTES} bytes at most."
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


def header(schema: Schema, said: str) -> Schema:
    return {"schema": schema, "description": said}


WAIT = header({"type": "integer", "minimum": 0}, "Seconds until it is worth trying again.")
METHODS = header(text(), "The methods that it takes.")
REPEATED = header(words(["true"]), "This was done before: the answer of the first call.")


def answers(schema: Schema, *, created: bool = False) -> Schema:
    """Of one operation: its success and every error."""
    found = {"200": answer("Done.", schema)}
    if created:
        found["201"] = answer("Made.", schema)
    found |= {code: answer(said, ref("Error")) for code, said in FAILURES.items()}
    found["405"]["headers"] = {"Allow": METHODS}
    found["429"]["headers"] = {"Retry-After": WAIT}
    return found


def asked(name: str, schema: Schema, said: str = "", place: str = "query") -> Schema:
    parameter: Schema = {"name": name, "in": place, "schema": schema}
    if place == "path":
        parameter["required"] = True
    if place == "query":
        parameter["allowEmptyValue"] = True  # as if it was not asked
    return parameter | ({"description": said} if said else {})


def needed(name: str, schema: Schema, said: str) -> Schema:
    """Of a query: it must be there."""
    return {"name": name, "in": "query", "schema": schema, "required": True, "description": said}


def body(schema: Schema, media: str = JSON) -> Schema:
    return {"required": True, "content": {media: {"schema": schema}}}


EVENT_ID = asked("event_id", NUMBER, place="path")
FILTERS = [
    asked("tab", words(one for one in Tab if one), "A heap of the desk; without it all open ones."),
    asked("level", words(Level)),
    asked(
        "division",
        text(LONGEST_CODE, pattern=CODE_PATTERN),
        "Code of a division or grid: it and all below.",
    ),
    asked("kind", words(EventKind.values)),
    asked("severity", words(Severity)),
    asked("source", words(Source.values)),
    asked("due", words(Colour), "Colour of the deadline that runs."),
    asked("since", text(10, format="date"), "First day of receipt."),
    asked("until", text(10, format="date"), "Last day of receipt."),
    asked("q", written(LONGEST_SEARCH), "Words of text, address, number or entry."),
    asked("sort", words(one for one in Sort if one)),
    asked("limit", whole(1, MOST_LISTED, AT_ONCE)),
    asked("after", text(LONGEST_PLACE, pattern=PLACE_PATTERN), "The `next` of the page before."),
]
EACH: Schema = {"type": "object", "description": "A Report; one that is none is told so alone."}
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
        "get": {
            "operationId": "ownReports",
            "summary": "What the caller has reported, the newest first",
            "parameters": [
                asked("limit", whole(1, MAX_LIMIT, OWN_AT_ONCE)),
                asked("offset", whole(0, MAX_OFFSET, 0)),
            ],
            "responses": answers(
                record({"total": {"type": "integer"}, "items": listing(ref("OwnReport"))})
            ),
        },
        "post": {
            "operationId": "report",
            "summary": "Report a matter; the same client_id again is the same event",
            "requestBody": body(ref("Report")),
            "responses": answers(ref("Taken"), created=True),
        },
    },
    "/api/events/reports/batch/": {
        "post": {
            "operationId": "reportMany",
            "summary": "Report many matters at once; each is answered as it would be alone",
            "requestBody": body(
                record({"reports": listing(EACH, minItems=1, maxItems=MOST_AT_ONCE)})
            ),
            "responses": answers(record({"items": listing(ref("Outcome"))})),
        }
    },
    "/api/events/photos/": {
        "post": {
            "operationId": "sendPhoto",
            "summary": "One photo, which a report or a step then names; the same client_id again "
            "is the same photo",
            "parameters": [needed("client_id", UUID, "What the sender calls it.")],
            "requestBody": body({"description": PHOTO_BYTES}, BYTES),
            "responses": answers(ref("Photo"), created=True),
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


PATHS["/api/events/{event_id}/steps/"]["post"]["responses"]["200"]["headers"] = {REPLAYED: REPEATED}


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
