"""A report as it was sent: JSON to a draft.  Shape and limits; `services` says what it means."""

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from events.models.event import MAX_PHOTOS, MAX_TEXT, Source
from events.workflow import Severity
from gis_server.edge import zoned_moment
from gis_server.errors import Invalid
from gis_server.frames import Frame
from gis_server.json_body import text_of

MAX_BODY = 64 * 1024
MAX_ADDRESS, MAX_REASON = 200, 200
MAX_ACCURACY_M = 100_000.0
LONGEST_WORD = 40
MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody reports.

    client_id: what the sender calls it.  category: the code of an entry of the catalogue.
    lon, lat: degrees in `frame`.  accuracy_m: None where it was pointed at on a map.
    seen_at, sent_at: by the sender's clock.  position_checked: the reporter has been asked about
    the position and stands by it.  severity: "" for what the catalogue proposes.
    photos: client ids of photos that were sent before.  has_picture: the text names the address of
    one, which stands for a photo where nothing can be sent (Open311).
    """

    client_id: uuid.UUID
    category: str
    lon: float
    lat: float
    frame: Frame = Frame.WGS84
    accuracy_m: float | None = None
    text: str = ""
    address: str = ""
    outside_reason: str = ""
    position_checked: bool = False
    seen_at: datetime | None = None
    sent_at: datetime | None = None
    photos: tuple[uuid.UUID, ...] = field(default=())
    source: str = Source.WORKER.value
    severity: str = ""
    camera_id: int | None = None
    has_picture: bool = False


def draft_of(told: Mapping[str, Any], *, source: str) -> Draft:
    """The draft in a JSON object; what it does not know is not looked at.

    source: where it comes from unless it says so itself.

    Raises:
        Invalid: a field that is missing, of the wrong kind or too long; the message names it.
    """
    photos = uuids_of(told, "photos")
    if len(photos) > MAX_PHOTOS:
        raise Invalid(_("At most %(most)d photos.") % {"most": MAX_PHOTOS})
    lon, lat = number_of(told, "lon"), number_of(told, "lat")
    if lon is None or lat is None:
        raise Invalid(_("The report has no position: show the place on the map."))
    return Draft(
        client_id=uuid_of(told.get("client_id"), "client_id"),
        category=text_of(told, "category", LONGEST_WORD),
        lon=lon,
        lat=lat,
        frame=Frame(choice_of(told, "frame", [one.value for one in Frame]) or Frame.WGS84),
        accuracy_m=accuracy_of(told),
        text=text_of(told, "text", MAX_TEXT),
        address=text_of(told, "address", MAX_ADDRESS),
        outside_reason=text_of(told, "outside_reason", MAX_REASON),
        position_checked=flag_of(told, "position_checked"),
        seen_at=time_of(told, "seen_at"),
        sent_at=time_of(told, "sent_at"),
        photos=photos,
        source=choice_of(told, "source", Source.values) or source,
        severity=choice_of(told, "severity", [one.value for one in Severity]),
        camera_id=id_of(told, "camera_id"),
    )


def number_of(told: Mapping[str, Any], name: str) -> float | None:
    value = told.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not finite(value):
        raise Invalid(_("%(name)s must be a number.") % {"name": name})
    return float(value)


def finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def accuracy_of(told: Mapping[str, Any]) -> float | None:
    """Metres; what is beyond all use is cut, for some phones say so when they know nothing."""
    value = number_of(told, "accuracy_m")
    return None if value is None or value < 0 else min(value, MAX_ACCURACY_M)


def flag_of(told: Mapping[str, Any], name: str) -> bool:
    value = told.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise Invalid(_("%(name)s must be true or false.") % {"name": name})
    return value


def choice_of(told: Mapping[str, Any], name: str, choices: list[str]) -> str:
    value = told.get(name)
    if value is None or value == "":
        return ""
    if value not in choices:
        rule = _("%(name)s must be one of %(choices)s.")
        raise Invalid(rule % {"name": name, "choices": ", ".join(choices)})
    return str(value)


def time_of(told: Mapping[str, Any], name: str) -> datetime | None:
    """A moment with its zone, as ISO 8601."""
    value = told.get(name)
    if value is None or value == "":
        return None
    at = zoned_moment(value) if isinstance(value, str) else None
    if at is None:
        raise Invalid(_("%(name)s must be a time with its zone.") % {"name": name})
    return at


def id_of(told: Mapping[str, Any], name: str) -> int | None:
    value = told.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_ID:
        raise Invalid(_("%(name)s must be a number.") % {"name": name})
    return value


def uuid_of(value: Any, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(value) if isinstance(value, str) and len(value) <= LONGEST_WORD else _no()
    except ValueError:
        raise Invalid(_("%(name)s must be a UUID.") % {"name": name}) from None


def _no() -> uuid.UUID:
    raise ValueError


def uuids_of(told: Mapping[str, Any], name: str) -> tuple[uuid.UUID, ...]:
    """A list of UUIDs, each once, in their order."""
    value = told.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Invalid(_("%(name)s must be a list.") % {"name": name})
    return tuple(dict.fromkeys(uuid_of(one, name) for one in value))
