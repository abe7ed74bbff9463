"""Sealed logins, conversion between degrees and metres, and the libraries behind GeoDjango."""

import numpy as np
import pytest
import shapely
from cryptography.fernet import Fernet
from django.contrib.gis.geos import Point
from django.test import override_settings

from gis_server.errors import Unavailable
from gis_server.geo import to_metric, to_wgs84
from gis_server.vault import seal, unseal

WUYI_SQUARE = shapely.Point(112.5573, 37.8666)


def test_what_is_sealed_is_unreadable_and_comes_back() -> None:
    token = seal("密码 p@ss")

    assert b"p@ss" not in token
    assert unseal(token) == "密码 p@ss"


def test_a_key_is_changed_without_a_gap() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with override_settings(VAULT_KEY=old):
        token = seal("secret")

    with override_settings(VAULT_KEY=f"{new},{old}"):
        assert unseal(token) == "secret"
    with override_settings(VAULT_KEY=new), pytest.raises(Unavailable):
        unseal(token)


def test_degrees_become_metres_and_come_back() -> None:
    there = to_metric(np.array([WUYI_SQUARE, shapely.Point(112.68, 37.92)]))
    back = to_wgs84(there)

    # The other way to the same place: GDAL's own transformation, through GeoDjango.
    expected = Point(112.5573, 37.8666, srid=4326)
    expected.transform(4547)
    assert shapely.get_x(there)[0] == pytest.approx(expected.x, abs=0.01)
    assert shapely.get_y(there)[0] == pytest.approx(expected.y, abs=0.01)
    assert shapely.get_x(back)[0] == pytest.approx(112.5573, abs=1e-9)


def test_geodjango_transforms_with_the_libraries_from_the_wheels() -> None:
    point = Point(112.5573, 37.8666, srid=4326)

    point.transform(3857)

    assert point.x == pytest.approx(12_529_821, abs=2)


def test_an_empty_geometry_stays_empty() -> None:
    assert to_metric(shapely.Polygon()).is_empty
