"""From what pictures show to the state of their camera."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from cameras import services
from cameras.health import State
from cameras.models import (
    Camera,
    CameraState,
    OutageMember,
    PictureBaseline,
    PictureExam,
    PictureTurn,
    Snapshot,
    StateSpan,
)
from cameras.picture.faults import Fault
from cameras.picture.finding import Exam, Finding
from cameras.probe.reason import OF_PICTURES, Reason
from cameras.probe.result import StepResult, verdict_of
from cameras.services import Finding as Answer
from cameras.services import Kept, Taken
from cameras.services.exams import reason_of
from cameras.services.registry import ask_anew
from gis_server.models import ChangeRow
from tests.cameras.conftest import MakeCamera

MINUTE = timedelta(minutes=1)
GOOD = Exam({"luma": 120.0}, ())
DESCRIBED = [StepResult(Reason.OK, step=step) for step in ("tcp_connect", "rtsp_options")]
H264 = [*DESCRIBED, StepResult(Reason.OK, "H264", step="rtsp_describe")]
TIMEOUT = [StepResult(Reason.CONNECT_TIMEOUT, step="tcp_connect")]


def bad(fault: Fault = Fault.BLURRED) -> Exam:
    return Exam({"luma": 90.0}, (Finding(fault, 0.9, 0.5, "as seen"),))


def picture(exam: Exam | None, at: datetime, **values: Any) -> Taken:
    taken: dict[str, Any] = {
        "file": "a.jpg",
        "thumb": "a-thumb.jpg",
        "sha256": "ab" * 32,
        "width": 640,
        "height": 360,
        "taken_at": at,
        "device_at": None,
        "source": "rtsp_main",
        "watched": True,
        "exam": exam,
        "verdict": verdict_of(H264),
    }
    return Taken(**(taken | values))


def look(camera: Camera, exam: Exam, at: datetime, **values: Any) -> CameraState:
    """A round's picture, from the claim to the row."""
    PictureTurn.objects.filter(camera=camera).update(again_at=at)
    (turn,) = services.claim_round(by="a", site="main", limit=9, lease=MINUTE, now=at)
    job = services.prepare(camera.pk, at)
    assert job is not None
    taken = picture(exam, at, **values)
    assert services.keep_round(job, taken, by="a", until=turn.until) is Kept.KEPT
    return CameraState.objects.get(camera=camera)


def sweep(results: list[StepResult], at: datetime) -> CameraState:
    CameraState.objects.update(due_at=at, lease_until=None, leased_by="")
    claims = services.claim(poller="p", limit=9, lease=MINUTE, now=at)
    services.record([Answer(one, at, verdict_of(results)) for one in claims], poller="p")
    return CameraState.objects.get()


def online(make_camera: MakeCamera, now: datetime, **row: Any) -> Camera:
    return make_camera(
        state=State.ONLINE, reason=Reason.OK, row={"streak_ok": 2, "last_probe_at": now} | row
    )


def test_every_fault_has_its_reason() -> None:
    assert [reason_of(Finding(fault, 1.0, 0.5)) for fault in Fault] == list(OF_PICTURES)


