"""Headline figures against small made histories: what was, what is not known, and for whom."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cameras.models import Camera, CameraRecord
from events.counting.standing import open_at
from gis_server.models import User
from gis_server.roles import Role
from maps.figures.headlines import NO_HISTORY, UNKNOWN, headlines
from patrols.models import Need, Post
from tests.cameras.conftest import MakeCamera
from tests.cameras.rating import dated, lives
from tests.conftest import MakeUser, SignIn
from tests.events.counted import at, lived
from tests.events.town import OTHER_STREET, STREET, Town, make_town
from tests.patrols import on_duty
from tests.patrols.ground_town import along, cover, make_grids, positions, send
from tests.patrols.on_duty import DAY, local, make_duty

pytestmark = pytest.mark.django_db
ZONE = timezone.get_default_timezone()
Rows = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


@pytest.fixture
def rows(make_user: MakeUser) -> Rows:
    """The rows by their names, as an operator of the district sees them, or somebody else."""

    def found(now: datetime, user: User | None = None) -> dict[str, dict[str, Any]]:
        told = headlines(user or make_user(), now, ZONE)
        return {row["name"]: row for row in told["rows"]}

    return found


# ---- Events --------------------------------------------------------------------------------------

NOW = at("03-09 12:00")


@pytest.fixture
def town() -> Town:
    return make_town()


def test_events_are_those_that_were_open_at_the_moment(town: Town, rows: Rows) -> None:
    due = "03-20 12:00"
    entry = town.entry
    # Closed between yesterday and now, and open the whole week.
    lived(entry, due, ("03-01 09:00", "report"), ("03-01 09:10", "accept"), ("03-01 10:00", "file"))
    lived(entry, due, ("03-08 11:00", "report"), ("03-09 09:00", "refuse"))
    # Over before last week's moment, and opened again since: open now, and not open then.
    lived(entry, due, ("03-01 08:00", "report"), ("03-01 09:00", "refuse"),
          ("03-08 18:00", "reconsider"))  # fmt: skip
    lived(entry, due, ("03-09 11:59", "report"))

    found = rows(NOW)["events"]

    assert found["value"] == 3
    assert found["yesterday"] == {"value": 2, "unknown": 0, "difference": 1, "why": ""}
    assert found["last_week"]["value"] == 1
    assert found["last_week"]["difference"] == 2


def test_events_are_told_by_kind(town: Town, rows: Rows) -> None:
    lived(town.entry, "03-20 12:00", ("03-01 09:00", "report"))

    found = rows(NOW)

    assert found["events_service"]["value"] == 1
    assert found["events_safety"]["value"] == 0
    assert found["events_safety"]["yesterday"]["difference"] == 0


def test_before_the_first_event_of_all_there_is_no_figure(town: Town, rows: Rows) -> None:
    lived(town.entry, "03-20 12:00", ("03-05 09:00", "report"))

    found = rows(NOW)["events"]

    assert found["yesterday"]["value"] == 1
    assert found["last_week"] == {
        "value": None, "unknown": 0, "difference": None, "why": NO_HISTORY,
    }  # fmt: skip


def test_where_none_was_ever_reported_none_is_open(rows: Rows) -> None:
    found = rows(NOW)["events"]

    assert found["value"] == 0
    assert found["yesterday"]["why"] == NO_HISTORY


def test_events_of_another_street_do_not_count(town: Town, rows: Rows, make_user: MakeUser) -> None:
    lived(town.entry, "03-20 12:00", ("03-01 09:00", "report"))
    leader = make_user(Role.STREET_LEADER, (OTHER_STREET,))

    assert rows(NOW, leader)["events"]["value"] == 0
    assert open_at([STREET], [NOW]) == [{"service": 1}]
    assert open_at([], [NOW]) == [{}]
    assert open_at([""], [NOW]) == [{}]


# ---- Cameras -------------------------------------------------------------------------------------


def registered(camera: Camera, since: str) -> None:
    """It was not there before."""
    CameraRecord.objects.filter(camera=camera).delete()
    dated(camera, since)


def test_cameras_online_stand_apart_from_the_unknown(make_camera: MakeCamera, rows: Rows) -> None:
    lives(make_camera(), ("02-01 00:00", "online"))
    lives(make_camera(), ("02-01 00:00", "online"), ("03-09 06:00", "degraded"))
    lives(make_camera(), ("02-01 00:00", "online"), ("03-08 18:00", "offline"))
    for one in range(17):
        lives(make_camera(), ("02-01 00:00", "online"), *([("03-09 11:00", "unknown")] * (one < 1)))

    found = rows(NOW)["cameras"]

    # With a poor picture it is online, as in the maintenance reports.
    assert (found["value"], found["whole"], found["unknown"]) == (18, 20, 1)
    assert found["yesterday"] == {"value": 20, "unknown": 0, "difference": -2, "why": ""}


def test_the_intact_rate_leaves_unknown_time_out(make_camera: MakeCamera, rows: Rows) -> None:
    lives(make_camera(), ("02-01 00:00", "online"), ("03-09 06:00", "unknown"))
    lives(make_camera(), ("02-01 00:00", "online"), ("03-09 03:00", "offline"))

    found = rows(NOW)["intact"]

    # Hours from midnight to noon: 6 + 3 intact, 9 down, 6 unknown of 24.
    assert found["value"] == pytest.approx(9 / 18)
    assert found["unknown"] == pytest.approx(6 / 24)
    assert found["yesterday"]["value"] == 1
    assert found["yesterday"]["difference"] == pytest.approx(-0.5)


def test_where_too_much_was_unknown_numbers_are_not_compared(
    make_camera: MakeCamera, rows: Rows
) -> None:
    lives(make_camera(), ("02-01 00:00", "online"))
    lives(make_camera(), ("02-01 00:00", "unknown"), ("03-08 18:00", "online"))

    found = rows(NOW)["cameras"]

    assert found["value"] == 2
    assert found["yesterday"] == {"value": 1, "unknown": 1, "difference": None, "why": UNKNOWN}


def test_before_the_first_camera_there_is_no_figure(make_camera: MakeCamera, rows: Rows) -> None:
    camera = make_camera()
    registered(camera, "03-08 08:00")
    lives(camera, ("03-08 08:00", "online"))

    found = rows(NOW)

    assert found["cameras"]["yesterday"]["value"] == 1
    assert found["cameras"]["last_week"]["why"] == NO_HISTORY
    assert found["intact"]["last_week"] == {
        "value": None, "unknown": 0, "difference": None, "why": NO_HISTORY,
    }  # fmt: skip


def test_where_nobody_knew_any_camera_there_is_no_figure(
    make_camera: MakeCamera, rows: Rows
) -> None:
    lives(make_camera(), ("02-01 00:00", "unknown"))

    found = rows(NOW)

    assert (found["cameras"]["value"], found["cameras"]["why"]) == (None, UNKNOWN)
    assert (found["intact"]["value"], found["intact"]["why"]) == (None, UNKNOWN)


# ---- People and coverage -------------------------------------------------------------------------


def test_people_on_duty_are_those_of_the_moment(rows: Rows) -> None:
    monday = local(12)
    duty = make_duty(day=DAY)
    make_duty(day=DAY, begins=time(14), ends=time(18))
    make_duty(day=DAY - timedelta(days=1), withdrawn_at=monday - timedelta(hours=20))
    make_duty(day=DAY - timedelta(days=1))
    Need.objects.create(post=duty.post, shift=duty.shift, level="usual", people=3)

    found = rows(monday)["people"]

    assert (found["value"], found["whole"]) == (1, 3)
    # It was withdrawn at four in the afternoon: at noon it counted.
    assert found["yesterday"]["value"] == 2
    assert found["yesterday"]["difference"] == -1
    assert found["last_week"]["why"] == NO_HISTORY


def test_posts_out_of_use_need_nobody(rows: Rows) -> None:
    duty = make_duty(day=DAY)
    Need.objects.create(post=duty.post, shift=duty.shift, level="usual", people=3)
    Post.objects.update(is_active=False)

    assert rows(local(12))["people"]["whole"] == 0


def test_coverage_is_compared_by_half_hours_that_were_over(rows: Rows) -> None:
    make_grids()
    yesterday = DAY - timedelta(days=1)
    for day, length in ((yesterday, 420), (DAY, 210)):
        begin = local(9, day)
        duty = make_duty(day=day)
        send(duty, positions(begin, along(6, 205, length)), local(10, day))
        cover(local(10, day))
    # After the moment of the comparison, which must not count for yesterday.
    late = make_duty(day=yesterday)
    send(late, positions(local(12.5, yesterday), along(426, 205, 400)), local(13, yesterday))
    cover(local(12, DAY))

    found = rows(local(12.2))["coverage"]

    # Two grids with 420 m of the lane each.
    assert found["value"] == pytest.approx(0.27, abs=0.03)
    assert found["yesterday"]["value"] == pytest.approx(0.52, abs=0.03)
    assert found["yesterday"]["difference"] == pytest.approx(-0.25, abs=0.03)
    assert found["last_week"]["why"] == NO_HISTORY
    assert found["compared_at"] == local(12).isoformat().replace("+08:00", "+00:00").replace(
        "T12", "T04"
    )


def test_coverage_of_another_street_does_not_count(rows: Rows, make_user: MakeUser) -> None:
    make_grids()
    send(make_duty(), positions(local(9), along(6, 205, 420)), local(10))
    cover(local(10))
    other = make_user(Role.STREET_LEADER, (on_duty.OTHER_STREET,))

    # Hills: by area, of which nothing was seen.
    assert rows(local(12), other)["coverage"]["value"] == pytest.approx(0, abs=0.01)


# ---- Over HTTP -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.OPERATOR, {"events", "cameras", "intact", "people", "coverage"}),
        (Role.PLANNER, {"cameras", "coverage"}),
        (Role.GRID_WORKER, {"events"}),
        (Role.PATROLLER, set()),
        (Role.AUDITOR, {"events", "coverage"}),
    ],
)
def test_each_role_is_told_what_it_may_see(sign_in: SignIn, role: Role, names: set[str]) -> None:
    told = sign_in(role).get("/api/figures/headlines/").json()

    assert {row["name"] for row in told["rows"] if not row["name"].startswith("events_")} == names


def test_readers_of_one_reach_share_an_answer_for_half_a_minute(
    operator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_grids()
    cover(timezone.now())
    # Session and user; then what `headlines` says of each figure, for one district.
    with django_assert_max_num_queries(40):
        first = operator.get("/api/figures/headlines/")
    with django_assert_max_num_queries(3):
        second = operator.get("/api/figures/headlines/")
    assert first.content == second.content
    again = operator.get("/api/figures/headlines/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
