"""What nobody confirms is unknown."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from cameras.health import MAX_SLOW_S, STALE_INTERVALS, State, is_stale, unasked
from cameras.services import watch
from cameras.services.columns import numbers
from cameras.services.states import (
    READ,
    StateRow,
    changes_of,
    health_of,
    put_health,
    rows_of,
    write_states,
)
from gis_server import live

CLOCKS_DIFFER = timedelta(seconds=30)
"""So much the clocks of machines may differ before a verdict counts as one of the future."""
MAYBE_STALE = """
    SELECT camera_id FROM cameras_camerastate, (
        SELECT least(%(usual)s, (SELECT min(interval_s) FROM cameras_camera)) AS s
    ) AS shortest
    WHERE due_at > %(ahead)s + make_interval(secs => 2 * shortest.s)
        OR state <> 'unknown' AND (
            last_probe_at IS NULL OR last_probe_at > %(differs)s
            OR last_probe_at < %(now)s - make_interval(secs => %(intervals)s * shortest.s))
"""
"""Old by the shortest interval that any camera has: nearly always none, and nothing is joined."""
LOCK_STALE = f"""
    SELECT {READ}
    FROM cameras_camerastate AS s JOIN cameras_camera AS c ON c.id = s.camera_id
    WHERE s.camera_id = ANY(%(maybe)s::bigint[]) AND (
        s.due_at > %(ahead)s + make_interval(secs => 2 * coalesce(c.interval_s, %(usual)s))
        OR s.state <> 'unknown' AND (
            s.last_probe_at IS NULL OR s.last_probe_at > %(differs)s
            OR s.last_probe_at < %(now)s
                - make_interval(secs => %(intervals)s * coalesce(c.interval_s, %(usual)s))))
    ORDER BY s.camera_id FOR UPDATE OF s SKIP LOCKED
"""  # noqa: S608 - our own names


@transaction.atomic
def mark_stale(now: datetime) -> int:
    """Call every camera unknown whose last verdict is older than three intervals, or of a time to
    come: the clock has been set back, and nobody can say how old it is.

    Whoever stopped asking: this runs in the poller and, for the case that there is none, as a job.
    An open outage stays open: only a good answer ends it.  Rows that a poller is writing right now
    are passed over, and leases stay their pollers' own.  Returns how many became unknown.

    A camera that is to be asked later than any pause lasts is asked at once, for the same reason: a
    machine that boots with its clock hours ahead would else ask it after hours.
    """
    # The rule of `health.is_stale`, where the rows are.
    usual = int(settings.PROBE_INTERVAL_S)
    bounds: dict[str, Any] = {
        "now": now,
        "usual": usual,
        "intervals": STALE_INTERVALS,
        "differs": now + CLOCKS_DIFFER,
        "ahead": now + CLOCKS_DIFFER + timedelta(seconds=MAX_SLOW_S),
    }
    with connection.cursor() as cursor:
        cursor.execute(MAYBE_STALE, bounds)
        maybe = [camera_id for (camera_id,) in cursor.fetchall()]
    if not maybe:
        return 0
    rows = rows_of(LOCK_STALE, bounds | {"maybe": numbers(maybe)})
    for row in rows:
        # The interval may have been shortened since: do not wait out the old one.
        row.due_at = min(row.due_at, now)
    stale = [row for row in rows if says_too_much(row, now)]
    for row in stale:
        put_health(row, unasked(health_of(row), now))
    write_states(rows, end_leases=False)
    watch.write_spans(stale)
    live.record(*changes_of(stale))
    return len(stale)


def says_too_much(row: StateRow, now: datetime) -> bool:
    """Whether a state is told that nobody confirms."""
    if row.state == State.UNKNOWN:
        return False
    is_to_come = row.last_probe_at is not None and row.last_probe_at > now + CLOCKS_DIFFER
    return is_to_come or is_stale(row.last_probe_at, row.interval_s, now)
