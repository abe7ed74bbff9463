"""Requests over raw sockets, many under way at once, for as little of the sender's processor as
Python allows: phones do not stand on the server's machine, and what their stand-ins take there is
taken from it.

One thread; sending blocks, which over the loopback takes no time, and an epoll waits for answers.
"""

import select
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

END = b"\r\n\r\n"
LENGTH = b"content-length: "
MOST = 65_536


@dataclass(slots=True)
class Line:
    """A connection with a request under way, and what has come of the answer."""

    wire: socket.socket
    told: bytes = b""


def send(
    port: int,
    count: int,
    requests: Iterable[bytes],
    note: Callable[[int, bytes], None],
    *,
    is_kept: bool,
) -> None:
    """Send all requests, `count` at a time; note hears status and body of each answer.

    is_kept: over `count` connections that stay; otherwise each request opens one of its own, and
    closes it when it is answered.

    Raises:
        ConnectionError: the other side hung up before it had answered.
    """
    waiting, lines = iter(requests), dict[int, Line]()
    with select.epoll() as answers:
        for _ in range(count):
            _begin(port, waiting, lines, answers)
        while lines:
            for number, _event in answers.poll():
                line = lines[number]
                if (answer := _read_on(line)) is None:
                    continue
                note(*answer)
                request = next(waiting, None) if is_kept else None
                if request is not None:
                    line.told = b""
                    line.wire.sendall(request)
                    continue
                # A closed socket leaves the epoll by itself.
                line.wire.close()
                del lines[number]
                if not is_kept:
                    _begin(port, waiting, lines, answers)


def _begin(
    port: int, waiting: Iterator[bytes], lines: dict[int, Line], answers: select.epoll
) -> None:
    request = next(waiting, None)
    if request is None:
        return
    wire = socket.create_connection(("127.0.0.1", port))
    wire.sendall(request)
    lines[wire.fileno()] = Line(wire)
    answers.register(wire.fileno(), select.EPOLLIN)


def _read_on(line: Line) -> tuple[int, bytes] | None:
    """Status and body, once all of the answer is there.  Raises ConnectionError."""
    part = line.wire.recv(MOST)
    if not part:
        raise ConnectionError(f"cut off after {line.told[:80]!r}")
    line.told += part
    head, end, body = line.told.partition(END)
    if not end:
        return None
    length = int(head.lower().partition(LENGTH)[2].partition(b"\r\n")[0])
    return (int(head[9:12]), body) if len(body) >= length else None
