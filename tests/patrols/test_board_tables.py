"""Rosters and people from files, and last week's roster once more."""

import io
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from gis_server.errors import Conflict, Invalid
from gis_server.models import AuditRow
from gis_server.roles import Role
from grids.models import Assignment, GridWorker, StaffRole
from patrols.board.filters import Filters
from patrols.board.roster_table import COLUMNS
from patrols.board.services import importing
from patrols.board.services.copying import Copied, copy_week
from patrols.board.services.importing import Outcome
from patrols.board.services.members import make_of_workers
from patrols.board.tables import MAX_BYTES, read
from patrols.board.views.roster import exported
from patrols.models import Duty, Member
from tests.conftest import SignIn
from tests.events.town import OTHER_STREET, STREET
from tests.patrols.board_town import (
    MONDAY,
    NOW,
    TODAY,
    TOMORROW,
    Board,
    make_board,
    make_duty,
    make_member,
)

HEADS = ("日期", "岗位", "班次", "工号", "姓名", "任务", "起始等级", "最高等级", "替谁工号")
FRIDAY = date(2026, 3, 6)
DAY = timedelta(days=1)


@pytest.fixture
def board(db: None) -> Board:
    return make_board()


def book(*rows: Sequence[object], heads: Sequence[str] = HEADS) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(list(heads))
    for row in rows:
        sheet.append(list(row))
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def row(day: object = FRIDAY, post: str = "鼓楼岗", shift: str = "早班", number: str = "P001",
        *more: object) -> list[object]:  # fmt: skip
    return [day, post, shift, number, *more]


def checked(board: Board, content: bytes) -> Outcome:
    with override("zh-hans"):
        return importing.check(by=board.leader, content=content, now=NOW)


def faults(outcome: Outcome) -> list[tuple[int, str]]:
    return [(one.line, one.column) for one in outcome.faults]


def enter(board: Board, content: bytes) -> Outcome:
    digest = checked(board, content).digest(content)
    return importing.enter(by=board.leader, content=content, checked=digest, now=NOW)


def live() -> list[tuple[str, str, str]]:
    rows = Duty.objects.filter(withdrawn_at=None).order_by("day", "member__number")
    return [(f"{one.day:%m-%d}", one.member.number, one.task) for one in rows]


def test_what_is_named_becomes_what_the_file_says_and_the_rest_stays(board: Board) -> None:
    make_duty(board, day=FRIDAY)
    make_duty(board, board.wang, FRIDAY, task="旧任务")
    make_duty(board, day=FRIDAY + DAY)
    make_member("P003", "张平")
    content = book(
        row(FRIDAY, "鼓楼岗", "早班", "P002", "王安", "新任务", "二级"),
        row("2026年3月6日", "鼓楼岗", "早班", "P003", "", "", "", "", "P002"),
    )

    outcome = enter(board, content)

    assert (len(outcome.new), len(outcome.changed), len(outcome.gone), outcome.same) == (1, 1, 1, 0)
    assert live() == [("03-06", "P002", "新任务"), ("03-06", "P003", ""), ("03-07", "P001", "")]
    stand_in = Duty.objects.get(member__number="P003")
    assert stand_in.stands_in_for == Duty.objects.get(member=board.wang)
    assert Duty.objects.get(member=board.wang).lowest == "two"
    assert AuditRow.objects.get(action="roster.imported").detail["counts"]["gone"] == 1


def test_a_check_writes_nothing(board: Board) -> None:
    assert len(checked(board, book(row())).new) == 1
    assert not Duty.objects.exists()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param([row("yesterday")], [(2, "日期")], id="no day"),
        pytest.param([row(date(2026, 3, 3))], [(2, "日期")], id="a shift that is over"),
        pytest.param([row(TODAY)], [(2, "日期")], id="a shift that runs"),
        pytest.param([row(date(2027, 12, 1))], [(2, "日期")], id="years ahead"),
        pytest.param([row(FRIDAY, "无此岗")], [(2, "岗位")], id="no post"),
        pytest.param([row(FRIDAY, "别处岗")], [(2, "岗位")], id="another street's post"),
        pytest.param([row(FRIDAY, "鼓楼岗", "早晚班")], [(2, "班次")], id="no shift"),
        pytest.param([row(number="P404")], [(2, "工号")], id="nobody"),
        pytest.param([row(number="P900")], [(2, "工号")], id="another street's people"),
        pytest.param([[*row(), "王安"]], [(2, "姓名")], id="somebody else's name"),
        pytest.param([[*row(), "", "x" * 201]], [(2, "任务")], id="a long task"),
        pytest.param([[*row(), "", "", "五级"]], [(2, "起始等级")], id="no level"),
        pytest.param([[*row(), "", "", "一级", "常态"]], [(2, "起始等级")], id="upside down"),
        pytest.param([row(), row()], [(3, "工号")], id="twice"),
        pytest.param([[*row(), "", "", "", "", "P002"]], [(2, "替谁工号")], id="for nobody there"),
        pytest.param([[*row(), "", "", "", "", "P001"]], [(2, "替谁工号")], id="for themselves"),
        pytest.param(
            [row("x", "y", "z", "w"), row()], [(2, "岗位"), (2, "日期"), (2, "工号")],
            id="all that is wrong with a row",
        ),
    ],
)  # fmt: skip
def test_each_mistake_is_told_by_row_and_column_and_nothing_is_written(
    board: Board, rows: list[list[object]], told: list[tuple[int, str]]
) -> None:
    content = book(*rows)

    assert faults(checked(board, content)) == told
    enter(board, content)
    assert not Duty.objects.exists()


