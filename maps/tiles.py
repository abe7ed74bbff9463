"""Where a map tile lies, and what a set of tiles is called.  Pure: no Django, no socket.

Tiles are numbered as on the web: 2^z × 2^z of them over the Web Mercator square (EPSG:3857), x from
west to east, y from north to south (OGC Two Dimensional Tile Matrix Set, WebMercatorQuad).
"""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

# Half the width of the Web Mercator square in metres: π × the equatorial radius of WGS84.
HALF_WORLD_M = math.pi * 6_378_137.0
# A tile's own units a side, and how many of them it overlaps each neighbour by, so that a border's
# stroke is not cut off at the seam.
EXTENT = 4096
BUFFER = 64
MAX_ZOOM = 22
# Close by, a statement costs more to begin than a tile to draw, and whoever looks at one tile looks
# at its neighbours: from these zooms on so many a side are drawn at once.  Further away one takes
# long by itself.
BLOCK_SIDES = ((13, 4), (10, 2), (0, 1))

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Tile:
    """
    Raises:
        ValueError: there is no such tile.
    """

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not 0 <= self.z <= MAX_ZOOM:
            raise ValueError(f"zoom {self.z} is not in 0..{MAX_ZOOM}")
        if not (0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z):
            raise ValueError(f"zoom {self.z} has no tile {self.x}/{self.y}")


def bounds(tile: Tile) -> Bounds:
    """West, south, east, north in EPSG:3857 metres."""
    side_m = 2 * HALF_WORLD_M / (1 << tile.z)
    west, north = tile.x * side_m - HALF_WORLD_M, HALF_WORLD_M - tile.y * side_m
    return west, north - side_m, west + side_m, north


def reach(tile: Tile) -> Bounds:
    """The bounds with the overlap: whatever touches them is drawn into the tile."""
    west, south, east, north = bounds(tile)
    margin_m = (east - west) * BUFFER / EXTENT
    return west - margin_m, south - margin_m, east + margin_m, north + margin_m


def block_side(z: int) -> int:
    """How many tiles a side are drawn at once at a zoom."""
    return next(side for from_zoom, side in BLOCK_SIDES if z >= from_zoom)


def block_of(tile: Tile) -> list[Tile]:
    """The tiles to draw together with one, itself among them, row by row from the north-west."""
    side = block_side(tile.z)
    west, north = tile.x - tile.x % side, tile.y - tile.y % side
    return [Tile(tile.z, west + n % side, north + n // side) for n in range(side * side)]


def place_in_block(tile: Tile) -> int:
    """Where a tile stands in its `block_of`."""
    side = block_side(tile.z)
    return tile.y % side * side + tile.x % side


def tiles_over(area: Bounds, z: int) -> list[Tile]:
    """The tiles of a zoom that meet an area (EPSG:3857 metres), row by row from the north-west."""
    side_m = 2 * HALF_WORLD_M / (1 << z)
    west, south, east, north = area
    last = (1 << z) - 1

    def index(offset_m: float) -> int:
        return min(max(math.floor(offset_m / side_m), 0), last)

    columns = range(index(west + HALF_WORLD_M), index(east + HALF_WORLD_M) + 1)
    rows = range(index(HALF_WORLD_M - north), index(HALF_WORLD_M - south) + 1)
    return [Tile(z, x, y) for y in rows for x in columns]


def edition_name(token: str, day: date, scope: Iterable[str]) -> str:
    """The name, as it stands in addresses, of one state of the tiles as one set of users sees it.

    It follows from everything a tile depends on besides its number: the state of the territory
    (`token`), the day whose borders are drawn, and what the user may see.  Hence an answer may be
    kept for ever under it, and no two users share one unless they may see the same.
    """
    content = "|".join((token, day.isoformat(), *sorted(set(scope))))
    return hashlib.sha256(content.encode()).hexdigest()[:16]
