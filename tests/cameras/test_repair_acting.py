"""What people do with orders: who may, who was first, and what is written of it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from cameras.models import Camera, RepairOrder, RepairPhoto, RepairStep, Team, TeamMember
from cameras.repairs.rights import actions_of
from cameras.repairs.services import acting
from cameras.repairs.workflow import Action
from gis_server.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import Role
from tests.cameras.conftest import NOW, MakeCamera
from tests.cameras.repairs import actions, make_order
from tests.cameras.threads import together

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
OTHER = "140107002000"


def person(name: str, role: Role = Role.MAINTAINER, team: Team | None = None) -> User:
    user = User.objects.create_user(
        name, role=role.value, scope=["140107001"], display_name=name.title()
    )
    if team:
        TeamMember.objects.create(user=user, team=team)
    return user


@pytest.fixture
def camera(make_camera: MakeCamera) -> Camera:
    return make_camera()


@pytest.fixture
def fitter(camera: Camera) -> User:
    return person("fitter", team=camera.team)


@pytest.fixture
def leader(db: None) -> User:
    return person("leader", Role.OPERATOR)


def state_of(order: RepairOrder) -> str:
    order.refresh_from_db()
    return order.state


def test_a_whole_job(camera: Camera, fitter: User) -> None:
    order = make_order(camera)
    photo = RepairPhoto.objects.create(
        order=order, by=fitter, who="", at=NOW, file="x.jpg", sha256="0" * 64, width=1, height=1
    )

    acting.accept(by=fitter, order_id=order.pk, now=NOW + MINUTE)
    acting.arrive(by=fitter, order_id=order.pk, now=NOW + 20 * MINUTE)
    acting.repair(
        by=fitter,
        order_id=order.pk,
        note="New plug",
        parts=[{"name": " RJ45 ", "count": 2}],
        photos=[photo.pk],
        now=NOW + 40 * MINUTE,
    )

    assert state_of(order) == "repaired"
    assert (order.accepted_by, order.repaired_by) == (fitter, fitter)
    assert order.arrived_at == NOW + 20 * MINUTE
    last = RepairStep.objects.filter(order=order).latest("id")
    assert (last.who, last.before, last.after) == ("Fitter", "on_site", "repaired")
    assert (last.note, last.parts) == ("New plug", [{"name": "RJ45", "count": 2}])
    assert last.photos == [photo.pk]
    assert actions(order) == ["accept", "arrive", "repair"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_one_order_one_has_it_and_the_other_is_told_who(
    make_camera: MakeCamera,
) -> None:
    camera = make_camera()
    order = make_order(camera)
    first, second = (person(name, team=camera.team) for name in ("anna", "boris"))

    def accept(user: User) -> Callable[[], str]:
        def work() -> str:
            try:
                acting.accept(by=user, order_id=order.pk, now=NOW)
            except Conflict as refused:
                return str(refused.message)
            return "mine"

        return work

    said = together(accept(first), accept(second))

    assert sorted(text == "mine" for text in said) == [False, True]
    winner = first if said[0] == "mine" else second
    loser_told = said[1] if winner is first else said[0]
    assert winner.display_name in loser_told
    assert (state_of(order), order.accepted_by) == ("accepted", winner)
    assert actions(order) == ["accept"]


def test_who_comes_later_is_told_who_was_first(camera: Camera, fitter: User) -> None:
    order = make_order(camera)
    acting.accept(by=fitter, order_id=order.pk, now=NOW)

    with pytest.raises(Conflict, match="Fitter"):
        acting.accept(by=person("late", team=camera.team), order_id=order.pk, now=NOW)


def test_nobody_of_another_team_acts(camera: Camera) -> None:
    order = make_order(camera)
    other = person("other", team=Team.objects.create(name="Team 2"))

    with pytest.raises(NotAllowed):
        acting.accept(by=other, order_id=order.pk, now=NOW)
    assert actions_of(other, order) == []


def test_a_member_whose_role_repairs_nothing_does_not_act(camera: Camera) -> None:
    order = make_order(camera)

    assert actions_of(person("planner", Role.PLANNER, camera.team), order) == []


def test_an_order_of_another_street_is_not_there(make_camera: MakeCamera, leader: User) -> None:
    order = make_order(make_camera(scope_code=OTHER))

    with pytest.raises(NotFound):
        acting.accept(by=leader, order_id=order.pk, now=NOW)


def test_a_leader_acts_in_all_of_their_reach(camera: Camera, leader: User) -> None:
    order = make_order(camera)

    acting.accept(by=leader, order_id=order.pk, now=NOW)

    assert state_of(order) == "accepted"


def test_what_reaches_beyond_a_leaders_area_is_not_theirs_to_decide(
    make_camera: MakeCamera, camera: Camera, leader: User
) -> None:
    order = make_order(camera, make_camera(scope_code=OTHER), suspect_kind="pole", suspect_name="P")

    assert Action.WITHDRAW not in actions_of(leader, order)
    with pytest.raises(NotAllowed):
        acting.withdraw(by=leader, order_id=order.pk, note="no", now=NOW)


def test_a_refusal_goes_to_a_leader_who_gives_it_to_another_team(
    camera: Camera, fitter: User, leader: User
) -> None:
    other = Team.objects.create(name="Team 2")
    order = make_order(camera)
    acting.refuse(by=fitter, order_id=order.pk, note="Not our pole", now=NOW)
    assert state_of(order) == "refused"
    assert Action.ACCEPT not in actions_of(fitter, order)

    later = NOW + timedelta(hours=3)
    acting.route(by=leader, order_id=order.pk, team_id=other.pk, note="", now=later)

    assert state_of(order) == "open"
    assert (order.team, order.team_name) == (other, "Team 2")
    # An ordinary class accepts within 120 minutes of the migration's table; the rest is as before.
    assert order.respond_due == later + timedelta(minutes=120)
    assert order.fix_due == NOW + timedelta(hours=12)
    assert actions_of(fitter, order) == []


def test_a_leader_may_agree_to_a_refusal(camera: Camera, fitter: User, leader: User) -> None:
    order = make_order(camera)
    acting.refuse(by=fitter, order_id=order.pk, note="Taken down", now=NOW)

    acting.agree(by=leader, order_id=order.pk, note="Right", now=NOW)

    assert state_of(order) == "withdrawn"
    assert not order.cameras.filter(is_open=True).exists()


@pytest.mark.parametrize("note", ["", "   ", "x" * 501, "a\0b"], ids=["no", "blank", "long", "nul"])
def test_a_refusal_needs_a_reason(camera: Camera, fitter: User, note: str) -> None:
    order = make_order(camera)

    with pytest.raises(Invalid):
        acting.refuse(by=fitter, order_id=order.pk, note=note, now=NOW)
    assert state_of(order) == "open"


@pytest.mark.parametrize(
    ("waits_for", "day"),
    [
        pytest.param("weather", date(2026, 3, 5), id="for nobody known"),
        pytest.param("owner", date(2026, 3, 1), id="until today"),
        pytest.param("owner", date(2026, 2, 1), id="until a day that is over"),
        pytest.param("power", date(2027, 3, 5), id="for more than a year"),
    ],
)
def test_a_wait_is_for_somebody_and_for_a_while(
    camera: Camera, fitter: User, waits_for: str, day: date
) -> None:
    order = make_order(camera, state="accepted")

    with pytest.raises(Invalid):
        acting.wait(
            by=fitter, order_id=order.pk, waits_for=waits_for, review_on=day, note="x", now=NOW
        )


def test_what_waits_may_be_taken_up_before_its_day(camera: Camera, fitter: User) -> None:
    order = make_order(camera, state="on_site")
    acting.wait(
        by=fitter,
        order_id=order.pk,
        waits_for="power",
        review_on=date(2026, 3, 2),
        note="No current in the street",
        now=NOW,
    )
    assert state_of(order) == "waiting"

    acting.resume(by=fitter, order_id=order.pk, now=NOW + timedelta(hours=4))

    assert state_of(order) == "accepted"
    assert order.fix_due == NOW + timedelta(hours=16)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([{"name": "", "count": 1}], id="without a name"),
        pytest.param([{"name": "x" * 61, "count": 1}], id="long"),
        pytest.param([{"name": "x", "count": 0}], id="none of it"),
        pytest.param([{"name": "x", "count": 1000}], id="too many of it"),
        pytest.param([{"name": "x", "count": "2"}], id="a text"),
        pytest.param([{"name": "x", "count": True}], id="a yes"),
        pytest.param([{"name": "x"}], id="no count"),
        pytest.param([{"name": "x", "count": 1}] * 21, id="too many kinds"),
    ],
)
def test_parts_that_are_none_are_refused(
    camera: Camera, fitter: User, parts: list[dict[str, Any]]
) -> None:
    order = make_order(camera, state="on_site")

    with pytest.raises(Invalid):
        acting.repair(by=fitter, order_id=order.pk, note="", parts=parts, photos=[], now=NOW)
    assert state_of(order) == "on_site"


def test_photos_of_another_order_or_person_are_refused(camera: Camera, fitter: User) -> None:
    order = make_order(camera, state="on_site")
    strange = RepairPhoto.objects.create(
        order=order, by=None, who="", at=NOW, file="x.jpg", sha256="0" * 64, width=1, height=1
    )

    with pytest.raises(Invalid):
        acting.repair(by=fitter, order_id=order.pk, note="", parts=[], photos=[strange.pk], now=NOW)


def override(order: RepairOrder, asker: User, decider: User, *, grant: bool = True) -> None:
    with transaction.atomic():
        acting.ask_override(by=asker, order_id=order.pk, note="No line to it yet", now=NOW)
    decide = acting.grant_override if grant else acting.decline_override
    decide(by=decider, order_id=order.pk, note="Seen on the monitor", now=NOW + MINUTE)


def test_an_override_by_two_people(camera: Camera, fitter: User, leader: User) -> None:
    order = make_order(camera, state="repaired", repaired_at=NOW, repaired_by=fitter)

    override(order, fitter, leader)

    assert (state_of(order), order.verified_how) == ("verified", "people")
    assert actions(order) == ["ask", "grant"]


def test_a_declined_override_leaves_the_order_to_the_machine(
    camera: Camera, fitter: User, leader: User
) -> None:
    order = make_order(camera, state="repaired", repaired_at=NOW, repaired_by=fitter)

    override(order, fitter, leader, grant=False)

    assert (state_of(order), order.override_by) == ("repaired", None)


@pytest.mark.parametrize("case", ["who asked", "who repaired", "nobody asked"])
def test_one_person_alone_verifies_nothing(camera: Camera, leader: User, case: str) -> None:
    second = person("second", Role.OPERATOR)
    repairer = leader if case == "who repaired" else second
    order = make_order(camera, state="repaired", repaired_at=NOW, repaired_by=repairer)
    if case != "nobody asked":
        asker = leader if case == "who asked" else second
        acting.ask_override(by=asker, order_id=order.pk, note="x", now=NOW)

    with pytest.raises(NotAllowed):
        acting.grant_override(by=leader, order_id=order.pk, note="x", now=NOW)
    assert state_of(order) == "repaired"


@pytest.mark.django_db(transaction=True)
def test_an_override_that_is_granted_and_declined_at_once_is_one_of_both(
    make_camera: MakeCamera,
) -> None:
    camera = make_camera()
    fitter = person("fitter", team=camera.team)
    one, two = person("one", Role.OPERATOR), person("two", Role.OPERATOR)
    order = make_order(camera, state="repaired", repaired_at=NOW, repaired_by=fitter)
    acting.ask_override(by=fitter, order_id=order.pk, note="x", now=NOW)

    def work(verb: Callable[..., RepairOrder], by: User) -> Callable[[], bool]:
        def run() -> bool:
            try:
                verb(by=by, order_id=order.pk, note="x", now=NOW)
            except DomainError:
                return False
            return True

        return run

    done = together(work(acting.grant_override, one), work(acting.decline_override, two))

    assert sorted(done) == [False, True]
    assert len(actions(order)) == 2


def test_a_note_moves_nothing(camera: Camera, fitter: User) -> None:
    order = make_order(camera)

    acting.add_note(by=fitter, order_id=order.pk, note="Key at the gate", now=NOW)

    assert (state_of(order), actions(order)) == ("open", ["note"])