def test_whoever_is_missing_from_a_shift_that_runs_is_not_withdrawn(board: Board) -> None:
    running = make_duty(board, day=TODAY)
    content = book(row(TODAY, "鼓楼岗", "夜班", "P002"))

    assert faults(checked(board, content)) == [(2, "工号")]
    running.refresh_from_db()
    assert running.withdrawn_at is None


def test_more_duties_than_a_day_holds_are_told(board: Board) -> None:
    posts = [type(board.gate)(name=f"岗{n}", kind="point", scope_code=STREET) for n in range(9)]
    type(board.gate).objects.bulk_create(posts)
    content = book(*(row(FRIDAY, one.name) for one in posts))
    assert len(faults(checked(board, content))) == 9


def test_one_person_in_two_places_is_shown_and_may_be_meant(board: Board) -> None:
    make_duty(board, board.wang, FRIDAY, post=board.patrol)
    content = book(row(), row(number="P002"))

    outcome = enter(board, content)

    assert [line for line, _said in outcome.clashes] == [3]
    assert len(live()) == 3


def test_a_file_that_was_not_checked_or_a_roster_that_has_changed_is_refused(
    board: Board,
) -> None:
    content = book(row())
    digest = checked(board, content).digest(content)
    with pytest.raises(Conflict):
        importing.enter(by=board.leader, content=book(row(TOMORROW)), checked=digest, now=NOW)
    make_duty(board, board.wang, FRIDAY)
    with pytest.raises(Conflict):
        importing.enter(by=board.leader, content=content, checked=digest, now=NOW)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_is_exported_is_the_roster_that_is_there(
    board: Board, client: Client, language: str
) -> None:
    replaced = make_duty(board, day=FRIDAY, task="看路口")
    make_duty(board, board.wang, FRIDAY, stands_in_for=replaced, highest="three", lowest="three")
    make_duty(board, day=TODAY)
    client.force_login(board.leader)
    client.cookies["django_language"] = language
    content = client.get(f"/patrols/roster/file.xlsx?week={MONDAY}").content

    outcome = checked(board, content)

    assert outcome.faults == []
    assert (outcome.new, outcome.changed, outcome.gone, outcome.same) == ([], [], [], 3)
    assert len(exported(board.leader, Filters(MONDAY))) == 3


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"PK\x03\x04 no workbook", id="no workbook"),
        pytest.param(b"\xff\xd8\xff a picture", id="a picture"),
        pytest.param(book(), id="no rows"),
        pytest.param(book(["x"], heads=["什么"]), id="no such column"),
        pytest.param(book([FRIDAY, "x"], heads=["日期", "岗位"]), id="columns missing"),
    ],
)
def test_what_is_no_such_table_is_refused_as_a_whole(board: Board, content: bytes) -> None:
    with pytest.raises(Invalid):
        checked(board, content)


def test_more_rows_than_a_file_may_have_are_refused() -> None:
    lines = "日期,岗位,班次,工号\n" + "2026-03-06,a,b,c\n" * 12
    with pytest.raises(Invalid):
        read(lines.encode(), COLUMNS, 10)


def test_a_roster_is_sent_checked_and_entered_over_the_page(board: Board, client: Client) -> None:
    client.force_login(board.leader)
    day = timezone.localdate() + 3 * DAY
    content = book(row(day))

    def send(query: str = "") -> Any:
        return client.post(
            f"/patrols/roster/import/send/{query}", content, content_type="application/octet-stream"
        )

    told = send().json()
    assert (told["new"], told["done"], told["fault_count"]) == (1, False, 0)
    assert "李青" in told["changes"][0]["sentence"]
    assert not Duty.objects.exists()
    assert send(f"?checked={told['digest']}").json()["done"] is True
    assert Duty.objects.get().day == day
    big = client.post(
        "/patrols/roster/import/send/", b"x" * (MAX_BYTES + 1),
        content_type="application/octet-stream",
    )  # fmt: skip
    assert big.status_code == 422


