"""Which deadline holds, and how near it is."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from events.deadlines import (
    NONE_ENTERED,
    Case,
    Colour,
    Rule,
    Span,
    colour,
    dues,
    holding,
    late_stages,
    next_due,
    spans,
)
from events.workflow import RUNS_IN, Stage, Status
from gis_server.workdays.worktime import Calendar

TAIYUAN = ZoneInfo("Asia/Shanghai")
# Of the announcement for 2026: Spring Festival 15 to 23 February, worked on the 14th and 28th.
SPRING = Calendar(
    {date(2026, 2, day): False for day in (16, 17, 18, 19, 20, 23)}
    | {date(2026, 2, 14): True, date(2026, 2, 28): True}
)


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=TAIYUAN)


def rule(
    stage: Stage,
    amount: int,
    category: int | None = None,
    severity: str = "",
    level: str = "",
    since: int = 2024,
    control: str = "",
) -> Rule:
    span = Span(amount, in_workdays=False)
    return Rule(category, severity, level, stage, date(since, 1, 1), span, control=control)


CASE = Case(7, "minor", "community", "two")
ANY = rule(Stage.ACCEPT, 120)
NEWER = rule(Stage.ACCEPT, 90, since=2026)
BY_LEVEL = rule(Stage.ACCEPT, 60, None, "", "community")
BY_CONTROL = rule(Stage.ACCEPT, 50, control="two")
OF_THE_HIGHEST = rule(Stage.ACCEPT, 10, control="one")
BY_SEVERITY = rule(Stage.ACCEPT, 40, None, "minor")
BY_ENTRY = rule(Stage.ACCEPT, 20, 7)
OF_ANOTHER = rule(Stage.ACCEPT, 1, 8)
TOMORROWS = rule(Stage.ACCEPT, 2, 7, "minor", since=2027)


@pytest.mark.parametrize(
    ("rules", "held"),
    [
        pytest.param([], None, id="none"),
        pytest.param([ANY], ANY, id="the general one"),
        pytest.param([ANY, NEWER], NEWER, id="the newest of those alike"),
        pytest.param([NEWER, BY_LEVEL], BY_LEVEL, id="level before any"),
        pytest.param([BY_LEVEL, BY_CONTROL], BY_CONTROL, id="control level before level"),
        pytest.param([BY_CONTROL, BY_SEVERITY], BY_SEVERITY, id="severity before control level"),
        pytest.param([ANY, OF_THE_HIGHEST], ANY, id="not another control level's"),
        pytest.param([BY_SEVERITY, BY_ENTRY], BY_ENTRY, id="entry before severity"),
        pytest.param([ANY, OF_ANOTHER], ANY, id="not another entry's"),
        pytest.param([ANY, TOMORROWS], ANY, id="not one of a day to come"),
        pytest.param([rule(Stage.CLOSE, 1)], None, id="not another stage's"),
    ],
)
def test_the_most_exact_rule_holds(rules: list[Rule], held: Rule | None) -> None:
    assert holding(rules, CASE, Stage.ACCEPT, date(2026, 3, 2)) is held
    assert holding(reversed(rules), CASE, Stage.ACCEPT, date(2026, 3, 2)) is held


def test_where_nothing_was_entered_something_holds_all_the_same() -> None:
    assert spans([], CASE, date(2026, 3, 2)) == NONE_ENTERED
    due = dues(NONE_ENTERED, at(3, 2), SPRING)
    assert (due.accept, due.handle, due.close) == (at(3, 2, 11), at(3, 9, 18), at(3, 11, 18))
    assert due.amber_at == at(3, 2, 11) - timedelta(minutes=30)  # a quarter of two hours


def test_no_stage_is_due_after_the_whole() -> None:
    lengths = {stage: Span(60, in_workdays=False) for stage in Stage}
    lengths[Stage.HANDLE] = Span(5, in_workdays=True)

    due = dues(lengths, at(3, 2), SPRING)

    assert due.handle == due.close == at(3, 2, 10)


@pytest.mark.parametrize("status", list(Status))
def test_the_next_deadline_is_the_first_of_those_that_run(status: Status) -> None:
    due = {Stage.ACCEPT: at(3, 2), Stage.HANDLE: at(3, 3), Stage.CLOSE: at(3, 4)}
    running = [stage for stage in Stage if status in RUNS_IN[stage]]

    following = next_due(status, due)

    assert following == ((running[0], due[running[0]]) if running else None)
    assert late_stages(status, due, at(3, 3, 10)) == [
        stage for stage in running if stage is not Stage.CLOSE
    ]


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [
        pytest.param(-61, Colour.GREEN, id="before amber"),
        pytest.param(-60, Colour.AMBER, id="at amber"),
        pytest.param(-21, Colour.AMBER, id="before red"),
        pytest.param(-20, Colour.RED, id="a third of amber is left"),
        pytest.param(0, Colour.RED, id="due now"),
        pytest.param(1, Colour.LATE, id="late"),
    ],
)
def test_how_near_a_deadline_is(minutes: int, shown: Colour) -> None:
    due = datetime(2026, 3, 2, 12, tzinfo=UTC)

    assert colour(due + timedelta(minutes=minutes), due - timedelta(hours=1), due) is shown
