"""A picture of a real camera, and why there is none, before any process is troubled."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from cameras.picture.order import CaptureFailed, Heard, Order, Purpose, Shot
from cameras.picture.pool import Pool
from cameras.probe.net import TcpNet
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome
from cameras.probe.target import Login, Target
from tests.cameras.fake_camera import FakeCamera, running
from tests.cameras.taking import take, taken

LOOPBACK = TcpNet(["127.0.0.0/8"])
GATE = Target("10.0.0.9", 554, "/live", Login("viewer", "tell-nobody"))
LEFT_TOP = [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)]


def image_of(jpeg: bytes) -> np.ndarray:
    frame = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert frame is not None
    return frame


def test_a_picture_of_a_real_camera(video_camera: Target) -> None:
    outcomes: list[LoginOutcome] = []

    picture = take(video_camera, LOOPBACK, note_login=outcomes.append)

    frame = image_of(picture.jpeg)
    assert frame.shape == (180, 320, 3) == (picture.height, picture.width, 3)
    assert frame.std() > 20, "colour bars are no flat picture"
    assert outcomes == [LoginOutcome.ACCEPTED]


def test_a_picture_says_when_it_was_made_by_our_clock_and_by_the_device(
    video_camera: Target,
) -> None:
    asked = datetime.now(UTC)

    shot = asyncio.run(taken(Order(video_camera, LOOPBACK)))

    assert asked <= shot.taken_at <= datetime.now(UTC)
    # GStreamer's first sender report may come later than the picture.
    assert shot.device_at is None or abs(shot.device_at - shot.taken_at) < timedelta(seconds=1)
    assert [rung.step for rung in shot.rungs] == [
        "tcp_connect",
        "rtsp_describe",
        "rtsp_setup",
        "rtsp_play",
    ]


def test_a_round_looks_for_two_seconds_and_examines_what_it_saw(video_camera: Target) -> None:
    order = Order(video_camera, LOOPBACK, purpose=Purpose.ROUND, watch_s=2.0, want_exam=True)

    shot = asyncio.run(taken(order))

    assert shot.stream_s >= 2.0
    assert 4 <= shot.frames <= 8
    assert shot.exam is not None
    assert image_of(shot.small_png).shape[:2] == (360, 640)
    assert image_of(shot.thumb_jpeg).shape == (90, 160, 3)


def test_masks_are_black_in_everything_that_leaves_the_worker(video_camera: Target) -> None:
    order = Order(video_camera, LOOPBACK, masks=[LEFT_TOP], want_exam=True)

    shot = asyncio.run(taken(order))

    for picture in (shot.jpeg, shot.thumb_jpeg, shot.small_png):
        frame = image_of(picture)
        height, width = frame.shape[0], frame.shape[1]
        assert frame[: height // 2 - 8, : width // 2 - 8].max() < 16, "JPEG blurs the edge only"
        assert frame[height // 2 + 8 :, :].max() > 100


def test_a_picture_comes_inside_tls_from_a_camera_that_signs_itself(video_camera: Target) -> None:
    command = [sys.executable, "-m", "tests.cameras.tls_door", str(video_camera.rtsp_port)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as door:
        assert door.stdin is not None
        assert door.stdout is not None
        secure = replace(video_camera, rtsp_port=int(door.stdout.readline()), tls=True)
        shot = asyncio.run(taken(Order(secure, LOOPBACK)))
        door.stdin.close()

    assert (shot.width, shot.height) == (320, 180)


@pytest.mark.parametrize(
    ("change", "reason", "outcome"),
    [
        pytest.param(
            lambda t: replace(t, login=Login("viewer", "wrong")),
            Reason.WRONG_LOGIN,
            LoginOutcome.REFUSED,
            id="a wrong password",
        ),
        pytest.param(
            lambda t: replace(t, path="/other"),
            Reason.STREAM_NOT_FOUND,
            LoginOutcome.NOT_SENT,  # GStreamer's server asks for no login to what it has not
            id="a missing stream",
        ),
        pytest.param(
            lambda _: GATE, Reason.NOT_ALLOWED, LoginOutcome.NOT_SENT, id="an address not allowed"
        ),
    ],
)
def test_what_describe_finds_is_told_with_its_reason_and_no_worker_starts(
    video_camera: Target,
    change: Callable[[Target], Target],
    reason: Reason,
    outcome: LoginOutcome,
) -> None:
    noted: list[Heard] = []
    order = Order(change(video_camera), LOOPBACK, note=noted.append)

    with pytest.raises(CaptureFailed) as failed:
        asyncio.run(with_no_worker(order))

    assert failed.value.reason is reason
    assert noted == [Heard(outcome)]


async def with_no_worker(order: Order) -> Shot:
    pool = Pool(1, command=("/bin/false",))
    try:
        return await pool.take(order)
    finally:
        await pool.close()


def test_a_camera_that_describes_and_then_hangs_up_has_no_picture() -> None:
    with described_only() as port:
        target = Target("127.0.0.1", port, "/live", Login("viewer", "right-horse"))
        with pytest.raises(CaptureFailed) as failed:
            take(target, LOOPBACK, note_login=lambda _: None)

    assert failed.value.reason is Reason.REJECTED
    assert "SETUP answered 401" in str(failed.value)


@contextmanager
def described_only() -> Iterator[int]:
    """A camera in another thread that knows OPTIONS and DESCRIBE, and refuses the rest."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    camera, done = FakeCamera(), asyncio.Event()

    async def serve() -> None:
        async with running(camera):
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(60)
    yield camera.port
    loop.call_soon_threadsafe(done.set)
    thread.join(5)
    loop.close()
