"""One POST to a host that may be sent to, within ten seconds in all.

Nothing the other side does takes longer: a watchdog closes the connection at the deadline, however
slowly it answers.  Redirects are not followed, replies are read up to 64 KiB, certificates are
checked, and the address that was checked is the one that is connected to (no second look-up).
"""

import errno
import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cameras.handover.hosts import Hosts, literal
from cameras.handover.outgoing import NotSent, Unclear
from gis_server.plain_text import one_line, shortened

DEADLINE_S = 10.0
MAX_REPLY_BYTES = 64 * 1024
LONGEST_TOLD = 120


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes


class Deadline:
    """So much time for all of it; at the end the connection is closed under whoever reads it."""

    def __init__(self, budget_s: float) -> None:
        self._ends = time.monotonic() + budget_s
        self._timer: threading.Timer | None = None

    @property
    def left_s(self) -> float:
        return self._ends - time.monotonic()

    def guard(self, sock: socket.socket) -> None:
        def cut() -> None:
            with suppress(OSError):
                # The plain socket's: that of a TLS socket forgets its state under the reader.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

        self.release()
        self._timer = threading.Timer(max(self.left_s, 0.01), cut)
        self._timer.daemon = True
        self._timer.start()

    def release(self) -> None:
        if self._timer:
            self._timer.cancel()


def post(
    address: str, body: bytes, headers: Mapping[str, str], *, budget_s: float = DEADLINE_S
) -> Reply:
    """The answer, if it is a good one (2xx).

    Raises:
        NotSent: refused by our rules, not reached, or answered with anything else.
        Unclear: it was sent and no answer came.
    """
    url, deadline = checked_url(address), Deadline(budget_s)
    sock = _connected(url, deadline)
    try:
        return _good(_exchanged(sock, url, body, headers, deadline))
    finally:
        deadline.release()
        sock.close()


def checked_url(address: str) -> SplitResult:
    """
    Raises:
        NotSent: no http(s) address, or one with a user or a fragment.
    """
    message = _("This is no address that can be sent to: it must look like https://push.example/x.")
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError:
        raise NotSent(message, is_final=True) from None
    plain = address.isascii() and not any(c.isspace() or ord(c) < 32 for c in address)
    if not (plain and url.scheme in {"http", "https"} and url.hostname and port != 0):
        raise NotSent(message, is_final=True)
    if url.username or url.password or url.fragment:
        raise NotSent(message, is_final=True)
    return url


def _port(url: SplitResult) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


# ---- Reaching it ---------------------------------------------------------------------------------


def _connected(url: SplitResult, deadline: Deadline) -> socket.socket:
    host = str(url.hostname)
    target = _allowed(url, _resolved(host, _port(url), deadline))
    try:
        raw = socket.create_connection((target, _port(url)), timeout=max(deadline.left_s, 0.01))
    except OSError as error:
        message = _("%(host)s cannot be reached: %(why)s.")
        raise NotSent(message % {"host": host, "why": why(error)}) from None
    deadline.guard(raw)
    if url.scheme == "http":
        return raw
    try:
        return _tls().wrap_socket(raw, server_hostname=host)
    except (OSError, ValueError) as error:
        raw.close()
        message = _("No secure connection to %(host)s: %(why)s.")
        raise NotSent(message % {"host": host, "why": why(error)}) from None


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.DELIVERY_CA_FILE:
        context.load_verify_locations(settings.DELIVERY_CA_FILE)
    return context


def _resolved(host: str, port: int, deadline: Deadline) -> list[str]:
    """Its addresses.  The system's look-up knows no deadline, so it has a thread to be late in."""
    if known := literal(host):
        return [str(known)]
    answers: queue.Queue[list[str]] = queue.Queue()

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(row[4][0]) for row in rows)))
        except (OSError, UnicodeError):
            answers.put([])

    threading.Thread(target=look_up, daemon=True).start()
    try:
        found = answers.get(timeout=max(deadline.left_s, 0.01))
    except queue.Empty:
        found = []
    if not found:
        raise NotSent(_("No name server knows %(host)s.") % {"host": host})
    return found


def _allowed(url: SplitResult, addresses: list[str]) -> str:
    """The first address that may be contacted.  Raises NotSent."""
    host, hosts = str(url.hostname), Hosts.of(settings.DELIVERY_HOSTS)
    encrypted = url.scheme == "https"
    for text in addresses:
        address = literal(text.partition("%")[0])
        if address and hosts.allows(host, address, encrypted=encrypted):
            return text
    if not encrypted:
        message = _("%(host)s may not be sent to without TLS: use https, or have the administrator "
                    "name its network in DELIVERY_HOSTS.")  # fmt: skip
    else:
        message = _("%(host)s may not be sent to: have the administrator add it to DELIVERY_HOSTS.")
    raise NotSent(message % {"host": host}, is_final=True)


