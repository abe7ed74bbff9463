"""What the tests of the map share: a territory, and tiles as a client gets and reads them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from maps.tiles import Tile
from tests.cameras.conftest import make_camera
from tests.maps import reading, territory

__all__ = ["make_camera"]

Fetch = Callable[..., HttpResponse]
ReadTile = Callable[[bytes, Tile, str], Any]


@pytest.fixture(autouse=True)
def tile_store(settings: Any, tmp_path: Path) -> Path:
    """A store of each test's own."""
    settings.TILE_STORE = tmp_path / "tiles"
    return tmp_path / "tiles"


@pytest.fixture
def laid_out(db: None) -> None:
    territory.lay_out()


@pytest.fixture
def fetch() -> Fetch:
    """A tile as a client gets it, under the edition that the client is told to use."""

    def get(client: Client, layer: str, tile: Tile, **headers: Any) -> HttpResponse:
        edition = client.get("/tiles/version/").json()["edition"]
        address = f"/tiles/{edition}/{layer}/{tile.z}/{tile.x}/{tile.y}.mvt"
        return client.get(address, headers=headers)  # type: ignore[return-value]

    return get


@pytest.fixture
def read_tile(tmp_path: Path) -> ReadTile:
    return partial(reading.read_tile, folder=tmp_path)
