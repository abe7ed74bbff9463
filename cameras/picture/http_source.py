"""Pictures over HTTP from a device's snapshot address, with Digest; an alternative to its stream.

DESCRIBE comes first here too: it finds almost every fault with its right reason, and tells whether
the login is right before it is sent to a second door.  No redirect is followed, nothing packed is
taken, and the picture is judged by what it is, not by what it is called.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from cameras.picture.order import Order
from cameras.picture.session import OPEN_S
from cameras.probe import digest, wire_http
from cameras.probe.net import NetError, OneLine
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, StepResult, login_of
from cameras.probe.runner import probe
from cameras.probe.steps import rtsp_describe, tcp_connect
from cameras.probe.target import Target, url_host, url_path
from cameras.probe.wire_head import MAX_HEAD_BYTES, Malformed

MAX_FILE_BYTES = 16 * 1024 * 1024
FILE_S = 4.0
"""For one picture, login included."""
FILES = 4
"""Over the time of a watch; what is frozen shows in few."""
JPEG = b"\xff\xd8\xff"


class HttpFailed(Exception):
    """There is no picture; the message is for the technician."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(slots=True)
class Files:
    """JPEG files and when each was here, ms after the first; `made_s` of the last one, monotonic.

    device_at: what the device's own clock said with the last one.
    """

    data: list[bytes]
    times_ms: list[int]
    made_s: float
    device_at: datetime | None

    @property
    def stream_s(self) -> float:
        return self.times_ms[-1] / 1000


class HttpPictures:
    """Belongs to one capture.  said: what became of the login at this door."""

    def __init__(self, target: Target, order: Order) -> None:
        self._target, self._order = target, order
        self._may_log_in = False
        self.said = LoginOutcome.NOT_SENT

    async def open(self) -> list[StepResult]:
        """Ask the stream's door first; the rungs."""
        steps = [tcp_connect, rtsp_describe]
        rungs = await probe(self._target, steps, self._order.net, budget_s=OPEN_S)
        login = self._target.login
        accepted = login_of(rungs) is LoginOutcome.ACCEPTED
        self._may_log_in = accepted and login is not None and login.may_try_onvif
        return rungs

    async def take(self, watch_s: float) -> Files:
        """One picture, or several over `watch_s`.

        Raises:
            HttpFailed: there is none.
        """
        count = FILES if watch_s > 0 else 1
        data: list[bytes] = []
        arrived: list[float] = []
        began = time.monotonic()
        for turn in range(count):
            if turn:
                pause_s = began + watch_s * turn / (count - 1) - time.monotonic()
                await asyncio.sleep(max(0.0, pause_s))
            asked_s = time.monotonic()
            reply = await self._one()
            data.append(reply.body)
            arrived.append(asked_s)
        times_ms = [round((at - arrived[0]) * 1000) for at in arrived]
        return Files(data, unlike(times_ms), arrived[-1], date_of(reply))

    async def _one(self) -> wire_http.Reply:
        line = OneLine(self._order.net)
        try:
            async with asyncio.timeout(FILE_S):
                reply = await self._asked(line)
        except TimeoutError:
            raise HttpFailed(Reason.NO_FRAME, f"no picture over HTTP within {FILE_S:g} s") from None
        except NetError as error:
            raise HttpFailed(error.reason, f"HTTP: {error}") from None
        except Malformed as error:
            raise HttpFailed(Reason.NO_FRAME, f"HTTP: {error}") from None
        finally:
            line.hang_up()
        if reply.status != 200:
            # A redirect too: it may lead anywhere.
            said = f"HTTP answered {reply.status} {reply.phrase}".rstrip()
            raise HttpFailed(Reason.NO_FRAME, said)
        if not reply.body.startswith(JPEG):
            raise HttpFailed(Reason.NO_FRAME, "what came over HTTP is no JPEG")
        return reply

    async def _asked(self, line: OneLine) -> wire_http.Reply:
        """The reply, with the login where it is wanted and the stream's door has taken it."""
        reply = await self._exchange(line, {})
        login = self._target.login
        if reply.status != 401 or login is None or not self._may_log_in:
            return reply
        if reply.closes:
            line.hang_up()
        offered = digest.parse_challenges(reply.every("www-authenticate"))
        path = url_path(self._order.snapshot_path)
        header = digest.authorization(login, offered, method="GET", uri=path)
        if header is None:
            return reply
        reply = await self._exchange(line, {"Authorization": header})
        is_refused = reply.status in (401, 403)
        self.said = LoginOutcome.REFUSED if is_refused else LoginOutcome.ACCEPTED
        if is_refused:
            self._may_log_in = False  # once is enough: two refusals lock some devices
        return reply

    async def _exchange(self, line: OneLine, headers: dict[str, str]) -> wire_http.Reply:
        stream = await line.to(self._target.host, self._order.http_port)
        stream.allow(2 * (MAX_FILE_BYTES + MAX_HEAD_BYTES))
        place = f"{url_host(self._target.host)}:{self._order.http_port}"
        stream.write(wire_http.get(place, url_path(self._order.snapshot_path), headers))
        reader = wire_http.ReplyReader(MAX_FILE_BYTES)
        while arrived := await stream.read():
            if reply := reader.feed(arrived):
                return reply
        return reader.end()


def unlike(times_ms: list[int]) -> list[int]:
    """The same times, each later than the one before."""
    found: list[int] = []
    for ms in times_ms:
        found.append(max(ms, found[-1] + 1) if found else ms)
    return found


def date_of(reply: wire_http.Reply) -> datetime | None:
    """The device's own time, as the reply says it."""
    for said in reply.every("date"):
        try:
            at = parsedate_to_datetime(said[:60])
        except (ValueError, TypeError, OverflowError):
            continue
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return None
