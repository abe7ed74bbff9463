"""RTSP on the wire (RFC 2326): bytes to values and back.  Pure and bounded.

Real servers, and what of them is accepted here: `Cseq:` for `CSeq:` and no CSeq at all on a 401
(VLC), header lines in separate segments and no `Public:` (rtsp-streaming-server), bare LF line
ends, blank lines before a reply, folded headers, two replies in one segment, one byte at a time.
What is refused raises `Malformed`, as early as it can be known: an SSH or web server is told apart
by its first bytes, not by waiting for an end that never comes.
"""

import re
from typing import NamedTuple

from cameras.probe.wire_head import (
    END_OF_HEAD,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    Headers,
    Malformed,
    check_start,
    content_length,
    every,
    parse_count,
    quoted,
    split_head,
    text_of,
)

__all__ = [
    "MAX_BODY_BYTES",
    "MAX_HEAD_BYTES",
    "Malformed",
    "Replies",
    "Reply",
    "request",
    "whole",
]

MAX_BODY_BYTES = 240 * 1024  # with the head, under the 256 KiB that `net` reads of one device

STATUS_LINE = re.compile(r"RTSP/\d\.\d (\d{3})(?: (.*))?", re.ASCII | re.DOTALL)
START = b"RTSP/"
LINE_BREAKS = b"\r\n"
USUAL_HEAD = re.compile(
    rb"RTSP/\d\.\d (\d{3})(?: ([^\r\n]*+))?+((?:\r\n[^\s:][^\r\n:]*+:[^\r\n]*+){0,%d}+)\r\n\r\n"
    % MAX_HEADERS
)
"""A head without oddities, which nearly all are: read in one go, and to the same end."""
HEADER = re.compile(r"\r\n([^:]*):([^\r]*)")


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
    def cseq(self) -> int | None:
        """The number of the question this answers, None where it is left out.  Raises Malformed."""
        for key, value in self.headers:
            if key == "cseq":
                return parse_count(value, what="CSeq")
        return None


def request(method: str, url: str, cseq: int, headers: dict[str, str] | None = None) -> bytes:
    """One request without a body.  Raises ValueError for text that would start its own line."""
    text = f"{method} {url} RTSP/1.0\r\nCSeq: {cseq}\r\nUser-Agent: gis-server\r\n"
    breaks = 3
    if headers:
        text += "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        breaks += len(headers)
    if text.count("\r") != breaks or text.count("\n") != breaks:
        # No line in the message: one of them may hold an answer made from the password.
        raise ValueError("a line break inside an RTSP request")
    return f"{text}\r\n".encode("utf-8", "surrogateescape")


def whole(data: bytes) -> Reply | None:
    """The reply that `data` is, all of it and without oddities; None for all else, which `Replies`
    reads to the same end.  Raises Malformed.
    """
    found = USUAL_HEAD.match(data, 0, MAX_HEAD_BYTES)
    if found is None:
        return None
    status, phrase, lines = found.groups(b"")
    headers = tuple(
        [(name.strip().lower(), value.strip()) for name, value in HEADER.findall(text_of(lines))]
    )
    body_at = found.end()
    if len(data) - body_at != (content_length(headers, MAX_BODY_BYTES) or 0):
        return None
    return Reply(int(status), text_of(phrase), headers, data[body_at:])


class Replies:
    """Takes bytes as they come, gives replies as they are complete; holds one head and one body."""

    __slots__ = ("_body_at", "_bytes", "_head", "_searched", "_whole")

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._searched = 0  # no end of the head before this offset
        # Parsed, waiting for its body; kept so that no head is parsed twice.
        self._head: Reply | None = None
        self._body_at = self._whole = 0

    def feed(self, data: bytes) -> None:
        """Add what has arrived."""
        self._bytes += data

    def take(self) -> Reply | None:
        """The next whole reply, or None until more arrives.

        Raises:
            Malformed: what has arrived cannot become a reply, however it goes on.
        """
        head = self._head or self._take_head()
        if head is None or len(self._bytes) < self._whole:
            return None
        if self._whole > self._body_at:
            head = head._replace(body=bytes(self._bytes[self._body_at : self._whole]))
        del self._bytes[: self._whole]
        self._head, self._searched = None, 0
        return head

    def _take_head(self) -> Reply | None:
        if self._searched < len(START):
            if self._bytes[:1] in LINE_BREAKS:
                self._bytes = self._bytes.lstrip(LINE_BREAKS)
            check_start(self._bytes, START)
        end = END_OF_HEAD.search(self._bytes, max(0, self._searched - 3), MAX_HEAD_BYTES)
        if end is None:
            if len(self._bytes) >= MAX_HEAD_BYTES:
                raise Malformed(f"no end of the headers within {MAX_HEAD_BYTES} bytes")
            self._searched = len(self._bytes)
            return None
        self._head, self._body_at = parse_head(self._bytes[: end.start()]), end.end()
        self._whole = self._body_at + (content_length(self._head.headers, MAX_BODY_BYTES) or 0)
        return self._head


def parse_reply(data: bytes) -> Reply:
    """The one reply in `data`.  Raises Malformed, also when it is not whole."""
    replies = Replies()
    replies.feed(data)
    reply = replies.take()
    if reply is None:
        raise Malformed("the reply ends in the middle")
    return reply


def parse_head(head: bytes | bytearray) -> Reply:
    """Status line and headers, without the blank line after them.  Raises Malformed."""
    first, headers = split_head(head)
    status = STATUS_LINE.fullmatch(first)
    if status is None:
        raise Malformed(f"starts with {quoted(head)}")
    return Reply(int(status[1]), status[2] or "", headers)
