"""Tiles of what changes seldom, in one PMTiles file: for a machine without this server.

A file holds the grids, divisions and places of one reach, as their tiles are drawn; every tile of
`ZOOMS` that holds something.
"""

import gzip
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import connection
from django.utils import timezone
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from gis_server.geo import mercator_of_degrees
from maps import heaps, queries
from maps.heaps import PLACE_TABLES
from maps.layers import IN_SCOPE, LAYERS, Layer
from maps.tiles import Bounds, Tile, tiles_over

LAYERS_IN = ("divisions", "grids", "places")
ZOOMS = range(5, 15)
TEXT, NUMBER = "String", "Number"
FIELDS: dict[str, dict[str, str]] = {
    "divisions": {"code": TEXT, "name": TEXT, "level": TEXT},
    "division_names": {"code": TEXT, "name": TEXT, "level": TEXT},
    "grids": {"code": TEXT, "name": TEXT, "kind": TEXT},
    "grid_names": {"code": TEXT, "name": TEXT},
    "place_heaps": dict.fromkeys(("places", "buildings", "shops", "service_points"), NUMBER),
    "places": {"kind": TEXT, "name": TEXT},
}
"""What features of each part tell, in the words of TileJSON 3.0.0, `vector_layers`."""
# What tiles hold of the places of a reach, as one number: the order of rows makes no difference.
PLACES_SQL = " UNION ALL ".join(
    f"""
    SELECT sum(hashtextextended(concat_ws('|', id, name, point::text, scope_code), 0))
    FROM {table} AS place WHERE point IS NOT NULL AND {IN_SCOPE.format(code="scope_code")}"""  # noqa: S608
    for table in PLACE_TABLES.values()
)
# Of a whole city at zoom 14 there are some ten thousand.
MOST_TILES = 2_000_000
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Written:
    """What an archive holds."""

    tiles: int
    size: int


class Empty(Exception):
    """There is nothing in this reach."""


def name(scope: Sequence[str], day: date) -> str:
    """The name of a file of a reach: another reach's is another, and so it is once anything that it
    holds has changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(PLACES_SQL, {"scope": [prefix for prefix in scope if prefix]})
        places = "|".join(str(row[0]) for row in cursor.fetchall())
    held = f"{queries.edition(scope, day)}|{places}"
    return f"{hashlib.sha256(held.encode()).hexdigest()[:16]}.pmtiles"


def write(
    path: Path,
    scope: Sequence[str],
    now: datetime,
    *,
    zooms: range = ZOOMS,
    tell: Tell = lambda _line: None,
) -> Written:
    """Write a file whole or not at all.

    Raises:
        Empty: there is nothing to be written for this reach.
        OSError: it cannot be written there.
    """
    seen = queries.territory(scope, timezone.localdate(now))
    if seen.extent is None:
        raise Empty
    # From afar places are drawn as they were counted last.
    heaps.count_places()
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            writer, count = Writer(file), 0
            for tile, content in _tiles(seen.extent, scope, now, zooms, tell):
                writer.write_tile(zxy_to_tileid(tile.z, tile.x, tile.y), content)
                count += 1
            writer.finalize(_header(seen.extent, zooms), _metadata(seen.name, now, zooms))
        Path(beside).chmod(0o640)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    return Written(count, path.stat().st_size)


def _tiles(
    extent: Bounds, scope: Sequence[str], now: datetime, zooms: range, tell: Tell
) -> Iterator[tuple[Tile, bytes]]:
    """Packed tiles that hold something, in the order of the format's numbers."""
    for z in zooms:
        area = _mercator(extent)
        tiles = sorted(tiles_over(area, z), key=lambda tile: zxy_to_tileid(tile.z, tile.x, tile.y))
        if len(tiles) > MOST_TILES:
            raise ValueError(f"zoom {z} has {len(tiles)} tiles, more than {MOST_TILES}")
        found = 0
        for tile in tiles:
            content = b"".join(queries.draw(layer, tile, scope, now) for layer in _layers(z))
            if content:
                found += 1
                yield tile, gzip.compress(content, 6, mtime=0)
        tell(f"zoom {z}: {found} of {len(tiles)} tiles hold something")


def _layers(z: int) -> list[Layer]:
    layers = [LAYERS[name] for name in LAYERS_IN]
    return [layer for layer in layers if layer.min_zoom <= z <= layer.max_zoom]


def _mercator(extent: Bounds) -> Bounds:
    west, south, east, north = extent
    x, y = mercator_of_degrees([west, east], [south, north])
    return float(x[0]), float(y[0]), float(x[1]), float(y[1])


def _header(extent: Bounds, zooms: range) -> dict[str, object]:
    west, south, east, north = (round(edge * 1e7) for edge in extent)
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_zoom": zooms[0],
        "max_zoom": zooms[-1],
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": zooms[len(zooms) // 2],
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def _metadata(name: str, now: datetime, zooms: range) -> dict[str, object]:
    layers = [
        {"id": part.name, "fields": FIELDS[part.name],
         "minzoom": max(part.min_zoom, zooms[0]), "maxzoom": zooms[-1]}
        for layer in LAYERS_IN
        for part in LAYERS[layer].parts
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM maps_edition")
        row = cursor.fetchone()
    return {
        "name": name,
        "type": "overlay",
        "version": str(row[0]) if row else "",
        "description": json.dumps({"drawn": now.isoformat(timespec="seconds")}),
        "vector_layers": layers,
    }
