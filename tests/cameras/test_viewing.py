"""What a camera sees of the ground; areas by hand: a sector of angle a has r²·a/2."""

import math

import pytest
import shapely

from cameras.viewing import BLIND_GUESS_M, REACH_M, around, seen


def test_a_sector_looks_where_the_camera_does() -> None:
    # Towards the east, 90° wide.
    area = seen(1000, 2000, 90, 90)
    assert area.area == pytest.approx(REACH_M**2 * math.pi / 4, rel=0.01)
    assert area.contains(shapely.Point(1040, 2000))
    assert not area.intersects(shapely.Point(990, 2000))
    assert not area.contains(shapely.Point(1000, 2040))


def test_over_north_a_sector_is_whole() -> None:
    area = seen(0, 0, 0, 60)
    assert area.contains(shapely.Point(-10, 30))
    assert area.contains(shapely.Point(10, 30))


@pytest.mark.parametrize("angle", [1, 60, 180, 200, 359])
def test_every_angle_makes_a_valid_area(angle: int) -> None:
    assert seen(0, 0, 215, angle).is_valid


def test_whoever_knows_no_direction_claims_little_but_fears_much() -> None:
    assert seen(0, 0, None, 90).area == pytest.approx(math.pi * BLIND_GUESS_M**2, rel=0.02)
    assert around(0, 0, None, 90).area == pytest.approx(math.pi * REACH_M**2, rel=0.02)
    assert around(0, 0, 90, 90).equals(seen(0, 0, 90, 90))


def test_all_around_is_a_circle() -> None:
    assert seen(0, 0, 10, 360).area == pytest.approx(math.pi * REACH_M**2, rel=0.02)
