"""The week board and the API behind it: what is shown to whom, and what is sent."""

import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.utils import timezone

from gis_server.edge import Page
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from grids.models import Grid
from patrols.board import queries, shown
from patrols.board.filters import Filters, monday_of
from patrols.board.service_hours import service_of
from patrols.control import ControlLevel
from patrols.models import ControlSwitch, Duty, Force, Member, Need, PointsRule, Post
from tests.conftest import SignIn
from tests.events.town import COMMUNITY, DISTRICT, OTHER_STREET, STREET, make_person
from tests.patrols.board_town import (
    MONDAY,
    NOW,
    TODAY,
    TOMORROW,
    Board,
    make_board,
    make_duty,
    make_member,
    make_post,
)

PAGE, DUTIES = "/patrols/roster/", "/api/patrols/duties/"
WEEK = {"week": MONDAY.isoformat()}
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def board(db: None) -> Board:
    return make_board()


@pytest.fixture
def leader(board: Board, client: Client) -> Client:
    client.force_login(board.leader)
    return client


def slots(board: Board, user: User | None = None, **more: Any) -> dict[tuple[str, str, int], Any]:
    """By post, shift and day of the month, as at NOW."""
    who, filters = user or board.leader, Filters(MONDAY, **more)
    week = queries.week(who, filters, Page(50, 0), NOW)
    return {
        (row.post.name, slot.shift.name, slot.day.day): slot
        for row in shown.rows(who, week, filters, NOW)
        for cell in row.cells
        for slot in cell
    }


def names(slot: Any) -> list[str]:
    return [chip.row.member.name for chip in slot.chips]


def test_a_shift_shows_who_is_there_and_how_many_are_missing(board: Board) -> None:
    make_duty(board)

    slot = slots(board)["鼓楼岗", "早班", 5]

    assert (names(slot), slot.need, slot.missing) == (["李青"], 2, 1)
    assert (slots(board)["鼓楼岗", "早班", 4].moment, slot.moment) == ("running", "ahead")


def test_the_roster_of_another_level_has_its_needs_and_its_people(board: Board) -> None:
    make_duty(board, highest="three")
    make_duty(board, board.wang, lowest="two")

    usual, two = slots(board), slots(board, level=ControlLevel.TWO)

    assert names(usual["鼓楼岗", "早班", 5]) == ["李青"]
    assert names(two["鼓楼岗", "早班", 5]) == ["王安"]
    assert two["鼓楼岗", "早班", 5].missing == 2


def test_without_a_choice_a_post_is_shown_at_the_level_in_force_there(board: Board) -> None:
    ControlSwitch.objects.create(
        area=STREET, level="two", begins=NOW - timedelta(hours=1),
        until=NOW + timedelta(hours=48), reason="庙会", user_id=1, who="x",
    )  # fmt: skip

    found = slots(board)

    # Today by now, other days at noon: the switch ends on Friday at ten.
    assert [found["鼓楼岗", "早班", day].need for day in (3, 4, 5, 6)] == [2, 3, 3, 2]


def test_a_stand_in_is_shown_for_whom_and_who_did_not_come_is_missing(board: Board) -> None:
    replaced = make_duty(board)
    make_duty(board, board.wang, stands_in_for=replaced)
    make_duty(board, day=TODAY, is_absent=True)

    found = slots(board)

    chip = found["鼓楼岗", "早班", 5].chips[0]
    assert (chip.row.member.name, chip.stands_in_for) == ("王安", "李青")
    assert len(found["鼓楼岗", "早班", 5].chips) == 1
    assert found["鼓楼岗", "早班", 4].missing == 2


def test_one_person_in_two_places_is_marked_in_both_also_where_one_is_not_shown(
    board: Board,
) -> None:
    make_duty(board)
    make_duty(board, post=board.patrol)
    make_duty(board, board.wang)
    make_duty(board, board.wang, post=board.far)

    found = slots(board)

    chips = {chip.row.member.name: chip for chip in found["鼓楼岗", "早班", 5].chips}
    assert chips["李青"].clash == "鼓楼社区巡区 03-05 早班"
    assert chips["王安"].clash == "辖区外 03-05 早班"
    assert found["鼓楼社区巡区", "早班", 5].chips[0].clash == "鼓楼岗 03-05 早班"


