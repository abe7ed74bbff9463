"""Who may ask at once: so many in all, so many at one host, and the silent ones out of the way.

A recorder is one host with many cameras, so a host has a cap of its own.  A camera that has not
answered within a second steps aside, and one that was down before begins there: it keeps its host's
place but takes none from the living, so that a third of the fleet may be dead without the rest
being asked later.
"""

import asyncio
from collections import deque
from time import monotonic

from cameras.probe.alarms import Alarms

ASIDE_AFTER_S = 1.0
MOST_ASIDE = 4000
"""Beyond so many, silent ones keep their places: each is an open socket."""


class Gate:
    """So many places, and a queue for them."""

    __slots__ = ("_queue", "free")

    def __init__(self, places: int) -> None:
        self.free = places
        self._queue: deque[asyncio.Future[None]] | None = None  # nearly no host has one

    async def wait(self) -> None:
        """Take a place once there is one.  Where `free` is above 0, take that."""
        turn = asyncio.get_running_loop().create_future()
        if self._queue is None:
            self._queue = deque()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # it had just been given
            raise

    def leave(self) -> None:
        """Give a place back, to the next in the queue."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1


class Lanes:
    """The places of one poller.

    Waiting for a place is outside a probe's budget: a busy prober must not make a camera look slow.
    """

    def __init__(self, *, total: int, per_host: int) -> None:
        self.places = Gate(total)
        self.per_host = per_host
        self.hosts: dict[str, Gate] = {}
        self.silences = Alarms(ASIDE_AFTER_S)
        self.waiting = 0
        """How many wait for their host; until it is their turn there they take no other place."""
        self.aside = 0
        """How many are asked and have been silent for a second."""

    def turn(self, host: str, *, is_down: bool = False) -> "Turn":
        """Hold one place at `host`, and one in all until the silence has lasted a second: none
        of these for a camera that `is_down`.
        """
        return Turn(self, host, is_down=is_down)


class Turn:
    """The places of one question, for the time of an `async with`."""

    __slots__ = ("_host", "_is_aside", "_is_down", "_lanes", "at", "is_off")

    at: float
    is_off: bool

    def __init__(self, lanes: Lanes, host: str, *, is_down: bool) -> None:
        self._lanes, self._host, self._is_down = lanes, host, is_down
        self._is_aside = False

    async def __aenter__(self) -> None:
        lanes = self._lanes
        gate = lanes.hosts.get(self._host)
        if gate is None:
            gate = lanes.hosts[self._host] = Gate(lanes.per_host)
        if gate.free:
            gate.free -= 1
        else:
            lanes.waiting += 1
            try:
                await gate.wait()
            except BaseException:
                self._forget_host()
                raise
            finally:
                lanes.waiting -= 1
        if self._is_down and lanes.aside < MOST_ASIDE:
            self._is_aside = True
            lanes.aside += 1
            return
        if lanes.places.free:
            lanes.places.free -= 1
        else:
            try:
                await lanes.places.wait()
            except BaseException:
                self._leave_host()
                raise
        lanes.silences.set(self, monotonic())

    async def __aexit__(self, *_: object) -> None:
        self.is_off = True
        if self._is_aside:
            self._lanes.aside -= 1
        else:
            self._lanes.places.leave()
        self._leave_host()

    def ring(self) -> None:
        """Step aside."""
        if self._lanes.aside < MOST_ASIDE:
            self._is_aside = True
            self._lanes.aside += 1
            self._lanes.places.leave()

    def _leave_host(self) -> None:
        self._lanes.hosts[self._host].leave()
        self._forget_host()

    def _forget_host(self) -> None:
        """Let nothing pile up for hosts that nobody asks."""
        lanes = self._lanes
        if lanes.hosts[self._host].free == lanes.per_host:
            del lanes.hosts[self._host]
