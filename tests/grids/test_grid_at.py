"""A point has exactly one grid, also on a border; none outside, none before the first day."""

from datetime import date

import pytest
from django.contrib.gis.geos import Point
from django.db.backends.postgresql.psycopg_any import DateRange
from pytest_django import DjangoAssertNumQueries

from grids.models import GridShape
from grids.queries import grid_at
from tests.grids.territory import EAST, TODAY, WEST, at, shaped, square, two_grids

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("point", "code"),
    [
        pytest.param(at(112.5), WEST, id="inside the west"),
        pytest.param(at(113.5), EAST, id="inside the east"),
        pytest.param(at(113.0), WEST, id="on the shared border: the lowest code"),
        pytest.param(at(113.0, 38.0), WEST, id="on a shared corner"),
        pytest.param(at(114.0), EAST, id="on the outer border"),
        pytest.param(at(112.0, 37.0), WEST, id="on an outer corner"),
        pytest.param(at(114.0000001), None, id="a centimetre outside"),
        pytest.param(at(0.0, 0.0), None, id="at zero"),
        pytest.param(at(37.5, 112.5), None, id="east and north swapped"),
        pytest.param(Point(srid=4326), None, id="an empty point"),
    ],
)
def test_a_point_has_one_grid_or_none(point: Point, code: str | None) -> None:
    two_grids()

    grid = grid_at(point, TODAY)

    assert (grid.code if grid else None) == code


def test_a_point_asks_for_the_shapes_of_its_day() -> None:
    community = two_grids()
    change = date(2026, 7, 1)
    GridShape.objects.filter(grid__code=WEST).update(valid=DateRange(date(2026, 1, 1), change))
    shaped(WEST, community, square(112, size=0.25), DateRange(change, None))

    found = [grid_at(at(112.5), day) for day in (date(2026, 6, 30), change, date(2025, 12, 31))]

    assert [grid.code if grid else None for grid in found] == [WEST, None, None]


def test_a_lookup_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    two_grids()

    with django_assert_num_queries(1):
        grid = grid_at(at(112.5), TODAY)
        assert grid is not None
        assert grid.community.code == WEST[:12]


def test_of_grids_within_grids_it_is_the_innermost() -> None:
    community = two_grids()
    shaped(f"{WEST}01", community, square(112, size=0.5))

    places = at(112.25, 37.25), at(112.5, 37.5), at(112.75, 37.75)
    found = [grid_at(place, TODAY) for place in places]

    assert [grid.code if grid else None for grid in found] == [f"{WEST}01", f"{WEST}01", WEST]
