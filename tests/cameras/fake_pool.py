"""A pool that plays a script, for the process around it; the real one has tests of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from django.utils import timezone

from cameras.picture.finding import Exam
from cameras.picture.order import CaptureFailed, Heard, Order, Shot
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, StepResult

JPEG = b"\xff\xd8\xff a picture"
GOOD = Exam({"luma": 120.0}, ())
RUNGS = (
    StepResult(Reason.OK, step="tcp_connect"),
    StepResult(Reason.OK, "H264", LoginOutcome.ACCEPTED, step="rtsp_describe", took_ms=4.0),
)
Script = Callable[[Order], Awaitable[Shot]]


def shot_of(order: Order, *, exam: Exam | None = GOOD, at: datetime | None = None) -> Shot:
    return Shot(
        jpeg=JPEG,
        thumb_jpeg=JPEG,
        small_png=b"",
        width=640,
        height=360,
        exam=exam,
        source=order.source,
        stream_s=order.watch_s,
        frames=4,
        torn=0,
        device_at=None,
        taken_at=at or timezone.now(),
        rungs=RUNGS,
    )


async def good(order: Order) -> Shot:
    return shot_of(order)


def failing(reason: Reason, detail: str = "so it is") -> Script:
    async def fail(order: Order) -> Shot:
        raise CaptureFailed(reason, detail, RUNGS)

    return fail


class FakePool:
    """orders: what was asked for, in order; at_work: the hosts of the orders under way."""

    def __init__(self, script: Script = good) -> None:
        self.script = script
        self.orders: list[Order] = []
        self.at_work: list[str] = []
        self.most_at_one_host = 0
        self.given_up: list[Order] = []
        self.is_closed = False

    async def warm(self) -> None:
        pass

    async def take(self, order: Order) -> Shot:
        self.orders.append(order)
        host = order.target.host
        self.at_work.append(host)
        self.most_at_one_host = max(self.most_at_one_host, self.at_work.count(host))
        try:
            order.note(Heard(LoginOutcome.ACCEPTED))
            return await self.script(order)
        except asyncio.CancelledError:
            self.given_up.append(order)
            raise
        finally:
            self.at_work.remove(host)

    async def close(self) -> None:
        self.is_closed = True


class Gate:
    """Holds orders until it is opened."""

    def __init__(self, then: Script = good) -> None:
        self._open = asyncio.Event()
        self.reached = asyncio.Event()
        self._then = then

    async def __call__(self, order: Order) -> Any:
        self.reached.set()
        await self._open.wait()
        return await self._then(order)

    def open(self) -> None:
        self._open.set()
