"""Privacy masks: which are accepted, and what they do to pictures before and under way."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras import picture_queries, services
from cameras.health import State
from cameras.models import Camera, PictureBaseline, PictureTurn, PrivacyMask, Snapshot
from cameras.probe.reason import Reason
from cameras.services import Kept
from cameras.services.masks import checked, read_masks
from gis_server.errors import Conflict, Invalid
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.cameras.conftest import MakeCamera
from tests.cameras.pictures import finding, taken
from tests.cameras.test_exams import GOOD, picture
from tests.cameras.threads import together
from tests.conftest import MakeUser

WINDOW = [[0.1, 0.1], [0.3, 0.1], [0.3, 0.4]]
DOOR = [[0.6, 0.6], [0.9, 0.6], [0.9, 0.9], [0.6, 0.9]]
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def by(make_user: MakeUser) -> User:
    return make_user(Role.ADMINISTRATOR)


@pytest.mark.parametrize(
    "polygons",
    [
        pytest.param("black", id="a word"),
        pytest.param(None, id="nothing"),
        pytest.param([WINDOW] * 17, id="too many"),
        pytest.param([[[0, 0], [1, 1]]], id="two corners"),
        pytest.param([[[n / 40, (n % 2) / 2] for n in range(33)]], id="33 corners"),
        pytest.param([[[0, 0], [1, 0], [1, 1.01]]], id="outside"),
        pytest.param([[[0, 0], [1, 0], [float("nan"), 1]]], id="not a number"),
        pytest.param([[[0, 0], [1, 0], [True, 1]]], id="a truth"),
        pytest.param([[[0, 0], [1, 0], ["0", 1]]], id="a text"),
        pytest.param([[[0, 0], [1, 0], [1, 1, 1]]], id="three numbers"),
        pytest.param([[[0, 0], [0.5, 0.5], [1, 1]]], id="a line"),
        pytest.param([{"x": 1}], id="an object"),
        pytest.param([["0.1", "0.2", "0.3"]], id="texts for corners"),
    ],
)
def test_what_is_no_mask_is_refused(polygons: Any) -> None:
    with pytest.raises(Invalid):
        checked(polygons)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.integers(-2, 2),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=20,
)


@given(ANYTHING)
def test_anything_is_a_mask_or_refused(polygons: Any) -> None:
    try:
        found = checked(polygons)
    except Invalid:
        return
    assert all(0 <= value <= 1 for polygon in found for corner in polygon for value in corner)


def test_masks_are_saved_with_who_and_what_was_learnt_is_forgotten(
    make_camera: MakeCamera, now: datetime, by: User
) -> None:
    camera = make_camera()
    PictureBaseline.objects.create(camera=camera, light="day", content={}, made_at=now)

    assert services.save_masks(camera, [WINDOW], by, now, version=0, delete_older=False) == 1
    assert read_masks(camera.pk) == ([WINDOW], 1)
    assert PictureBaseline.objects.count() == 0
    assert AuditRow.objects.get(action="masks.saved").detail["polygons"] == [0, 1]
    # The same again is no change.
    assert services.save_masks(camera, [WINDOW], by, now, version=1, delete_older=False) == 1


def test_older_pictures_are_deleted_where_that_is_wished(
    make_camera: MakeCamera, now: datetime, by: User, media: Path
) -> None:
    camera, other = make_camera(), make_camera()
    for one in (camera, camera, other):
        taken(one, now, findings=[finding("dark")])
    services.request_snapshot(camera=camera, by=by, now=now)

    services.save_masks(camera, [WINDOW], by, now, version=0, delete_older=True)

    assert list(Snapshot.objects.values_list("camera", "taken_at")) == [
        (camera.pk, None), (other.pk, now),
    ]  # fmt: skip
    assert len(list(media.rglob("*.jpg"))) == 2  # the other camera's, with its thumbnail
    (report,) = picture_queries.cleanups()
    assert (report.deleted, report.deleted_faults) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_draw_together_one_succeeds(
    make_camera: MakeCamera, now: datetime, by: User
) -> None:
    camera = make_camera()

    def save(polygon: Any) -> bool:
        try:
            services.save_masks(camera, [polygon], by, now, version=0, delete_older=False)
        except Conflict:
            return False
        return True

    assert sorted(together(partial(save, WINDOW), partial(save, DOOR))) == [False, True]
    assert PrivacyMask.objects.get().version == 1


def test_a_picture_that_was_taken_with_the_old_masks_is_not_kept(
    make_camera: MakeCamera, now: datetime, by: User
) -> None:
    camera = make_camera(state=State.ONLINE, reason=Reason.OK)
    snapshot_id, _ = services.request_snapshot(camera=camera, by=by, now=now)
    job = services.prepare(camera.pk, now)
    assert job is not None
    services.save_masks(camera, [WINDOW], by, now, version=0, delete_older=False)

    assert services.keep_click(job, snapshot_id, picture(GOOD, now)) is Kept.UNMASKED
    services.fail_snapshot(snapshot_id, Reason.NO_FRAME, "")
    (turn,) = services.claim_round(by="a", site="main", limit=1, lease=MINUTE, now=now)
    kept = services.keep_round(job, picture(GOOD, now), by="a", until=turn.until)

    assert kept is Kept.UNMASKED
    assert Snapshot.objects.exclude(taken_at=None).count() == 0
    assert PictureTurn.objects.get().leased_by == "a"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("had", [0, 1], ids=["first masks", "other masks"])
def test_masks_that_are_saved_while_a_picture_is_stored_cover_it_or_come_after_it(
    make_camera: MakeCamera, now: datetime, by: User, had: int
) -> None:
    """However the two meet: what is stored has the version that held then."""
    for _ in range(8):
        camera = make_camera(state=State.ONLINE, reason=Reason.OK)
        if had:
            services.save_masks(camera, [DOOR], by, now, version=0, delete_older=False)
        snapshot_id, _new = services.request_snapshot(camera=camera, by=by, now=now)
        job = services.prepare(camera.pk, now)
        assert job is not None

        kept, version = together(
            partial(services.keep_click, job, snapshot_id, picture(GOOD, now)),
            partial(services.save_masks, camera, [WINDOW], by, now, version=had, delete_older=True),
        )

        row = Snapshot.objects.filter(pk=snapshot_id).first()
        assert version == had + 1
        # Stored before the masks: then they have deleted it.  After them: then it was refused.
        assert row is None if kept is Kept.KEPT else (row and row.taken_at is None)
        assert PictureBaseline.objects.filter(camera=camera).count() == 0


def test_masks_of_a_camera_that_is_gone_are_refused(
    make_camera: MakeCamera, now: datetime, by: User
) -> None:
    camera = make_camera()
    gone = Camera.objects.get(pk=camera.pk)
    camera.delete()

    with pytest.raises(Conflict):
        services.save_masks(gone, [WINDOW], by, now, version=0, delete_older=False)
