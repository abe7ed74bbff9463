"""CPU and memory of a probe through the whole engine, against blackbox_exporter on the same fleet.

Target in, verdict out, without the database; 127.80.x.y cameras of `fixtures.camera_farm.fleet` in
a process of their own.  *bare* asks the same bytes with an asyncio Protocol on uvloop and looks at
nothing: the least that Python can do it for.  *blackbox_exporter* (Debian's, unpacked under var/)
does the same OPTIONS as its tcp module can: connect, send, expect a status line.  Rounds alternate;
the least disturbed one counts, for other work on the machine only ever adds.
"""

import asyncio
import hashlib
import http.client
import os
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import uvloop

from benchmarks.report import Measure, at_most, finish, ratio_at_most
from cameras.probe.net import TcpNet
from cameras.probe.reason import Reason
from cameras.probe.result import verdict_of
from cameras.probe.runner import Prober, collect_seldom
from cameras.probe.steps import LADDER, Step, rtsp_options, tcp_connect
from cameras.probe.target import Login, Target
from fixtures.camera_farm import fleet, plan

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "bench"
PACKAGE = "prometheus-blackbox-exporter"
CONFIG = r"""
modules:
  rtsp:
    prober: tcp
    timeout: 10s
    tcp:
      query_response:
        - send: "OPTIONS rtsp://camera/live RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: gis-server\r\n\r"
        - expect: "^RTSP/1.0 200"
"""
PORT, EXPORTER_PORT = 28654, 28655
CAMERAS = 3000
AT_ONCE = 100
ROUNDS = 5
EXPORTED = 1000  # probes of the exporter in a round
EXPORTER_THREADS = 8
IN_FLIGHT = 5000
BUDGET_S = 30.0


@contextmanager
def running(command: Sequence[str], ready: str = "") -> Iterator["subprocess.Popen[str]"]:
    """A process for the time of the `with`; waits for its line with the words `ready`."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout and ready else ""
            if ready not in said:
                raise RuntimeError(f"{command[0]} said {said!r}")
            yield process
        finally:
            process.terminate()


def running_fleet(count: int, silent: int, port: int) -> AbstractContextManager[object]:
    command = [sys.executable, "-m", "fixtures.camera_farm.fleet", "--count", str(count)]
    command += ["--silent", str(silent), "--port", str(port), "--processes", "1"]
    return running(command, "cameras answer")


def targets(count: int, port: int = PORT) -> list[Target]:
    return [
        Target(
            plan.fleet_host(index),
            port,
            plan.FLEET_PATH,
            Login(plan.USERNAME, plan.password(index)),
        )
        for index in range(count)
    ]


async def ask_all(steps: Sequence[Step], asked: Sequence[Target], at_once: int) -> None:
    """Every target through the engine, `at_once` at a time.  Raises when one is not OK."""
    net, left = TcpNet(["10.0.0.0/8", "127.0.0.0/8"]), iter(asked)
    prober = Prober(net, budget_s=BUDGET_S)

    async def one_after_another() -> None:
        for target in left:
            verdict = verdict_of(await prober.climb(target, steps))
            if verdict.reason is not Reason.OK:
                raise RuntimeError(f"{target.host}: {verdict.reason} {verdict.detail}")

    await asyncio.gather(*(one_after_another() for _ in range(at_once)))


class Bare(asyncio.Protocol):
    """Sends the next question at each reply, and hangs up after the last."""

    def __init__(self, index: int, *, with_login: bool, done: "asyncio.Future[None]") -> None:
        self._index, self._with_login, self.done = index, with_login, done
        self._turn = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(b"OPTIONS rtsp://h/live RTSP/1.0\r\nCSeq: 1\r\n\r\n")

    def data_received(self, data: bytes) -> None:
        self._turn += 1
        if not self._with_login or self._turn == 3:
            self._transport.close()
            self.done.set_result(None)
        elif self._turn == 1:
            self._transport.write(b"DESCRIBE rtsp://h/live RTSP/1.0\r\nCSeq: 2\r\n\r\n")
        else:
            self._transport.write(self._answer())

    def _answer(self) -> bytes:
        secret = md5(f"{plan.USERNAME}:{fleet.REALM}:{plan.password(self._index)}")
        response = md5(f"{secret}:{fleet.NONCE}:{md5('DESCRIBE:rtsp://h/live')}")
        return (
            "DESCRIBE rtsp://h/live RTSP/1.0\r\nCSeq: 3\r\nAuthorization: Digest "
            f'username="{plan.USERNAME}", realm="{fleet.REALM}", nonce="{fleet.NONCE}", '
            f'uri="rtsp://h/live", response="{response}"\r\n\r\n'
        ).encode()


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def itself(bare: Bare) -> Bare:
    return bare


async def ask_bare(count: int, at_once: int, *, with_login: bool) -> None:
    loop, left = asyncio.get_running_loop(), iter(range(count))

    async def one_after_another() -> None:
        for index in left:
            bare = Bare(index, with_login=with_login, done=loop.create_future())
            await loop.create_connection(partial(itself, bare), plan.fleet_host(index), PORT)
            await bare.done

    await asyncio.gather(*(one_after_another() for _ in range(at_once)))


def cpu_us(work: Callable[[], Awaitable[None]], count: int) -> float:
    """Microseconds of this process's CPU for one of `count`."""

    async def measured() -> float:
        began = time.process_time()
        await work()
        return (time.process_time() - began) / count * 1e6

    return uvloop.run(measured())


