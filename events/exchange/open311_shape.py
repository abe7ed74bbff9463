"""Open311 GeoReport v2: its records and its errors, as JSON and as XML.

https://wiki.open311.org/GeoReport_v2/ names the fields; what we do not keep (names, telephone
numbers, accounts of citizens) is left out.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from django.http import HttpResponse
from django.utils.translation import gettext as _

from events.exchange.shape import time_of
from events.models import Category, Event
from events.texts import level_name, state_name
from events.workflow import OPEN, Status
from gis_server.plain_text import printable

Record = Mapping[str, Any]
FORMATS = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}


def service(row: Category) -> Record:
    return {
        "service_code": row.code,
        "service_name": row.name,
        "description": described(row),
        "metadata": "false",
        "type": "realtime",
        "keywords": "",
        "group": row.parent.name if row.parent else "",
    }


def described(row: Category) -> str:
    asked = _("media_url is needed: this is only taken with a photo.") if row.needs_photo else ""
    return " ".join(part for part in (row.hint, asked) if part)


def service_request(event: Event, updated_at: Any) -> Record:
    """One event; `category` must have been read with it."""
    status = Status(event.state)
    return {
        "service_request_id": event.number,
        "status": "open" if status in OPEN else "closed",
        "status_notes": state_name(event.state),
        "service_name": event.category.name,
        "service_code": event.category.code,
        "description": event.text,
        "agency_responsible": level_name(event.level),
        "service_notice": "",
        "requested_datetime": time_of(event.reported_at),
        "updated_datetime": time_of(updated_at),
        "expected_datetime": time_of(event.close_due) if status in OPEN else None,
        "address": event.address,
        "address_id": None,
        "zipcode": None,
        "lat": event.point.y,
        "long": event.point.x,
        "media_url": None,
    }


def answered(
    records: Sequence[Record], form: str, names: tuple[str, str], status: int = 200
) -> HttpResponse:
    """names: of the element around all and of each, where the form is XML."""
    content = json.dumps(records, ensure_ascii=False) if form == "json" else xml(records, *names)
    response = HttpResponse(content, status=status, content_type=FORMATS[form])
    response["Cache-Control"] = "private, no-store"
    return response


def refused(message: str, form: str, status: int) -> HttpResponse:
    record = {"code": status, "description": message}
    return answered([record], form, ("errors", "error"), status)


def xml(records: Sequence[Record], all_name: str, name: str) -> bytes:
    around = Element(all_name)
    for record in records:
        fill(SubElement(around, name), record)
    return bytes(tostring(around, encoding="utf-8", xml_declaration=True))


def fill(element: Element, value: Any) -> None:
    """A record as elements by its names; a list `things` as elements `thing`; None as nothing."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            fill(SubElement(element, name), one)
    elif isinstance(value, list | tuple):
        for one in value:
            fill(SubElement(element, element.tag.removesuffix("s")), one)
    elif value is not None:
        element.text = printable(str(value))
