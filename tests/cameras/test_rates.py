"""Rates from spans, the dated registry and accepted windows: what counts as what, and for whom."""

from typing import Any

import pytest
from django.db import connection
from django.db.utils import IntegrityError

from cameras.invariants import check
from cameras.models import Camera, CameraRecord, Owner, Team, Upstream
from cameras.rates import queries
from cameras.rates.queries import By
from cameras.rates.share import Seconds, is_below
from gis_server.models import User
from gis_server.roles import Role
from tests.cameras.conftest import OTHER_STREET, STREET, MakeCamera
from tests.cameras.rating import accepted, asked, at, dated, lives, window
from tests.conftest import MakeUser

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


@pytest.fixture
def planner(make_user: MakeUser) -> User:
    return make_user(Role.OPERATOR)


def total(begin: str, end: str, **values: Any) -> Seconds:
    return queries.table(asked(begin, end, **values), By.CLASS).total.all


def test_each_state_counts_as_one_thing_and_all_add_up_to_the_period(
    make_camera: MakeCamera,
) -> None:
    lives(
        make_camera(),
        ("02-01 00:00", "online"),
        ("03-01 06:00", "offline"),
        ("03-01 08:00", "degraded"),
        ("03-01 11:00", "degraded", "clock_off"),
        ("03-01 12:00", "degraded", "connect_timeout"),  # comes and goes: down
        ("03-01 13:00", "unknown"),
        ("03-01 18:00", "online"),
    )

    found = total("03-01 00:00", "03-02 00:00")

    # Hours: 6 + 6 online, 3 + 1 with a wrong picture or clock, 2 + 1 down, 5 unknown.
    assert found == Seconds(12 * HOUR_S, 4 * HOUR_S, 3 * HOUR_S, 0, 5 * HOUR_S, cameras=1)
    assert found.online_rate == pytest.approx(16 / 19)
    assert found.intact_rate == pytest.approx(12 / 19)


def test_spans_count_across_midnight_and_the_end_of_a_month_in_shanghai(
    make_camera: MakeCamera,
) -> None:
    # 00:00 in Shanghai is 16:00 UTC of the day before: a month cut in UTC would be 8 h off.
    lives(make_camera(), ("02-27 12:00", "online"), ("02-28 22:00", "offline"),
          ("03-01 02:00", "online"))  # fmt: skip

    february = total("02-01 00:00", "03-01 00:00")
    march = total("03-01 00:00", "04-01 00:00")

    assert (february.intact_s, february.down_s) == (34 * HOUR_S, 2 * HOUR_S)
    assert (march.intact_s, march.down_s) == (31 * DAY_S - 2 * HOUR_S, 2 * HOUR_S)


def test_nothing_counts_before_the_first_span_of_a_camera_that_was_not_there(
    make_camera: MakeCamera,
) -> None:
    lives(make_camera(), ("03-02 00:00", "online"))

    assert total("03-01 00:00", "03-03 00:00") == Seconds(intact_s=DAY_S, cameras=1)


def test_a_camera_that_is_watched_and_was_never_asked_is_unknown(make_camera: MakeCamera) -> None:
    camera = make_camera()
    CameraRecord.objects.all().delete()
    dated(camera, "03-01 12:00")

    assert total("03-01 00:00", "03-02 00:00") == Seconds(unknown_s=12 * HOUR_S, cameras=1)
    lives(camera, ("03-01 18:00", "online"))
    found = total("03-01 00:00", "03-02 00:00")
    assert (found.unknown_s, found.intact_s) == (6 * HOUR_S, 6 * HOUR_S)
    assert found.online_rate == 1


def test_while_a_camera_is_disabled_it_counts_as_nothing(make_camera: MakeCamera) -> None:
    camera = make_camera()
    lives(camera, ("02-01 00:00", "offline"))
    dated(camera, "02-01 00:00")
    dated(camera, "03-01 06:00", enabled=False)
    dated(camera, "03-01 18:00")

    assert total("03-01 00:00", "03-02 00:00") == Seconds(down_s=12 * HOUR_S, cameras=1)
    assert total("03-01 06:00", "03-01 18:00") == Seconds()
    assert total("03-01 06:00", "03-01 18:00").online_rate is None


