"""What administrators send about sites; what is wrong with an entry is told at its field."""

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cameras.fleet_models import MAX_CANARIES, Site
from cameras.probe.net import TcpNet
from cameras.services import WantedSite
from cameras.services.sites import MAX_PORT, canary, checked_networks
from gis_server.errors import Invalid

MOST_NETWORKS, MOST_PORTS = 64, 64
LONGEST_LIST = 8_000
BETWEEN = re.compile(r"[\s,;，；、]+")


class ListField(forms.CharField):
    """A list as people write it, with lines, commas or spaces between; each entry once.

    Raises:
        ValidationError: more than `most`.
    """

    def __init__(self, *, most: int, rows: int, **more: Any) -> None:
        self.most = most
        widget = forms.Textarea({"rows": rows, "autocomplete": "off", "spellcheck": "false"})
        super().__init__(max_length=LONGEST_LIST, required=False, widget=widget, **more)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        entries = list(dict.fromkeys(filter(None, BETWEEN.split(super().clean(value)))))
        if len(entries) > self.most:
            raise forms.ValidationError(_("At most %(most)d are possible.") % {"most": self.most})
        return entries


def each(entries: list[str], check: Callable[[str], Any]) -> None:
    """Check every entry.  Raises ValidationError with all that is wrong."""
    faults = []
    for entry in entries:
        try:
            check(entry)
        except Invalid as error:
            faults.append(str(error.message))
    if faults:
        raise forms.ValidationError(faults)


class SiteForm(forms.Form):
    """A site's bounds, and by what its pollers doubt themselves."""

    networks = ListField(
        label=gettext_lazy("Networks"),
        most=MOST_NETWORKS,
        rows=4,
        help_text=gettext_lazy(
            "One a line, such as 10.20.0.0/16, inside PROBE_NETWORKS. Empty: all of these."
        ),
    )
    ports = ListField(
        label=gettext_lazy("Ports"),
        most=MOST_PORTS,
        rows=2,
        help_text=gettext_lazy(
            "Of RTSP and ONVIF, such as 554, 80. Empty: any. Canaries may be at others."
        ),
    )
    canaries = ListField(
        label=gettext_lazy("Canaries"),
        most=MAX_CANARIES,
        rows=4,
        help_text=gettext_lazy(
            "host:port of things that are always up, one a line: the gateway, a server, one or two "
            "cameras that never sleep. Three or more: while most of them do not answer, no camera "
            "is called offline."
        ),
    )
    lost_share_pct = forms.IntegerField(
        label=gettext_lazy("Share that may fail at once (%)"),
        min_value=1,
        max_value=100,
        initial=30,
        help_text=gettext_lazy(
            "When more of what was online fails at once and nothing shared explains it, the poller "
            "doubts itself first."
        ),
    )

    def clean_networks(self) -> list[str]:
        entries = self._given("networks")
        each(entries, lambda entry: checked_networks([entry]))
        return entries

    def clean_ports(self) -> list[int]:
        entries = self._given("ports")
        each(entries, check_port)
        return sorted({int(entry) for entry in entries})

    def clean_canaries(self) -> list[str]:
        entries = self._given("canaries")
        each(entries, canary)
        return entries

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if {"networks", "canaries"} <= cleaned.keys():
            net = TcpNet(checked_networks(cleaned["networks"]))
            outside = [one for one in cleaned["canaries"] if not may_be_asked(net, one)]
            if outside:
                message = _("Outside the networks of the site: %(canaries)s.")
                self.add_error("canaries", message % {"canaries": ", ".join(outside)})
        return cleaned

    def wanted(self) -> WantedSite:
        data = self.cleaned_data
        return WantedSite(
            networks=data["networks"],
            ports=data["ports"],
            canaries=data["canaries"],
            lost_share_pct=data["lost_share_pct"],
        )

    def _given(self, name: str) -> list[str]:
        entries: list[str] = self.cleaned_data[name]
        return entries


def check_port(entry: str) -> None:
    """Raises Invalid."""
    if (
        not (entry.isascii() and entry.isdigit() and len(entry) < 6)
        or not 0 < int(entry) <= MAX_PORT
    ):
        raise Invalid(_("%(text)s is no port (1 to 65535).") % {"text": entry[:20]})


def may_be_asked(net: TcpNet, text: str) -> bool:
    """Whether a canary is allowed; of a name nobody knows before it is resolved."""
    try:
        return net.allows(ipaddress.ip_address(canary(text).host))
    except ValueError:
        return True


class NewSiteForm(SiteForm):
    name = forms.SlugField(
        label=gettext_lazy("Name of the site"),
        max_length=40,
        help_text=gettext_lazy(
            "Letters, digits, - and _. It cannot be changed later: pollers are started with it."
        ),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    field_order = ("name",)


class EditSiteForm(SiteForm):
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)


def initial_of_site(row: Site) -> dict[str, Any]:
    return {
        "networks": row.networks,
        "ports": row.ports,
        "canaries": row.canaries,
        "lost_share_pct": row.lost_share_pct,
        "version": row.version,
    }
