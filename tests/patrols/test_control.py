"""Which control level is in force where."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from patrols.control import ControlLevel, Switch, level_of, levels, spans

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DISTRICT, STREET, OTHER = "140107", "140107001", "140107002"
GRID = f"{STREET}001001"
USUAL, THREE, TWO, ONE = ControlLevel


def at(code: str, *switches: Switch, when: datetime = NOW) -> ControlLevel:
    found = {level_of(code, levels(order, when)) for order in permutations(switches)}
    assert len(found) == 1, "the order of rows must not matter"
    return found.pop()


def test_without_a_switch_it_is_the_usual_one() -> None:
    assert at(GRID) is USUAL


def test_a_district_and_all_in_it_are_at_its_level_and_others_are_not() -> None:
    switch = Switch(DISTRICT, TWO, NOW - HOUR)

    assert at(GRID, switch) is TWO
    assert at(DISTRICT, switch) is TWO
    assert at("140108001001001", switch) is USUAL


@pytest.mark.parametrize(
    ("district", "street", "holds"),
    [(TWO, ONE, ONE), (ONE, THREE, ONE), (USUAL, THREE, THREE), (TWO, USUAL, TWO)],
)
def test_of_district_and_street_the_higher_one_holds(
    district: ControlLevel, street: ControlLevel, holds: ControlLevel
) -> None:
    both = (Switch(DISTRICT, district, NOW - HOUR), Switch(STREET, street, NOW - 2 * HOUR))

    assert at(GRID, *both) is holds
    assert at(f"{OTHER}001001", *both) is district


@pytest.mark.parametrize(
    ("when", "holds"),
    [(-1, USUAL), (0, ONE), (119, ONE), (120, USUAL), (121, USUAL)],
)
def test_it_holds_from_its_beginning_to_before_its_end(when: int, holds: ControlLevel) -> None:
    switch = Switch(STREET, ONE, NOW, NOW + 2 * HOUR)

    assert at(GRID, switch, when=NOW + when * HOUR / 60) is holds


def test_the_newest_counts_and_what_was_before_does_not_come_back() -> None:
    before = Switch(STREET, THREE, NOW - 3 * HOUR, number=1)
    short = Switch(STREET, ONE, NOW - 2 * HOUR, NOW - HOUR, number=2)

    assert at(GRID, before, short, when=NOW - 2 * HOUR) is ONE
    assert at(GRID, before, short) is USUAL


def test_of_two_at_one_moment_the_later_row_counts() -> None:
    assert at(GRID, Switch(STREET, ONE, NOW, number=1), Switch(STREET, TWO, NOW, number=2)) is TWO


def test_the_levels_of_a_time_follow_one_another_as_they_held() -> None:
    switches = [
        Switch(DISTRICT, TWO, NOW, until=NOW + 2 * HOUR),
        Switch(STREET, ONE, NOW + HOUR, until=NOW + 3 * HOUR),
        Switch(OTHER, ONE, NOW, until=NOW + 9 * HOUR),
    ]

    found = spans(switches, GRID, NOW - HOUR, NOW + 4 * HOUR)

    assert [(begin - NOW, end - NOW, level) for begin, end, level in found] == [
        (-HOUR, 0 * HOUR, USUAL),
        (0 * HOUR, HOUR, TWO),
        (HOUR, 3 * HOUR, ONE),  # the district's own ends unnoticed
        (3 * HOUR, 4 * HOUR, USUAL),
    ]