def test_a_camera_that_changes_its_team_mid_month_counts_for_each_as_long_as_it_was_theirs(
    make_camera: MakeCamera,
) -> None:
    camera = make_camera()
    before, after = camera.team, Team.objects.create(name="Team 2")
    lives(camera, ("02-01 00:00", "online"), ("03-10 00:00", "offline"))
    dated(camera, "02-01 00:00")
    dated(camera, "03-16 00:00", team_id=after.pk, team_name="Team 2")

    table = queries.table(asked("03-01 00:00", "04-01 00:00"), By.TEAM)

    assert [(one.key, one.all.intact_s, one.all.down_s) for one in table.groups] == [
        (str(before.pk), 9 * DAY_S, 6 * DAY_S),
        (str(after.pk), 0, 16 * DAY_S),
    ]
    assert table.total.all == Seconds(9 * DAY_S, 0, 22 * DAY_S, cameras=1)


def test_last_month_is_the_same_after_cameras_have_moved_and_owners_have_gone(
    make_camera: MakeCamera,
) -> None:
    camera, other = make_camera(), make_camera(scope_code=OTHER_STREET)
    for one in (camera, other):
        lives(one, ("02-01 00:00", "online"), ("03-10 00:00", "offline"))
        dated(one, "02-01 00:00")
    month = asked("03-01 00:00", "04-01 00:00")
    before = {by: queries.table(month, by) for by in By}

    owner, team = Owner.objects.create(name="Other"), Team.objects.create(name="Other")
    Camera.objects.update(owner=owner, team=team, scope_code="140107003000", priority="key_area")
    Owner.objects.exclude(pk=owner.pk).delete()
    Team.objects.exclude(pk=team.pk).delete()

    assert {by: queries.table(month, by) for by in By} == before
    assert [one.name for one in before[By.OWNER].groups] == ["Water works"]
    assert [one.key for one in before[By.STREET].groups] == [STREET, OTHER_STREET]


def test_every_change_of_the_registry_leaves_its_record_whatever_path_it_takes(
    make_camera: MakeCamera,
) -> None:
    camera = make_camera()
    switch = Upstream.objects.create(kind="switch", name="East")
    Camera.objects.filter(pk=camera.pk).update(enabled=False)
    Camera.objects.filter(pk=camera.pk).update(name="Nothing to rates", enabled=False)
    camera.refresh_from_db()
    camera.upstream = switch
    camera.save()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cameras_camera SET priority = 'key_area'")

    rows = CameraRecord.objects.values_list("enabled", "upstream_id", "priority", "owner_name")
    assert list(rows) == [
        (True, None, "ordinary", "Water works"),
        (False, None, "ordinary", "Water works"),
        (False, switch.pk, "ordinary", "Water works"),
        (False, switch.pk, "key_area", "Water works"),
    ]
    assert "dated registry" not in "".join(check())
    CameraRecord.objects.latest("id").delete()
    assert f"camera {camera.code} is not what the dated registry says of it" in check()


def test_the_dated_registry_is_only_added_to(make_camera: MakeCamera) -> None:
    make_camera()

    with pytest.raises(IntegrityError, match="only added to"):
        CameraRecord.objects.update(enabled=False)


def test_accepted_windows_excuse_down_time_once_however_they_overlap(
    make_camera: MakeCamera, planner: User
) -> None:
    camera = make_camera()
    lives(camera, ("02-01 00:00", "online"), ("03-01 06:00", "offline"), ("03-01 12:00", "online"))
    one = window(planner, "03-01 05:00", "03-01 08:00", cameras=[camera])
    two = window(planner, "03-01 07:00", "03-01 09:00", area=STREET[:9])
    three = window(planner, "03-01 07:30", "03-01 08:30", owner=camera.owner)
    window(planner, "03-01 09:00", "03-01 23:00", cameras=[camera])  # nobody has reviewed it

    assert total("03-01 00:00", "03-02 00:00").excused_s == 0
    for row in (one, two, three):
        accepted(row, planner, "03-03 00:00")
    found = total("03-01 00:00", "03-02 00:00")

    # Down from 6 to 12, excused from 6 to 9; being online in a window is no excuse.
    assert (found.excused_s, found.down_s) == (3 * HOUR_S, 3 * HOUR_S)
    assert found.intact_s == 18 * HOUR_S
    assert found.online_rate == pytest.approx(18 / 21)


