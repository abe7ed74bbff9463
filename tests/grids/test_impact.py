"""What a redrawing does, as arithmetic: loads and how even they are.  Pure."""

import numpy as np
import pytest

from grids.impact import Spread, load, spread, verdict

WEIGHTS = {"households": 1.0, "shops": 2.0, "street_km": 10.0}


def test_a_load_is_the_sum_of_figures_by_their_weights() -> None:
    assert load({"households": 300, "shops": 5, "street_km": 1.5, "area_m2": 9e9}, WEIGHTS) == 325


def test_loads_of_parts_add_up_to_that_of_the_whole() -> None:
    parts = {"households": np.array([100.0, 200.0]), "shops": np.array([1.0, 0.0])}

    assert load(parts, WEIGHTS).tolist() == [102.0, 200.0]
    assert load({"households": 300, "shops": 1}, WEIGHTS) == 302


def test_a_figure_that_is_missing_counts_nothing() -> None:
    assert load({}, WEIGHTS) == 0


# By hand: mean 300, deviations 100, 0, 100, standard deviation 81.65, a share of 27.22 %.
def test_spread() -> None:
    found = spread([200, 300, 400])

    assert (found.count, found.least, found.most, found.mean) == (3, 200, 400, 300)
    assert found.uneven_pct == pytest.approx(27.2166, abs=1e-4)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([], Spread(0, 0, 0, 0, None), id="no grids"),
        pytest.param([0, 0], Spread(2, 0, 0, 0, None), id="nobody lives there"),
        pytest.param([7], Spread(1, 7, 7, 7, 0), id="one grid is even"),
    ],
)
def test_spread_of_nothing(values: list[float], expected: Spread) -> None:
    assert spread(values) == expected


@pytest.mark.parametrize(
    ("households", "expected"),
    [(0, "below"), (299, "below"), (300, "within"), (500, "within"), (501, "above")],
)
def test_verdict(households: float, expected: str) -> None:
    assert verdict(households, 300, 500) == expected