def test_who_was_withdrawn_in_the_shift_stays_in_sight_and_who_before_does_not(
    board: Board,
) -> None:
    make_duty(board, day=TODAY, withdrawn_at=NOW)
    make_duty(board, withdrawn_at=NOW)

    found = slots(board)

    assert found["鼓楼岗", "早班", 4].chips[0].until == NOW
    assert found["鼓楼岗", "早班", 4].missing == 2
    assert names(found["鼓楼岗", "早班", 5]) == []


def test_posts_are_those_of_the_area_the_force_and_the_words(board: Board) -> None:
    make_duty(board, board.wang)
    district = make_person("du", Role.DISTRICT_LEADER, DISTRICT)

    def posts(user: User, **more: Any) -> list[str]:
        return [row.name for row in queries.posts_of(user, Filters(MONDAY, **more))]

    assert posts(district) == ["鼓楼岗", "鼓楼社区巡区", "别处岗"]
    assert posts(board.leader) == ["鼓楼岗", "鼓楼社区巡区"]
    assert posts(board.leader, area=COMMUNITY) == ["鼓楼社区巡区"]
    assert posts(board.leader, area=OTHER_STREET) == []
    assert posts(district, force=Force.VOLUNTEER) == ["鼓楼岗"]
    assert posts(district, kind="area") == ["鼓楼社区巡区"]
    assert posts(district, words="别处") == ["别处岗"]


@pytest.mark.parametrize("count", [2, 25])
def test_the_board_costs_as_many_queries_for_many_posts_as_for_few(
    board: Board, django_assert_num_queries: Any, count: int
) -> None:
    for number in range(count):
        post = make_post(f"岗 {number}", STREET)
        Need.objects.create(post=post, shift=board.early, level="usual", people=2)
        make_duty(board, post=post)
    filters = Filters(MONDAY)

    # What is lent to the user; total, posts, duties with people, shifts, needs, other duties of the
    # same people, switches.
    with django_assert_num_queries(8):
        week = queries.week(board.leader, filters, Page(50, 0), NOW)
        rows = shown.rows(board.leader, week, filters, NOW)
    assert len(rows) == count + 2


def test_the_page_escapes_names_and_shows_forms_only_to_planners(
    board: Board, leader: Client, sign_in: SignIn
) -> None:
    Post.objects.filter(pk=board.gate.pk).update(name=HOSTILE)
    Member.objects.filter(pk=board.li.pk).update(name=HOSTILE[:40])
    make_duty(board, task=HOSTILE)

    for address in (PAGE, f"{PAGE}print/", "/patrols/posts/", "/patrols/members/"):
        page = leader.get(address, WEEK).content.decode()
        assert "<img" not in page
        assert "&lt;img" in page
    operator = sign_in(Role.OPERATOR, (STREET,)).get(PAGE, WEEK).content.decode()
    assert "&lt;img" in operator
    assert "people-list" not in operator
    assert 'draggable="true"' not in operator


def test_an_empty_area_says_what_to_do(board: Board, sign_in: SignIn) -> None:
    page = sign_in(Role.STREET_LEADER, ("140107009",)).get(PAGE).content.decode()
    assert "您的辖区内还没有岗位" in page
    assert "/patrols/posts/new/" in page


@pytest.mark.parametrize(
    "query",
    ["week=yesterday", "level=four", "force=army", "kind=x", "division=abc", "week=1999-01-01"],
)
def test_a_question_that_means_nothing_is_refused(leader: Client, query: str) -> None:
    assert leader.get(f"{PAGE}?{query}").status_code == 422


@pytest.mark.parametrize("role", [Role.GRID_WORKER, Role.PATROLLER, Role.AUDITOR, Role.MAINTAINER])
def test_others_see_no_roster(board: Board, sign_in: SignIn, role: Role) -> None:
    client = sign_in(role)
    for address in (PAGE, f"{PAGE}file.xlsx", "/patrols/members/", DUTIES):
        assert client.get(address).status_code == 403


