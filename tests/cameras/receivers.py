"""Those to whom lists are delivered, as real servers on free ports of this machine."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Got:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """answer(count): status, headers and body of the count-th request, from 1; None: hang up."""

    url: str
    answer: Callable[[int], Any]
    got: list[Got] = field(default_factory=list)


@contextmanager
def http_receiver(answer: Callable[[int], Any]) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(Got(self.path, dict(self.headers), body))
            said = receiver.answer(len(receiver.got))
            if said is None:
                return
            status, headers, content = said
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            for piece in content if isinstance(content, list) else [content]:
                self.wfile.write(piece)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(
        f"http://127.0.0.1:{server.server_address[1]}/push?key=abcdef123456", answer
    )
    with _serving(server):
        yield receiver


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class MailServer:
    """mails: what was handed in.  refuses: the command that it answers 550 to; hangs_up_after_data:
    it takes a mail and says nothing.
    """

    port: int
    refuses: str = ""
    hangs_up_after_data: bool = False
    mails: list[bytes] = field(default_factory=list)


@contextmanager
def mail_server(**ways: Any) -> Iterator[MailServer]:  # noqa: C901 - a protocol in one table
    """As much of SMTP (RFC 5321) as one mail takes."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 ready")
            while line := self.rfile.readline().decode("latin-1").strip():
                word = line.split()[0].upper()
                if server_state.refuses and word == server_state.refuses:
                    self.say("550 not here")
                elif word == "EHLO":
                    self.say("250 ready")
                elif word == "DATA":
                    self.say("354 go on")
                    if not self.take():
                        return
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def take(self) -> bool:
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line)
            server_state.mails.append(b"".join(lines))
            if server_state.hangs_up_after_data:
                return False
            self.say("250 taken")
            return True

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server_state = MailServer(server.server_address[1], **ways)
    with _serving(server):
        yield server_state


def free_port() -> int:
    """One at which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
