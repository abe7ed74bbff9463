"""Teams: who may change them, who is in them, and what becomes of a removed one's work."""

import pytest

from cameras.models import Camera, RepairOrder, RoutingRule, Team, TeamMember
from cameras.repairs.services import teams
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.cameras.conftest import NOW, MakeCamera
from tests.cameras.repairs import actions, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader(db: None) -> User:
    return User.objects.create_user("leader", role=Role.OPERATOR.value, scope=["140107001"])


@pytest.fixture
def camera(make_camera: MakeCamera) -> Camera:
    return make_camera()


def test_a_team_is_made_and_renamed(leader: User) -> None:
    row = teams.add_team(by=leader, name="Team 9", phone="1")

    teams.change_team(by=leader, team_id=row.pk, seen=("Team 9", "1"), name="Nine", phone="2")

    row.refresh_from_db()
    assert (row.name, row.phone) == ("Nine", "2")
    assert [one.action for one in AuditRow.objects.order_by("id")] == ["team.added", "team.changed"]


def test_a_name_is_taken_once(leader: User, camera: Camera) -> None:
    with pytest.raises(Conflict):
        teams.add_team(by=leader, name=camera.team.name, phone="")


def test_of_two_who_change_a_team_the_second_is_told(leader: User, camera: Camera) -> None:
    seen = ("Team 1", "351-1")
    teams.change_team(by=leader, team_id=camera.team_id, seen=seen, name="One", phone="")

    with pytest.raises(Conflict):
        teams.change_team(by=leader, team_id=camera.team_id, seen=seen, name="Uno", phone="")


def test_open_orders_carry_the_new_name_and_those_that_are_over_the_old_one(
    leader: User, camera: Camera
) -> None:
    over = make_order(camera, state="withdrawn", closed_at=NOW)
    running = make_order(camera)

    teams.change_team(
        by=leader, team_id=camera.team_id, seen=("Team 1", "351-1"), name="One", phone=""
    )

    for order, name in ((over, "Team 1"), (running, "One")):
        order.refresh_from_db()
        assert order.team_name == name


def test_a_team_that_works_elsewhere_too_is_not_ones_own(
    leader: User, make_camera: MakeCamera, camera: Camera
) -> None:
    make_camera(scope_code="140107002000")

    with pytest.raises(NotAllowed):
        teams.change_team(
            by=leader, team_id=camera.team_id, seen=("Team 1", "351-1"), name="x", phone=""
        )


def test_a_team_of_another_street_is_not_there(leader: User, make_camera: MakeCamera) -> None:
    foreign = make_camera(scope_code="140107002000").team

    with pytest.raises(NotFound):
        teams.set_members(by=leader, team_id=foreign.pk, user_ids=[])


def test_members_come_and_go(leader: User, camera: Camera) -> None:
    one, two = (
        User.objects.create_user(name, role="maintainer", scope=["140107001"])
        for name in ("one", "two")
    )
    teams.set_members(by=leader, team_id=camera.team_id, user_ids=[one.pk])

    teams.set_members(by=leader, team_id=camera.team_id, user_ids=[two.pk])

    assert [row.user for row in TeamMember.objects.all()] == [two]
    last = AuditRow.objects.latest("id")
    assert last.detail == {"entered": ["two"], "removed": ["one"]}


def test_members_whom_a_leader_cannot_choose_stay(leader: User, camera: Camera) -> None:
    elsewhere = User.objects.create_user("far", role="maintainer", scope=["140108"])
    TeamMember.objects.create(user=elsewhere, team=camera.team)

    teams.set_members(by=leader, team_id=camera.team_id, user_ids=[])

    assert TeamMember.objects.get().user == elsewhere


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        pytest.param("planner", "140107001", id="a role that repairs nothing"),
        pytest.param("maintainer", "140107002", id="another street"),
    ],
)
def test_nobody_else_becomes_a_member(leader: User, camera: Camera, role: str, scope: str) -> None:
    user = User.objects.create_user("x", role=role, scope=[scope])

    with pytest.raises(Invalid):
        teams.set_members(by=leader, team_id=camera.team_id, user_ids=[user.pk])


def test_a_removed_team_hands_all_over_and_its_past_keeps_its_name(
    leader: User, make_camera: MakeCamera
) -> None:
    cameras = [make_camera() for _ in range(5)]
    team, successor = cameras[0].team, Team.objects.create(name="Team 2")
    rule = RoutingRule.objects.create(position=1, area="140107001", team=team)
    over = make_order(cameras[0], state="withdrawn", closed_at=NOW)
    waits = {"waits_for": "owner", "waiting_since": NOW, "review_on": "2026-04-01"}
    fresh, accepted, waiting, repaired = (
        make_order(cameras[1]),
        make_order(cameras[2], state="accepted", accepted_at=NOW),
        make_order(cameras[3], state="waiting", **waits),  # type: ignore[arg-type]
        make_order(cameras[4], state="repaired", repaired_at=NOW),
    )

    count = teams.remove_team(by=leader, team_id=team.pk, successor_id=successor.pk, now=NOW)

    assert count == 4
    assert not Team.objects.filter(pk=team.pk).exists()
    assert Camera.objects.filter(team=successor).count() == 5
    rule.refresh_from_db()
    assert rule.team == successor
    over.refresh_from_db()
    assert (over.team, over.team_name) == (None, "Team 1")
    states = []
    for order in (fresh, accepted, waiting, repaired):
        order.refresh_from_db()
        assert (order.team, order.team_name) == (successor, "Team 2")
        states.append(order.state)
    assert states == ["open", "open", "waiting", "repaired"]
    assert (actions(fresh), actions(accepted)) == (["hand_over"], ["route"])
    step = fresh.steps.get()
    assert step.detail == {"team": ["Team 1", "Team 2"]}


def test_a_team_is_no_successor_of_itself(leader: User, camera: Camera) -> None:
    with pytest.raises(Invalid):
        teams.remove_team(by=leader, team_id=camera.team_id, successor_id=camera.team_id, now=NOW)
    assert RepairOrder.objects.count() == 0
