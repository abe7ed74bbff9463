"""What tests of events may use: a territory of two grids and a catalogue with one entry."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from events.models import Category
from tests.events.reports import make_entry
from tests.grids.territory import two_grids


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
