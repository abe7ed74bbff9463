"""What makes requests of the fuzzer reach further than the front door.

Loaded by the fuzzer's own process: no Django here.
"""

import base64
import os
import uuid
from typing import Any

import schemathesis
from schemathesis import Case, HookContext

# Searches are for words: what has no letter in it, or more than six, is refused, which no schema
# says.  They are fuzzed in tests/events/test_desk.py.
WORDS = ("井盖", "cover 1", "SJ20260302")
PLACE = os.environ.get("FUZZ_PLACE", "")
"""category,lon,lat: where something can be reported, for every other report."""
PHOTO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)


@schemathesis.hook
def map_case(_context: HookContext, case: "Case[Any]") -> "Case[Any]":
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return case
    if isinstance(case.query, dict) and case.query.get("q"):
        case.query["q"] = WORDS[len(str(case.query["q"])) % len(WORDS)]
    name = case.operation.definition.raw.get("operationId")
    if name == "sendPhoto":
        case.body = PHOTO
    if name == "report" and PLACE:
        put_there(case.body)
    if name == "reportMany" and isinstance(case.body, dict):
        put_one_in(case.body)
    return case


def put_one_in(batch: dict[str, Any]) -> None:
    """A batch holds whatever objects; the first of them is to be a report."""
    category, lon, lat = PLACE.split(",")
    client_id = str(uuid.uuid5(uuid.NAMESPACE_OID, repr(batch)))
    place = {"category": category, "lon": float(lon), "lat": float(lat)}
    batch["reports"][0] |= {"client_id": client_id} | place


def put_there(body: object) -> None:
    """Every other report: by the last digit of its id."""
    if isinstance(body, dict) and int(str(body["client_id"])[-1], 16) % 2:
        category, lon, lat = PLACE.split(",")
        body |= {"category": category, "lon": float(lon), "lat": float(lat), "frame": "wgs84"}
        body |= {"seen_at": None, "sent_at": None, "photos": []}
