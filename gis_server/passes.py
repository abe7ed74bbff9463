"""What a browser may do, remembered for some seconds by the process that has just asked.

A map asks for dozens of tiles in a second, and to find session, user and reach each time costs more
than most tiles.  So whoever has passed the gate is let through again for `LASTS_S` seconds, in this
process alone.  That ends at once, in all processes of this machine, when anybody's role, scope,
loan or session changes: `drop_all` moves a number in a small file that all of them look at.
Processes on other machines, and changes made past the services, are `LASTS_S` late at most.
"""

import mmap
import os
import struct
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from gis_server.models import User

LASTS_S = 5.0
MOST = 10_000
NUMBER = struct.Struct("<Q")


@dataclass(frozen=True)
class Pass:
    """Role and reach of a session's user; until: on the monotonic clock; told: see `remember`."""

    role: str
    reach: tuple[str, ...]
    told: str
    until: float
    moment: int


_passes: dict[str, Pass] = {}
_lock = threading.Lock()
_shared: mmap.mmap | None = None


def moment() -> int:
    """The number that moves with every change of somebody's rights; 0: nothing is remembered."""
    shared = _file()
    return NUMBER.unpack_from(shared)[0] if shared else 0


def drop_all() -> None:
    """Nothing that was remembered before holds any more, in no process of this machine."""
    _passes.clear()
    if shared := _file():
        NUMBER.pack_into(shared, 0, time.time_ns())


def remember(key: str, user: User, *, told: str, now: datetime, asked_at: int) -> None:
    """
    Args:
        key: the session's; told: what was worked out for this reach, such as a tiles' edition.
        asked_at: `moment()` before session and user were read.
    """
    if not asked_at:
        return
    ends = user.lent.first_ends_at
    lasts_s = LASTS_S if ends is None else min(LASTS_S, (ends - now).total_seconds())
    until = time.monotonic() + lasts_s
    with _lock:
        if len(_passes) >= MOST:
            _passes.clear()
        _passes[key] = Pass(str(user.role), tuple(user.reach), told, until, asked_at)


def find(key: str) -> Pass | None:
    """What is still known of a session; None: ask."""
    known = _passes.get(key)
    if known is None or known.moment != moment() or known.until <= time.monotonic():
        return None
    return known


def _file() -> mmap.mmap | None:
    global _shared  # noqa: PLW0603 - one for the process
    if _shared is None:
        try:
            _shared = _opened(Path(settings.VAR_DIR) / "run" / "passes")
        except OSError:
            return None
    return _shared


def _opened(path: Path) -> mmap.mmap:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(handle).st_size < NUMBER.size:
            os.pwrite(handle, NUMBER.pack(time.time_ns()), 0)
        return mmap.mmap(handle, NUMBER.size)
    finally:
        os.close(handle)
