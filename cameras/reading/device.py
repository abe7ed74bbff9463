"""One device read in a process that is killed when its time is over.  No Django.

zeep takes what a device sends into memory and trees of objects; a process of its own keeps a
hostile answer, and the 50 MB that zeep needs for its schema, out of the server.
"""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cameras.probe.net import Net, NetError
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome
from cameras.probe.target import Target
from cameras.reading.child import run

WORKER = Path(__file__).with_name("worker.py")
MOST_PROFILES = 16
"""Two questions each; a recorder has two profiles for every channel."""
LONGEST_PATH = 300  # what the registry's columns hold
COMMAND = (sys.executable, "-I", str(WORKER))


@dataclass(frozen=True, slots=True)
class Profile:
    """One stream of a device; the paths are empty where none was told that may be stored."""

    name: str
    encoding: str
    size: str
    path: str
    snapshot_path: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a device told.

    reason: OK, or why there is no more.  more: profiles beyond those that were read.  login: what
    became of it; NOT_SENT as well when the process was killed.
    """

    reason: Reason
    detail: str = ""
    login: LoginOutcome = LoginOutcome.NOT_SENT
    device: dict[str, str] | None = None
    profiles: tuple[Profile, ...] = ()
    more: int = 0


def read_device(
    target: Target, net: Net, *, deadline_s: float, command: tuple[str, ...] = COMMAND
) -> Reading:
    """Read `target`, which has an ONVIF port, at the address that `net` allows.  Raises nothing
    for what a device does.
    """
    try:
        address = asyncio.run(net.resolve(target.host))
    except NetError as error:
        return Reading(error.reason, str(error))
    order = {
        "address": address,
        "host": target.host,
        "port": target.onvif_port,
        "path": target.onvif_path,
        "login": asdict(target.login) if target.login else None,
    }
    output, code, killed = run(command, json.dumps(order).encode(), deadline_s)
    if killed:
        return Reading(Reason.SILENT, f"no whole answer within {deadline_s:g} s")
    if code != 0:
        return Reading(Reason.NOT_ONVIF, "its answers could not be read: the reading process died")
    return reading_of(output)


def reading_of(output: bytes) -> Reading:
    """What the process wrote."""
    try:
        told: dict[str, Any] = json.loads(output)
        return Reading(
            Reason(told["reason"]),
            told["detail"],
            LoginOutcome(told["login"]),
            told["device"],
            tuple(Profile(**one) for one in told["profiles"]),
            told["more"],
        )
    except (ValueError, KeyError, TypeError):
        return Reading(Reason.OWN_TROUBLE, "the reading process answered something else")
