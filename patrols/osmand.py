"""Positions as phone apps send them by the OsmAnd protocol.  Pure.

Two forms: fields in the address or a posted form (OsmAnd, Traccar Client up to 8 and many others),
and JSON (Traccar Client from 9).  What they mean by their numbers differs: a form's speed is in
knots and its battery in percent, JSON's in metres a second and from 0 to 1, and -1 there means that
the phone does not know.  https://www.traccar.org/osmand/

OsmAnd itself and GPSLogger speak of metres a second; the addresses that people are told to enter
there name the field `speed_ms`.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

from gis_server.plain_numbers import decimal_of

MS_PER_KNOT = 1852 / 3600
LONGEST_DEVICE = 64
LONGEST_NUMBER = 40
LARGEST_BODY = 64 * 1024
# What is below is in seconds: as milliseconds it would lie in January 1970.
MOST_SECONDS = 2**31 - 1
EARLIEST, LATEST = 946_684_800.0, 4_102_444_800.0  # 2000 to 2100


class Flaw(StrEnum):
    """What is wrong with a field or with all of it: a closed list, in the words of programs."""

    MISSING = "missing"
    NO_NUMBER = "no number"
    NO_TIME = "no time"
    NO_CENTURY = "not of this century"
    NO_PLACE = "no latitude and longitude"
    SWAPPED = "they seem to have changed places"
    LENGTH = f"1 to {LONGEST_DEVICE} characters"
    TOO_MANY = "too many"
    TOO_LARGE = f"larger than {LARGEST_BODY // 1024} kB"
    NO_JSON = "no JSON"
    NO_OBJECT = "no object"
    NO_LIST = "no list"


class BadFix(ValueError):
    """It cannot be read as a position; the message names the field, if it is about one."""

    def __init__(self, flaw: Flaw, field: str = "") -> None:
        super().__init__(f"{field}: {flaw}" if field else flaw.value)
        self.flaw, self.field = flaw, field


@dataclass(frozen=True, slots=True)
class Position:
    """One position of one device; None: it does not say.

    t: seconds since 1970.  lon, lat: degrees, WGS84.  accuracy_m: as the phone gives it, which may
    be below 0 where it knows nothing.  speed_ms: metres a second.  bearing: degrees from north.
    battery: percent.  is_valid: the device itself stands by it.
    """

    device: str
    t: float
    lon: float
    lat: float
    accuracy_m: float | None = None
    speed_ms: float | None = None
    bearing: float | None = None
    altitude_m: float | None = None
    battery: float | None = None
    is_mock: bool = False
    is_valid: bool = True


def from_fields(fields: Mapping[str, str], now: float, zone: tzinfo) -> Position:
    """A position of the fields of an address or form; now: where it names no time.

    zone: of times that name none.

    Raises:
        BadFix: no device, no position, or a field that is no number or time.
    """
    lat, lon = _place(fields)
    return Position(
        device=_device(fields.get("id") or fields.get("deviceid")),
        t=_time(fields.get("timestamp"), now, zone),
        lon=lon,
        lat=lat,
        accuracy_m=number_of(fields, "accuracy"),
        speed_ms=_speed(fields),
        bearing=_known(number_of(fields, "bearing" if fields.get("bearing") else "heading")),
        altitude_m=number_of(fields, "altitude"),
        battery=_known(number_of(fields, "batt")),
        is_mock=fields.get("mock", "").lower() in ("true", "1"),
        is_valid=fields.get("valid", "true").lower() in ("true", "1"),
    )


def _speed(fields: Mapping[str, str]) -> float | None:
    """Apps that let the address be written, and know only metres a second, name them `speed_ms`."""
    speed, knots = number_of(fields, "speed_ms"), number_of(fields, "speed")
    if speed is None and knots is not None:
        return knots * MS_PER_KNOT
    return speed


def from_json(body: bytes, now: float, zone: tzinfo) -> Position:
    """The same of a body of JSON.  Raises: see `from_fields`."""
    told = _object(_parsed(body), "body")
    location = _object(told.get("location"), "location")
    coords = _object(location.get("coords"), "coords")
    battery = _known(number_of(_object(location.get("battery") or {}, "battery"), "level"))
    lat, lon = _both(number_of(coords, "latitude"), number_of(coords, "longitude"))
    return Position(
        device=_device(told.get("device_id")),
        t=_time(location.get("timestamp"), now, zone),
        lon=lon,
        lat=lat,
        accuracy_m=number_of(coords, "accuracy"),
        speed_ms=_known(number_of(coords, "speed")),
        bearing=_known(number_of(coords, "heading")),
        altitude_m=number_of(coords, "altitude"),
        battery=None if battery is None else battery * 100,
        is_mock=location.get("mock") is True,
    )


def _parsed(body: bytes) -> object:
    if len(body) > LARGEST_BODY:
        raise BadFix(Flaw.TOO_LARGE, "body")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadFix(Flaw.NO_JSON, "body") from None


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadFix(Flaw.MISSING, name)
    return value


def _device(value: object) -> str:
    text = str(value).strip() if isinstance(value, (str, int)) else ""
    if not 0 < len(text) <= LONGEST_DEVICE or not text.isprintable():
        raise BadFix(Flaw.LENGTH, "id")
    return text


def _place(fields: Mapping[str, str]) -> tuple[float, float]:
    if fields.get("location"):
        lat, _comma, lon = fields["location"].partition(",")
        return degrees_of({"lat": lat, "lon": lon})
    return degrees_of(fields)


def degrees_of(fields: Mapping[str, Any]) -> tuple[float, float]:
    """Latitude and longitude of `lat` and `lon`.  Raises BadFix."""
    return _both(number_of(fields, "lat"), number_of(fields, "lon"))


def _both(lat: float | None, lon: float | None) -> tuple[float, float]:
    if lat is None or lon is None:
        raise BadFix(Flaw.MISSING, "lat, lon")
    if abs(lat) > 90 and abs(lat) <= 180 and abs(lon) <= 90:
        raise BadFix(Flaw.SWAPPED, "lat, lon")
    if abs(lat) > 90 or abs(lon) > 180:
        raise BadFix(Flaw.NO_PLACE, "lat, lon")
    return lat, lon


def number_of(fields: Mapping[str, Any], name: str) -> float | None:
    """A field as a number, None where it is missing or empty.  Raises BadFix."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadFix(Flaw.NO_NUMBER, name)
    try:
        # A number of JSON may be too large for a float.
        number = decimal_of(value) if isinstance(value, str) else float(value)
    except OverflowError:
        number = math.nan
    if number is None or not math.isfinite(number):
        raise BadFix(Flaw.NO_NUMBER, name)
    return number


