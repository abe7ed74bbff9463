"""What callers send about errands, as JSON: shape and limits."""

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from gis_server.errors import Conflict, Invalid
from gis_server.geo import WGS84
from gis_server.json_body import text_of
from gis_server.models import User
from gis_server.openapi.schemas import LON, UUID, nullable, record, whole, words, written
from gis_server.plain_numbers import decimal_of
from patrols.models import AboutKind
from patrols.models.errands import MAX_ABOUT, MAX_MESSAGE, MAX_PLACE

MAX_BODY = 16 * 1024
MAX_ID = 2**31 - 1
LONGEST_UUID = 40
FARTHEST = 85
"""Degrees north or south."""
LAT = {"type": "number", "minimum": -FARTHEST, "maximum": FARTHEST}
POINT = {"lon": LON, "lat": LAT}
ORDER = record(
    {"client_id": UUID, "duty": whole(1, MAX_ID), **POINT, "message": written(MAX_MESSAGE)},
    about_kind=nullable(words(AboutKind.values)),
    about=nullable(written(MAX_ABOUT)),
    place=nullable(written(MAX_PLACE)),
)
"""What `order_of` reads."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where somebody is sent, and what about; see `models.Errand`."""

    point: Point
    place: str = ""
    about_kind: AboutKind = AboutKind.PLACE
    about: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    client_id: uuid.UUID
    duty_id: int
    target: Target
    message: str


def order_of(told: Mapping[str, Any]) -> Order:
    """Raises Invalid: a field is missing or wrong, and the message names it."""
    duty_id = told.get("duty")
    if isinstance(duty_id, bool) or not isinstance(duty_id, int) or not 0 < duty_id <= MAX_ID:
        raise Invalid(_("%(name)s must be a number.") % {"name": "duty"})
    return Order(client_id_of(told), duty_id, target_of(told), message_of(told))


def client_id_of(told: Mapping[str, Any]) -> uuid.UUID:
    value = told.get("client_id")
    try:
        if isinstance(value, str) and len(value) <= LONGEST_UUID:
            return uuid.UUID(value)
    except ValueError:
        pass
    raise Invalid(_("%(name)s must be a UUID.") % {"name": "client_id"})


def target_of(told: Mapping[str, Any]) -> Target:
    """From JSON, or from the query string of a page.  Raises Invalid."""
    kind = told.get("about_kind") or AboutKind.PLACE.value
    if kind not in AboutKind.values:
        rule = _("%(name)s must be one of %(choices)s.")
        raise Invalid(rule % {"name": "about_kind", "choices": ", ".join(AboutKind.values)})
    place, about = text_of(told, "place", MAX_PLACE), text_of(told, "about", MAX_ABOUT)
    return Target(point_of(told), place, AboutKind(kind), about)


def point_of(told: Mapping[str, Any]) -> Point:
    """Degrees, WGS84.  Raises Invalid."""
    lon, lat = (degrees_of(told.get(name)) for name in ("lon", "lat"))
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > FARTHEST:
        raise Invalid(_("Say the place as lon and lat, in degrees."))
    return Point(lon, lat, srid=WGS84)


def degrees_of(value: object) -> float | None:
    if isinstance(value, str):
        return decimal_of(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def message_of(told: Mapping[str, Any]) -> str:
    message = text_of(told, "message", MAX_MESSAGE)
    if not message:
        raise Invalid(_("Say what is to be done there."))
    return message


def check_sender(user: User, sender: object) -> None:
    """A phone says whose it is: somebody else may have signed in on it meanwhile.

    Raises:
        Conflict: it is another user's.
    """
    if sender is not None and str(sender) != str(user.pk):
        rule = _("You are signed in as %(who)s; this is somebody else's.")
        raise Conflict(rule % {"who": user.get_full_name()})
