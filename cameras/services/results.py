"""Which verdicts are kept as results, and the storing of them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import StringIO

from django.db import connection

from cameras.health import SLOW_AFTER, is_good
from cameras.probe.reason import SAYS_NOTHING
from cameras.probe.result import Verdict
from cameras.services.seldom import asked_seldom
from cameras.services.states import StateRow

KEEP_GOOD_EVERY = timedelta(minutes=10)
"""Of good answers of a camera that is well, one in this time is kept as a `Probe`."""
KEEP_SAME_EVERY = timedelta(hours=1)
"""Of equal failures of a camera that has long been dead, one in this time."""


def is_kept(row: StateRow, verdict: Verdict, at: datetime) -> bool:
    """Whether the result is kept, and note it: what is new at once, what goes on one in a while."""
    pause = pause_of(row, verdict)
    if row.kept_at and timedelta(0) <= at - row.kept_at < pause:
        return False
    row.kept_at = at
    return True


def pause_of(row: StateRow, verdict: Verdict) -> timedelta:
    """How long after one result such another one is not kept."""
    reason = verdict.reason
    if asked_seldom(verdict):
        return timedelta(0)
    if reason in SAYS_NOTHING or (is_good(reason) and not row.streak_bad):
        return KEEP_GOOD_EVERY
    if row.streak_bad >= SLOW_AFTER and row.reason == reason:
        return KEEP_SAME_EVERY
    return timedelta(0)


def keep_results(results: Sequence[tuple[int, datetime, Verdict]]) -> None:
    """Store verdicts with their ladders, each with its camera's id and its time; by COPY, for rows
    of the ORM cost five times as much.
    """
    if not results:
        return
    lines = StringIO()
    for camera_id, at, verdict in results:
        fields = (
            str(camera_id),
            at.isoformat(),
            verdict.reason.value,
            verdict.detail,
            str(verdict.took_ms),
            json.dumps(verdict.rungs, ensure_ascii=False),
        )
        lines.write("\t".join([escaped(field) for field in fields]) + "\n")
    lines.seek(0)
    # COPY goes past Django, which would tell a database that is away as such: a full disk, say.
    with connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY cameras_probe (camera_id, at, reason, detail, took_ms, steps) FROM STDIN", lines
        )


def escaped(field: str) -> str:
    """A field as COPY's text format wants it; verdicts hold no control characters."""
    return field.replace("\\", "\\\\")
