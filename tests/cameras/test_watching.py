"""What is told of the watching of cameras: who asks, how late, and of which nothing is heard."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from cameras import watching
from cameras.health import State as CameraState
from cameras.models import Camera, Notice, PollerBeat, Site
from cameras.models import CameraState as Row
from gis_server.watch.readings import Found, Reading, State
from tests.cameras.conftest import MakeCamera

pytestmark = pytest.mark.django_db


def values(found: Found, name: str) -> dict[str, float]:
    """By the label that is not the site."""
    return {
        next((text for label, text in one.labels.items() if label != "site"), ""): one.value
        for one in found.samples
        if one.name == name and one.labels.get("site", "main") == "main"
    }


def told(found: Found, what: str) -> Reading:
    return next(one for one in found.readings if str(one.what).startswith(what))


def heard(now: datetime, **more: Any) -> PollerBeat:
    row: dict[str, Any] = {"site": "main", "started_at": now, "seen_at": now} | more
    return PollerBeat.objects.create(name=row.pop("name", "p1"), **row)


def test_a_site_is_told_in_numbers(make_camera: MakeCamera, now: datetime) -> None:
    fresh = {"last_probe_at": now - timedelta(seconds=20)}
    make_camera(state=CameraState.ONLINE, row=fresh)
    make_camera(state=CameraState.OFFLINE, row=fresh)
    make_camera(state=CameraState.ONLINE, row={"last_probe_at": now - timedelta(minutes=10)})
    make_camera(enabled=False)
    Row.objects.update(due_at=now - timedelta(seconds=30))
    heard(now, asked=70, in_flight=2, lag_ms=1500)

    found = watching.find(now)

    assert values(found, "gis_cameras") == {
        "online": 2, "offline": 1, "degraded": 0, "unknown": 0,
    }  # fmt: skip
    assert values(found, "gis_cameras_stale") == {"": 1}
    assert values(found, "gis_cameras_asked_last_minute") == {"": 2}
    assert values(found, "gis_poller_lag_seconds") == {"": 30}
    assert values(found, "gis_poller_probes_total") == {"p1": 70}
    assert values(found, "gis_poller_in_flight") == {"p1": 2}
    assert values(found, "gis_poller_clock_delay_seconds") == {"p1": 1.5}
    assert values(found, "gis_outages_open") == {"": 1}


def test_a_camera_that_is_being_asked_is_not_late(make_camera: MakeCamera, now: datetime) -> None:
    make_camera()
    Row.objects.update(
        due_at=now - timedelta(hours=1), lease_until=now + timedelta(seconds=9), leased_by="p1"
    )

    assert values(watching.find(now), "gis_poller_lag_seconds") == {"": 0}


@pytest.mark.parametrize(
    ("seconds", "state"), [(10, State.GOOD), (20, State.DOUBTFUL), (90, State.BAD)]
)
def test_how_late_is_too_late(
    make_camera: MakeCamera, now: datetime, seconds: int, state: State
) -> None:
    make_camera()
    Row.objects.update(due_at=now - timedelta(seconds=seconds))

    found = watching.find(now)

    assert [one.state for one in found.readings][1] is state


def test_a_site_that_nobody_asks_is_bad(make_camera: MakeCamera, now: datetime) -> None:
    make_camera()
    heard(now, seen_at=now - timedelta(minutes=1))

    found = watching.find(now)

    assert values(found, "gis_site_pollers") == {"": 0}
    assert found.readings[0].state is State.BAD
    assert "bin/manage poll --site main" in str(found.readings[0].todo)


def test_pollers_that_all_suspect_themselves_are_bad(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera()
    heard(now, suspects_itself=True)
    assert watching.find(now).readings[0].state is State.BAD

    heard(now, name="p2")
    assert watching.find(now).readings[0].state is State.GOOD


@pytest.mark.parametrize("kind", Notice.Kind.values)
def test_every_notice_says_what_to_do(db: None, now: datetime, kind: str) -> None:
    Notice.objects.create(site="east", kind=kind, opened_at=now - timedelta(minutes=3))

    found = watching.find(now)

    told_of = found.readings[0]
    assert told_of.state is State.BAD
    assert told_of.todo
    assert "%(" not in str(told_of.todo)


def test_a_site_without_cameras_is_no_trouble(db: None, now: datetime) -> None:
    Site.objects.create(name="empty")

    found = watching.find(now)

    assert [one.state for one in found.readings] == [State.GOOD]


def test_no_camera_is_named(make_camera: MakeCamera, now: datetime) -> None:
    make_camera(state=CameraState.OFFLINE, host="10.7.7.7")
    text = str(watching.find(now))

    camera = Camera.objects.get()
    assert not [one for one in (camera.name, camera.code, camera.host) if one in text]


def test_four_statements_however_many_sites(
    make_camera: MakeCamera, now: datetime, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        make_camera(site=Site.objects.create(name=f"site-{number}"))

    with django_assert_num_queries(4):
        watching.find(now)
