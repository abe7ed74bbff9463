"""The network as the probe sees it, and the only file that opens sockets.

`OSError` becomes a `Reason` here, once.  A name is resolved once and the checked address is what is
connected to, so no second answer of a name server can lead elsewhere; an address outside the
allowed networks is never contacted. Nothing here knows RTSP, retries, follows a redirect or sets a
time limit: the runner owns time.

TLS (`rtsps`) proves no name: cameras carry certificates that they have signed themselves, and old
ones know only old versions.  It keeps a login from being read on the way, not from whoever stands
in the way.
"""

import asyncio
import errno
import ipaddress
import socket
import ssl
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType, Protocol, cast

from cameras.probe.reason import Reason
from cameras.probe.wire_head import Malformed

MAX_BYTES = 256 * 1024
"""What is read of one device on one connection; more is an attack or a stream that nobody asked
for.
"""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Checked = NewType("Checked", str)
"""The text of an address that `Net.resolve` has let pass: nothing else can be connected to."""


class NetError(Exception):
    """The network's answer in place of the device's."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Stream(Protocol):
    """An open connection."""

    def write(self, data: bytes) -> None:
        """Send all of `data`; what is asked is short, so nobody waits for it.  Raises NetError."""

    async def read(self) -> bytes:
        """What has arrived; b"" only once the device has hung up.

        Raises:
            NetError: the network.
            Malformed: more than MAX_BYTES, which is no answer in any protocol asked here.
        """

    async def secure(self) -> None:
        """Go on inside TLS.  Raises NetError."""

    def allow(self, most_bytes: int) -> None:
        """Take so many bytes in all, where pictures are to come and MAX_BYTES are too few."""

    @property
    def ended(self) -> bool:
        """Whether no more questions can be asked here."""

    def hang_up(self) -> None:
        """Close the connection, if it is not yet."""


class Net(Protocol):
    """What a step may do to the network.  Tests pass one that plays a script of bytes."""

    async def resolve(self, host: str) -> Checked:
        """The address of `host`, checked against the allowed networks.  Raises NetError."""

    async def open(self, address: Checked, port: int) -> Stream:
        """A connection, which the caller hangs up.  Raises NetError."""

    def now(self) -> datetime:
        """Our own clock, UTC: what a device's clock is held against."""


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


