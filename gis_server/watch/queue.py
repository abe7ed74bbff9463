"""Background jobs: Redis, in which they wait, and for how long the oldest has waited there."""

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_server.watch import words
from gis_server.watch.readings import Found, Reading, Sample, State, Watch, judged

QUEUE = "celery"
"""Celery's own name for the queue of all workers; a list in Redis, its oldest at the end.  In the
other one, of the first of several machines, nothing but backups waits, which have an alarm."""
UNACKED = "unacked"
WAITS_S = 2.0
METRICS = {
    "gis_redis_answer_seconds": "How long Redis took to answer.",
    "gis_redis_bytes": "Memory that Redis uses.",
    "gis_jobs_waiting": "Background jobs that wait.",
    "gis_jobs_taken": "Background jobs that workers have taken and not finished.",
    "gis_jobs_oldest_waiting_seconds": "How long the oldest of those that wait has done so.",
}


def find(now: datetime) -> Found:
    """Two round trips, of which the first is timed.  Raises RedisError or OSError."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=WAITS_S, socket_connect_timeout=WAITS_S
    )
    with client:
        began = time.monotonic()
        client.ping()
        took_s = time.monotonic() - began
        with client.pipeline(transaction=False) as asked:
            asked.info("memory")
            asked.llen(QUEUE)
            asked.hlen(UNACKED)
            asked.lindex(QUEUE, -1)
            memory, waiting, taken, oldest = asked.execute()
    age_s = oldest_age_s(oldest, now.timestamp())
    samples = [
        Sample("gis_redis_answer_seconds", took_s),
        Sample("gis_redis_bytes", float(memory["used_memory"])),
        Sample("gis_jobs_waiting", float(waiting)),
        Sample("gis_jobs_taken", float(taken)),
    ]
    if age_s is not None:
        samples.append(Sample("gis_jobs_oldest_waiting_seconds", age_s))
    return Found(samples, [_answers(took_s, memory), _waiting(waiting, taken, age_s)])


def oldest_age_s(message: bytes | None, now_s: float) -> float | None:
    """How long a message of the queue has waited, by the header that `jobs.Job` gives it; 0 where
    there is no message, None where it does not say.
    """
    if message is None:
        return 0.0
    try:
        headers: Mapping[str, Any] = json.loads(message)["headers"]
        return max(0.0, now_s - float(headers["sent_at"]))
    except (ValueError, KeyError, TypeError):
        return None


def _answers(took_s: float, memory: Mapping[str, Any]) -> Reading:
    state = judged(took_s, doubtful=0.1, bad=1.0)
    told = _("within %(length)s, with %(size)s in memory") % {
        "length": words.length(took_s),
        "size": words.size(memory["used_memory"]),
    }
    todo = _("The machine is overloaded or short of memory: look at what uses it (top, free -h).")
    return Reading(_("Redis answers"), told, state, "" if state is State.GOOD else todo)


def _waiting(waiting: int, taken: int, age_s: float | None) -> Reading:
    counted = {"waiting": waiting, "taken": taken}
    what = _("Jobs that wait")
    if age_s is None:
        told = _("%(waiting)d waiting, %(taken)d taken; since when is not known") % counted
        todo = _("Jobs of an older version wait: they are done first. Look again in a minute.")
        return Reading(what, told, State.UNKNOWN, todo)
    # The shortest round of the timetable is five seconds, and the longest job takes five minutes.
    state = judged(age_s, doubtful=60, bad=300)
    if waiting:
        told = _("%(waiting)d waiting, %(taken)d taken; the oldest for %(length)s") % (
            counted | {"length": words.length(age_s)}
        )
    else:
        told = _("none waiting, %(taken)d taken") % counted
    todo = _(
        "Workers do not keep up or do not run: look at the lines of “jobs” in the log,"
        " and start another worker where all are at work."
    )
    return Reading(what, told, state, "" if state is State.GOOD else todo)


WATCHES = (
    Watch(
        "queue",
        gettext_lazy("Redis and background jobs"),
        METRICS,
        find,
        gettext_lazy(
            "Look whether Redis runs: one of our own is started again by itself. Meanwhile"
            " no job is done; people stay signed in, and the wall goes on."
        ),
        uses_database=False,
    ),
)
