"""What the OpenAPI description says of the things that are sent and answered, as JSON Schema.

Of what is sent, null and the empty text are as if it was not sent, but where a field is needed.
"""

from events.models import EventKind, Source
from events.models.columns import MAX_NOTE
from events.models.event import MAX_PHOTOS, MAX_TEXT
from events.reporting.api import SENDER
from events.reporting.sent import MAX_ADDRESS, MAX_REASON
from events.services.acting import VERBS
from events.units import MOST_AT_ONCE
from events.workflow import Action, Level, Severity, Status, Task
from gis_server.frames import Frame
from gis_server.openapi.schemas import (
    FLAG,
    LAT,
    LON,
    NUMBER,
    REASON,
    TIME,
    UUID,
    Schema,
    listing,
    maybe,
    nullable,
    record,
    ref,
    text,
    words,
    written,
)

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
    {"client_id": UUID, "category": written(40), "lon": LON, "lat": LAT},
    frame=maybe(words(Frame)),
    accuracy_m=nullable({"type": "number"}),
    text=nullable(written(MAX_TEXT)),
    address=nullable(written(MAX_ADDRESS)),
    outside_reason=nullable(written(MAX_REASON)),
    position_checked=nullable(FLAG),
    seen_at=maybe(TIME),
    sent_at=maybe(TIME),
    photos=nullable(listing(UUID, maxItems=MAX_PHOTOS)),
    source=maybe(words(Source.values)),
    severity=maybe(words(Severity)),
    camera_id=nullable(NUMBER),
    sender=SENDER,
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
OUTCOME = {
    "anyOf": [
        {"allOf": [ref("Taken"), record({"status": {"type": "integer", "enum": [200, 201]}})]},
        record(
            {
                "client_id": {"description": "As it was sent."},
                "status": {"type": "integer", "enum": [422]},
                "error": ref("Reason"),
            }
        ),
    ]
}
OWN = record(
    {
        "id": NUMBER,
        "number": text(24),
        "client_id": UUID,
        "kind": words(EventKind.values),
        "category": text(12),
        "category_name": text(),
        "state": words(Status),
        "state_text": text(),
        "badge": text(),
        "severity": words(Severity),
        "text": text(),
        "address": text(),
        "lon": {"type": "number"},
        "lat": {"type": "number"},
        "grid": text(),
        "reported_at": TIME,
        "received_at": TIME,
        "closed_at": nullable(TIME),
        "can_withdraw": FLAG,
        "photos": listing(text()),
    }
)
PHOTO = record(
    {
        "id": NUMBER,
        "client_id": UUID,
        "url": text(),
        "width": {"type": "integer"},
        "height": {"type": "integer"},
    }
)
WISH = record(
    {"action": words(VERBS)},
    seen=nullable(NUMBER),
    note=nullable(written(MAX_NOTE)),
    units=nullable(listing(written(40), maxItems=MOST_AT_ONCE)),
    photos=nullable(listing(NUMBER, maxItems=MAX_PHOTOS)),
    task=nullable(NUMBER),
    party=nullable(NUMBER),
    until=maybe(TIME),
    into=nullable(NUMBER),
    category=nullable(written(40)),
    severity=maybe(words(Severity)),
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
REFUSED = REASON | {
    "properties": REASON["properties"]
    | {
        "questions": listing(
            {"type": "object"}, description="Of a report: what only its sender can answer."
        ),
        "photos": listing(UUID, description="Of a report: those that are to be sent (again)."),
    }
}
ERROR = record({"error": ref("Reason")})
SCHEMAS: dict[str, Schema] = {
    "Event": EVENT,
    "Step": STEP,
    "Task": TASK,
    "WholeEvent": WHOLE,
    "Report": DRAFT,
    "Taken": TAKEN,
    "OwnReport": OWN,
    "Photo": PHOTO,
    "Wish": WISH,
    "Category": CATEGORY,
    "Unit": record({"key": text(40), "name": text(), "code": text()}),
    "Outcome": OUTCOME,
    "Reason": REFUSED,
    "Error": ERROR,
}
