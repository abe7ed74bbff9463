"""Small disks that can be full: file systems in memory, which shrink to what lies on them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.days.town import until

SIZE = "2g"


@dataclass(frozen=True)
class Disk:
    """trouble: why it is an ordinary folder that cannot be filled; empty for a disk."""

    path: Path
    trouble: str = ""

    @contextmanager
    def full(self, free_kb: int = 0) -> Iterator[None]:
        """No room for more than so much until the end, whoever writes."""
        until(lambda: self._shrink(free_kb), f"{self.path} becomes full", 20)
        try:
            yield
        finally:
            assert self._resize(SIZE)

    def _shrink(self, free_kb: int) -> bool:
        """Whether it could be: not while somebody has just written more."""
        used_kb = -(-shutil.disk_usage(self.path).used // 1024)
        return self._resize(f"{used_kb + free_kb}k")

    def _resize(self, size: str) -> bool:
        words = ["mount", "-o", f"remount,size={size}", str(self.path)]
        return subprocess.run(words, check=False, capture_output=True).returncode == 0


@contextmanager
def mounted(path: Path) -> Iterator[Disk]:
    """A disk of its own at `path`, where that is permitted."""
    path.mkdir(mode=0o755, parents=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(path)]
    tried = subprocess.run(words, capture_output=True, text=True, check=False)
    if tried.returncode or os.geteuid():
        yield Disk(path, f"no disk may be mounted here: {tried.stderr.strip()}")
        return
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
