"""Hot grids: the statistic gives what its library documents, and chance alone gives nothing."""

import random

import pytest

from events.briefings.hot import gi_star, hot_places

# The example of PySAL's esda.getisord.G_Local (star=True, transform="B"): the points (10, 10),
# (20, 10), (40, 10), (15, 20), (30, 20), (30, 30), neighbours within 15, values y; the library's
# documentation prints these standardised Gi*.
Y = [2, 3, 3.2, 5, 8, 7]
NEAR = [[1, 3], [0, 3, 4], [4], [0, 1, 4], [1, 2, 3, 5], [4]]
ZS = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]


def test_the_statistic_is_that_of_the_published_example() -> None:
    assert gi_star(Y, NEAR) == pytest.approx(ZS, abs=1e-8)


@pytest.mark.parametrize(
    ("values", "near"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([4], [[]], id="one place"),
        pytest.param([3, 3, 3], [[1], [0, 2], [1]], id="all alike"),
    ],
)
def test_where_nothing_differs_there_is_no_statistic(
    values: list[float], near: list[list[int]]
) -> None:
    assert gi_star(values, near) == [None] * len(values)


def test_a_place_next_to_everybody_has_none() -> None:
    assert gi_star([1, 2, 3], [[1, 2], [0], [0]])[0] is None


def square(side: int) -> list[list[int]]:
    """Fields of a board, with those beside and above as neighbours."""
    return [
        [
            other
            for other in (n - side, n + side, n - 1 if n % side else -1,
                          n + 1 if (n + 1) % side else -1)
            if 0 <= other < side * side
        ]
        for n in range(side * side)
    ]  # fmt: skip


def test_a_cluster_is_hot_and_one_busy_place_alone_is_less_so() -> None:
    chance = random.Random(5)
    values = [float(chance.randint(0, 4)) for _ in range(400)]
    for busy in (210, 211, 230, 231):
        values[busy] = 25.0

    found = hot_places(values, square(20))

    assert {one.place for one in found[:4]} == {210, 211, 230, 231}
    assert found[0].heat == 3
    assert all(one.p <= 0.05 for one in found)
    assert [one.z for one in found] == sorted((one.z for one in found), reverse=True)


def test_noise_names_almost_nobody() -> None:
    chance = random.Random(11)

    named = [
        bool(hot_places([float(chance.randint(0, 9)) for _ in range(400)], square(20)))
        for _ in range(40)
    ]

    # One in twenty is what is allowed; neighbours make fields alike, so a little more is found.
    assert sum(named) <= 6


def test_few_places_say_nothing() -> None:
    assert hot_places([0.0] * 28 + [100.0], [[] for _ in range(29)]) == []
