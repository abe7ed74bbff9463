"""Which hosts may be sent to.  Pure.

Whoever enters an address could otherwise have this server ask things of machines that only it can
reach (server-side request forgery): its own services, the cameras, a cloud's secrets.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Hosts:
    """Names as they stand in addresses, and networks (docs/settings.md, DELIVERY_HOSTS)."""

    names: frozenset[str]
    networks: Sequence[object]

    @classmethod
    def of(cls, entries: Iterable[str]) -> "Hosts":
        names, networks = set[str](), []
        for entry in entries:
            try:
                networks.append(ip_network(entry))
            except ValueError:
                names.add(entry.lower().rstrip("."))
        return cls(frozenset(names), networks)

    def trusts(self, address: Address) -> bool:
        """Whether it lies in a network that is named."""
        return any(_plain(address) in network for network in self.networks)  # type: ignore[operator]

    def allows(self, host: str, address: Address, *, encrypted: bool) -> bool:
        """Whether this address may be contacted for this host."""
        if self.trusts(address):
            return True
        return encrypted and host.lower().rstrip(".") in self.names and not is_inside(address)


def is_inside(address: Address) -> bool:
    """Whether an address is this machine's, its link's, or nobody's in particular."""
    plain = _plain(address)
    return (
        plain.is_loopback
        or plain.is_link_local
        or plain.is_multicast
        or plain.is_unspecified
        or plain.is_reserved
    )


def _plain(address: Address) -> Address:
    """An IPv4 address in the clothes of an IPv6 one is the IPv4 address."""
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def literal(host: str) -> Address | None:
    """The address that a host is written as; None for a name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None