def test_a_window_covers_what_hung_on_its_switch_at_each_moment(
    make_camera: MakeCamera, planner: User
) -> None:
    switch = Upstream.objects.create(kind="switch", name="East")
    camera = make_camera()
    lives(camera, ("02-01 00:00", "offline"))
    dated(camera, "02-01 00:00")
    dated(camera, "03-01 10:00", upstream_id=switch.pk)
    dated(camera, "03-01 12:00")
    accepted(window(planner, "03-01 09:00", "03-01 15:00", upstream=switch), planner, "03-02 00:00")

    assert total("03-01 00:00", "03-02 00:00").excused_s == 2 * HOUR_S


def test_only_what_was_known_by_then_counts(make_camera: MakeCamera, planner: User) -> None:
    camera = make_camera()
    lives(camera, ("02-01 00:00", "offline"))
    row = accepted(
        window(planner, "03-01 00:00", "03-01 06:00", cameras=[camera]), planner, "03-02 10:00"
    )
    row.terms.create(ends_at=at("03-01 04:00"), set_at=at("03-03 10:00"), set_by=planner)
    type(row).objects.filter(pk=row.pk).update(withdrawn_at=at("03-04 10:00"), withdrawn_by=planner)

    def excused(known: str) -> float:
        return total("03-01 00:00", "03-02 00:00", known_at=at(known)).excused_s / HOUR_S

    assert [excused(f"03-0{day} 12:00") for day in (1, 2, 3, 4)] == [0, 6, 4, 0]
    # Of the time after that moment nothing is known.
    assert total("03-01 00:00", "03-02 00:00", known_at=at("03-01 12:00")).down_s == 12 * HOUR_S


def test_an_accepted_window_that_is_prolonged_excuses_no_more_until_that_is_reviewed(
    make_camera: MakeCamera, planner: User
) -> None:
    camera = make_camera()
    lives(camera, ("02-01 00:00", "offline"))
    row = accepted(
        window(planner, "03-01 00:00", "03-01 02:00", cameras=[camera]), planner, "03-01 01:00"
    )
    row.terms.create(ends_at=at("03-01 05:00"), set_at=at("03-01 01:30"), set_by=planner)
    assert total("03-01 00:00", "03-02 00:00").excused_s == 2 * HOUR_S

    row.ends_at = at("03-01 05:00")
    accepted(row, planner, "03-02 00:00")
    assert total("03-01 00:00", "03-02 00:00").excused_s == 5 * HOUR_S


def test_groups_by_class_tell_who_misses_the_target(make_camera: MakeCamera) -> None:
    for priority, bad_h in (("key_area", 1), ("key_industry", 1), ("ordinary", 20)):
        camera = make_camera(priority=priority)
        lives(camera, ("03-01 00:00", "offline"), (f"03-01 {bad_h:02}:00", "online"))

    groups = queries.table(asked("03-01 00:00", "03-02 00:00"), By.CLASS).groups

    # 23 of 24 hours are 95.8 %: under 98 %, over 95 %; ordinary ones have no target.
    assert [(one.key, is_below(one.key, one.all)) for one in groups] == [
        ("key_area", True),
        ("key_industry", False),
        ("ordinary", False),
    ]


def test_filters_and_scope_narrow_what_counts(make_camera: MakeCamera) -> None:
    one = make_camera(priority="key_area")
    two = make_camera(scope_code=OTHER_STREET)
    for camera in (one, two):
        lives(camera, ("03-01 00:00", "online"))
    day = ("03-01 00:00", "03-02 00:00")

    assert total(*day).cameras == 2
    assert total(*day, prefixes=[STREET[:9]]).cameras == 1
    assert total(*day, prefixes=[]).cameras == 0
    assert total(*day, area=OTHER_STREET[:9]).cameras == 1
    assert total(*day, priority="key_area").cameras == 1
    assert total(*day, owner=one.owner_id, team=one.team_id).cameras == 2
    assert total(*day, owner=one.owner_id + 1).cameras == 0


