"""Areas and lengths on the ellipsoid of shapes in degrees."""

import math

import numpy as np
import pytest
import shapely
from pyproj import Geod

from gis_server.ellipsoid import area_m2, areas_m2, flat_m, length_m, metres_a_degree

GEOD = Geod(ellps="WGS84")
CITY = shapely.box(112.5, 37.8, 112.6, 37.9)


def test_all_of_the_earth() -> None:
    # NIMA TR8350.2, table 3.3: 510,065,621.724 km².
    whole = shapely.segmentize(shapely.box(-180, -90, 180, 90), 1.0)

    assert area_m2(whole) == pytest.approx(510_065_621.724e6, rel=1e-9)


def test_a_box_of_parallels_as_geodesics_see_it_when_they_are_short() -> None:
    fine = shapely.segmentize(CITY, 1e-4)

    assert area_m2(CITY) == pytest.approx(abs(GEOD.geometry_area_perimeter(fine)[0]), rel=1e-9)


def test_a_slanted_side_is_straight_in_degrees() -> None:
    triangle = shapely.Polygon([(112.5, 37.8), (112.6, 37.8), (112.55, 37.9)])
    fine = shapely.segmentize(triangle, 1e-4)

    assert area_m2(triangle) == pytest.approx(abs(GEOD.geometry_area_perimeter(fine)[0]), rel=1e-9)


def test_a_node_on_a_side_changes_no_area() -> None:
    bare = shapely.Polygon([(112.5, 37.8), (112.62, 37.8), (112.62, 37.9)])
    noded = shapely.segmentize(bare, 0.0007)

    assert area_m2(noded) == pytest.approx(area_m2(bare), rel=1e-11)


def test_holes_and_parts_count() -> None:
    hole = shapely.box(112.52, 37.82, 112.54, 37.84)
    ring = CITY - hole

    areas = areas_m2([CITY, ring, hole, shapely.MultiPolygon([ring, hole]), shapely.Point(0, 0)])

    assert areas[1] + areas[2] == pytest.approx(areas[0], abs=1e-4)
    assert areas[3] == pytest.approx(areas[0], abs=1e-4)
    assert areas[4] == 0


def test_of_nothing_there_is_nothing() -> None:
    assert areas_m2([]).tolist() == []
    assert area_m2(shapely.Polygon()) == 0
    assert length_m(shapely.LineString()) == 0


def test_a_degree_is_as_long_as_on_the_ellipsoid() -> None:
    east, north = metres_a_degree(37.85)

    assert east * 0.001 == pytest.approx(GEOD.inv(112.5, 37.85, 112.501, 37.85)[2], rel=1e-8)
    assert north * 0.001 == pytest.approx(GEOD.inv(112.5, 37.8495, 112.5, 37.8505)[2], rel=1e-8)


def test_lengths_of_lines_and_borders() -> None:
    line = shapely.LineString([(112.5, 37.8), (112.505, 37.803)])
    both = shapely.MultiLineString([line, line.reverse()])

    assert length_m(line) == pytest.approx(GEOD.inv(*line.coords[0], *line.coords[1])[2], rel=1e-6)
    assert length_m(both) == pytest.approx(2 * length_m(line))
    assert length_m(CITY) == pytest.approx(length_m(CITY.exterior))


def test_flat_metres_have_the_area_of_degrees() -> None:
    small = shapely.box(112.5, 37.8, 112.505, 37.805)

    assert flat_m(small).area == pytest.approx(area_m2(small), rel=1e-6)
    assert np.hypot(*flat_m(small).centroid.coords[0]) == pytest.approx(0, abs=1e-6)
    assert math.isclose(flat_m(small).bounds[2], -flat_m(small).bounds[0])
