"""RTSP on the wire (RFC 2326): bytes to values and back.  Pure and bounded.

Real servers, and what of them is accepted here: `Cseq:` for `CSeq:` and no CSeq at all on a 401
(VLC), header lines in separate segments and no `Public:` (rtsp-streaming-server), bare LF line
ends, blank lines before a reply, folded headers, two replies in one segment, one byte at a time.
What is refused raises `Malformed`, as early as it can be known: an SSH or web server is told apart
by its first bytes, not by waiting for an end that never comes.
"""

import re
from dataclasses import dataclass, replace

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 240 * 1024  # with the head, under the 256 KiB that `net` reads of one device
MAX_HEADERS = 100

STATUS_LINE = re.compile(rb"RTSP/\d\.\d (\d{3})(?: ([^\r\n]*))?")
LINE_END = re.compile(rb"\r?\n|\r")
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
START = b"RTSP/"


class Malformed(Exception):
    """These bytes are no RTSP reply; the message says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply.  Header names are in lower case, in the order of arrival, repeated ones kept."""

    status: int
    phrase: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def every(self, name: str) -> list[str]:
        """The values of all headers called `name` (lower case)."""
        return [value for key, value in self.headers if key == name]

    @property
    def cseq(self) -> int | None:
        """The number of the question this answers, None where it is left out.  Raises Malformed."""
        for value in self.every("cseq"):
            return parse_count(value, what="CSeq")
        return None


def request(method: str, url: str, cseq: int, headers: dict[str, str] | None = None) -> bytes:
    """One request without a body.  Raises ValueError for text that would start its own line."""
    lines = [f"{method} {url} RTSP/1.0", f"CSeq: {cseq}", "User-Agent: gis-server"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if any("\r" in line or "\n" in line for line in lines):
        # No `line` in the message: one of them may hold an answer made from the password.
        raise ValueError("a line break inside an RTSP request")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


class Replies:
    """Takes bytes as they come, gives replies as they are complete; holds one head and one body."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._searched = 0  # no end of the head before this offset
        self._head: Reply | None = (
            None  # parsed, waiting for its body; kept so that no head is parsed twice
        )
        self._body_at = 0

    def feed(self, data: bytes) -> None:
        """Add what has arrived."""
        self._bytes += data

    def take(self) -> Reply | None:
        """The next whole reply, or None until more arrives.

        Raises:
            Malformed: what has arrived cannot become a reply, however it goes on.
        """
        head = self._head or self._take_head()
        if head is None:
            return None
        whole = self._body_at + body_length(head)
        if len(self._bytes) < whole:
            return None
        reply = replace(head, body=bytes(self._bytes[self._body_at : whole]))
        del self._bytes[:whole]
        self._head, self._searched = None, 0
        return reply

    def _take_head(self) -> Reply | None:
        if not self._searched:
            del self._bytes[: len(self._bytes) - len(self._bytes.lstrip(b"\r\n"))]
            check_start(self._bytes)
        end = END_OF_HEAD.search(self._bytes, max(0, self._searched - 3), MAX_HEAD_BYTES)
        if end is None:
            if len(self._bytes) >= MAX_HEAD_BYTES:
                raise Malformed(f"no end of the headers within {MAX_HEAD_BYTES} bytes")
            self._searched = len(self._bytes)
            return None
        self._head, self._body_at = parse_head(bytes(self._bytes[: end.start()])), end.end()
        return self._head


def check_start(data: bytes | bytearray) -> None:
    """Raise Malformed when `data`, however short, cannot be the beginning of a reply."""
    if bytes(data[: len(START)]) != START[: len(data)]:
        raise Malformed(f"starts with {quoted(data)}")


def parse_reply(data: bytes) -> Reply:
    """The one reply in `data`.  Raises Malformed, also when it is not whole."""
    replies = Replies()
    replies.feed(data)
    reply = replies.take()
    if reply is None:
        raise Malformed("the reply ends in the middle")
    return reply


def parse_head(head: bytes) -> Reply:
    """Status line and headers, without the blank line after them.  Raises Malformed."""
    first, *rest = LINE_END.split(head)
    status = STATUS_LINE.fullmatch(first)
    if status is None:
        raise Malformed(f"starts with {quoted(first)}")
    if len(rest) > MAX_HEADERS:
        raise Malformed(f"more than {MAX_HEADERS} header lines")
    return Reply(int(status[1]), text_of(status[2] or b""), parse_headers(rest))


def parse_headers(lines: list[bytes]) -> tuple[tuple[str, str], ...]:
    """Name and value of each line; one without a colon is passed over, it condemns no camera."""
    headers: list[tuple[str, str]] = []
    for line in map(text_of, lines):
        if line[:1] in (" ", "\t") and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip().lower(), value.strip()))
    return tuple(headers)


def body_length(head: Reply) -> int:
    """How many bytes of body follow.  Raises Malformed for no number, two, or too many."""
    lengths = {parse_count(value, what="Content-Length") for value in head.every("content-length")}
    if len(lengths) > 1:
        raise Malformed("two different Content-Length headers")
    length = lengths.pop() if lengths else 0
    if length > MAX_BODY_BYTES:
        raise Malformed(f"announces a body of {length} bytes")
    return length


def parse_count(text: str, *, what: str) -> int:
    """A number of at most nine ASCII digits.  Raises Malformed."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Malformed(f"{what} is {text[:40]!r}")
    return int(text)


def text_of(data: bytes) -> str:
    """Text that turns back into the same bytes: a realm is hashed as it came, UTF-8 or not."""
    return data.decode("utf-8", "surrogateescape")


def quoted(data: bytes | bytearray) -> str:
    """The first bytes of `data`, safe to show: in quotes, what is no ASCII letter as an escape."""
    return repr(bytes(data[:40]))[1:]
