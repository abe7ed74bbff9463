"""Pictures from cameras: many streams are watched at once, a few processes decode.

What waits is a connection; what is dangerous (a decoder and what a device sent) is a process that
has one picture at a time, no network and no secret, and is killed at its deadline.  So a camera
that sends nothing costs a socket, and a worker that dies, leaks or hangs costs one capture.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from cameras.picture.capture import Capture
from cameras.picture.decoder import COMMAND, Decoder, WorkerLost
from cameras.picture.frames import BadFrame
from cameras.picture.order import CaptureFailed, Order, Purpose, Shot
from cameras.picture.session import Session
from cameras.probe.reason import Reason

DECODE_S = 8.0
"""For one capture in a worker; a picture takes milliseconds, three seconds of 4K two seconds."""
STREAMS_AT_ONCE = 64
"""Rounds; at 640x360 they keep two workers busy, and hold a few megabytes each."""
STEP_ASIDE_S = 1.0
"""Who has sent nothing for so long gives his place to others, and is waited for beside them."""
RECYCLE_AFTER = 200
MOST_GROWN_BYTES = 300 * 1024 * 1024
"""A worker that holds so much more than after its first order is replaced."""


class Place:
    """A place among the streams, given back once."""

    def __init__(self, streams: asyncio.Semaphore) -> None:
        self._streams: asyncio.Semaphore | None = streams

    def leave_unless(self, capture: Capture) -> None:
        """Step aside for others while the device is silent."""
        if not capture.has_heard:
            self.leave()

    def leave(self) -> None:
        streams, self._streams = self._streams, None
        if streams:
            streams.release()


class Pool:
    """Takes pictures.  Belongs to the event loop that it is first used in.

    size: workers, of which each uses a core while it decodes; they are started by `warm`, or when
        they are needed.  recycle_after: captures after which a worker is replaced by a fresh one.
    """

    def __init__(
        self,
        size: int,
        *,
        recycle_after: int = RECYCLE_AFTER,
        streams_at_once: int = STREAMS_AT_ONCE,
        command: tuple[str, ...] = COMMAND,
        decode_s: float = DECODE_S,
    ) -> None:
        self._decode_s = decode_s
        self._recycle_after = recycle_after
        self._command = command
        self._streams = asyncio.Semaphore(streams_at_once)
        # Operators' clicks first; then whoever came first.
        self._waiting: list[tuple[int, int, asyncio.Future[Decoder]]] = []
        self._turn = 0
        self._idle = [Decoder(command) for _ in range(size)]
        self._busy: set[Decoder] = set()
        self._farewells: set[asyncio.Task[None]] = set()
        self._closed = False

    async def warm(self) -> None:
        """Start the workers, so that the first who press do not wait for libraries to load."""
        for worker in self._idle:
            await self._begin(worker)

    async def _begin(self, worker: Decoder) -> None:
        # One that does not start now is started by its first order, which says why it cannot.
        with suppress(OSError, TimeoutError):
            await worker.start()

    async def take(self, order: Order) -> Shot:
        """The picture that was asked for.

        Raises:
            CaptureFailed: with the reason of the rung that broke; NO_FRAME when the stream sent
                nothing new and whole in time; CAPTURE_FAILED when a worker died or had to be
                killed.
        """
        if order.purpose is Purpose.CLICK:
            return await self._taken(Capture(order, self))  # nobody stands before an operator
        await self._streams.acquire()
        place = Place(self._streams)
        capture = Capture(order, self)
        loop = asyncio.get_running_loop()
        aside = loop.call_later(STEP_ASIDE_S, place.leave_unless, capture)
        try:
            return await self._taken(capture)
        finally:
            aside.cancel()
            place.leave()

    async def _taken(self, capture: Capture) -> Shot:
        try:
            async with asyncio.timeout(capture.order.deadline_s) as clock:
                return await capture.shot(clock)
        except TimeoutError:
            raise capture.late() from None

    async def decode(
        self, head: dict[str, Any], parts: list[bytes], purpose: Purpose
    ) -> tuple[dict[str, Any], list[bytes]]:
        """What a worker makes of it.

        Raises:
            CaptureFailed: the worker was lost, or found no picture.
        """
        async with self._worker(purpose) as worker:
            try:
                told, pictures = await worker.ask(head, parts, budget_s=self._decode_s)
            except WorkerLost as lost:
                raise CaptureFailed(Reason.CAPTURE_FAILED, str(lost)) from None
            except BadFrame as large:
                raise CaptureFailed(Reason.NO_FRAME, str(large)) from None
        if "failure" in told:
            raise CaptureFailed(Reason.NO_FRAME, str(told["failure"]))
        return told, pictures

    @asynccontextmanager
    async def _worker(self, purpose: Purpose) -> AsyncIterator[Decoder]:
        worker = await self._next_worker(purpose)
        self._busy.add(worker)
        try:
            yield worker
        finally:
            self._busy.discard(worker)
            await self._give_back(worker)

    async def _next_worker(self, purpose: Purpose) -> Decoder:
        if self._closed:
            raise CaptureFailed(Reason.CAPTURE_FAILED, "pictures are no longer taken")
        if self._idle:
            return self._idle.pop()
        self._turn += 1
        future: asyncio.Future[Decoder] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (purpose is not Purpose.CLICK, self._turn, future))
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._hand_on(future.result())
            raise

    async def _give_back(self, worker: Decoder) -> None:
        """Let the next one have it, or a fresh one when it has done enough."""
        if worker.is_spent(self._recycle_after, MOST_GROWN_BYTES) or self._closed:
            await worker.kill()
            worker = Decoder(self._command)
            if not self._closed:
                await self._begin(worker)
            if self._closed:  # meanwhile
                await worker.kill()
        self._hand_on(worker)

    def _hand_on(self, worker: Decoder) -> None:
        while self._waiting:
            future = heapq.heappop(self._waiting)[2]
            if not future.done():
                future.set_result(worker)
                return
        self._idle.append(worker)

    def say_goodbye(self, session: Session) -> None:
        """End a session without making anybody wait for the device's answer."""
        task = asyncio.create_task(session.close())
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    async def close(self) -> None:
        """End all workers and sessions; orders under way fail."""
        self._closed = True
        for worker in (*self._idle, *self._busy):
            await worker.kill()
        for _, _, future in self._waiting:
            future.cancel()
        if self._farewells:
            await asyncio.wait(self._farewells)
