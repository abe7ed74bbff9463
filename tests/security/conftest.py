"""One laid-out street for a whole file; what a test does to it is undone."""

from collections.abc import Iterator
from copy import deepcopy
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.security.world import World, make_world


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="module")
def laid_out(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, media: Path
) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world(media)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def cookies(laid_out: World, django_db_blocker: DjangoDbBlocker) -> dict[int, SimpleCookie]:
    """Everybody's cookies, by their id: they sign in once."""
    found = {}
    with django_db_blocker.unblock():
        for user in laid_out.people:
            client = Client()
            client.force_login(user)
            found[user.pk] = client.cookies
    return found


@pytest.fixture
def world(laid_out: World, db: None, media: Path, settings: LazySettings) -> World:
    settings.MEDIA_ROOT = media
    # Whatever a walk makes the server ask, it reaches no device.
    settings.PROBE_NETWORKS = []
    return laid_out


@pytest.fixture
def boss(world: World, cookies: dict[int, SimpleCookie]) -> Client:
    """The administrator of the first street; a failure is an answer, as it is to everybody."""
    client = Client(raise_request_exception=False)
    client.cookies = deepcopy(cookies[world.people[0].pk])
    return client