# ---- The API -----------------------------------------------------------------------------------


def post(client: Client, address: str, **told: Any) -> Any:
    return client.post(address, json.dumps(told), content_type="application/json")


def body(board: Board, days: int = 7, **more: Any) -> dict[str, Any]:
    day = timezone.localdate() + timedelta(days=days)
    return {
        "post": board.gate.pk, "shift": board.early.pk, "day": day.isoformat(),
        "member": board.li.pk,
    } | more  # fmt: skip


def test_somebody_is_put_on_duty_moved_and_withdrawn_over_the_api(
    board: Board, leader: Client
) -> None:
    made = post(leader, DUTIES, **body(board, seen="0.0", lowest="two"))
    assert made.status_code == 201, made.content
    number = made.json()["id"]
    assert (made.json()["member"]["name"], made.json()["lowest"]) == ("李青", "two")
    assert post(leader, DUTIES, **body(board, seen="0.0", member=board.wang.pk)).status_code == 409

    to = body(board, 8)
    moved = post(leader, f"{DUTIES}{number}/", do="move", **to)
    assert moved.status_code == 200
    withdrawn = post(leader, f"{DUTIES}{moved.json()['id']}/", do="withdraw")
    assert withdrawn.json()["withdrawn_at"]
    assert not Duty.objects.filter(withdrawn_at=None).exists()


def test_a_day_that_is_over_asks_for_a_reason_in_a_way_that_the_page_knows(
    board: Board, leader: Client
) -> None:
    refused = post(leader, DUTIES, **body(board, -2))
    assert refused.status_code == 422
    assert refused.json()["error"]["needs_reason"] is True
    assert post(leader, DUTIES, **body(board, -2, reason="漏录")).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"post": "x"}, id="no number"),
        pytest.param({"post": True}, id="a truth"),
        pytest.param({"day": "2026-02-30"}, id="no day"),
        pytest.param({"day": 7}, id="a number for a day"),
        pytest.param({"lowest": "four"}, id="no level"),
        pytest.param({"task": ["x"]}, id="no text"),
        pytest.param({"stands_in_for": "a"}, id="for no duty"),
        pytest.param({"member": 2**40}, id="too large"),
    ],
)
def test_what_cannot_be_read_is_refused(
    board: Board, leader: Client, wrong: dict[str, Any]
) -> None:
    assert post(leader, DUTIES, **(body(board) | wrong)).status_code == 422


def test_a_body_that_is_no_object_or_too_large_is_refused(board: Board, leader: Client) -> None:
    for content in ("[]", "{", '"x"', json.dumps({"task": "x" * 20_000})):
        answer = leader.post(DUTIES, content, content_type="application/json")
        assert answer.status_code == 422
    assert post(leader, f"{DUTIES}{make_duty(board).pk}/", do="burn").status_code == 422


def test_an_operator_reads_duties_of_the_area_and_changes_none(
    board: Board, sign_in: SignIn
) -> None:
    make_duty(board)
    make_duty(board, board.wang, post=board.far)
    client = sign_in(Role.OPERATOR, (STREET,))

    told = client.get(DUTIES, {"from": TOMORROW.isoformat()}).json()

    assert [one["post"]["name"] for one in told["items"]] == ["鼓楼岗"]
    assert post(client, DUTIES, **body(board)).status_code == 403
    assert client.get("/api/patrols/people/").status_code == 403


def test_planners_choose_from_people_of_their_area_in_service(board: Board, leader: Client) -> None:
    make_member("P003", "停用").__class__.objects.filter(number="P003").update(is_active=False)

    told = leader.get("/api/patrols/people/").json()

    assert [one["number"] for one in told["items"]] == ["P001", "P002"]
    assert [one["number"] for one in leader.get("/api/patrols/people/?q=P002").json()["items"]] == [
        "P002"
    ]
    found = leader.get("/api/patrols/people/?force=volunteer").json()["items"]
    assert [one["name"] for one in found] == ["王安"]


# ---- Hours of service --------------------------------------------------------------------------


