"""Requests for pictures: one waits per camera, each ends once and says how."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from cameras import services
from cameras.models import Camera, CameraState, LoginBook, Probe, Snapshot
from cameras.picture.order import Heard
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, StepResult, verdict_of
from cameras.services import Job, Kept, Taken
from gis_server.errors import Conflict
from gis_server.models import ChangeRow
from tests.cameras.conftest import MakeCamera
from tests.cameras.threads import together


def taken_at(at: datetime) -> Taken:
    return Taken(
        file="snapshots/2026/03/01/1.jpg",
        thumb="snapshots/2026/03/01/1-thumb.jpg",
        sha256="ab" * 32,
        width=640,
        height=360,
        taken_at=at,
        device_at=None,
        source="rtsp_main",
        watched=False,
        exam=None,
        verdict=verdict_of([StepResult(Reason.OK, "H264", step="rtsp_describe", took_ms=3.0)]),
    )


def job_of(camera: Camera, now: datetime) -> Job:
    job = services.prepare(camera.pk, now)
    assert job is not None
    return job


@pytest.mark.django_db(transaction=True)
def test_all_who_ask_together_wait_for_the_same_picture(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera()

    asked = together(
        *(partial(services.request_snapshot, camera=camera, by=None, now=now) for _ in range(6))
    )

    assert len({snapshot_id for snapshot_id, _ in asked}) == 1
    assert sum(new for _, new in asked) == 1


def test_after_an_end_the_next_request_is_a_new_one(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera()
    first, _ = services.request_snapshot(camera=camera, by=None, now=now)
    services.fail_snapshot(first, Reason.NO_FRAME, "dark")

    second, new = services.request_snapshot(camera=camera, by=None, now=now)

    assert new
    assert second != first


def test_a_camera_that_is_switched_off_is_not_asked(make_camera: MakeCamera, now: datetime) -> None:
    with pytest.raises(Conflict):
        services.request_snapshot(camera=make_camera(enabled=False), by=None, now=now)


@pytest.mark.django_db(transaction=True)
def test_a_request_ends_once(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera()
    snapshot_id, _ = services.request_snapshot(camera=camera, by=None, now=now)
    job = job_of(camera, now)

    kept, failed = together(
        partial(services.keep_click, job, snapshot_id, taken_at(now)),
        partial(services.fail_snapshot, snapshot_id, Reason.NO_FRAME, ""),
    )

    assert (kept is Kept.KEPT) is not failed
    assert Probe.objects.count() == (kept is Kept.KEPT)
    assert ChangeRow.objects.filter(topic="snapshot").count() == 1


def test_the_change_tells_where_the_picture_is(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera()
    snapshot_id, _ = services.request_snapshot(camera=camera, by=None, now=now)

    services.keep_click(job_of(camera, now), snapshot_id, taken_at(now))

    (row,) = ChangeRow.objects.all()
    assert (row.topic, row.scope) == ("snapshot", camera.scope_code)
    assert row.data == {
        "camera": camera.id,
        "snapshot": snapshot_id,
        "taken_at": now.isoformat(),
        "url": f"/api/snapshots/{snapshot_id}.jpg?v={'ab' * 6}",
        "failure": None,
    }


def test_the_change_tells_why_there_is_none(make_camera: MakeCamera, now: datetime) -> None:
    snapshot_id, _ = services.request_snapshot(camera=make_camera(), by=None, now=now)

    services.fail_snapshot(snapshot_id, Reason.NO_FRAME, "opened\0and sent nothing")

    failure = ChangeRow.objects.get().data["failure"]
    assert failure["reason"] == "no_frame"
    assert failure["detail"] == "opened and sent nothing"
    assert failure["remedy"]


def test_a_request_that_nobody_answers_fails_after_5_seconds(
    make_camera: MakeCamera, now: datetime
) -> None:
    snapshot_id, _ = services.request_snapshot(camera=make_camera(), by=None, now=now)

    assert services.expire_snapshots(now + timedelta(seconds=5)) == 0
    assert services.expire_snapshots(now + timedelta(seconds=6)) == 1
    assert Snapshot.objects.get(id=snapshot_id).failure == Reason.NOT_STARTED
    assert services.claim_requests(by="a", site="main", limit=9) == []


def test_a_refused_login_counts_for_pictures_too(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera(login=("viewer", "x"))

    for outcome in (LoginOutcome.REFUSED, LoginOutcome.NOT_SENT):
        job = job_of(camera, now)
        assert job.leave is not None
        services.note_login(camera_id=camera.id, leave=job.leave, heard=Heard(outcome), now=now)

    assert CameraState.objects.get().failed_logins == 1
    book = LoginBook.objects.get(login="")
    assert (book.failed, book.trying_until) == (1, None)


def test_pages_that_refuse_a_login_cost_the_device_one_of_its_two_and_are_let_alone(
    make_camera: MakeCamera, now: datetime
) -> None:
    """Whatever its streams go on saying; eight channels that want pictures are one device."""
    cameras = [
        make_camera(host="10.0.0.9", path=f"/{n}", login=("viewer", "x"), snapshot_path="/snap")
        for n in range(8)
    ]

    def note(job: Job, at: datetime, *, pages: LoginOutcome = LoginOutcome.NOT_SENT) -> None:
        login = job.target.login
        assert login is not None
        stream = LoginOutcome.ACCEPTED if login.may_try else LoginOutcome.NOT_SENT
        services.note_login(
            camera_id=job.camera_id, leave=job.leave, heard=Heard(stream, pages), now=at
        )

    sent = 0
    for half_hours in range(7 * 48):
        at = now + half_hours * timedelta(minutes=30)
        jobs = [job_of(camera, at) for camera in cameras]
        for job in jobs:
            note(job, at)  # no picture came of its stream
        for job in [services.with_pages(job, at) for job in jobs]:
            login = job.target.login
            assert login is not None
            assert login.may_try
            sent += login.may_try_onvif
            note(
                job,
                at,
                pages=LoginOutcome.REFUSED if login.may_try_onvif else LoginOutcome.NOT_SENT,
            )

    assert sent == 1
    assert set(CameraState.objects.values_list("failed_logins", flat=True)) == {0}


def test_a_job_without_a_login_asks_pages_without_one(
    make_camera: MakeCamera, now: datetime
) -> None:
    job = job_of(make_camera(snapshot_path="/snap"), now)

    assert services.with_pages(job, now) is job


def test_a_picture_brings_the_probe_that_proves_it(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera(row={"clock_offset_s": 60.0})
    snapshot_id, _ = services.request_snapshot(camera=camera, by=None, now=now)

    services.keep_click(job_of(camera, now), snapshot_id, taken_at(now))

    row = Snapshot.objects.get()
    assert row.probe is not None
    assert (row.probe.at, row.probe.detail, row.probe.took_ms) == (now, "H264", 3.0)
    assert row.device_at == now + timedelta(seconds=60)  # our time and the offset that is known
    assert (row.source, row.light, row.is_fault) == (
        "rtsp_main",
        "night",
        False,
    )  # 20:00 in the district


@pytest.mark.django_db(transaction=True)
def test_of_two_processes_one_takes_a_request(make_camera: MakeCamera, now: datetime) -> None:
    for _ in range(6):
        services.request_snapshot(camera=make_camera(), by=None, now=now)

    claimed = together(
        *(partial(services.claim_requests, by=name, site="main", limit=4) for name in "abc")
    )

    ids = [one.snapshot_id for part in claimed for one in part]
    assert len(ids) == len(set(ids)) == 6


def test_requests_of_another_site_are_left_to_its_process(
    make_camera: MakeCamera, now: datetime
) -> None:
    services.request_snapshot(camera=make_camera(), by=None, now=now)

    assert services.claim_requests(by="a", site="east", limit=4) == []


def test_a_process_that_stops_gives_its_requests_back(
    make_camera: MakeCamera, now: datetime
) -> None:
    services.request_snapshot(camera=make_camera(), by=None, now=now)
    services.claim_requests(by="a", site="main", limit=4)

    assert services.release_requests("a") == 1
    assert len(services.claim_requests(by="b", site="main", limit=4)) == 1
