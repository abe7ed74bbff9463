"""One order on its way: the device is asked, its stream watched, what is new of it decoded."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from cameras.picture.finding import Exam
from cameras.picture.http_source import HttpFailed, HttpPictures
from cameras.picture.order import CaptureFailed, Heard, Order, Purpose, Shot, Source
from cameras.picture.rtp.packets import SenderReport
from cameras.picture.rtp.watch import Broken, Piece, Watch
from cameras.picture.session import Ended, Session
from cameras.probe.net import NetError
from cameras.probe.reason import Reason
from cameras.probe.result import StepResult, login_of, verdict_of
from cameras.probe.target import Target
from cameras.probe.wire_head import Malformed

READ_S = 4.0
"""Between two pieces of a stream."""
DECODE_RESERVE_S = 1.5
"""What is kept of an order's time for the decoding."""
TORN_TRIES = 3
"""So many pictures in a row may be damaged before a click is told so."""
Told = tuple[dict[str, Any], list[bytes]]


class Decodes(Protocol):
    """The pool, as far as a capture needs it."""

    async def decode(self, head: dict[str, Any], parts: list[bytes], purpose: Purpose) -> Told:
        """What a worker makes of coded pictures.  Raises CaptureFailed."""

    def say_goodbye(self, session: Session) -> None:
        """End a session without making anybody wait for it."""


