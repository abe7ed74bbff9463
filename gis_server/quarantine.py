"""Where files that people send lie until whoever reads them is done.

A file lies in a folder that nobody but this server enters, under a name made by chance, readable
by this server alone and run by nobody, whatever its sender called it.  No address leads there.
Readers judge it by its content and size before they read on (`grids.imports.source`), and it is
removed when they are done; what a killed process left is removed by a job.

Photos never lie here: their bytes go through a pipe into a sealed process (`gis_server.photos`),
and what is kept is a picture of ours.  Tracks are read from the wire (`patrols.uploads`).
"""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

from gis_server import disk

FOLDER = "quarantine"
FOLDER_MODE, FILE_MODE = 0o700, 0o600
BLOCK_BYTES = 1024 * 1024
LOOKS_AFTER_BYTES = 64 * 1024 * 1024
"""So much is written before it is asked again whether there is room."""


class Content(Protocol):
    def read(self, most: int, /) -> bytes: ...


class TooLarge(Exception):
    """More came than may; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Held:
    """file: below MEDIA_ROOT, with forward slashes, as rows name it."""

    file: str
    size_bytes: int

    @property
    def path(self) -> Path:
        return path_of(self.file)


def path_of(file: str) -> Path:
    return Path(settings.MEDIA_ROOT) / file


def take_in(content: Content, most_bytes: int) -> Held:
    """Store what somebody sends; nothing stays of what is too large or breaks off.

    Raises:
        TooLarge: more than `most_bytes`.
        disk.NoRoom, OSError: it cannot be stored now.
    """
    root = Path(settings.MEDIA_ROOT)
    disk.leave_reserve(root)
    folder = root / FOLDER
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    folder.chmod(FOLDER_MODE)
    name = f"{FOLDER}/{secrets.token_hex(16)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(root / name, flags, FILE_MODE), "wb") as out:
            return Held(name, _copy(content, out, most_bytes))
    except BaseException:
        remove(name)
        raise


def _copy(content: Content, out: BinaryIO, most_bytes: int) -> int:
    size = 0
    while block := content.read(BLOCK_BYTES):
        size += len(block)
        if size > most_bytes:
            raise TooLarge
        if size // LOOKS_AFTER_BYTES != (size - len(block)) // LOOKS_AFTER_BYTES:
            disk.leave_reserve(Path(settings.MEDIA_ROOT))
        out.write(block)
    return size


def remove(file: str) -> None:
    path_of(file).unlink(missing_ok=True)


@contextmanager
def held(content: Content, most_bytes: int) -> Iterator[Path]:
    """The same for as long as it is read.

    Raises:
        TooLarge, disk.NoRoom, OSError: see `take_in`.
    """
    one = take_in(content, most_bytes)
    try:
        yield one.path
    finally:
        remove(one.file)


def drop_left(*, named: Iterable[str], before: datetime) -> int:
    """Remove files that nothing names any more and nobody has written to since; how many."""
    folder, kept = Path(settings.MEDIA_ROOT) / FOLDER, set(named)
    found = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        old = path.lstat().st_mtime < before.timestamp()
        if old and f"{FOLDER}/{path.name}" not in kept:
            path.unlink(missing_ok=True)
            found += 1
    return found
