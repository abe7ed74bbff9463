"""What the tests of the map share: a territory, and tiles read by GDAL, which is not ours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pyogrio import list_layers, read_dataframe

from maps.tiles import Tile
from tests.maps import territory

Fetch = Callable[..., HttpResponse]
ReadTile = Callable[[bytes, Tile, str], Any]


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
    """The features of one part of a tile, in EPSG:3857 metres, with what lies in the overlap."""

    def read(content: bytes, tile: Tile, part: str) -> Any:
        file = tmp_path / f"{tile.z}-{tile.x}-{tile.y}.mvt"
        file.write_bytes(content)
        place = {"X": tile.x, "Y": tile.y, "Z": tile.z, "CLIP": "NO"}
        if part not in [name for name, _ in list_layers(f"MVT:{file}")]:
            return None
        return read_dataframe(f"MVT:{file}", layer=part, **place)

    return read
