"""A clock that can be set while the product runs, for its processes alone.

The machine's own date is everybody's and is left alone.  So every process of the town, PostgreSQL
and Redis too, preloads a small library (`clock.c`) that adds to the time of day what a file says.
libfaketime, which does the same, cannot be used: with it Python sleeps no more once the clock has
been set back (0.9.10, Python 3.11: "Invalid argument").
"""

import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


class NoClock(Exception):
    """Why there is none here."""


@dataclass
class Clock:
    """ahead: the file that says by how many seconds."""

    library: Path
    ahead: Path

    def set(self, ahead_s: int) -> None:
        """Set it so far ahead of the machine's, at once and in every process."""
        with self.ahead.open("r+b") as file:
            file.write(struct.pack("l", ahead_s))

    @property
    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.library), "CLOCK_AHEAD_FILE": str(self.ahead)}


def made(folder: Path) -> Clock:
    """
    Raises:
        NoClock: no compiler, or what it made does not load.
    """
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang", "tcc"))), None)
    if compiler is None:
        raise NoClock("no C compiler (the Debian package tcc is the smallest)")
    clock = Clock(folder / "clock.so", folder / "ahead")
    clock.ahead.write_bytes(struct.pack("l", 0))
    words = ["-shared", "-fPIC", "-nostdlib", "-w", "-o", str(clock.library), str(SOURCE)]
    done = subprocess.run([compiler, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoClock(f"{compiler} cannot make it: {done.stderr.strip()}")
    clock.library.chmod(0o644)
    clock.ahead.chmod(0o644)
    return clock
