"""Redis is a convenience: without it people stay signed in and see the wall."""

from typing import Any

import pytest
from django.test import Client

from gis_server.models import User
from tests.conftest import SignIn

PASSWORD = "Kan-Bu-Jian-7"


@pytest.fixture
def no_redis(settings: Any) -> None:
    """A Redis that refuses every connection."""
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/redis.sock"}
    }


@pytest.mark.parametrize("path", ["/wall/", "/api/cameras.geojson", "/tiles/version/"])
def test_who_is_signed_in_goes_on_reading(sign_in: SignIn, no_redis: None, path: str) -> None:
    assert sign_in().get(path).status_code == 200


def test_signing_in_and_out_works(db: None, no_redis: None) -> None:
    User.objects.create_user("boss", password=PASSWORD, scope=["140107"])
    client = Client()

    form = {"username": "boss", "password": PASSWORD}

    assert client.post("/sign-in/", form).status_code == 302
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/tiles/version/").status_code == 401
