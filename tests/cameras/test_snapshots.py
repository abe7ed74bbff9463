"""Requests for pictures: one waits per camera, each ends once and says how."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cameras import jobs, services
from cameras.invariants import check
from cameras.models import CameraState, LoginBook, Snapshot
from cameras.picture.store import StoredPicture
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome
from cameras.probe.target import Target
from gis_server.errors import Conflict
from gis_server.models import ChangeRow
from tests.cameras.conftest import GST_LOGIN, MakeCamera
from tests.cameras.threads import together

STORED = StoredPicture("snapshots/2026/03/01/1.jpg", "ab" * 32, 640, 360)


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
    snapshot_id, _ = services.request_snapshot(camera=make_camera(), by=None, now=now)

    ended = together(
        partial(services.finish_snapshot, snapshot_id, STORED, now=now),
        partial(services.fail_snapshot, snapshot_id, Reason.NO_FRAME, ""),
    )

    assert sorted(ended) == [False, True]
    assert ChangeRow.objects.filter(topic="snapshot").count() == 1


def test_the_change_tells_where_the_picture_is(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera()
    snapshot_id, _ = services.request_snapshot(camera=camera, by=None, now=now)

    services.finish_snapshot(snapshot_id, STORED, now=now)

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


def test_a_request_that_nobody_answers_fails_after_15_seconds(
    make_camera: MakeCamera, now: datetime
) -> None:
    snapshot_id, _ = services.request_snapshot(camera=make_camera(), by=None, now=now)

    assert services.expire_snapshots(now + timedelta(seconds=15)) == 0
    assert services.expire_snapshots(now + timedelta(seconds=16)) == 1
    assert Snapshot.objects.get(id=snapshot_id).failure == Reason.NOT_STARTED
    assert services.start_snapshot(snapshot_id, now=now) is None


def test_a_refused_login_counts_for_pictures_too(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera(login=("viewer", "x"))

    for outcome in (LoginOutcome.REFUSED, LoginOutcome.NOT_SENT):
        snapshot_id, _ = services.request_snapshot(camera=camera, by=None, now=now)
        job = services.start_snapshot(snapshot_id, now=now)
        assert job is not None
        assert job.leave is not None
        services.note_login(camera_id=camera.id, leave=job.leave, outcome=outcome, now=now)

    assert CameraState.objects.get().failed_logins == 1
    book = LoginBook.objects.get()
    assert (book.failed, book.trying_until) == (1, None)


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    settings.PROBE_NETWORKS = ["127.0.0.0/8"]
    return tmp_path


def test_the_job_takes_stores_and_tells(
    make_camera: MakeCamera, now: datetime, media: Path, video_camera: Target
) -> None:
    camera = make_camera(
        host=video_camera.host,
        port=video_camera.rtsp_port,
        path=video_camera.path,
        login=(GST_LOGIN.username, GST_LOGIN.password),
    )
    snapshot_id, _ = services.request_snapshot(camera=camera, by=None, now=now)

    jobs.take_snapshot(snapshot_id)

    row = Snapshot.objects.get()
    assert (row.failure, row.width, row.height) == ("", 320, 180)
    assert (media / row.file).read_bytes().startswith(b"\xff\xd8")
    assert list(check()) == []
    (media / row.file).unlink()
    assert list(check()) == [f"picture {row.id} is gone from {row.file}"]


def test_the_job_tells_why_there_is_no_picture(
    make_camera: MakeCamera, now: datetime, media: Path
) -> None:
    snapshot_id, _ = services.request_snapshot(
        camera=make_camera(host="127.0.0.1", port=9), by=None, now=now
    )

    jobs.take_snapshot(snapshot_id)

    assert Snapshot.objects.get().failure == Reason.REFUSED
    assert list(media.rglob("*.jpg")) == []


def test_a_picture_that_comes_too_late_is_not_kept(
    make_camera: MakeCamera,
    now: datetime,
    media: Path,
    video_camera: Target,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    camera = make_camera()
    snapshot_id, _ = services.request_snapshot(camera=camera, by=None, now=now)
    job = services.Job(snapshot_id, camera.id, video_camera)
    services.expire_snapshots(now + timedelta(minutes=1))

    jobs.take_and_store(job)

    assert Snapshot.objects.get().failure == Reason.NOT_STARTED
    assert list(media.rglob("*.jpg")) == []


def test_days_that_are_over_leave_nothing_on_the_disk(db: None, media: Path) -> None:
    """A worker that was killed between the file and the row leaves a file that no row names."""
    for age_days in (1, 40, 400):
        day = media / (timezone.now() - timedelta(days=age_days)).strftime("snapshots/%Y/%m/%d")
        day.mkdir(parents=True)
        (day / ".x.part").write_bytes(b"x")
        (day / f"{age_days}.jpg").write_bytes(b"x")
    (media / "snapshots/2020/notes/mine").mkdir(parents=True)

    jobs.prune()

    assert [file.name for file in media.rglob("*.jpg")] == ["1.jpg"]
    assert [day.name for day in media.glob("snapshots/2020/*/*")] == ["mine"]
    assert len(list(media.glob("snapshots/*/*/*"))) == 2


def test_old_pictures_and_probes_are_dropped(
    make_camera: MakeCamera, now: datetime, media: Path
) -> None:
    camera = make_camera()
    file = media / "snapshots/old.jpg"
    file.parent.mkdir()
    file.write_bytes(b"x")
    Snapshot.objects.create(
        camera=camera,
        requested_at=now - timedelta(days=400),
        taken_at=now,
        file="snapshots/old.jpg",
        sha256="x",
    )
    camera.probes.bulk_create(
        [camera.probes.model(camera=camera, at=now, reason="ok", took_ms=n) for n in range(25)]
    )

    jobs.prune()

    assert not file.exists()
    assert Snapshot.objects.count() == 0
    assert sorted(camera.probes.values_list("took_ms", flat=True)) == list(range(5, 25))
