"""What a worker does when a job finds no database: it waits, and takes no other meanwhile."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError

from gis_server import jobs, logs


class Away:
    """A connection that cannot be made at first; asked, closed: how often it was."""

    def __init__(self, fails: int) -> None:
        self.fails, self.asked, self.closed = fails, 0, 0
        self.in_atomic_block = False

    def close(self) -> None:
        self.closed += 1

    def ensure_connection(self) -> None:
        self.asked += 1
        if self.asked <= self.fails:
            raise OperationalError("could not connect")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that have been slept."""
    slept: list[float] = []
    fake = SimpleNamespace(
        monotonic=lambda: sum(slept), sleep=slept.append, time=lambda: 0.0
    )  # fmt: skip
    monkeypatch.setattr(jobs, "time", fake)
    return slept


@pytest.fixture
def failing() -> Iterator[Any]:
    """A job that loses the database on its way."""

    @jobs.app.task(name="tests.lost")  # type: ignore[untyped-decorator]
    def lost() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    # A worker leaves its id to what is said of a failure afterwards; nobody does so here.
    ours = logs.request_id.set(logs.NO_REQUEST)
    yield lost
    logs.request_id.reset(ours)
    del jobs.app.tasks["tests.lost"]


def test_a_worker_that_is_cut_off_waits_until_it_is_back(
    monkeypatch: pytest.MonkeyPatch, clock: list[float], failing: Any
) -> None:
    away = Away(fails=7)
    monkeypatch.setattr(jobs, "connection", away)
    outcome = failing.apply()

    assert isinstance(outcome.result, OperationalError)
    assert (away.asked, away.closed, sum(clock)) == (8, 1, 7)


def test_it_takes_jobs_again_after_a_minute_at_most(
    monkeypatch: pytest.MonkeyPatch, clock: list[float], failing: Any
) -> None:
    monkeypatch.setattr(jobs, "connection", Away(fails=10**6))
    failing.apply()

    assert sum(clock) == jobs.WAITS_S


def test_whoever_is_in_a_transaction_waits_for_nothing(
    monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    inside = Away(fails=1)
    inside.in_atomic_block = True
    monkeypatch.setattr(jobs, "connection", inside)
    jobs.wait_for_the_database()

    assert (inside.asked, inside.closed, clock) == (0, 0, [])
