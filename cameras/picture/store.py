"""Where pictures lie: one file each, whole or not there at all.  Touches the disk, not Django."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from cameras.picture.capture import CaptureFailed, Picture
from cameras.probe.reason import Reason


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """`file`: the path below the root, with forward slashes."""

    file: str
    sha256: str
    width: int
    height: int


def store(picture: Picture, *, root: Path, name: str, taken_at: datetime) -> StoredPicture:
    """Write the picture below `root`, by day; whoever looks sees the whole file or none.

    Raises:
        CaptureFailed: STORE_FAILED, with what the system says (disk full, not writable).
    """
    file = Path("snapshots", taken_at.strftime("%Y/%m/%d"), f"{name}.jpg")
    try:
        write_whole(root / file, picture.jpeg)
    except OSError as error:
        raise CaptureFailed(Reason.STORE_FAILED, error.strerror or "cannot be written") from None
    digest = hashlib.sha256(picture.jpeg).hexdigest()
    return StoredPicture(file.as_posix(), digest, picture.width, picture.height)


def drop_days(root: Path, *, before: date) -> int:
    """Delete the folders of days before `before` with all that is in them; returns how many."""
    days = (root / "snapshots").glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]")
    over = [day for day in days if "-".join(day.parts[-3:]) < before.isoformat()]
    for day in over:
        shutil.rmtree(day, ignore_errors=True)
    return len(over)


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
