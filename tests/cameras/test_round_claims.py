"""Who takes which picture of a round, and how far it is."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from cameras import picture_queries, services
from cameras.health import State
from cameras.models import Camera, LiveTest, PictureTurn, Site, Snapshot
from cameras.picture.rounds import USUAL, ClassRules, Stretch
from cameras.probe.reason import Reason
from cameras.services import Turn
from gis_server.errors import Conflict, Invalid
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.cameras.conftest import MakeCamera
from tests.cameras.threads import together
from tests.conftest import SignIn

# NOW of these tests is noon UTC: 20:00 in the district.
LEASE = timedelta(seconds=60)
HOUR = timedelta(hours=1)


def claim(now: datetime, *, by: str = "a", limit: int = 50, site: str = "main") -> list[Turn]:
    return services.claim_round(by=by, site=site, limit=limit, lease=LEASE, now=now)


def ids(turns: list[Turn]) -> list[int]:
    return [turn.camera_id for turn in turns]


def up(make_camera: MakeCamera, **values: Any) -> Camera:
    return make_camera(state=State.ONLINE, reason=Reason.OK, **values)


def test_cameras_that_answer_are_due_once_in_a_round(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = up(make_camera)
    make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    make_camera()
    up(make_camera, enabled=False)
    up(make_camera, has_video=False)
    degraded = make_camera(state=State.DEGRADED, reason=Reason.CLOCK_OFF)

    turns = claim(now)
    assert ids(turns) == [camera.pk, degraded.pk]
    assert claim(now) == []
    for turn in turns:
        assert services.end_turn(turn, by="a", tried_at=now)
    # Ordinary cameras at 6, 10, 14, 18 and 22 o'clock: it is 20:00, the next is two hours away.
    assert claim(now + HOUR) == []
    assert ids(claim(now + 2 * HOUR)) == [camera.pk, degraded.pk]


def test_those_in_doubt_come_first_and_then_those_that_have_waited_longest(
    make_camera: MakeCamera, now: datetime
) -> None:
    never, old, doubtful, late = (up(make_camera) for _ in range(4))
    for camera, tried_h, again in ((old, 30, None), (late, 20, None), (doubtful, 1, now)):
        PictureTurn.objects.create(camera=camera, tried_at=now - tried_h * HOUR, again_at=again)

    assert ids(claim(now, limit=1)) == [doubtful.pk]
    assert ids(claim(now)) == [never.pk, old.pk, late.pk]


def test_a_device_has_one_camera_of_a_round_at_work(make_camera: MakeCamera, now: datetime) -> None:
    first, second = (up(make_camera, host="10.0.0.9", path=f"/{n}") for n in range(2))

    (turn,) = claim(now)
    assert claim(now, by="b") == []
    services.end_turn(turn, by="a", tried_at=now)

    assert ids(claim(now, by="b")) == [second.pk]
    assert turn.camera_id == first.pk


def test_nobody_looks_beside_somebody_who_has_pressed_or_tests_the_device(
    make_camera: MakeCamera, now: datetime
) -> None:
    pressed, tested = (up(make_camera) for _ in range(2))
    services.request_snapshot(camera=pressed, by=None, now=now)
    LiveTest.objects.create(host=tested.host, begun_at=now - timedelta(seconds=3))

    assert claim(now) == []
    assert services.hosts_wanted("main") == {pressed.host}
    services.fail_snapshot(Snapshot.objects.get().pk, Reason.NO_FRAME, "")
    assert ids(claim(now + timedelta(seconds=20))) == [pressed.pk, tested.pk]


def test_a_busy_device_is_put_off_and_keeps_its_turn(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = up(make_camera)
    (turn,) = claim(now)

    services.end_turn(turn, by="a", again_at=now + 2 * LEASE)

    assert claim(now + LEASE) == []
    assert ids(claim(now + 2 * LEASE)) == [camera.pk]
    assert PictureTurn.objects.get().tried_at is None
    assert Snapshot.objects.count() == 0


def test_the_lease_of_a_process_that_died_runs_out(make_camera: MakeCamera, now: datetime) -> None:
    camera = up(make_camera)
    (dead,) = claim(now)

    assert claim(now + LEASE, by="b") == []
    assert ids(claim(now + LEASE + timedelta(seconds=1), by="b")) == [camera.pk]
    assert not services.end_turn(dead, by="a", tried_at=now)


def test_a_process_that_stops_hands_its_turns_back(make_camera: MakeCamera, now: datetime) -> None:
    camera = up(make_camera)
    claim(now)

    assert services.hosts_in_rounds("b", now) == {camera.host}
    assert services.hand_back_turns("a") == 1
    assert ids(claim(now, by="b")) == [camera.pk]


@pytest.mark.django_db(transaction=True)
def test_processes_that_claim_together_share_the_cameras_and_no_device(
    make_camera: MakeCamera, now: datetime
) -> None:
    for number in range(12):
        up(make_camera, host=f"10.0.0.{number % 6}", path=f"/{number}")

    claimed = together(*(partial(claim, now, by=name, limit=4) for name in "abcd"))

    hosts = [turn.host for part in claimed for turn in part]
    assert len(hosts) == len(set(hosts)) == 6


def test_cameras_of_another_site_are_left_to_its_process(
    make_camera: MakeCamera, now: datetime
) -> None:
    far = up(make_camera, site=Site.objects.create(name="east"))

    assert claim(now) == []
    assert ids(claim(now, site="east")) == [far.pk]


def test_how_far_a_round_is(make_camera: MakeCamera, sign_in: SignIn, now: datetime) -> None:
    sign_in(Role.OPERATOR)
    user = User.objects.get()
    cameras = [up(make_camera, priority="key_area") for _ in range(3)]
    make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE, priority="key_area")
    for camera, minutes, bad in ((cameras[0], 0, 1), (cameras[1], 5, 0), (cameras[2], -90, 1)):
        PictureTurn.objects.create(
            camera=camera, tried_at=now + timedelta(minutes=minutes), streak_bad=bad
        )

    key, _industry, ordinary = picture_queries.rounds_now(user, now + timedelta(minutes=10))

    # 20:10 in the district, and key areas are looked at each hour by day.
    assert (key.begun_at, key.next_at) == (now, now + HOUR)
    assert (key.total, key.down, key.done, key.findings) == (3, 1, 2, 1)
    assert not key.is_done
    assert (ordinary.begun_at, ordinary.total) == (now - 2 * HOUR, 0)


def wanted(**values: Any) -> ClassRules:
    usual: dict[str, Any] = {
        "hours": (Stretch(8, 18, 30),),
        "dim_after_min": 60,
        "keep_days": 10,
        "version": 0,
    }
    return ClassRules("ordinary", **(usual | values))


def test_rules_are_saved_with_who_and_what(sign_in: SignIn, now: datetime) -> None:
    sign_in(Role.ADMINISTRATOR)
    user = User.objects.get()

    saved = services.save_rule(wanted(), user, now)

    assert saved == wanted(version=1)
    assert services.rules_by_class()["key_area"] == USUAL["key_area"]
    row = AuditRow.objects.get(action="rounds.saved")
    assert (row.subject, row.detail["hours"]) == ("ordinary", [[8, 18, 30]])


def test_whoever_saves_second_overwrites_nothing(sign_in: SignIn, now: datetime) -> None:
    sign_in(Role.ADMINISTRATOR)
    user = User.objects.get()
    services.save_rule(wanted(), user, now)

    for version in (0, 2):
        with pytest.raises(Conflict):
            services.save_rule(wanted(version=version), user, now + HOUR)
    assert services.save_rule(wanted(version=1, keep_days=None), user, now + HOUR).version == 2


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"hours": (Stretch(9, 8, 30),)}, id="hours"),
        pytest.param({"dim_after_min": 0}, id="old at once"),
        pytest.param({"keep_days": 0}, id="kept for no day"),
        pytest.param({"keep_faults_days": 4000}, id="kept for ever"),
        pytest.param({"priority": "secret"}, id="no such class"),
    ],
)
def test_rules_that_cannot_be_used_are_refused(
    sign_in: SignIn, now: datetime, values: dict[str, Any]
) -> None:
    sign_in(Role.ADMINISTRATOR)
    usual: dict[str, Any] = {"priority": "ordinary", "hours": (), "dim_after_min": 60}
    rules = ClassRules(**(usual | values))

    with pytest.raises(Invalid):
        services.save_rule(rules, User.objects.get(), now)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_together_one_succeeds(sign_in: SignIn, now: datetime) -> None:
    sign_in(Role.ADMINISTRATOR)
    user = User.objects.get()

    def save(minutes: int) -> bool:
        try:
            services.save_rule(wanted(dim_after_min=minutes), user, now + timedelta(0, minutes))
        except Conflict:
            return False
        return True

    assert sorted(together(partial(save, 60), partial(save, 90))) == [False, True]
