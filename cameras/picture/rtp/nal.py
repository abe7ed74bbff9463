"""What H.264 and H.265 have in common: a picture is a row of NAL units."""

from base64 import b64decode
from binascii import Error

START = b"\0\0\0\1"
MAX_PARAMETER_BYTES = 4096


class Row:
    """The NAL units of the picture that is being put together."""

    __slots__ = ("_open", "_parts", "is_key", "is_whole", "pictures", "seen")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._open: list[bytes] | None = None  # the fragments of one unit
        self.seen: set[int] = set()
        self.pictures = 0
        self.is_key = False
        self.is_whole = True

    @property
    def has_picture(self) -> bool:
        return self.pictures > 0 or self._open is not None

    def append(self, nal: bytes) -> None:
        self._parts += (START, nal)

    def begin(self, head: bytes, load: bytes) -> None:
        if self._open is not None:
            self.is_whole = False  # the one before was never ended
        self._open = [head, load]

    def go_on(self, load: bytes, *, ends: bool) -> bytes | None:
        """Add a fragment; the whole unit when it was the last one."""
        if self._open is None:
            self.is_whole = False  # its beginning was lost
            return None
        self._open.append(load)
        if not ends:
            return None
        nal, self._open = b"".join(self._open), None
        return nal

    def joined(self, before: bytes = b"") -> bytes:
        if self._open is not None:
            self.is_whole = False
            self._parts += (START, b"".join(self._open))  # the decoder makes the best of it
        return before + b"".join(self._parts)


def parameter_sets(text: str) -> list[bytes]:
    """The NAL units in a list of base64 words; what is none is passed over."""
    found = []
    for word in text.split(",")[:8]:
        try:
            nal = b64decode(word.strip() + "=" * (-len(word.strip()) % 4), validate=True)
        except (Error, ValueError):
            continue
        if 1 < len(nal) <= MAX_PARAMETER_BYTES:
            found.append(nal)
    return found


def aggregated(load: bytes) -> list[bytes] | None:
    """The units of an aggregation packet, each behind its 16-bit length; None when they do not
    fit.
    """
    found, at = [], 0
    while at < len(load):
        size = int.from_bytes(load[at : at + 2])
        if size == 0 or at + 2 + size > len(load):
            return None
        found.append(load[at + 2 : at + 2 + size])
        at += 2 + size
    return found
