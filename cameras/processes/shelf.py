"""Where pictures lie: two files each, the picture and its thumbnail, below the folder of their day;
each whole or not there at all.  Touches the disk, not Django.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gis_server.disk import NoRoom, leave_reserve, write_whole

FOLDER = "snapshots"


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
