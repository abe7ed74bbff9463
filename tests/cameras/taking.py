"""One picture, from a pool that is there for it alone."""

import asyncio
from collections.abc import Callable

from cameras.picture.order import Order, Shot
from cameras.picture.pool import Pool
from cameras.probe.net import Net
from cameras.probe.result import LoginOutcome, StepResult, login_of
from cameras.probe.target import Target


def take(target: Target, net: Net, *, note_login: Callable[[LoginOutcome], None]) -> Shot:
    """A picture; what became of the login is told in any case.  Raises CaptureFailed."""
    noted: list[StepResult] = []
    try:
        return asyncio.run(taken(Order(target, net, note=noted.extend)))
    finally:
        note_login(login_of(noted))


async def taken(order: Order) -> Shot:
    """The picture, from a pool of one worker.  Raises CaptureFailed."""
    pool = Pool(1)
    try:
        return await pool.take(order)
    finally:
        await pool.close()