def any_certificate() -> ssl.SSLContext:
    """TLS with whoever answers, as old as the system's library still speaks it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    return context


class TcpNet:
    """The real network: TCP to addresses inside `networks`, at `ports` where these are given."""

    def __init__(self, networks: Iterable[str], ports: Collection[int] | None = None) -> None:
        allowed = [ipaddress.ip_network(cidr) for cidr in networks]
        self._networks = {
            version: [
                (int(one.network_address), int(one.netmask))
                for one in allowed
                if one.version == version
            ]
            for version in (4, 6)
        }
        self._ports = None if ports is None else frozenset(ports)
        self._tls = any_certificate()

    async def resolve(self, host: str) -> Checked:
        """The first address of `host` that is allowed; no address literal is ever sent to a name
        server.
        """
        try:
            # An IPv4 literal, as nearly all are.
            if self._includes(4, int.from_bytes(socket.inet_pton(socket.AF_INET, host))):
                return Checked(host)
        except (OSError, ValueError):
            pass
        try:
            candidates = [ipaddress.ip_address(host)]
        except ValueError:
            candidates = await look_up(host)
        for address in candidates:
            if self.allows(address):
                return Checked(str(address))
        raise NetError(
            Reason.NOT_ALLOWED, f"{', '.join(map(str, candidates))} is outside the allowed networks"
        )

    def allows(self, address: Address) -> bool:
        """Whether `address` lies in an allowed network; an IPv4 address in IPv6 clothes counts as
        what it is.
        """
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return self._includes(address.version, int(address))

    def _includes(self, version: int, number: int) -> bool:
        for network, mask in self._networks[version]:  # noqa: SIM110 - a generator costs double
            if number & mask == network:
                return True
        return False

    async def open(self, address: Checked, port: int) -> "Line":
        if self._ports is not None and port not in self._ports:
            raise NetError(Reason.NOT_ALLOWED, f"port {port} is outside the allowed ports")
        try:
            loop = asyncio.get_running_loop()
            _, line = await loop.create_connection(self._new_line, address, port)
        except OSError as error:
            raise net_error(error) from None
        return line

    def _new_line(self) -> "Line":
        return Line(self._tls)

    def now(self) -> datetime:
        return datetime.now(UTC)


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

    __slots__ = (
        "_arrived",
        "_error",
        "_is_secure",
        "_most_bytes",
        "_news",
        "_tls",
        "_total",
        "_transport",
        "ended",
    )

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._transport: asyncio.Transport | None = None
        self._is_secure = False
        self._arrived = b""
        self._total = 0
        self._most_bytes = MAX_BYTES
        self.ended = False
        self._error: NetError | Malformed | None = None
        self._news: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._total += len(data)
        if self._total > self._most_bytes:
            self._error = Malformed(f"sent more than {self._most_bytes} bytes")
            if self._transport:
                self._transport.abort()
        else:
            self._arrived += data
        if self._news and not self._news.done():
            self._news.set_result(None)

    def eof_received(self) -> None:
        self.ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.ended = True
        if isinstance(error, OSError) and self._error is None:
            self._error = net_error(error)
        self._wake()

    def write(self, data: bytes) -> None:
        # Requests are a few hundred bytes: the transport's buffer takes them, there is nothing to
        # wait for.
        if self.ended or self._transport is None:
            raise self._error or NetError(Reason.HUNG_UP, "closed the connection")
        self._transport.write(data)

    async def read(self) -> bytes:
        while not self._arrived:
            if self._error:
                raise self._error
            if self.ended:
                return b""
            self._news = asyncio.get_running_loop().create_future()
            try:
                await self._news
            finally:
                self._news = None
        data, self._arrived = self._arrived, b""
        return data

    async def secure(self) -> None:
        if self._transport is None or self.ended:
            raise self._error or NetError(Reason.HUNG_UP, "closed the connection")
        loop = asyncio.get_running_loop()
        try:
            # The name is only a hint to servers with several; addresses are not sent as one.
            secured = await loop.start_tls(self._transport, self, self._tls, server_hostname="")
        except OSError as error:
            word = getattr(error, "reason", None) or type(error).__name__
            raise NetError(Reason.TLS_FAILED, f"TLS: {word}") from None
        if secured is None:
            raise NetError(Reason.TLS_FAILED, "TLS: closed the connection")
        self._transport, self._is_secure = secured, True

    def allow(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes

    def hang_up(self) -> None:
        self.ended = True
        if self._transport is None:
            return
        if self._is_secure:
            # TLS would wait for the device's farewell, which some never send.
            self._transport.abort()
        else:
            self._transport.close()

    def _wake(self) -> None:
        if self._news and not self._news.done():
            self._news.set_result(None)


class Stage(StrEnum):
    """How far a connection has come: it tells which silence a passed deadline was."""

    RESOLVING = "resolving"
    CONNECTING = "connecting"
    SECURING = "securing"
    CONNECTED = "connected"


class OneLine:
    """What the steps of one ladder ask on: one connection, kept open from one to the next.

    Some devices take few connections, and some answer 503 to a second one that comes quickly after
    the first.
    """

    __slots__ = ("_addresses", "_net", "_place", "_stream", "stage")

    def __init__(self, net: Net) -> None:
        self._net = net
        self._stream: Stream | None = None
        self._place: tuple[str, int, bool] | None = None
        self._addresses: dict[str, Checked] = {}
        self.stage = Stage.RESOLVING

    def now(self) -> datetime:
        """The time by our own clock, UTC."""
        return self._net.now()

    async def to(self, host: str, port: int, *, tls: bool = False) -> Stream:
        """The open connection to this place, or a new one to the address that was resolved once.
        Raises NetError.
        """
        place = (host, port, tls)
        if self._stream is not None:
            if self._place == place and not self._stream.ended:
                return self._stream
            self.hang_up()
        self.stage = Stage.RESOLVING
        address = self._addresses.get(host)
        if address is None:
            address = self._addresses[host] = await self._net.resolve(host)
        self.stage = Stage.CONNECTING
        stream = await self._net.open(address, port)
        if tls:
            self.stage = Stage.SECURING
            try:
                await stream.secure()
            except BaseException:
                stream.hang_up()
                raise
        self._stream, self._place, self.stage = stream, place, Stage.CONNECTED
        return stream

    def hand_over(self) -> Stream | None:
        """The open connection for whoever goes on with it, and hangs it up."""
        stream, self._stream = self._stream, None
        return stream

    def hang_up(self) -> None:
        """Close what is open; whoever asks next gets a new connection."""
        if self._stream is not None:
            self._stream.hang_up()
            self._stream = None
