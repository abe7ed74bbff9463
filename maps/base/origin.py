"""Where tiles of a base map come from: a service that the settings name, or a file.

The service is asked by us, so that its key stays here, browsers need no way to it, and a network in
which only the server may go out works.  It is asked at the host of the template alone, follows no
redirect, for `TIMEOUT_S` and `MOST_BYTES` at most, `MOST_AT_ONCE` at a time; after it has failed it
is left alone for `REST_S`, so that it cannot keep our threads.
"""

import http.client
import logging
import struct
import threading
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import Compression, MagicNumberNotFound, SpecVersionUnsupported, TileType

from gis_server.errors import Unavailable
from maps.tiles import Tile

logger = logging.getLogger(__name__)
TIMEOUT_S = 5.0
MOST_BYTES = 2 * 1024 * 1024
MOST_AT_ONCE = 4
REST_S = 30.0
WAIT_S = 2.0
# What the library meets in a file that is cut off or was written over.
DAMAGED = (ValueError, LookupError, EOFError, struct.error, zlib.error)
IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")


class Asleep(Exception):
    """The service does not answer, or answers what is no tile; it is left alone for a while."""


@dataclass
class Service:
    """A tile service behind the template `BASE_MAP_URL`."""

    template: str
    key: str
    rests_until: float = 0.0
    state: str = ""

    def __post_init__(self) -> None:
        self.turns = threading.BoundedSemaphore(MOST_AT_ONCE)

    def tile(self, tile: Tile) -> bytes | None:
        """A tile as it came; None where they have none.

        Raises:
            Asleep
        """
        if time.monotonic() < self.rests_until:
            raise Asleep("left alone for a while")
        if not self.turns.acquire(timeout=WAIT_S):
            raise Asleep("too many are under way")
        try:
            return self._asked(self.address(tile))
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.rests_until = time.monotonic() + REST_S
            # Never the address: the key stands in it.
            logger.warning("the base map does not answer: %s", type(error).__name__)
            raise Asleep(type(error).__name__) from None
        finally:
            self.turns.release()

    def address(self, tile: Tile) -> str:
        servers = settings.BASE_MAP_SERVERS
        server = servers[(tile.x + tile.y) % len(servers)] if servers else ""
        key = quote(self.key, safe="")
        return self.template.format(z=tile.z, x=tile.x, y=tile.y, s=server, key=key)

    def _asked(self, address: str) -> bytes | None:
        url = urlsplit(address)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        link = kind(url.netloc, timeout=TIMEOUT_S)
        try:
            headers = {"User-Agent": "gis-server", "Accept": "image/*"}
            link.request("GET", f"{url.path}?{url.query}" if url.query else url.path, None, headers)
            answer = link.getresponse()
            content = answer.read(MOST_BYTES + 1)
        finally:
            link.close()
        if answer.status in {204, 404}:
            return None
        if answer.status != 200 or len(content) > MOST_BYTES or not content.startswith(IMAGES):
            raise ValueError(f"status {answer.status}, {len(content)} bytes")
        return content


class File:
    """A PMTiles file; its tiles as they stand in it, with what they are packed by.

    state: of the file when it was opened; another file under its name has another.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self.reader = Reader(MmapSource(file))
        self.header: dict[str, Any] = self.reader.header()
        told = path.stat()
        self.state = f"{told.st_mtime_ns}-{told.st_size}"

    @property
    def is_vector(self) -> bool:
        return bool(self.header["tile_type"] == TileType.MVT)

    @property
    def is_packed(self) -> bool:
        return bool(self.header["tile_compression"] == Compression.GZIP)

    @property
    def layers(self) -> list[str]:
        """The names of the layers in vector tiles."""
        told = self.reader.metadata().get("vector_layers", [])
        return [str(layer["id"]) for layer in told if isinstance(layer, dict) and "id" in layer]

    def tile(self, tile: Tile) -> bytes | None:
        found: bytes | None = self.reader.get(tile.z, tile.x, tile.y)
        return found


def opened(path: str) -> File:
    """
    Raises:
        ValueError: it cannot be read, or is no PMTiles file of version 3; says which.
    """
    try:
        return File(Path(path))
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from None
    except (MagicNumberNotFound, SpecVersionUnsupported, *DAMAGED) as error:
        raise ValueError(f"it is no PMTiles file of version 3 ({type(error).__name__})") from None


_lock = threading.Lock()
_made: dict[tuple[str, ...], Service | File] = {}


def present() -> Service | File | None:
    """The base map of the settings; None where there is none.

    Raises:
        Unavailable: its file has gone or is damaged.
    """
    if settings.BASE_MAP == "none":
        return None
    named = (settings.BASE_MAP, settings.BASE_MAP_URL, settings.BASE_MAP_FILE)
    with _lock:
        if named not in _made:
            _made[named] = _make()
        return _made[named]


def _make() -> Service | File:
    if settings.BASE_MAP == "tiles":
        return Service(settings.BASE_MAP_URL, settings.BASE_MAP_KEY)
    try:
        return opened(settings.BASE_MAP_FILE)
    except ValueError:
        logger.warning("the file of the base map cannot be used")
        raise Unavailable(_("The file of the base map cannot be read.")) from None
