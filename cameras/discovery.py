"""Looking for cameras in the network: one question to many addresses, over UDP.  No database.

At most 1,024 addresses, 256 questions a second: a whole search takes 7 s.  Who does not answer a
question asked directly may answer the one to all (multicast), which no router passes on.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network

from cameras.probe.wire_discovery import GROUP, PORT, Found, question, read_answer
from cameras.probe.wire_head import Malformed

MOST_ADDRESSES = 1024
MOST_FOUND = 1024
PAUSE_EVERY = 64
PAUSE_S = 0.25
LISTEN_S = 3.0
"""After the last question.  Devices wait for up to half a second before they answer."""
TELL_EVERY_S = 0.25


class NoRange(ValueError):
    """A text that is no range, or one of too many addresses."""


def addresses_of(text: str) -> list[IPv4Address]:
    """The addresses of "10.20.0.0/24", "10.20.0.1-10.20.0.50" or "10.20.0.9".

    Raises:
        NoRange: none of these, or more than `MOST_ADDRESSES`.
    """
    first, dash, last = (part.strip() for part in text.partition("-"))
    try:
        if dash:
            low, high = IPv4Address(first), IPv4Address(last)
        else:
            network = ip_network(first, strict=False)
            low, high = IPv4Address(network[0]), IPv4Address(network[-1])
    except ValueError:
        raise NoRange(text) from None
    count = int(high) - int(low) + 1
    if not 1 <= count <= MOST_ADDRESSES:
        raise NoRange(text)
    return [low + number for number in range(count)]


@dataclass(frozen=True, slots=True)
class Range:
    """A range as it was written, and its addresses."""

    text: str
    addresses: tuple[IPv4Address, ...]

    def within(self, allows: Callable[[IPv4Address], bool]) -> "Range | None":
        """The part of it that is allowed, if there is any."""
        kept = tuple(filter(allows, self.addresses))
        return Range(self.text, kept) if kept else None


def ranges_of(text: str) -> list[Range]:
    """The ranges of a text with commas between them.

    Raises:
        NoRange: one of them is none, or they are more than `MOST_ADDRESSES` together.
    """
    parts = [part.strip() for part in text.replace("，", ",").replace("、", ",").split(",")]
    ranges = [Range(part, tuple(addresses_of(part))) for part in parts if part]
    if not 1 <= sum(len(one.addresses) for one in ranges) <= MOST_ADDRESSES:
        raise NoRange(text)
    return ranges


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is: ranges and addresses asked, of how many, and devices found."""

    ranges: int
    asked: int
    of: int
    found: int


class Listener(asyncio.DatagramProtocol):
    """Keeps who answers the question from an allowed address; passes over all else."""

    def __init__(self, message: str, allows: Callable[[IPv4Address], bool]) -> None:
        self.found: dict[str, Found] = {}
        self._message, self._allows = message, allows

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        sender = addr[0]
        if len(self.found) >= MOST_FOUND or not self._allows(IPv4Address(sender)):
            return
        try:
            self.found[sender] = read_answer(data, sender, self._message)
        except Malformed:
            return

    def error_received(self, exc: Exception) -> None:
        """Nobody at an address, which is what most of them say."""


async def look(
    ranges: Sequence[Range], networks: Iterable[str], *, to_all: bool, port: int, listen_s: float
) -> AsyncIterator[Progress | Found]:
    """Who answers, as soon as they do, and how far it is.

    Only addresses inside `networks` are asked and believed.  to_all: ask by multicast as well, in
    this machine's own network.
    """
    inside = [ip_network(cidr) for cidr in networks]

    def allows(address: IPv4Address) -> bool:
        return any(address in network for network in inside)

    message = f"urn:uuid:{uuid.uuid4()}"
    listener, data = Listener(message, allows), question(message)
    loop = asyncio.get_running_loop()
    line, _ = await loop.create_datagram_endpoint(lambda: listener, ("0.0.0.0", 0))  # noqa: S104
    told = set[str]()

    def news() -> list[Found]:
        fresh = [one for address, one in listener.found.items() if address not in told]
        told.update(one.address for one in fresh)
        return fresh

    try:
        if to_all:
            line.sendto(data, (GROUP, port))
        ranges = [part for given in ranges if (part := given.within(allows))]
        total = sum(len(one.addresses) for one in ranges)
        async for done, asked in _ask(ranges, lambda address: line.sendto(data, address), port):
            for one in news():
                yield one
            yield Progress(done, asked, total, len(told))
        deadline = loop.time() + listen_s
        while (left_s := deadline - loop.time()) > 0:
            await asyncio.sleep(min(TELL_EVERY_S, left_s))
            for one in news():
                yield one
            yield Progress(len(ranges), total, total, len(told))
    finally:
        line.close()


async def _ask(
    ranges: Sequence[Range], send: Callable[[tuple[str, int]], None], port: int
) -> AsyncIterator[tuple[int, int]]:
    """Ask all addresses at an even pace; ranges done and addresses asked after each pause."""
    asked = 0
    for done, one in enumerate(ranges):
        for address in one.addresses:
            send((str(address), port))
            asked += 1
            if asked % PAUSE_EVERY == 0:
                await asyncio.sleep(PAUSE_S)
                yield done, asked
    yield len(ranges), asked


async def search(
    ranges: Sequence[Range],
    networks: Iterable[str],
    *,
    to_all: bool,
    port: int = PORT,
    listen_s: float = LISTEN_S,
) -> list[Found]:
    """All who answer, by address; see `look`."""
    events = look(ranges, networks, to_all=to_all, port=port, listen_s=listen_s)
    found = [one async for one in events if isinstance(one, Found)]
    return sorted(found, key=lambda one: ip_address(one.address))
