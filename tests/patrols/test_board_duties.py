"""Putting people on duty, moving and withdrawing them; what has been stays answerable."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from gis_server.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from gis_server.models import AuditRow
from gis_server.roles import Role
from patrols.board.services.duties import (
    MOST_A_DAY,
    Terms,
    assign,
    change,
    mark_absent,
    move,
    withdraw,
)
from patrols.board.services.places import Place, mark
from patrols.control import ControlLevel
from patrols.models import Duty, Shift
from patrols.queries import duty_windows
from tests.events.town import DISTRICT, OTHER_STREET, STREET, make_person
from tests.patrols.board_town import (
    MONDAY,
    NOW,
    TODAY,
    TOMORROW,
    ZONE,
    Board,
    make_board,
    make_duty,
    make_member,
)

DAY = timedelta(days=1)


@pytest.fixture
def board(db: None) -> Board:
    return make_board()


def put(board: Board, **given: Any) -> Duty:
    known: dict[str, Any] = {
        "by": board.leader,
        "place": board.place(),
        "member": board.li.pk,
        "now": NOW,
    }
    return assign(**(known | given))


def windows(day_begin: datetime = NOW - DAY, days: int = 4) -> list[tuple[int, str, str]]:
    found = duty_windows(Duty.objects.all(), day_begin, day_begin + days * DAY)
    return [(one.duty.id, local(one.span.begin), local(one.span.end)) for one in found]


def local(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%d %H:%M}"


def test_a_leader_puts_somebody_on_duty_and_it_is_noted(board: Board) -> None:
    row = put(board, terms=Terms(task="  看好  路口 "))

    assert (row.post, row.shift, row.day, row.member) == (
        board.gate, board.early, TOMORROW, board.li,
    )  # fmt: skip
    assert (row.task, row.made_by, row.counts_from) == ("看好 路口", board.leader, None)
    noted = AuditRow.objects.get(action="duty.assigned")
    assert (noted.subject, noted.scope) == (str(row.pk), STREET)
    assert noted.detail == {"place": "2026-03-05 鼓楼岗 早班", "person": "P001"}


def test_whoever_joins_a_shift_that_runs_counts_from_then_and_who_leaves_until_then(
    board: Board,
) -> None:
    row = put(board, place=board.place(TODAY))
    withdraw(by=board.leader, duty=row.pk, now=NOW + timedelta(hours=2))

    assert windows() == [(row.pk, "04 10:00", "04 12:00")]


def test_whoever_is_withdrawn_before_the_shift_never_counted(board: Board) -> None:
    row = put(board)
    withdraw(by=board.leader, duty=row.pk, now=NOW)

    assert windows() == []


def test_the_past_is_only_put_right_with_a_reason(board: Board) -> None:
    with pytest.raises(Invalid) as refused:
        put(board, place=board.place(MONDAY))
    assert refused.value.detail == {"needs_reason": True}

    row = put(board, place=board.place(MONDAY), reason="漏录，值班日志可查")
    assert windows(NOW - 3 * DAY) == [(row.pk, "02 08:00", "02 16:00")]
    assert AuditRow.objects.get().detail["reason"] == "漏录，值班日志可查"
    with pytest.raises(Invalid):
        withdraw(by=board.leader, duty=row.pk, now=NOW)
    withdraw(by=board.leader, duty=row.pk, now=NOW, reason="录错人")
    assert windows(NOW - 3 * DAY) == []


@pytest.mark.parametrize("days", [-32, 367])
def test_days_too_far_away_are_refused(board: Board, days: int) -> None:
    with pytest.raises(Invalid):
        put(board, place=board.place(TODAY + days * DAY), reason="因为")


def test_a_stand_in_takes_over_with_the_levels_of_the_duty(board: Board) -> None:
    replaced = make_duty(board, lowest="two", task="看路口")

    row = put(board, member=board.wang.pk, terms=Terms(stands_in_for=replaced.pk))

    assert (row.stands_in_for, row.lowest, row.task) == (replaced, "two", "看路口")
    with pytest.raises(Conflict):
        put(board, member=make_member("P003", "张平").pk, terms=Terms(stands_in_for=replaced.pk))


def test_a_stand_in_in_mid_shift_takes_over_from_then(board: Board) -> None:
    replaced = make_duty(board, day=TODAY)
    row = put(
        board, place=board.place(TODAY), member=board.wang.pk,
        terms=Terms(stands_in_for=replaced.pk),
    )  # fmt: skip

    assert windows() == [(replaced.pk, "04 08:00", "04 10:00"), (row.pk, "04 10:00", "04 16:00")]


def test_a_move_withdraws_one_and_makes_another_with_the_same_terms(board: Board) -> None:
    row = make_duty(board, task="看路口", lowest="two")

    moved = move(by=board.leader, duty=row.pk, to=board.place(shift=board.late), now=NOW)

    row.refresh_from_db()
    assert row.withdrawn_at == NOW
    assert (moved.shift, moved.task, moved.lowest) == (board.late, "看路口", "two")
    assert AuditRow.objects.get(action="duty.moved").detail["since"] == "2026-03-05 鼓楼岗 早班"


def test_a_duty_that_somebody_stands_in_for_is_not_moved(board: Board) -> None:
    row = make_duty(board)
    make_duty(board, board.wang, stands_in_for=row)

    with pytest.raises(Conflict):
        move(by=board.leader, duty=row.pk, to=board.place(shift=board.late), now=NOW)


def test_task_and_levels_change_before_the_shift_and_only_the_task_in_it(board: Board) -> None:
    ahead, running = make_duty(board), make_duty(board, board.wang, TODAY)
    wanted = Terms("查车", ControlLevel.TWO, ControlLevel.ONE)

    assert change(by=board.leader, duty=ahead.pk, seen=Terms(), wanted=wanted, now=NOW).task
    with pytest.raises(Conflict):
        change(by=board.leader, duty=ahead.pk, seen=Terms(), wanted=wanted, now=NOW)
    with pytest.raises(Invalid):
        change(by=board.leader, duty=running.pk, seen=Terms(), wanted=wanted, now=NOW)
    row = change(by=board.leader, duty=running.pk, seen=Terms(), wanted=Terms("查车"), now=NOW)
    assert (row.task, row.lowest) == ("查车", "usual")


def test_who_did_not_come_is_said_once_the_shift_runs(board: Board) -> None:
    ahead, running = make_duty(board), make_duty(board, day=TODAY)

    with pytest.raises(Invalid):
        mark_absent(by=board.leader, duty=ahead.pk, is_absent=True, now=NOW)
    assert mark_absent(by=board.leader, duty=running.pk, is_absent=True, now=NOW).is_absent
    with pytest.raises(Conflict):
        mark_absent(by=board.leader, duty=running.pk, is_absent=True, now=NOW)
    assert not mark_absent(by=board.leader, duty=running.pk, is_absent=False, now=NOW).is_absent


@pytest.mark.parametrize(
    ("given", "error"),
    [
        pytest.param(lambda b: {"place": b.place(post=b.far)}, NotFound, id="another street"),
        pytest.param(lambda b: {"member": b.other.pk}, NotFound, id="another street's people"),
        pytest.param(lambda _b: {"member": 0}, NotFound, id="nobody"),
        pytest.param(lambda _b: {"place": Place(0, 0, TOMORROW)}, NotFound, id="nowhere"),
        pytest.param(lambda _b: {"terms": Terms("x" * 201)}, Invalid, id="a long task"),
        pytest.param(lambda _b: {"terms": Terms("a\0b")}, Invalid, id="a task no column holds"),
        pytest.param(
            lambda _b: {"terms": Terms("", ControlLevel.ONE, ControlLevel.TWO)}, Invalid,
            id="levels upside down",
        ),
        pytest.param(lambda _b: {"terms": Terms(stands_in_for=0)}, NotFound, id="for no duty"),
        pytest.param(lambda _b: {"seen": "7.1"}, Conflict, id="an old page"),
        pytest.param(lambda _b: {"reason": "x" * 201}, Invalid, id="a long reason"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_is_written(
    board: Board, given: Callable[[Board], dict[str, Any]], error: type[DomainError]
) -> None:
    with pytest.raises(error):
        put(board, **given(board))
    assert not Duty.objects.exists()
    assert not AuditRow.objects.exists()


def test_a_shift_of_another_district_is_none(board: Board) -> None:
    foreign = Shift.objects.create(
        area="140105", name="早班", begins=board.early.begins, ends=board.early.ends
    )
    with pytest.raises(NotFound):
        put(board, place=board.place(shift=foreign))


def test_whoever_is_out_of_service_or_has_a_full_day_is_refused(board: Board) -> None:
    for number in range(MOST_A_DAY):
        shift = Shift.objects.create(
            area=DISTRICT, name=f"{number}", begins=board.early.begins, ends=board.early.ends
        )
        make_duty(board, shift=shift)
    with pytest.raises(Invalid):
        put(board)
    type(board.wang).objects.filter(pk=board.wang.pk).update(is_active=False)
    with pytest.raises(Invalid):
        put(board, member=board.wang.pk)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.PLANNER, Role.AUDITOR, Role.PATROLLER])
def test_who_does_not_plan_changes_nothing(board: Board, role: Role) -> None:
    row = make_duty(board)
    other = make_person("other", role, DISTRICT)
    with pytest.raises(NotAllowed):
        put(board, by=other)
    with pytest.raises(NotAllowed):
        withdraw(by=other, duty=row.pk, now=NOW)


def test_a_leader_of_another_street_sees_no_such_duty(board: Board) -> None:
    row = make_duty(board)
    other = make_person("other", Role.STREET_LEADER, OTHER_STREET)
    with pytest.raises(NotFound):
        withdraw(by=other, duty=row.pk, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_two_planners_who_fill_one_place_together_one_succeeds() -> None:
    board = make_board()
    people = [board.li, board.wang]
    start, outcomes = Barrier(2), list[str]()

    def fill(number: int) -> None:
        try:
            start.wait()
            put(board, member=people[number].pk, seen=mark([]))
            outcomes.append("done")
        except Conflict:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=fill, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]
    assert Duty.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_planners_who_take_one_duty_one_succeeds() -> None:
    board = make_board()
    row = make_duty(board)
    start, outcomes = Barrier(2), list[str]()

    def take(number: int) -> None:
        try:
            start.wait()
            if number:
                withdraw(by=board.leader, duty=row.pk, now=NOW)
            else:
                move(by=board.leader, duty=row.pk, to=board.place(shift=board.late), now=NOW)
            outcomes.append("done")
        except Conflict:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=take, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]


def test_the_zone_of_days_is_the_districts(board: Board) -> None:
    before_midnight = datetime(2026, 3, 4, 23, 30, tzinfo=ZONE)
    assert timezone.localdate(before_midnight) == TODAY
    row = put(board, place=board.place(TODAY, board.night), now=before_midnight)
    assert row.counts_from == before_midnight
