"""One picture, from a pool that is there for it alone."""

import asyncio
from collections.abc import Callable

from cameras.picture.order import Heard, Order, Shot
from cameras.picture.pool import Pool
from cameras.probe.net import Net
from cameras.probe.result import LoginOutcome
from cameras.probe.target import Target


def take(target: Target, net: Net, *, note_login: Callable[[LoginOutcome], None]) -> Shot:
    """A picture; what became of the login is told in any case.  Raises CaptureFailed."""
    noted: list[Heard] = []
    try:
        return asyncio.run(taken(Order(target, net, note=noted.append)))
    finally:
        (heard,) = noted
        note_login(heard.stream)


async def taken(order: Order) -> Shot:
    """The picture, from a pool of one worker.  Raises CaptureFailed."""
    pool = Pool(1)
    try:
        return await pool.take(order)
    finally:
        await pool.close()
