"""The process that takes positions, in a thread of this one, and requests on raw sockets."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from patrols.intake.asgi import PositionsApp


@contextmanager
def running() -> Iterator[int]:
    """Its port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(
            PositionsApp(), log_level="error", access_log=False, proxy_headers=False,
            timeout_graceful_shutdown=1, timeout_keep_alive=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


def raw(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to what lies on the wire."""
    with socket.create_connection(("127.0.0.1", port), timeout=120) as wire:
        wire.sendall(request)
        told = b""
        while b"\r\n\r\n" not in told:
            part = wire.recv(65_536)
            assert part, f"the line was cut after {told!r}"
            told += part
        head, body = told.split(b"\r\n\r\n", 1)
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        while len(body) < int(headers.get("content-length", 0)):
            body += wire.recv(65_536)
    return int(first.split()[1]), headers, body


def ask(
    port: int, path: str, body: bytes = b"", token: str = "", method: str = ""
) -> tuple[int, dict[str, str], bytes]:
    lines = [f"{method or ('POST' if body else 'GET')} {path} HTTP/1.1", "Host: here"]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return raw(port, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def send_batch(port: int, token: str, fixes: Any) -> tuple[int, Any]:
    status, _headers, body = ask(
        port, "/api/patrols/fixes/", json.dumps({"fixes": fixes}).encode(), token
    )
    return status, json.loads(body)
