"""A network that plays a script of bytes: what a device would say, with no device, no socket."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from cameras.probe.net import Checked, NetError, Stream

Part = bytes | NetError | None
"""Bytes that arrive in one segment, an error of the network, or None: silence until the end.

b"" is the device hanging up.
"""


class ScriptedStream:
    """Plays its parts one per `read`, and keeps what was written."""

    def __init__(self, parts: Sequence[Part], written: list[bytes]) -> None:
        self._parts = list(parts)
        self._written = written
        self.ended = False
        self.is_secured = False

    def write(self, data: bytes) -> None:
        self._written.append(data)

    async def read(self) -> bytes:
        part = self._parts.pop(0) if self._parts else b""
        if isinstance(part, NetError):
            raise part
        if part is None:
            await asyncio.Event().wait()
            raise AssertionError("silence does not end")
        return part

    async def secure(self) -> None:
        self.is_secured = True

    def allow(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes

    def hang_up(self) -> None:
        self.ended = True


class ScriptedNet:
    """Each connection plays the next script; after the last one, hangs up.

    A script is one part or a list of them.  An error as the whole script is met while connecting,
    and "no answer" is a connection attempt that nobody answers.
    """

    def __init__(self, *scripts: Part | Sequence[Part] | str) -> None:
        self._scripts: list[Part | Sequence[Part] | str] = list(scripts)
        self.written: list[bytes] = []
        self.connections = 0
        self.places: list[tuple[str, int]] = []
        self.clock = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.clock

    async def resolve(self, host: str) -> Checked:
        return Checked(host)

    async def open(self, address: Checked, port: int) -> Stream:
        self.connections += 1
        self.places.append((address, port))
        script = self._scripts.pop(0) if self._scripts else b""
        if isinstance(script, NetError):
            raise script
        if isinstance(script, str):
            await asyncio.get_running_loop().create_future()
            script = b""
        parts = [script] if script is None or isinstance(script, bytes) else script
        return ScriptedStream(parts, self.written)
