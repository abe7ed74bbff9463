"""The cameras of one site, on a switch of their own: `python -m tests.faults.yard 10.79.1 8` in a
machine has eight and three canaries at 10.79.1.1 and on, and carries out `fall 3` and `rise 3`, a
line each: that one's address is gone, as if it had no power, and there again.
"""

import asyncio
import subprocess
import sys

from tests.cameras.fake_camera import FakeCamera
from tests.faults.machines import SWITCH

SITES = {"east": "10.79.1", "west": "10.79.2"}
"""The network of each site's cameras."""
PORT, CANARIES = 8554, 3
READY = "the cameras are there"


def hosts(network: str, cameras: int) -> list[str]:
    """The addresses of the cameras, then those of the canaries."""
    return [f"{network}.{number + 1}" for number in range(cameras + CANARIES)]


def give(word: str, *addresses: str) -> None:
    text = "".join(f"address {word} {one} dev {SWITCH}\n" for one in addresses)
    subprocess.run(["ip", "-batch", "-"], input=text, text=True, check=True)


async def live(network: str, cameras: int) -> None:
    addresses = hosts(network, cameras)
    # With the network's own, which stays: those beside it go by themselves.
    give("add", f"{network}.254/24", *addresses)
    server = await asyncio.start_server(FakeCamera().serve, "0.0.0.0", PORT)
    print(READY, flush=True)  # noqa: T201 - spoken to whoever started it
    while words := (await asyncio.to_thread(sys.stdin.readline)).split():
        give("del" if words[0] == "fall" else "add", f"{addresses[int(words[1])]}/32")
        print(*words, flush=True)  # noqa: T201
    server.close()


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], int(sys.argv[2])))
