"""All parts of the server, asked one after the other; none of them can keep the others from it."""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.conf import settings
from django.db import (
    DatabaseError,
    Error,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from gis_server.watch.readings import Found, Reading, Sample, State, Watch, worst

logger = logging.getLogger(__name__)
ANSWERS_WITHIN_MS = 3_000
"""A part that takes longer is told as one that cannot be asked: the page is there for bad days."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a part has said.  trouble: why it could not be asked, in one word; took_s: seconds."""

    watch: Watch
    found: Found
    at: datetime
    took_s: float
    trouble: str = ""

    @property
    def state(self) -> State:
        return worst(reading.state for reading in self.found.readings)


@cache
def watches() -> tuple[Watch, ...]:
    """The parts that there are, in the order of the settings."""
    return tuple(watch for path in settings.WATCHES for watch in import_string(path))


def ask_all(some: Iterable[Watch] | None = None) -> list[Answer]:
    """Ask each part.  Three statements for each that uses the database, and its own."""
    answers, away = [], ""
    for watch in watches() if some is None else some:
        if away and watch.uses_database:
            answers.append(_unasked(watch, away, 0.0))
            continue
        answer = _ask(watch)
        if watch.uses_database and answer.trouble and not _database_answers():
            # Each would wait as long as this one for a connection.
            away = answer.trouble
        answers.append(answer)
    return answers


def _ask(watch: Watch) -> Answer:
    began, now = time.monotonic(), timezone.now()
    try:
        found = _in_time(watch, now) if watch.uses_database else watch.find(now)
    except (Error, RedisError, OSError) as error:
        logger.warning("%s cannot be asked: %s", watch.key, type(error).__name__)
        return _unasked(watch, type(error).__name__, time.monotonic() - began)
    except Exception as error:
        # A fault of ours in one part must not hide the state of all others.
        logger.exception("looking at %s has failed", watch.key)
        return _unasked(watch, type(error).__name__, time.monotonic() - began)
    return Answer(watch, found, now, time.monotonic() - began)


def _in_time(watch: Watch, now: datetime) -> Found:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true)", [str(ANSWERS_WITHIN_MS)]
            )
        return watch.find(now)


def _unasked(watch: Watch, trouble: str, took_s: float) -> Answer:
    reading = Reading(watch.title, _("cannot be asked"), State.UNKNOWN, watch.todo)
    return Answer(watch, Found((), [reading]), timezone.now(), took_s, trouble)


def _database_answers() -> bool:
    try:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (OperationalError, InterfaceError, DatabaseError):
        return False
    return True


def own_samples(answers: Iterable[Answer]) -> list[Sample]:
    """Whether each part could be asked, and how long that took."""
    found = []
    for answer in answers:
        labels = {"part": answer.watch.key}
        found.append(Sample("gis_watch_asked", float(not answer.trouble), labels))
        found.append(Sample("gis_watch_seconds", answer.took_s, labels))
    return found


OWN_METRICS = {
    "gis_watch_asked": "1 where a part of the server could be asked, else 0.",
    "gis_watch_seconds": "How long asking it took.",
}
