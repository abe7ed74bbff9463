"""Raster tiles of a map in GCJ-02, drawn anew in register with WGS84.

The offset of GCJ-02 is some hundred metres and changes by centimetres over a tile of zoom 17, so it
is computed at the corners of a lattice over the wanted tile and interpolated between them, and each
pixel is taken from where it lies in their map.
"""

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from gis_server.frames import Frame, from_wgs84
from gis_server.geo import degrees_of_mercator, mercator_of_degrees
from maps.tiles import HALF_WORLD_M, Tile, bounds

Pixels = NDArray[np.uint8]
SIDE_PX = 256
LATTICE = 9
"""Corners along a side at which the offset is computed; between them it is as good as straight."""
Fetch = Callable[[Tile], Pixels | None]


def whence(tile: Tile) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where in their map each pixel of a tile lies: pixels of their whole map at this zoom, from
    its north-west corner; two arrays, `SIDE_PX` square.  Middles of pixels lie at halves.
    """
    west, south, east, north = bounds(tile)
    along = np.linspace(0.0, 1.0, LATTICE)
    x, y = np.meshgrid(west + (east - west) * along, north - (north - south) * along)
    lon, lat = degrees_of_mercator(x, y)
    there_x, there_y = mercator_of_degrees(*from_wgs84(lon, lat, Frame.GCJ02))
    per_m = (SIDE_PX << tile.z) / (2 * HALF_WORLD_M)
    return (
        _between((np.asarray(there_x) + HALF_WORLD_M) * per_m),
        _between((HALF_WORLD_M - np.asarray(there_y)) * per_m),
    )


def _between(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values at the middles of all pixels, from those at the lattice (bilinear, in float64: whole
    maps have more pixels than float32 has digits).
    """
    at = (np.arange(SIDE_PX) + 0.5) / SIDE_PX * (LATTICE - 1)
    low = np.minimum(at.astype(int), LATTICE - 2)
    part = at - low
    rows = corners[low] * (1 - part)[:, None] + corners[low + 1] * part[:, None]
    return np.asarray(rows[:, low] * (1 - part) + rows[:, low + 1] * part)


def in_register(tile: Tile, fetch: Fetch) -> Pixels | None:
    """The tile in WGS84, BGR or BGRA; None where their map has nothing.

    fetch: one of their tiles, `SIDE_PX` square, BGRA; None where there is none.  At most nine are
    asked for, four in most places.
    """
    x, y = whence(tile)
    first_x, first_y = (math.floor((found.min() - 1) / SIDE_PX) for found in (x, y))
    last_x, last_y = (math.floor((found.max() + 1) / SIDE_PX) for found in (x, y))
    if (last_x - first_x) > 2 or (last_y - first_y) > 2:
        # Along the rectangle in which the formula holds its offset begins with a jump.
        return fetch(tile)
    sheet = np.zeros(
        ((last_y - first_y + 1) * SIDE_PX, (last_x - first_x + 1) * SIDE_PX, 4), dtype=np.uint8
    )
    empty = True
    for row in range(first_y, last_y + 1):
        for column in range(first_x, last_x + 1):
            piece = _piece(fetch, tile.z, column, row)
            if piece is not None:
                top, left = (row - first_y) * SIDE_PX, (column - first_x) * SIDE_PX
                sheet[top : top + SIDE_PX, left : left + SIDE_PX] = piece
                empty = False
    if empty:
        return None
    # OpenCV counts from the middle of the first pixel.
    across = (x - first_x * SIDE_PX - 0.5).astype(np.float32)
    down = (y - first_y * SIDE_PX - 0.5).astype(np.float32)
    return np.asarray(cv2.remap(sheet, across, down, cv2.INTER_LINEAR), dtype=np.uint8)


def _piece(fetch: Fetch, z: int, x: int, y: int) -> Pixels | None:
    if not (0 <= x < 1 << z and 0 <= y < 1 << z):
        return None
    return fetch(Tile(z, x, y))
