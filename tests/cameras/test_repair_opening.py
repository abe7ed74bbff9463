"""Orders that the machine opens: one for each independent fault, and none for what is unknown.

The delays are those of the migration: an ordinary camera opens one after 15 minutes, for a picture
fault after 120; one of a key public area after 5 and 30.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cameras.health import State
from cameras.models import (
    Camera,
    CameraState,
    Outage,
    OutageMember,
    PlannedWork,
    RepairOrder,
    RepairOrderCamera,
    RoutingRule,
    Snapshot,
    Team,
    Upstream,
)
from cameras.repairs.queries import open_orders_of
from cameras.repairs.services import look
from gis_server.models import ChangeRow, User
from tests.cameras.conftest import NOW, MakeCamera
from tests.cameras.repairs import (
    actions,
    fall,
    fall_with,
    look_until_proved,
    order_of,
    rise,
    show_fault,
)

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SWITCH = ("switch", "S1")


@pytest.mark.parametrize(
    ("priority", "minutes", "opened"),
    [
        pytest.param("ordinary", 14, 0, id="ordinary, too soon"),
        pytest.param("ordinary", 15, 1, id="ordinary"),
        pytest.param("key_area", 4, 0, id="key area, too soon"),
        pytest.param("key_area", 5, 1, id="key area"),
    ],
)
def test_an_outage_opens_an_order_after_the_delay_of_its_class(
    make_camera: MakeCamera, priority: str, minutes: int, opened: int
) -> None:
    fall(make_camera(priority=priority), at=NOW)

    assert look(NOW + minutes * MINUTE).opened == opened


def test_a_picture_fault_opens_one_after_its_own_delay(make_camera: MakeCamera) -> None:
    camera = make_camera()
    show_fault(camera, NOW)

    assert look(NOW + 119 * MINUTE).opened == 0
    assert look(NOW + 120 * MINUTE).opened == 1
    order = order_of(camera)
    assert (order.kind, order.reason, order.since) == ("picture", "picture_dark", NOW)


def test_an_order_knows_its_deadlines_class_and_what_was_found(make_camera: MakeCamera) -> None:
    camera = make_camera(priority="key_area")
    fall(camera, at=NOW)
    at = NOW + 5 * MINUTE

    look(at)

    order = order_of(camera)
    assert (order.state, order.priority, order.since) == ("open", "key_area", NOW)
    # The migration's 30, 120 and 720 minutes.
    assert order.respond_due == at + 30 * MINUTE
    assert order.arrive_due == at + 120 * MINUTE
    assert order.fix_due == at + 720 * MINUTE
    assert (order.team_name, actions(order)) == ("Team 1", ["opened"])


def test_looking_again_opens_nothing_more(make_camera: MakeCamera) -> None:
    fall(make_camera(), at=NOW)
    at = NOW + 15 * MINUTE

    assert [look(at + step * MINUTE).opened for step in range(3)] == [1, 0, 0]


def test_what_is_not_settled_yet_opens_nothing(make_camera: MakeCamera) -> None:
    outage = fall(make_camera(), at=NOW)
    Outage.objects.filter(pk=outage.pk).update(told_at=None)

    assert look(NOW + HOUR).opened == 0


def test_what_is_unknown_opens_nothing_until_it_is_known_again(make_camera: MakeCamera) -> None:
    camera = make_camera()
    fall(camera, at=NOW)
    CameraState.objects.filter(camera=camera).update(state=State.UNKNOWN.value)

    assert look(NOW + HOUR).opened == 0

    CameraState.objects.filter(camera=camera).update(state=State.OFFLINE.value)
    assert look(NOW + HOUR).opened == 1


def test_a_camera_that_nobody_watches_opens_nothing(make_camera: MakeCamera) -> None:
    fall(make_camera(enabled=False), at=NOW)

    assert look(NOW + HOUR).opened == 0


def test_a_group_is_one_order_with_its_cameras(make_camera: MakeCamera) -> None:
    cameras = [make_camera() for _ in range(28)]
    fall(*cameras, at=NOW, thing=SWITCH)

    assert look(NOW + 15 * MINUTE).opened == 1
    order = RepairOrder.objects.get()
    assert (order.suspect_kind, order.suspect_name) == SWITCH
    assert order.cameras.count() == 28


def test_the_gravest_class_of_a_group_decides(make_camera: MakeCamera) -> None:
    fall(make_camera(), make_camera(priority="key_area"), at=NOW, thing=SWITCH)

    look(NOW + 5 * MINUTE)

    assert RepairOrder.objects.get().priority == "key_area"


def test_late_members_join_the_order_at_once(make_camera: MakeCamera) -> None:
    cameras, late = [make_camera() for _ in range(3)], make_camera()
    outage = fall(*cameras, at=NOW, thing=SWITCH)
    look(NOW + 15 * MINUTE)

    fall_with(outage, late, NOW + 20 * MINUTE)
    look(NOW + 20 * MINUTE)

    order = RepairOrder.objects.get()
    assert order.cameras.filter(is_open=True).count() == 4
    step = order.steps.last()
    assert step is not None
    assert (step.action, step.detail) == ("join", {"cameras": [late.code], "count": 1})


def test_a_graver_camera_that_joins_makes_the_order_graver(make_camera: MakeCamera) -> None:
    outage = fall(*(make_camera() for _ in range(3)), at=NOW, thing=SWITCH)
    look(NOW + 15 * MINUTE)
    before = RepairOrder.objects.get()

    fall_with(outage, make_camera(priority="key_area"), NOW + 20 * MINUTE)
    look(NOW + 20 * MINUTE)

    order = RepairOrder.objects.get()
    assert (before.priority, order.priority) == ("ordinary", "key_area")
    # Accepted within 30 minutes of its joining, where the ordinary ones have 120.
    assert before.respond_due == NOW + 135 * MINUTE
    assert order.respond_due == NOW + 50 * MINUTE
    assert order.fix_due < before.fix_due
    step = order.steps.last()
    assert step is not None
    assert step.detail["priority"] == ["ordinary", "key_area"]

    # One that is less grave changes nothing.
    fall_with(outage, make_camera(), NOW + 25 * MINUTE)
    look(NOW + 25 * MINUTE)
    assert RepairOrder.objects.get().respond_due == NOW + 50 * MINUTE


def test_two_outages_of_one_thing_are_one_order(make_camera: MakeCamera) -> None:
    fall(*(make_camera() for _ in range(3)), at=NOW, thing=SWITCH)
    fall(*(make_camera() for _ in range(3)), at=NOW + MINUTE, thing=SWITCH)

    assert look(NOW + HOUR).opened == 1
    assert RepairOrderCamera.objects.count() == 6


def test_several_faults_of_one_camera_are_one_order(make_camera: MakeCamera) -> None:
    camera = make_camera()
    show_fault(camera, NOW)
    look(NOW + 2 * HOUR)

    show_fault(camera, NOW + 3 * HOUR, "picture_covered")
    fall(camera, at=NOW + 4 * HOUR)
    look(NOW + 5 * HOUR)

    assert RepairOrder.objects.count() == 1


def test_the_order_of_a_thing_takes_in_those_nobody_has_accepted(make_camera: MakeCamera) -> None:
    dark, taken, third = (make_camera() for _ in range(3))
    for camera in (dark, taken):
        show_fault(camera, NOW)
    look(NOW + 2 * HOUR)
    RepairOrder.objects.filter(cameras__camera=taken).update(state="accepted")

    fall(dark, taken, third, at=NOW + 3 * HOUR, thing=SWITCH)
    look(NOW + 4 * HOUR)

    shared = RepairOrder.objects.get(suspect_name="S1")
    found = open_orders_of([dark.pk, taken.pk, third.pk])
    assert (found[dark.pk], found[third.pk]) == (shared, shared)
    assert found[taken.pk].kind == "picture"
    absorbed = RepairOrder.objects.get(kind="picture", state="withdrawn")
    assert absorbed.steps.last().detail == {"into": shared.number}  # type: ignore[union-attr]


def test_what_stays_down_when_its_thing_works_again_gets_an_order_of_its_own(
    make_camera: MakeCamera,
) -> None:
    *back, dead = cameras = [make_camera() for _ in range(4)]
    fall(*cameras, at=NOW, thing=SWITCH)
    look(NOW + 15 * MINUTE)

    rise(*back, at=NOW + HOUR)
    # As `release_recovered` does it: an outage of its own, as old as its part in the group was.
    own = Outage.objects.create(opened_at=NOW, told_at=NOW + HOUR, reason="connect_timeout")
    OutageMember.objects.filter(camera=dead, left_at=None).update(outage=own)
    Outage.objects.exclude(pk=own.pk).update(closed_at=NOW + HOUR)
    opened = look(NOW + HOUR + 2 * MINUTE).opened

    assert opened == 1
    shared, alone = RepairOrder.objects.get(suspect_name="S1"), order_of(dead)
    assert (alone.suspect_name, alone.kind) == ("", "outage")
    assert shared.steps.last().detail["cameras"] == [dead.code]  # type: ignore[union-attr]
    look_until_proved(*back, start=NOW + HOUR + 2 * MINUTE)
    shared.refresh_from_db()
    assert shared.state == "verified"


@pytest.mark.parametrize("thing", [None, SWITCH], ids=["alone", "behind a switch"])
def test_a_relapse_within_a_day_goes_on_with_the_same_order(
    make_camera: MakeCamera, thing: tuple[str, str] | None
) -> None:
    cameras = [make_camera() for _ in range(3 if thing else 1)]
    fall(*cameras, at=NOW, thing=thing)
    look(NOW + 15 * MINUTE)
    rise(*cameras, at=NOW + HOUR)
    proved = look_until_proved(*cameras, start=NOW + HOUR)

    fall(*cameras, at=proved + 20 * HOUR, thing=thing)
    opened = look(proved + 21 * HOUR).opened

    order = RepairOrder.objects.get()
    assert opened == 0
    assert (order.state, order.reopened, order.since) == ("open", 1, proved + 20 * HOUR)
    assert order.respond_due == proved + 21 * HOUR + 2 * HOUR
    assert actions(order) == ["opened", "recover", "relapse"]
    assert order.cameras.filter(is_open=True).count() == len(cameras)


def test_what_fails_after_a_day_is_a_new_order(make_camera: MakeCamera) -> None:
    camera = make_camera()
    fall(camera, at=NOW)
    look(NOW + 15 * MINUTE)
    rise(camera, at=NOW + HOUR)
    proved = look_until_proved(camera, start=NOW + HOUR)

    fall(camera, at=proved + 24 * HOUR)
    look(proved + 25 * HOUR)

    assert sorted(RepairOrder.objects.values_list("state", flat=True)) == ["closed", "open"]


def test_one_camera_of_a_switch_that_falls_alone_later_is_another_fault(
    make_camera: MakeCamera,
) -> None:
    cameras = [make_camera() for _ in range(3)]
    fall(*cameras, at=NOW, thing=SWITCH)
    look(NOW + 15 * MINUTE)
    rise(*cameras, at=NOW + HOUR)
    proved = look_until_proved(*cameras, start=NOW + HOUR)

    fall(cameras[0], at=proved + HOUR)

    assert look(proved + 2 * HOUR).opened == 1
    assert RepairOrder.objects.get(suspect_name="S1").state == "verified"


def test_a_fall_that_people_have_ended_is_not_asked_about_again(make_camera: MakeCamera) -> None:
    camera = make_camera()
    fall(camera, at=NOW)
    look(NOW + 15 * MINUTE)
    RepairOrder.objects.update(state="withdrawn", closed_at=NOW + HOUR)
    RepairOrderCamera.objects.update(is_open=False)

    assert look(NOW + 48 * HOUR).opened == 0

    rise(camera, at=NOW + 49 * HOUR)
    fall(camera, at=NOW + 50 * HOUR)
    assert look(NOW + 51 * HOUR).opened == 1


@pytest.mark.parametrize(
    ("at", "number"),
    [
        # Midnight in Shanghai is 16:00 UTC.
        pytest.param(
            datetime(2026, 2, 28, 15, 59, tzinfo=UTC), "WX20260228-00001", id="before midnight"
        ),
        pytest.param(
            datetime(2026, 2, 28, 16, 0, tzinfo=UTC), "WX20260301-00001", id="a month begins"
        ),
        pytest.param(
            datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "WX20270101-00001", id="a year begins"
        ),
    ],
)
def test_numbers_are_of_the_local_day(make_camera: MakeCamera, at: datetime, number: str) -> None:
    fall(make_camera(), at=at - HOUR)

    look(at)

    assert RepairOrder.objects.get().number == number


def test_numbers_of_a_day_go_on(make_camera: MakeCamera) -> None:
    for minutes in (0, 5):
        fall(make_camera(), at=NOW + minutes * MINUTE)
        look(NOW + (minutes + 15) * MINUTE)

    numbers = RepairOrder.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == ["WX20260301-00001", "WX20260301-00002"]


def test_the_first_rule_that_fits_decides_the_team(make_camera: MakeCamera) -> None:
    switch = Upstream.objects.create(kind="switch", name="S9")
    network = Team.objects.create(name="Network team")
    east = Team.objects.create(name="East team")
    RoutingRule.objects.create(position=1, area="140107", upstream=switch, team=network)
    RoutingRule.objects.create(position=2, area="140107002", team=east)
    own, eastern = make_camera(), make_camera(scope_code="140107002000")
    behind = make_camera(scope_code="140107002000", upstream=switch)
    for camera in (own, eastern, behind):
        fall(camera, at=NOW)

    look(NOW + HOUR)

    teams = [order_of(camera).team_name for camera in (own, eastern, behind)]
    assert teams == ["Team 1", "East team", "Network team"]


def test_the_last_good_picture_is_kept_as_how_it_was(make_camera: MakeCamera) -> None:
    camera = make_camera()
    good, _bad = (
        Snapshot.objects.create(
            camera=camera,
            requested_at=NOW - age * HOUR,
            taken_at=NOW - age * HOUR,
            file="x.jpg",
            sha256="0" * 64,
            is_fault=is_fault,
        )
        for age, is_fault in ((2, False), (1, True))
    )
    fall(camera, at=NOW)

    look(NOW + HOUR)

    assert RepairOrderCamera.objects.get().before == good


def test_browsers_hear_of_a_new_order_where_its_cameras_are(make_camera: MakeCamera) -> None:
    fall(make_camera(), make_camera(scope_code="140107002000"), at=NOW, thing=SWITCH)

    look(NOW + HOUR)

    change = ChangeRow.objects.get(topic="order")
    assert change.scope == "14010700"
    assert "S1" not in str(change.data)


def test_a_look_costs_ten_queries_when_nothing_has_happened(
    make_camera: MakeCamera, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        fall(make_camera(), at=NOW)
    look(NOW + HOUR)

    # And the savepoint around it, which a test's own transaction makes of `atomic`.
    with django_assert_num_queries(10 + 2):
        look(NOW + HOUR)


def test_what_opens_together_costs_a_fixed_number_of_queries(
    make_camera: MakeCamera, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        fall(make_camera(), at=NOW)

    with django_assert_max_num_queries(26):
        assert look(NOW + HOUR).opened == 30


def test_hostile_names_are_only_names(make_camera: MakeCamera) -> None:
    name = "<b>\U0001f4a9\u202e" + "S" * 200
    cameras: list[Camera] = [make_camera() for _ in range(3)]
    fall(*cameras, at=NOW, thing=("switch", name))

    look(NOW + HOUR)

    assert RepairOrder.objects.get().suspect_name == name


def test_planned_work_opens_none_until_it_ends(make_camera: MakeCamera) -> None:
    camera, planner = make_camera(), User.objects.create_user("planner")
    PlannedWork.objects.create(
        kind="planned",
        target="area",
        area="140107001",
        starts_at=NOW - HOUR,
        ends_at=NOW + 3 * HOUR,
        title="New cable",
        entered_by=planner,
        entered_at=NOW - HOUR,
    )
    fall(camera, at=NOW)

    assert look(NOW + HOUR).opened == 0
    assert look(NOW + 3 * HOUR).opened == 1
