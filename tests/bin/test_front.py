"""A real nginx with our configuration, and what comes through it."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.urls import reverse

from bin.steps import front, tls
from bin.steps.front import Front
from bin.steps.journal import Journal
from bin.steps.layout import Layout
from cameras.roster import MAX_BYTES as ROSTER_BYTES
from gis_server.photos.decoding import MAX_BYTES as PHOTO_BYTES
from grids.imports.limits import LIMITS
from patrols.intake.limits import LARGEST_BATCH
from patrols.osmand import LARGEST_BODY
from patrols.uploads import MOST_BYTES as TRACK_BYTES

NAME = "map.example"
WITHIN_S = 20
MIB = 2**20
nginx_only = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")


def handshake(own: tls.Certificate, context: ssl.SSLContext, name: str) -> None:
    """A browser's half and the server's half of TLS, without a network between."""
    there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    there.load_cert_chain(own.chain, own.key)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=name)
    server = there.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert client.version()


@dataclass
class Upstream:
    """One of the product's servers: it notes what it was asked and answers in a word."""

    server: ThreadingHTTPServer
    asked: list[tuple[str, dict[str, str], int]] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])


def upstream(word: str) -> Upstream:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            while size > 0:
                size -= len(self.rfile.read(min(size, MIB)))
            made.asked.append((self.path, dict(self.headers), size))
            self.send_response(200)
            if self.path == "/live":
                self._stream()
                return
            self.send_header("Content-Length", str(len(word)))
            self.end_headers()
            self.wfile.write(word.encode())

        do_POST = do_GET  # noqa: N815 - the base class's names

        def _stream(self) -> None:
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"first\n")
            self.wfile.flush()
            made.go_on.wait(WITHIN_S)
            self.wfile.write(b"second\n")
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Not into the tests' output."""

    made = Upstream(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    return made


@dataclass
class Reply:
    status: int
    headers: Message
    body: bytes


@dataclass
class House:
    front: Front
    certificate: tls.Certificate
    web: Upstream
    live: Upstream
    positions: Upstream

    def ask(
        self, path: str, method: str = "GET", body: Any = None, host: str = NAME,
        headers: dict[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        with self.asking(path, method, body, host, headers) as reply:
            return Reply(reply.status, reply.headers, reply.read())

    @contextmanager
    def asking(
        self, path: str, method: str = "GET", body: Any = None, host: str = NAME,
        headers: dict[str, str] | None = None,
    ) -> Iterator[http.client.HTTPResponse]:  # fmt: skip
        context = ssl.create_default_context(cafile=str(self.certificate.authority))
        # The certificate is for one name; a browser that asks for another is led to that.
        context.check_hostname = host == NAME
        link = http.client.HTTPSConnection(NAME, self.front.https, context=context)
        plain = socket.create_connection(("127.0.0.1", self.front.https), WITHIN_S)
        link.sock = context.wrap_socket(plain, server_hostname=NAME)
        try:
            link.request(method, path, body, {"Host": host, **(headers or {})})
            with link.getresponse() as reply:
                yield reply
        finally:
            link.close()


def free_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("front")
    folder.chmod(0o755)
    layout = Layout(folder)
    for one in (layout.tls, layout.etc / "nginx.d"):
        one.mkdir(parents=True)
    certificate = tls.Certificate(layout.tls)
    tls.ensure(certificate, Journal("bin/install", folder), NAME)
    servers = [upstream(word) for word in ("web", "live", "positions")]
    web, live, positions = servers
    at = Front(
        NAME, web.port, live.port, positions.port, https=free_port(), http=free_port()
    )  # fmt: skip
    file = folder / "nginx.conf"
    # As root nginx becomes nobody, who may not enter pytest's folders.
    user = "user root;\n" if os.geteuid() == 0 else ""
    file.write_text(user + front.config(layout, at, ipv6=False, cache=folder, run=folder))
    command = ["nginx", "-c", str(file), "-g", "daemon off;"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as nginx:
        try:
            wait_for(lambda: listens(at.https), nginx)
            yield House(at, certificate, web, live, positions)
        finally:
            nginx.terminate()
            for behind in servers:
                behind.server.shutdown()
                behind.server.server_close()


def wait_for(holds: Callable[[], bool], nginx: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert nginx.poll() is None, nginx.stderr and nginx.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", port)) == 0


@nginx_only
def test_what_a_client_says_of_itself_does_not_reach_the_product(house: House) -> None:
    house.ask(
        "/x", headers={
            "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "http", "X-Real-IP": "6.6.6.6",
            "X-Forwarded-Host": "evil.example", "Forwarded": "for=6.6.6.6",
        },
    )  # fmt: skip

    told = house.web.asked[-1][1]
    assert told["X-Forwarded-For"] == "127.0.0.1"
    assert told["X-Forwarded-Proto"] == "https"
    assert told["Host"] == house.front.host
    assert "evil" not in str(told)
    assert "6.6.6.6" not in str(told)


@nginx_only
def test_browsers_stay_with_tls(house: House) -> None:
    assert house.ask("/").headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]

    plain = http.client.HTTPConnection("127.0.0.1", house.front.http, timeout=WITHIN_S)
    plain.request("GET", "/wall/?a=b")
    with plain.getresponse() as reply:
        assert (reply.status, reply.headers["Location"]) == (301, f"{house.front.origin}/wall/?a=b")
    plain.close()


@nginx_only
def test_another_name_is_led_to_ours_and_reaches_nothing(house: House) -> None:
    before = len(house.web.asked)

    reply = house.ask("/wall/", host="evil.example")

    assert (reply.status, reply.headers["Location"]) == (301, f"{house.front.origin}/wall/")
    assert len(house.web.asked) == before


@nginx_only
@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_one_machine_of_several_is_watched_by_its_address(house: House, path: str) -> None:
    assert house.ask(path, host="10.20.0.11").body == b"web"
    assert house.web.asked[-1][1]["Host"] == house.front.host


@nginx_only
@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/", b"web"),
        ("/live/ticket/", b"web"),
        ("/api/patrols/fixes/", b"web"),
        ("/osmand", b"positions"),
        ("/osmand/", b"positions"),
        ("/osmand/fixes/", b"positions"),
    ],
)
def test_each_address_reaches_its_process(house: House, path: str, word: bytes) -> None:
    assert house.ask(path).body == word


@nginx_only
def test_news_come_at_once_and_not_when_a_buffer_is_full(house: House) -> None:
    with house.asking("/live") as reply:
        assert reply.readline() == b"first\n"
        house.live.go_on.set()
        assert reply.readline() == b"second\n"


@nginx_only
@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        pytest.param("/api/photos/", PHOTO_BYTES + 1000, 200, id="refused by the product"),
        pytest.param("/api/photos/", PHOTO_BYTES + 2 * MIB, 413, id="far too large"),
        pytest.param("/imports/upload/?name=x", PHOTO_BYTES + 2 * MIB, 200, id="a territory"),
        pytest.param("/patrols/me/upload/", PHOTO_BYTES + 2 * MIB, 200, id="a track"),
        pytest.param("/patrols/members/7/upload/", PHOTO_BYTES + 2 * MIB, 200, id="another's"),
        pytest.param("/osmand/fixes/", LARGEST_BATCH + 2 * MIB, 413, id="positions"),
    ],
)
def test_how_much_may_be_sent(house: House, path: str, size: int, status: int) -> None:
    # Only the size is told, so that what is refused is not sent in vain.
    body = b"x" * size if status == 200 else b""
    reply = house.ask(path, "POST", body, headers={"Content-Length": str(size)})

    assert reply.status == status


def test_the_limits_in_front_are_the_product_s() -> None:
    assert max(PHOTO_BYTES, ROSTER_BYTES) == front.USUAL_BYTES
    assert list(front.LARGER_BYTES.values()) == [LIMITS.file_bytes, TRACK_BYTES]
    assert max(LARGEST_BATCH, LARGEST_BODY) == front.POSITIONS_BYTES


def test_the_large_ones_are_addresses_of_the_product() -> None:
    large = [
        reverse("import-upload"), reverse("upload-own-track"), reverse("upload-track", args=[7]),
    ]  # fmt: skip
    patterns = list(front.LARGER_BYTES)
    assert all(any(re.search(one, address) for one in patterns) for address in large)
    assert all(any(re.search(one, address) for address in large) for one in patterns)


def test_without_ipv6_nginx_is_not_told_to_listen_on_it() -> None:
    at = Front(NAME, 1, 2, 3)

    assert "[::]" not in front.config(Layout(), at, ipv6=False)
    assert front.config(Layout(), at, ipv6=True).count("listen [::]:443") == 2
