"""What the machine takes for a proof, and what it does with what is not proved."""

from datetime import datetime, timedelta

import pytest

from cameras.models import (
    Camera,
    CameraState,
    PictureExam,
    PictureTurn,
    PollerBeat,
    RepairOrder,
    RepairOrderCamera,
    Snapshot,
)
from cameras.repairs.proof import Proof, Seen, looked
from cameras.repairs.services import look
from cameras.services import drop_old_pictures
from gis_server.models import User
from tests.cameras.conftest import NOW, MakeCamera
from tests.cameras.repairs import (
    actions,
    answer,
    fall,
    look_until_proved,
    make_order,
    order_of,
    rise,
    show_fault,
)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SWITCH = ("switch", "S1")
WELL = Seen(is_known=True, is_well=True, is_failing=False, since=NOW, last_probe_at=NOW + MINUTE)
DOWN = Seen(is_known=True, is_well=False, is_failing=True, since=NOW, last_probe_at=NOW + MINUTE)


def seen(minutes: int, *, failing: bool = False) -> Seen:
    return Seen(True, True, failing, NOW, NOW + minutes * MINUTE)


@pytest.mark.parametrize(
    ("looks", "repaired_min", "good"),
    [
        pytest.param([], None, 0, id="nobody has looked"),
        pytest.param([seen(1), seen(2), seen(3)], None, 3, id="three answers"),
        pytest.param([seen(1), seen(1), seen(1)], None, 1, id="one answer seen three times"),
        pytest.param([seen(0)], None, 0, id="the answer that brought it back"),
        pytest.param([seen(1), DOWN, seen(3)], None, 1, id="down in between"),
        pytest.param([seen(1), seen(2), seen(3, failing=True)], None, 0, id="failing now"),
        pytest.param([seen(1), seen(2)], 2, 0, id="from before the repair"),
        pytest.param([seen(1), seen(3), seen(4)], 2, 2, id="after the repair"),
        pytest.param([seen(n) for n in range(1, 9)], None, 3, id="no more than needed"),
    ],
)
def test_answers_are_counted_as_they_are_seen(
    looks: list[Seen], repaired_min: int | None, good: int
) -> None:
    proof = Proof()
    repaired_at = None if repaired_min is None else NOW + repaired_min * MINUTE
    for one in looks:
        proof = looked(proof, one, begun_at=NOW - HOUR, repaired_at=repaired_at)

    assert proof.good_probes == good


def test_what_is_unknown_changes_no_proof() -> None:
    proof = looked(Proof(), WELL, begun_at=NOW, repaired_at=None)
    unknown = Seen(False, False, False, NOW, None)

    assert looked(proof, unknown, begun_at=NOW, repaired_at=None) == proof


def test_a_repair_after_the_count_begins_it_anew() -> None:
    proof = Proof()
    for minutes in (1, 2, 3):
        proof = looked(proof, seen(minutes), begun_at=NOW, repaired_at=None)

    proof = looked(proof, seen(3), begun_at=NOW, repaired_at=NOW + 5 * MINUTE)

    assert (proof.good_probes, proof.back_at) == (0, NOW)


@pytest.fixture
def fitter(db: None) -> User:
    return User.objects.create_user("fitter", scope=["140107"], role="maintainer")


def repaired(*cameras: Camera, at: datetime, by: User) -> RepairOrder:
    fall(*cameras, at=at - HOUR, thing=SWITCH if len(cameras) > 1 else None)
    look(at - HOUR / 2)
    RepairOrder.objects.update(state="repaired", repaired_by=by, repaired_at=at, accepted_at=at)
    return order_of(cameras[0])


def photograph(camera: Camera, at: datetime, fault: str = "", *, counted: bool = True) -> Snapshot:
    shot = Snapshot.objects.create(
        camera=camera,
        requested_at=at,
        taken_at=at,
        file=f"{camera.pk}-{at:%d%H%M%S}.jpg",
        sha256="0" * 64,
        is_fault=bool(fault),
        purpose="round",
    )
    findings = [{"fault": fault}] if fault else []
    PictureExam.objects.create(
        snapshot=shot, measures={"mean": 1}, findings=findings, fault=fault, counted=counted
    )
    return shot


def takes_pictures(at: datetime) -> None:
    PollerBeat.objects.update_or_create(
        name="shots",
        defaults={"kind": "pictures", "site": "main", "started_at": at, "seen_at": at},
    )


def test_three_answers_after_the_repair_verify_it(make_camera: MakeCamera, fitter: User) -> None:
    camera = make_camera()
    order = repaired(camera, at=NOW, by=fitter)
    rise(camera, at=NOW - MINUTE)

    for minutes, state in ((1, "repaired"), (2, "repaired"), (3, "verified")):
        answer(camera, at=NOW + minutes * MINUTE)
        look(NOW + minutes * MINUTE)
        order.refresh_from_db()
        assert order.state == state
    assert (order.verified_how, order.verified_at) == ("machine", NOW + 3 * MINUTE)
    assert not RepairOrderCamera.objects.filter(is_open=True).exists()


