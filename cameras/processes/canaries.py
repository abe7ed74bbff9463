"""Canaries: what must take a connection for our own line to be in order (`cameras.sight`)."""

import asyncio
from collections.abc import Sequence

from cameras.probe.net import Net, NetError
from cameras.services.sites import Canary

ANSWER_S = 3.0


async def ask_canaries(canaries: Sequence[Canary], net: Net) -> list[bool]:
    """Whether each takes a connection."""
    return await asyncio.gather(*(answers(canary, net) for canary in canaries))


async def answers(canary: Canary, net: Net) -> bool:
    try:
        async with asyncio.timeout(ANSWER_S):
            stream = await net.open(await net.resolve(canary.host), canary.port)
    except (NetError, TimeoutError):
        return False
    stream.hang_up()
    return True