def exporter() -> Path | None:
    """Debian's exporter, unpacked under var/ and installed nowhere; None where it cannot be had."""
    binary = FOLDER / "usr" / "bin" / PACKAGE
    if binary.is_file():
        return binary
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(
            ["apt-get", "download", PACKAGE], cwd=FOLDER, check=True, capture_output=True
        )
        package = next(FOLDER.glob(f"{PACKAGE}_*.deb"))
        subprocess.run(["dpkg", "-x", str(package), str(FOLDER)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        print(f"{PACKAGE} cannot be had here: {error}", file=sys.stderr)
        return None
    return binary


@contextmanager
def running_exporter() -> Iterator[int | None]:
    """The exporter's process id, once it answers; None where there is none."""
    binary = exporter()
    if binary is None:
        yield None
        return
    config = FOLDER / "blackbox.yml"
    config.write_text(CONFIG, encoding="utf-8")
    command = [str(binary), f"--config.file={config}", "--history.limit=1", "--log.level=error"]
    command.append(f"--web.listen-address=127.0.0.1:{EXPORTER_PORT}")
    with running(command) as process:
        deadline = time.monotonic() + 10
        while not answers():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{PACKAGE} does not answer")
            time.sleep(0.05)
        yield process.pid


def answers() -> bool:
    try:
        line = http.client.HTTPConnection("127.0.0.1", EXPORTER_PORT, timeout=1)
        line.request("GET", "/-/healthy")
        return line.getresponse().status == 200
    except OSError:
        return False


def exporter_cpu_us(pid: int) -> float:
    """Microseconds of the exporter's CPU for one OPTIONS, asked for over kept connections."""

    def some(start: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", EXPORTER_PORT, timeout=20)
        for index in range(start, EXPORTED, EXPORTER_THREADS):
            line.request("GET", f"/probe?module=rtsp&target={plan.fleet_host(index)}:{PORT}")
            if b"\nprobe_success 1" not in line.getresponse().read():
                raise RuntimeError(f"the exporter found no camera at {plan.fleet_host(index)}")
        line.close()

    began = processor_s(pid)
    with ThreadPoolExecutor(EXPORTER_THREADS) as pool:
        list(pool.map(some, range(EXPORTER_THREADS)))
    return (processor_s(pid) - began) / EXPORTED * 1e6


def processor_s(pid: int) -> float:
    """Seconds of user and system time that all threads of a process have used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def in_flight_kib() -> float:
    """KiB of memory for one camera that is being asked and says nothing."""

    async def scenario() -> float:
        prober = Prober(TcpNet(["127.0.0.0/8"]), budget_s=BUDGET_S)
        asked = targets(IN_FLIGHT, PORT + 2)
        before = resident_kib()
        tasks = [asyncio.create_task(prober.climb(target, LADDER)) for target in asked]
        await asyncio.sleep(4)
        grown = resident_kib() - before
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return grown / IN_FLIGHT

    return uvloop.run(scenario())


def resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 1024


def rounds(pid: int | None) -> dict[str, float]:
    """The least of each figure over all rounds."""
    asked, found = targets(CAMERAS), dict[str, list[float]]()
    kinds: dict[str, Callable[[], Awaitable[None]]] = {
        "options": lambda: ask_all((tcp_connect, rtsp_options), asked, AT_ONCE),
        "bare options": lambda: ask_bare(CAMERAS, AT_ONCE, with_login=False),
        "ladder": lambda: ask_all(LADDER, asked, AT_ONCE),
        "bare ladder": lambda: ask_bare(CAMERAS, AT_ONCE, with_login=True),
    }
    for _ in range(ROUNDS):
        for name, work in kinds.items():
            found.setdefault(name, []).append(cpu_us(work, CAMERAS))
        if pid is not None:
            found.setdefault("exporter", []).append(exporter_cpu_us(pid))
    return {name: min(values) for name, values in found.items()}


def main() -> int:
    collect_seldom()  # as the poller does
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, soft))
    with running_fleet(CAMERAS, 0, PORT), running_exporter() as pid:
        best = rounds(pid)
    with running_fleet(IN_FLIGHT, 100, PORT + 2):
        kib = in_flight_kib()
    peer = best.get("exporter")
    return finish(
        "probe",
        [
            Measure(
                "OPTIONS", best["options"], "µs CPU", "blackbox_exporter", peer, ratio_at_most(0.25)
            ),
            Measure("OPTIONS", best["options"], "µs CPU", "bare", best["bare options"]),
            Measure(
                "OPTIONS, DESCRIBE, DESCRIBE with Digest",
                best["ladder"],
                "µs CPU",
                "bare",
                best["bare ladder"],
                at_most(350),
            ),
            Measure("memory of a camera in flight", kib, "KiB", goal=at_most(51.2)),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
