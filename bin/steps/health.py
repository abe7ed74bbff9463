"""Whether an installation serves: each process by itself, and the whole through its front door."""

import http.client
import json
import socket
import ssl
from collections.abc import Container
from pathlib import Path

from bin.steps.front import Front

TIMEOUT_S = 10
LONGEST = 10_000


def faults(front: Front, authority: Path | None, runs: Container[str]) -> list[str]:
    """What does not answer as it should, a sentence each; nothing when all is well.

    runs: the processes of the Procfile that are to be there.  authority: the certificate authority
    of ours; None where the system's own are asked.
    """
    asked = (
        ("web", "the web server", front.web, "/readyz"),
        ("live", "the live process", front.live, "/healthz"),
        ("positions", "the process for positions", front.positions, "/healthz"),
    )
    found = [
        said
        for name, what, port, path in asked
        if name in runs and (said := _fault(what, port, path))
    ]
    return found or [said for said in [_front_fault(front, authority)] if said]


def _fault(what: str, port: int, path: str) -> str:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    return _asked(what, link, path, f"127.0.0.1:{port}")


def _front_fault(front: Front, authority: Path | None) -> str:
    context = ssl.create_default_context(cafile=str(authority) if authority else None)
    link = _Named(front.name, front.https, context)
    return _asked("the server in front", link, "/readyz", front.host)


class _Named(http.client.HTTPSConnection):
    """HTTPS to this machine under the name that browsers use, wherever that name leads."""

    def __init__(self, name: str, port: int, context: ssl.SSLContext) -> None:
        super().__init__(name, port, timeout=TIMEOUT_S, context=context)
        self.own_context = context

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S)
        self.sock = self.own_context.wrap_socket(plain, server_hostname=self.host)


def _asked(what: str, link: http.client.HTTPConnection, path: str, host: str) -> str:
    try:
        link.request("GET", path, headers={"Host": host})
        reply = link.getresponse()
        body = reply.read(LONGEST)
    except (OSError, http.client.HTTPException) as error:
        return f"{what} does not answer ({error or type(error).__name__})"
    finally:
        link.close()
    return "" if reply.status == 200 else f"{what} answers {reply.status}{told(body)}"


def told(body: bytes) -> str:
    """What `/readyz` says is not well, in brackets; nothing for any other body."""
    try:
        parts = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(parts, dict):
        return ""
    bad = [f"{name} {state}" for name, state in parts.items() if state != "ok" and name != "status"]
    return f" ({', '.join(bad)})" if bad else ""
