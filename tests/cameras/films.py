"""Films for tests, encoded by GStreamer once a session, and cameras that play them."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from cameras.probe.target import Login, Target
from fixtures.camera_farm import encode, film
from fixtures.camera_farm.device import RtspPort, Unit
from fixtures.camera_farm.film import Film
from fixtures.camera_farm.plan import Device, Guard, Kind, Quirks

FPS = 10
SYSTEM_PYTHON = "/usr/bin/python3"


def shot(folder: Path, codec: str, *, width: int = 320, height: int = 184, count: int = 40) -> Film:
    """A film of moving bars; `codec` is a name in `encode.ENCODERS`."""
    path = folder / f"{codec}-{width}.film"
    if not path.exists():
        source = (
            f"videotestsrc num-buffers={count}"
            f" ! video/x-raw,width={width},height={height},framerate={FPS}/1"
        )
        command = [SYSTEM_PYTHON, encode.__file__, codec, str(FPS), str(path), source]
        subprocess.run(command, check=True)
    return film.read(path)


def changed(one: Film, **values: object) -> Film:
    """The film with other pictures, pace or backlog."""
    return replace(one, **values)  # type: ignore[arg-type]


@asynccontextmanager
async def playing(
    one: Film | None, *, plays: bool = True, split_lines: bool = False
) -> AsyncIterator[Target]:
    """A camera with a Digest login that plays the film; with None, one that sends nothing.

    split_lines: each line of an answer comes in a segment of its own.
    """
    device = Device(
        0, "127.0.0.1", 0, 0, "/live", "viewer", "s@crét", Kind.LIGHT, None,
        Quirks(guard=Guard.MD5_QOP, plays=plays, split_lines=split_lines),
    )  # fmt: skip
    unit = Unit(device)
    unit.film = one
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: RtspPort(unit), "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield Target("127.0.0.1", port, "/live", Login("viewer", "s@crét"))
    finally:
        server.close()
        unit.drop_all()
        await asyncio.sleep(0)
