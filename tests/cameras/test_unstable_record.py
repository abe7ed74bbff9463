"""A camera that comes and goes has one outage."""

from datetime import datetime, timedelta

from cameras.health import State
from cameras.models import CameraState, Outage
from cameras.probe.reason import Reason
from gis_server.models import ChangeRow
from tests.cameras.conftest import MakeCamera
from tests.cameras.test_record import BAD, GOOD, tell


def test_a_camera_that_comes_and_goes_keeps_one_open_outage(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera(state=State.ONLINE, reason=Reason.OK)
    for minute, mark in enumerate("---++---++---++---++---++"):
        tell([camera], BAD if mark == "-" else GOOD, now + minute * timedelta(minutes=1))

    state = CameraState.objects.get()
    assert (state.state, state.unstable, state.reason) == ("degraded", True, "connect_timeout")
    # Two falls close as any outage; from the third on it is unstable.
    assert [outage.closed_at is None for outage in Outage.objects.all()] == [True, False, False]
    assert ChangeRow.objects.filter(data__unstable=True).exists()
