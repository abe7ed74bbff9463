"""500 walls on the change feed: from commit to received at 50 changes a second, and after a burst.

The live process runs as the Procfile starts it.  A process of its own holds the connections, reads
them and notes when each change came; the changes are recorded as services do it, each in a
transaction of its own.  Two fifths of the walls show the district, the others one street each, and
none may hear anything of another street.
"""

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import django
import numpy as np

from benchmarks import processes
from benchmarks.report import Goal, Measure, at_most, finish
from bin.steps.ports import first_free

DISTRICT = "140107"
STREETS = [f"{DISTRICT}{number:03}" for number in range(1, 13)]
REST_S = 3.0
"""How long after the last change it may still come."""


@dataclass(frozen=True)
class Size:
    walls: int
    seconds: int
    rate: int
    burst: int


FULL, SMALL = Size(500, 60, 50, 1_000), Size(60, 6, 50, 300)


@dataclass(frozen=True)
class Wall:
    """A connection to be held: the cookie it shows, and the scope that its user has."""

    cookie: str
    scope: str


Committed = dict[int, tuple[float, str]]
"""Number of a change → when it was committed, and its street."""
Received = list[list[tuple[int, float]]]
"""For each wall the numbers of changes that came, and when."""


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    os.environ["LOG_LEVEL"] = "ERROR"
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now

    size = SMALL if "small" in sys.argv[1:] else FULL
    call_command("migrate", verbosity=0)
    with serving() as (process, port):
        measures = [*measured(process.pid, port, size)]
    return finish("live", measures)


def measured(pid: int, port: int, size: Size) -> Iterator[Measure]:
    walls = signed_in(size.walls)
    alone = resident_kb(pid)
    with listening(port, walls) as ears:
        held = resident_kb(pid)
        began = cpu_s(pid)
        steady = recorded(range(size.rate * size.seconds), size.rate)
        time.sleep(REST_S)
        used, after = cpu_s(pid) - began, resident_kb(pid)
        first = len(steady)
        burst = recorded(range(first, first + size.burst), 0)
        time.sleep(REST_S)
        most = resident_kb(pid)
        ears.send("tell")
        received: Received = ears.recv()
    yield from told(
        f"{size.walls} walls, {size.rate} changes/s", walls, steady, received, at_most(1)
    )
    text = "a change: processor of the live process for all walls"
    yield Measure(text, used / len(steady) * 1000, "ms")
    yield Measure("memory a wall, connected", (held - alone) / size.walls, "KB", goal=at_most(60))
    text = f"memory a wall, after {size.seconds} s"
    yield Measure(text, (after - alone) / size.walls, "KB", goal=at_most(60))
    yield from told(f"{size.burst:,} changes at once", walls, burst, received)
    yield Measure("memory a wall, after the burst", (most - alone) / size.walls, "KB")


def told(
    text: str,
    walls: Sequence[Wall],
    committed: Committed,
    received: Received,
    goal: Goal | None = None,
) -> Iterator[Measure]:
    """How long changes took, and that each wall got each of its own once, in order, no other."""
    delays: list[float] = []
    lost = strange = 0
    for wall, came in zip(walls, received, strict=True):
        mine = {n for n, (_at, street) in committed.items() if street.startswith(wall.scope)}
        got = [number for number, _at in came if number in committed]
        lost += len(mine - set(got))
        strange += len(got) - len(set(got) & mine) + (got != sorted(got))
        delays += [at - committed[number][0] for number, at in came if number in committed]
    if not delays:
        raise RuntimeError(f"{text}: nothing was received")
    yield Measure(f"{text}: commit to received, p50", float(np.percentile(delays, 50)), "s")
    yield Measure("the same, p99", float(np.percentile(delays, 99)), "s", goal=goal)
    yield Measure("the same: changes received", len(delays), "")
    yield Measure("the same: lost", lost, "", goal=at_most(0))
    yield Measure("the same: twice, out of order, or another's", strange, "", goal=at_most(0))


# ---- Changes -------------------------------------------------------------------------------------


