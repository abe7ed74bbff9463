"""Periodic jobs are sent, whatever befalls the clock or the process that sends them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from redis import Redis

from gis_server import jobs
from gis_server.job_times import (
    AGAIN_S,
    CLAIM_S,
    EARLY,
    KEY,
    KeepSending,
    Scheduler,
    Turns,
    turns,
)

EVERY_S = 60.0


def made(file: Path) -> Any:
    """One that has one job a minute."""
    app = Celery("alone", broker="memory://", set_as_current=False)
    app.conf.timezone = "Asia/Shanghai"
    app.conf.beat_schedule = {"it": {"task": "it", "schedule": EVERY_S}}
    return Scheduler(app, schedule_filename=str(file))


@pytest.fixture
def scheduler(tmp_path: Path) -> Any:
    """One that never sends anything."""
    one = made(tmp_path / "beat")
    one.apply_entry = lambda *_args, **_kwargs: None
    return one


def test_no_job_is_sent_but_ours(tmp_path: Path) -> None:
    planned = Scheduler(jobs.app, schedule_filename=str(tmp_path / "beat")).schedule

    assert planned.keys() == settings.CELERY_BEAT_SCHEDULE.keys()


@pytest.mark.parametrize(
    ("ahead", "waits_s"),
    [
        pytest.param(timedelta(), EVERY_S, id="just sent"),
        pytest.param(timedelta(hours=1), EVERY_S, id="sent before the clock was set back an hour"),
        pytest.param(timedelta(seconds=3), EVERY_S + 3, id="a clock that is slewed"),
        pytest.param(timedelta(seconds=-30), EVERY_S - 30, id="sent half a minute ago"),
        pytest.param(timedelta(days=-1), 0, id="sent a day ago"),
    ],
)
def test_no_job_waits_longer_than_its_pause(
    scheduler: Any, ahead: timedelta, waits_s: float
) -> None:
    entry = scheduler.schedule["it"]
    entry.last_run_at = entry.default_now() + ahead

    assert scheduler.tick() == pytest.approx(waits_s, abs=1)


def test_what_had_been_planned_before_the_clock_was_set_back_is_planned_anew(
    scheduler: Any,
) -> None:
    scheduler.tick()
    entry = scheduler.schedule["it"]
    ahead_s = timedelta(hours=1).total_seconds()
    scheduler._heap = [one._replace(time=one.time + ahead_s) for one in scheduler._heap]
    entry.last_run_at += timedelta(hours=1)

    assert scheduler.tick() == pytest.approx(EVERY_S, abs=1)


@pytest.fixture
def shared() -> Iterator[Turns]:
    """The turns of all who share the tests' Redis, nobody's as yet."""
    ours = turns()
    ours.give_back("it")
    yield ours
    ours.give_back("it")


class Office:
    """A scheduler, and what it has sent."""

    def __init__(self, file: Path, shared: Turns) -> None:
        self.sent = 0
        self.fails = False
        self.scheduler = made(file)
        self.scheduler.turns = shared
        self.scheduler.apply_async = self._send

    def _send(self, *_args: Any, **_options: Any) -> None:
        if self.fails:
            raise ConnectionError("no line")
        self.sent += 1

    def falls_due(self) -> None:
        """Have the job be due, and tick until it is not."""
        entry = self.scheduler.schedule["it"]
        entry.last_run_at = entry.default_now() - timedelta(seconds=EVERY_S)
        self.scheduler._heap = None
        self.scheduler.tick()

    @property
    def waits_s(self) -> float:
        self.scheduler._heap = None
        return float(self.scheduler.tick())


@pytest.fixture
def offices(tmp_path: Path, shared: Turns) -> tuple[Office, Office]:
    one, other = (Office(tmp_path / name, shared) for name in ("one", "other"))
    return one, other


def test_of_two_who_would_send_a_job_one_does_and_the_other_falls_in_step(
    offices: tuple[Office, Office],
) -> None:
    one, other = offices
    one.falls_due()
    other.falls_due()

    assert (one.sent, other.sent) == (1, 0)
    assert one.waits_s == pytest.approx(EVERY_S, abs=1)
    assert other.waits_s == pytest.approx(EVERY_S, abs=1)


def test_when_a_turn_is_over_whoever_comes_first_sends(
    offices: tuple[Office, Office], shared: Turns
) -> None:
    one, other = offices
    one.falls_due()
    shared.give_back("it")
    other.falls_due()

    assert (one.sent, other.sent) == (1, 1)


def test_a_turn_lasts_nearly_until_the_next_sending(
    offices: tuple[Office, Office], shared: Turns
) -> None:
    offices[0].falls_due()

    left_s = shared.client.pttl(KEY + "it") / 1000
    assert left_s == pytest.approx(EVERY_S * (1 - EARLY), abs=1)


def test_who_dies_before_the_job_is_sent_holds_it_up_for_half_a_minute_only(
    shared: Turns,
) -> None:
    assert shared.take("it", EVERY_S) == 0
    assert shared.take("it", EVERY_S) == pytest.approx(CLAIM_S, abs=1)


def test_a_turn_from_before_the_clock_was_set_back_does_not_count(
    offices: tuple[Office, Office], shared: Turns
) -> None:
    shared.client.set(KEY + "it", "", px=3_600_000)
    offices[0].falls_due()

    assert offices[0].sent == 1


def test_what_could_not_be_sent_is_tried_again_soon_and_by_anybody(
    offices: tuple[Office, Office], shared: Turns
) -> None:
    one, other = offices
    one.fails = True
    one.falls_due()
    assert one.waits_s == pytest.approx(AGAIN_S, abs=1)

    other.falls_due()
    assert (one.sent, other.sent) == (0, 1)


def test_without_redis_the_clock_goes_on_and_says_so_once(
    offices: tuple[Office, Office], caplog: pytest.LogCaptureFixture
) -> None:
    one, _ = offices
    one.scheduler.turns = Turns(Redis(host="127.0.0.1", port=1, socket_connect_timeout=1))
    one.falls_due()
    one.falls_due()

    assert one.sent == 0
    assert one.waits_s == pytest.approx(AGAIN_S, abs=1)
    assert [record.getMessage() for record in caplog.records] == [
        "periodic jobs wait: ConnectionError"
    ]


class Worker:
    """As much of Celery's as the part looks at."""

    def __init__(self) -> None:
        self.app = Celery("alone", broker="memory://", set_as_current=False)
        self.steps: list[Any] = []
        self.beat: Any = None
        self.schedule_filename, self.scheduler = "beat", Scheduler


def test_a_worker_that_sends_nothing_looks_after_nobody() -> None:
    assert not KeepSending(Worker()).enabled
    assert KeepSending(Worker(), beat=True).enabled
