"""Runs ladders: one deadline for each, a cap on how many run at once, every step timed and kept as
evidence.

Cancelling a probe cancels it: nothing here catches CancelledError.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from cameras.probe.net import Net, OneLine, Stage
from cameras.probe.reason import Reason
from cameras.probe.result import StepResult
from cameras.probe.steps import Step
from cameras.probe.target import Target

STALL_S = 1.0
"""A deadline noticed so much too late means that this process stood still: not the device."""

LATE: dict[Stage, StepResult] = {
    Stage.RESOLVING: StepResult(Reason.OWN_TROUBLE, "no name server answered in time"),
    Stage.CONNECTING: StepResult(Reason.CONNECT_TIMEOUT, "no answer to the connection attempt"),
    Stage.CONNECTED: StepResult(Reason.SILENT, "accepted the connection and did not answer"),
}


async def probe(
    target: Target, steps: Sequence[Step], net: Net, *, budget_s: float
) -> list[StepResult]:
    """Climb the ladder until a rung breaks or `budget_s` is over; the last result decides."""
    results: list[StepResult] = []
    deadline = asyncio.get_running_loop().time() + budget_s
    async with OneLine(net) as line:
        for step in steps:
            results.append(await timed(step, target, line, deadline))
            if results[-1].reason is not Reason.OK:
                break
    return results


async def timed(step: Step, target: Target, line: OneLine, deadline: float) -> StepResult:
    """The result of one step, with its name and duration; a passed deadline is one too."""
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        async with asyncio.timeout_at(deadline):
            result = await step(target, line)
    except TimeoutError:
        stalled_s = clock() - deadline
        own = StepResult(Reason.OWN_TROUBLE, f"this machine stood still for {stalled_s:.1f} s")
        result = own if stalled_s > STALL_S else LATE[line.stage]
    name = getattr(step, "__name__", type(step).__name__)
    return replace(result, step=name, took_ms=(clock() - began) * 1000)


class Caps:
    """How many probes run at once: in all, and at one host (a recorder is one host with many
    cameras).

    Waiting for a turn is outside the budget: a busy prober must not make a camera look slow.
    """

    def __init__(self, *, total: int, per_host: int) -> None:
        self._total = asyncio.Semaphore(total)
        self._per_host = per_host
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._users: defaultdict[str, int] = defaultdict(int)
        self.waiting = 0
        """How many wait for their host; until it is their turn there they take no other place."""

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Hold one place at `host` and one of the total.  The host's comes first: who waits there
        takes no other.
        """
        at_host = self._hosts.setdefault(host, asyncio.Semaphore(self._per_host))
        self._users[host] += 1
        try:
            async with self._place_at(at_host), self._total:
                yield
        finally:
            self._users[host] -= 1
            if not self._users[host]:
                del self._users[host], self._hosts[host]

    @asynccontextmanager
    async def _place_at(self, at_host: asyncio.Semaphore) -> AsyncIterator[None]:
        self.waiting += 1
        try:
            await at_host.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            at_host.release()
