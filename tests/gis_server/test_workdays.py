"""Working days: terms and office hours, the page of the calendar, and who changes it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from gis_server.errors import Conflict, NotAllowed
from gis_server.models import AuditRow, CalendarDay, User
from gis_server.roles import Role
from gis_server.workdays import calendar
from gis_server.workdays.worktime import END_OF_WORK, Calendar, end_of_term, workdays_between
from tests.cameras.threads import together
from tests.conftest import MakeUser, SignIn
from tests.gis_server.people import person
from tests.grids.territory import WEST, two_grids

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
TAIYUAN = ZoneInfo("Asia/Shanghai")
# Of the announcement for 2026: Spring Festival 15 to 23 February, worked on the 14th and 28th.
SPRING = Calendar(
    {date(2026, 2, day): False for day in (16, 17, 18, 19, 20, 23)}
    | {date(2026, 2, 14): True, date(2026, 2, 28): True}
)


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=TAIYUAN)


@pytest.mark.parametrize(
    ("start", "workdays", "end"),
    [
        pytest.param(at(3, 2), 1, at(3, 3, 18), id="the day itself does not count"),
        pytest.param(at(3, 6), 1, at(3, 9, 18), id="over a weekend"),
        pytest.param(at(3, 7), 1, at(3, 9, 18), id="from a Saturday"),
        pytest.param(at(3, 2, 23), 1, at(3, 3, 18), id="late at night"),
        pytest.param(at(2, 13), 1, at(2, 14, 18), id="a Saturday that is worked"),
        pytest.param(at(2, 13), 2, at(2, 24, 18), id="over the Spring Festival"),
        pytest.param(at(2, 24), 4, at(2, 28, 18), id="to the other Saturday that is worked"),
    ],
)
def test_a_term_of_working_days(start: datetime, workdays: int, end: datetime) -> None:
    assert end_of_term(start, workdays, SPRING) == end


@pytest.mark.parametrize("workdays", [0, -1, 251])
def test_terms_that_there_are_not(workdays: int) -> None:
    with pytest.raises(ValueError, match="term"):
        end_of_term(at(3, 2), workdays, SPRING)


def test_a_calendar_without_working_days_ends() -> None:
    never = Calendar({date(2026, 1, 1) + timedelta(days=n): False for n in range(3000)})

    with pytest.raises(ValueError, match="too few"):
        end_of_term(at(3, 2), 1, never)


@given(
    st.dates(date(2026, 1, 1), date(2026, 3, 31)),
    st.integers(1, 250),
    st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.booleans(), max_size=40),
)
def test_a_term_holds_exactly_its_working_days_and_ends_on_one(
    day: date, workdays: int, exceptions: dict[date, bool]
) -> None:
    calendar = Calendar(exceptions)
    start = datetime.combine(day, END_OF_WORK, TAIYUAN)

    end = end_of_term(start, workdays, calendar)

    assert calendar.is_workday(end.date())
    assert workdays_between(day, end.date(), calendar) == workdays


@pytest.mark.parametrize(
    ("moment", "works"),
    [
        pytest.param(at(3, 3, 8), True, id="a Tuesday at eight"),
        pytest.param(at(3, 3, 7), False, id="before eight"),
        pytest.param(at(3, 3, 18), False, id="from eighteen on"),
        pytest.param(at(3, 7, 10), False, id="a Saturday"),
        pytest.param(at(2, 17, 10), False, id="a Tuesday of the Spring Festival"),
        pytest.param(at(2, 28, 10), True, id="a Saturday that is worked"),
    ],
)
def test_office_hours_follow_the_calendar(moment: datetime, works: bool) -> None:
    assert SPRING.is_office_time(moment) is works


@pytest.fixture
def client(sign_in: SignIn) -> Client:
    return sign_in(Role.DISTRICT_LEADER)


pytestmark = pytest.mark.django_db


def test_the_year_shows_its_holidays_and_says_what_is_not_announced(client: Client) -> None:
    known = client.get("/calendar/?year=2026").content.decode()
    unknown = client.get("/calendar/?year=2027").content.decode()

    # 19 days off that the week calls working days, and the legend; 6 worked instead.
    assert known.count('class="day holiday') == 20
    assert known.count('class="day made-up') == 7
    assert "尚未公布" not in known
    assert "2027" in unknown
    assert "尚未公布" in unknown


def test_a_day_is_changed_and_an_old_page_changes_nothing(client: Client) -> None:
    sent = {"day": "2026-12-25", "state": "holiday", "name": "停电", "seen": ""}

    assert client.post("/calendar/?year=2026", sent).status_code == 302
    assert client.post("/calendar/?year=2026", sent).status_code == 422
    row = CalendarDay.objects.get(day=date(2026, 12, 25))
    assert (row.is_workday, row.name, row.source) == (False, "停电", "")

    back = {"day": "2026-12-25", "state": "week", "name": "", "seen": "holiday"}
    client.post("/calendar/?year=2026", back)
    assert not CalendarDay.objects.filter(day=date(2026, 12, 25)).exists()


@pytest.mark.parametrize("query", ["year=1999", "year=9999", "day=2026-02-30", "day=x"])
def test_years_and_days_that_there_are_not(client: Client, query: str) -> None:
    assert client.get(f"/calendar/?{query}").status_code == 422


def test_the_holidays_that_were_entered_are_those_of_the_library(db: None) -> None:
    """The migration's rows are plain; `chinesecalendar` has them from the announcements."""
    for year in (2024, 2025, 2026):
        rows = {(r.day, r.is_workday, r.name) for r in CalendarDay.objects.filter(day__year=year)}
        assert rows == {(r.day, r.is_workday, r.name) for r in calendar.known_year(year)}


