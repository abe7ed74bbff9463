"""Handing an import over to the job workers, and telling a job that lives from one that is gone.

While a job works it holds an advisory lock of the database under the import's id.  The lock goes
with the job's connection, however the job ends: whoever can take it knows that nobody is at work.
A job also notes in the cache that it has begun, so that one that died is known from one that waits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from kombu.exceptions import OperationalError as QueueError
from redis.exceptions import RedisError

from gis_server.errors import Conflict
from grids.imports.flow import AFTER_A_BREAK, AT_WORK, Step
from grids.imports.problems import Problem
from grids.imports.services import move
from grids.models import ImportRun

LOCKS = 0x696D70  # "imp": the half of the advisory lock's key that says what the ids are
TASKS = {
    Step.READING: "inspect_import",
    Step.CHECKING: "check_import",
    Step.APPLYING: "write_import",
}
BEGUN_S = 24 * 3600
# An import that nobody has taken up for so long is handed over once more: Redis may have lost it.
SENT_S = 600
QUIET = timedelta(minutes=1)  # within which a job that was just handed over is not looked for


def hand_over(run: ImportRun) -> None:
    """Have a worker do what the run's step says, once the caller's transaction is committed.

    When the queue is away the import waits: `pick_up` hands it over again.
    """
    transaction.on_commit(partial(_send, run))


def _send(run: ImportRun) -> None:
    from grids import jobs  # noqa: PLC0415  (jobs import this module)

    try:
        getattr(jobs, TASKS[Step(run.step)]).apply_async((run.id,), retry=False)
    except (QueueError, RedisError, OSError):
        return
    _note("sent", run, SENT_S)


def queue_answers() -> bool:
    try:
        cache.get("import-queue")
    except (RedisError, OSError):
        return False
    return True


def pick_up(*, now: datetime) -> int:
    """Set imports back whose job is gone, hand those over again that nobody took up.

    Returns how many were set back.
    """
    steps = [step.value for step in AT_WORK]
    broken = 0
    for run in ImportRun.objects.filter(step__in=steps, step_at__lt=now - QUIET).order_by("id"):
        if alive(run):
            continue
        if _noted("begun", run):
            broken += set_back(run, now=now)
        elif not _noted("sent", run):
            hand_over(run)
    return broken


def set_back(run: ImportRun, *, now: datetime) -> bool:
    """To where the user can go on: what the job had written is undone with its transaction."""
    back = AFTER_A_BREAK[Step(run.step)]
    try:
        move(run, back, now=now, problem=Problem.BROKE_OFF.value, details={})
    except Conflict:
        return False  # it has ended in the meantime
    return True


@contextmanager
def at_work(run: ImportRun) -> Iterator[bool]:
    """Hold the run's lock; False when another job holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCKS, run.id])
        if not cursor.fetchone()[0]:
            yield False
            return
    try:
        _note("begun", run, BEGUN_S)
        yield True
    finally:
        _unlock(run)


def _unlock(run: ImportRun) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCKS, run.id])
    except OperationalError:
        return  # the connection is gone, and the lock with it


def alive(run: ImportRun) -> bool:
    """Whether a job is at work on the import now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted
                   AND classid = %s AND objid = %s AND objsubid = 2
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
            """,
            [LOCKS, run.id],
        )
        return bool(cursor.fetchone()[0])


def has_begun(run: ImportRun) -> bool:
    """Whether a job took up the present step; False also when the cache does not answer."""
    return _noted("begun", run)


def _note(what: str, run: ImportRun, seconds: int) -> None:
    try:
        cache.set(f"import-{what}-{run.id}", run.step_at.isoformat(), seconds)
    except (RedisError, OSError):
        return


def _noted(what: str, run: ImportRun) -> bool:
    """Whether that was noted of this very step, not of an earlier one."""
    try:
        return bool(cache.get(f"import-{what}-{run.id}") == run.step_at.isoformat())
    except (RedisError, OSError):
        return False
