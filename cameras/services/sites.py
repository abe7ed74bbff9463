"""Sites: from where cameras are asked, and where they may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import cast

from django.conf import settings
from django.utils.translation import gettext as _

from cameras.fleet_models import MAIN_SITE
from cameras.models import Site
from cameras.probe.net import TcpNet
from gis_server.errors import Invalid, NotFound
from gis_server.plain_numbers import whole_of

Network = IPv4Network | IPv6Network
MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class Canary:
    """Something that is always up: a TCP port that takes connections."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class SiteRules:
    """A site as a poller needs it; ports: none meaning any."""

    name: str
    networks: tuple[str, ...]
    ports: tuple[int, ...]
    canaries: tuple[Canary, ...]
    lost_share: float


def site_rules(name: str) -> SiteRules:
    """What is set for the site.

    Raises:
        NotFound: there is no such site.
        Invalid: a network outside PROBE_NETWORKS, or a canary that is no "host:port".
    """
    site = Site.objects.filter(name=name).first()
    if site is None and name == MAIN_SITE:
        # The one that is always there, also when nothing belongs to it yet.
        site = Site.objects.get_or_create(name=MAIN_SITE)[0]
    if site is None:
        raise NotFound(_("There is no site %(name)s.") % {"name": name})
    return SiteRules(
        name,
        tuple(checked_networks(site.networks)),
        tuple(site.ports),
        tuple(canary(text) for text in site.canaries),
        site.lost_share_pct / 100,
    )


def checked_networks(networks: Sequence[str]) -> list[str]:
    """`networks`, or PROBE_NETWORKS where there are none.  Raises Invalid."""
    outer = [ip_network(cidr) for cidr in settings.PROBE_NETWORKS]
    for cidr in networks:
        try:
            inner = ip_network(cidr)
        except ValueError:
            raise Invalid(_("%(cidr)s is no network.") % {"cidr": cidr}) from None
        if not any(lies_in(inner, network) for network in outer):
            raise Invalid(_("%(cidr)s is outside PROBE_NETWORKS.") % {"cidr": cidr})
    return list(networks or settings.PROBE_NETWORKS)


def lies_in(inner: Network, outer: Network) -> bool:
    # Only networks of one family can be compared.
    return inner.version == outer.version and inner.subnet_of(cast("IPv4Network", outer))  # type: ignore[arg-type]


def canary(text: str) -> Canary:
    """Read "host:port"; an IPv6 address stands in brackets.  Raises Invalid."""
    host, _colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    number = whole_of(port)
    if not host or number is None or not 0 < number <= MAX_PORT:
        raise Invalid(_("%(text)s is no host:port.") % {"text": text})
    return Canary(host, number)


def net_of(rules: SiteRules) -> TcpNet:
    """The network as far as the site reaches."""
    return TcpNet(rules.networks, rules.ports or None)


def rules_of_camera(camera_id: int) -> SiteRules:
    """The rules of the camera's site.  Raises NotFound or Invalid as `site_rules` does."""
    name = Site.objects.filter(cameras=camera_id).values_list("name", flat=True).first()
    return site_rules(name or MAIN_SITE)