def test_a_year_that_is_announced_since_is_entered_once(db: None) -> None:
    CalendarDay.objects.filter(day__year=2026).delete()
    CalendarDay.objects.create(day=date(2026, 1, 1), is_workday=True, name="by hand")

    assert calendar.load_known_years(NOW) == [2026]
    assert calendar.load_known_years(NOW) == []
    assert CalendarDay.objects.get(day=date(2026, 1, 1)).name == "by hand"
    assert CalendarDay.objects.filter(day__year=2026).count() == 25


def test_the_page_costs_a_fixed_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/calendar/?year=2026")

    with django_assert_num_queries(4):
        client.get("/calendar/?year=2026")


def test_only_who_answers_for_all_grids_changes_a_day(make_user: MakeUser) -> None:
    two_grids()
    whole, part = make_user(Role.DISTRICT_LEADER), make_user(Role.DISTRICT_LEADER, (WEST,))
    wanted: dict[str, Any] = {
        "day": date(2026, 12, 25),
        "is_workday": False,
        "name": "停电",
        "seen": None,
    }

    with pytest.raises(NotAllowed):
        calendar.set_day(by=part, now=NOW, **wanted)
    calendar.set_day(by=whole, now=NOW, **wanted)

    assert AuditRow.objects.get(action="calendar.changed").who == whole.username


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_change_a_day_one_wins() -> None:
    people = [person(f"a{n}", Role.ADMINISTRATOR) for n in range(8)]
    day = date(2026, 12, 24)

    def change(user: User) -> str:
        try:
            calendar.set_day(
                by=user, day=day, is_workday=False, name=user.username, seen=None, now=NOW
            )
        except Conflict:
            return "late"
        return "won"

    said = together(*(lambda user=user: change(user) for user in people))

    assert sorted(said) == ["late"] * 7 + ["won"]


BEFORE = [("events", "0060_gravest_first"), ("gis_server", "0012_roles_of_events")]


def columns(rows: Any) -> set[tuple[Any, ...]]:
    return set(rows.values_list("day", "is_workday", "name", "source", "changed_at", "changed_by"))


@pytest.mark.django_db(transaction=True)
def test_days_move_from_events_to_all_and_back(make_user: MakeUser) -> None:
    boss = make_user(Role.ADMINISTRATOR)
    calendar.set_day(
        by=boss, day=date(2026, 12, 25), is_workday=False, name="停电", seen=None, now=NOW
    )
    CalendarDay.objects.create(day=date(2026, 1, 1), is_workday=False, name="元旦", source="x")
    known = columns(CalendarDay.objects)
    try:
        executor = MigrationExecutor(connection)
        executor.migrate(BEFORE)
        before = MigrationExecutor(connection).loader.project_state(BEFORE).apps
        assert columns(before.get_model("events", "CalendarDay").objects) == known
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())

    assert columns(CalendarDay.objects) == known
