"""HTTP on the wire (RFC 9112), as much of it as SOAP to a camera needs.  Pure and bounded.

One question at a time: what comes after its reply is thrown away.  A body ends by its length, by
chunks (gSOAP's servers send them), or with the connection.  A coding that would have to be
unpacked is refused: it was not asked for, and a bomb unpacks to a thousand times its size.
"""

import re
from typing import NamedTuple

from cameras.probe.wire_head import (
    END_OF_HEAD,
    MAX_HEAD_BYTES,
    Headers,
    Malformed,
    check_start,
    content_length,
    every,
    quoted,
    split_head,
)

MAX_BODY_BYTES = 240 * 1024  # with the head, under the 256 KiB that `net` reads of one device
MAX_INTERIM_REPLIES = 4
MAX_CHUNK_LINE_BYTES = 256

STATUS_LINE = re.compile(r"HTTP/1\.\d (\d{3})(?: (.*))?", re.ASCII | re.DOTALL)
START = b"HTTP/1."
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,6})[ \t]*(?:;[^\r\n]*)?")


class Reply(NamedTuple):
    """One reply."""

    status: int
    phrase: str
    headers: Headers
    body: bytes = b""

    def every(self, name: str) -> list[str]:
        """The values of all headers called `name` (lower case)."""
        return every(self.headers, name)

    @property
    def closes(self) -> bool:
        """Whether the device says that it closes the connection."""
        return any("close" in value.lower() for value in self.every("connection"))


def request(host: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A POST of `body`.  Raises ValueError for text that would start its own line."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: gis-server",
        "Accept-Encoding: identity",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if any("\r" in line or "\n" in line for line in lines):
        # No line in the message: one of them may hold an answer made from the password.
        raise ValueError("a line break inside an HTTP request")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape") + body


def get(host: str, path: str, headers: dict[str, str]) -> bytes:
    """A GET.  Raises ValueError for text that would start its own line."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: gis-server",
        "Accept-Encoding: identity",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a line break inside an HTTP request")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


class ReplyReader:
    """Takes bytes as they come until one reply is whole.

    most_bytes: of its body.
    """

    def __init__(self, most_bytes: int = MAX_BODY_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = bytearray()
        self._searched = 0  # no end of the head before this offset
        self._interim = 0
        self._head: Reply | None = None
        self._chunks: list[bytes] | None = None
        self._chunked_bytes = 0

    def feed(self, data: bytes) -> Reply | None:
        """The whole reply once it is there; interim ones (1xx) are passed over.

        Raises:
            Malformed: what has arrived cannot become a reply, however it goes on.
        """
        self._bytes += data
        while self._head is None:
            head = self._take_head()
            if head is None:
                return None
            self._accept(head)
        return self._whole(self._head)

    def end(self) -> Reply:
        """The reply of a device that has hung up: whole when its body ends with the connection.

        Raises:
            Malformed: it is not whole.
        """
        head = self._head
        if head is None or self._chunks is not None or self._length_of(head) is not None:
            raise Malformed("the reply ends in the middle")
        return head._replace(body=bytes(self._bytes))

    def _length_of(self, head: Reply) -> int | None:
        return length_of(head, self._most_bytes)

    def _accept(self, head: Reply) -> None:
        if 100 <= head.status < 200:
            self._interim += 1
            if self._interim > MAX_INTERIM_REPLIES:
                raise Malformed(f"sent {self._interim} interim replies")
            return
        check_codings(head)
        self._head = head
        if head.every("transfer-encoding"):
            self._chunks = []

    def _whole(self, head: Reply) -> Reply | None:
        if self._chunks is not None:
            return self._unchunked(head, self._chunks)
        length = self._length_of(head)
        if length is None:
            if len(self._bytes) > self._most_bytes:
                raise Malformed(f"no end of the body within {self._most_bytes} bytes")
            return None
        if len(self._bytes) < length:
            return None
        return head._replace(body=bytes(self._bytes[:length]))

    def _unchunked(self, head: Reply, chunks: list[bytes]) -> Reply | None:
        while True:
            end = self._bytes.find(b"\n", 0, MAX_CHUNK_LINE_BYTES)
            if end < 0:
                if len(self._bytes) >= MAX_CHUNK_LINE_BYTES:
                    raise Malformed(f"a chunk starts with {quoted(self._bytes)}")
                return None
            size = chunk_size(bytes(self._bytes[:end]))
            if size == 0:
                return head._replace(body=b"".join(chunks))
            if self._chunked_bytes + size > self._most_bytes:
                raise Malformed(f"no end of the body within {self._most_bytes} bytes")
            chunk = bytes(self._bytes[end + 1 : end + 1 + size])
            rest = self._bytes[end + 1 + size : end + 3 + size]
            if len(chunk) < size or b"\n" not in rest:
                if len(rest) == 2:
                    raise Malformed("a chunk does not end where it should")
                return None
            chunks.append(chunk)
            self._chunked_bytes += size
            del self._bytes[: end + 1 + size + rest.index(b"\n") + 1]

    def _take_head(self) -> Reply | None:
        if self._searched < len(START):
            check_start(self._bytes, START)
        end = END_OF_HEAD.search(self._bytes, max(0, self._searched - 3), MAX_HEAD_BYTES)
        if end is None:
            if len(self._bytes) >= MAX_HEAD_BYTES:
                raise Malformed(f"no end of the headers within {MAX_HEAD_BYTES} bytes")
            self._searched = len(self._bytes)
            return None
        head = parse_head(bytes(self._bytes[: end.start()]))
        del self._bytes[: end.end()]
        self._searched = 0
        return head


def parse_head(head: bytes) -> Reply:
    """Status line and headers, without the blank line after them.  Raises Malformed."""
    first, headers = split_head(head)
    status = STATUS_LINE.fullmatch(first)
    if status is None:
        raise Malformed(f"starts with {quoted(head)}")
    return Reply(int(status[1]), status[2] or "", headers)


def check_codings(head: Reply) -> None:
    """Refuse what would have to be unpacked.  Raises Malformed."""
    packed = [value for value in head.every("content-encoding") if value.lower() != "identity"]
    packed += [value for value in head.every("transfer-encoding") if value.lower() != "chunked"]
    if packed:
        raise Malformed(f"packs its reply ({packed[0][:40]}), which was not asked for")


def length_of(head: Reply, most_bytes: int = MAX_BODY_BYTES) -> int | None:
    """How many bytes of body follow; None when it ends with the connection.  Raises Malformed."""
    if head.status in (204, 304):
        return 0
    return content_length(head.headers, most_bytes)


def chunk_size(line: bytes) -> int:
    """The number that starts a chunk (RFC 9112, 7.1).  Raises Malformed."""
    found = CHUNK_SIZE.fullmatch(line.removesuffix(b"\r"))
    if found is None:
        raise Malformed(f"a chunk starts with {quoted(line)}")
    return int(found[1], 16)
