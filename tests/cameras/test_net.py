"""The real network: sockets on loopback, no live hosts."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from cameras.probe.net import MAX_BYTES, NetError, TcpNet, net_error
from cameras.probe.reason import Reason
from cameras.probe.result import StepResult, verdict_of
from cameras.probe.runner import probe
from cameras.probe.steps import LADDER
from cameras.probe.target import Login, Target
from tests.cameras.fake_camera import FakeCamera, listening, running

LOOPBACK = TcpNet(["127.0.0.0/8"])


# Longer than a busy machine stands still: whoever answers is heard, also late.
PATIENCE_S = 20


async def ladder_at(
    port: int, *, host: str = "127.0.0.1", net: TcpNet = LOOPBACK, budget_s: float = PATIENCE_S
) -> list[StepResult]:
    return await probe(Target(host, port), LADDER, net, budget_s=budget_s)


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize(
    ("password", "reason"), [("right-horse", Reason.OK), ("wrong", Reason.WRONG_LOGIN)]
)
def test_a_real_conversation(
    run: Callable[[Awaitable[StepResult]], StepResult], password: str, reason: Reason
) -> None:
    async def scenario() -> StepResult:
        async with running(FakeCamera()) as camera:
            target = Target("127.0.0.1", camera.port, "/live", Login("viewer", password))
            return (await probe(target, LADDER, LOOPBACK, budget_s=PATIENCE_S))[-1]

    assert run(scenario()).reason is reason


def test_a_closed_port_is_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        results = asyncio.run(ladder_at(free.getsockname()[1]))

    assert [(r.reason, r.detail) for r in results] == [(Reason.REFUSED, "ECONNREFUSED")]


def test_a_silent_device_is_silent_not_absent() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def scenario() -> list[StepResult]:
        async with listening(say_nothing) as port:
            return await ladder_at(port, budget_s=1)

    assert asyncio.run(scenario())[-1].reason is Reason.SILENT


def test_a_reset_is_hung_up() -> None:
    async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        linger = b"\x01\0\0\0\0\0\0\0"
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    async def scenario() -> list[StepResult]:
        async with listening(reset) as port:
            return await ladder_at(port)

    assert asyncio.run(scenario())[-1].reason is Reason.HUNG_UP


def test_an_endless_reply_is_cut() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\r\n" * MAX_BYTES)
        await reader.read()
        writer.close()

    async def scenario() -> list[StepResult]:
        async with listening(babble) as port:
            return await ladder_at(port)

    result = asyncio.run(scenario())[-1]
    assert result.reason is Reason.NOT_RTSP


@pytest.mark.parametrize("host", ["8.8.8.8", "169.254.169.254", "::ffff:8.8.8.8", "localhost"])
def test_an_address_outside_the_allowed_networks_is_never_contacted(host: str) -> None:
    results = asyncio.run(ladder_at(9, host=host, net=TcpNet(["10.0.0.0/8"])))

    assert [result.reason for result in results] == [Reason.NOT_ALLOWED]


@pytest.mark.parametrize(
    ("ports", "reason"),
    [
        (None, Reason.REFUSED),
        ({9}, Reason.REFUSED),
        ({554}, Reason.NOT_ALLOWED),
        (set[int](), Reason.NOT_ALLOWED),
    ],
)
def test_a_port_outside_the_allowed_ones_is_never_contacted(
    ports: set[int] | None, reason: Reason
) -> None:
    results = asyncio.run(ladder_at(9, net=TcpNet(["127.0.0.0/8"], ports)))

    assert results[-1].reason is reason
    if reason is Reason.NOT_ALLOWED:
        assert results[-1].detail == "port 9 is outside the allowed ports"


def test_an_ipv4_address_in_ipv6_clothes_counts_as_what_it_is() -> None:
    assert asyncio.run(LOOPBACK.resolve("::ffff:127.0.0.1")) == "::ffff:7f00:1"


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 80, "", "bad host", "..", "a\0b"])
def test_a_name_that_nobody_knows(host: str) -> None:
    results = asyncio.run(ladder_at(9, host=host))

    assert [result.reason for result in results] == [Reason.NAME_NOT_RESOLVED]


@pytest.mark.parametrize(
    ("wait_s", "code", "reason"),
    [
        pytest.param(0, socket.EAI_NONAME, Reason.NAME_NOT_RESOLVED, id="it says: no such name"),
        pytest.param(0, socket.EAI_AGAIN, Reason.OWN_TROUBLE, id="none can be reached"),
        pytest.param(9, socket.EAI_AGAIN, Reason.OWN_TROUBLE, id="it is silent"),
    ],
)
def test_a_name_server_that_is_away_condemns_no_camera(
    monkeypatch: pytest.MonkeyPatch, wait_s: float, code: int, reason: Reason
) -> None:
    async def scenario() -> list[StepResult]:
        async def getaddrinfo(*_: object, **__: object) -> list[object]:
            await asyncio.sleep(wait_s)
            raise socket.gaierror(code, "as the system says")

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        return await ladder_at(9, host="gate.example", budget_s=0.1 if wait_s else PATIENCE_S)

    assert [result.reason for result in asyncio.run(scenario())] == [reason]


def test_a_name_is_resolved_once_and_its_checked_address_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    async def scenario() -> StepResult:
        loop = asyncio.get_running_loop()

        async def getaddrinfo(host: str, *_: object, **__: object) -> list[object]:
            asked.append(host)
            # A name server that leads elsewhere from the second question on (DNS rebinding).
            address = "127.0.0.1" if len(asked) == 1 else "8.8.8.8"
            return [(2, 1, 6, "", (address, 0))]

        monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
        async with running(FakeCamera()) as camera:
            asked.clear()
            target = Target("gate.example", camera.port, login=Login("viewer", "right-horse"))
            return (await probe(target, LADDER, LOOPBACK, budget_s=PATIENCE_S))[-1]

    assert asyncio.run(scenario()).reason is Reason.OK
    assert asked == ["gate.example"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.EHOSTUNREACH, Reason.NO_ROUTE),
        (errno.ETIMEDOUT, Reason.CONNECT_TIMEOUT),
        (errno.EPIPE, Reason.HUNG_UP),
        (errno.EMFILE, Reason.OWN_TROUBLE),
        (errno.EADDRNOTAVAIL, Reason.OWN_TROUBLE),
        (errno.ENETDOWN, Reason.OWN_TROUBLE),
        (0, Reason.OWN_TROUBLE),
    ],
)
def test_what_the_systems_error_says_of_the_device(code: int, reason: Reason) -> None:
    assert net_error(OSError(code, "x")).reason is reason


def test_connections_are_closed_also_when_the_probe_is_cancelled() -> None:
    async def scenario() -> bytes:
        ended: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def wait_for_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            task.cancel()
            ended.set_result(await reader.read())
            writer.close()

        async with listening(wait_for_end) as port:
            task = asyncio.create_task(ladder_at(port, budget_s=60))
            await asyncio.gather(task, return_exceptions=True)
            async with asyncio.timeout(2):
                return await ended

    assert asyncio.run(scenario()) == b""


def test_a_verdict_of_real_steps_carries_their_times() -> None:
    async def scenario() -> list[StepResult]:
        async with running(FakeCamera()) as camera:
            return await ladder_at(camera.port)

    verdict = verdict_of(asyncio.run(scenario()))

    assert verdict.reason is Reason.LOGIN_NEEDED
    assert [rung["step"] for rung in verdict.rungs] == [
        "tcp_connect",
        "rtsp_options",
        "rtsp_describe",
    ]
    assert all(rung["took_ms"] > 0 for rung in verdict.rungs)


def test_net_error_is_an_exception_with_a_reason() -> None:
    error = NetError(Reason.REFUSED, "ECONNREFUSED")

    assert (error.reason, str(error)) == (Reason.REFUSED, "ECONNREFUSED")
