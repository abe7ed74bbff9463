"""Short cuts that come again: the evidence around them, and that no message is ever made of it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cameras.models import (
    Camera,
    Outage,
    OutageMember,
    Owner,
    RepairOrder,
    RepairStep,
    Team,
    Upstream,
)
from cameras.rates import pattern_queries
from cameras.rates.patterns import Answer, Cut, Evidence, Near, evidence, is_suspected, together
from gis_server.roles import Role
from gis_server.workdays.worktime import PLAIN, Calendar
from tests.cameras.conftest import OTHER_STREET, MakeCamera
from tests.cameras.rating import ZONE, asked, at, dated, lives
from tests.cameras.repairs import make_order
from tests.conftest import SignIn
from tests.house.tree import ROOT, imports, modules

PAGE = {"accept": "text/html"}
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
MONTH = ("03-01 00:00", "03-31 00:00")
# Tuesday to Thursday of the first week of March 2026.
DAYS = ("03-03", "03-04", "03-05")


def cut(day: str = "03-03", hour: int = 10, **near: Near) -> Cut:
    begun = at(f"{day} {hour:02}:00")
    return Cut(begun, begun + timedelta(minutes=20), **near)


def unplugged(camera: Camera, *, hour: int = 10) -> None:
    """Down for half an hour on each of three working days."""
    lives(camera, ("02-01 00:00", "online"))
    for day in DAYS:
        lives(camera, (f"{day} {hour:02}:00", "offline"), (f"{day} {hour:02}:30", "online"))


def unplugged_of_late(camera: Camera) -> None:
    """Down for nine minutes on each of the last three days."""
    now = timezone.now()
    camera.spans.create(state="online", reason="ok", since=now - timedelta(days=29))
    for days in (3, 2, 1):
        begun = now - timedelta(days=days)
        camera.spans.create(state="offline", reason="refused", since=begun)
        camera.spans.create(state="online", reason="ok", since=begun + timedelta(minutes=9))


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        pytest.param([], UNKNOWN, id="no cut"),
        pytest.param([UNKNOWN, UNKNOWN, YES], UNKNOWN, id="too few know"),
        pytest.param([YES, UNKNOWN], YES, id="half of them know"),
        pytest.param([YES, YES, NO], YES, id="two of three"),
        pytest.param([YES, NO], NO, id="one of two"),
    ],
)
def test_evidence_is_what_most_cuts_say(answers: list[Answer], told: Answer) -> None:
    assert together(answers) is told


@pytest.mark.parametrize(
    ("day", "hour", "told"),
    [
        pytest.param("03-03", 8, YES, id="a Tuesday at eight"),
        pytest.param("03-03", 7, NO, id="before eight"),
        pytest.param("03-03", 18, NO, id="from eighteen on"),
        pytest.param("03-07", 10, NO, id="a Saturday"),
        pytest.param("03-05", 10, NO, id="a Thursday off by the calendar"),
        pytest.param("03-08", 10, YES, id="a Sunday that is worked"),
        # 08:00 in Shanghai is midnight UTC: by UTC's hours this would be night.
        pytest.param("03-04", 17, YES, id="a Wednesday at seventeen"),
    ],
)
def test_office_hours_are_those_of_the_district(day: str, hour: int, told: Answer) -> None:
    days = Calendar({date(2026, 3, 5): False, date(2026, 3, 8): True})

    assert evidence([cut(day, hour)], ZONE, days)[Evidence.OFFICE_HOURS] is told


def test_a_hint_needs_neighbours_that_were_fine_and_nothing_that_speaks_against_it() -> None:
    fine, dead = Near(4, 4), Near(4, 1)
    alone = evidence([cut()], ZONE, PLAIN)
    good = evidence([cut(neighbours=fine, upstream=fine, others=fine)], ZONE, PLAIN)
    night = evidence([cut(hour=2, neighbours=fine, upstream=fine, others=fine)], ZONE, PLAIN)
    all_down = evidence([cut(neighbours=dead, upstream=dead, others=fine)], ZONE, PLAIN)

    assert [is_suspected(one) for one in (alone, good, night, all_down)] == [
        False, True, False, False,
    ]  # fmt: skip
    assert set(alone.values()) == {YES, UNKNOWN}
    # One that answers proves the switch alive, though not all neighbours are fine.
    assert all_down[Evidence.UPSTREAM_ALIVE] is YES
    assert all_down[Evidence.NEIGHBOURS_FINE] is NO


def test_what_was_up_around_a_cut_is_found_by_switch_pole_and_subnet(
    make_camera: MakeCamera,
) -> None:
    switch = Upstream.objects.create(kind="switch", name="East")
    other = Owner.objects.create(name="School")
    camera = make_camera(upstream=switch, host="10.1.1.1", pole="P7")
    behind = make_camera(upstream=switch, host="10.2.1.1")
    at_pole = make_camera(host="10.3.1.1", pole="P7")
    in_net = make_camera(host="10.1.1.200")
    beyond = make_camera(host="10.1.11.1")
    unknown = make_camera(upstream=switch, host="10.4.1.1")
    Camera.objects.filter(pk=in_net.pk).update(owner=other)
    unplugged(camera)
    for one in (behind, at_pole, in_net):
        lives(one, ("02-01 00:00", "online"))
    lives(beyond, ("02-01 00:00", "offline"))
    lives(unknown, ("02-01 00:00", "unknown"))

    # Down long before: that it is down in the cut as well says nothing.
    dead = make_camera(upstream=switch, host="10.5.1.1")
    lives(dead, ("02-01 00:00", "offline"))

    (found,) = pattern_queries.recurring(asked(*MONTH))

    assert (found.camera, found.count, found.lasted_s) == (camera, 3, 3 * 1800)
    assert {(one.neighbours, one.upstream, one.others) for one in found.cuts} == {
        (Near(3, 3), Near(1, 1), Near(1, 1))
    }
    assert is_suspected(evidence(found.cuts, ZONE, PLAIN))


def test_a_switch_that_falls_with_all_its_cameras_is_no_pulled_plug(
    make_camera: MakeCamera,
) -> None:
    switch = Upstream.objects.create(kind="switch", name="East")
    for _ in range(3):
        unplugged(make_camera(upstream=switch, host="named.camera"))

    found = pattern_queries.recurring(asked(*MONTH))

    assert len(found) == 3
    for one in found:
        answers = evidence(one.cuts, ZONE, PLAIN)
        assert answers[Evidence.UPSTREAM_ALIVE] is NO
        assert not is_suspected(answers)


def test_long_very_short_open_and_rare_cuts_are_no_pattern(make_camera: MakeCamera) -> None:
    long, blink, rare, running = (make_camera() for _ in range(4))
    for camera in (long, blink, rare, running):
        lives(camera, ("02-01 00:00", "online"))
    for day in DAYS:
        lives(long, (f"{day} 08:00", "offline"), (f"{day} 12:01", "online"))
    lives(rare, ("03-03 08:00", "offline"), ("03-03 08:30", "online"),
          ("03-04 08:00", "offline"), ("03-04 08:30", "online"))  # fmt: skip
    for hour in (8, 9):
        lives(running, (f"03-03 {hour:02}:00", "offline"), (f"03-03 {hour:02}:30", "online"))
    lives(running, ("03-30 23:00", "offline"))

    assert pattern_queries.recurring(asked(*MONTH)) == []


def test_the_worst_are_those_that_were_down_longest(make_camera: MakeCamera) -> None:
    cameras = [make_camera() for _ in range(25)]
    for number, camera in enumerate(cameras[:24]):
        lives(camera, ("03-10 00:00", "offline"), (f"03-10 {number:02}:01", "online"))

    found = pattern_queries.worst(asked(*MONTH))

    assert [one.camera_id for one in found] == [one.pk for one in cameras[23:3:-1]]
    assert found[0].down_s == 23 * 3600 + 60


def test_times_to_repair_are_those_of_the_team_of_that_day_and_of_the_cause(
    make_camera: MakeCamera,
) -> None:
    camera = make_camera()
    later = Team.objects.create(name="Team 2")
    dated(camera, "02-01 00:00")
    dated(camera, "03-15 00:00", team_id=later.pk, team_name=later.name)
    for begun, ended, reason in (
        ("03-02 00:00", "03-02 01:00", "refused"),
        ("03-03 00:00", "03-03 02:00", "refused"),
        ("03-04 00:00", "03-04 09:00", "no_route"),
        ("03-20 00:00", "03-20 03:00", "no_route"),
        ("02-20 00:00", "02-20 03:00", "no_route"),
    ):
        outage = Outage.objects.create(opened_at=at(begun), closed_at=at(ended), reason=reason)
        OutageMember.objects.create(
            outage=outage, camera=camera, joined_at=at(begun), left_at=at(ended), reason=reason
        )
    Outage.objects.create(opened_at=at("03-29 00:00"), reason="refused")

    teams, causes = pattern_queries.repairs(asked(*MONTH))

    # Hours: 1, 2 and 9 of the first team; 3 of the second.
    assert [(one.name, one.count, one.mean_s / 3600, one.median_s / 3600) for one in teams] == [
        ("Team 1", 3, 4, 2),
        ("Team 2", 1, 3, 3),
    ]
    assert [(one.name, one.count, one.mean_s / 3600) for one in causes] == [
        ("no_route", 2, 6),
        ("refused", 2, 1.5),
    ]


def test_the_page_shows_evidence_and_accuses_nobody(
    make_camera: MakeCamera, operator: Client, sign_in: SignIn
) -> None:
    empty = operator.get("/rates/patterns/", headers=PAGE).content.decode()
    assert "没有反复短时离线" in empty
    camera = make_camera()
    unplugged_of_late(camera)
    Owner.objects.update(name="<i>School</i>")

    page = operator.get("/rates/patterns/", headers=PAGE).content.decode()

    assert camera.name in page
    assert "&lt;i&gt;School" in page
    assert "不构成结论" in page
    other = sign_in(Role.STREET_LEADER, ("140107002",))
    assert camera.name not in other.get("/rates/patterns/", headers=PAGE).content.decode()


def test_no_message_is_ever_made_of_a_pattern() -> None:
    """Only the page reads them: nothing that delivers, tells or opens orders imports them."""
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in modules()
        for _, name in imports(path)
        if name.startswith(("cameras.rates.pattern", "cameras.rates.views.patterns"))
    }

    assert readers == {
        "cameras/rates/pattern_queries.py",
        "cameras/rates/urls.py",
        "cameras/rates/views/patterns.py",
    }


def test_the_page_costs_the_same_for_few_and_for_many(
    make_camera: MakeCamera, operator: Client, django_assert_num_queries: Any
) -> None:
    for _ in range(2):
        for _ in range(3):
            unplugged_of_late(make_camera(scope_code=OTHER_STREET))
        # The session and its user; recurring cuts, their cameras, neighbours, the calendar; worst;
        # repairs.
        with django_assert_num_queries(9):
            operator.get("/rates/patterns/", headers=PAGE)


def used(order: RepairOrder, day: str, *parts: tuple[str, int]) -> None:
    RepairStep.objects.create(
        order=order,
        at=at(f"{day} 10:00"),
        action="repair",
        after="repaired",
        parts=[{"name": name, "count": count} for name, count in parts],
    )


def test_parts_are_counted_by_what_they_are_called(make_camera: MakeCamera) -> None:
    here, there = make_order(make_camera()), make_order(make_camera(scope_code=OTHER_STREET))
    used(here, "03-03", ("Cable 5 m", 2), ("Switch", 1))
    used(here, "03-05", ("cable5m", 1))
    used(here, "04-02", ("Cable 5 m", 9))
    used(there, "03-04", ("Switch", 3))

    found = pattern_queries.parts_used(asked(*MONTH, prefixes=["140107001"]))

    assert [(one.name, one.number, one.orders) for one in found][1] == ("Switch", 1, 1)
    assert (found[0].number, found[0].last_at) == (3, at("03-05 10:00"))
    every = pattern_queries.parts_used(asked(*MONTH, prefixes=["140107"]))
    assert {one.name: one.number for one in every}["Switch"] == 4
