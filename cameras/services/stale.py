"""What nobody confirms is unknown."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from cameras.health import STALE_INTERVALS, unasked
from cameras.services import watch
from cameras.services.columns import numbers
from cameras.services.states import (
    READ,
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
    SELECT camera_id FROM cameras_camerastate
    WHERE state <> 'unknown' AND (
        last_probe_at IS NULL OR last_probe_at > %s
        OR last_probe_at < %s - make_interval(
            secs => %s * least(%s, (SELECT min(interval_s) FROM cameras_camera)))
    )
"""
"""Old by the shortest interval that any camera has: nearly always none, and nothing is joined."""
LOCK_STALE = f"""
    SELECT {READ}
    FROM cameras_camerastate AS s JOIN cameras_camera AS c ON c.id = s.camera_id
    WHERE s.camera_id = ANY(%s::bigint[]) AND s.state <> 'unknown' AND (
        s.last_probe_at IS NULL OR s.last_probe_at > %s
        OR s.last_probe_at < %s - make_interval(secs => %s * coalesce(c.interval_s, %s))
    )
    ORDER BY s.camera_id FOR UPDATE OF s SKIP LOCKED
"""  # noqa: S608 - our own names


@transaction.atomic
def mark_stale(now: datetime) -> int:
    """Call every camera unknown whose last verdict is older than three intervals, or of a time to
    come: the clock has been set back, and nobody can say how old it is.

    Whoever stopped asking: this runs in the poller and, for the case that there is none, as a job.
    An open outage stays open: only a good answer ends it.  Rows that a poller is writing right now
    are passed over, and leases stay their pollers' own.  Returns how many became unknown.
    """
    # The rule of `health.is_stale`, where the rows are.
    usual = int(settings.PROBE_INTERVAL_S)
    bounds: list[Any] = [now + CLOCKS_DIFFER, now, STALE_INTERVALS, usual]
    with connection.cursor() as cursor:
        cursor.execute(MAYBE_STALE, bounds)
        maybe = [camera_id for (camera_id,) in cursor.fetchall()]
    if not maybe:
        return 0
    stale = rows_of(LOCK_STALE, [numbers(maybe), *bounds])
    for row in stale:
        put_health(row, unasked(health_of(row), now))
        # The interval may have been shortened since: do not wait out the old one.
        row.due_at = min(row.due_at, now)
    write_states(stale, end_leases=False)
    watch.write_spans(stale)
    live.record(*changes_of(stale))
    return len(stale)
