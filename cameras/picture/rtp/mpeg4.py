"""MPEG-4 part 2 out of RTP (RFC 6416): the loads of a picture, one behind the other."""

from collections.abc import Mapping

VOP = b"\0\0\1\xb6"


class Mpeg4:
    """An assembler; see `units`."""

    def __init__(self, formats: Mapping[str, str]) -> None:
        try:
            self._config = bytes.fromhex(formats.get("config", "")[:8192])
        except ValueError:
            self._config = b""
        self._parts: list[bytes] = []

    def add(self, load: bytes) -> bool:
        self._parts.append(load)
        return True

    def has_picture(self) -> bool:
        return any(self._parts)

    def take(self) -> tuple[bytes, bool, bool]:
        data = b"".join(self._parts)
        self._parts = []
        at = data.find(VOP)
        # The two bits after the start code name the kind of picture; 0 is an intra one.
        is_key = 0 <= at < len(data) - 4 and data[at + 4] >> 6 == 0
        return (self._config + data if is_key else data), is_key, at >= 0
