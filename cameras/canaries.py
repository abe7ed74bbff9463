"""Whether we can see at all: canaries, and how late our own clockwork is."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from cameras.probe.net import Net, NetError
from cameras.services.sites import Canary

ANSWER_S = 3.0
SEEN_SHARE = 0.5
"""So much of the canaries must answer; a lone gateway may be rebooted, most of them are not."""
ROUNDS = 2
"""So many rounds in a row must fail before we call ourselves blind."""
LATE_S = 2.0
"""A clockwork that comes so much too late has stood still: what it called silence was its own."""


@dataclass(slots=True)
class Sight:
    """What the last rounds said.  `good` and `bad`: cameras that answered and failed since the last
    round that was in order.
    """

    up: int = 0
    total: int = 0
    failed_rounds: int = 0
    good: int = 0
    bad: int = 0
    lag_s: float = field(default=0.0)

    def note_round(self, up: int, total: int, lag_s: float) -> bool:
        """Take in one round; whether what failed before it may be believed."""
        self.up, self.total, self.lag_s = up, total, lag_s
        if lag_s > LATE_S:
            return False
        if total and up <= SEEN_SHARE * total:
            self.failed_rounds += 1
            return False
        self.failed_rounds = self.good = self.bad = 0
        return True

    @property
    def suspects_itself(self) -> bool:
        return self.failed_rounds > 0

    @property
    def is_blind(self) -> bool:
        """Whether nothing can be said of the cameras: canaries that fail while most cameras answer
        are broken canaries.
        """
        return self.failed_rounds >= ROUNDS and self.good <= self.bad


async def ask_canaries(canaries: Sequence[Canary], net: Net) -> int:
    """How many take a connection."""
    return sum(await asyncio.gather(*(answers(canary, net) for canary in canaries)))


async def answers(canary: Canary, net: Net) -> bool:
    try:
        async with asyncio.timeout(ANSWER_S):
            stream = await net.open(await net.resolve(canary.host), canary.port)
    except (NetError, TimeoutError):
        return False
    stream.hang_up()
    return True
