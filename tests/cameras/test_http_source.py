"""Pictures over HTTP: the stream's door is asked first, and what comes is judged by what it is."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from cameras.picture.order import CaptureFailed, Heard, Order, Purpose, Shot, Source
from cameras.picture.pool import Pool
from cameras.probe.net import TcpNet
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome
from cameras.probe.target import Login
from tests.cameras.fake_camera import listening, md5
from tests.cameras.films import playing

NET = TcpNet(["127.0.0.0/8"])
NOISE = np.random.default_rng(1).integers(0, 255, (90, 160, 3), np.uint8)
JPEG = cv2.imencode(".jpg", NOISE)[1].tobytes()
DATE = "Thu, 26 Nov 2026 05:00:00 GMT"


def reply(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"Content-Length: {len(body)}", *lines))
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


@dataclass
class Door:
    """A device's web server: asks for Digest and then says what it is told to."""

    says: bytes
    guarded: bool = True
    password: str = "s@crét"
    requests: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(request)
                writer.write(self.answer(request))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def answer(self, request: bytes) -> bytes:
        secret = md5(f"viewer:door:{self.password}")
        expected = md5(f"{secret}:n:{md5(f'GET:{request.split()[1].decode()}')}")
        found = re.search(rb'response="(\w+)"', request)
        if not self.guarded or (found and found[1].decode() == expected):
            return self.says
        challenge = 'WWW-Authenticate: Digest realm="door", nonce="n"'
        return reply(b"", challenge, status="401 Unauthorized")


def taken(door: Door, change: Callable[[Order], Order] = lambda order: order) -> Shot:
    async def scenario() -> Shot:
        pool = Pool(1)
        try:
            async with listening(door.serve) as port, playing(None) as target:
                order = Order(
                    target, NET, source=Source.HTTP, snapshot_path="/picture?ch=1", http_port=port
                )
                return await pool.take(change(order))
        finally:
            await pool.close()

    return asyncio.run(scenario())


def test_a_picture_over_http_with_digest() -> None:
    door = Door(reply(JPEG, "Content-Type: text/plain", f"Date: {DATE}"))

    shot = taken(door)

    assert (shot.width, shot.height) == (160, 90)
    assert shot.source is Source.HTTP
    assert shot.device_at == datetime(2026, 11, 26, 5, tzinfo=UTC)
    assert [request.split()[1] for request in door.requests] == [b"/picture?ch=1"] * 2


def test_a_round_takes_four_pictures_over_its_time() -> None:
    shot = taken(
        Door(reply(JPEG), guarded=False),
        lambda order: replace(order, purpose=Purpose.ROUND, watch_s=0.6, want_exam=True),
    )

    assert shot.frames == 4
    assert shot.stream_s >= 0.5
    assert shot.exam is not None


@pytest.mark.parametrize(
    ("says", "detail"),
    [
        pytest.param(reply(b"<html>", "Content-Type: image/jpeg"), "no JPEG", id="a page"),
        pytest.param(
            reply(b"", "Location: http://203.0.113.66/x", status="302 Found"), "302", id="redirect"
        ),
        pytest.param(reply(b"x", status="404 Not Found"), "404", id="not there"),
        pytest.param(reply(JPEG, "Content-Encoding: gzip"), "packs its reply", id="packed"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "announces", id="too large"
        ),
        pytest.param(b"SSH-2.0-OpenSSH\r\n", "starts with", id="no web server"),
        pytest.param(reply(JPEG[:-200]), "no picture that can be read", id="cut short"),
        pytest.param(reply(b"\xff\xd8\xff" + bytes(500)), "no picture", id="a JPEG by its start"),
    ],
)
def test_what_is_no_picture_is_called_so(says: bytes, detail: str) -> None:
    door = Door(says, guarded=False)

    with pytest.raises(CaptureFailed) as failed:
        taken(door)

    assert failed.value.reason is Reason.NO_FRAME
    assert detail in str(failed.value)


def test_a_login_that_this_door_refuses_is_sent_once() -> None:
    door = Door(reply(JPEG), password="another")

    heard: list[Heard] = []

    with pytest.raises(CaptureFailed, match="401"):
        taken(door, lambda order: replace(order, note=heard.append))

    assert heard == [Heard(LoginOutcome.ACCEPTED, LoginOutcome.REFUSED)]
    assert sum(b"Authorization" in request for request in door.requests) == 1


def test_a_login_that_may_not_go_to_this_door_stays_at_home() -> None:
    door = Door(reply(JPEG))
    heard: list[Heard] = []

    def at_home(order: Order) -> Order:
        assert order.target.login is not None
        login = replace(order.target.login, may_try_onvif=False)
        return replace(order, target=replace(order.target, login=login), note=heard.append)

    with pytest.raises(CaptureFailed, match="401"):
        taken(door, at_home)

    assert heard == [Heard(LoginOutcome.ACCEPTED)]
    assert len(door.requests) == 1
    assert b"Authorization" not in door.requests[0]


def test_a_login_that_the_stream_refuses_never_reaches_this_door() -> None:
    door = Door(reply(JPEG))

    def wrong(order: Order) -> Order:
        return replace(order, target=replace(order.target, login=Login("viewer", "wrong")))

    with pytest.raises(CaptureFailed) as failed:
        taken(door, wrong)

    assert failed.value.reason is Reason.WRONG_LOGIN
    assert door.requests == []
