"""What is asked: one stream of one camera.  Pure."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

# What may stand in a path as it is: RFC 3986 `pchar`, "/", "?" and "%" (already encoded paths stay
# so).
PATH_SAFE = "/?%:@!$&'()*+,;=-._~"
PLAIN_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,60}[A-Za-z0-9])?")
PLAIN_PATH = re.compile(r"/[A-Za-z0-9/?%:@!$&'()*+,;=._~-]*")
"""Text of these forms needs no encoding: what is tried first, for nearly all is of them."""
MAX_URI_CHARS = 1000
SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password; the password shows in no repr.

    may_try: False once the day's budget of refused logins is spent (`cameras.probe.budget`).
    allow_plain: the operator lets the password travel readable (Basic) to this camera.
    believed: this very login was accepted before and has not been refused twice since, so that a
        refusal means a locked or busy device rather than a wrong password.
    waits: another camera of the device is just trying it for the first time.
    may_try_onvif: False once ONVIF, or a page with a picture, has refused it today, whatever RTSP
        says to it.
    """

    username: str
    password: str = field(repr=False)
    may_try: bool = True
    allow_plain: bool = False
    believed: bool = False
    may_try_onvif: bool = True
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """One stream.  `host` is a name or an address; an IPv6 address comes without brackets.

    tls: RTSP inside TLS (`rtsps`).  onvif_port: None where the device speaks no ONVIF.
    clock_offset_s: the device's clock less ours, as far as it is known.
    rtsp_url: the URL asked for, made once, for a ladder wants it four times; it never carries the
        login.
    """

    host: str
    rtsp_port: int = 554
    path: str = "/"
    login: Login | None = None
    tls: bool = False
    onvif_port: int | None = None
    onvif_path: str = "/onvif/device_service"
    clock_offset_s: float = 0.0
    rtsp_url: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        scheme = "rtsps" if self.tls else "rtsp"
        url = f"{scheme}://{url_host(self.host)}:{self.rtsp_port}{url_path(self.path)}"
        object.__setattr__(self, "rtsp_url", url)  # the way of frozen dataclasses


def url_host(host: str) -> str:
    """`host` in a URL: IPv6 in brackets, names in ASCII, nothing that ends the authority."""
    if PLAIN_HOST.fullmatch(host):
        return host
    if ":" in host:
        return f"[{quote(host, safe=':')}]"
    try:
        return quote(host.encode("idna").decode("ascii"), safe="")
    except UnicodeError:
        return quote(host, safe="")


def url_path(path: str) -> str:
    """`path` with a leading slash and without bytes that would break the request line."""
    if PLAIN_PATH.fullmatch(path):
        return path
    return quote(path if path.startswith("/") else f"/{path}", safe=PATH_SAFE)


class ForeignAddress(ValueError):
    """A device named an address that is not followed; the message says why."""


def kept_path(uri: str) -> str:
    """Path and query of an address that a device named: all of it that is believed.

    Stream URIs and XAddrs name other hosts behind an address translation, and in an attack.

    Raises:
        ForeignAddress: too long, unreadable, or of another scheme than rtsp(s) and http(s).
    """
    if len(uri) > MAX_URI_CHARS:
        raise ForeignAddress(f"an address of more than {MAX_URI_CHARS} characters")
    try:
        parts = urlsplit(uri.strip())
    except ValueError:
        raise ForeignAddress("an address that cannot be read") from None
    if parts.scheme.lower() not in SCHEMES or not parts.netloc:
        raise ForeignAddress(f"an address of the scheme {parts.scheme[:20]!r}")
    return url_path(f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/")


def kept_host(uri: str, target: Target) -> str:
    """`uri` at the configured host and port of `target`, without the login it may carry.

    Raises:
        ForeignAddress: as `kept_path`.
    """
    path = kept_path(uri)
    scheme = uri.strip().partition(":")[0].lower()
    port = target.rtsp_port if scheme in ("rtsp", "rtsps") else target.onvif_port
    place = url_host(target.host) if port is None else f"{url_host(target.host)}:{port}"
    return f"{scheme}://{place}{path}"