@pytest.mark.parametrize("state", ["open", "accepted", "on_site", "refused", "waiting"])
def test_what_ends_by_itself_is_verified_as_that(make_camera: MakeCamera, state: str) -> None:
    camera = make_camera()
    fall(camera, at=NOW)
    look(NOW + HOUR)
    waits = {"waits_for": "owner", "waiting_since": NOW, "review_on": "2026-04-01"}
    RepairOrder.objects.update(state=state, **(waits if state == "waiting" else {}))
    rise(camera, at=NOW + 2 * HOUR)

    look_until_proved(camera, start=NOW + 2 * HOUR)

    order = order_of(camera)
    assert (order.state, order.verified_how, order.waits_for) == ("verified", "by_itself", "")
    assert actions(order)[-1] == "recover"


def test_one_camera_that_is_still_down_keeps_the_order(
    make_camera: MakeCamera, fitter: User
) -> None:
    cameras = [make_camera() for _ in range(3)]
    order = repaired(*cameras, at=NOW, by=fitter)
    rise(*cameras[1:], at=NOW)

    look_until_proved(*cameras[1:], start=NOW)

    order.refresh_from_db()
    assert order.state == "repaired"


def test_where_pictures_are_taken_a_good_one_is_needed(
    make_camera: MakeCamera, fitter: User
) -> None:
    camera = make_camera()
    order = repaired(camera, at=NOW, by=fitter)
    rise(camera, at=NOW)
    at = NOW
    for _ in range(4):
        at += MINUTE
        takes_pictures(at)
        answer(camera, at=at)
        look(at)
    order.refresh_from_db()
    assert order.state == "repaired"
    turn = PictureTurn.objects.get(camera=camera)
    assert turn.again_at is not None

    shot = photograph(camera, at)
    look(at + MINUTE / 4)

    order.refresh_from_db()
    assert order.state == "verified"
    assert order.cameras.get().after == shot


@pytest.mark.parametrize("case", ["faulty", "a glance", "too early"])
def test_such_a_picture_proves_nothing(make_camera: MakeCamera, fitter: User, case: str) -> None:
    camera = make_camera()
    order = repaired(camera, at=NOW, by=fitter)
    rise(camera, at=NOW - 10 * MINUTE)
    at = NOW - MINUTE if case == "too early" else NOW + MINUTE
    photograph(camera, at, "dark" if case == "faulty" else "", counted=case != "a glance")
    takes_pictures(NOW + 3 * MINUTE)

    look_until_proved(camera, start=NOW)

    order.refresh_from_db()
    assert order.state == "repaired"


def test_a_camera_without_pictures_needs_none(make_camera: MakeCamera, fitter: User) -> None:
    camera = make_camera(has_video=False)
    order = repaired(camera, at=NOW, by=fitter)
    rise(camera, at=NOW)
    takes_pictures(NOW + 3 * MINUTE)

    look_until_proved(camera, start=NOW)

    order.refresh_from_db()
    assert order.state == "verified"


def test_a_picture_fault_is_over_when_the_pictures_are_good(make_camera: MakeCamera) -> None:
    camera = make_camera()
    show_fault(camera, NOW)
    look(NOW + 2 * HOUR)
    look_until_proved(camera, start=NOW + 2 * HOUR)
    assert order_of(camera).state == "open"

    show_fault(camera, NOW + 3 * HOUR, "")
    look_until_proved(camera, start=NOW + 3 * HOUR)

    assert order_of(camera).verified_how == "by_itself"


@pytest.mark.parametrize(
    ("state", "minutes", "after"),
    [
        pytest.param("offline", 29, "repaired", id="still has its time"),
        pytest.param("offline", 30, "accepted", id="still down"),
        pytest.param("unknown", 90, "repaired", id="nobody can tell"),
    ],
)
def test_what_is_not_repaired_goes_back_to_the_team(
    make_camera: MakeCamera, fitter: User, state: str, minutes: int, after: str
) -> None:
    camera = make_camera()
    order = repaired(camera, at=NOW, by=fitter)
    CameraState.objects.update(state=state)

    look(NOW + minutes * MINUTE)

    order.refresh_from_db()
    assert order.state == after
    assert (order.repaired_by is None) == (after == "accepted")


def test_pictures_that_prove_something_outlive_retention(
    make_camera: MakeCamera, fitter: User
) -> None:
    camera = make_camera()
    before = photograph(camera, NOW - 2 * HOUR)
    repaired(camera, at=NOW, by=fitter)
    rise(camera, at=NOW)
    takes_pictures(NOW + 3 * MINUTE)
    after, other = photograph(camera, NOW + MINUTE), photograph(camera, NOW - HOUR, "dark")
    look_until_proved(camera, start=NOW)

    drop_old_pictures(NOW + timedelta(days=400))

    assert {*Snapshot.objects.all()} == {before, after}
    assert other.pk is not None


def test_an_order_whose_cameras_are_gone_is_over(make_camera: MakeCamera) -> None:
    camera = make_camera()
    order = make_order(camera)
    camera.snapshots.all().delete()
    RepairOrderCamera.objects.all().delete()

    look(NOW + MINUTE)

    order.refresh_from_db()
    assert order.state == "verified"