def test_hours_are_those_in_force_until_now_without_those_not_come_to(board: Board) -> None:
    make_duty(board, board.wang, MONDAY)  # 8 h
    make_duty(board, board.wang, TODAY)  # 2 h until ten
    make_duty(board, board.wang, MONDAY + timedelta(days=1), is_absent=True)
    make_duty(board, board.wang, TOMORROW)  # still to come
    make_duty(board, board.wang, MONDAY - timedelta(days=3))  # 8 h in February
    make_duty(board, board.wang, MONDAY - timedelta(days=90), lowest="two")  # never in force

    service = service_of(board.wang, NOW)

    assert service is not None
    assert (service.hours.month, service.hours.year, service.hours.total) == (10.0, 18.0, 18.0)
    assert service.points is None
    assert service_of(board.li, NOW) is None


def test_points_are_what_an_administrator_switches_on(board: Board, sign_in: SignIn) -> None:
    make_duty(board, board.wang, MONDAY)
    admin = sign_in(Role.ADMINISTRATOR)
    assert sign_in(Role.DISTRICT_LEADER).get("/patrols/points/").status_code == 403

    answer = admin.post("/patrols/points/", {"is_on": "on", "per_hour": "1.5", "version": 1})

    assert answer.status_code == 302
    service = service_of(board.wang, NOW)
    assert service is not None
    assert service.points == Decimal("12.0")
    assert AuditRow.objects.get(action="points.changed").detail["is_on"] is True
    again = admin.post("/patrols/points/", {"per_hour": "2", "version": 1})
    assert again.status_code == 422
    assert PointsRule.objects.get().is_on


def test_the_page_of_a_volunteer_tells_planners_hours_and_operators_none(
    board: Board, leader: Client, sign_in: SignIn
) -> None:
    make_duty(board, board.wang, timezone.localdate() - timedelta(days=2))
    address = f"/patrols/members/{board.wang.pk}/"
    assert "8.0 小时" in leader.get(address).content.decode()
    operator = sign_in(Role.OPERATOR, (STREET,))
    assert "小时" not in operator.get(address).content.decode()
    assert operator.post(address, {}).status_code == 403


# ---- Posts, people and shifts ------------------------------------------------------------------


def post_fields(board: Board, **more: Any) -> dict[str, Any]:
    return {
        "name": "新岗", "kind": "point", "scope_code": f"{STREET}000", "task": "看路口",
        "position": "112.561, 37.871", "frame": "wgs84", "grids": board.grid.code,
        "is_active": "on", f"need-usual-{board.early.pk}": "2", f"need-two-{board.early.pk}": "4",
    } | more  # fmt: skip


def test_a_post_is_made_with_grids_point_and_needs_and_changed(
    board: Board, leader: Client
) -> None:
    made = leader.post("/patrols/posts/new/", post_fields(board))
    row = Post.objects.get(name="新岗")
    assert made.status_code == 302
    assert (row.scope_code, list(row.grids.all())) == (STREET, [board.grid])
    assert row.point == Point(112.561, 37.871, srid=4326)
    needs = Need.objects.filter(post=row).values_list("level", "shift__name", "people")
    # A level that is named says something of every shift.
    assert ("two", "早班", 4) in needs
    assert ("usual", "夜班", 0) in needs

    address = f"/patrols/posts/{row.pk}/"
    sent = post_fields(board, grids="第一网格", position="", kind="area", version=1)
    assert leader.post(address, sent).status_code == 302
    assert leader.post(address, sent).status_code == 422
    changed = Post.objects.get(pk=row.pk)
    assert (changed.kind, changed.point, list(changed.grids.all())) == ("area", None, [board.grid])
    assert AuditRow.objects.filter(action="post.changed").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"scope_code": "140107002000"}, id="another street"),
        pytest.param({"grids": "140107002001001"}, id="a grid that is none"),
        pytest.param({"grids": "什么网格"}, id="a name that is none"),
        pytest.param({"position": "37.8, 112.5"}, id="exchanged"),
        pytest.param({"position": ""}, id="a fixed post nowhere"),
        pytest.param({"name": "鼓楼岗"}, id="a name that is taken"),
        pytest.param({"need": "-1"}, id="less than nobody"),
        pytest.param({"kind": "castle"}, id="no kind"),
    ],
)
def test_a_post_that_cannot_be_is_refused(
    board: Board, leader: Client, wrong: dict[str, Any]
) -> None:
    if "need" in wrong:
        wrong = {f"need-usual-{board.early.pk}": "-1"}
    before = Post.objects.count()
    assert leader.post("/patrols/posts/new/", post_fields(board, **wrong)).status_code == 422
    assert Post.objects.count() == before


