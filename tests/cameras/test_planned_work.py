"""Windows of planned work: who enters, reviews and ends them, and whose orders they silence."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cameras.models import Camera, Owner, PlannedWork, Upstream, WorkReview, WorkTerm
from cameras.rates import services
from cameras.rates.planned import covered
from cameras.rates.services import WantedWork
from cameras.rates.work_queries import window_of
from cameras.rates.work_rules import Stage
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.cameras.conftest import OTHER_STREET, STREET, MakeCamera
from tests.cameras.threads import together
from tests.conftest import MakeUser, SignIn

HOUR = timedelta(hours=1)
PAGE = {"accept": "text/html"}


@pytest.fixture
def planner(make_user: MakeUser) -> User:
    return make_user(Role.OPERATOR)


@pytest.fixture
def leader(make_user: MakeUser) -> User:
    return make_user(Role.DISTRICT_LEADER)


def wanted(now: datetime, **values: Any) -> WantedWork:
    """Four hours from an hour ago on."""
    given: dict[str, Any] = {
        "kind": "planned",
        "title": "Transformer replaced",
        "note": "",
        "starts_at": now - HOUR,
        "ends_at": now + 3 * HOUR,
    }
    return WantedWork(**given | values)


def enter(by: User, now: datetime, **values: Any) -> PlannedWork:
    return services.enter_work(by=by, wanted=wanted(now, **values), now=now)


def review(
    row: PlannedWork, by: User, now: datetime, *, accept: bool = True, note: str = ""
) -> PlannedWork:
    return services.review_work(
        by=by, work_id=row.pk, version=row.version, accept=accept, note=note, now=now
    )


def end(row: PlannedWork, by: User, now: datetime, ends_at: datetime) -> PlannedWork:
    return services.change_end(by=by, work_id=row.pk, version=row.version, ends_at=ends_at, now=now)


def test_a_window_covers_what_its_target_names_while_it_runs(
    make_camera: MakeCamera, planner: User, now: datetime
) -> None:
    switch = Upstream.objects.create(kind="switch", name="East switch")
    school = Owner.objects.create(name="School")
    behind, single, away, other = (make_camera() for _ in range(4))
    Camera.objects.filter(pk=behind.pk).update(upstream=switch)
    Camera.objects.filter(pk=other.pk).update(owner=school)
    far = make_camera(scope_code=OTHER_STREET)
    everyone = [one.pk for one in (behind, single, away, other, far)]

    enter(planner, now, upstream=switch)
    assert covered(everyone, now) == {behind.pk}
    enter(planner, now, cameras=[single])
    assert covered(everyone, now) == {behind.pk, single.pk}
    enter(planner, now, owner=school)
    assert covered(everyone, now) == {behind.pk, single.pk, other.pk}
    enter(planner, now, area=OTHER_STREET[:9])
    assert covered(everyone, now) == {behind.pk, single.pk, other.pk, far.pk}

    assert covered(everyone, now - HOUR) == covered(everyone, now)
    assert covered(everyone, now + 3 * HOUR) == set()
    assert covered(everyone, now - HOUR - timedelta(seconds=1)) == set()
    assert covered([], now) == set()


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        pytest.param(HOUR, HOUR, "晚于", id="no time at all"),
        pytest.param(HOUR, -HOUR, "晚于", id="ends before it starts"),
        pytest.param(HOUR, timedelta(days=31, hours=1, seconds=1), "31 天", id="too long"),
        pytest.param(timedelta(days=-91), timedelta(days=-90), "90 天", id="too late"),
        pytest.param(timedelta(days=367), timedelta(days=368), "年份", id="a wrong year"),
    ],
)
def test_times_that_make_no_window_are_refused(
    make_camera: MakeCamera,
    planner: User,
    now: datetime,
    since: timedelta,
    until: timedelta,
    said: str,
) -> None:
    camera = make_camera()

    with pytest.raises(Invalid, match=said):
        enter(planner, now, cameras=[camera], starts_at=now + since, ends_at=now + until)
    assert not PlannedWork.objects.exists()


def test_a_power_cut_may_be_entered_after_the_fact(
    make_camera: MakeCamera, planner: User, now: datetime
) -> None:
    began = now - timedelta(days=90)

    row = enter(planner, now, cameras=[make_camera()], starts_at=began, ends_at=began + HOUR)

    assert window_of(row).stage(now) is Stage.OVER
    assert window_of(row).waits_for_review


def test_a_target_beyond_the_own_area_is_refused_and_one_without_cameras_too(
    make_camera: MakeCamera, make_user: MakeUser, now: datetime
) -> None:
    mine, other = make_camera(), make_camera(scope_code=OTHER_STREET)
    street = make_user(Role.OPERATOR, ("140107001",))

    with pytest.raises(NotAllowed):
        enter(street, now, owner=mine.owner)  # the other camera is of the same owner
    with pytest.raises(NotAllowed):
        enter(street, now, cameras=[other])
    with pytest.raises(NotAllowed):
        enter(street, now, area="140107")
    with pytest.raises(Invalid, match="没有摄像机"):
        enter(street, now, area="140107001999")
    assert enter(street, now, area="140107001").area == "140107001"


def test_who_entered_a_window_never_reviews_it_and_nobody_reviews_twice(
    make_camera: MakeCamera, make_user: MakeUser, leader: User, now: datetime
) -> None:
    boss = make_user(Role.ADMINISTRATOR)
    row = enter(boss, now, cameras=[make_camera()])

    with pytest.raises(NotAllowed):
        review(row, boss, now)
    row = review(row, leader, now + HOUR, note="Notice 7")
    assert row.accepted_until == row.ends_at
    with pytest.raises(Conflict):
        review(row, leader, now + HOUR)
    told = WorkReview.objects.get()
    assert (told.by, told.at, told.note) == (leader, now + HOUR, "Notice 7")
    assert AuditRow.objects.filter(action="work.accepted", scope=STREET).count() == 1


def test_what_a_window_is_prolonged_by_is_reviewed_anew_by_somebody_else(
    make_camera: MakeCamera, planner: User, leader: User, make_user: MakeUser, now: datetime
) -> None:
    boss = make_user(Role.ADMINISTRATOR)
    row = review(enter(planner, now, cameras=[make_camera()]), leader, now)
    first_end = row.ends_at

    row = end(row, boss, now, first_end + HOUR)
    assert window_of(row).waits_for_review
    assert row.accepted_until == first_end
    with pytest.raises(NotAllowed):
        review(row, boss, now)
    row = review(row, leader, now, accept=False, note="Done in time")

    assert row.ends_at == first_end
    assert not window_of(row).waits_for_review
    assert row.rejected_at is None
    assert [term.ends_at for term in WorkTerm.objects.filter(work=row)] == [
        first_end,
        first_end + HOUR,
        first_end,
    ]


def test_a_rejected_or_withdrawn_window_silences_nothing(
    make_camera: MakeCamera, planner: User, leader: User, now: datetime
) -> None:
    one, two = make_camera(), make_camera()
    first, second = enter(planner, now, cameras=[one]), enter(planner, now, cameras=[two])
    assert covered([one.pk, two.pk], now) == {one.pk, two.pk}

    with pytest.raises(Invalid, match="原因"):
        review(first, leader, now, accept=False)
    review(first, leader, now, accept=False, note="Nobody knows of it")
    services.withdraw_work(by=planner, work_id=second.pk, version=second.version, now=now)

    assert covered([one.pk, two.pk], now) == set()
    for row in (first, second):
        row.refresh_from_db()
        with pytest.raises(Conflict):
            end(row, planner, now, now + HOUR)
        with pytest.raises(Conflict):
            services.withdraw_work(by=leader, work_id=row.pk, version=row.version, now=now)


def test_an_accepted_window_is_withdrawn_only_by_who_may_review(
    make_camera: MakeCamera, planner: User, leader: User, now: datetime
) -> None:
    row = review(enter(planner, now, cameras=[make_camera()]), leader, now)

    with pytest.raises(NotAllowed):
        services.withdraw_work(by=planner, work_id=row.pk, version=row.version, now=now)
    row = services.withdraw_work(by=leader, work_id=row.pk, version=row.version, now=now)
    assert row.withdrawn_by == leader


def test_a_window_ends_at_once_or_by_itself_and_then_for_good(
    make_camera: MakeCamera, planner: User, now: datetime
) -> None:
    camera = make_camera()
    row = enter(planner, now, cameras=[camera])

    with pytest.raises(Invalid, match="不能早于"):
        end(row, planner, now, now - timedelta(minutes=1))
    with pytest.raises(Invalid, match="本来"):
        end(row, planner, now, row.ends_at)
    row = end(row, planner, now, now)

    assert covered([camera.pk], now) == set()
    with pytest.raises(Conflict, match="已结束"):
        end(row, planner, now, now + HOUR)


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_the_same_moment_one_succeeds(
    make_camera: MakeCamera, planner: User, make_user: MakeUser, now: datetime
) -> None:
    row = enter(planner, now, cameras=[make_camera()])
    yes, no = make_user(Role.DISTRICT_LEADER), make_user(Role.ADMINISTRATOR)

    def say(by: User, accept: bool) -> str:
        try:
            review(row, by, now, accept=accept, note="So be it")
            return "done"
        except Conflict:
            return "late"

    said = together(lambda: say(yes, True), lambda: say(no, False))

    assert sorted(said) == ["done", "late"]
    assert WorkReview.objects.count() == 1
    row.refresh_from_db()
    assert (row.accepted_until is None) is (said[0] == "late")


@pytest.mark.django_db(transaction=True)
def test_of_an_end_and_a_review_at_the_same_moment_one_succeeds(
    make_camera: MakeCamera, planner: User, leader: User, now: datetime
) -> None:
    row = enter(planner, now, cameras=[make_camera()])

    def attempt(work: Any) -> str:
        try:
            work()
            return "done"
        except Conflict:
            return "late"

    said = together(
        lambda: attempt(lambda: review(row, leader, now)),
        lambda: attempt(lambda: end(row, planner, now, row.ends_at + HOUR)),
    )

    assert sorted(said) == ["done", "late"]


def test_a_window_of_another_street_is_not_there(
    make_camera: MakeCamera, planner: User, make_user: MakeUser, now: datetime
) -> None:
    row = enter(planner, now, cameras=[make_camera()])
    other = make_user(Role.STREET_LEADER, ("140107002",))

    with pytest.raises(NotFound):
        review(row, other, now)


def form(now: datetime, **values: Any) -> dict[str, Any]:
    local = timezone.localtime(now)
    return {
        "kind": "power_cut",
        "title": "<b>Cut</b>",
        "note": "State Grid, notice 12",
        "starts_at": f"{local:%Y-%m-%dT%H:%M}",
        "ends_at": f"{local + HOUR:%Y-%m-%dT%H:%M}",
        "target": "cameras",
    } | values


def test_a_window_goes_through_its_pages(
    make_camera: MakeCamera, operator: Client, sign_in: SignIn
) -> None:
    camera, now = make_camera(), timezone.now()
    leader = sign_in(Role.DISTRICT_LEADER)
    empty = operator.get("/repairs/planned/", headers=PAGE)
    assert "没有这样的检修时段" in empty.content.decode()
    assert operator.get("/repairs/planned/new/?cameras=C0001", headers=PAGE).status_code == 200

    answer = operator.post("/repairs/planned/new/", form(now, cameras=camera.code), headers=PAGE)
    row = PlannedWork.objects.get()
    assert answer.headers["Location"] == f"/repairs/planned/{row.pk}/"
    shown = leader.get(f"/repairs/planned/{row.pk}/", headers=PAGE).content.decode()
    assert "&lt;b&gt;Cut" in shown
    assert camera.name in shown
    assert 'value="1">同意' in shown
    own = operator.get(f"/repairs/planned/{row.pk}/", headers=PAGE).content.decode()
    assert 'value="1">同意' not in own

    step = f"/repairs/planned/{row.pk}/"
    operator.post(f"{step}end/", {"version": 0, "at_once": "1"}, headers=PAGE)
    leader.post(f"{step}review/", {"version": 1, "accept": "1"}, headers=PAGE)
    leader.post(f"{step}withdraw/", {"version": 2}, headers=PAGE)
    row.refresh_from_db()
    assert row.version == 3
    assert row.withdrawn_at
    page = leader.get("/repairs/planned/?show=void", headers=PAGE).content.decode()
    assert "&lt;b&gt;Cut" in page


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"target": "cameras", "cameras": ""}, "请指明", id="no camera"),
        pytest.param({"target": "cameras", "cameras": "X1"}, "X1", id="a camera nobody knows"),
        pytest.param({"target": "owner", "owner": "<script>"}, "&lt;script", id="a hostile owner"),
        pytest.param({"target": "upstream", "upstream": "?"}, "没有属于", id="no such switch"),
        pytest.param({"target": "area", "area": "14x"}, "数字", id="an area of letters"),
        pytest.param({"target": "everything"}, "everything", id="a target that is none"),
        pytest.param({"starts_at": "yesterday", "cameras": "C0001"}, "有效的", id="no time"),
        pytest.param({"title": "x" * 121, "cameras": "C0001"}, "120", id="too long a title"),
        pytest.param({"kind": "excuse", "cameras": "C0001"}, "excuse", id="a kind that is none"),
    ],
)
def test_bad_input_is_told_at_its_field(
    make_camera: MakeCamera, operator: Client, values: dict[str, str], said: str
) -> None:
    make_camera()

    answer = operator.post("/repairs/planned/new/", form(timezone.now(), **values), headers=PAGE)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not PlannedWork.objects.exists()


def test_who_neither_plans_nor_reviews_withdraws_nothing(
    make_camera: MakeCamera, planner: User, sign_in: SignIn, now: datetime
) -> None:
    row = enter(planner, now, cameras=[make_camera()])
    auditor = sign_in(Role.AUDITOR)

    for step in ("withdraw", "end", "review"):
        answer = auditor.post(f"/repairs/planned/{row.pk}/{step}/", {"version": 0})
        assert answer.status_code == 403
    assert auditor.get(f"/repairs/planned/{row.pk}/", headers=PAGE).status_code == 200


def test_the_list_costs_the_same_for_one_window_and_for_many(
    make_camera: MakeCamera, operator: Client, leader: User, django_assert_num_queries: Any
) -> None:
    make_camera()
    now = timezone.now()
    for count in (1, 12):
        for _ in range(count):
            enter(leader, now, area="140107")
        # The session's row and user, then: counts, the piece, the names of areas.
        with django_assert_num_queries(LIST_QUERIES):
            operator.get("/repairs/planned/", headers=PAGE)


LIST_QUERIES = 5
