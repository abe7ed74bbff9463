"""One RTSP session with a camera, for as long as it takes to see enough (RFC 2326).

DESCRIBE, SETUP, PLAY and the pictures travel on one connection: some devices take few, and some
answer 503 to one that follows quickly on another.  Only what was agreed on is read; the address is
the one that was checked, whatever the description says; no redirect is followed.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Sequence

from cameras.picture.rtp.packets import Channels, Interleaved, Packet, SenderReport
from cameras.picture.rtp.track import NoTrack, Track, video_track
from cameras.picture.rtp.units import Unit, Units
from cameras.probe import digest, wire_rtsp
from cameras.probe.net import Net, NetError, OneLine, Stream
from cameras.probe.reason import Reason
from cameras.probe.result import StepResult
from cameras.probe.runner import probe
from cameras.probe.steps import challenges_of, described, refusal, tcp_connect
from cameras.probe.target import ForeignAddress, Target, kept_path
from cameras.probe.wire_rtsp import Malformed, Reply

OPEN_S = 4.0
"""From the connection to the answer to PLAY."""
MAX_STREAM_BYTES = 32 * 1024 * 1024
"""Ten seconds at 25 Mbit/s; a capture that takes more is an attack."""
FAREWELL_S = 1.0
MAX_EARLY = 2000
"""Packets before the answer to PLAY; devices send some."""
BUSY_TRIES = 3
BUSY_PAUSE_S = 0.4
"""GStreamer's server answers 503 to a DESCRIBE that follows quickly on another's end."""
CHANNEL = re.compile(r"interleaved=(\d{1,3})(?:-(\d{1,3}))?")


class Ended(Exception):
    """The device has ended the stream; the message says how."""


class Session:
    """Belongs to one capture.  `open` first, then `read`; `close` in any case."""

    def __init__(self, target: Target, net: Net) -> None:
        self._target, self._net = target, net
        self._stream: Stream | None = None
        self._reader = Interleaved(Channels())
        self._offered: Sequence[digest.Challenge] = ()
        self._uses = 1  # of the nonce that DESCRIBE was answered with
        self._cseq = 4
        self._session = ""
        self._base = self._control = ""
        self._early: list[Packet | SenderReport] = []
        self._units: Units | None = None
        self.track: Track | None = None
        self.report: SenderReport | None = None

    async def open(self) -> list[StepResult]:
        """Climb from the connection to the answer to PLAY; the rungs, the last of which is OK when
        pictures are on their way.
        """
        began = time.monotonic()
        for turn in range(BUSY_TRIES):
            left_s = OPEN_S - (time.monotonic() - began)
            steps = [tcp_connect, self.rtsp_describe, self.rtsp_setup, self.rtsp_play]
            rungs = await probe(self._target, steps, self._net, budget_s=left_s)
            is_last = turn == BUSY_TRIES - 1 or left_s < 3 * BUSY_PAUSE_S
            if rungs[-1].reason is not Reason.BUSY or is_last:
                break
            await asyncio.sleep(BUSY_PAUSE_S)
        return rungs

    async def rtsp_describe(self, target: Target, line: OneLine) -> StepResult:
        """Ask what the stream is, and find the picture in it."""
        found = await described(target, line)
        if found.result.reason is not Reason.OK or found.reply is None:
            return found.result
        try:
            self.track = video_track(found.reply.body)
        except NoTrack as none:
            return StepResult(Reason.NO_VIDEO, str(none), found.result.login)
        self._units = Units(self.track)
        self._offered = found.offered
        self._base = base_of(found.reply, target)
        self._control = control_of(self.track, self._base, target)
        return found.result

    async def rtsp_setup(self, target: Target, line: OneLine) -> StepResult:
        """Agree on the way: inside this connection, which loses nothing and passes every router."""
        transport = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
        self._session = ""
        try:
            stream = await line.to(target.host, target.rtsp_port, tls=target.tls)
            reply = await self._ask(stream, "SETUP", self._control, transport)
        except NetError as error:
            return StepResult(error.reason, str(error))
        except Malformed as error:
            return StepResult(Reason.NOT_RTSP, str(error))
        if reply.status != 200:
            return refusal("SETUP", reply)
        self._session = "".join(reply.every("session")[:1]).partition(";")[0].strip()[:200]
        agreed = CHANNEL.search("".join(reply.every("transport")[:1]))
        if agreed:
            first = int(agreed[1])
            self._reader.agree(Channels(first, int(agreed[2] or first + 1)))
        return StepResult(Reason.OK)

    async def rtsp_play(self, target: Target, line: OneLine) -> StepResult:
        """Have the pictures sent; where they are not, or our time is over, end the session."""
        stream: Stream | None = None
        try:
            stream = await line.to(target.host, target.rtsp_port, tls=target.tls)
            stream.allow(MAX_STREAM_BYTES)
            reply = await self._ask(stream, "PLAY", self._base, {"Range": "npt=0.000-"})
            if reply.status != 200:
                return refusal("PLAY", reply)
            self._stream = line.hand_over()
            return StepResult(Reason.OK)
        except NetError as error:
            return StepResult(error.reason, str(error))
        except Malformed as error:
            return StepResult(Reason.NOT_RTSP, str(error))
        finally:
            if self._stream is None and stream is not None:
                with contextlib.suppress(NetError):
                    self._ask_to_end(stream)

    async def _ask(self, stream: Stream, method: str, url: str, headers: dict[str, str]) -> Reply:
        """One request and its reply, packets that come before it kept.  Once more when the device
        wants a nonce of its own for this question.  Raises NetError and Malformed.
        """
        for _ in range(2):
            self._cseq += 1
            signed = self._signed(method, url, headers)
            stream.write(wire_rtsp.request(method, url, self._cseq, signed))
            reply = await self._reply(stream)
            fresh = challenges_of(reply) if reply.status == 401 else []
            if not fresh or nonces(fresh) == nonces(self._offered):
                break
            self._offered, self._uses = fresh, 0
        return reply

    def _signed(self, method: str, url: str, headers: dict[str, str]) -> dict[str, str]:
        if self._session:
            headers = headers | {"Session": self._session}
        if self._target.login is None or not self._offered:
            return headers
        self._uses += 1
        answer = digest.authorization(
            self._target.login, self._offered, method=method, uri=url, count=self._uses
        )
        return headers | {"Authorization": answer} if answer else headers

    async def _reply(self, stream: Stream) -> Reply:
        while arrived := await stream.read():
            reply = None
            for found in self._reader.feed(arrived):
                if not isinstance(found, Reply):
                    self._early.append(found)
                elif found.cseq is None or found.cseq >= self._cseq:
                    reply = found
            if reply is not None:
                return reply
            if len(self._early) > MAX_EARLY:
                raise Malformed("sends pictures in place of a reply")
        raise NetError(Reason.HUNG_UP, "closed the connection in place of a reply")

    async def read(self) -> list[Unit]:
        """The pictures that have become whole with what has just arrived; may be none.

        Raises:
            Ended: the device has hung up.
            NetError: the network.
            Malformed: what came is no stream.
        """
        if self._stream is None or self._units is None:
            raise Ended("the stream is not open")
        early, self._early = self._early, []
        if early:
            return self._sorted(early)
        arrived = await self._stream.read()
        if not arrived:
            raise Ended("the device ended the stream")
        return self._sorted(self._reader.feed(arrived))

    def _sorted(self, found: Sequence[Packet | SenderReport | Reply]) -> list[Unit]:
        units: list[Unit] = []
        for one in found:
            if isinstance(one, Packet) and self._units:
                units += self._units.feed(one)
            elif isinstance(one, SenderReport):
                self.report = one
        return units

    async def close(self) -> None:
        """End the session on the device: some keep sending to sessions that nobody ended.  Waits
        for its answer, FAREWELL_S at most.
        """
        stream, self._stream = self._stream, None
        if stream is None:
            return
        try:
            self._ask_to_end(stream)
            async with asyncio.timeout(FAREWELL_S):
                self._early.clear()
                await self._reply(stream)
        except (NetError, Malformed, TimeoutError):
            pass  # it has gone, or says goodbye in its own way
        finally:
            stream.hang_up()

    def _ask_to_end(self, stream: Stream) -> None:
        self._cseq += 1
        headers = self._signed("TEARDOWN", self._base, {})
        stream.write(wire_rtsp.request("TEARDOWN", self._base, self._cseq, headers))


def nonces(challenges: Sequence[digest.Challenge]) -> set[str]:
    return {challenge.parameters.get("nonce", "") for challenge in challenges}


def base_of(reply: Reply, target: Target) -> str:
    """The address that controls of the description are behind, at the host that was checked."""
    for said in (*reply.every("content-base"), *reply.every("content-location")):
        if address := at_target(said, target):
            return address
    return target.rtsp_url


def control_of(track: Track, base: str, target: Target) -> str:
    """The address of the track itself (RFC 2326, C.1.1; relative ones are appended, as every
    client does).
    """
    if track.control in ("", "*"):
        return base
    if "://" in track.control:
        return at_target(track.control, target) or base
    return f"{base.removesuffix('/')}/{track.control.removeprefix('/')}"


def at_target(address: str, target: Target) -> str | None:
    """Path and query of an address that the device named, at the target; None for a foreign one."""
    try:
        path = kept_path(address)
    except ForeignAddress:
        return None
    root = target.rtsp_url
    return root[: root.index("/", root.index("://") + 3)] + path
