"""Processes of the Procfile on ports of a benchmark's own; not a benchmark itself."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UP_WITHIN_S = 120


def start(name: str, given: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """The process that the Procfile calls so; given: values of the variables in its line."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    command = dict(line.split(": exec ", 1) for line in lines)[name]
    words = [given.get(word.strip('"').removeprefix("$"), word) for word in command.split()]
    binary = Path(sys.executable).parent / words[0]
    env = os.environ | given | {"LOG_LEVEL": "ERROR"}
    # A group of its own: killing it takes its children along.  It ends with this benchmark.
    words = ["setpriv", "--pdeathsig=TERM", str(binary), *words[1:]]
    return subprocess.Popen(words, cwd=ROOT, env=env, start_new_session=True)


def web(port: int) -> "subprocess.Popen[bytes]":
    return start("web", {"WEB_HOST": "127.0.0.1", "WEB_PORT": str(port)})


def wait_until_up(port: int) -> None:
    """Raises TimeoutError where /healthz does not answer well within `UP_WITHIN_S`."""
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline:
        try:
            link = HTTPConnection("127.0.0.1", port, timeout=5)
            link.request("GET", "/healthz")
            if link.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"nothing answers at port {port}")