class Capture:
    """An order and how far it has come.  has_heard: whether the device has sent pictures."""

    def __init__(self, order: Order, pool: Decodes) -> None:
        self.order, self._pool = order, pool
        self._asked_s = time.monotonic()
        self._until_s = self._asked_s + order.deadline_s - DECODE_RESERVE_S
        self._clock: asyncio.Timeout | None = None
        self.has_heard = False
        self._rungs: tuple[StepResult, ...] = ()
        self._stage = "nothing was asked yet"

    async def shot(self, clock: asyncio.Timeout) -> Shot:
        """The picture.  Raises CaptureFailed."""
        self._clock = clock
        self._stage = "the device did not answer"
        try:
            target = await self._checked()
            if self.order.source is Source.HTTP:
                return await self._from_http(target)
            return await self._from_rtsp(target)
        except CaptureFailed as failed:
            failed.rungs = failed.rungs or self._rungs
            raise

    def late(self) -> CaptureFailed:
        """What a passed deadline says."""
        reason = Reason.NO_FRAME if self._rungs else Reason.OWN_TROUBLE
        detail = f"no picture within {self.order.deadline_s:g} s: {self._stage}"
        return CaptureFailed(reason, detail, self._rungs)

    async def _checked(self) -> Target:
        """The target at the one address that is asked.  Raises CaptureFailed."""
        order = self.order
        try:
            address = await order.net.resolve(order.address or order.target.host)
        except NetError as error:
            self.order.note(Heard())
            self._climbed([StepResult(error.reason, str(error))])
            raise CaptureFailed(error.reason, str(error)) from None
        return replace(order.target, host=address)

    def _climbed(self, rungs: Sequence[StepResult]) -> None:
        """Keep the ladder.  Raises CaptureFailed when it has broken."""
        self._rungs = tuple(rungs)
        verdict = verdict_of(rungs)
        if verdict.reason is not Reason.OK:
            raise CaptureFailed(verdict.reason, verdict.detail, rungs)

    async def _from_rtsp(self, target: Target) -> Shot:
        session = Session(target, self.order.net)
        try:
            rungs = await session.open()
            self.order.note(Heard(login_of(rungs)))
            self._climbed(rungs)
            if session.track is None:
                raise CaptureFailed(Reason.NO_VIDEO, "the description names no video stream")
            watch = Watch(
                asked_s=self._asked_s,
                watch_s=self.order.watch_s,
                clock_hz=session.track.clock_hz,
            )
            for _ in range(TORN_TRIES):
                piece = await self._watched(session, watch)
                if self.order.purpose is Purpose.ROUND:
                    self._pool.say_goodbye(session)  # a device has few sessions
                told = await self._decoded(session.track.codec.value, piece)
                if not told[0].get("torn_only"):
                    device_at = device_time(session.report, piece.ticks, session.track.clock_hz)
                    return self._finished(told, piece.stream_s, piece.made_s, device_at)
                watch.forget()
            raise CaptureFailed(Reason.NO_FRAME, f"the last {TORN_TRIES} pictures came damaged")
        finally:
            self._pool.say_goodbye(session)

    async def _watched(self, session: Session, watch: Watch) -> Piece:
        """What there is to decode.  Raises CaptureFailed."""
        self._stage = "the stream sent no picture"
        why = ""
        while not why and not watch.is_done():
            left_s = min(READ_S, self._until_s - time.monotonic())
            try:
                async with asyncio.timeout(left_s):
                    for unit in await session.read():
                        watch.add(unit, time.monotonic())
                        self.has_heard = True
            except TimeoutError:
                why = f"nothing came for {left_s:.1f} s" if left_s == READ_S else "the time is over"
            except (Ended, Broken, Malformed, NetError) as error:
                why = str(error)
        piece = watch.piece()
        if piece is None:
            raise CaptureFailed(
                Reason.NO_FRAME, f"{watch.missing()}: {why}", sent_nothing=not self.has_heard
            )
        return piece

    async def _decoded(self, codec: str, piece: Piece) -> Told:
        self._stage = "no worker became free in time"
        head = {
            "pictures": [[ms, key, torn] for ms, key, torn, _ in piece.pictures],
            "wanted": piece.wanted,
        }
        return await self._asked(codec, head, [data for *_, data in piece.pictures])

    async def _asked(self, codec: str, head: dict[str, Any], parts: list[bytes]) -> Told:
        order = self.order
        head |= {
            "codec": codec,
            "exam": order.want_exam,
            "keep_torn": order.purpose is Purpose.ROUND,
            "baseline": order.baseline,
            "masks": [[list(corner) for corner in polygon] for polygon in order.masks],
        }
        if order.purpose is Purpose.ROUND and self._clock:
            # What waits for a worker has all it needs of the device, and nobody waits for it.
            self._clock.reschedule(None)
        return await self._pool.decode(head, parts, order.purpose)

    async def _from_http(self, target: Target) -> Shot:
        pictures = HttpPictures(target, self.order)
        try:
            self._climbed(await pictures.open())
            self._stage = "the device sent no picture over HTTP"
            files = await pictures.take(self.order.watch_s)
            self.has_heard = True
        except HttpFailed as failed:
            raise CaptureFailed(failed.reason, str(failed)) from None
        finally:
            # At the end: other cameras of the device wait meanwhile with the same login.
            self.order.note(Heard(login_of(self._rungs), pictures.said))
        told = await self._asked("file", {"wanted": files.times_ms}, files.data)
        if told[0].get("torn_only"):
            raise CaptureFailed(Reason.NO_FRAME, "the picture came damaged")
        return self._finished(told, files.stream_s, files.made_s, files.device_at)

    def _finished(
        self, told: Told, stream_s: float, made_s: float, device_at: datetime | None
    ) -> Shot:
        """The answer of a worker as a picture.  Raises CaptureFailed: it is none."""
        head, parts = told
        try:
            jpeg, thumb, png = parts
            exam = Exam.from_json(head["exam"]) if self.order.want_exam else None
            width, height = int(head["width"]), int(head["height"])
            frames, torn = int(head["frames"]), int(head["torn"])
        except (ValueError, KeyError, TypeError, AttributeError):
            message = "the capture process answered something else"
            raise CaptureFailed(Reason.CAPTURE_FAILED, message) from None
        if not jpeg.startswith(b"\xff\xd8") or not thumb.startswith(b"\xff\xd8") or width < 1:
            raise CaptureFailed(Reason.CAPTURE_FAILED, "the capture process sent no JPEG")
        return Shot(
            jpeg=jpeg,
            thumb_jpeg=thumb,
            small_png=png,
            width=width,
            height=height,
            exam=exam,
            source=self.order.source,
            stream_s=stream_s,
            frames=frames,
            torn=torn,
            device_at=device_at,
            taken_at=self.order.net.now() - timedelta(seconds=time.monotonic() - made_s),
            rungs=self._rungs,
        )


def device_time(report: SenderReport | None, ticks: int, clock_hz: int) -> datetime | None:
    """When the picture at `ticks` was made, by the device's own clock, if it told that."""
    if report is None:
        return None
    away = (ticks - report.stamp + 2**31) % 2**32 - 2**31
    return (report.at + timedelta(seconds=away / clock_hz)).astimezone(UTC)
