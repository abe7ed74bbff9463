"""What is ever sent to a device: questions that only read, and an end to every session.

A recorder stands between the product and real servers and keeps each byte that goes to them.
"""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cameras.probe.net import TcpNet
from cameras.probe.reason import Reason
from cameras.probe.result import Verdict, verdict_of
from cameras.probe.runner import probe
from cameras.probe.steps import steps_for
from cameras.probe.target import Login, Target
from fixtures.camera_farm import plan
from fixtures.camera_farm.device import OnvifPort, RtspPort, Unit
from tests.cameras.taking import take

LOOPBACK = TcpNet(["127.0.0.0/8"])
RTSP_METHOD = re.compile(rb"^([A-Z_]+) rtsps?://", re.MULTILINE)
HTTP_METHOD = re.compile(rb"^([A-Z]+) /\S* HTTP/", re.MULTILINE)
SOAP_ACTION = re.compile(rb"<s:Body><(\w+)")
READING_RTSP = {b"OPTIONS", b"DESCRIBE", b"SETUP", b"PLAY", b"TEARDOWN"}


class Recorder:
    """Passes bytes on to a server and keeps those that go to it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.sent = b""
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(self._target.host, self._target.rtsp_port)
        await asyncio.gather(self.pump(reader, forth, keep=True), self.pump(back, writer))

    async def pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, keep: bool = False
    ) -> None:
        try:
            while data := await source.read(65536):
                if keep:
                    self.sent += data
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            return
        finally:
            sink.close()


@contextmanager
def recording(target: Target) -> Iterator[Recorder]:
    """A recorder in a thread of its own, for code that runs no loop of ours."""
    recorder, loop, ready = Recorder(target), asyncio.new_event_loop(), threading.Event()

    async def run() -> None:
        server = await asyncio.start_server(recorder.serve, "127.0.0.1", 0)
        recorder.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await stop
        # What was sent last may still be on its way to us.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=5)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    stop = loop.create_future()
    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        assert ready.wait(60)
        yield recorder
    finally:
        loop.call_soon_threadsafe(stop.set_result, None)
        thread.join()
        loop.close()


def test_a_picture_takes_a_session_and_ends_it(video_camera: Target) -> None:
    with recording(video_camera) as recorder:
        target = Target("127.0.0.1", recorder.port, video_camera.path, video_camera.login)

        picture = take(target, LOOPBACK, note_login=lambda _: None)

    methods = RTSP_METHOD.findall(recorder.sent)
    assert picture.width > 0
    assert set(methods) <= READING_RTSP
    assert methods.count(b"SETUP") == methods.count(b"TEARDOWN") == 1
    assert methods[-1] == b"TEARDOWN"


@pytest.mark.parametrize("habit", range(len(plan.HABITS)))
def test_the_ladder_reads_and_sets_up_nothing(habit: int) -> None:
    sent: list[bytes] = []

    class RecordedRtsp(RtspPort):
        def data_received(self, data: bytes) -> None:
            sent.append(data)
            super().data_received(data)

    class RecordedOnvif(OnvifPort):
        def data_received(self, data: bytes) -> None:
            sent.append(data)
            super().data_received(data)

    async def scenario() -> Verdict:
        device, loop = plan.devices(len(plan.HABITS), 0)[habit], asyncio.get_running_loop()
        unit = Unit(device)
        rtsp = await loop.create_server(lambda: RecordedRtsp(unit), "127.0.0.1", 0)
        onvif = await loop.create_server(lambda: RecordedOnvif(unit), "127.0.0.1", 0)
        async with rtsp, onvif:
            ports = [server.sockets[0].getsockname()[1] for server in (rtsp, onvif)]
            login = Login(device.username, device.password)
            target = Target("127.0.0.1", ports[0], device.path, login, onvif_port=ports[1])
            steps = steps_for(clock=True, device=True)
            return verdict_of(await probe(target, steps, LOOPBACK, budget_s=20))

    verdict = asyncio.run(scenario())

    everything = b"".join(sent)
    assert verdict.reason is Reason.OK
    assert verdict.device is not None
    assert set(RTSP_METHOD.findall(everything)) == {b"OPTIONS", b"DESCRIBE"}
    assert set(HTTP_METHOD.findall(everything)) == {b"POST"}
    assert set(SOAP_ACTION.findall(everything)) == {
        b"GetSystemDateAndTime",
        b"GetDeviceInformation",
    }
