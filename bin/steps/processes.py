"""Finds and ends processes that an earlier run left behind, by what they are, not by their number.

A number in a pid file may belong to another program after a crash.  So a server is known by its
working directory (PostgreSQL and Redis live in their data folder) and everything else by a mark in
its environment, which children inherit.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MARK = "GIS_SERVER_RUN"
Child = subprocess.Popen[bytes]


def living_in(folder: Path) -> list[int]:
    """Processes whose working directory is `folder`."""

    def lives_there(process: Path) -> bool:
        return (process / "cwd").readlink() == folder

    return _where(lives_there)


def marked(mark: str) -> list[int]:
    """Processes that carry `GIS_SERVER_RUN=mark` in their environment, this one excepted."""
    wanted = f"{MARK}={mark}".encode()

    def carries_it(process: Path) -> bool:
        return wanted in (process / "environ").read_bytes().split(b"\0")

    return _where(carries_it)


def _where(holds: Callable[[Path], bool]) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        # A process may end while it is looked at, and those of other users are not ours to see.
        with suppress(OSError):
            if int(process.name) != os.getpid() and holds(process):
                found.append(int(process.name))
    return found


def end_all(find: Callable[[], list[int]], first: signal.Signals, patience_s: float) -> bool:
    """Signal what `find` finds until there is nothing; after `patience_s` seconds kill.

    Returns False when even that did not help within five more seconds.
    """
    told: set[int] = set()
    deadline = time.monotonic() + patience_s
    while pids := find():
        if time.monotonic() > deadline + 5:
            return False
        late = time.monotonic() > deadline
        for pid in pids:
            if late or pid not in told:
                _signal(pid, signal.SIGKILL if late else first)
                told.add(pid)
        time.sleep(0.1)
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


@dataclass
class Server:
    """A child that serves.  `begin` clears what an earlier one left and starts it; `wait` returns
    when it answers, or raises."""

    name: str
    begin: Callable[[], Child]
    wait: Callable[[Child], None]
    stop_signal: signal.Signals
    patience_s: float

    @contextmanager
    def running(self) -> Iterator["Server"]:
        """At work, and stopped again at the end."""
        self._child = self._start()
        try:
            yield self
        finally:
            self._stop(self._child)

    def revive(self) -> bool:
        """Start it again if it has ended by itself; whether that was so."""
        if self._child.poll() is None:
            return False
        self._child = self._start()
        return True

    def _start(self) -> Child:
        child = self.begin()
        try:
            self.wait(child)
        except BaseException:
            self._stop(child)
            raise
        return child

    def _stop(self, child: Child) -> None:
        stop(child, self.stop_signal, self.patience_s)


def stop(process: Child, number: signal.Signals, patience_s: float) -> None:
    """Ask a child to stop, wait for it, and kill it when it does not."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
