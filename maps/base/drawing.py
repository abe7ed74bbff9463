"""One tile of the base map, as browsers get it, and what they must know of the map."""

import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from gis_server.disk import NoRoom, leave_reserve
from gis_server.errors import Unavailable
from maps.base import origin, register
from maps.base.origin import Asleep, File, Service
from maps.base.register import Pixels
from maps.store import BASE
from maps.tiles import Tile

KEPT_S = 30 * 24 * 3600.0
KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
VECTOR = "application/vnd.mapbox-vector-tile"
GCJ02 = "gcj02"


@dataclass(frozen=True)
class Drawn:
    """A tile and what it is; packed: by gzip."""

    content: bytes
    kind: str
    packed: bool = False


def config() -> dict[str, Any] | None:
    """What the page must know to draw it; nothing secret.  None: no base map, or none just now."""
    try:
        source = origin.present()
    except Unavailable:
        return None
    if source is None:
        return None
    low, high = settings.BASE_MAP_ZOOMS
    layers: list[str] = []
    if isinstance(source, File):
        low, high = source.header["min_zoom"], source.header["max_zoom"]
        layers = source.layers if source.is_vector else []
    return {
        "kind": "vector" if layers else "raster",
        "credit": settings.BASE_MAP_CREDIT,
        "layers": layers,
        "minzoom": low,
        "maxzoom": high,
        "tiles": "/base",
        "version": _version(source),
    }


def _version(source: Service | File) -> str:
    """What stands in addresses of tiles: another once they are others.  Nothing can be read from
    it, for a template may hold a key.
    """
    told = (
        settings.BASE_MAP, settings.BASE_MAP_URL, settings.BASE_MAP_FILE, settings.BASE_MAP_FRAME,
        *settings.BASE_MAP_SERVERS, source.state,
    )  # fmt: skip
    return salted_hmac("maps.base", "|".join(told), algorithm="sha256").hexdigest()[:12]


def draw(tile: Tile) -> Drawn | None:
    """None where the base map has nothing.

    Raises:
        Unavailable: its service does not answer.
    """
    source = origin.present()
    if source is None:
        return None
    try:
        if isinstance(source, File) and source.is_vector:
            content = source.tile(tile)
            return Drawn(content, VECTOR, source.is_packed) if content else None
        if settings.BASE_MAP_FRAME == GCJ02:
            return _registered(source, tile)
        content = _raw(source, tile)
        return Drawn(content, _kind(content)) if content else None
    except Asleep:
        raise Unavailable(_("The base map does not answer just now.")) from None


def _registered(source: Service | File, tile: Tile) -> Drawn | None:
    """Drawn anew where it lies in WGS84; kept like theirs, for it takes four of them."""
    path = _path("gcj02", tile)
    if (kept := _kept(path)) is not None:
        return Drawn(kept, "image/png") if kept else None
    pixels = register.in_register(tile, lambda one: _pixels(_raw(source, one)))
    content = b"" if pixels is None else bytes(cv2.imencode(".png", pixels)[1])
    _keep(path, content)
    return Drawn(content, "image/png") if content else None


def _raw(source: Service | File, tile: Tile) -> bytes | None:
    if isinstance(source, File):
        return source.tile(tile)
    path = _path("raw", tile)
    if (kept := _kept(path)) is not None:
        return kept or None
    content = source.tile(tile)
    _keep(path, content or b"")
    return content


def _pixels(content: bytes | None) -> Pixels | None:
    """A tile's pixels, BGRA, `register.SIDE_PX` square; None for what is no picture."""
    if not content:
        return None
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.dtype != np.uint8:
        return None
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGRA)
    elif image.shape[2] == 3:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2BGRA)
    side = register.SIDE_PX
    if image.shape[:2] != (side, side):
        image = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(image, dtype=np.uint8)


def _kind(content: bytes) -> str:
    return next((kind for start, kind in KINDS.items() if content.startswith(start)), "image/png")


def _path(what: str, tile: Tile) -> Path:
    named = "|".join((settings.BASE_MAP, settings.BASE_MAP_URL, settings.BASE_MAP_FILE))
    name = sha256(named.encode()).hexdigest()[:16]
    folder = Path(settings.TILE_STORE) / BASE / f"{what}-{name}"
    return folder / str(tile.z) / str(tile.x) / str(tile.y)


def _kept(path: Path) -> bytes | None:
    """What was kept, empty for a tile that they do not have; None: ask."""
    try:
        if time.time() - path.stat().st_mtime > KEPT_S:
            return None
        return path.read_bytes()
    except OSError:
        return None


def _keep(path: Path, content: bytes) -> None:
    if not settings.TILE_STORE_MB:
        return
    try:
        leave_reserve(Path(settings.TILE_STORE))
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{time.monotonic_ns()}")
        beside.write_bytes(content)
        beside.replace(path)
    except (NoRoom, OSError):
        return
