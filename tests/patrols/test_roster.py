"""Vacancies, stand-ins and conflicts of a roster."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from patrols.control import ControlLevel, Switch
from patrols.roster import (
    Conflict,
    Duty,
    Post,
    Shift,
    Vacancy,
    Window,
    conflicts,
    on_duty,
    vacancies,
    windows,
)

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 30)
TUESDAY = MONDAY + timedelta(days=1)
USUAL, THREE, TWO, ONE = ControlLevel
EARLY, LATE, NIGHT = (
    Shift(1, time(8), time(16)),
    Shift(2, time(16), time(0)),
    Shift(3, time(22), time(6)),
)
SHIFTS = {one.id: one for one in (EARLY, LATE, NIGHT)}
GATE = Post(10, {USUAL: {1: 2, 2: 1}, TWO: {1: 3, 2: 2, 3: 1}})


def duty(number: int, shift: int = 1, person: int = 7, **given: object) -> Duty:
    values = {"post": 10, "day": MONDAY} | given
    return Duty(id=number, shift=shift, person=person, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shift", "begin", "end"),
    [
        pytest.param(EARLY, (30, 8), (30, 16), id="by day"),
        pytest.param(LATE, (30, 16), (31, 0), id="to midnight"),
        pytest.param(NIGHT, (30, 22), (31, 6), id="over midnight"),
        pytest.param(Shift(4, time(8), time(8)), (30, 8), (31, 8), id="a day and a night"),
    ],
)
def test_a_shift_ends_on_its_day_or_the_next(
    shift: Shift, begin: tuple[int, int], end: tuple[int, int]
) -> None:
    span = shift.span(date(2026, 12, 30), ZONE)

    assert span.begin == datetime(2026, 12, *begin, tzinfo=ZONE)
    assert span.end == datetime(2026, 12, *end, tzinfo=ZONE)


def test_the_last_night_of_a_month_ends_in_the_next() -> None:
    assert NIGHT.span(MONDAY, ZONE).end == datetime(2026, 12, 1, 6, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("level", "needs"),
    [(USUAL, (2, 1, 0)), (THREE, (2, 1, 0)), (TWO, (3, 2, 1)), (ONE, (3, 2, 1))],
)
def test_a_level_that_is_not_named_needs_what_the_next_lower_does(
    level: ControlLevel, needs: tuple[int, int, int]
) -> None:
    assert tuple(GATE.need(level, shift) for shift in (1, 2, 3)) == needs


def test_a_post_that_names_only_a_high_level_is_empty_below_it() -> None:
    assert Post(1, {ONE: {1: 4}}).need(TWO, 1) == 0


def test_who_is_missing_is_told_by_the_level_of_the_day() -> None:
    there = [duty(1, person=7), duty(2, person=8), duty(3, 2, person=9)]
    levels = {MONDAY: {10: USUAL}, TUESDAY: {10: TWO}}

    found = vacancies([GATE], [EARLY, LATE, NIGHT], there, levels)

    assert found == [
        Vacancy(10, 1, TUESDAY, 3),
        Vacancy(10, 2, TUESDAY, 2),
        Vacancy(10, 3, TUESDAY, 1),
    ]


def test_a_stand_in_takes_the_place_and_does_not_fill_two() -> None:
    there = [duty(1, person=7), duty(2, person=8), duty(3, person=9, stands_in_for=1)]

    assert vacancies([GATE], [EARLY], there, {MONDAY: {}}) == []
    assert vacancies([GATE], [EARLY], there[:1] + there[2:], {MONDAY: {}}) == [
        Vacancy(10, 1, MONDAY, 1)
    ]


def test_one_person_in_two_places_is_a_conflict_and_two_people_are_not() -> None:
    clash = [duty(1), duty(2, post=11)]

    assert conflicts(clash, SHIFTS, ZONE) == [Conflict(7, 1, 2)]
    assert conflicts(reversed(clash), SHIFTS, ZONE) == [Conflict(7, 1, 2)]
    assert conflicts([duty(1), duty(2, post=11, person=8)], SHIFTS, ZONE) == []


def test_shifts_that_follow_are_none_and_those_that_overlap_are() -> None:
    assert conflicts([duty(1, 1), duty(2, 2, post=11)], SHIFTS, ZONE) == []
    assert conflicts([duty(1, 2), duty(2, 3, post=11)], SHIFTS, ZONE) == [Conflict(7, 1, 2)]


def test_a_night_meets_the_morning_after_it() -> None:
    dawn = SHIFTS | {4: Shift(4, time(5), time(9))}

    found = conflicts([duty(1, 3), duty(2, 4, day=TUESDAY, post=11)], dawn, ZONE)

    assert found == [Conflict(7, 1, 2)]


def test_a_long_duty_meets_all_that_lie_in_it() -> None:
    days = SHIFTS | {4: Shift(4, time(8), time(8))}
    within = [duty(1, 4), duty(2, 1, post=11), duty(3, 2, post=12)]

    assert conflicts(within, days, ZONE) == [Conflict(7, 1, 2), Conflict(7, 1, 3)]


def test_who_has_a_stand_in_is_in_no_conflict() -> None:
    there = [duty(1), duty(2, post=11), duty(3, person=8, stands_in_for=1)]

    assert conflicts(there, SHIFTS, ZONE) == []


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        pytest.param((USUAL, THREE), (TWO, ONE), False, id="one roster after the other"),
        pytest.param((USUAL, TWO), (TWO, ONE), True, id="one level in both"),
        pytest.param((USUAL, ONE), (THREE, THREE), True, id="one within the other"),
        pytest.param((ONE, ONE), (USUAL, TWO), False, id="the higher told first"),
    ],
)
def test_only_duties_that_one_level_brings_into_force_together_are_in_conflict(
    first: tuple[ControlLevel, ControlLevel],
    second: tuple[ControlLevel, ControlLevel],
    meet: bool,
) -> None:
    clash = [
        duty(1, lowest=first[0], highest=first[1]),
        duty(2, post=11, lowest=second[0], highest=second[1]),
    ]

    assert conflicts(clash, SHIFTS, ZONE) == ([Conflict(7, 1, 2)] if meet else [])


def test_each_of_three_that_meet_is_told_also_where_levels_part_two() -> None:
    three = [
        duty(1, highest=THREE),
        duty(2, post=11),
        duty(3, post=12, lowest=TWO),
    ]

    assert conflicts(three, SHIFTS, ZONE) == [Conflict(7, 1, 2), Conflict(7, 2, 3)]


def test_duties_that_took_over_from_one_another_are_no_conflict() -> None:
    noon = datetime(2026, 11, 30, 12, tzinfo=ZONE)

    assert conflicts([duty(1, ends=noon), duty(2, post=11, begins=noon)], SHIFTS, ZONE) == []


@pytest.mark.parametrize(
    ("at", "ids"),
    [((30, 7, 59), []), ((30, 8, 0), [1]), ((30, 16, 0), []), ((30, 22, 0), [2])],
)
def test_on_duty_is_from_the_first_to_before_the_last_minute(
    at: tuple[int, int, int], ids: list[int]
) -> None:
    there = [duty(1, 1), duty(2, 3, person=8)]

    found = on_duty(there, SHIFTS, datetime(2026, 11, *at, tzinfo=ZONE), ZONE)

    assert [one.id for one in found] == ids


def hours(*found: Window) -> list[tuple[int, int, int]]:
    return [(one.duty.id, one.span.begin.hour, one.span.end.hour) for one in found]


CODE, AREA = "140107001001", "140107"
AT_NOON = Switch(AREA, TWO, datetime(2026, 11, 30, 12, tzinfo=ZONE))
TO_TWO = Switch(
    AREA, TWO, datetime(2026, 11, 30, 12, tzinfo=ZONE), datetime(2026, 11, 30, 14, tzinfo=ZONE)
)


def test_a_switch_of_the_level_brings_its_roster_into_force_from_its_moment() -> None:
    duties = [
        duty(1, highest=THREE),
        duty(2, person=8, lowest=TWO),
        duty(3, person=9),
        duty(4, person=5, lowest=ONE),
    ]

    found = windows(duties, SHIFTS, {10: CODE}, [AT_NOON], ZONE)

    assert hours(*found) == [(1, 8, 12), (3, 8, 16), (2, 12, 16)]


def test_a_duty_of_the_usual_level_pauses_while_another_holds() -> None:
    found = windows([duty(1, highest=THREE)], SHIFTS, {10: CODE}, [TO_TWO], ZONE)

    assert hours(*found) == [(1, 8, 12), (1, 14, 16)]


def test_whoever_is_stood_in_for_is_not_on_duty() -> None:
    duties = [duty(1), duty(2, person=8, stands_in_for=1)]

    assert hours(*windows(duties, SHIFTS, {10: CODE}, [], ZONE)) == [(2, 8, 16)]


def test_a_stand_in_who_comes_later_leaves_the_time_before_to_the_other() -> None:
    noon = datetime(2026, 11, 30, 12, tzinfo=ZONE)
    duties = [duty(1), duty(2, person=8, stands_in_for=1, begins=noon)]

    assert hours(*windows(duties, SHIFTS, {10: CODE}, [], ZONE)) == [(1, 8, 12), (2, 12, 16)]


def test_a_duty_counts_from_when_it_was_made_to_when_it_was_withdrawn() -> None:
    nine, noon = (datetime(2026, 11, 30, hour, tzinfo=ZONE) for hour in (9, 12))
    never = datetime(2026, 11, 29, 9, tzinfo=ZONE)
    duties = [
        duty(1, begins=nine, ends=noon),
        duty(2, person=8, ends=never),
        duty(3, person=9),
        duty(4, person=5, stands_in_for=3, ends=never),
    ]

    assert hours(*windows(duties, SHIFTS, {10: CODE}, [], ZONE)) == [(3, 8, 16), (1, 9, 12)]
