"""Cameras for the tests of this folder; no grid is needed to have one."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import Point

from cameras.health import State
from cameras.models import Camera, CameraState, Outage, OutageMember, Owner, Team
from cameras.probe.reason import Reason
from cameras.probe.target import Login, Target
from gis_server.vault import seal

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STREET = "140107001000"
OTHER_STREET = "140107002000"

MakeCamera = Callable[..., Camera]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def make_camera(db: None) -> MakeCamera:
    """A camera with its state: unknown and due at once, unless told otherwise."""
    numbers = count(1)

    def make(
        *,
        state: State = State.UNKNOWN,
        reason: Reason = Reason.NOT_ASKED,
        scope_code: str = STREET,
        login: tuple[str, str] | None = None,
        row: dict[str, Any] | None = None,
        **values: Any,
    ) -> Camera:
        number = next(numbers)
        camera = Camera.objects.create(
            code=values.pop("code", f"C{number:04}"),
            name=f"Gate {number}",
            point=Point(112.56 + number / 10_000, 37.88, srid=4326),
            address_text=f"Lane {number}",
            scope_code=scope_code,
            host=values.pop("host", f"127.0.0.{number % 250 + 1}"),
            username=login[0] if login else "",
            sealed_password=seal(login[1]) if login else None,
            owner=Owner.objects.get_or_create(name="Water works")[0],
            team=Team.objects.get_or_create(name="Team 1", defaults={"phone": "351-1"})[0],
            **values,
        )
        CameraState.objects.create(
            camera=camera, state=state, reason=reason, since=NOW, due_at=NOW, **(row or {})
        )
        if state is State.OFFLINE:
            outage = Outage.objects.create(opened_at=NOW, reason=reason, told_at=NOW)
            OutageMember.objects.create(outage=outage, camera=camera, joined_at=NOW, reason=reason)
        return camera

    return make


GST_LOGIN = Login("viewer", "p@ss:w/rd é%20")


@pytest.fixture(scope="session")
def video_camera() -> Iterator[Target]:
    """A real camera in all but glass: GStreamer's RTSP server with H.264 behind a Digest login."""
    command = ["/usr/bin/python3", str(Path(__file__).with_name("gst_server.py"))]
    with subprocess.Popen(
        [*command, GST_LOGIN.username, GST_LOGIN.password],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        port = server.stdout.readline()
        assert port, "GStreamer's RTSP server did not start: is gir1.2-gst-rtsp-server-1.0 there?"
        yield Target("127.0.0.1", int(port), "/live", GST_LOGIN)
        server.stdin.close()
        server.wait(timeout=10)
