"""One picture in a program that takes only one: a pool for the time of it.  No Django."""

import asyncio
from collections.abc import Callable

from cameras.picture.order import CaptureFailed, Order, Picture, Shot
from cameras.picture.pool import Pool
from cameras.probe.net import Net
from cameras.probe.result import LoginOutcome, StepResult, login_of
from cameras.probe.target import Target

__all__ = ["CaptureFailed", "take"]


def take(target: Target, net: Net, *, note_login: Callable[[LoginOutcome], None]) -> Picture:
    """A picture of `target`.

    What became of the login is told to `note_login` in any case.

    Raises:
        CaptureFailed: with the reason of the rung that broke, or of the capture.
    """

    noted: list[StepResult] = []
    try:
        shot = asyncio.run(taken(Order(target, net, note=noted.extend)))
    finally:
        note_login(login_of(noted))  # outside of the loop: it writes to the database
    return Picture(shot.jpeg, shot.width, shot.height)


async def taken(order: Order) -> Shot:
    """The picture, from a pool of one worker.  Raises CaptureFailed."""
    pool = Pool(1)
    try:
        return await pool.take(order)
    finally:
        await pool.close()
