"""Classes and moments of figures: pure, with the edges, the empty and the degenerate."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from maps.figures.classes import (
    EDGES,
    NEVER,
    NOTHING,
    UNKNOWN,
    GridFigure,
    class_of,
    packed,
    tenths_of_hours,
    thousandths,
)
from maps.figures.moments import When, moments
from patrols import ages
from tests.maps.scripts import run

GROUNDS = {False: "#141c26", True: "#f4f7fa"}
SCRIPT = Path(__file__).parents[2] / "maps/static/maps/figures/classes.js"


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        pytest.param(0, 5, 0, id="none"),
        pytest.param(1, 3, 333, id="a third"),
        pytest.param(1, 100_000, 1, id="hardly any is more than none"),
        pytest.param(99_999, 100_000, 999, id="nearly all is not all"),
        pytest.param(7, 7, 1000, id="all"),
        pytest.param(0, 0, NOTHING, id="of nothing"),
    ],
)
def test_shares_are_told_in_thousandths(part: int, whole: int, told: int) -> None:
    assert thousandths([part], [whole]).tolist() == [told]


def test_hours_are_told_in_tenths() -> None:
    hours = np.array([0, 3.999, 4.0, 71.96, np.inf, np.nan])

    assert tenths_of_hours(hours).tolist() == [0, 39, 40, 719, NEVER, NOTHING]
    assert tenths_of_hours(np.array([])).tolist() == []


@pytest.mark.parametrize(
    ("figure", "value", "expected"),
    [
        (GridFigure.COVERAGE, 0, 0),
        (GridFigure.COVERAGE, 1, 1),
        (GridFigure.COVERAGE, 333, 1),
        (GridFigure.COVERAGE, 334, 2),
        (GridFigure.COVERAGE, 666, 2),
        (GridFigure.COVERAGE, 1000, 3),
        (GridFigure.EVENTS, 0, 0),
        (GridFigure.EVENTS, 2, 1),
        (GridFigure.EVENTS, 11, 4),
        (GridFigure.INTACT, 999, 2),
        (GridFigure.INTACT, 1000, 3),
        (GridFigure.UNSEEN, 39, 0),
        (GridFigure.UNSEEN, NEVER, 4),
        (GridFigure.UNSEEN, UNKNOWN, UNKNOWN),
        (GridFigure.INTACT, NOTHING, NOTHING),
    ],
)
def test_each_value_has_one_class(figure: GridFigure, value: int, expected: int) -> None:
    assert class_of(figure, value) == expected


def test_the_page_has_the_same_edges() -> None:
    script = SCRIPT.read_text(encoding="utf-8")

    for figure, edges in EDGES.items():
        found = re.search(rf"\b{figure}: \{{[^}}]*?edges: \[([\d, ]+)\]", script, re.DOTALL)
        assert found, figure
        assert [int(one) for one in found[1].split(",")] == list(edges)
    assert f"NEVER = {NEVER:_}".replace("_", "_") in script


def test_ids_are_packed_as_steps() -> None:
    assert packed([7, 9, 30]) == [7, 2, 21]
    assert packed([]) == []


def test_medians_of_many_groups_are_those_of_each() -> None:
    rng = np.random.default_rng(7)
    now = 1_000_000.0
    of = rng.integers(0, 50, 3000)
    of[of == 13] = 14  # one group has nothing
    at = rng.integers(0, 3, 3000) * rng.integers(1, 1_000_000, 3000)  # a third never

    found = ages.medians(at, of, 50, now)

    for group in range(50):
        expected = ages.ages(at[of == group], now).median_h
        assert found[group] == expected or (np.isnan(found[group]) and np.isnan(expected))
    assert np.isnan(found[13])


def test_medians_of_nothing() -> None:
    assert np.isnan(ages.medians([], [], 2, 0.0)).all()


def test_moments_are_by_the_clock_of_the_district() -> None:
    now = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)  # half past one on the third in Taiyuan

    found = moments(now, ZoneInfo("Asia/Shanghai"))

    assert found[When.NOW].at == now
    assert found[When.NOW].midnight == datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert found[When.YESTERDAY].at == datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
    assert found[When.LAST_WEEK].at == datetime(2026, 2, 23, 17, 30, tzinfo=UTC)


def test_moments_keep_the_hour_where_the_clock_was_put_forward() -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 3, 29, 12, tzinfo=zone)  # put forward that night

    found = moments(now, zone)

    assert found[When.YESTERDAY].at.astimezone(zone).hour == 12
    assert (now - found[When.YESTERDAY].at).total_seconds() == 23 * 3600


def luminance(colour: str) -> float:
    """As WCAG 2.2 has it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("is_light", [False, True])
@pytest.mark.parametrize("figure", list(GridFigure))
def test_what_is_bad_stands_out_from_the_ground(figure: GridFigure, *, is_light: bool) -> None:
    body = "return it.coloursOf(given.figure, given.light)"
    colours = run("figures/classes", body, {"figure": figure.value, "light": is_light})
    told = [contrast(colour, GROUNDS[is_light]) for colour in colours]
    least_is_bad = figure in (GridFigure.COVERAGE, GridFigure.INTACT)

    assert len(told) == len(EDGES[figure]) + 1
    assert told == sorted(told, reverse=least_is_bad)
    assert max(told) > 7
    assert min(told) < 2
