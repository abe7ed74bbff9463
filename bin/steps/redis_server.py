"""A private Redis on a Unix socket: cache, throttles and the broker of background jobs."""

import shutil
import signal
import socket
import subprocess
import time
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from bin.steps import processes
from bin.steps.journal import Failed

READY_WITHIN_S = 30


@dataclass(frozen=True)
class Redis:
    """`lasting` jobs that wait in it outlive a restart; the other kind is forgotten."""

    data: Path
    socket: Path
    log: Path
    lasting: bool

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"


def program() -> str:
    """Debian's redis-tools holds the server under a second name; which it is, its name decides."""
    found = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if not found:
        raise Failed("Redis is not installed: run bin/up --yes to install redis-tools.")
    return found


def running(redis: Redis) -> AbstractContextManager[processes.Server]:
    """Redis up and answering; stopped again at the end.

    Raises:
        Failed: it does not start.
    """
    return processes.Server(
        "Redis",
        begin=lambda: _begin(redis),
        wait=lambda child: _wait_until_ready(redis, child),
        stop_signal=signal.SIGTERM,
        patience_s=20,
    ).running()


def _begin(redis: Redis) -> processes.Child:
    redis.data.mkdir(mode=0o700, exist_ok=True)
    processes.end_all(lambda: processes.living_in(redis.data), signal.SIGTERM, patience_s=20)
    redis.socket.unlink(missing_ok=True)
    with redis.log.open("ab") as log:
        return subprocess.Popen(
            _command(redis), cwd=redis.data, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip


def _command(redis: Redis) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(redis.socket),
        "unixsocketperm": "700",
        "dir": str(redis.data),
        "save": "",
        "appendonly": "yes" if redis.lasting else "no",
        "daemonize": "no",
    }
    settings = [word for name, value in options.items() for word in (f"--{name}", value)]
    # `exec -a` gives the name by which the program knows that it is to be the server.
    start = 'exec -a redis-server "$0" "$@"'
    return ["setpriv", "--pdeathsig=TERM", "bash", "-c", start, program(), *settings]


def _wait_until_ready(redis: Redis, server: processes.Child) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while server.poll() is None and time.monotonic() < deadline:
        if _answers(redis.socket):
            return
        time.sleep(0.05)
    raise Failed(f"Redis does not start: its last words are in {redis.log}.")


def _answers(path: Path) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(16).startswith(b"+PONG")
    return False