@pytest.mark.parametrize("by", ["code", "name"])
def test_a_grid_that_is_gone_is_given_to_no_post(board: Board, leader: Client, by: str) -> None:
    named = getattr(board.grid, by)
    Grid.objects.filter(pk=board.grid.pk).update(gone_on=NOW)

    refused = leader.post("/patrols/posts/new/", post_fields(board, grids=named))

    assert refused.status_code == 422
    assert not Post.objects.filter(name="新岗").exists()


def test_a_post_with_duties_stays_in_its_territory(board: Board, leader: Client) -> None:
    make_duty(board)
    sent = post_fields(board, name="鼓楼岗", scope_code=f"{COMMUNITY}", version=1)
    assert leader.post(f"/patrols/posts/{board.gate.pk}/", sent).status_code == 422


def test_somebody_is_entered_with_an_account_of_the_area(board: Board, leader: Client) -> None:
    make_person("guard", Role.PATROLLER, STREET)
    make_person("far", Role.PATROLLER, OTHER_STREET)
    make_person("wall", Role.OPERATOR, STREET)
    sent = {
        "number": "B-1", "name": "孙立", "phone": "1380000", "force": "security_guard",
        "means": "foot", "scope_code": STREET, "is_active": "on",
    }  # fmt: skip
    for stranger in ("far", "wall", "none"):
        refused = leader.post("/patrols/members/new/", sent | {"username": stranger})
        assert refused.status_code == 422
    assert leader.post("/patrols/members/new/", sent | {"username": "guard"}).status_code == 302
    row = Member.objects.get(number="B-1")
    assert row.user is not None
    assert row.user.username == "guard"
    again = sent | {"number": "B-2", "username": "guard"}
    assert leader.post("/patrols/members/new/", again).status_code == 422
    assert leader.post("/patrols/members/new/", sent).status_code == 422


def test_hours_of_a_shift_stay_once_somebody_had_a_duty_in_it(
    board: Board, sign_in: SignIn
) -> None:
    client = sign_in(Role.DISTRICT_LEADER)
    address = f"/patrols/shifts/{board.early.pk}/"
    sent = {"name": "早班", "begins": "07:00", "ends": "15:00", "is_active": "on", "version": 1}
    assert client.post(address, sent).status_code == 302
    make_duty(board)
    later = sent | {"begins": "08:00", "version": 2}
    assert client.post(address, later).status_code == 422
    assert client.post(address, sent | {"name": "白班", "version": 2}).status_code == 302
    assert sign_in(Role.STREET_LEADER, (STREET,)).get(address).status_code == 403


def test_a_week_goes_along_as_a_workbook_without_formulas(board: Board, leader: Client) -> None:
    Member.objects.filter(pk=board.li.pk).update(name='=HYPERLINK("http://x")')
    replaced = make_duty(board, task="=1+1")
    make_duty(board, board.wang, stands_in_for=replaced, lowest="two")

    answer = leader.get(f"{PAGE}file.xlsx", WEEK)

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[2][:5] == ["日期", "岗位", "区划代码", "班次", "工号"]
    assert rows[3][1:] == [
        "鼓楼岗", STREET, "早班", "P001", '=HYPERLINK("http://x")', "=1+1", "常态", "一级", None,
    ]  # fmt: skip
    assert rows[4][-1] == "P001"
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert AuditRow.objects.get(action="roster.exported").detail["rows"] == 2


def test_monday_begins_the_week() -> None:
    assert monday_of(TODAY) == MONDAY
    assert monday_of(MONDAY + timedelta(days=6)) == MONDAY
