"""A kernel that is out of memory, for some processes alone: a control group that may hold nothing.

What such a process holds already stays; at the next page that it asks for, the kernel kills it, as
it does on a machine without memory.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.days.town import until

HOLDS_BYTES = 128 * 1024
OLD, NEW = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Starved:
    group: Path

    def killed(self) -> int:
        """How many processes the kernel has killed."""
        for name in ("memory.oom_control", "memory.events"):
            with suppress(FileNotFoundError):
                lines = (self.group / name).read_text().splitlines()
                return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
        return 0


@contextmanager
def out_of_memory(pids: Sequence[int]) -> Iterator[Starved]:
    """These processes get no more memory; skips the test where no such group may be made."""
    root, limit = (OLD, "memory.limit_in_bytes") if OLD.is_dir() else (NEW, "memory.max")
    group = root / f"gis-faults-{time.monotonic_ns()}"
    try:
        group.mkdir()
        (group / limit).write_text(str(HOLDS_BYTES))
    except OSError as error:
        with suppress(OSError):
            group.rmdir()
        pytest.skip(f"no group of little memory may be made here: {error}")
    try:
        for pid in pids:
            (group / "cgroup.procs").write_text(str(pid))
        yield Starved(group)
    finally:
        until(lambda: is_gone(group, root), "the group of little memory is gone", 20)


def is_gone(group: Path, root: Path) -> bool:
    """Whether it could be taken away: not while somebody has not yet taken note of a dead child."""
    try:
        for pid in (group / "cgroup.procs").read_text().split():
            (root / "cgroup.procs").write_text(pid)
        group.rmdir()
    except OSError:
        return False
    return True
