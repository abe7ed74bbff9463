"""Talk between a pool and its workers: a length, JSON, and the bytes that it announces.  Pure.

Both sides have limits, and neither believes the other: a worker has touched what a device sent.
"""

import json
from typing import Any

MAX_HEAD_BYTES = 2 * 1024 * 1024
"""A baseline's view comes in the head, as text."""
MAX_BODY_BYTES = 48 * 1024 * 1024
LENGTH_BYTES = 4


class BadFrame(ValueError):
    """What came is no message; the message says why."""


def packed(head: dict[str, Any], parts: list[bytes]) -> list[bytes]:
    """A message in pieces to be written one after the other.  Raises BadFrame: it is too large."""
    sizes = [len(part) for part in parts]
    text = json.dumps(head | {"sizes": sizes}).encode()
    if len(text) > MAX_HEAD_BYTES or sum(sizes) > MAX_BODY_BYTES:
        raise BadFrame("a message of more bytes than are allowed")
    return [len(text).to_bytes(LENGTH_BYTES), text, *parts]


def head_length(data: bytes) -> int:
    """Raises BadFrame."""
    length = int.from_bytes(data)
    if not 2 <= length <= MAX_HEAD_BYTES:
        raise BadFrame(f"a head of {length} bytes")
    return length


def read_head(data: bytes) -> tuple[dict[str, Any], list[int]]:
    """The head and the sizes of the parts that follow.  Raises BadFrame."""
    try:
        head = json.loads(data)
        sizes = head.pop("sizes")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadFrame("no JSON object with sizes") from None
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise BadFrame("sizes that are no sizes")
    if len(sizes) > 4096 or sum(sizes) > MAX_BODY_BYTES:
        raise BadFrame("parts of more bytes than are allowed")
    return head, sizes
