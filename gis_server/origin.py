"""Where a request comes from: the address that failed sign-ins and the audit trail go by."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

NO_ADDRESS = str(IPv4Address(0))  # a Unix socket has none, and no client has this one
IPV6_PREFIX_BITS = 64


def address_of(request: HttpRequest) -> str:
    """The address that a sign-in is counted under.

    Behind a TLS proxy it is the last entry of X-Forwarded-For: what the proxy itself saw.  All
    entries before it are the client's own words, and so is the whole header without a proxy.
    """
    texts = [request.META.get("REMOTE_ADDR", "")]
    if settings.BEHIND_TLS:
        texts.insert(0, request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1])
    return next((counted for text in texts if (counted := counted_as(text))), NO_ADDRESS)


@lru_cache(4_096)
def counted_as(text: str) -> str | None:
    """An address in the one form in which it is counted; None when it is no address.

    Whoever has IPv6 has a /64 of addresses to change among (RFC 6177): they count as one.
    """
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        network = IPv6Network((int(address), IPV6_PREFIX_BITS), strict=False)
        return str(network.network_address)
    return str(address)