def recorded(numbers: Sequence[int], rate: int) -> Committed:
    """Record a change in a transaction of its own for each number; rate: a second, 0 for all at
    once in one transaction.
    """
    from django.db import transaction  # noqa: PLC0415 - Django is set up by now

    from gis_server.live import Change, record  # noqa: PLC0415

    def change(number: int) -> Change:
        street = STREETS[number % len(STREETS)]
        return Change("camera", str(number), street, {"state": "offline", "reason": "timeout"})

    committed: Committed = {}
    if not rate:
        with transaction.atomic():
            record(*(change(number) for number in numbers))
        at = time.time()
        return {number: (at, STREETS[number % len(STREETS)]) for number in numbers}
    begin = time.monotonic()
    for place, number in enumerate(numbers):
        time.sleep(max(begin + place / rate - time.monotonic(), 0))
        with transaction.atomic():
            record(change(number))
        committed[number] = (time.time(), STREETS[number % len(STREETS)])
    return committed


# ---- Walls ---------------------------------------------------------------------------------------


def signed_in(count: int) -> list[Wall]:
    """Walls of the district and of its streets, one user for each territory."""
    from django.test import Client  # noqa: PLC0415 - Django is set up by now

    from gis_server.live_ticket import TICKET_COOKIE  # noqa: PLC0415
    from gis_server.models import User  # noqa: PLC0415

    cookies: dict[str, str] = {}
    for scope in (DISTRICT, *STREETS):
        client = Client()
        client.force_login(
            User.objects.create_user(f"wall-{scope}", role="operator", scope=[scope])
        )
        answer = client.post("/live/ticket/", headers={"Host": "localhost"})
        cookies[scope] = f"{TICKET_COOKIE}={answer.cookies[TICKET_COOKIE].value}"
    scopes = [DISTRICT if n % 5 < 2 else STREETS[n % len(STREETS)] for n in range(count)]
    return [Wall(cookies[scope], scope) for scope in scopes]


@contextmanager
def listening(port: int, walls: Sequence[Wall]) -> Iterator[Connection]:
    """A process that holds a connection for each wall; "tell" makes it send what came, and end."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=hold, args=(theirs, port, list(walls)), daemon=True)
    process.start()
    try:
        if not ours.poll(120):
            raise TimeoutError("the walls did not connect")
        ours.recv()
        yield ours
    finally:
        process.terminate()
        process.join(10)


def hold(pipe: Connection, port: int, walls: list[Wall]) -> None:
    asyncio.run(_hold(pipe, port, walls))


async def _hold(pipe: Connection, port: int, walls: list[Wall]) -> None:
    received: Received = [[] for _ in walls]
    opened: list[asyncio.Event] = [asyncio.Event() for _ in walls]
    readers = []
    for wall, came, event in zip(walls, received, opened, strict=True):
        readers.append(asyncio.create_task(listen(port, wall, came, event)))
        await asyncio.wait_for(event.wait(), 30)
    pipe.send("connected")
    await asyncio.to_thread(pipe.recv)
    pipe.send(received)
    for reader in readers:
        reader.cancel()


async def listen(
    port: int, wall: Wall, came: list[tuple[int, float]], opened: asyncio.Event
) -> None:
    """Read one stream; what arrives in one piece is one moment."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /live HTTP/1.1\r\nHost: bench\r\nCookie: {wall.cookie}\r\n\r\n".encode())
    rest = b""
    while piece := await reader.read(262_144):
        now = time.time()
        if b"event: beat" in piece:
            opened.set()
        *lines, rest = (rest + piece).split(b"\n")
        came += [
            (int(json.loads(line[6:])["subject"]), now) for line in lines if b'"topic"' in line
        ]
    raise ConnectionError("the stream has ended")


# ---- The live process ----------------------------------------------------------------------------


@contextmanager
def serving() -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    port = first_free("127.0.0.1", 8430)
    process = processes.start("live", {"WEB_HOST": "127.0.0.1", "LIVE_PORT": str(port)})
    try:
        processes.wait_until_up(port)
        yield process, port
    finally:
        process.terminate()
        process.wait(20)


def resident_kb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return float(next(line for line in lines if line.startswith("VmRSS:")).split()[1])


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
