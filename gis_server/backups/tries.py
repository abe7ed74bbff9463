"""How often a backup was put back for a try and not found right.  Pure.

A note beside the backup says so.  It is written before each try, so that one that is cut off (its
process killed, the machine without power) counts as well, and can be tried again without end by
nobody.  Once the backup is verified the note means nothing any more.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gis_server import disk
from gis_server.backups import shelf

NOTE = "tries.json"
MOST = 4
"""The first at night, and three more, an hour apart."""
MOST_SIGNS = 500


@dataclass(frozen=True, slots=True)
class Tries:
    """count: also the one that may be at work; at: when the last one began; why: what the last one
    said that came to an end, empty where none has.
    """

    count: int
    at: datetime
    why: str = ""

    @property
    def in_vain(self) -> bool:
        """Whether any has failed: a first one that says nothing may still be at work."""
        return self.count > 1 or bool(self.why)

    @property
    def left(self) -> int:
        return max(0, MOST - self.count)


def of(folder: Path) -> Tries | None:
    """The note of a backup; None where it has none, or none that can be read.

    Raises:
        OSError: the disk cannot be read.
    """
    try:
        told = json.loads((folder / NOTE).read_bytes())
        return Tries(int(told["count"]), datetime.fromisoformat(told["at"]), str(told["why"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def unverified(there: Sequence[Path]) -> tuple[Path, Tries] | None:
    """The newest backup that was tried, as long as nothing newer is verified.

    there: backups, the oldest first.

    Raises:
        OSError: the disk cannot be read.
    """
    for folder in reversed(there):
        if (folder / shelf.VERIFIED).exists():
            return None
        if tries := of(folder):
            return folder, tries
    return None


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether nobody else is trying this backup; a try may take longer than the pause between."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def begin(folder: Path, now: datetime) -> Tries:
    """Note one more."""
    before = of(folder) or Tries(0, now)
    return _write(folder, replace(before, count=before.count + 1, at=now))


def fail(folder: Path, tries: Tries, why: str) -> None:
    _write(folder, replace(tries, why=why[:MOST_SIGNS]))


def _write(folder: Path, tries: Tries) -> Tries:
    told = {"count": tries.count, "at": tries.at.isoformat(), "why": tries.why}
    disk.write_whole(folder / NOTE, json.dumps(told).encode())
    return tries
