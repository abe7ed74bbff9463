"""Walks around grids: what their sums prove of a division, and what they do not pass over."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from grids import borders
from grids.topology import Fault, prove_territory

WHOLE = "140107000000"
WEST, SOUTH, STEP = 112.5, 37.9, 0.004

Shape = Any


def at(x: float, y: float) -> tuple[float, float]:
    return round(WEST + x * STEP, 7), round(SOUTH + y * STEP, 7)


def box(x: float, y: float, wide: float = 1, high: float = 1) -> Shape:
    return shapely.box(*at(x, y), *at(x + wide, y + high))


def field(wide: int, high: int, x: float = 0, y: float = 0) -> list[Shape]:
    return [box(x + k, y + row) for row in range(high) for k in range(wide)]


def total(shapes: list[Shape]) -> int:
    return int(np.add.reduce(borders.walks(shapes).sums))


def proven(shapes: list[Shape], outline: Shape) -> set[Fault]:
    grids = {f"140107001{k // 900 + 1:03d}{k % 900 + 1:03d}": one for k, one in enumerate(shapes)}
    return {one.fault for one in prove_territory(grids, {WHOLE: outline})}


def union(shapes: list[Shape]) -> Shape:
    return shapely.coverage_union_all(shapes)


@given(
    wide=st.integers(1, 6), high=st.integers(1, 6), flips=st.integers(0, 2**36),
    dropped=st.integers(0, 35),
)  # fmt: skip
def test_grids_walk_as_their_outline_whichever_way_round_they_are_drawn(
    wide: int, high: int, flips: int, dropped: int
) -> None:
    grids = [one.reverse() if flips >> k & 1 else one for k, one in enumerate(field(wide, high))]
    outline = union(grids)
    assert total(grids) == total([outline]) == total([outline.reverse()])

    del grids[dropped % len(grids)]
    assert total(grids) != total([outline])


def test_a_hole_counts_whichever_way_round_it_is_drawn() -> None:
    shell, inner = box(0, 0, 3, 3), box(1, 1)
    for hole in (inner.exterior, inner.exterior.reverse()):
        ring = shapely.Polygon(shell.exterior, [hole])
        assert total([ring, inner]) == total([shell])


def test_pieces_of_a_grid_are_walked_each() -> None:
    apart = shapely.MultiPolygon([box(0, 0), box(5, 0)])
    assert total([apart]) == total([box(0, 0), box(5, 0)])


def test_nothing_and_corners_that_stand_twice_add_nothing() -> None:
    doubled = shapely.Polygon([c for c in box(0, 0).exterior.coords for _ in range(2)])
    assert total([doubled]) == total([box(0, 0)])
    assert total([]) == total([None, shapely.Polygon()]) == 0


def test_minus_zero_is_zero() -> None:
    assert total([shapely.box(-1, -1, 0.0, 0.0)]) == total([shapely.box(-1, -1, -0.0, -0.0)])


def test_grids_beside_an_outline_are_found() -> None:
    grids = field(4, 4)
    outer = borders.beside(borders.walks(grids), borders.walks([union(grids)]))
    assert sorted(set(range(16)) - set(outer.tolist())) == [5, 6, 9, 10]


def test_a_grid_that_is_there_twice_is_told_though_the_outline_is_right() -> None:
    grids = field(5, 5)
    assert not proven(grids, union(grids))
    assert Fault.GAP_OR_OVERLAP in proven([*grids, box(2, 2)], union(grids))


def test_a_whole_field_inside_another_is_told() -> None:
    """Its own sides cancel out; its outline does not."""
    grids = field(6, 6)
    assert Fault.GAP_OR_OVERLAP in proven([*grids, *field(2, 2, 1.5, 1.5)], union(grids))


def test_a_field_inside_the_hole_that_the_outline_of_another_division_fills_is_told() -> None:
    """Each division has exactly its grids; that the two overlap is seen by their outlines."""
    first, second = field(6, 6), field(2, 2, 1.5, 1.5)
    grids = {f"140107001001{k + 1:03d}": one for k, one in enumerate(first)}
    grids |= {f"140108001001{k + 1:03d}": one for k, one in enumerate(second)}
    outlines = {"140107000000": union(first), "140108000000": union(second)}

    assert Fault.GAP_OR_OVERLAP in {one.fault for one in prove_territory(grids, outlines)}


def test_a_narrow_gap_is_told_though_the_outline_has_it_too() -> None:
    narrow = 1 + 5e-7 / STEP  # 4 cm
    gap = shapely.Polygon([at(1, 1), at(narrow, 1), at(narrow, 2), at(1, 2)])
    grids = [
        *(box(0, row) for row in range(3)),
        shapely.Polygon([at(1, 0), at(2, 0), at(2, 1), at(narrow, 1), at(1, 1)]),
        shapely.Polygon([at(narrow, 1), at(2, 1), at(2, 2), at(narrow, 2)]),
        shapely.Polygon([at(1, 2), at(narrow, 2), at(2, 2), at(2, 3), at(1, 3)]),
    ]
    outline = shapely.Polygon(union(field(2, 3)).exterior, [gap.exterior])
    assert total(grids) == total([outline])

    assert proven(grids, outline) == {Fault.GAP_OR_OVERLAP}


def test_an_outline_that_crosses_itself_proves_nothing() -> None:
    """Two squares, one over the other by half, walked in one go: the walk is right, twice."""
    grids = [box(0, 0), box(0.5, 0.5)]
    crossing = shapely.MultiPolygon(grids)
    assert not crossing.is_valid
    assert total(grids) == total([crossing])

    assert Fault.GAP_OR_OVERLAP in proven(grids, crossing)


@pytest.mark.parametrize("shift_m", [0.001, 1.0])
def test_a_moved_corner_is_told(shift_m: float) -> None:
    grids = field(3, 3)
    outline = union(grids)
    corners = list(grids[4].exterior.coords)[:-1]
    corners[0] = (corners[0][0] + shift_m * 1e-5, corners[0][1])
    grids[4] = shapely.Polygon(corners)

    assert Fault.GAP_OR_OVERLAP in proven(grids, outline)
