"""People on duty on the wall: by the post of the duty, only while it lasts, in a fixed number of
queries."""

import gzip
import json
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from gis_server.models import AuditRow, User
from gis_server.roles import Role
from maps.onduty import positions as onduty
from maps.onduty import shifts
from patrols.intake.taking import take
from patrols.models import Duty, How, LastPosition, Need, Shift
from tests.conftest import SignIn
from tests.patrols.on_duty import (
    DAY,
    LAT,
    LON,
    NOW,
    OTHER_STREET,
    STREET,
    local,
    make_duty,
    make_member,
    walk,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
EVIL = "<img src=x onerror=alert(1)>"


def person(role: Role = Role.OPERATOR, scope: tuple[str, ...] = ("140107",)) -> User:
    return User(username="wall", role=role.value, scope=list(scope))


def stand(duty: Duty, minutes_ago: float = 1, **values: Any) -> LastPosition:
    at = NOW - minutes_ago * MINUTE
    return LastPosition.objects.create(
        member=duty.member, duty=duty, at=at, received_at=at, point=Point(LON, LAT, srid=4326),
        scope_code=duty.post.scope_code, **values,
    )  # fmt: skip


def test_who_is_on_duty_is_told_with_place_and_age() -> None:
    duty = make_duty()
    stand(duty, 3, battery=80, bearing=90.0)

    told = onduty.positions(person(), NOW)

    [feature] = told["features"]
    assert told["on_duty"] == [duty.pk]
    assert feature["geometry"]["coordinates"] == [LON, LAT]
    properties = feature["properties"]
    assert (properties["duty"], properties["age_s"], properties["battery"]) == (duty.pk, 180, 80)
    assert properties["name"] == duty.member.name


def test_whose_duty_is_over_is_nowhere() -> None:
    duty = make_duty()
    stand(duty)

    after = local(16.1)

    assert onduty.positions(person(), after)["features"] == []
    assert onduty.positions(person(), after)["on_duty"] == []
    found = onduty.card(person(), duty.pk, after)
    assert found
    assert (found["is_on_duty"], found["last"]) == (False, None)


def test_the_post_decides_who_sees_somebody_and_not_where_they_belong() -> None:
    """Of a street's member at another street's post only that street's people are told."""
    duty = make_duty(make_member(f"{STREET}001"), code=f"{OTHER_STREET}001")
    stand(duty)

    own = onduty.positions(person(Role.STREET_LEADER, (STREET,)), NOW)
    other = onduty.positions(person(Role.STREET_LEADER, (OTHER_STREET,)), NOW)

    assert (own["features"], own["on_duty"]) == ([], [])
    assert other["on_duty"] == [duty.pk]
    assert onduty.card(person(Role.STREET_LEADER, (STREET,)), duty.pk, NOW) is None


def test_only_what_came_since_is_told_again() -> None:
    first, second = make_duty(), make_duty()
    stand(first, 5)
    stand(second, 1)

    told = onduty.positions(person(), NOW, NOW - 2 * MINUTE)

    assert [one["id"] for one in told["features"]] == [second.pk]
    # Who has come and gone is told with everything.
    assert told["on_duty"] is None
    assert onduty.positions(person(), NOW)["on_duty"] == sorted([first.pk, second.pk])


def test_what_came_of_a_duty_that_is_over_is_not_told() -> None:
    duty = make_duty(ends=time(11))
    stand(duty)

    assert onduty.positions(person(), NOW, NOW - 2 * MINUTE)["features"] == []


def test_streets_are_counted_with_whom_they_miss() -> None:
    here, there = make_duty(), make_duty(code=f"{OTHER_STREET}001")
    stand(here, 2)
    stand(there, 30)
    Need.objects.create(post=here.post, shift=here.shift, level="usual", people=3)

    told = onduty.summary(person(), NOW)

    assert (told["on_duty"], told["heard"], told["missing"]) == (2, 1, 2)
    counts = {
        one["code"]: (one["on_duty"], one["heard"], one["missing"]) for one in told["streets"]
    }
    assert counts == {STREET: (1, 1, 2), OTHER_STREET: (1, 0, 0)}
    # In the evening nobody is needed.
    assert onduty.summary(person(), local(20))["missing"] == 0


def sent(duty: Duty, hours: float = 1) -> None:
    begin = local(9)
    take(duty.member, None, walk(begin, int(hours * 3600)), How.PAGE, local(13))


def replayed(user: Any, area: str = "", shift: Shift | None = None) -> dict[str, Any]:
    return shifts.replay(user, DAY, shift or Shift.objects.get(), area)


def test_a_shift_is_played_again_with_runs_of_whole_numbers() -> None:
    duty = make_duty()
    make_duty()
    sent(duty)

    told = replayed(person())

    assert told["total"] == 2
    walked, unheard = sorted(told["people"], key=lambda one: one["duty"])
    [run] = walked["runs"]
    # From nine o'clock, an hour after the shift began.
    assert run[0] == 3600
    assert all(isinstance(one, int) for one in run)
    assert unheard["runs"] == []
    json.dumps(told)


def test_an_area_and_the_reach_narrow_a_replay() -> None:
    make_duty()
    make_duty(code=f"{OTHER_STREET}001")

    assert len(replayed(person(), STREET)["people"]) == 1
    assert replayed(person(Role.STREET_LEADER, (STREET,)), OTHER_STREET)["people"] == []


def test_of_very_many_the_first_are_told_and_how_many_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shifts, "MOST_PEOPLE", 2)
    for _ in range(3):
        make_duty()

    told = replayed(person())

    assert (told["total"], len(told["people"])) == (3, 2)


