"""Races with real threads, each with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def together(*works: Callable[[], T]) -> list[T]:
    """Start all at the same moment; their results in the order given."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        connection.ensure_connection()
        barrier.wait(timeout=60)
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(timeout=120) for future in [pool.submit(run, w) for w in works]]
