"""Tiles read by GDAL, which is not ours."""

from pathlib import Path
from typing import Any

from pyogrio import list_layers, read_dataframe

from maps.tiles import Tile


def read_tile(content: bytes, tile: Tile, part: str, folder: Path) -> Any:
    """The features of one part of a tile, in EPSG:3857 metres, with what lies in the overlap.

    None where the tile has no such part; `folder` is where GDAL may find it as a file.
    """
    file = folder / f"{tile.z}-{tile.x}-{tile.y}.mvt"
    file.write_bytes(content)
    if part not in [name for name, _ in list_layers(f"MVT:{file}")]:
        return None
    place = {"X": tile.x, "Y": tile.y, "Z": tile.z, "CLIP": "NO"}
    return read_dataframe(f"MVT:{file}", layer=part, **place)
