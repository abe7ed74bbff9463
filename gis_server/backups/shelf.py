"""The folder in which backups lie: which there are, how one comes in whole, which go.  Pure."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gis_server.backups import manifest
from gis_server.backups.errors import Refused

NAMED = re.compile(r"gis-server-(\d{8}T\d{6})Z")
UNFINISHED = ".{}.part"
NEWEST = "newest"
VERIFIED = "verified.json"
STAMP = "%Y%m%dT%H%M%S"


def name_at(now: datetime) -> str:
    return f"gis-server-{now.astimezone(UTC).strftime(STAMP)}Z"


def made_at(folder: Path) -> datetime:
    """By the name, which says when it was begun."""
    stamp = NAMED.fullmatch(folder.name)
    if not stamp:
        raise ValueError(folder.name)
    return datetime.strptime(stamp[1], STAMP).replace(tzinfo=UTC)


def complete(root: Path) -> list[Path]:
    """The backups that are there, the oldest first.  A folder gets its name when it is whole."""
    if not root.is_dir():
        return []
    return sorted(
        folder
        for folder in root.iterdir()
        if NAMED.fullmatch(folder.name) and (folder / manifest.NAME).is_file()
    )


def find(root: Path, wanted: str) -> Path:
    """The folder of a backup by its name, its path, or the word `newest`.

    Raises:
        Refused: there is none; names those that are.
    """
    there = complete(root)
    if wanted == NEWEST and there:
        return there[-1]
    for folder in (root / wanted, Path(wanted)):
        if wanted != NEWEST and folder.is_dir():
            return folder.resolve()
    names = ", ".join(folder.name for folder in there[-5:]) or "none"
    raise Refused(f"there is no backup {wanted!r} in {root}; the newest there are: {names}.")


@contextmanager
def held(root: Path) -> Iterator[None]:
    """Alone with the folder, which is made where it is missing; only its user may look into it.

    Raises:
        Refused: somebody else makes or puts back a backup.
    """
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Refused(
            f"{root} cannot be used for backups ({error.strerror}): mount it, or set BACKUP_DIR."
        ) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                "another backup or restore is at work: wait until it is done, then run this again."
            ) from None
        yield
    finally:
        os.close(handle)


@contextmanager
def unfinished(root: Path, name: str) -> Iterator[Path]:
    """A folder to fill, which gets its name when the block ends well, and else goes.

    What killed runs have left goes first.  Only for whoever holds the shelf.

    Raises:
        Refused: there is one of that name already.
    """
    if (root / name).exists():
        raise Refused(f"{name} is there already: wait a second and run this again.")
    for left in root.glob(UNFINISHED.format("gis-server-*")):
        shutil.rmtree(left)
    folder = root / UNFINISHED.format(name)
    folder.mkdir(mode=0o700)
    try:
        yield folder
        _force(folder)
        folder.rename(root / name)
        _force(root)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _force(folder: Path) -> None:
    """Let the disk know the names in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def prune(root: Path, now: datetime, kept_days: int) -> list[str]:
    """Drop backups that are older, but for the newest one and the newest that was verified.

    Returns their names.  What is half gone after a kill has no name of a backup any more.
    """
    there = complete(root)
    verified = [folder for folder in there if (folder / VERIFIED).exists()]
    kept = {*there[-1:], *verified[-1:]}
    gone = []
    for folder in there:
        if folder not in kept and made_at(folder) < now - timedelta(days=kept_days):
            doomed = folder.rename(root / UNFINISHED.format(folder.name))
            shutil.rmtree(doomed)
            gone.append(folder.name)
    return gone
