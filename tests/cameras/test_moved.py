"""Cameras on ground that a boundary plan gives to another grid."""

import pytest
from django.contrib.gis.geos import Point

from cameras.models import Camera
from gis_server.models import ChangeRow
from tests.cameras.conftest import MakeCamera
from tests.grids.plans.planning import border_at, published
from tests.grids.territory import COMMUNITY, EAST, WEST, two_grids

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


def standing(make_camera: MakeCamera, *easts: float) -> list[Camera]:
    rows = [make_camera(scope_code=COMMUNITY) for _east in easts]
    for row, east in zip(rows, easts, strict=True):
        Camera.objects.filter(pk=row.pk).update(point=Point(east, 37.5, srid=4326))
    return rows


def told() -> list[ChangeRow]:
    return list(ChangeRow.objects.filter(topic="camera"))


def test_those_who_lose_and_win_cameras_hear_of_it_once(make_camera: MakeCamera) -> None:
    cameras = standing(make_camera, 112.6, 112.7, 112.8)

    published(border_at(112.5))

    for row in cameras:
        row.refresh_from_db()
        assert row.scope_code == EAST
    [change] = told()
    assert (change.subject, change.scope, change.data) == (
        "140107001",
        "140107001",
        {"moved": True},
    )
    assert change.parts == [COMMUNITY]
    assert WEST.startswith(change.scope)


def test_of_cameras_that_stay_nothing_is_told(make_camera: MakeCamera) -> None:
    standing(make_camera, 112.2, 113.5)

    published(border_at(112.5))

    assert told() == []
