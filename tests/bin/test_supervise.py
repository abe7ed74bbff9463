"""The processes: ready when the wall answers, all ended at the end, none left by a kill."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bin.steps import ports, processes, supervise
from bin.steps.journal import Failed
from bin.steps.places import ROOT, Places
from bin.steps.supervise import Supervisor, why_ended

SERVER = f"exec {sys.executable} -m http.server --bind 127.0.0.1"


@pytest.fixture
def port() -> int:
    return ports.first_free("127.0.0.1", 20000 + os.getpid() % 10000)


@pytest.fixture
def places(tmp_path: Path, port: int) -> Places:
    """A checkout of two processes: one that serves files, and one that only waits."""
    (tmp_path / "log").mkdir()
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "readyz").write_text("ok")
    (tmp_path / "Procfile").write_text(f"web: {SERVER} {port}\nidle: exec sleep 600\n")
    return Places(tmp_path, tmp_path, tmp_path)


@pytest.fixture
def supervisor(places: Places) -> object:
    made = Supervisor(places, dict(os.environ), ["web", "idle"])
    yield made
    made.stop()


def test_everything_ends_when_told_to(supervisor: Supervisor, port: int) -> None:
    supervisor.start()
    supervisor.wait_until_ready(f"http://127.0.0.1:{port}/readyz")
    assert len(processes.marked(supervisor.mark)) >= 3

    supervisor.stop()

    assert processes.marked(supervisor.mark) == []
    assert ports.first_free("127.0.0.1", port) == port


def test_what_a_kill_left_is_ended_by_the_next_start(supervisor: Supervisor, port: int) -> None:
    url = f"http://127.0.0.1:{port}/readyz"
    supervisor.start()
    supervisor.wait_until_ready(url)
    assert supervisor.honcho
    supervisor.honcho.kill()
    supervisor.honcho.wait()
    orphans = set(processes.marked(supervisor.mark))
    assert orphans

    supervisor.start()
    supervisor.wait_until_ready(url)

    assert not orphans & set(processes.marked(supervisor.mark))


def test_a_process_that_ends_while_starting_is_told(places: Places, supervisor: Supervisor) -> None:
    (places.root / "Procfile").write_text("web: echo no such module; exit 3\nidle: exec sleep 60\n")
    supervisor.start()

    with pytest.raises(
        Failed, match=r"'web' ended, saying: no such module \(details: .*processes\.log\)"
    ):
        supervisor.wait_until_ready("http://127.0.0.1:9/readyz")


@contextmanager
def watched(supervisor: Supervisor) -> Iterator[None]:
    """The supervisor at its watch in a thread, until the end."""
    watching = threading.Thread(target=supervisor.watch)
    watching.start()
    try:
        yield
    finally:
        supervisor.stop()
        watching.join(60)
    assert not watching.is_alive()


def until(holds: Callable[[], bool], within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_process_that_dies_later_is_started_again(supervisor: Supervisor, port: int) -> None:
    supervisor.start()
    supervisor.wait_until_ready(f"http://127.0.0.1:{port}/readyz")
    first = supervisor.honcho

    with watched(supervisor):
        idle = [pid for pid in processes.marked(supervisor.mark) if _runs(pid, "sleep")]
        os.kill(idle[0], signal.SIGKILL)
        until(lambda: supervisor.honcho is not first)


def test_processes_that_end_again_and_again_are_tried_on_and_told(
    places: Places,
    supervisor: Supervisor,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(supervise, "PATIENT_S", 0.1)
    (places.root / "Procfile").write_text("web: echo no room; exit 3\nidle: exec sleep 60\n")
    supervisor.start()
    told: list[str] = []

    def says(text: str) -> bool:
        told.append(capfd.readouterr().out)
        return text in "".join(told)

    with watched(supervisor):
        until(lambda: says("end again and again: 'web' ended, saying: no room"))
        (places.root / "Procfile").write_text("web: exec sleep 60\nidle: exec sleep 60\n")
        until(lambda: len([1 for p in processes.marked(supervisor.mark) if _runs(p, "sleep")]) == 2)


def test_a_server_that_does_not_start_is_tried_until_it_does(
    supervisor: Supervisor, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """As PostgreSQL does on a disk that is full."""
    room, tries = tmp_path / "room", list[float]()

    def begin() -> processes.Child:
        tries.append(time.monotonic())
        return subprocess.Popen(["sleep", "600"])

    def wait(_child: processes.Child) -> None:
        if not room.exists():
            raise Failed("PostgreSQL does not start.")

    room.touch()
    server = processes.Server("PostgreSQL", begin, wait, signal.SIGTERM, 10)
    with server.running(), watched(supervisor):
        supervisor.start()
        room.unlink()
        supervisor.servers = [server]
        server._child.kill()
        until(lambda: len(tries) > 3)
        room.touch()
        until(lambda: server._child.poll() is None)

    said = capfd.readouterr().out
    assert said.count("PostgreSQL does not start. Trying on.") == 1
    assert "Started PostgreSQL again" in said


def test_a_log_on_a_full_disk_ends_nothing(
    places: Places, supervisor: Supervisor, port: int
) -> None:
    supervisor.log.symlink_to("/dev/full")
    said = places.root / "said"
    talk = f"while sleep 0.05; do echo a line; echo >>{said}; done"
    (places.root / "Procfile").write_text(f"web: {SERVER} {port}\nidle: {talk}\n")

    supervisor.start()
    supervisor.wait_until_ready(f"http://127.0.0.1:{port}/readyz")
    until(lambda: said.exists() and said.stat().st_size > 20)

    assert supervisor.honcho
    assert supervisor.honcho.poll() is None


def test_a_long_log_is_shortened_also_where_the_old_lines_cannot_be_kept(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "LOG_LIMIT_BYTES", 10)
    older = supervisor.log.with_suffix(".log.1")
    supervisor.log.write_text("older than that\n")
    supervisor._shorten_log()
    assert (older.read_text(), supervisor.log.read_text()) == ("older than that\n", "")

    older.unlink()
    older.symlink_to("/dev/full")
    supervisor.log.write_text("newer than that\n")
    supervisor._shorten_log()
    assert (older.exists(), supervisor.log.read_text()) == (False, "")


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        pytest.param(
            "11:22:33 system   | farm.1 started (pid=7)\n11:22:33 farm.1   | Port 8554 is taken.\n"
            "11:22:33 web.1    | ready\n11:22:34 system   | farm.1 stopped (rc=1)\n"
            "11:22:34 system   | web.1 stopped (rc=-15)\n",
            "'farm' ended, saying: Port 8554 is taken.",
            id="the first to end is meant",
        ),
        pytest.param(
            "11:22:34 system   | web.1 stopped (rc=1)\n", "'web' ended without a word", id="silent"
        ),
        pytest.param(
            "11:22:33 poller.1 | started\n11:22:34 system   | poller.1 stopped (rc=-9)\n",
            "'poller' was killed; the machine may be short of memory",
            id="killed",
        ),
        pytest.param(
            '11:22:33 jobs.1   | {"message": "ended by a fault", "exc_info": "Traceback:\\n  x\\n'
            'ImportError: no such module"}\n11:22:34 system   | jobs.1 stopped (rc=1)\n',
            "'jobs' ended, saying: ImportError: no such module",
            id="a trace in JSON",
        ),
        pytest.param(
            '11:22:33 web.1 | {"message": "Port 8000 is taken."}\n'
            "11:22:34 system   | web.1 stopped (rc=1)\n",
            "'web' ended, saying: Port 8000 is taken.",
            id="a message in JSON",
        ),
        pytest.param("", "no process says why", id="empty"),
        pytest.param("garbage\n\x00", "no process says why", id="garbage"),
    ],
)
def test_it_says_which_process_ended_and_why(log: str, sentence: str) -> None:
    assert why_ended(log) == sentence


def _runs(pid: int, name: str) -> bool:
    return Path(f"/proc/{pid}/comm").read_text().strip() == name