# ---- Talking to it -------------------------------------------------------------------------------


def _exchanged(
    sock: socket.socket,
    url: SplitResult,
    body: bytes,
    headers: Mapping[str, str],
    deadline: Deadline,
) -> tuple[http.client.HTTPResponse, bytes]:
    host = str(url.hostname)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(host, _port(url))
    connection.sock = sock
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    try:
        connection.request("POST", path, body, {**headers, "Connection": "close"})
    except (OSError, http.client.HTTPException) as error:
        message = _("%(host)s hung up before it had everything: %(why)s.")
        raise NotSent(message % {"host": host, "why": why(error)}) from None
    return _read(connection, host, deadline)


def _read(
    connection: http.client.HTTPConnection, host: str, deadline: Deadline
) -> tuple[http.client.HTTPResponse, bytes]:
    try:
        response = connection.getresponse()
        return response, _body_of(response)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if deadline.left_s <= 0.05:
            message = _("%(host)s has taken it and not answered within %(count)d seconds: ask "
                        "there whether it has arrived.")  # fmt: skip
            raise Unclear(message % {"host": host, "count": DEADLINE_S}) from None
        message = _("%(host)s has taken it and given no answer that can be read (%(why)s): ask "
                    "there whether it has arrived.")  # fmt: skip
        raise Unclear(message % {"host": host, "why": why(error)}) from None


def _body_of(response: http.client.HTTPResponse) -> bytes:
    """As much as is read at all; an answer that ends early or late is one all the same."""
    try:
        return response.read(MAX_REPLY_BYTES)
    except (OSError, http.client.HTTPException, ValueError):
        return b""
    finally:
        response.close()


def _good(answer: tuple[http.client.HTTPResponse, bytes]) -> Reply:
    response, body = answer
    status = response.status
    if 200 <= status < 300:
        return Reply(status, body)
    if 300 <= status < 400:
        where = told(response.getheader("Location", ""))
        message = _("The address leads on to “%(where)s” (%(status)d), which is not followed: "
                    "enter the address that it is to go to.")  # fmt: skip
        raise NotSent(message % {"where": where, "status": status}, is_final=True)
    said = told(body.decode("utf-8", "replace"))
    message = _("The receiver answered with error %(status)d: %(said)s")
    raise NotSent(message % {"status": status, "said": said or "–"})


def told(text: str) -> str:
    """What another server says, cut short."""
    return shortened(one_line(text), LONGEST_TOLD)


KINDS: tuple[tuple[type[Exception], str | Promise], ...] = (
    (TimeoutError, gettext_lazy("no answer")),
    (ConnectionRefusedError, gettext_lazy("nothing listens there")),
    # http.client's word for "hung up without an answer" is one of these, too.
    (ConnectionError, gettext_lazy("it hung up")),
    (socket.gaierror, gettext_lazy("its name is not known")),
    (ssl.SSLCertVerificationError, gettext_lazy("its certificate is not accepted")),
    (ssl.SSLError, gettext_lazy("it speaks no TLS that is accepted")),
    (http.client.HTTPException, gettext_lazy("it does not speak HTTP")),
)
"""The first that fits counts."""
CERTIFICATES: dict[int, str | Promise] = {
    10: gettext_lazy("its certificate has expired"),
    18: gettext_lazy("its certificate is signed by itself"),
    19: gettext_lazy("its certificate is signed by somebody unknown"),
    20: gettext_lazy("its certificate is signed by somebody unknown"),
    62: gettext_lazy("its certificate is for another name"),
}
"""By OpenSSL's numbers (X509_V_ERR_…)."""
NO_WAY = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}


def why(error: Exception) -> str:
    """What went wrong on the way, from a closed list; a rare fault by the system's number."""
    if isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in CERTIFICATES:
        return str(CERTIFICATES[error.verify_code])
    if isinstance(error, OSError) and error.errno in NO_WAY:
        return _("no way leads there")
    known = next((text for kind, text in KINDS if isinstance(error, kind)), None)
    if known is not None:
        return str(known)
    if isinstance(error, OSError) and error.errno is not None:
        return _("fault %(number)d of the system") % {"number": error.errno}
    return _("a fault without a name")