def test_many_points_are_told_in_wider_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    sent(make_duty())
    fine = replayed(person())
    monkeypatch.setattr(shifts, "MOST_POINTS", 300)

    coarse = replayed(person())

    assert coarse["step_s"] > fine["step_s"]
    assert len(coarse["people"][0]["runs"][0]) < len(fine["people"][0]["runs"][0])


def test_shifts_and_areas_of_a_day_are_offered() -> None:
    make_duty()
    make_duty(code=f"{OTHER_STREET}001")

    told = shifts.choices(person(), DAY)

    assert [(one["duties"], one["begins"]) for one in told["shifts"]] == [(2, local(8).isoformat())]
    assert [one["code"] for one in told["areas"]] == [STREET, OTHER_STREET]
    assert shifts.choices(person(), date(2026, 3, 9))["shifts"] == []


@pytest.mark.parametrize("people", [1, 6])
def test_each_question_costs_the_same_for_few_and_many(
    django_assert_num_queries: DjangoAssertNumQueries, people: int
) -> None:
    user = person()
    duties = [make_duty() for _ in range(people)]
    for duty in duties:
        stand(duty)
        Need.objects.create(post=duty.post, shift=duty.shift, level="usual", people=2)

    with django_assert_num_queries(4):
        onduty.positions(user, NOW)
    with django_assert_num_queries(8):
        onduty.summary(user, NOW)
    with django_assert_num_queries(5):
        onduty.card(user, duties[0].pk, NOW)
    with django_assert_num_queries(4):
        replayed(user, shift=duties[0].shift)
    with django_assert_num_queries(3):
        shifts.choices(user, DAY)


# ---- Over HTTP -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("positions/?since=2026-03-02T12:00:00%2B08:00", 200),
        ("positions/?since=2026-03-02T12:00:00+08:00", 200),
        ("positions/?since=2026-03-02T12:00:00", 422),
        ("positions/?since=yesterday", 422),
        ("positions/?since=2026-13-41T99:00:00Z", 422),
        ("positions/?since=" + "9" * 41, 422),
        ("replay/?day=2026-03-02", 404),
        ("replay/?shift=99999999999", 422),
        ("replay/?shift=x", 422),
        ("replay/choices/?day=2026-02-31", 422),
        ("replay/choices/", 200),
        ("duties/4711/card/", 404),
        ("summary/", 200),
    ],
)
def test_what_is_asked_has_limits(operator: Client, query: str, status: int) -> None:
    assert operator.get(f"/api/patrols/{query}").status_code == status


@pytest.mark.parametrize("area", ["14010700a", "１４", "1" * 20, "%"])
def test_an_area_is_digits(operator: Client, area: str) -> None:
    asked = {"shift": str(make_duty().shift.pk), "area": area}

    answer = operator.get("/api/patrols/replay/", asked)

    assert answer.status_code == 422


def test_roles_without_patrols_are_refused(sign_in: SignIn) -> None:
    for role in (Role.PLANNER, Role.PATROLLER, Role.GRID_WORKER, Role.AUDITOR):
        client = sign_in(role)
        for name in ("positions/", "summary/", "replay/", "replay/choices/", "duties/1/card/"):
            assert client.get(f"/api/patrols/{name}").status_code == 403


def test_names_are_told_as_they_are_and_never_as_markup(operator: Client) -> None:
    now = timezone.now()
    begins = (timezone.localtime(now) - timedelta(hours=1)).time().replace(second=0, microsecond=0)
    ends = (timezone.localtime(now) + timedelta(hours=1)).time().replace(second=0, microsecond=0)
    day = timezone.localdate(now - timedelta(hours=1))
    duty = make_duty(make_member(name=EVIL[:40]), day, begins=begins, ends=ends, task=EVIL)
    LastPosition.objects.create(
        member=duty.member, duty=duty, at=now, received_at=now, point=Point(LON, LAT, srid=4326),
        scope_code=duty.post.scope_code,
    )  # fmt: skip

    for name in ("positions/", f"duties/{duty.pk}/card/"):
        answer = operator.get(f"/api/patrols/{name}")
        assert answer["Content-Type"] == "application/json"
        assert answer["Cache-Control"] == "private, no-store"
        assert EVIL[:40] in json.dumps(answer.json(), ensure_ascii=False)


def test_a_shift_goes_packed_over_the_wire(operator: Client) -> None:
    duty = make_duty()
    sent(duty)
    address = f"/api/patrols/replay/?day={DAY}&shift={duty.shift_id}"

    plain = operator.get(address)
    packed = operator.get(address, headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.content)) == plain.json()
    assert len(packed.content) < len(plain.content) / 2


def test_whoever_plays_tracks_again_is_noted(operator: Client) -> None:
    duty = make_duty()

    asked = {"day": DAY.isoformat(), "shift": str(duty.shift.pk), "area": STREET}
    answer = operator.get("/api/patrols/replay/", asked)

    assert answer.status_code == 200
    [row] = AuditRow.objects.filter(action="tracks.replayed")
    assert (row.subject, row.detail["counts"]) == (STREET, 1)
