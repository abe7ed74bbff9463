"""A capture that goes wrong costs one process; one that goes right is a picture."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from cameras.picture.capture import MAX_PICTURE_BYTES, WORKER, CaptureFailed, Picture, capture
from cameras.picture.take import take
from cameras.probe.net import TcpNet
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome
from cameras.probe.target import Login, Target
from tests.cameras.fake_camera import FakeCamera, running

LOOPBACK = TcpNet(["127.0.0.0/8"])
GATE = Target("10.0.0.9", 554, "/live", Login("viewer", "tell-nobody"))


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", code)


def test_a_picture_of_a_real_camera(video_camera: Target) -> None:
    outcomes: list[LoginOutcome] = []

    picture = take(video_camera, LOOPBACK, note_login=outcomes.append)

    frame = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert frame is not None
    assert frame.shape == (180, 320, 3) == (picture.height, picture.width, 3)
    assert frame.std() > 20, "colour bars are no flat picture"
    assert outcomes == [LoginOutcome.ACCEPTED]


def test_a_picture_comes_inside_tls_from_a_camera_that_signs_itself(video_camera: Target) -> None:
    """FFmpeg takes any certificate, as the ladder does: `test_tls`."""
    command = [sys.executable, "-m", "tests.cameras.tls_door", str(video_camera.rtsp_port)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as door:
        assert door.stdin is not None
        assert door.stdout is not None
        secure = replace(video_camera, rtsp_port=int(door.stdout.readline()), tls=True)
        picture = capture(secure, secure.host)
        door.stdin.close()

    assert (picture.width, picture.height) == (320, 180)


def test_a_wrong_password_is_found_before_anything_is_captured(video_camera: Target) -> None:
    wrong = Target(video_camera.host, video_camera.rtsp_port, "/live", Login("viewer", "wrong"))
    outcomes: list[LoginOutcome] = []

    with pytest.raises(CaptureFailed) as failed:
        take(wrong, LOOPBACK, note_login=outcomes.append, capture=never)

    assert failed.value.reason is Reason.WRONG_LOGIN
    assert outcomes == [LoginOutcome.REFUSED]


def test_a_missing_stream_is_found_before_anything_is_captured(video_camera: Target) -> None:
    other = Target(video_camera.host, video_camera.rtsp_port, "/other", video_camera.login)

    with pytest.raises(CaptureFailed) as failed:
        take(other, LOOPBACK, note_login=lambda _: None, capture=never)

    assert failed.value.reason is Reason.STREAM_NOT_FOUND


def test_an_address_that_is_not_allowed_is_not_captured() -> None:
    with pytest.raises(CaptureFailed) as failed:
        take(GATE, LOOPBACK, note_login=lambda _: None, capture=never)

    assert failed.value.reason is Reason.NOT_ALLOWED


def never(_target: Target, _address: str) -> Picture:
    raise AssertionError("captured")


def test_a_camera_that_describes_and_sends_nothing_has_no_frame() -> None:
    with described_only() as port:
        target = Target("127.0.0.1", port, "/live", Login("viewer", "right-horse"))
        with pytest.raises(CaptureFailed) as failed:
            take(target, LOOPBACK, note_login=lambda _: None)

    assert failed.value.reason is Reason.NO_FRAME


@contextmanager
def described_only() -> Iterator[int]:
    """A camera in another thread that knows OPTIONS and DESCRIBE, and hangs up on the rest."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    camera, done = FakeCamera(), asyncio.Event()

    async def serve() -> None:
        async with running(camera):
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(5)
    yield camera.port
    loop.call_soon_threadsafe(done.set)
    thread.join(5)
    loop.close()


@pytest.mark.parametrize(
    ("code", "reason", "detail"),
    [
        pytest.param("import time; time.sleep(60)", "capture_failed", "within 0.5 s", id="hangs"),
        pytest.param(
            "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)",
            "capture_failed",
            "within 0.5 s",
            id="hangs and ignores SIGTERM",
        ),
        pytest.param(
            "import os; os.kill(os.getpid(), 11)", "capture_failed", "SIGSEGV", id="crash"
        ),
        pytest.param("import os; os._exit(3)", "capture_failed", "exit code 3", id="gives up"),
        pytest.param("", "capture_failed", "something else", id="says nothing"),
        pytest.param("print('hello')", "capture_failed", "something else", id="garbage"),
        pytest.param("print('[]')", "capture_failed", "something else", id="a list"),
        pytest.param(
            'print(\'{"width": 4, "height": 3}\')', "capture_failed", "no JPEG", id="no picture"
        ),
        pytest.param(
            'print(\'{"failure": "dark"}\')', "no_frame", "dark", id="says why it has none"
        ),
        pytest.param(
            "import sys\nwhile True: sys.stdout.buffer.write(b'x' * 65536)",
            "capture_failed",
            "",
            id="never stops",
        ),
    ],
)
def test_a_worker_that_goes_wrong_is_one_failure(code: str, reason: str, detail: str) -> None:
    began, before = time.monotonic(), children()

    with pytest.raises(CaptureFailed) as failed:
        capture(GATE, "10.0.0.9", deadline_s=0.5, command=python(code))

    assert failed.value.reason.value == reason
    assert detail in str(failed.value)
    assert time.monotonic() - began < 3
    assert children() == before, "no process is left behind"


def children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


def test_an_endless_answer_is_cut_at_its_limit() -> None:
    endless = "import sys\nwhile True: sys.stdout.buffer.write(b'x' * 65536)"

    with pytest.raises(CaptureFailed):
        capture(GATE, "10.0.0.9", deadline_s=20, command=python(endless))

    assert MAX_PICTURE_BYTES < 2**25


def test_the_worker_gets_the_login_by_pipe_and_nothing_of_our_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_KEY", "sesame")
    tell = """
import json, os, sys
order = sys.stdin.read()
seen = open("/proc/self/cmdline").read() + str(dict(os.environ))
print(json.dumps({"failure": json.dumps({"order": order, "seen": seen})}))
"""
    with pytest.raises(CaptureFailed) as failed:
        capture(GATE, "10.0.0.9", command=python(tell))

    told = json.loads(str(failed.value))
    assert "viewer:tell-nobody@10.0.0.9" in told["order"]
    assert "tell-nobody" not in told["seen"]
    assert "sesame" not in told["seen"]


def test_the_worker_opens_no_files_and_needs_no_django(tmp_path: Path) -> None:
    secret = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(secret), cv2.VideoWriter.fourcc(*"MJPG"), 5, (64, 48))
    writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    order = json.dumps({"url": f"file:{secret}", "open_ms": 1000, "read_ms": 1000})

    done = subprocess.run(
        [sys.executable, "-I", str(WORKER)], input=order.encode(), capture_output=True, check=True
    )

    assert json.loads(done.stdout) == {"failure": "the stream could not be opened"}
