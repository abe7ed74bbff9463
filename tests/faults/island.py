"""Cameras in a network of their own, which can be cut off from whoever asks them.

`unshare --net python -m tests.faults.island 12` has twelve cameras and three canaries, at 10.77.1.1
and on, and carries out the words "cut" and "mend", "lose" and "keep" that come on a line each.
After a cut the network takes packets to them and nobody answers, as behind a cable that was pulled
further away.  A line that loses takes three packets of ten, either way, and forgets them.
"""

import asyncio
import subprocess
import sys

from tests.cameras.fake_camera import FakeCamera

NETWORK = "10.77.0.0/16"
PORT = 8554
READY = "the island lives"
CANARIES = 3
SHORE = (
    "link set lo up",
    # What leaves for an address that is not here is lost at the other end of this pair.
    "link add shore type veth peer name sea",
    "link set shore up arp off",
    "link set sea up arp off",
    "address add 10.77.0.1/32 dev shore",
    "route add 10.77.1.0/24 dev shore src 10.77.0.1",
)


# A classic packet filter on what comes in: a random number below three tenths of 2**32 drops the
# packet, whose sender has seen it go.  `netem` would do the same, where the kernel has it.
DROPS = f"4,32 0 0 {2**32 - 4096 + 56},53 0 1 {3 * 2**32 // 10},6 0 0 {2**32 - 1},6 0 0 2"
LOSES = ("qdisc add dev lo clsact", f'filter add dev lo ingress bpf da bytecode "{DROPS}"')
CHANGES = {"lose": LOSES, "keep": ("qdisc del dev lo clsact",)}


def hosts(cameras: int) -> list[str]:
    """The addresses of the cameras, then those of the canaries."""
    return [f"10.77.1.{number + 1}" for number in range(cameras + CANARIES)]


def batch(program: str, *lines: str) -> None:
    text = "".join(f"{line}\n" for line in lines)
    subprocess.run([program, "-batch", "-"], input=text, text=True, check=True)


def set_there(addresses: list[str], *, there: bool) -> None:
    batch("ip", *(f"address {'add' if there else 'del'} {one}/32 dev shore" for one in addresses))


async def live(cameras: int) -> None:
    addresses = hosts(cameras)
    batch("ip", *SHORE)
    set_there(addresses, there=True)
    server = await asyncio.start_server(FakeCamera().serve, "0.0.0.0", PORT)
    print(READY, flush=True)  # noqa: T201 - spoken to whoever started it
    while word := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if word in CHANGES:
            batch("tc", *CHANGES[word])
        else:
            set_there(addresses, there=word == "mend")
        print(word, flush=True)  # noqa: T201
    server.close()


if __name__ == "__main__":
    asyncio.run(live(int(sys.argv[1])))
