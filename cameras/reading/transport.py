"""How zeep's questions reach a device: plain HTTP to one checked address, and nothing else.

zeep's own transport follows a redirect to another host with the login in the message, unpacks what
nobody asked to be packed, and reads without end.
"""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from zeep.wsdl.utils import etree_to_string

from cameras.probe import digest
from cameras.probe.net import net_error
from cameras.probe.reason import Reason
from cameras.probe.steps_onvif import BUSY
from cameras.probe.target import Login, url_host

MAX_BODY_BYTES = 256 * 1024
WAIT_S = 4.0
"""For a connection, and for each piece of an answer; the whole has the deadline of the process."""


class Stopped(Exception):
    """The device gives no answer to go on with; the message is for the technician."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class NeedsLogin(Exception):
    """The device wants a login, or refuses the one that was sent."""

    def __init__(self, offered: list[digest.Challenge], status: int) -> None:
        super().__init__(f"answered {status}")
        self.offered, self.status = offered, status


@dataclass(frozen=True, slots=True)
class Response:
    """What zeep looks at in an answer."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    encoding: str = "utf-8"


class Transport:
    """Takes the place of `zeep.Transport`.

    address: where every question goes, whatever address the device has named.  login: answers HTTP
    Digest (or Basic, where that is allowed) once it is set.
    """

    def __init__(self, address: str, port: int, host: str) -> None:
        self._address, self._port = address, port
        self._host = f"{url_host(host)}:{port}"
        self.login: Login | None = None

    def load(self, url: str) -> bytes:
        """A file of the WSDL; never anything from the network."""
        return Path(url).read_bytes()

    def post_xml(self, address: str, envelope: Any, headers: dict[str, str]) -> Response:
        """Send a question, with the login where the device asks for one and it is set.

        Raises:
            NeedsLogin: it wants one, or refuses this one.
            Stopped: the network, or what came is no answer.
        """
        path = urlsplit(address).path or "/"
        body: bytes = etree_to_string(envelope)  # type: ignore[no-untyped-call]
        reply, offered = self._post(path, body, headers)
        for _ in range(2):
            header = self._authorization(path, offered)
            if reply.status_code != 401 or header is None:
                break
            reply, offered = self._post(path, body, headers | {"Authorization": header})
            if not any(challenge.stale for challenge in offered):
                break
        return checked(reply, offered)

    def _authorization(self, path: str, offered: list[digest.Challenge]) -> str | None:
        if self.login is None:
            return None
        return digest.authorization(self.login, offered, method="POST", uri=path)

    def _post(
        self, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[Response, list[digest.Challenge]]:
        line = http.client.HTTPConnection(self._address, self._port, timeout=WAIT_S)
        try:
            connect(line)
            line.request("POST", path, body, headers | {"Host": self._host, "Connection": "close"})
            answer = line.getresponse()
            content = answer.read(MAX_BODY_BYTES + 1)
        except http.client.RemoteDisconnected:
            raise Stopped(Reason.HUNG_UP, "closed the connection in place of a reply") from None
        except TimeoutError:
            raise Stopped(Reason.SILENT, f"no answer within {WAIT_S:g} s") from None
        except OSError as error:
            found = net_error(error)
            raise Stopped(found.reason, str(found)) from None
        except http.client.HTTPException as error:
            detail = f"answers something else than HTTP ({type(error).__name__})"
            raise Stopped(Reason.NOT_ONVIF, detail) from None
        finally:
            line.close()
        offered = digest.parse_challenges(answer.headers.get_all("WWW-Authenticate", []))
        return Response(answer.status, content, dict(answer.headers)), offered


def connect(line: http.client.HTTPConnection) -> None:
    try:
        line.connect()
    except TimeoutError:
        raise Stopped(Reason.CONNECT_TIMEOUT, f"no connection within {WAIT_S:g} s") from None


def checked(reply: Response, offered: list[digest.Challenge]) -> Response:
    """A reply that zeep may read.  Raises NeedsLogin, and Stopped."""
    status = reply.status_code
    named = {name.lower(): value.lower() for name, value in reply.headers.items()}
    if 300 <= status < 400:
        raise Stopped(Reason.REJECTED, f"answered {status}; redirects are not followed")
    if len(reply.content) > MAX_BODY_BYTES:
        raise Stopped(Reason.NOT_ONVIF, f"no end of the body within {MAX_BODY_BYTES} bytes")
    if named.get("content-encoding", "identity") != "identity":
        raise Stopped(Reason.NOT_ONVIF, "packs its reply, which was not asked for")
    if "multipart" in named.get("content-type", ""):
        raise Stopped(Reason.NOT_ONVIF, "answers in several parts, which was not asked for")
    if status in (401, 403):
        raise NeedsLogin(offered, status)
    if status == BUSY:
        raise Stopped(Reason.BUSY, f"answered {status}")
    return reply
