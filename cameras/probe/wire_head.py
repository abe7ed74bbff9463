"""What the heads of RTSP and HTTP replies have in common: header lines and numbers.  Pure and
bounded.
"""

import re
from collections.abc import Sequence

MAX_HEAD_BYTES = 16 * 1024
MAX_HEADERS = 100
LINE_END = re.compile(r"\r?\n|\r")
FOLD = (" ", "\t")
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")

Headers = tuple[tuple[str, str], ...]
"""Names in lower case, in the order of arrival, repeated ones kept."""


class Malformed(Exception):
    """These bytes are no reply; the message says what is wrong with them."""


def split_head(head: bytes | bytearray) -> tuple[str, Headers]:
    """Status line and headers of a head without the blank line after it.  Raises Malformed."""
    text = text_of(head)
    lines = text.split("\r\n")
    if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1:
        lines = LINE_END.split(text)
    first, *rest = lines
    check_count(rest)
    return first, parse_headers(rest)


def check_count(lines: Sequence[object]) -> None:
    """Raise Malformed for too many header lines."""
    if len(lines) > MAX_HEADERS:
        raise Malformed(f"more than {MAX_HEADERS} header lines")


def parse_headers(lines: list[str]) -> Headers:
    """Name and value of each line; one without a colon is passed over, it condemns no camera."""
    headers: list[tuple[str, str]] = []
    for line in lines:
        if headers and line.startswith(FOLD):
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip().lower(), value.strip()))
    return tuple(headers)


def every(headers: Headers, name: str) -> list[str]:
    """The values of all headers called `name` (lower case)."""
    return [value for key, value in headers if key == name]


def content_length(headers: Headers, most: int) -> int | None:
    """The length announced, None where there is none.  Raises Malformed for no number, two
    different ones, or one above `most`.
    """
    said = None
    for key, value in headers:
        if key == "content-length":
            if said is not None and value != said:
                raise Malformed("two different Content-Length headers")
            said = value
    if said is None:
        return None
    length = parse_count(said, what="Content-Length")
    if length > most:
        raise Malformed(f"announces a body of {length} bytes")
    return length


def parse_count(text: str, *, what: str) -> int:
    """A number of at most nine ASCII digits.  Raises Malformed."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Malformed(f"{what} is {text[:40]!r}")
    return int(text)


def check_start(data: bytes | bytearray, start: bytes) -> None:
    """Raise Malformed when `data`, however short, cannot begin with `start`."""
    if bytes(data[: len(start)]) != start[: len(data)]:
        raise Malformed(f"starts with {quoted(data)}")


def text_of(data: bytes | bytearray) -> str:
    """Text that turns back into the same bytes: a realm is hashed as it came, UTF-8 or not."""
    return data.decode("utf-8", "surrogateescape")


def quoted(data: bytes | bytearray) -> str:
    """The first bytes of `data`, safe to show: in quotes, what is no ASCII letter as an escape."""
    return repr(bytes(data[:40]))[1:]
