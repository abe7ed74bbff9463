"""Codes name a level and everything above it, and nothing else passes for one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids.codes import (
    CODE_PATTERN,
    BadCode,
    Level,
    grid_code,
    level_of,
    parent_code,
    prefix,
    reading_order,
)

KNOWN = [
    pytest.param("140000000000", Level.PROVINCE, "14", None, id="province"),
    pytest.param("140100000000", Level.CITY, "1401", "140000000000", id="city"),
    pytest.param("140107000000", Level.DISTRICT, "140107", "140100000000", id="district"),
    pytest.param("140107001000", Level.STREET, "140107001", "140107000000", id="street"),
    pytest.param("140107100000", Level.STREET, "140107100", "140107000000", id="town"),
    pytest.param("140107001010", Level.COMMUNITY, "140107001010", "140107001000", id="community"),
    pytest.param("140107100200", Level.COMMUNITY, "140107100200", "140107100000", id="village"),
    pytest.param("140107001001007", Level.GRID, "140107001001007", "140107001001", id="grid"),
    pytest.param(
        "14010700100100702", Level.GRID, "14010700100100702", "140107001001007", id="grid in a grid"
    ),
    pytest.param(
        "1401070010010070203",
        Level.GRID,
        "1401070010010070203",
        "14010700100100702",
        id="grid in a grid in a grid",
    ),
]

HOSTILE = [
    pytest.param("", id="empty"),
    pytest.param("0" * 12, id="all zeros"),
    pytest.param("140107", id="a bare prefix"),
    pytest.param("14010700100", id="a digit short"),
    pytest.param("1401070010011", id="13 digits"),
    pytest.param("140107001001000", id="grid number zero"),
    pytest.param("14010700100100100", id="part number zero"),
    pytest.param("1401070010010010001", id="part of a part without a number"),
    pytest.param("140107001001001020304", id="four levels of grids"),
    pytest.param("140107000001", id="community without a street"),
    pytest.param("140107000001001", id="grid without a street"),
    pytest.param("140007001001", id="district without a city"),
    pytest.param("１４０１０７００１００１", id="full-width digits"),
    pytest.param("١٤٠١٠٧٠٠١٠٠١", id="Arabic digits"),
    pytest.param("14010700100²", id="a superscript"),
    pytest.param("140107001001\n", id="a newline at the end"),
    pytest.param(" 140107001001", id="a space in front"),
    pytest.param("1.40107001001E+11", id="a spreadsheet's number"),
    pytest.param("-40107001001", id="a sign"),
    pytest.param("1401070010'--", id="SQL"),
    pytest.param(None, id="nothing"),
    pytest.param(140107001001, id="a number"),
]


@pytest.mark.parametrize(("code", "level", "digits", "parent"), KNOWN)
def test_a_code_tells_its_level_prefix_and_parent(
    code: str, level: Level, digits: str, parent: str | None
) -> None:
    assert (level_of(code), prefix(code), parent_code(code)) == (level, digits, parent)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(BadCode):
        level_of(text)


@pytest.mark.parametrize(
    ("community", "number"),
    [
        pytest.param("140107001001", 0, id="number zero"),
        pytest.param("140107001001", 1000, id="number of four digits"),
        pytest.param("140107001000", 1, id="a street"),
        pytest.param("140107001001001", 1, id="a grid"),
    ],
)
def test_a_grid_code_is_only_made_from_a_community_and_three_digits(
    community: str, number: int
) -> None:
    with pytest.raises(BadCode):
        grid_code(community, number)


def test_grid_numbers_are_padded_to_three_digits() -> None:
    assert grid_code("140107001001", 7) == "140107001001007"


@pytest.mark.parametrize(
    ("places", "order"),
    [
        pytest.param([], [], id="none"),
        pytest.param([(5.0, 5.0)], [0], id="one"),
        pytest.param([(0, 0), (0, 10), (10, 10), (10, 0)], [1, 2, 0, 3], id="two rows of two"),
        pytest.param([(10, 10), (0, 8), (5, 0)], [1, 0, 2], id="a row that is not quite level"),
        pytest.param([(3, 3), (3, 3)], [0, 1], id="the same place twice"),
    ],
)
def test_numbers_run_west_to_east_then_north_to_south(
    places: list[tuple[float, float]], order: list[int]
) -> None:
    assert reading_order(places, row_height=4.0) == order


def is_code(text: str) -> bool:
    try:
        level_of(text)
    except BadCode:
        return False
    return True


@given(st.from_regex(CODE_PATTERN.replace("$", r"\Z")) | st.from_regex(r"\A[0-2]{12,19}\Z"))
def test_the_pattern_for_other_systems_is_the_rule(text: str) -> None:
    assert bool(re.fullmatch(CODE_PATTERN, text)) == is_code(text)
