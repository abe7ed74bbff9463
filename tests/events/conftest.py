"""A town and its people for the tests of this folder, and a territory of two grids for reports."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from events.models import Category, Event
from gis_server.models import User
from gis_server.roles import Role
from tests.events.reports import make_entry
from tests.events.town import COMMUNITY, DISTRICT, STREET, Town, make_event, make_person, make_town
from tests.grids.territory import two_grids


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def event(town: Town) -> Event:
    return make_event(town.entry)


@pytest.fixture
def community_leader(town: Town) -> User:
    return make_person("chang", Role.COMMUNITY_LEADER, COMMUNITY)


@pytest.fixture
def other_community_leader(town: Town) -> User:
    return make_person("cheng", Role.COMMUNITY_LEADER, COMMUNITY)


@pytest.fixture
def street_leader(town: Town) -> User:
    return make_person("shen", Role.STREET_LEADER, STREET)


@pytest.fixture
def district_leader(town: Town) -> User:
    return make_person("du", Role.DISTRICT_LEADER, DISTRICT)


@pytest.fixture
def worker(town: Town) -> User:
    return make_person("wang", Role.GRID_WORKER, COMMUNITY)


@pytest.fixture
def handler(town: Town) -> User:
    return make_person("han", Role.HANDLER, DISTRICT, department=town.department)


@pytest.fixture
def territory(db: None) -> None:
    """District 140107, one street, one community, two grids: see tests.grids.territory."""
    two_grids()


@pytest.fixture
def pothole(territory: None) -> Category:
    return make_entry()


@pytest.fixture
def media(settings: LazySettings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path
