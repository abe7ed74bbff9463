"""Territory simplified for a zoom: shared borders stay shared, and nothing vanishes."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from maps.simplify import CLOSE, WIDEST_UNITS, in_units, simplified, tolerance_m, unit_m, wide
from maps.tiles import EXTENT

WEST, SOUTH = 12_530_000.0, 4_565_000.0
STEPS = 12


def waves(columns: int, rows: int, side_m: float, bend: float = 0.15) -> Any:
    """Cells whose sides are waves that their neighbours have too."""

    def at(x: Any, y: Any) -> Any:
        x, y = np.broadcast_arrays(x, y)
        east = x + bend * np.sin(2 * np.pi * y)
        north = y + bend * np.sin(2 * np.pi * x)
        # Whole millimetres: both sides of a border have the same numbers.
        return np.round(np.column_stack([WEST + side_m * east, SOUTH + side_m * north]), 3)

    along = np.arange(STEPS) / STEPS
    return np.array(
        [
            shapely.Polygon(
                np.vstack(
                    [
                        at(c + along, r), at(c + 1, r + along),
                        at(c + 1 - along, r + 1), at(c, r + 1 - along),
                    ]
                )
            )
            for r in range(rows)
            for c in range(columns)
        ],
        dtype=object,
    )  # fmt: skip


@pytest.mark.parametrize("z", [8, 9, 10, 11, 12])
def test_borders_that_are_shared_stay_shared(z: int) -> None:
    shapes = waves(12, 8, 2_500.0)
    drawn = in_units(simplified(shapes, z), z)

    assert shapely.coverage_is_valid(drawn, 0.0)
    assert shapely.coverage_union_all(drawn).geom_type == "Polygon"
    # Nothing is counted twice, nothing left out.
    assert shapely.area(drawn).sum() == pytest.approx(shapely.coverage_union_all(drawn).area)


def test_from_afar_there_are_fewer_corners() -> None:
    shapes = waves(12, 8, 2_500.0)
    corners = [shapely.get_num_coordinates(simplified(shapes, z)).mean() for z in (12, 10, 8)]

    assert shapely.get_num_coordinates(shapes).mean() > corners[1] > corners[2]
    assert corners[0] > corners[1]


@pytest.mark.parametrize("z", [8, 10, 12])
def test_no_border_moves_by_more_than_four_times_the_tolerance(z: int) -> None:
    shapes = waves(6, 4, 2_500.0)
    moved = shapely.hausdorff_distance(
        shapely.boundary(shapely.coverage_union_all(shapes)),
        shapely.boundary(shapely.coverage_union_all(simplified(shapes, z))),
    )

    # Corners are given up one after the other, so it adds up: measured 3.7 pixels at zoom 10.
    assert moved < 4 * tolerance_m(z)


def test_what_is_smaller_than_a_unit_becomes_a_unit() -> None:
    tiny = np.array([shapely.box(WEST, SOUTH, WEST + 1, SOUTH + 1)], dtype=object)
    [drawn] = in_units(tiny, 8)

    assert drawn.area == 1.0
    assert drawn.is_valid


@given(
    z=st.integers(8, 12),
    side_m=st.floats(1.0, 50_000.0),
    x=st.floats(-2e7, 1.9e7),
    y=st.floats(-2e7, 1.9e7),
)
def test_every_shape_stays_a_shape_on_whole_units(
    z: int, side_m: float, x: float, y: float
) -> None:
    shapes = np.array([shapely.box(x, y, x + side_m, y + side_m)], dtype=object)
    [drawn] = in_units(shapes, z)

    points = shapely.get_coordinates(drawn)
    assert drawn.area > 0
    assert np.array_equal(points, np.rint(points))
    assert not drawn.exterior.is_ccw


def test_holes_stay() -> None:
    shell = shapely.box(WEST, SOUTH, WEST + 5_000, SOUTH + 5_000)
    hole = shapely.box(WEST + 2_000, SOUTH + 2_000, WEST + 3_000, SOUTH + 3_000)
    shapes = np.array([shell - hole, hole], dtype=object)
    ring, inside = in_units(simplified(shapes, 11), 11)

    assert len(ring.interiors) == 1
    assert ring.union(inside).area == pytest.approx(ring.area + inside.area)


def test_parts_and_holes_that_vanish_take_nothing_with_them() -> None:
    shell = shapely.box(WEST, SOUTH, WEST + 5_000, SOUTH + 5_000)
    hole = shapely.box(WEST + 2_000, SOUTH + 2_000, WEST + 2_001, SOUTH + 2_001)
    island = shapely.box(WEST + 9_000, SOUTH, WEST + 9_001, SOUTH + 1)
    other = shapely.box(WEST + 20_000, SOUTH, WEST + 22_000, SOUTH + 900)
    shapes = [shapely.MultiPolygon([shell - hole, island, other]), shapely.MultiPolygon([island])]
    two, tiny = in_units(np.array(shapes, dtype=object), 8)

    assert [len(part.interiors) for part in two.geoms] == [0, 0]
    assert two.is_valid
    assert tiny.area == 1


def test_what_overlaps_is_drawn_all_the_same() -> None:
    one, other = shapely.box(0, 0, 900, 900), shapely.box(400, 400, 1300, 1300)
    drawn = in_units(simplified(np.array([one, other], dtype=object), 11), 11)

    assert (shapely.area(drawn) > 0).all()


def test_only_what_cannot_go_into_a_tile_whole_is_wide() -> None:
    shapes = np.array(
        [shapely.box(0, 0, WIDEST_UNITS, 10), shapely.box(0, 0, 10, WIDEST_UNITS + 1)], dtype=object
    )

    assert wide(shapes).tolist() == [False, True]


def test_a_unit_is_a_4096th_of_a_tile() -> None:
    # 156,543.03392804097 m a pixel of 256 at zoom 0: OGC 17-083r4, WebMercatorQuad.
    assert unit_m(0) == pytest.approx(156543.03392804097 * 256 / EXTENT)
    assert tolerance_m(CLOSE) < tolerance_m(CLOSE - 1)
