"""The outline of one's area as a phone keeps it: true within its tolerance, small, sent once."""

from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.test import Client
from django.utils import timezone

from events.reporting.area import MOST_CHARS, area_of
from gis_server.roles import Role
from grids.models import Division
from tests.conftest import SignIn
from tests.grids.territory import COMMUNITY, EAST, WEST, projected

FORM = "/api/events/form/"


def shape_of(area: dict[str, Any]) -> MultiPolygon:
    return MultiPolygon([Polygon(*rings) for rings in area["polygons"]], srid=4326)


def area(*reach: str) -> dict[str, Any] | None:
    return area_of(list(reach), timezone.localdate())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reach", "holds", "lacks"),
    [
        pytest.param((WEST,), 112.5, 113.5, id="one grid"),
        pytest.param((WEST, EAST), 113.5, 114.5, id="two grids"),
        pytest.param((COMMUNITY,), 113.5, 114.5, id="a community"),
        pytest.param(("140107", WEST), 113.5, 111.5, id="a district and a grid of it"),
    ],
)
def test_it_holds_what_the_reach_holds(
    territory: None, reach: tuple[str, ...], holds: float, lacks: float
) -> None:
    found = area(*reach)

    assert found is not None
    shape = shape_of(found)
    assert shape.contains(Point(holds, 37.5, srid=4326))
    assert not shape.contains(Point(lacks, 37.5, srid=4326))


@pytest.mark.django_db
def test_a_part_without_a_shape_or_no_part_at_all_is_no_area(territory: None) -> None:
    """What is not known cannot be said to be outside."""
    assert area() is None
    assert area("140199") is None
    Division.objects.filter(code="140107001000").update(shape=None, shape_3857=None)
    assert area("140107001", WEST) is None


@pytest.mark.django_db
def test_what_is_smaller_than_the_tolerance_is_no_area(territory: None) -> None:
    dot = Polygon(((112.5, 37.5), (112.50004, 37.5), (112.50004, 37.50004), (112.5, 37.5)))
    shape = MultiPolygon(dot, srid=4326)
    Division.objects.filter(code="140107000000").update(shape=shape, shape_3857=projected(shape))

    assert area("140107") is None


@pytest.mark.django_db
def test_a_long_coast_becomes_small_enough(territory: None) -> None:
    """40,000 teeth of 20 m, which no phone needs."""
    teeth = [(112 + n / 20_000, 37.0 + (n % 2) * 0.0002) for n in range(40_000)]
    ring = Polygon([*teeth, (114.0, 38.0), (112.0, 38.0), teeth[0]])
    shape = MultiPolygon(ring, srid=4326)
    Division.objects.filter(code="140107000000").update(shape=shape, shape_3857=projected(shape))

    found = area("140107")

    assert found is not None
    assert len(str(found["polygons"])) < 2 * MOST_CHARS
    assert found["off_m"] >= 20
    assert shape_of(found).sym_difference(shape).area < 2 * found["off_m"] / 111_000


def test_the_form_brings_it_once(sign_in: SignIn, territory: None) -> None:
    phone: Client = sign_in(Role.GRID_WORKER, (WEST,))

    first = phone.get(FORM).json()["area"]
    again = phone.get(FORM, {"have_area": first["version"]}).json()["area"]

    assert first["polygons"]
    assert again == {"version": first["version"]}
    other = phone.get(FORM, {"have_area": "0" * 16}).json()["area"]
    assert other == first
