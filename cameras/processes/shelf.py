"""Where pictures lie: two files each, the picture and its thumbnail, below the folder of their day;
each whole or not there at all.  Touches the disk, not Django.
"""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FOLDER = "snapshots"
RESERVE_BYTES = 256 * 1024 * 1024
"""So much of the disk is left alone: the database that may lie on it needs room to go on."""


class NoRoom(Exception):
    """The picture cannot be stored; the message says why and names no path."""


@dataclass(frozen=True, slots=True)
class Put:
    """file, thumb: below the root, with forward slashes.  sha256: of the picture."""

    file: str
    thumb: str
    sha256: str


def put(jpeg: bytes, thumb: bytes, *, root: Path, name: str, taken_at: datetime) -> Put:
    """Store a picture and its thumbnail.

    Raises:
        NoRoom: the disk is full but for the reserve, or the folder cannot be written.
    """
    folder = Path(FOLDER, taken_at.strftime("%Y/%m/%d"))
    file, small = folder / f"{name}.jpg", folder / f"{name}-thumb.jpg"
    try:
        leave_reserve(root)
        write_whole(root / small, thumb)
        try:
            write_whole(root / file, jpeg)
        except OSError:
            (root / small).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NoRoom(error.strerror or "cannot be written") from None
    return Put(file.as_posix(), small.as_posix(), hashlib.sha256(jpeg).hexdigest())


def take_away(put: Put, *, root: Path) -> None:
    """Delete what nobody is to know of."""
    for name in (put.file, put.thumb):
        (root / name).unlink(missing_ok=True)


def trouble(root: Path) -> str:
    """Why nothing can be stored now; empty when something can."""
    try:
        leave_reserve(root)
        write_whole(root / FOLDER / ".try", b"x")
        (root / FOLDER / ".try").unlink(missing_ok=True)
    except OSError as error:
        return error.strerror or "cannot be written"
    except NoRoom as full:
        return str(full)
    return ""


def leave_reserve(root: Path) -> None:
    """Raises NoRoom, or OSError where there is no such disk."""
    root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root).free
    if free < RESERVE_BYTES:
        raise NoRoom(f"only {free // 2**20} MiB are free; {RESERVE_BYTES // 2**20} are left alone")


def write_whole(path: Path, data: bytes) -> None:
    """Write beside, force to the disk, then rename over: no reader ever meets half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(0o640)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
