"""RTSP inside TLS, at real sockets."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from cameras.probe.net import TcpNet
from cameras.probe.reason import Reason
from cameras.probe.result import StepResult
from cameras.probe.runner import probe
from cameras.probe.steps import LADDER
from cameras.probe.target import Login, Target
from fixtures.camera_farm.certificate import server_context
from tests.cameras.fake_camera import FakeCamera, Serve, listening

LOOPBACK = TcpNet(["127.0.0.0/8"])
LOGIN = Login("viewer", "right-horse")
LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
Run = Callable[[Awaitable[StepResult]], StepResult]


async def ladder_at(port: int, budget_s: float = 20) -> StepResult:
    target = Target("127.0.0.1", port, "/live", LOGIN, tls=True)
    return (await probe(target, LADDER, LOOPBACK, budget_s=budget_s))[-1]


async def against(serve: Serve, budget_s: float = 20) -> StepResult:
    async with listening(serve) as port:
        return await ladder_at(port, budget_s)


@LOOPS
def test_a_camera_with_a_certificate_of_its_own_is_asked_inside_tls(run: Run) -> None:
    async def scenario() -> StepResult:
        camera = FakeCamera()
        async with listening(camera.serve, server_context()) as port:
            result = await ladder_at(port)
        assert camera.requests[0].startswith(b"OPTIONS rtsps://127.0.0.1:")
        return result

    assert run(scenario()).reason is Reason.OK


@LOOPS
def test_a_port_without_tls_says_so(run: Run) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.write(b"RTSP/1.0 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()

    result = run(against(refuse))

    assert result.reason is Reason.TLS_FAILED
    assert result.detail.startswith("TLS: ")


@LOOPS
def test_a_device_that_hangs_up_in_the_handshake_has_no_tls(run: Run) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.close()

    assert run(against(hang_up)).reason is Reason.TLS_FAILED


@LOOPS
def test_a_handshake_that_is_never_answered_has_failed(run: Run) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    assert run(against(say_nothing, budget_s=1)).reason is Reason.TLS_FAILED


def test_tls_at_a_closed_port_is_refused_like_any_other() -> None:
    assert asyncio.run(ladder_at(1)).reason is Reason.REFUSED