def _known(value: float | None) -> float | None:
    """Below 0 stands for what a phone does not know."""
    return None if value is None or value < 0 else value


def _time(value: object, now: float, zone: tzinfo) -> float:
    return now if value is None or value == "" else seconds_of(value, zone)


def seconds_of(value: object, zone: tzinfo) -> float:
    """Seconds since 1970 of seconds, milliseconds or ISO 8601, with "T" or a space.

    zone: of times that name none.  Raises BadFix.
    """
    number = _as_number(value)
    at = _of_text(value, zone) if number is None else number
    if at > MOST_SECONDS and number is not None:
        at /= 1000
    if not EARLIEST <= at <= LATEST:
        raise BadFix(Flaw.NO_CENTURY, "timestamp")
    return at


def _as_number(value: object) -> float | None:
    try:
        return number_of({"timestamp": value}, "timestamp")
    except BadFix:
        return None


def _of_text(value: object, zone: tzinfo) -> float:
    try:
        at = datetime.fromisoformat(str(value)[:LONGEST_NUMBER].strip())
    except ValueError:
        raise BadFix(Flaw.NO_TIME, "timestamp") from None
    aware = at.replace(tzinfo=zone) if at.tzinfo is None else at
    try:
        return aware.astimezone(UTC).timestamp()
    except OverflowError:
        raise BadFix(Flaw.NO_CENTURY, "timestamp") from None
