"""Requests of real phone apps, byte for byte, to the process as it runs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import LazySettings

from patrols.intake.tokens import new_token
from patrols.models import Device, Fix
from tests.patrols.on_duty import DAY, make_device, make_duty
from tests.patrols.positions_process import raw, running

pytestmark = pytest.mark.django_db(transaction=True)
DATA = Path(__file__).parent / "data"
STAND_IN = b"t" * 26
KNOT = 1852 / 3600


@pytest.fixture
def port(settings: LazySettings) -> Iterator[int]:
    settings.PATROL_KEPT_DAYS = 3650  # the clock is the real one
    with running() as listening:
        yield listening


@pytest.mark.parametrize(
    ("name", "second", "speed_ms", "accuracy_m", "bearing", "battery"),
    [
        # 2.138… knots are what the app makes of 1.1 m/s.
        ("traccar_client_7_android", 11, 1.1, 12.5, 86, 67),
        ("traccar_client_9_android", 31.862, 1.1, 12.5, 86, 67),
        ("osmand_live_tracking", 31.234, 1.1, 4.5, 86, None),
        ("gpslogger_custom_url", 51, 1.1, 4.5, 86, 67),
        ("gpslogger_custom_url_posted", 61, 1.1, 4.5, 86, 67),
        # By the protocol a speed is in knots, whatever OsmAnd means; its hdop is no radius.
        ("osmand_live_tracking_old_address", 41.234, 1.1 * KNOT, None, None, None),
        ("osmand_iso_with_a_space", 71, 2.0 * KNOT, None, None, None),
    ],
)
def test_what_an_app_sends_is_kept(
    port: int,
    name: str,
    second: float,
    speed_ms: float,
    accuracy_m: float | None,
    bearing: float | None,
    battery: int | None,
) -> None:
    fix = sent(port, name)

    assert fix.at.timestamp() == pytest.approx(
        datetime(2026, 3, 2, 2, 12, tzinfo=UTC).timestamp() + second, abs=0.001
    )
    assert (fix.lon, fix.lat) == (112.5702, 37.8801)
    assert fix.speed_ms == pytest.approx(speed_ms, rel=1e-6)
    assert (fix.accuracy_m, fix.bearing, fix.battery) == (accuracy_m, bearing, battery)
    assert not fix.is_mock


@pytest.mark.parametrize(
    "name", ["traccar_client_7_android_mock", "traccar_client_9_ios_simulator"]
)
def test_an_app_that_says_that_it_made_its_position_up_is_marked(port: int, name: str) -> None:
    assert sent(port, name).is_mock


def test_what_the_simulator_does_not_know_is_not_known(port: int) -> None:
    fix = sent(port, "traccar_client_9_ios_simulator")

    assert (fix.speed_ms, fix.bearing, fix.battery) == (None, None, None)


def sent(port: int, name: str) -> Fix:
    """The one fix that a recorded request leaves, which is answered as Traccar's server does."""
    token = new_token()
    device = make_device(make_duty(day=DAY).member, token)
    recorded = (DATA / f"{name}.http").read_bytes()
    assert len(token) == len(STAND_IN)
    assert STAND_IN in recorded

    status, headers, body = raw(port, recorded.replace(STAND_IN, token.encode()))

    assert (status, headers["content-length"], body) == (200, "0", b"")
    assert Device.objects.get().last_refusal == ""
    fix = Fix.objects.get()
    assert fix.device_id == device.pk
    return fix
