"""What nobody confirms is unknown."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from cameras import services
from cameras.health import State
from cameras.jobs import mark_stale_cameras
from cameras.models import CameraState, Outage
from cameras.probe.reason import Reason
from gis_server.models import ChangeRow
from tests.cameras.conftest import MakeCamera


@pytest.mark.parametrize(
    ("interval_s", "age_s", "state"),
    [
        pytest.param(None, 180, "online", id="three intervals"),
        pytest.param(None, 181, "unknown", id="more than three"),
        pytest.param(10, 31, "unknown", id="its own interval counts"),
        pytest.param(300, 800, "online", id="also when it is longer"),
        pytest.param(None, -20, "online", id="a clock a little ahead"),
        pytest.param(None, -3600, "unknown", id="a verdict of the future: the clock was set back"),
    ],
)
def test_a_verdict_older_than_three_intervals_becomes_unknown(
    make_camera: MakeCamera, now: datetime, interval_s: int | None, age_s: int, state: str
) -> None:
    last = now - timedelta(seconds=age_s)
    make_camera(
        state=State.ONLINE, reason=Reason.OK, interval_s=interval_s, row={"last_probe_at": last}
    )

    services.mark_stale(now)

    assert CameraState.objects.get().state == state


def test_one_short_interval_condemns_nobody_with_a_longer_one(
    make_camera: MakeCamera, now: datetime
) -> None:
    last = now - timedelta(seconds=100)
    for interval_s in (10, None, 300):
        row = {"last_probe_at": last}
        make_camera(state=State.ONLINE, reason=Reason.OK, interval_s=interval_s, row=row)

    assert services.mark_stale(now) == 1
    assert CameraState.objects.get(state="unknown").camera.interval_s == 10


def test_while_nothing_is_stale_nothing_is_joined(
    make_camera: MakeCamera, now: datetime, django_assert_num_queries: Any
) -> None:
    make_camera(state=State.ONLINE, reason=Reason.OK, row={"last_probe_at": now})

    with django_assert_num_queries(3):  # the one question, in its transaction
        services.mark_stale(now)


def test_it_is_told_once(make_camera: MakeCamera, now: datetime) -> None:
    make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)

    assert services.mark_stale(now + timedelta(hours=1)) == 1
    assert services.mark_stale(now + timedelta(hours=2)) == 0
    (row,) = ChangeRow.objects.all()
    assert (row.data["state"], row.data["reason"]) == ("unknown", "not_asked")
    assert Outage.objects.get().closed_at is None


def test_a_lease_stays_the_pollers_own(make_camera: MakeCamera, now: datetime) -> None:
    make_camera(state=State.ONLINE, reason=Reason.OK)
    services.claim(poller="a", limit=1, lease=timedelta(seconds=30), now=now)

    services.mark_stale(now)

    state = CameraState.objects.get()
    assert (state.state, state.leased_by, state.due_at) == ("unknown", "a", now)


def test_an_unknown_camera_is_asked_at_once_and_not_when_the_old_interval_ends(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera(state=State.ONLINE, reason=Reason.OK, row={"last_probe_at": now})
    CameraState.objects.update(due_at=now + timedelta(hours=1))

    services.mark_stale(now + timedelta(minutes=4))

    assert CameraState.objects.get().due_at == now + timedelta(minutes=4)


def test_the_job_does_it_without_any_poller(make_camera: MakeCamera) -> None:
    make_camera(state=State.ONLINE, reason=Reason.OK)

    mark_stale_cameras()

    assert CameraState.objects.get().state == State.UNKNOWN


@pytest.mark.parametrize(
    ("interval_s", "ahead_s", "pause_s"),
    [
        pytest.param(None, 8 * 3600, 0, id="hours ahead"),
        pytest.param(None, 300, 300, id="as far as a slow one"),
        pytest.param(3600, 5400, 5400, id="of a long interval"),
        pytest.param(3600, 8 * 3600, 0, id="too far for a long interval, too"),
    ],
)
def test_an_unknown_camera_that_was_to_be_asked_before_the_clock_was_set_back_is_asked_at_once(
    make_camera: MakeCamera, now: datetime, interval_s: int | None, ahead_s: int, pause_s: int
) -> None:
    make_camera(interval_s=interval_s)
    CameraState.objects.update(due_at=now + timedelta(seconds=ahead_s))
    since = CameraState.objects.get().since

    assert services.mark_stale(now) == 0

    state = CameraState.objects.get()
    assert state.due_at == now + timedelta(seconds=pause_s)
    assert (state.state, state.since) == ("unknown", since)
    assert not ChangeRow.objects.exists()
