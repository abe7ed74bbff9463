"""Looking for cameras in the network: one question to many addresses, over UDP.  No database.

At most 1,024 addresses, 256 questions a second: a whole search takes 7 s.  Who does not answer a
question asked directly may answer the one to all (multicast), which no router passes on.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, ip_address, ip_network

from cameras.probe.wire_discovery import GROUP, PORT, Found, question, read_answer
from cameras.probe.wire_head import Malformed

MOST_ADDRESSES = 1024
MOST_FOUND = 1024
PAUSE_EVERY = 64
PAUSE_S = 0.25
LISTEN_S = 3.0
"""After the last question.  Devices wait for up to half a second before they answer."""


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


async def search(
    addresses: Sequence[IPv4Address],
    networks: Iterable[str],
    *,
    to_all: bool,
    port: int = PORT,
    listen_s: float = LISTEN_S,
) -> list[Found]:
    """Who answers, by address.  Only addresses inside `networks` are asked and believed.

    to_all: ask by multicast as well, in this machine's own network.
    """
    inside = [ip_network(cidr) for cidr in networks]

    def allows(address: IPv4Address) -> bool:
        return any(address in network for network in inside)

    message = f"urn:uuid:{uuid.uuid4()}"
    listener, data = Listener(message, allows), question(message)
    loop = asyncio.get_running_loop()
    line, _ = await loop.create_datagram_endpoint(lambda: listener, ("0.0.0.0", 0))  # noqa: S104
    try:
        if to_all:
            line.sendto(data, (GROUP, port))
        for number, address in enumerate(filter(allows, addresses), start=1):
            line.sendto(data, (str(address), port))
            if number % PAUSE_EVERY == 0:
                await asyncio.sleep(PAUSE_S)
        await asyncio.sleep(listen_s)
    finally:
        line.close()
    return sorted(listener.found.values(), key=lambda one: ip_address(one.address))
