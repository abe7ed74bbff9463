"""Who may ask at once: so many in all, so many at one host, and the silent ones out of the way.

A recorder is one host with many cameras, so a host has a cap of its own.  A camera that has not
answered within a second steps aside: it keeps its host's place but takes none from the living, so
that a third of the fleet may be dead without the rest being asked later.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

ASIDE_AFTER_S = 1.0
MOST_ASIDE = 4000
"""Beyond so many, silent ones keep their places: each is an open socket."""


class Lanes:
    """The places of one poller.

    Waiting for a place is outside a probe's budget: a busy prober must not make a camera look slow.
    """

    def __init__(self, *, total: int, per_host: int) -> None:
        self._total = asyncio.Semaphore(total)
        self._per_host = per_host
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._users: defaultdict[str, int] = defaultdict(int)
        self.waiting = 0
        """How many wait for their host; until it is their turn there they take no other place."""
        self.aside = 0
        """How many are asked and have been silent for a second."""

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Hold one place at `host`, and one of the total until the silence has lasted a second."""
        at_host = self._hosts.setdefault(host, asyncio.Semaphore(self._per_host))
        self._users[host] += 1
        try:
            if at_host.locked():
                self.waiting += 1
                try:
                    await at_host.acquire()
                finally:
                    self.waiting -= 1
            else:
                await at_host.acquire()
            try:
                async with self._place():
                    yield
            finally:
                at_host.release()
        finally:
            self._users[host] -= 1
            if not self._users[host]:
                del self._users[host], self._hosts[host]

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        await self._total.acquire()
        is_aside = False

        def step_aside() -> None:
            nonlocal is_aside
            if self.aside < MOST_ASIDE:
                is_aside = True
                self.aside += 1
                self._total.release()

        timer = asyncio.get_running_loop().call_later(ASIDE_AFTER_S, step_aside)
        try:
            yield
        finally:
            timer.cancel()
            if is_aside:
                self.aside -= 1
            else:
                self._total.release()
