"""What the database itself holds of repair orders."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from cameras.invariants import check
from cameras.models import RepairOrder, RepairRule, RepairStep, Team, TeamMember
from cameras.repairs.queries import open_orders_of
from gis_server.models import User
from tests.cameras.conftest import NOW, MakeCamera
from tests.cameras.repairs import make_order, put_cameras

pytestmark = pytest.mark.django_db


def refused(name: str) -> Any:
    return pytest.raises(IntegrityError, match=name)


def test_a_camera_is_in_one_open_order_at_most(make_camera: MakeCamera) -> None:
    camera = make_camera()
    make_order(camera)

    with refused("one_open_order_per_camera"), transaction.atomic():
        make_order(camera)


def test_a_camera_may_be_in_many_orders_that_are_over(make_camera: MakeCamera) -> None:
    camera = make_camera()
    for _ in range(2):
        make_order(camera, state="withdrawn", closed_at=NOW)

    make_order(camera)


@pytest.mark.parametrize("state", ["open", "verified"])
def test_a_thing_has_one_live_order_at_most(make_camera: MakeCamera, state: str) -> None:
    thing: dict[str, Any] = {"suspect_kind": "switch", "suspect_name": "S1"}
    proved: dict[str, Any] = (
        {"verified_at": NOW, "verified_how": "machine"} if state == "verified" else {}
    )
    make_order(make_camera(), state=state, **thing, **proved)

    with refused("one_live_order_per_thing"), transaction.atomic():
        make_order(make_camera(), **thing)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        pytest.param({"state": "mended"}, "order_state_is_known", id="a state of no table"),
        pytest.param({"state": "waiting"}, "order_waits_for_somebody", id="waits for nobody"),
        pytest.param({"waits_for": "owner"}, "order_waits_for_somebody", id="open, yet waits"),
        pytest.param({"state": "repaired"}, "order_is_repaired_at_a_time", id="repaired when"),
        pytest.param({"state": "verified"}, "order_is_closed_once_verified", id="verified when"),
        pytest.param({"verified_at": NOW}, "order_is_verified_at_a_time", id="verified how"),
        pytest.param({"state": "withdrawn"}, "order_over_has_an_end", id="over without an end"),
        pytest.param({"closed_at": NOW}, "order_over_has_an_end", id="ended, yet open"),
        pytest.param({"suspect_kind": "switch"}, "order_suspect", id="a switch without a name"),
        pytest.param({"escalated": ["lunch"]}, "order_stages", id="a stage of no table"),
    ],
)
def test_an_order_that_contradicts_itself_is_refused(
    make_camera: MakeCamera, values: dict[str, Any], name: str
) -> None:
    with refused(name), transaction.atomic():
        make_order(make_camera(), **values)


def test_steps_are_neither_changed_nor_deleted(make_camera: MakeCamera) -> None:
    order = make_order(make_camera())
    RepairStep.objects.create(order=order, at=NOW, action="opened", after="open")

    for statement in ("UPDATE cameras_repairstep SET note = 'x'", "DELETE FROM cameras_repairstep"):
        with refused("only added to"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_user_has_one_place_in_a_team() -> None:
    user, team = User.objects.create_user("fitter"), Team.objects.create(name="Team 1")
    TeamMember.objects.create(user=user, team=team)

    with refused("one_place_per_user_in_a_team"), transaction.atomic():
        TeamMember.objects.create(user=user, team=team)


def test_each_class_has_rules_from_the_start() -> None:
    assert {rule.priority for rule in RepairRule.objects.all()} == {
        "key_area",
        "key_industry",
        "ordinary",
    }


def test_deadlines_follow_each_other() -> None:
    with refused("repair_deadlines_follow_each_other"), transaction.atomic():
        RepairRule.objects.create(
            priority="ordinary",
            valid_from=NOW.date(),
            delay_outage_min=1,
            delay_picture_min=1,
            respond_min=60,
            arrive_min=30,
            fix_min=90,
        )


def test_open_orders_of_cameras(make_camera: MakeCamera, django_assert_num_queries: Any) -> None:
    alone, first, second, well, mended = (make_camera() for _ in range(5))
    own = make_order(alone)
    shared = make_order(first, suspect_kind="switch", suspect_name="S1")
    put_cameras(shared, [second], NOW)
    make_order(mended, state="verified", verified_at=NOW, verified_how="machine")

    with django_assert_num_queries(1):
        found = open_orders_of([alone.pk, first.pk, second.pk, well.pk, mended.pk])

    assert found == {alone.pk: own, first.pk: shared, second.pk: shared}


def test_check_world_finds_orders_that_contradict_their_parts(make_camera: MakeCamera) -> None:
    order = make_order(make_camera(code="C1"))
    RepairStep.objects.create(order=order, at=NOW, action="opened", after="open")
    assert [one for one in check() if "order" in one] == []

    RepairOrder.objects.update(state="withdrawn", closed_at=NOW)
    make_order(make_camera())

    said = [one for one in check() if "order" in one]
    assert [("C1 is still open" in one, "has no step" in one) for one in said] == [
        (True, False),
        (False, True),
    ]
