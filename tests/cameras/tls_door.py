"""A door with TLS before a plain port, which passes every byte on.

`python -m tests.cameras.tls_door PORT` prints the door's own port; it ends with its standard input.
"""

import asyncio
import sys
from contextlib import suppress

from fixtures.camera_farm.certificate import server_context


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def stand(port: int) -> None:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pass_on(reader, inner_writer), pass_on(inner_reader, writer))

    server = await asyncio.start_server(meet, "127.0.0.1", 0, ssl=server_context())
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - read by whoever started it
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(stand(int(sys.argv[1])))