def test_the_points_of_the_plot_add_up_to_the_table(make_camera: MakeCamera, planner: User) -> None:
    camera = make_camera()
    lives(camera, ("02-01 00:00", "online"), ("03-01 22:00", "offline"), ("03-03 02:30", "unknown"),
          ("03-04 00:00", "online"))  # fmt: skip
    accepted(
        window(planner, "03-02 12:00", "03-02 13:00", cameras=[camera]), planner, "03-05 00:00"
    )
    period = asked("03-01 00:00", "03-05 00:00")
    edges = [at(f"03-0{day} 00:00") for day in range(1, 6)]

    points = queries.series(period, edges)

    assert [one.down_s / HOUR_S for one in points] == [2, 23, 2.5, 0]
    assert [one.excused_s / HOUR_S for one in points] == [0, 1, 0, 0]
    whole = queries.table(period, By.CLASS).total.all
    assert sum(one.intact_s for one in points) == whole.intact_s
    assert sum(one.unknown_s for one in points) == whole.unknown_s == 21.5 * HOUR_S
    assert queries.series(asked("01-01 00:00", "01-02 00:00"), edges[:2]) == [Seconds()]


def test_the_intervals_behind_a_figure_add_up_to_it(make_camera: MakeCamera, planner: User) -> None:
    cameras = [make_camera() for _ in range(5)]
    for number, camera in enumerate(cameras):
        lives(camera, ("02-01 00:00", "online"), (f"03-01 {number:02}:17", "offline"),
              ("03-02 11:30", "degraded"), ("03-02 12:00", "unknown"))  # fmt: skip
        dated(camera, "02-01 00:00")
        dated(camera, f"03-01 {number + 5:02}:00", team_id=99, team_name="New")
    accepted(window(planner, "03-01 02:00", "03-02 03:00", cameras=cameras[:3]), planner,
             "03-05 00:00")  # fmt: skip
    period = asked("03-01 00:00", "03-03 00:00")
    figures = queries.table(period, By.CLASS).total.all

    rows, sums = queries.intervals(period, "", limit=1000, offset=0)

    for kind in queries.COUNTED:
        listed = sum(row.seconds for row in rows if row.counted == kind)
        assert listed == sums[kind].seconds == getattr(figures, f"{kind}_s")
    down, _sums = queries.intervals(period, "down", limit=2, offset=1)
    assert down == [row for row in rows if row.counted == "down"][1:3]
    assert sum(one.count for one in sums.values()) == len(rows)


def test_a_second_registry_row_or_span_at_the_same_moment_makes_no_time_out_of_nothing(
    make_camera: MakeCamera,
) -> None:
    camera = make_camera()
    for _ in range(2):
        dated(camera, "02-01 00:00")
        lives(camera, ("03-01 06:00", "offline"), ("03-01 06:00", "online"))

    assert total("03-01 00:00", "03-02 00:00") == Seconds(
        intact_s=18 * HOUR_S, unknown_s=6 * HOUR_S, cameras=1
    )


def test_an_empty_period_and_one_before_everything_are_nothing(make_camera: MakeCamera) -> None:
    lives(make_camera(), ("03-01 00:00", "online"))

    assert total("03-02 00:00", "03-02 00:00") == Seconds()
    assert total("01-01 00:00", "01-02 00:00") == Seconds()
    assert queries.table(asked("01-01 00:00", "01-02 00:00"), By.TEAM).groups == []


def test_the_number_of_queries_does_not_grow(
    make_camera: MakeCamera, django_assert_num_queries: Any
) -> None:
    for _ in range(2):
        for _ in range(3):
            lives(make_camera(), ("03-01 00:00", "online"))
        with django_assert_num_queries(3):
            queries.table(asked("03-01 00:00", "03-02 00:00"), By.STREET)
        with django_assert_num_queries(2):
            queries.intervals(asked("03-01 00:00", "03-02 00:00"), "", limit=5, offset=0)
