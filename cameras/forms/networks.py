"""Where a camera is reached and how to log in there: what forms, live tests and searches ask."""

import ipaddress
import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cameras import services
from cameras.discovery import NoRange, Range, ranges_of
from cameras.fleet_models import MAIN_SITE
from cameras.models import Credential, Site
from cameras.probe.net import TcpNet
from cameras.services import LoginKind, LoginWanted, SiteRules
from gis_server.errors import DomainError

# A name or an address alone: no scheme, login, port or path.
HOST = re.compile(r"[^\s/@?#\[\]\\\"'<>%]{1,253}")
LONGEST_PASSWORD = 200
LOGINS = [
    (LoginKind.KEEP.value, gettext_lazy("leave as it is")),
    (LoginKind.GROUP.value, gettext_lazy("a login that cameras share")),
    (LoginKind.OWN.value, gettext_lazy("a login of its own")),
    (LoginKind.NONE.value, gettext_lazy("none")),
]


def text(label: Any, longest: int, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=longest, **more)


def number(label: Any, low: int, high: int, **more: Any) -> forms.IntegerField:
    given = {"required": False} | more
    return forms.IntegerField(label=label, min_value=low, max_value=high, **given)


def check_host(host: str) -> str:
    """A host as it is stored: without brackets, inside the networks as far as one can tell.

    Raises:
        ValidationError: no host, or an address that the server would never contact.
    """
    no_host = _("Only an address or a name, such as 10.20.0.9.")
    host = host.strip().removeprefix("[").removesuffix("]")
    if not HOST.fullmatch(host):
        raise forms.ValidationError(no_host)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if ":" in host:
            raise forms.ValidationError(no_host) from None
        return host
    if not TcpNet(settings.PROBE_NETWORKS).allows(address):
        raise forms.ValidationError(
            _("This address lies outside the networks that the server may contact.")
        )
    return host


def may_lie_in(net: TcpNet, host: str) -> bool:
    """Whether an address is allowed; of a name nobody knows before it is resolved."""
    try:
        return net.allows(ipaddress.ip_address(host))
    except ValueError:
        return True


def site_field() -> "forms.ModelChoiceField[Site]":
    """From where cameras are asked; the main site where nothing is said."""
    return forms.ModelChoiceField(
        Site.objects.order_by("name"),
        label=gettext_lazy("Site"),
        required=False,
        empty_label=None,
        to_field_name="name",
        initial=MAIN_SITE,
    )


def rules_for(form: forms.Form, site: Site | None) -> SiteRules | None:
    """The rules of the site; None, told at the field, where these cannot be kept to."""
    try:
        return services.site_rules(site.name if site else MAIN_SITE)
    except DomainError as error:
        form.add_error("site", str(error.message))
    return None


class NetworkForm(forms.Form):
    """Where a camera is reached and how to log in: what a live test needs.

    rules: those of its site, once the form has been found valid.
    """

    rules: SiteRules | None = None
    site = site_field()
    host = text(gettext_lazy("Network address"), 253)
    port = number(gettext_lazy("RTSP port"), 1, 65535, required=True, initial=554)
    path = text(
        gettext_lazy("Stream path"),
        300,
        initial="/",
        help_text=gettext_lazy("Hikvision: /Streaming/Channels/101; Dahua: /cam/realmonitor?…"),
    )
    tls = forms.BooleanField(label=gettext_lazy("Encrypted connection (TLS)"), required=False)
    onvif_port = number(gettext_lazy("ONVIF port"), 1, 65535)
    login = forms.ChoiceField(
        label=gettext_lazy("Login"),
        widget=forms.RadioSelect,
        choices=LOGINS,
        initial=LoginKind.KEEP.value,
    )
    credential = forms.ModelChoiceField(
        Credential.objects.order_by("name"),
        label=gettext_lazy("Shared login"),
        required=False,
        empty_label="–",
    )
    username = text(
        gettext_lazy("User name of the camera"),
        80,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    password = text(
        gettext_lazy("Password of the camera"),
        LONGEST_PASSWORD,
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("It is stored sealed and never shown again."),
    )
    allow_plain = forms.BooleanField(
        label=gettext_lazy("May send the password readable (Basic)"), required=False
    )

    def clean_host(self) -> str:
        return check_host(self.cleaned_data["host"])

    def clean_path(self) -> str:
        path = self.cleaned_data["path"]
        return path if path.startswith("/") else f"/{path}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind = cleaned.get("login")
        if kind == LoginKind.GROUP.value and not cleaned.get("credential"):
            self.add_error("credential", _("Choose a shared login."))
        if kind == LoginKind.OWN.value and not (
            cleaned.get("username") and cleaned.get("password")
        ):
            self.add_error("password", _("Say user name and password."))
        self._check_bounds(cleaned)
        return cleaned

    def _check_bounds(self, cleaned: dict[str, Any]) -> None:
        """Whether the site's pollers would ask there at all."""
        self.rules = rules = rules_for(self, cleaned.get("site"))
        if rules is None:
            return
        net, shown = services.net_of(rules), {"site": rules.name, "all": ", ".join(rules.networks)}
        if (host := cleaned.get("host")) and not may_lie_in(net, host):
            message = _("Outside the networks of the site %(site)s: %(all)s.") % shown
            self.add_error("host", message)
        for name in ("port", "onvif_port"):
            if rules.ports and cleaned.get(name) and cleaned[name] not in rules.ports:
                shown["all"] = ", ".join(map(str, rules.ports))
                message = _("The site %(site)s only allows the ports %(all)s.") % shown
                self.add_error(name, message)

    def wanted_login(self) -> LoginWanted:
        data = self.cleaned_data
        group = data["credential"]
        return LoginWanted(
            kind=LoginKind(data["login"]),
            credential_id=group.pk if group else None,
            username=data["username"],
            password=data["password"],
            allow_plain=data["allow_plain"],
        )


class SearchForm(forms.Form):
    """Where to look for cameras."""

    site = site_field()
    range = text(
        gettext_lazy("Addresses"),
        200,
        required=False,
        help_text=gettext_lazy(
            "10.20.0.0/24 or 10.20.0.1-10.20.0.200, several with commas; at most 1,024 addresses."
        ),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    to_all = forms.BooleanField(
        label=gettext_lazy("Also ask all in the server's own network at once (multicast)"),
        required=False,
    )
    ranges: list[Range]
    rules: SiteRules | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.ranges = []
        self.rules = rules = rules_for(self, cleaned.get("site"))
        given = cleaned.get("range", "")
        if rules and given:
            self._take(given, rules)
        elif not cleaned.get("to_all") and not self.errors:
            self.add_error("range", _("Say which addresses."))
        return cleaned

    def _take(self, given: str, rules: SiteRules) -> None:
        net = services.net_of(rules)
        try:
            self.ranges = [one for part in ranges_of(given) if (one := part.within(net.allows))]
        except NoRange as error:
            message = _(
                "“%(text)s” is no range of at most 1,024 IPv4 addresses. Write 10.20.0.0/24 or "
                "10.20.0.1-10.20.0.200; search a larger network piece by piece."
            )
            self.add_error("range", message % {"text": str(error)[:60]})
            return
        if not self.ranges:
            shown = {"site": rules.name, "all": ", ".join(rules.networks)}
            message = _("Outside the networks of the site %(site)s: %(all)s.") % shown
            self.add_error("range", message)
