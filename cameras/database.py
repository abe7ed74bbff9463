"""The database for a process of an event loop: one thread of its own does all the work.

Django's connections belong to threads; so a slow write never delays a deadline.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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


class DatabaseThread:
    """Belongs to the event loop that it is first used in."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._away = False

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in the thread.

        Raises:
            DatabaseAway: it did not answer; logged once until it does again.
        """
        loop = asyncio.get_running_loop()
        try:
            done = await loop.run_in_executor(self._thread, lambda: work(*args, **kwargs))
        except (OperationalError, InterfaceError) as error:
            if not self._away:
                logger.warning("the database does not answer, trying on: %s", type(error).__name__)
            self._away = True
            await loop.run_in_executor(self._thread, hang_up)
            raise DatabaseAway from error
        if self._away:
            logger.info("the database answers again")
        self._away = False
        return done

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, hang_up)
        self._thread.shutdown()
