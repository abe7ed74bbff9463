"""Periodic jobs are sent, whatever befalls the clock or the process that sends them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from gis_server.job_times import KeepSending, Scheduler

EVERY_S = 60.0


@pytest.fixture
def scheduler(tmp_path: Path) -> Any:
    """One that never sends anything, and has one job a minute."""
    app = Celery("alone", broker="memory://", set_as_current=False)
    app.conf.timezone = "Asia/Shanghai"
    app.conf.beat_schedule = {"it": {"task": "it", "schedule": EVERY_S}}
    made = Scheduler(app, schedule_filename=str(tmp_path / "beat"))
    made.apply_entry = lambda *_args, **_kwargs: None
    return made


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
