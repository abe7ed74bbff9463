"""A local network with one device in it that hears questions to all, and a search in it.

`unshare --net python -m tests.cameras.lan ROUTE NETWORK` prints the addresses that are found inside
NETWORK; without a route ("no") the question leads nowhere.
"""

import asyncio
import socket
import subprocess
import sys
import threading

from cameras.discovery import search
from cameras.probe.wire_discovery import GROUP, PORT
from tests.cameras.discoverable import Device, honest

HERE = "127.0.0.1"


def listen() -> None:
    """Answer whatever is asked of the group, for as long as this process lasts."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("", PORT))
    member = socket.inet_aton(GROUP) + socket.inet_aton(HERE)
    line.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    threading.Thread(target=Device(line).serve, args=(honest(HERE),), daemon=True).start()


def main(route: str, network: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up", "multicast", "on"], check=True)
    if route != "no":
        subprocess.run(["ip", "route", "add", "239.0.0.0/8", "dev", "lo"], check=True)
    listen()
    found = asyncio.run(search([], [network], to_all=True, listen_s=1.0))
    print(*(one.address for one in found))  # noqa: T201 - read by whoever started it


if __name__ == "__main__":
    main(*sys.argv[1:])
