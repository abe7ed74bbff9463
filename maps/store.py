"""Tiles that were drawn once, kept as files: packed, below the name of their edition.

A file holds the tiles that are drawn together: to write one costs more than to draw a tile.

An edition's name follows from the state of the territory, the day and the reach, so a file is never
out of date and never another reader's; what nobody asks for any more is dropped by its age.  Files
are not forced to the disk: after the machine has started anew, none from before is used.
"""

import gzip
import os
import shutil
import struct
import time
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, islice
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from django.conf import settings
from isal import igzip

from gis_server.disk import NoRoom, leave_reserve
from maps.tiles import Tile, block_side, place_in_block

PACKED_BY = 2  # of isal's 0 to 3; 3 takes more than twice as long for a fiftieth less
BOOT = Path("/proc/sys/kernel/random/boot_id")
UNUSED_S = 24 * 3600.0
ROOM_EVERY_S = 10.0
# A file begins with where each of its tiles ends, in bytes from its beginning (four bytes each, the
# lowest first).
WORD = 4
# Beside the folders of editions.
BASE, ARCHIVES = "base", "files"
# More than a process has threads, so that those who draw different things seldom meet.
TURNS = [Lock() for _ in range(64)]


def packed(content: bytes) -> bytes:
    return igzip.compress(content, PACKED_BY, mtime=0)


def unpacked(content: bytes) -> bytes:
    return gzip.decompress(content)


class Slot(NamedTuple):
    """Where a tile is kept: a file below the store's folder, and which of how many in it."""

    file: str
    place: int = 0
    of: int = 1


def slot(edition: str, layer: str, tile: Tile) -> Slot:
    side = block_side(tile.z)
    file = f"{_boot()}/{edition}/{layer}/{tile.z}/{tile.x // side}-{tile.y // side}"
    return Slot(file, place_in_block(tile), side * side)


def find(slot: Slot) -> bytes | None:
    """A packed tile; None where none is kept."""
    try:
        handle = os.open(f"{settings.TILE_STORE}/{slot.file}", os.O_RDONLY)
    except OSError:
        return None
    try:
        head = os.read(handle, WORD * slot.of)
        edges = (WORD * slot.of, *struct.unpack(f"<{slot.of}I", head))
        begin, end = edges[slot.place], edges[slot.place + 1]
        return os.pread(handle, end - begin, begin)
    except (OSError, struct.error):
        return None
    finally:
        os.close(handle)


def made(slot: Slot, draw: Callable[[Sequence[int]], Sequence[bytes]]) -> bytes:
    """The tile, packed, after it has been drawn and kept with all others of its file.

    Who comes while another thread draws them waits, and finds it in the store.

    draw: given places in the file, draws the tiles of these.  Where nothing can be kept that is
    the one place.
    """
    with TURNS[hash(slot.file) % len(TURNS)]:
        there = find(slot)
        if there is not None:
            return there
        places = range(slot.of) if _has_room() else [slot.place]
        tiles = [packed(content) for content in draw(places)]
        if len(tiles) == slot.of:
            keep(slot.file, tiles)
        return tiles[places.index(slot.place)]


def keep(file: str, tiles: Sequence[bytes]) -> None:
    """Keep all tiles of a file; where there is no room, they are drawn again the next time."""
    if not _has_room():
        return
    ends = accumulate(map(len, tiles), initial=WORD * len(tiles))
    head = struct.pack(f"<{len(tiles)}I", *islice(ends, 1, None))
    content = b"".join([head, *tiles])
    path = f"{settings.TILE_STORE}/{file}"
    beside = f"{path}.{os.getpid()}-{time.monotonic_ns()}"
    try:
        try:
            _write(beside, content)
        except FileNotFoundError:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            _write(beside, content)
        os.replace(beside, path)  # noqa: PTH105 - called for every block
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
        if os.write(handle, content) < len(content):
            raise OSError("the disk took a part of it")
    finally:
        os.close(handle)


@cache
def _boot() -> str:
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return "0"


_room = (-1, False)


def _has_room() -> bool:
    """Whether tiles can be kept; the disk is looked at every `ROOM_EVERY_S` seconds."""
    global _room  # noqa: PLW0603 - one for the process
    if not settings.TILE_STORE_MB:
        return False
    now = int(time.monotonic() / ROOM_EVERY_S)
    if _room[0] != now:
        try:
            leave_reserve(Path(settings.TILE_STORE))
            _room = (now, True)
        except (NoRoom, OSError):
            _room = (now, False)
    return _room[1]
