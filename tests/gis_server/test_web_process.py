"""The web process: how its server ends, and what it is told."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from bin.steps.ports import first_free
from gis_server import wsgi

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = (
    "gis_server.wsgi:application --interface wsgi --http 1 --no-ws --log-level error"
    " --workers 2 --blocking-threads 2 --port"
)
SECRETS = ("SECRET_KEY", "VAULT_KEY", "DATABASE_URL", "REDIS_URL", "OIDC_CLIENT_SECRET",
           "METRICS_TOKEN")  # fmt: skip


def answers(port: int) -> bool:
    link = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        link.request("GET", "/healthz")
        return link.getresponse().status == 200
    except OSError:
        return False
    finally:
        link.close()


def within(seconds: float, is_so: Any) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(one) for one in text.split()]


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@contextmanager
def served() -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    port = first_free("127.0.0.1", 8530)
    binary = str(Path(sys.executable).parent / "granian")
    process = subprocess.Popen(
        [binary, *COMMAND.split(), str(port)], cwd=ROOT, start_new_session=True
    )
    try:
        assert within(180, lambda: answers(port)), "the web process does not answer"
        yield process, port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def test_workers_end_with_a_server_that_is_killed_and_give_the_port_back() -> None:
    with served() as (process, port):
        workers = children(process.pid)
        assert len(workers) >= 2

        process.kill()
        process.wait(10)

        assert within(15, lambda: not any(lives(pid) for pid in workers))
        assert not answers(port)


def test_the_server_stops_when_it_is_told_to() -> None:
    with served() as (process, port):
        process.send_signal(signal.SIGTERM)

        assert process.wait(15) == 0
        assert not answers(port)


# To close an answer looks after the connection to the database.
@pytest.mark.django_db
def test_a_whole_answer_goes_out_in_one_piece_and_a_stream_stays_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[str] = []

    def told(answer: HttpResponseBase) -> Any:
        answer._resource_closers.append(lambda: ended.append(type(answer).__name__))  # type: ignore[attr-defined]
        monkeypatch.setattr(wsgi, "_django", lambda _environ, _start: answer)
        return wsgi.inside({}, None)

    assert told(HttpResponse("whole")) == [b"whole"]
    assert ended == ["HttpResponse"]
    parts = told(StreamingHttpResponse(["in ", "parts"]))
    assert b"".join(parts) == b"in parts"
    # The server closes what it has sent.
    assert ended == ["HttpResponse"]


def test_keys_do_not_stand_in_what_the_server_tells_of_a_request() -> None:
    code = (
        "import multiprocessing, os\n"
        "def look(told):\n"
        "    import gis_server.wsgi\n"
        "    told.put([name for name in %r if name in os.environ])\n"
        "if __name__ == '__main__':\n"
        "    told = multiprocessing.Queue()\n"
        "    multiprocessing.get_context('fork').Process(target=look, args=(told,)).start()\n"
        "    print(told.get(timeout=60))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code % (SECRETS,)],
        cwd=ROOT,
        env=os.environ | {"OIDC_CLIENT_SECRET": "only-for-this-test", "METRICS_TOKEN": "x" * 32},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert done.stdout.strip() == "[]", done.stderr
