"""How files get on the disk, whole or not at all and never into the last of its room, and how those
that nobody knows of leave it.  Touches the disk, not Django.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

RESERVE_BYTES = 256 * 1024 * 1024
"""So much of the disk is left alone: the database that may lie on it needs room to go on."""


class NoRoom(Exception):
    """The file cannot be stored; the message says why and names no path."""


def leave_reserve(root: Path, needed_bytes: int = 0, reserve_bytes: int | None = None) -> None:
    """Raises NoRoom, or OSError where there is no such disk."""
    reserve_bytes = RESERVE_BYTES if reserve_bytes is None else reserve_bytes
    root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root).free
    if free >= reserve_bytes + needed_bytes:
        return
    needed = f"{_mib(needed_bytes)} are needed and " if needed_bytes else ""
    raise NoRoom(f"only {_mib(free)} are free; {needed}{_mib(reserve_bytes)} are left alone")


def _mib(size_bytes: int) -> str:
    return f"{size_bytes // 2**20} MiB"


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


def day_folders(folder: Path, before: date) -> list[Path]:
    """The folders YEAR/MONTH/DAY below it of days before `before`."""
    days = folder.glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]")
    return sorted(day for day in days if "-".join(day.parts[-3:]) < before.isoformat())


def drop_strays(
    root: Path, folder: str, *, before: date, names_in: Callable[[str], set[str]]
) -> int:
    """Delete files of days before `before` that no row names: a process was killed between the file
    and the row.  Returns how many.  Also the folders that are empty then.

    names_in: the files that rows name in the folder of a day, both below the root.
    """
    found = 0
    for day in day_folders(root / folder, before):
        named = names_in(day.relative_to(root).as_posix())
        for file in [one for one in day.iterdir() if one.is_file()]:
            if file.relative_to(root).as_posix() not in named:
                file.unlink(missing_ok=True)
                found += 1
        if not any(day.iterdir()):
            day.rmdir()
    return found
