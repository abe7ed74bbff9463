"""What people say of a picture: "this is fine", or that it is a fault."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from cameras import services
from cameras.health import State
from cameras.models import (
    Camera,
    CameraState,
    PictureBaseline,
    PictureExam,
    PictureTurn,
    Snapshot,
)
from cameras.picture.baseline import Baseline
from cameras.probe.reason import Reason
from gis_server.errors import Conflict
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.cameras.conftest import MakeCamera
from tests.cameras.pictures import finding, taken
from tests.cameras.threads import together
from tests.conftest import MakeUser

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def by(make_user: MakeUser) -> User:
    return make_user(Role.OPERATOR)


def real(row: Snapshot, media: Path) -> Snapshot:
    """With a picture that can be decoded."""
    noise = np.random.default_rng(7).integers(0, 255, (360, 640, 3), dtype=np.uint8)
    cv2.imwrite(str(media / row.file), noise)
    return row


def blurred(make_camera: MakeCamera, now: datetime) -> Camera:
    """A camera that two pictures have degraded."""
    camera = make_camera(
        state=State.DEGRADED,
        reason=Reason.PICTURE_BLURRED,
        row={"picture_fault": "picture_blurred", "picture_detail": "x"},
    )
    PictureTurn.objects.create(camera=camera, streak_bad=2, counted_at=now)
    return camera


def test_this_is_fine_makes_the_baseline_and_the_camera_recovers(
    make_camera: MakeCamera, now: datetime, by: User, media: Path
) -> None:
    camera = blurred(make_camera, now)
    old = PictureBaseline.objects.create(camera=camera, light="day", content={}, made_at=now)
    row = real(taken(camera, now, findings=[finding("blurred")]), media)

    made = services.confirm_fine(row, by, now + MINUTE)

    state = CameraState.objects.get()
    assert (state.state, state.reason, state.picture_fault) == ("online", "ok", "")
    exam = PictureExam.objects.get()
    assert (exam.judged, exam.judged_by, exam.judged_at) == ("fine", by, now + MINUTE)
    assert not Snapshot.objects.get().is_fault
    assert (made.made_by, made.snapshot, made.light) == (by, row, "day")
    assert Baseline.from_json(made.content).measures["luma"].mean == 120.0
    old.refresh_from_db()
    assert not old.is_current
    # Looked at again soon, by the new baseline.
    turn = PictureTurn.objects.get()
    assert (turn.streak_ok, turn.streak_bad, turn.again_at) == (2, 0, now + 2 * MINUTE)
    audit = AuditRow.objects.get(action="picture.called_fine")
    assert (audit.subject, audit.who) == (camera.code, by.get_username())


@pytest.mark.django_db(transaction=True)
def test_of_two_who_say_so_together_one_succeeds(
    make_camera: MakeCamera, now: datetime, by: User, media: Path
) -> None:
    row = real(taken(blurred(make_camera, now), now, findings=[finding("blurred")]), media)

    def say() -> bool:
        try:
            services.confirm_fine(row, by, now)
        except Conflict:
            return False
        return True

    assert sorted(together(say, say)) == [False, True]
    assert PictureBaseline.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_pictures_of_a_camera_called_fine_together_leave_one_current_baseline(
    make_camera: MakeCamera, now: datetime, by: User, media: Path
) -> None:
    camera = blurred(make_camera, now)
    rows = [
        real(taken(camera, now + n * MINUTE, findings=[finding("blurred")]), media)
        for n in range(2)
    ]

    together(*(partial(services.confirm_fine, row, by, now) for row in rows))

    assert PictureBaseline.objects.filter(is_current=True).count() == 1
    assert PictureBaseline.objects.count() == 2


def test_an_old_picture_called_fine_ends_no_fault_of_today(
    make_camera: MakeCamera, now: datetime, by: User, media: Path
) -> None:
    camera = blurred(make_camera, now)
    old = real(taken(camera, now - 60 * MINUTE, findings=[finding("dark")]), media)
    taken(camera, now, findings=[finding("blurred")])

    services.confirm_fine(old, by, now)

    assert CameraState.objects.get().reason == "picture_blurred"
    assert PictureBaseline.objects.count() == 1


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda row: PictureExam.objects.all().delete(), id="never measured"),
        pytest.param(lambda row: Path(row.file).unlink(missing_ok=True), id="not a picture"),
        pytest.param(
            lambda row: Snapshot.objects.update(masks_version=3), id="masks have changed since"
        ),
        pytest.param(
            lambda row: Camera.objects.update(
                path="/main",
                profiles=[{"path": "/main", "size": "1920x1080"}, {"path": "/sub", "size": "8x6"}],
            ) and Snapshot.objects.update(source="rtsp_main"),
            id="of another stream than the rounds'",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_refused_with_a_sentence(
    make_camera: MakeCamera, now: datetime, by: User, spoil: Any
) -> None:
    row = taken(blurred(make_camera, now), now, findings=[finding("blurred")])
    spoil(row)

    with pytest.raises(Conflict):
        services.confirm_fine(Snapshot.objects.get(), by, now)

    assert CameraState.objects.get().reason == "picture_blurred"
    assert PictureBaseline.objects.count() == 0


def test_a_fault_that_a_person_confirms_counts_at_once(
    make_camera: MakeCamera, now: datetime, by: User
) -> None:
    camera = make_camera(state=State.ONLINE, reason=Reason.OK)
    row = taken(camera, now, findings=[finding("covered")])

    services.confirm_fault(row, by, now)

    assert CameraState.objects.get().reason == "picture_covered"
    assert PictureExam.objects.get().judged == "fault"
    assert AuditRow.objects.get(action="picture.called_faulty").detail["fault"] == "covered"
    with pytest.raises(Conflict):
        services.confirm_fault(row, by, now)


def test_a_fault_that_only_a_person_sees_is_kept_longer_and_changes_no_state(
    make_camera: MakeCamera, now: datetime, by: User
) -> None:
    row = taken(make_camera(state=State.ONLINE, reason=Reason.OK), now)

    services.confirm_fault(row, by, now)

    assert Snapshot.objects.get().is_fault
    assert CameraState.objects.get().state == "online"
    with pytest.raises(Conflict):
        services.confirm_fault(
            Snapshot.objects.create(camera=row.camera, requested_at=now, failure="no_frame"),
            by,
            now,
        )