def test_two_findings_in_a_row_degrade_a_camera_and_two_good_pictures_bring_it_back(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = online(make_camera, now)
    states = [
        look(camera, exam, now + number * MINUTE)
        for number, exam in enumerate([bad(), GOOD, bad(), bad(), GOOD, bad(), GOOD, GOOD])
    ]

    assert [state.state for state in states] == [
        *["online"] * 3, *["degraded"] * 4, "online",
    ]  # fmt: skip
    assert (states[3].reason, states[3].since) == ("picture_blurred", now + 3 * MINUTE)
    assert states[3].detail == "as seen; 0.90 (from 0.50 on)"
    assert states[-1].picture_fault == ""
    assert list(StateSpan.objects.order_by("id").values_list("state", "reason")) == [
        ("degraded", "picture_blurred"), ("online", "ok"),
    ]  # fmt: skip
    told = [row.data["reason"] for row in ChangeRow.objects.filter(topic="camera").order_by("id")]
    assert told == ["picture_blurred", "ok"]
    assert OutageMember.objects.count() == 0


def test_the_reason_follows_what_is_seen_today(make_camera: MakeCamera, now: datetime) -> None:
    camera = online(make_camera, now)
    for number, fault in enumerate([Fault.DARK, Fault.DARK, Fault.COVERED]):
        state = look(camera, bad(fault), now + number * MINUTE)

    assert (state.reason, state.since) == ("picture_covered", now + MINUTE)


def test_sweeps_keep_the_fault_in_the_short_way_and_in_the_long_one(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = online(make_camera, now)
    for number in range(2):
        look(camera, bad(), now + number * MINUTE)

    # The first good answer after a change goes the long way, steady ones the short one.
    states = [sweep(H264, now + number * MINUTE) for number in range(2, 6)]

    assert {(state.state, state.reason, state.since) for state in states} == {
        ("degraded", "picture_blurred", now + MINUTE)
    }
    assert ChangeRow.objects.filter(topic="camera").count() == 1


def test_an_outage_comes_first_and_the_fault_shows_again_after_it(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = online(make_camera, now)
    for number in range(2):
        look(camera, bad(), now + number * MINUTE)

    for number in range(2, 5):
        down = sweep(TIMEOUT, now + number * MINUTE)
    for number in range(5, 8):
        back = sweep(H264, now + number * MINUTE)

    assert (down.state, down.reason, down.picture_fault) == (
        "offline", "connect_timeout", "picture_blurred",
    )  # fmt: skip
    assert (back.state, back.reason) == ("degraded", "picture_blurred")
    assert OutageMember.objects.get().left_at is not None


def test_a_clock_that_is_off_shows_again_once_the_picture_is_good(
    make_camera: MakeCamera, now: datetime
) -> None:
    off = "clock differs by +60 s"
    camera = make_camera(
        state=State.DEGRADED, reason=Reason.CLOCK_OFF, onvif_port=80, row={"clock_fault": off}
    )
    faulty = [look(camera, bad(), now + number * MINUTE) for number in range(2)][-1]
    good = [look(camera, GOOD, now + number * MINUTE) for number in range(2, 4)][-1]

    assert faulty.reason == "picture_blurred"
    assert (good.state, good.reason, good.detail) == ("degraded", "clock_off", off)


def test_pictures_of_the_same_half_minute_count_once(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = online(make_camera, now)
    for seconds in (0, 10, 20):
        state = look(camera, bad(), now + timedelta(seconds=seconds))

    assert state.state == "online"
    assert list(PictureExam.objects.order_by("pk").values_list("counted", flat=True)) == [
        True, False, False,
    ]  # fmt: skip


def test_a_glance_that_finds_nothing_brings_no_camera_back(
    make_camera: MakeCamera, now: datetime
) -> None:
    """It cannot see what is frozen."""
    camera = online(make_camera, now)
    for number in range(2):
        look(camera, bad(Fault.FROZEN), now + number * MINUTE)

    for number in range(2, 5):
        state = look(camera, GOOD, now + number * MINUTE, watched=False)

    assert state.reason == "picture_frozen"


def test_doubt_is_looked_at_again_within_a_minute(make_camera: MakeCamera, now: datetime) -> None:
    camera = online(make_camera, now)

    again = []
    for number, exam in enumerate([GOOD, bad(), bad(), GOOD, GOOD]):
        look(camera, exam, now + number * MINUTE)
        again.append(PictureTurn.objects.get().again_at)

    after = [now + number * MINUTE for number in range(1, 6)]
    assert again == [None, after[1], None, after[3], None]


def test_a_picture_without_an_exam_says_nothing(make_camera: MakeCamera, now: datetime) -> None:
    camera = online(make_camera, now)
    snapshot_id, _ = services.request_snapshot(camera=camera, by=None, now=now)
    job = services.prepare(camera.pk, now)
    assert job is not None

    services.keep_click(job, snapshot_id, picture(None, now))

    assert PictureExam.objects.count() == 0
    assert PictureTurn.objects.get().counted_at is None


def test_a_round_whose_lease_is_another_s_writes_nothing(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = online(make_camera, now)
    (turn,) = services.claim_round(by="a", site="main", limit=9, lease=MINUTE, now=now)
    services.claim_round(by="b", site="main", limit=9, lease=MINUTE, now=now + 2 * MINUTE)
    job = services.prepare(camera.pk, now)
    assert job is not None

    assert services.keep_round(job, picture(bad(), now), by="a", until=turn.until) is Kept.LATE
    failed = services.fail_round(camera.pk, Reason.NO_FRAME, "", by="a", until=turn.until, now=now)
    assert not failed
    assert Snapshot.objects.count() == 0


def test_another_device_at_the_address_is_not_blamed_for_the_old_one(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = online(make_camera, now)
    for number in range(2):
        look(camera, bad(), now + number * MINUTE)

    ask_anew([camera.pk], now=now + 3 * MINUTE, new_login=False)

    assert sweep(H264, now + 4 * MINUTE).state == "online"


def test_good_pictures_of_rounds_are_learnt_from(make_camera: MakeCamera, now: datetime) -> None:
    camera = online(make_camera, now)
    content = {"measures": {}, "count": 1}

    look(camera, GOOD, now, learnt=content)
    first = PictureBaseline.objects.get()
    soon, later = (services.prepare(camera.pk, now + n * MINUTE) for n in (30, 61))
    assert soon is not None
    assert later is not None
    look(camera, GOOD, now + 61 * MINUTE, learnt=content | {"count": 2})

    assert (first.light, first.is_current, first.made_by, first.version) == ("night", True, None, 0)
    assert (soon.learns, later.learns) == (False, True)
    known = PictureBaseline.objects.get()
    assert (known.content["count"], known.version) == (2, 1)
    assert known.learnt_at == now + 61 * MINUTE


@pytest.mark.parametrize("exam", [bad(), GOOD], ids=["finding", "good"])
def test_a_fault_keeps_its_picture_longer(
    make_camera: MakeCamera, now: datetime, exam: Exam
) -> None:
    look(online(make_camera, now), exam, now)

    assert Snapshot.objects.get().is_fault is bool(exam.findings)


def fail(
    camera: Camera, at: datetime, reason: Reason = Reason.NO_FRAME, *, sent_nothing: bool = True
) -> CameraState:
    """A round that came to nothing."""
    PictureTurn.objects.filter(camera=camera).update(again_at=at)
    (turn,) = services.claim_round(by="a", site="main", limit=9, lease=MINUTE, now=at)
    assert services.fail_round(
        camera.pk,
        reason,
        "nothing came for 5.0 s",
        sent_nothing=sent_nothing,
        by="a",
        until=turn.until,
        now=at,
    )
    return CameraState.objects.get(camera=camera)


def test_a_camera_that_answers_and_twice_sends_nothing_is_degraded(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = online(make_camera, now)

    first = fail(camera, now)
    assert first.state == State.ONLINE
    assert PictureTurn.objects.get().again_at == now + MINUTE  # settled soon

    second = fail(camera, now + MINUTE)

    assert (second.state, second.reason) == (State.DEGRADED, Reason.NO_FRAME)
    assert second.detail == "nothing came for 5.0 s"
    assert ChangeRow.objects.get(topic="camera").data["reason"] == "no_frame"
    # Sweeps, which see no picture, leave it so; two good pictures bring it back.
    assert sweep(H264, now + 2 * MINUTE).state == State.DEGRADED
    assert look(camera, GOOD, now + 3 * MINUTE).state == State.DEGRADED
    assert look(camera, GOOD, now + 4 * MINUTE).state == State.ONLINE


# Keys that are far apart read as no frame too, and a busy machine of ours may be late.
@pytest.mark.parametrize("reason", [Reason.NO_FRAME, Reason.CAPTURE_FAILED, Reason.SILENT])
def test_what_failed_otherwise_says_nothing_of_the_picture(
    make_camera: MakeCamera, now: datetime, reason: Reason
) -> None:
    camera = online(make_camera, now)

    fail(camera, now, reason, sent_nothing=False)
    state = fail(camera, now + MINUTE, reason, sent_nothing=False)

    assert (state.state, state.picture_fault) == (State.ONLINE, "")


def test_a_camera_that_is_down_keeps_its_reason_whatever_rounds_find(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.SILENT)
    for minute in range(2):
        PictureTurn.objects.update_or_create(
            camera=camera, defaults={"leased_by": "a", "lease_until": now + MINUTE}
        )
        at = now + minute * MINUTE
        services.fail_round(
            camera.pk,
            Reason.NO_FRAME,
            "",
            sent_nothing=True,
            by="a",
            until=now + MINUTE,
            now=at,
        )

    state = CameraState.objects.get(camera=camera)

    assert (state.state, state.reason) == (State.OFFLINE, Reason.SILENT)
