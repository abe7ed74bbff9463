"""The OpenAPI 3.1 description of what other systems may ask about events.

Written by hand beside the views; tests/events/test_openapi.py holds both against each other, and
tests/events/test_schema.py lets a fuzzer look for what is not as it says.
"""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from events.desk.asking import ASKED
from events.desk.keyset import LONGEST_PLACE, PLACE_PATTERN
from events.exchange.calls import HEADER, REPLAYED
from events.exchange.records import SCHEMAS
from events.exchange.rest import AT_ONCE, MOST_LISTED
from events.models.exchange import LONGEST_CALL_KEY
from events.reporting.api import MOST_AT_ONCE, OWN_AT_ONCE, SENDER
from gis_server.edge import json_ok, public
from gis_server.openapi.marks import describes, paged
from gis_server.openapi.operations import answers, asked, body, header, needed
from gis_server.openapi.schemas import (
    BYTES,
    NUMBER,
    UUID,
    Schema,
    listing,
    nullable,
    record,
    ref,
    text,
    whole,
    words,
)
from gis_server.photos.decoding import MAX_BYTES

PHOTO_BYTES = f"JPEG, PNG or WebP, {MAX_BYTES} bytes at most."
REPEATED = header(words(["true"]), "This was done before: the answer of the first call.")
EVENT_ID = asked("event_id", NUMBER, place="path")
SAID = {
    "tab": "A heap of the desk; without it all open ones.",
    "division": "Code of a division or grid: it and all below.",
    "entry": "Of the catalogue, by its id.",
    "unit": "A department, by its id.",
    "due": "Colour of the deadline that runs.",
    "since": "First day of receipt.",
    "until": "Last day of receipt.",
    "q": "Words of text, address, number or entry.",
}
FILTERS = [
    *(asked(name, schema, SAID.get(name, "")) for name, schema in ASKED.items()),
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
            "parameters": [asked(name, schema) for name, schema in paged(OWN_AT_ONCE).items()],
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
                record({"reports": listing(EACH, minItems=1, maxItems=MOST_AT_ONCE)}, sender=SENDER)
            ),
            "responses": answers(record({"items": listing(ref("Outcome"))})),
        }
    },
    "/api/events/photos/": {
        "post": {
            "operationId": "sendPhoto",
            "summary": "One photo, which a report or a step then names; the same client_id again "
            "is the same photo",
            "parameters": [
                needed("client_id", UUID, "What the sender calls it."),
                asked("sender", NUMBER, SENDER["description"]),
            ],
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
@describes(PATHS, SCHEMAS)
def openapi(request: HttpRequest) -> JsonResponse:
    """The document; what it describes asks for a token."""
    return json_ok(document(request.build_absolute_uri("/").rstrip("/")))
