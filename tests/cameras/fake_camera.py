"""A small RTSP camera on a real socket, and a server for whatever else a device may do."""

import asyncio
import hashlib
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

SDP = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class FakeCamera:
    """Answers OPTIONS and DESCRIBE, the latter only with a right MD5 Digest."""

    username: str = "viewer"
    password: str = "right-horse"
    port: int = 0
    requests: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(request)
                writer.write(self.answer(request))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def answer(self, request: bytes) -> bytes:
        cseq = re.search(rb"CSeq: (\d+)", request)
        number = cseq[1] if cseq else b"0"
        if request.startswith(b"OPTIONS"):
            return b"RTSP/1.0 200 OK\r\nCSeq: %b\r\n\r\n" % number
        if self.knows(request):
            head = b"RTSP/1.0 200 OK\r\nCSeq: %b\r\nContent-Length: %d\r\n\r\n"
            return head % (number, len(SDP)) + SDP
        challenge = b'WWW-Authenticate: Digest realm="fake", nonce="n"\r\n\r\n'
        return b"RTSP/1.0 401 Unauthorized\r\nCSeq: %b\r\n" % number + challenge

    def knows(self, request: bytes) -> bool:
        url = request.split()[1].decode()
        secret = md5(f"{self.username}:fake:{self.password}")
        response = md5(f"{secret}:n:{md5(f'DESCRIBE:{url}')}")
        return f'response="{response}"'.encode() in request


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


@asynccontextmanager
async def running(camera: FakeCamera) -> AsyncIterator[FakeCamera]:
    """`camera` listening on 127.0.0.1 at a free port."""
    async with listening(camera.serve) as camera.port:
        yield camera


@asynccontextmanager
async def listening(
    serve: Serve, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """The free port of `host` at which `serve` meets each connection; all are closed after."""
    writers: list[asyncio.StreamWriter] = []
    tasks: list[asyncio.Task[None]] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        tasks.append(cast("asyncio.Task[None]", asyncio.current_task()))
        await serve(reader, writer)

    server = await asyncio.start_server(meet, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0)
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
