"""`check` is silent on a sound territory and says what is wrong with an unsound one."""

from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from grids.invariants import check
from grids.models import Building, Division, Grid, GridShape, Shop
from tests.grids.territory import COMMUNITY, EAST, WEST, at, division, square, two_grids

pytestmark = pytest.mark.django_db


def test_an_empty_database_is_sound() -> None:
    assert list(check()) == []


def test_two_grids_that_divide_their_community_are_sound() -> None:
    two_grids()

    assert list(check()) == []


def test_a_grid_that_no_longer_covers_its_part_is_told() -> None:
    two_grids()
    GridShape.objects.filter(grid__code=EAST).update(shape=square(113, size=0.5))

    assert any(line.startswith(f"below {COMMUNITY}") for line in check())


def test_a_grid_without_a_shape_today_is_told() -> None:
    two_grids()
    ended = DateRange(date(2026, 1, 1), date(2026, 1, 2))
    GridShape.objects.filter(grid__code=WEST).update(valid=ended)

    assert [line.split(" at ")[0] for line in check()] == [
        f"below {COMMUNITY}: {COMMUNITY} uncovered"
    ]


def test_codes_that_contradict_the_tree_are_told() -> None:
    community = two_grids()
    other = division("140107001002", "community", community.parent, kind="community")
    Grid.objects.filter(code=EAST).update(community=other)
    Division.objects.filter(code=COMMUNITY).update(level="street")

    told = "\n".join(check())

    assert f"grid {EAST} belongs to community 140107001002" in told
    assert f"division {COMMUNITY} is stored as street" in told


def test_a_place_outside_of_its_grid_is_told() -> None:
    two_grids()
    west = Grid.objects.get(code=WEST)
    for table, east in ((Building, 112.5), (Building, 113.5), (Shop, 115.0)):
        table.objects.create(point=at(east), scope_code="140107")
    Building.objects.update(grid=west)
    Shop.objects.update(grid=west)

    told = list(check())

    assert [line.split(" ")[0] for line in told] == ["grids_building", "grids_shop"]
    assert f"lies in grid {EAST}, the table says {WEST}" in told[0]


def test_a_name_that_the_history_does_not_know_is_told() -> None:
    two_grids()
    Grid.objects.filter(code=EAST).update(name="another")

    assert list(check()) == [f"grid {EAST} has a code or name that its history does not know"]
