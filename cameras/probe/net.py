"""The network as the probe sees it, and the only file that opens sockets.

`OSError` becomes a `Reason` here, once.  A name is resolved once and the checked address is what is
connected to, so no second answer of a name server can lead elsewhere; an address outside the
allowed networks is never contacted. Nothing here knows RTSP, retries, follows a redirect or sets a
time limit: the runner owns time.
"""

import asyncio
import errno
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self, cast

from cameras.probe.reason import Reason

MAX_BYTES = 256 * 1024
"""What is read of one device on one connection; more is an attack or a stream that nobody asked
for.
"""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NetError(Exception):
    """The network's answer in place of the device's."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Stream(Protocol):
    """An open connection."""

    async def write(self, data: bytes) -> None:
        """Send all of `data`.  Raises NetError."""

    async def read(self) -> bytes:
        """What has arrived; b"" only once the device has hung up.  Raises NetError."""


class Net(Protocol):
    """What a step may do to the network.  Tests pass one that plays a script of bytes."""

    async def resolve(self, host: str) -> str:
        """The address of `host`, checked against the allowed networks.  Raises NetError."""

    def connect(self, host: str, port: int) -> AbstractAsyncContextManager[Stream]:
        """A connection for the time of the `async with`.  Raises NetError."""


REASONS: dict[int, Reason] = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.EHOSTUNREACH: Reason.NO_ROUTE,
    errno.ENETUNREACH: Reason.NO_ROUTE,
    errno.EHOSTDOWN: Reason.NO_ROUTE,
    errno.ETIMEDOUT: Reason.CONNECT_TIMEOUT,
    errno.ECONNRESET: Reason.HUNG_UP,
    errno.EPIPE: Reason.HUNG_UP,
    errno.ECONNABORTED: Reason.HUNG_UP,
}
"""What the system's error says about the device.  Any other one (no file descriptors, no ports, no
memory, network card down) is trouble of this machine, and must not condemn a camera.
"""


def net_error(error: OSError) -> NetError:
    """`error` as the closed list names it; the detail is the system's own word for it."""
    code = error.errno or 0
    word = errno.errorcode.get(code, type(error).__name__)
    return NetError(REASONS.get(code, Reason.OWN_TROUBLE), word)


NO_NAME_SERVER = frozenset(
    {socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_MEMORY, socket.EAI_SYSTEM}
)
"""What the resolver says when no name server could be asked, or we lack the means to ask one."""


class TcpNet:
    """The real network: TCP to addresses inside `allowed`."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed: tuple[Network, ...] = tuple(ipaddress.ip_network(cidr) for cidr in allowed)

    async def resolve(self, host: str) -> str:
        """The first address of `host` that is allowed; no address literal is ever sent to a name
        server.
        """
        try:
            candidates = [ipaddress.ip_address(host)]
        except ValueError:
            candidates = await look_up(host)
        for address in candidates:
            if self.allows(address):
                return str(address)
        raise NetError(
            Reason.NOT_ALLOWED, f"{', '.join(map(str, candidates))} is outside the allowed networks"
        )

    def allows(self, address: Address) -> bool:
        """Whether `address` lies in an allowed network; an IPv4 address in IPv6 clothes counts as
        what it is.
        """
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._allowed)

    @asynccontextmanager
    async def connect(self, host: str, port: int) -> AsyncIterator[Stream]:
        address = await self.resolve(host)
        try:
            transport, line = await asyncio.get_running_loop().create_connection(
                Line, address, port
            )
        except OSError as error:
            raise net_error(error) from None
        try:
            yield line
        finally:
            transport.close()


async def look_up(host: str) -> list[Address]:
    """The addresses of a name, in the resolver's order.  Raises NetError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        # "No such name" is an answer; that nobody could be asked says nothing about the camera.
        nobody = isinstance(error, socket.gaierror) and error.errno in NO_NAME_SERVER
        reason = Reason.OWN_TROUBLE if nobody else Reason.NAME_NOT_RESOLVED
        raise NetError(reason, f"{host!r}: {error}") from None
    return [ipaddress.ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found]


class Line(asyncio.Protocol):
    """One TCP connection.  Under uvloop it costs 0.6 of what asyncio's streams cost."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._arrived = bytearray()
        self._total = 0
        self._ended = False
        self._error: NetError | None = None
        self._news: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._total += len(data)
        if self._total > MAX_BYTES:
            self._error = NetError(Reason.NOT_RTSP, f"sent more than {MAX_BYTES} bytes")
            if self._transport:
                self._transport.abort()
        else:
            self._arrived += data
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended = True
        if isinstance(error, OSError) and self._error is None:
            self._error = net_error(error)
        self._wake()

    async def write(self, data: bytes) -> None:
        # Requests are a few hundred bytes: the transport's buffer takes them, there is nothing to
        # wait for.
        if self._ended or self._transport is None:
            raise self._error or NetError(Reason.HUNG_UP, "closed the connection")
        self._transport.write(data)

    async def read(self) -> bytes:
        while not self._arrived:
            if self._error:
                raise self._error
            if self._ended:
                return b""
            self._news = asyncio.get_running_loop().create_future()
            try:
                await self._news
            finally:
                self._news = None
        data = bytes(self._arrived)
        self._arrived.clear()
        return data

    def _wake(self) -> None:
        if self._news and not self._news.done():
            self._news.set_result(None)


class Stage(StrEnum):
    """How far a connection has come: it tells which silence a passed deadline was."""

    RESOLVING = "resolving"
    CONNECTING = "connecting"
    CONNECTED = "connected"


class OneLine:
    """A `Net` that keeps one connection open between the steps of one ladder.

    Some devices take few connections, and some answer 503 to a second one that comes quickly after
    the first.  A connection that a step left by an exception is not used again, nor is one to
    another place.
    """

    def __init__(self, net: Net) -> None:
        self._net = net
        self._open = AsyncExitStack()
        self._stream: Stream | None = None
        self._place: tuple[str, int] | None = None
        self._address: dict[str, str] = {}
        self.stage = Stage.RESOLVING

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close what is open; the next `connect` opens anew, to the address resolved before."""
        self._stream = self._place = None
        await self._open.aclose()

    async def resolve(self, host: str) -> str:
        """As the network says, asked once."""
        if host not in self._address:
            self.stage = Stage.RESOLVING
            self._address[host] = await self._net.resolve(host)
        return self._address[host]

    @asynccontextmanager
    async def connect(self, host: str, port: int) -> AsyncIterator[Stream]:
        if self._stream is None or self._place != (host, port):
            await self.hang_up()
            address = await self.resolve(host)
            self.stage = Stage.CONNECTING
            self._stream = await self._open.enter_async_context(self._net.connect(address, port))
            self._place, self.stage = (host, port), Stage.CONNECTED
        try:
            yield self._stream
        except BaseException:
            await self.hang_up()
            raise
