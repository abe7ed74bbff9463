"""Checkpoints: visits by track and by code, the page of a day, making and changing them."""

from datetime import timedelta

import numpy as np
import pytest
import shapely
from django.test import Client

from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.geo import to_metric
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from patrols.errands import checkpoints, planning
from patrols.errands.rounds_of_day import Mark, shifts_of
from patrols.models import Checkpoint, CheckpointVisit, Duty
from patrols.track import Track
from tests.cameras.threads import together
from tests.patrols.duty_town import (
    MINUTE,
    NOW,
    OTHER_STREET,
    STREET,
    DutyTown,
    at,
    make_checkpoint,
    make_duty,
    make_duty_town,
    make_member,
    make_user,
    stand,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> DutyTown:
    return make_duty_town()


@pytest.fixture
def guard() -> User:
    return make_user("guard", Role.PATROLLER, STREET)


@pytest.fixture
def duty(town: DutyTown, guard: User) -> Duty:
    return make_duty(make_member("张三", guard), town.post, town.shift)


@pytest.fixture
def leader() -> User:
    return make_user("leader", Role.STREET_LEADER, STREET)


def walk(*points: tuple[int, float, float]) -> Track:
    """Seconds after NOW, metres east and north of the middle; all joined."""
    t = np.array([NOW.timestamp() + one[0] for one in points])
    places = [at(one[1], one[2]) for one in points]
    metres = to_metric(np.array([shapely.Point(one.x, one.y) for one in places]))
    x, y = (np.array([getattr(one, axis) for one in metres]) for axis in "xy")
    joined = np.ones(max(0, len(points) - 1), np.bool_)
    return Track(np.zeros(len(points), np.int64), x, y, t, t, joined)


THERE = ((0, -100.0, 0.0), (60, 0.0, 0.0), (120, 0.0, 0.0), (180, 100.0, 0.0))
LATER = NOW + timedelta(hours=1)


def test_a_track_makes_a_visit_once_however_often_it_comes(town: DutyTown, duty: Duty) -> None:
    point = make_checkpoint(town.post)
    make_checkpoint(town.post, "far", at(0, 500))

    assert checkpoints.note_visits(duty, walk(*THERE), LATER) == 1
    assert checkpoints.note_visits(duty, walk(*THERE), LATER) == 0

    visit = CheckpointVisit.objects.get()
    assert (visit.checkpoint, visit.how) == (point, "track")
    # 100 m in 60 s: inside the 30 m from 42 s on until 138 s.
    assert (visit.at - NOW).total_seconds() == pytest.approx(42, abs=1)
    assert (visit.until - NOW).total_seconds() == pytest.approx(138, abs=1)


def test_a_corrected_track_changes_or_ends_the_visit(town: DutyTown, duty: Duty) -> None:
    make_checkpoint(town.post)
    checkpoints.note_visits(duty, walk(*THERE), LATER)
    longer = walk((-60, 0.0, 0.0), (0, 0.0, 0.0), *THERE[2:])
    assert checkpoints.note_visits(duty, longer, LATER) == 1
    assert CheckpointVisit.objects.get().at == NOW - MINUTE
    assert checkpoints.note_visits(duty, walk(), LATER) == 1
    assert not CheckpointVisit.objects.exists()


def test_a_visit_by_code_outlives_the_track(town: DutyTown, duty: Duty, guard: User) -> None:
    point = make_checkpoint(town.post)
    checkpoints.call(by=guard, secret=point.secret, now=NOW)
    checkpoints.note_visits(duty, walk(), LATER)
    assert CheckpointVisit.objects.get().how == "qr"


def test_the_code_counts_once_and_says_how_far_the_phone_was(
    town: DutyTown, duty: Duty, guard: User
) -> None:
    point = make_checkpoint(town.post)
    stand(duty, at(300, 0), NOW - MINUTE)
    first = checkpoints.call(by=guard, secret=point.secret, now=NOW)
    again = checkpoints.call(by=guard, secret=point.secret, now=LATER)
    assert (first.is_new, again.is_new, again.visit.at) == (True, False, NOW)
    assert first.visit.apart_m == pytest.approx(300, abs=3)


@pytest.mark.django_db(transaction=True)
def test_two_presses_together_are_one_visit() -> None:
    town = make_duty_town()
    guard = make_user("guard", Role.PATROLLER, STREET)
    make_duty(make_member("张三", guard), town.post, town.shift)
    secret = make_checkpoint(town.post).secret
    calls = together(*[lambda: checkpoints.call(by=guard, secret=secret, now=NOW)] * 4)
    assert [one.is_new for one in calls].count(True) == 1
    assert CheckpointVisit.objects.count() == 1


def test_nobody_calls_outside_a_duty_at_the_post(town: DutyTown, duty: Duty, guard: User) -> None:
    point = make_checkpoint(town.post)
    other = make_checkpoint(town.other_post)
    with pytest.raises(Conflict, match="不在岗"):
        checkpoints.call(by=guard, secret=point.secret, now=NOW + timedelta(hours=8))
    with pytest.raises(Conflict, match="属于“柳巷岗”"):
        checkpoints.call(by=guard, secret=f"{other.secret}", now=NOW)
    with pytest.raises(Conflict, match="未列入勤务人员"):
        checkpoints.call(
            by=make_user("nobody", Role.PATROLLER, STREET), secret=point.secret, now=NOW
        )
    assert not CheckpointVisit.objects.exists()


def test_a_code_that_was_replaced_or_is_wrong_counts_no_more(
    town: DutyTown, duty: Duty, guard: User, leader: User
) -> None:
    point = make_checkpoint(town.post)
    old = point.secret
    fresh = planning.rotate(by=leader, checkpoint_id=point.pk, seen=1, now=NOW)
    for secret in (old, "nonsense", ""):
        with pytest.raises(NotFound, match="二维码无效"):
            checkpoints.call(by=guard, secret=secret, now=NOW)
    assert checkpoints.call(by=guard, secret=fresh.secret, now=NOW).is_new
    assert AuditRow.objects.filter(action="checkpoint.rotated", scope=STREET).exists()


def test_the_day_tells_visited_missed_and_to_come(
    town: DutyTown, duty: Duty, guard: User, leader: User
) -> None:
    gate = make_checkpoint(town.post)
    make_checkpoint(town.post, "yard", at(0, 500))
    make_duty(make_member("李四"), town.post, town.night)
    checkpoints.call(by=guard, secret=gate.secret, now=NOW)

    def marks(hours: float) -> list[list[str]]:
        now = NOW + timedelta(hours=hours)
        shifts = shifts_of(leader, NOW.date(), now)
        return [[point.mark.value for point in one.points] for one in shifts]

    # It is 11:00; shifts from 8:00 to 16:00 and from 20:00 to 4:00.  Names sort: yard, 后门.
    assert marks(0) == [["open", "visited"], ["later", "later"]]
    assert marks(5) == [["missed", "visited"], ["later", "later"]]
    assert marks(17) == [["missed", "visited"], ["missed", "missed"]]
    assert shifts_of(make_user("x", Role.STREET_LEADER, OTHER_STREET), NOW.date(), NOW) == []
    assert Mark.MISSED.value == "missed"


def wanted(**fields: object) -> planning.Wanted:
    values: dict[str, object] = {
        "name": "Gate", "point": at(0, 0), "radius_m": 30, "dwell_s": 30, "is_active": True
    }  # fmt: skip
    return planning.Wanted(**(values | fields))  # type: ignore[arg-type]


def test_checkpoints_are_planned_where_the_leader_answers(town: DutyTown, leader: User) -> None:
    row = planning.make(by=leader, post_id=town.post.pk, wanted=wanted(), now=NOW)
    assert len(row.secret) == 20
    with pytest.raises(Invalid, match="同名"):
        planning.make(by=leader, post_id=town.post.pk, wanted=wanted(), now=NOW)
    with pytest.raises(Invalid, match="没有该岗位"):
        planning.make(by=leader, post_id=town.other_post.pk, wanted=wanted(), now=NOW)
    with pytest.raises(NotFound):
        planning.change(
            by=make_user("other", Role.STREET_LEADER, OTHER_STREET), checkpoint_id=row.pk, seen=1,
            wanted=wanted(name="Mine"),
        )  # fmt: skip


def test_of_two_changes_of_one_page_the_second_is_told(town: DutyTown, leader: User) -> None:
    row = make_checkpoint(town.post)
    planning.change(by=leader, checkpoint_id=row.pk, seen=1, wanted=wanted(name="First"))
    with pytest.raises(Conflict):
        planning.change(by=leader, checkpoint_id=row.pk, seen=1, wanted=wanted(name="Second"))
    assert Checkpoint.objects.get().name == "First"


def signed(user: User) -> Client:
    client = Client(headers={"accept": "text/html"})
    client.force_login(user)
    return client


NASTY = "<script>alert(1)</script>"


def test_pages_of_checkpoints_escape_names_and_show_codes(
    town: DutyTown, duty: Duty, leader: User
) -> None:
    client = signed(leader)
    form = {
        "post": town.post.pk, "name": NASTY, "position": "112.56, 37.88", "frame": "wgs84",
        "radius_m": 30, "dwell_s": 30,
    }  # fmt: skip
    assert client.post("/patrols/checkpoints/plan/", form).status_code == 302
    row = Checkpoint.objects.get()
    for page in (
        "plan/",
        "codes/",
        f"{row.pk}/",
        f"codes/?checkpoint={row.pk}",
        f"?day={NOW:%Y-%m-%d}",
    ):
        text = client.get(f"/patrols/checkpoints/{page}").content.decode()
        assert NASTY not in text
        assert "&lt;script&gt;" in text
    assert "data:image/svg+xml" in client.get("/patrols/checkpoints/codes/").content.decode()
    wrong = client.post("/patrols/checkpoints/plan/", form | {"radius_m": 3, "name": "b"})
    assert wrong.status_code == 422


def test_a_phone_reads_a_code(town: DutyTown, duty: Duty, guard: User, leader: User) -> None:
    point = make_checkpoint(town.post)
    address = f"/m/check/{point.secret}/"
    client = signed(guard)
    # By the wall's clock nobody is on duty: the duty is of a day in March 2026.
    refused = client.get(address)
    assert refused.status_code == 409
    assert "不在岗" in refused.content.decode()
    assert not CheckpointVisit.objects.exists()
    assert client.get("/m/check/nonsense/").status_code == 404
    assert signed(leader).get(address).status_code == 403
    assert Client(headers={"accept": "text/html"}).get(address).status_code == 302
