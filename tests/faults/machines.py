"""Machines on one network: a namespace of Linux each, with a name and a card of its own, joined by
a switch that is another one; and their processes, kept as systemd keeps those of bin/install.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SWITCH, CARD = "lan", "eth0"
NOBODY = "02:00:00:00:00:99"
"""The address of a card that there is not."""
AGAIN_S = 2.0
"""RestartSec of the units of bin/install."""
NEW_NETWORK = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def needs_machines() -> None:
    """Skips the test where no machines can be made."""
    if os.geteuid():
        pytest.skip("machines on a network of their own are made by root only")
    if missing := [name for name in ("unshare", "nsenter", "ip") if shutil.which(name) is None]:
        pytest.skip(f"no machines can be made without {', '.join(missing)}")
    script = f"ip link add {SWITCH} type bridge && ip link add va0 type veth peer name vb0"
    words = ["unshare", "--net", "--uts", "sh", "-c", script]
    tried = subprocess.run(words, capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no machines can be joined here: {tried.stderr.strip()}")


@dataclass
class Machine:
    """name: at most nine letters and digits."""

    name: str
    holder: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        script = f"hostname {self.name}; exec sleep infinity"
        words = ["setpriv", "--pdeathsig=KILL", "unshare", "--net", "--uts", "sh", "-c", script]
        self.holder = subprocess.Popen(words, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while network_of(self.holder.pid) == network_of("self"):
            assert time.monotonic() < deadline, f"{self.name} has no network of its own"
            time.sleep(0.01)
        self.ip("link set lo up")

    def inside(self) -> list[str]:
        """What starts a command on this machine."""
        return ["nsenter", "--target", str(self.holder.pid), "--net", "--uts", "--"]

    def ip(self, *lines: str) -> None:
        text = "".join(f"{line}\n" for line in lines)
        words = [*self.inside(), "ip", "-batch", "-"]
        subprocess.run(words, input=text, text=True, check=True)

    def end(self) -> None:
        self.holder.kill()
        self.holder.wait()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This thread's connections begin on this machine, until the end."""
        with Path("/proc/thread-self/ns/net").open("rb") as home:
            self.enter()
            try:
                yield
            finally:
                _enter(home.fileno())

    def enter(self) -> None:
        """This thread's connections begin on this machine from now on."""
        with Path(f"/proc/{self.holder.pid}/ns/net").open("rb") as there:
            _enter(there.fileno())

    # ---- Links -----------------------------------------------------------------------------------

    def is_switch(self) -> None:
        self.ip(f"link add {SWITCH} type bridge", f"link set {SWITCH} up")

    def plug_into(self, switch: "Machine", *addresses: str, card: str = CARD) -> None:
        """A cable to a switch; addresses: with the length of their network."""
        port = f"p{self.name}"
        switch.ip(
            f"link add {port} type veth peer name {card} netns {self.holder.pid}",
            f"link set {port} master {SWITCH}",
            f"link set {port} up",
        )
        mine = [f"address add {address} dev {card}" for address in addresses]
        self.ip(f"link set {card} up", *mine)

    @contextmanager
    def cut_off_from(self, address: str) -> Iterator[None]:
        """What this machine sends there arrives nowhere, and nobody says so."""
        self.ip(f"neigh replace {address} lladdr {NOBODY} dev {CARD} nud permanent")
        try:
            yield
        finally:
            self.ip(f"neigh del {address} dev {CARD}")

    @contextmanager
    def unplugged_from(self, switch: "Machine") -> Iterator[None]:
        """The cable is pulled on the far side: the card still believes that it is connected."""
        switch.ip(f"link set p{self.name} nomaster")
        try:
            yield
        finally:
            switch.ip(f"link set p{self.name} master {SWITCH}")


def network_of(process: int | str) -> str:
    return str(Path(f"/proc/{process}/ns/net").readlink())


def _enter(network: int) -> None:
    if LIBC.setns(network, NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "the network cannot be entered")


@dataclass
class Process:
    """command: a line for a shell.  held: not to be started again for now."""

    machine: Machine
    command: str
    env: Mapping[str, str]
    log: Path
    held: bool = False
    child: "subprocess.Popen[bytes] | None" = None
    ended_at: float = float("-inf")

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", *self.machine.inside(), "sh", "-c", self.command],
                env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """As the kernel does it: nobody is asked."""
        child = self.child
        assert child is not None
        child.kill()
        child.wait()

    def end(self) -> None:
        """What is left of it goes with it, as with a unit of systemd."""
        if self.child is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.child.terminate()
            self.child.wait(8)
        with suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()


class Keeper:
    """Starts again what has ended, two seconds later; in a thread of its own."""

    def __init__(self, kept: Sequence[Process]) -> None:
        self.kept = kept
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        for one in self.kept:
            one.start()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(10)
        for one in self.kept:
            if one.child is not None:
                one.child.terminate()
        for one in self.kept:
            one.end()

    def _watch(self) -> None:
        while not self._stopping.wait(0.2):
            for one in self.kept:
                self._look(one)

    def _look(self, one: Process) -> None:
        if one.child is not None and one.child.poll() is not None:
            with suppress(ProcessLookupError):
                os.killpg(one.child.pid, signal.SIGKILL)
            one.child, one.ended_at = None, time.monotonic()
        if one.child is None and not one.held and time.monotonic() - one.ended_at > AGAIN_S:
            one.start()
