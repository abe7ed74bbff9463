"""When periodic jobs are sent, and by whom of several workers, whatever befalls the clock or the
process that sends them.
"""

import logging
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from typing import Any

from celery import bootsteps
from celery.beat import EmbeddedService, PersistentScheduler
from django.conf import settings
from redis import Redis, RedisError

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 5.0
SLACK = timedelta(seconds=5)
"""Clocks are slewed by so much without anybody setting them."""
KEY = "gis_server:turn:"
ANSWERS_WITHIN_S = 2.0
CLAIM_S = 30.0
AGAIN_S = 5.0
"""After so long it is tried again what could not be sent."""
EARLY = 0.02
"""A turn ends by this share of the pause before the next sending, for no clock is exact."""
TAKE = """
    local left = redis.call('PTTL', KEYS[1])
    if left > 0 and left <= tonumber(ARGV[1]) then return left end
    redis.call('SET', KEYS[1], '', 'PX', ARGV[2])
    return 0"""


class Turns:
    """Who sends which periodic job: of all that share this Redis one in each pause, whichever comes
    first.  So every worker may have a clock of its own, and one that dies is not missed.

    A turn lasts from one sending to shortly before the next.  One that lasts longer than any may
    was noted before the clock was set back, and does not count.
    """

    def __init__(self, client: Redis) -> None:
        self.client = client
        self._take = client.register_script(TAKE)

    def take(self, name: str, turn_s: float) -> float:
        """Try for the turn; 0 where it is ours, else the seconds that somebody else's still lasts.

        It is ours for half a minute at most: who dies before `keep` has likely sent nothing.
        """
        claim_s = min(turn_s, CLAIM_S)
        left_ms = self._take(keys=[KEY + name], args=[int(turn_s * 1000), int(claim_s * 1000)])
        return int(left_ms) / 1000

    def keep(self, name: str, turn_s: float) -> None:
        """The job has been sent."""
        self.client.set(KEY + name, "", px=int(turn_s * 1000))

    def give_back(self, name: str) -> None:
        """It could not be sent."""
        self.client.delete(KEY + name)


def turns() -> Turns:
    """Those of the broker."""
    waits = {"socket_timeout": ANSWERS_WITHIN_S, "socket_connect_timeout": ANSWERS_WITHIN_S}
    return Turns(Redis.from_url(settings.REDIS_URL, **waits))


class Scheduler(PersistentScheduler):  # type: ignore[misc]
    """Celery's own, but for three things.  It sends only when it is its turn.  What could not be
    sent is tried again soon, not after its whole pause.  And it does not wait an hour after the
    clock was set back by one: what a job was sent at is then a time to come.
    """

    is_away = False
    """Whether the last job could not be sent, which is said once."""

    @cached_property
    def turns(self) -> Turns:
        """Made by the process that sends, after it has begun."""
        return turns()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; seconds until it is to be called again."""
        self.forget_times_to_come()
        return float(super().tick(*args, **kwargs))

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send one that is due, if nobody else has; whatever goes wrong, the clock goes on."""
        pause_s = pause_of(entry)
        turn_s = pause_s * (1 - EARLY)
        try:
            left_s = self.turns.take(entry.name, turn_s)
            if left_s:
                self.come_back(entry.name, pause_s, left_s + pause_s * EARLY)
                return
            self.send(entry, producer)
        except Exception as error:  # noqa: BLE001 - nobody else would start the clock again
            if not self.is_away:
                logger.warning("periodic jobs wait: %s", type(error).__name__)
            self.is_away = True
            self.come_back(entry.name, pause_s, AGAIN_S)
            return
        self.is_away = False
        with suppress(RedisError, OSError):
            self.turns.keep(entry.name, turn_s)

    def send(self, entry: Any, producer: Any) -> None:
        """Raises whatever the broker raises; it is then anybody's turn again."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception:
            with suppress(RedisError, OSError):
                self.turns.give_back(entry.name)
            raise

    def come_back(self, name: str, pause_s: float, after_s: float) -> None:
        """Have a job be due so soon, or after its pause where that is sooner."""
        entry = self.schedule[name]
        after = timedelta(seconds=min(after_s, pause_s))
        entry.last_run_at = entry.default_now() + after - timedelta(seconds=pause_s)
        self._heap = None  # made anew by the next tick

    def forget_times_to_come(self) -> None:
        """Count the pauses of such jobs from now on."""
        ahead = [one for one in self.schedule.values() if is_to_come(one)]
        for entry in ahead:
            entry.last_run_at = entry.default_now()
        if ahead:
            self._heap = None


def is_to_come(entry: Any) -> bool:
    return bool(entry.last_run_at > entry.default_now() + SLACK)


def pause_of(entry: Any) -> float:
    """Seconds between two sendings: none of ours goes by the hands of the clock."""
    return float(entry.schedule.run_every.total_seconds())


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
