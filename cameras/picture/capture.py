"""One picture of one stream, taken in a process that is killed when its time is over.

OpenCV may stick inside `open` or `read` for longer than its own time limits, or crash on what a
camera sends; so it runs in a process of its own, and a capture that goes wrong costs that process
and nothing else.  A plain subprocess, because Celery's workers are daemonic and may have no
children of multiprocessing's kind.  Pure but for the process: no Django.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cameras.probe.reason import Reason
from cameras.probe.target import Target, url_host, url_path

WORKER = Path(__file__).with_name("worker.py")
OPEN_MS = 4000
READ_MS = 4000
DEADLINE_S = 10.0
"""With the DESCRIBE before it, a picture or a failure is there within 15 s of the request."""
MAX_PICTURE_BYTES = 16 * 1024 * 1024
PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH", "TZ")
"""All of our environment that a worker sees; database address and keys stay here."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG and its size in pixels."""

    jpeg: bytes
    width: int
    height: int


class CaptureFailed(Exception):
    """There is no picture.  The message is for the technician and holds no login."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def capture(
    target: Target,
    address: str,
    *,
    deadline_s: float = DEADLINE_S,
    command: tuple[str, ...] = (sys.executable, "-I", str(WORKER)),
) -> Picture:
    """A picture of `target`, which has answered DESCRIBE, taken from the checked `address`.

    Raises:
        CaptureFailed: NO_FRAME when the stream sent none, CAPTURE_FAILED when the worker died or
            had to be killed after `deadline_s`.
    """
    order = {"url": url_with_login(target, address), "open_ms": OPEN_MS, "read_ms": READ_MS}
    output, code, killed = run(command, json.dumps(order).encode(), deadline_s)
    if killed:
        raise CaptureFailed(Reason.CAPTURE_FAILED, f"no picture within {deadline_s:g} s")
    if code != 0:
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        raise CaptureFailed(Reason.CAPTURE_FAILED, f"the capture process ended with {how}")
    return picture_of(output)


def run(command: tuple[str, ...], order: bytes, deadline_s: float) -> tuple[bytes, int, bool]:
    """The output of the worker, its exit code, and whether it was killed for its time or size."""
    with subprocess.Popen(  # noqa: S603 - our own file, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # FFmpeg prints URLs there, logins and all
        cwd="/",
        env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
        start_new_session=True,
    ) as worker:
        late = threading.Event()

        def kill() -> None:
            late.set()
            worker.kill()

        timer = threading.Timer(deadline_s, kill)
        timer.start()
        try:
            output = talk(worker, order)
            if len(output) > MAX_PICTURE_BYTES:
                kill()
            return output, worker.wait(), late.is_set()
        finally:
            timer.cancel()
            worker.kill()


def talk(worker: "subprocess.Popen[bytes]", order: bytes) -> bytes:
    """Hand over the order and read the answer, up to one byte more than is allowed."""
    if worker.stdin is None or worker.stdout is None:
        raise ValueError("the worker needs both pipes")
    try:
        worker.stdin.write(order)
        worker.stdin.close()
    except BrokenPipeError:
        return b""  # it died before it read; its exit code says how
    return worker.stdout.read(MAX_PICTURE_BYTES + 1)


def picture_of(output: bytes) -> Picture:
    """What the worker wrote, as a picture.  Raises CaptureFailed."""
    line, _, jpeg = output.partition(b"\n")
    try:
        head: dict[str, Any] = json.loads(line)
        if "failure" in head:
            raise CaptureFailed(Reason.NO_FRAME, str(head["failure"]))
        picture = Picture(jpeg, int(head["width"]), int(head["height"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        message = "the capture process answered something else"
        raise CaptureFailed(Reason.CAPTURE_FAILED, message) from None
    if not jpeg.startswith(b"\xff\xd8") or picture.width < 1 or picture.height < 1:
        raise CaptureFailed(Reason.CAPTURE_FAILED, "the capture process sent no JPEG")
    return picture


def url_with_login(target: Target, address: str) -> str:
    """The stream's URL at `address`, with the login percent-encoded; for the worker's pipe only."""
    login = ""
    if target.login:
        login = f"{quote(target.login.username, safe='')}:{quote(target.login.password, safe='')}@"
    scheme = "rtsps" if target.tls else "rtsp"
    return f"{scheme}://{login}{url_host(address)}:{target.rtsp_port}{url_path(target.path)}"
