"""The clock and the device: asked seldom, and how their answers count meanwhile."""

from dataclasses import astuple, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cameras import services
from cameras.health import REMEMBERED, State
from cameras.models import Camera, CameraState, Probe
from cameras.probe.reason import Reason
from cameras.probe.result import ClockOffset, StepResult, Verdict, verdict_of
from cameras.probe.wire_soap import DeviceInfo
from cameras.services import Claim, Finding
from gis_server.models import ChangeRow
from tests.cameras.conftest import MakeCamera

MINUTE = timedelta(minutes=1)
GOOD = [
    StepResult(Reason.OK, step="tcp_connect"),
    StepResult(Reason.OK, step="rtsp_options"),
    StepResult(Reason.OK, "H264", step="rtsp_describe"),
]
BAD = [StepResult(Reason.CONNECT_TIMEOUT, step="tcp_connect")]
RIGHT = StepResult(Reason.OK, "clock differs by +0.1 s", step="onvif_clock", found=ClockOffset(0.1))
OFF = StepResult(
    Reason.CLOCK_OFF, "clock differs by +60 s", step="onvif_clock", found=ClockOffset(60.0)
)
MUTE = StepResult(Reason.SILENT, step="onvif_clock")
IPC = DeviceInfo("Hikvision", "DS-2CD", "V5.7", "0042")


def device(info: DeviceInfo) -> StepResult:
    return StepResult(Reason.OK, step="onvif_device", found=info)


def claim_at(at: datetime) -> Claim:
    CameraState.objects.update(due_at=at)
    (claim,) = services.claim(poller="a", limit=9, lease=MINUTE, now=at)
    return claim


def tell(results: list[StepResult], at: datetime) -> CameraState:
    services.record([Finding(claim_at(at), at, verdict_of(results))], poller="a")
    return CameraState.objects.get()


def asked(claim: Claim) -> set[str]:
    return {step.__name__ for step in claim.steps[3:]}


def test_the_clock_is_asked_every_ten_minutes_and_the_device_once_a_day(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera(onvif_port=80)
    assert asked(claim_at(now)) == {"onvif_clock", "onvif_device"}
    CameraState.objects.update(lease_until=None, leased_by="")
    tell([*GOOD, RIGHT, device(IPC)], now)

    days = {}
    for minutes in (1, 9, 10, 24 * 60):
        days[minutes] = asked(claim_at(now + minutes * MINUTE))
        CameraState.objects.update(lease_until=None, leased_by="")

    # The settings' defaults: 600 s and 86400 s.
    assert days == {
        1: set(),
        9: set(),
        10: {"onvif_clock"},
        24 * 60: {"onvif_clock", "onvif_device"},
    }


def test_a_question_that_the_ladder_did_not_come_to_is_still_open(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera(onvif_port=80)

    tell(BAD, now)

    assert asked(claim_at(now + MINUTE)) == {"onvif_clock", "onvif_device"}


def test_a_device_without_an_onvif_port_is_asked_for_neither(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera()

    assert asked(claim_at(now)) == set()


def test_a_clock_that_is_off_keeps_the_camera_degraded_until_the_device_tells_another_time(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera(onvif_port=80)
    off = tell([*GOOD, OFF], now)
    states = [tell(results, now + minute * MINUTE) for minute, results in enumerate(
        [GOOD, GOOD, [*GOOD, MUTE], GOOD], start=1
    )]  # fmt: skip
    right = tell([*GOOD, RIGHT], now + 20 * MINUTE)
    later = tell(GOOD, now + 21 * MINUTE)

    assert (off.state, off.clock_offset_s) == (State.DEGRADED, 60.0)
    assert {(s.state, s.reason, s.detail, s.since) for s in states} == {
        (State.DEGRADED, Reason.CLOCK_OFF, "clock differs by +60 s", now)
    }
    assert (right.state, right.clock_offset_s) == (State.ONLINE, 0.1)
    assert later.state == State.ONLINE
    assert [row.data["state"] for row in ChangeRow.objects.order_by("id")] == ["degraded", "online"]


def test_a_camera_whose_clock_is_off_comes_back_degraded(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera(onvif_port=80)
    tell([*GOOD, OFF], now)
    stories = [BAD, BAD, BAD, GOOD, GOOD]
    states = [
        tell(results, now + minute * MINUTE).state
        for minute, results in enumerate(stories, start=1)
    ]

    assert states == ["degraded", "degraded", "offline", "offline", "degraded"]


def test_what_a_clock_said_at_another_address_is_forgotten(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera(onvif_port=80)
    tell([*GOOD, OFF], now)

    services.set_login(camera_id=camera.pk, username="", password="", now=now)

    state = CameraState.objects.get()
    assert (state.clock_fault, state.clock_offset_s, state.clock_asked_at) == ("", None, None)
    assert asked(claim_at(now + MINUTE)) == {"onvif_clock", "onvif_device"}


def test_a_camera_that_stays_degraded_by_its_clock_costs_one_short_write(
    make_camera: MakeCamera, now: datetime, django_assert_num_queries: Any
) -> None:
    make_camera(onvif_port=80)
    for minute in range(REMEMBERED):
        tell([*GOOD, OFF], now + minute * MINUTE)
    at = now + REMEMBERED * MINUTE
    claim, kept = claim_at(at), Probe.objects.count()

    # Savepoint, write, release: as for one that is online.
    with django_assert_num_queries(3):
        services.record([Finding(claim, at, verdict_of(GOOD))], poller="a")

    assert CameraState.objects.get().state == State.DEGRADED
    assert Probe.objects.count() == kept


def test_the_time_of_the_device_is_what_its_tokens_are_signed_with(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera(onvif_port=80)
    tell([*GOOD, OFF], now)

    assert claim_at(now + MINUTE).target.clock_offset_s == 60.0


def verdict(info: DeviceInfo) -> Verdict:
    return verdict_of([*GOOD, RIGHT, device(info)])


def test_what_the_device_says_it_is_is_written_where_it_differs(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera(onvif_port=80)
    tell([*GOOD, RIGHT, device(IPC)], now)
    first = Camera.objects.get()
    newer = replace(IPC, firmware="V5.8", serial="")
    tell([*GOOD, RIGHT, device(IPC)], now + MINUTE)
    same = Camera.objects.get()
    tell([*GOOD, RIGHT, device(newer)], now + 2 * MINUTE)
    changed = Camera.objects.get()

    assert (first.make, first.model, first.firmware, first.serial) == astuple(IPC)
    assert same.version == first.version
    assert (changed.firmware, changed.serial, changed.version) == (
        "V5.8", "0042", first.version + 1,
    )  # fmt: skip


def test_an_answer_of_the_old_address_is_not_written_to_a_camera_that_has_moved(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera(onvif_port=80)
    claim = claim_at(now)
    Camera.objects.update(host="127.0.0.99")

    services.record([Finding(claim, now, verdict(IPC))], poller="a")

    assert Camera.objects.get().make == ""


@pytest.mark.parametrize("steps", [[*GOOD, MUTE], GOOD])
def test_a_clock_that_was_never_told_is_no_fault(
    make_camera: MakeCamera, now: datetime, steps: list[StepResult]
) -> None:
    make_camera(onvif_port=80)

    assert tell(steps, now).state == State.ONLINE
