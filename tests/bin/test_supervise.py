"""The processes: ready when the wall answers, all ended at the end, none left by a kill."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from bin.steps import ports, processes
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


def test_a_process_that_dies_later_is_started_again(supervisor: Supervisor, port: int) -> None:
    url = f"http://127.0.0.1:{port}/readyz"
    supervisor.start()
    supervisor.wait_until_ready(url)
    first = supervisor.honcho
    deadline = time.monotonic() + 30

    class Enough(Exception):
        """Ends the watch, as a signal would."""

    def look(*_: object) -> None:
        if supervisor.honcho is not first and supervisor.honcho is not None:
            raise Enough
        assert time.monotonic() < deadline

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 0.5, 0.5)
    try:
        assert first
        idle = [pid for pid in processes.marked(supervisor.mark) if _runs(pid, "sleep")]
        os.kill(idle[0], signal.SIGKILL)
        with pytest.raises(Enough):
            supervisor.watch(url)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


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
