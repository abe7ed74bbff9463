"""The database for a process of an event loop: threads of its own do the work.

Django's connections belong to threads; so a slow write never delays a deadline.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


class DatabaseAway(Exception):
    """The database did not answer this time."""


def hang_up() -> None:
    """Close this thread's connection (`connection.close` would be that of whoever names it)."""
    connection.close()


@dataclass(slots=True)
class Line:
    """What the threads of a process know of the database together.

    cuts: how often it has hung up on one of them; the others' connections are then dead as well.
    away: the threads that it did not answer last.
    """

    cuts: int = 0
    away: set["DatabaseThread"] = field(default_factory=set)


class DatabaseThread:
    """Belongs to the event loop that it is first used in."""

    def __init__(self, beside: "DatabaseThread | None" = None) -> None:
        """beside: another thread of the process; together they tell once that it is away."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._line: Line = beside._line if beside else Line()
        self._cuts = self._line.cuts

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in the thread.

        Raises:
            DatabaseAway: it did not answer; logged once until it does again.
        """
        loop, line = asyncio.get_running_loop(), self._line
        if self._cuts != line.cuts:
            await self._hang_up()
        try:
            done = await loop.run_in_executor(self._thread, lambda: work(*args, **kwargs))
        except (OperationalError, InterfaceError) as error:
            if not line.away:
                logger.warning("the database does not answer, trying on: %s", type(error).__name__)
            line.away.add(self)
            line.cuts += 1
            await self._hang_up()
            raise DatabaseAway from error
        if self in line.away:
            line.away.remove(self)
            if not line.away:
                logger.info("the database answers again")
        return done

    async def _hang_up(self) -> None:
        self._cuts = self._line.cuts
        await asyncio.get_running_loop().run_in_executor(self._thread, hang_up)

    async def close(self) -> None:
        await self._hang_up()
        self._thread.shutdown()
