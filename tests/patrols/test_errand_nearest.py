"""Who is nearest; distances are metres from the drawing in each test."""

from datetime import timedelta

import pytest

from gis_server.models import User
from gis_server.roles import Role
from patrols.errands import streets
from patrols.errands.nearest import By, nearest
from tests.patrols.duty_town import (
    NOW,
    OTHER_STREET,
    STREET,
    DutyTown,
    at,
    make_duty,
    make_duty_town,
    make_member,
    make_street,
    make_user,
    stand,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> DutyTown:
    streets.forget()
    return make_duty_town()


@pytest.fixture
def operator() -> User:
    return make_user("operator", Role.OPERATOR, STREET)


def standing(town: DutyTown, name: str, east_m: float, north_m: float, age_s: int = 0) -> None:
    duty = make_duty(make_member(name), town.post, town.shift)
    stand(duty, at(east_m, north_m), NOW - timedelta(seconds=age_s))


def test_without_streets_the_straight_distance_is_told_as_such(
    town: DutyTown, operator: User
) -> None:
    standing(town, "far", 300, 0)
    standing(town, "near", 0, 100)
    found = nearest(operator, at(0, 0), NOW)
    assert [(one.duty.member.name, one.by) for one in found] == [
        ("near", By.STRAIGHT),
        ("far", By.STRAIGHT),
    ]
    assert [one.distance_m for one in found] == pytest.approx([100, 300], abs=2)


def test_along_the_streets_another_one_is_nearer(town: DutyTown, operator: User) -> None:
    # A hairpin: "over" stands 50 m off as the crow flies, 1050 m by the street.
    make_street((0, 0), (500, 0), (500, 50), (0, 50))
    standing(town, "over", 0, 50)
    standing(town, "along", 300, 0)
    found = nearest(operator, at(0, 0), NOW)
    assert [(one.duty.member.name, one.by) for one in found] == [
        ("along", By.STREET),
        ("over", By.STREET),
    ]
    assert [one.distance_m for one in found] == pytest.approx([300, 1050], abs=5)


def test_where_no_street_leads_one_answer_is_straight(town: DutyTown, operator: User) -> None:
    make_street((0, 0), (500, 0))
    standing(town, "in the field", 100, 400)
    standing(town, "on the street", 200, 0)
    found = {one.duty.member.name: one for one in nearest(operator, at(0, 0), NOW)}
    assert found["on the street"].by is By.STREET
    assert found["in the field"].by is By.STRAIGHT


def test_a_new_street_is_known_within_a_minute(town: DutyTown, operator: User) -> None:
    standing(town, "x", 200, 0)
    assert nearest(operator, at(0, 0), NOW)[0].by is By.STRAIGHT
    make_street((0, 0), (500, 0))
    assert nearest(operator, at(0, 0), NOW + timedelta(seconds=61))[0].by is By.STREET


def test_old_positions_come_last_and_say_so(town: DutyTown, operator: User) -> None:
    standing(town, "old", 10, 0, age_s=601)
    standing(town, "fresh", 3000, 0, age_s=600)
    found = nearest(operator, at(0, 0), NOW)
    assert [(one.duty.member.name, one.is_stale) for one in found] == [
        ("fresh", False),
        ("old", True),
    ]


def test_only_those_on_duty_at_a_post_in_reach(town: DutyTown, operator: User) -> None:
    stand(make_duty(make_member("other post"), town.other_post, town.shift), at(0, 0))
    stand(make_duty(make_member("off duty"), town.post, town.night), at(0, 0))
    assert nearest(operator, at(0, 0), NOW) == []
    elsewhere = make_user("e", Role.OPERATOR, OTHER_STREET)
    assert [one.duty.member.name for one in nearest(elsewhere, at(0, 0), NOW)] == ["other post"]


def test_ten_at_most(town: DutyTown, operator: User) -> None:
    for number in range(12):
        standing(town, f"m{number}", 10 * number, 0)
    assert len(nearest(operator, at(0, 0), NOW)) == 10
