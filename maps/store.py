"""Tiles that were drawn once, kept as files: packed, below the name of their edition.

An edition's name follows from the state of the territory, the day and the reach, so a file is never
out of date and never another reader's; what nobody asks for any more is dropped by its age.  Files
are not forced to the disk: after the machine has started anew, none from before is used.
"""

import gzip
import os
import shutil
import time
from functools import cache
from pathlib import Path

from django.conf import settings

from gis_server.disk import NoRoom, leave_reserve
from maps.tiles import Tile

PACKED_BY = 3  # zlib's level; from 5 on it takes as long as drawing, for a twentieth less
BOOT = Path("/proc/sys/kernel/random/boot_id")
UNUSED_S = 24 * 3600.0
ROOM_EVERY_S = 10.0
# Beside the folders of editions.
BASE, ARCHIVES = "base", "files"


def packed(content: bytes) -> bytes:
    return gzip.compress(content, PACKED_BY, mtime=0)


def unpacked(content: bytes) -> bytes:
    return gzip.decompress(content)


def name_of(edition: str, layer: str, tile: Tile) -> str:
    """The file below the store's folder."""
    return f"{_boot()}/{edition}/{layer}/{tile.z}/{tile.x}/{tile.y}"


def find(name: str) -> bytes | None:
    """A packed tile; None where none is kept."""
    try:
        with open(f"{settings.TILE_STORE}/{name}", "rb", buffering=0) as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return None


def keep(name: str, content: bytes) -> None:
    """Keep a packed tile; where there is no room, it is drawn again the next time."""
    if not settings.TILE_STORE_MB or not _has_room(int(time.monotonic() / ROOM_EVERY_S)):
        return
    path = f"{settings.TILE_STORE}/{name}"
    beside = f"{path}.{os.getpid()}-{time.monotonic_ns()}"
    try:
        try:
            _write(beside, content)
        except FileNotFoundError:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            _write(beside, content)
        os.replace(beside, path)  # noqa: PTH105 - called for every tile
    except OSError:
        Path(beside).unlink(missing_ok=True)


def in_use(edition: str) -> None:
    """Note that somebody still asks for an edition."""
    try:
        os.utime(f"{settings.TILE_STORE}/{_boot()}/{edition}")
    except OSError:
        return


def prune(limit_bytes: int) -> int:
    """Drop editions and archives that nobody has asked for in a day, those from before the machine
    started, and from the oldest on what is over the limit; how many.  The base map's tiles count
    too, and go as one.
    """
    kept = sorted(_kept(), key=lambda one: one.stat().st_mtime, reverse=True)
    total, dropped = 0, 0
    for place, one in enumerate(kept):
        total += sum(file.stat().st_size for file in (one, *one.rglob("*")) if file.is_file())
        unused = place > 0 and time.time() - one.stat().st_mtime > UNUSED_S
        is_base = one.parent.name == BASE
        stale = not is_base and (unused or one.parent.name not in {_boot(), ARCHIVES})
        if stale or total > limit_bytes:
            dropped += 1
            if one.is_dir():
                shutil.rmtree(one, ignore_errors=True)
            else:
                one.unlink(missing_ok=True)
    return dropped


def _kept() -> list[Path]:
    """Editions, archives, and base maps: folders and files two deep."""
    return list(Path(settings.TILE_STORE).glob("*/*"))


def _write(path: str, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    try:
        os.write(handle, content)
    finally:
        os.close(handle)


@cache
def _boot() -> str:
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return "0"


_room = (-1, False)


def _has_room(now: int) -> bool:
    """Whether the disk has room, looked at every `ROOM_EVERY_S` seconds."""
    global _room  # noqa: PLW0603 - one for the process
    if _room[0] != now:
        try:
            leave_reserve(Path(settings.TILE_STORE))
            _room = (now, True)
        except (NoRoom, OSError):
            _room = (now, False)
    return _room[1]
