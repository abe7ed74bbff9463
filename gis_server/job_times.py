"""When periodic jobs are sent, whatever befalls the clock or the process that sends them."""

import logging
from datetime import timedelta
from typing import Any

from celery import bootsteps
from celery.beat import EmbeddedService, PersistentScheduler

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 5.0
SLACK = timedelta(seconds=5)
"""Clocks are slewed by so much without anybody setting them."""


class Scheduler(PersistentScheduler):  # type: ignore[misc]
    """Celery's own, which waits an hour after the clock was set back by one: what a job was sent at
    is then a time to come, and it is not sent again before that is past.
    """

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; seconds until it is to be called again."""
        self.forget_times_to_come()
        return float(super().tick(*args, **kwargs))

    def forget_times_to_come(self) -> None:
        """Count the pauses of such jobs from now on."""
        ahead = [one for one in self.schedule.values() if is_to_come(one)]
        for entry in ahead:
            entry.last_run_at = entry.default_now()
        if ahead:
            self._heap = None  # made anew by the next tick


def is_to_come(entry: Any) -> bool:
    return bool(entry.last_run_at > entry.default_now() + SLACK)


class KeepSending(bootsteps.StartStopStep):  # type: ignore[misc]
    """A part of the worker: looks after the process that sends periodic jobs.

    Celery does not: were it killed for want of memory, the worker would wait for jobs for ever.
    """

    requires = ("celery.worker.components:Beat", "celery.worker.components:Timer")

    def __init__(self, worker: Any, beat: bool = False, **options: Any) -> None:
        self.enabled = beat
        self.again: Any = None
        super().__init__(worker, beat=beat, **options)

    def start(self, worker: Any) -> None:
        worker.timer.call_repeatedly(LOOK_EVERY_S, self.look, (worker,))

    def look(self, worker: Any) -> None:
        """Start it again where it has ended."""
        if worker.beat.is_alive():
            return
        logger.warning("the process that sends periodic jobs has ended and is started again")
        names = {"schedule_filename": worker.schedule_filename, "scheduler_cls": worker.scheduler}
        self.again = worker.beat = EmbeddedService(worker.app, **names)
        self.again.start()

    def stop(self, _worker: Any) -> None:
        # The worker's own step ends the first one alone.
        if self.again is not None:
            self.again.stop()

    terminate = stop
