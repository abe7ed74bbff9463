"""Requests of phone apps as they send them, and what is wrong with others."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest

from patrols.osmand import LARGEST_BODY, BadFix, Position, from_fields, from_json

ZONE = ZoneInfo("Asia/Shanghai")
NOW = 1_795_000_000.0
# As Traccar Client 8 for Android sends it.
ANDROID = (
    "id=861001&timestamp=1795000100&lat=37.8706&lon=112.5693&speed=2.332&bearing=87.5"
    "&altitude=803.2&accuracy=7.5&batt=64.0"
)
# As Traccar Client 9 sends it; -1 is what the phone does not know.
JSON = (
    b'{"location":{"timestamp":"2026-11-18T03:08:20.862Z","coords":{"latitude":37.8706,'
    b'"longitude":112.5693,"accuracy":5,"speed":1.2,"heading":-1,"altitude":803},'
    b'"is_moving":true,"odometer":0,"event":"motionchange","battery":{"level":0.64,'
    b'"is_charging":false},"activity":{"type":"walking"},"extras":{},'
    b'"_":"&id=861001&lat=37.8706&lon=112.5693&timestamp=2026-11-18T03:08:20.862Z&"},'
    b'"device_id":"861001"}'
)
IOS = (
    b'{"location":{"extras":{},"mock":true,"coords":{"speed_accuracy":-1,"speed":-1,'
    b'"longitude":112.5693,"ellipsoidal_altitude":0,"floor":null,"heading_accuracy":-1,'
    b'"latitude":37.870600000000001,"accuracy":5,"altitude_accuracy":-1,"altitude":0,'
    b'"heading":-1},"is_moving":false,"age":188,"odometer":0,'
    b'"uuid":"2FB04C65-99CF-42AB-8DD3-EBCB4B108BF8","event":"motionchange",'
    b'"battery":{"level":-1,"is_charging":false},"activity":{"type":"unknown",'
    b'"confidence":100},"timestamp":"2026-11-18T03:08:20.579Z"},"device_id":"861001"}'
)


def read(query: str) -> Position:
    return from_fields(dict(parse_qsl(query)), NOW, ZONE)


def test_a_phone_with_android_is_read_with_its_speed_in_metres_a_second() -> None:
    found = read(ANDROID)

    assert (found.device, found.t, found.lon, found.lat) == (
        "861001",
        1795000100,
        112.5693,
        37.8706,
    )
    # 2.332 knots of 1852 m.
    assert found.speed_ms == pytest.approx(1.1997, abs=1e-4)
    assert (found.accuracy_m, found.bearing, found.altitude_m) == (7.5, 87.5, 803.2)
    assert found.battery == 64
    assert found.is_valid
    assert not found.is_mock


def test_json_has_its_speed_in_metres_a_second_and_its_battery_in_parts_of_one() -> None:
    found = from_json(JSON, NOW, ZONE)

    assert (found.device, found.lon, found.lat, found.accuracy_m) == (
        "861001",
        112.5693,
        37.8706,
        5,
    )
    assert found.t == datetime(2026, 11, 18, 3, 8, 20, 862_000, UTC).timestamp()
    assert (found.speed_ms, found.bearing, found.battery) == (1.2, None, 64)
    assert not found.is_mock


def test_what_a_phone_does_not_know_is_nothing_and_what_is_made_up_says_so() -> None:
    found = from_json(IOS, NOW, ZONE)

    assert (found.speed_ms, found.bearing, found.battery) == (None, None, None)
    assert found.is_mock


AT = datetime(2026, 11, 18, 3, 8, 20, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("told", "at"),
    [
        pytest.param(f"{AT:.0f}", AT, id="seconds"),
        pytest.param(f"{AT * 1000:.0f}", AT, id="milliseconds"),
        pytest.param("2026-11-18T03%3A08%3A20Z", AT, id="ISO"),
        pytest.param("2026-11-18T11%3A08%3A20%2B08%3A00", AT, id="ISO with a zone"),
        pytest.param("2026-11-18T11%3A08%3A20", AT, id="ISO without a zone is local"),
        pytest.param("2026-11-18+11%3A08%3A20", AT, id="with a space"),
        pytest.param("", NOW, id="none is now"),
    ],
)
def test_times_come_in_many_forms(told: str, at: float) -> None:
    assert read(f"id=1&lat=1&lon=2&timestamp={told}").t == at


@pytest.mark.parametrize(
    "query",
    [
        "id=1&location=37.8706,112.5693",
        "deviceid=1&lat=37.8706&lon=112.5693&vacc=0&hacc=0",
        "lat=37.8706&lon=112.5693&id=1&hdop=6.0&ignition=true&cell=257,02,16,2224",
    ],
)
def test_other_apps_name_things_in_their_own_way(query: str) -> None:
    found = read(query)

    assert (found.device, found.lat, found.lon) == ("1", 37.8706, 112.5693)


def test_flags_of_a_form() -> None:
    found = read("id=1&lat=1&lon=2&valid=false&mock=1&heading=90")

    assert (found.is_valid, found.is_mock, found.bearing) == (False, True, 90)


def test_a_radius_below_nothing_is_kept_for_the_track_to_doubt() -> None:
    assert read("id=1&lat=1&lon=2&accuracy=-1").accuracy_m == -1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        pytest.param("lat=1&lon=2", "id", id="no device"),
        pytest.param(f"id={'1' * 65}&lat=1&lon=2", "id", id="a device of 65 characters"),
        pytest.param("id=1&lat=1", "lat, lon", id="half a position"),
        pytest.param("id=1&lat=112.5&lon=37.8", "changed places", id="swapped"),
        pytest.param("id=1&lat=1&lon=181", "lat, lon", id="no longitude"),
        pytest.param("id=1&lat=nan&lon=2", "lat", id="not a number"),
        pytest.param("id=1&lat=one&lon=2", "lat", id="a word"),
        pytest.param(f"id=1&lat={'1' * 41}&lon=2", "lat", id="a number without end"),
        pytest.param("id=1&location=37.8", "lat, lon", id="half a location"),
        pytest.param("id=1&lat=1&lon=2&timestamp=yesterday", "timestamp", id="no time"),
        pytest.param("id=1&lat=1&lon=2&timestamp=12", "century", id="1970"),
        pytest.param("id=1&lat=1&lon=2&timestamp=9e15", "century", id="the far future"),
        pytest.param("id=1&lat=1&lon=2&timestamp=0001-01-01T00:00:00", "century", id="year 1"),
        pytest.param("id=1&lat=1&lon=2&speed=fast", "speed", id="a word as a speed"),
    ],
)
def test_what_is_no_position_is_refused_by_its_field(query: str, said: str) -> None:
    with pytest.raises(BadFix, match=said):
        read(query)


def whole(**location: Any) -> bytes:
    return json.dumps({"device_id": "1", "location": location}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"device_id": "1"}',
        b'{"device_id": "1", "location": []}',
        whole(),
        whole(coords={"latitude": True, "longitude": 1}),
        whole(coords={"latitude": [1], "longitude": 1}),
        whole(coords={"latitude": 10**400, "longitude": 1}),
        whole(coords={"latitude": 1, "longitude": 1}, battery=7),
        whole(coords={"latitude": 1, "longitude": 1}, timestamp={}),
        b'{"location": {"coords": {"latitude": 1, "longitude": 1}}, "device_id": null}',
        b'"' + b"x" * LARGEST_BODY + b'"',
    ],
)
def test_bodies_that_are_none_are_refused(body: bytes) -> None:
    with pytest.raises(BadFix):
        from_json(body, NOW, ZONE)