def test_only_planners_send_files(board: Board, sign_in: SignIn) -> None:
    operator = sign_in(Role.OPERATOR)
    for what in ("roster", "members"):
        answer = operator.post(
            f"/patrols/{what}/import/send/", b"x", content_type="application/octet-stream"
        )
        assert answer.status_code == 403


# ---- People ------------------------------------------------------------------------------------

PEOPLE = ("工号", "姓名", "电话", "队伍", "区划代码")


def send_people(client: Client, content: bytes, query: str = "") -> Any:
    address = f"/patrols/members/import/send/{query}"
    return client.post(address, content, content_type="application/octet-stream").json()


def test_people_are_entered_and_changed_from_a_file(board: Board, client: Client) -> None:
    client.force_login(board.leader)
    content = book(
        ["Z1", "孙立", "1380000", "志愿者", f"{STREET}000"],
        ["P001", "李青青", "", "辅警", STREET],
        heads=PEOPLE,
    )
    told = send_people(client, content)
    assert (told["new"], told["changed"], told["fault_count"]) == (1, 1, 0)
    assert not Member.objects.filter(number="Z1").exists()

    assert send_people(client, content, f"?checked={told['digest']}")["done"] is True
    assert Member.objects.get(number="P001").name == "李青青"
    assert (Member.objects.get(number="Z1").scope_code) == STREET


def test_mistakes_about_people_are_told_and_nobody_is_entered(board: Board, client: Client) -> None:
    client.force_login(board.leader)
    content = book(
        ["", "", "<x>", "军队", "12"],
        ["Z2", "甲", "", "志愿者", OTHER_STREET],
        ["Z3", "乙", "", "志愿者", STREET],
        ["Z3", "丙", "", "志愿者", STREET],
        ["P900", "赵远", "", "辅警", STREET],
        heads=PEOPLE,
    )
    told = send_people(client, content)
    where = [(one["line"], one["column"]) for one in told["faults"]]
    assert where == [
        (2, "工号"), (2, "姓名"), (2, "电话"), (2, "队伍"), (2, "区划代码"), (3, ""), (5, "工号"),
        (6, ""),
    ]  # fmt: skip
    send_people(client, content, f"?checked={told['digest']}")
    assert not Member.objects.filter(number__startswith="Z").exists()


def test_grid_workers_of_an_area_become_members_once(board: Board) -> None:
    for number, name in (("W1", "甲"), ("W2", "乙"), ("P001", "丙")):
        worker = GridWorker.objects.create(number=number, name=name, role=StaffRole.WORKER)
        Assignment.objects.create(worker=worker, grid=board.grid, role=StaffRole.WORKER)

    made = make_of_workers(by=board.leader, area=STREET, day=TODAY)

    assert (made.made, made.taken) == (2, 1)
    rows = Member.objects.exclude(worker=None)
    assert {(one.number, one.force, one.scope_code) for one in rows} == {
        ("W1", "grid_worker", f"{STREET}001"), ("W2", "grid_worker", f"{STREET}001"),
    }  # fmt: skip
    assert make_of_workers(by=board.leader, area=STREET, day=TODAY).made == 0


# ---- Last week once more -----------------------------------------------------------------------


def test_last_week_is_copied_where_nobody_is_and_what_is_left_out_is_told(board: Board) -> None:
    week = timedelta(weeks=1)
    replaced = make_duty(board, day=TOMORROW - week, task="看路口", lowest="two")
    make_duty(board, board.wang, TOMORROW - week, stands_in_for=replaced)
    make_duty(board, day=MONDAY - week)
    make_duty(board, day=FRIDAY - week)
    make_duty(board, board.wang, FRIDAY)
    gone = make_member("P003", "张平")
    make_duty(board, gone, FRIDAY - week, shift=board.late)
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    make_duty(board, day=FRIDAY - week, shift=board.night)
    make_duty(board, day=FRIDAY, shift=board.night, post=board.patrol)

    copied = copy_week(by=board.leader, filters=Filters(MONDAY), now=NOW)

    assert copied == Copied(made=1, there=1, begun=1, out_of_use=1, elsewhere=1)
    made = Duty.objects.get(day=TOMORROW)
    assert (made.member, made.task, made.lowest) == (board.li, "看路口", "two")
    assert copy_week(by=board.leader, filters=Filters(MONDAY), now=NOW).made == 0


def test_a_week_that_is_over_is_not_filled(board: Board) -> None:
    with pytest.raises(Invalid):
        copy_week(by=board.leader, filters=Filters(MONDAY - timedelta(weeks=1)), now=NOW)
