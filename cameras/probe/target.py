"""What is asked: one stream of one camera.  Pure."""

from dataclasses import dataclass, field
from urllib.parse import quote

# What may stand in a path as it is: RFC 3986 `pchar`, "/", "?" and "%" (already encoded paths stay
# so).
PATH_SAFE = "/?%:@!$&'()*+,;=-._~"


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password; the password shows in no repr.

    may_try: False once the day's budget of refused logins is spent (`cameras.probe.budget`).
    allow_plain: the operator lets the password travel readable (Basic) to this camera.
    """

    username: str
    password: str = field(repr=False)
    may_try: bool = True
    allow_plain: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """One RTSP stream.  `host` is a name or an address; an IPv6 address comes without brackets."""

    host: str
    rtsp_port: int = 554
    path: str = "/"
    login: Login | None = None

    @property
    def rtsp_url(self) -> str:
        """The URL asked for; it never carries the login."""
        return f"rtsp://{url_host(self.host)}:{self.rtsp_port}{url_path(self.path)}"


def url_host(host: str) -> str:
    """`host` in a URL: IPv6 in brackets, names in ASCII, nothing that ends the authority."""
    if ":" in host:
        return f"[{quote(host, safe=':')}]"
    try:
        return quote(host.encode("idna").decode("ascii"), safe="")
    except UnicodeError:
        return quote(host, safe="")


def url_path(path: str) -> str:
    """`path` with a leading slash and without bytes that would break the request line."""
    return quote(path if path.startswith("/") else f"/{path}", safe=PATH_SAFE)
