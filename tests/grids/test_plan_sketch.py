"""The drawing of a plan: north up, true about its middle.  Pure."""

import pytest
import shapely

from grids.plans.effects.sketch import HEIGHT, MARGIN, WIDTH, path_of, sketch


def test_nothing_to_draw() -> None:
    assert sketch([], [], []) is None


def test_north_is_up_and_lengths_are_alike_both_ways() -> None:
    # At 38° north a degree to the east is 87.83 km, to the north 110.99 km (pyproj.Geod).
    square = shapely.box(112.5, 37.9, 112.5 + 1 / 87.83, 37.9 + 1 / 110.99)

    drawn = sketch([square], [], [(112.5, 37.9, "shop", "south-west")])

    assert drawn is not None
    [dot] = drawn.dots
    assert drawn.height == pytest.approx(HEIGHT, abs=1)
    assert (dot.x, dot.y) == pytest.approx((WIDTH / 2 - 256, HEIGHT - MARGIN), abs=1.5)
    assert drawn.bar_m == 200
    assert drawn.bar == pytest.approx(102.4, abs=0.5)


def test_a_hole_is_a_ring_of_its_own() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))

    assert path_of(ring).count("M") == 2
    assert path_of(ring).endswith("Z")
