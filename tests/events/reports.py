"""Reports as a phone sends them, and a catalogue small enough to think about."""

import uuid
from typing import Any

import cv2
import numpy as np
from django.test import Client

from events.models import Category, EventKind
from events.workflow import Severity

REPORTS, PHOTOS = "/api/events/reports/", "/api/events/photos/"
# Inside the western grid of tests.grids.territory: 112 to 113 E, 37 to 38 N.
HERE = {"lon": 112.5, "lat": 37.5}


def make_entry(
    code: str = "T-01-01", severity: Severity = Severity.MINOR, **fields: Any
) -> Category:
    """An entry below a group of its own."""
    kind = EventKind.SERVICE.value
    group, _new = Category.objects.get_or_create(
        code="T-01", defaults={"kind": kind, "name": "Streets"}
    )
    values = {"name": "A pothole", "severity": severity.value} | fields
    return Category.objects.create(kind=kind, code=code, parent=group, **values)


def told(**fields: Any) -> dict[str, Any]:
    """A report that nothing is wrong with."""
    plain = {"client_id": str(uuid.uuid4()), "category": "T-01-01", "text": "路面有坑"}
    return plain | HERE | fields


def send(client: Client, told: dict[str, Any]) -> Any:
    return client.post(REPORTS, told, content_type="application/json")


def send_photo(client: Client, content: bytes, client_id: str | None = None) -> Any:
    address = f"{PHOTOS}?client_id={client_id or uuid.uuid4()}"
    return client.post(address, content, content_type="application/octet-stream")


def jpeg(width: int = 64, height: int = 48) -> bytes:
    image = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", image)[1])
