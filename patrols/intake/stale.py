"""Duties whose coverage must be worked out anew."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

MARK = """
    INSERT INTO patrols_staletrack (duty_id, since, marked_at)
    SELECT duty, since, %s FROM unnest(%s::bigint[], %s::timestamptz[]) AS told (duty, since)
    ORDER BY duty
    ON CONFLICT (duty_id) DO UPDATE SET
        since = LEAST(patrols_staletrack.since, excluded.since), marked_at = excluded.marked_at"""


def mark(since: Mapping[int, datetime], now: datetime) -> None:
    """Of each duty, by its id, from when on; in the caller's transaction.

    A row that was taken meanwhile is made anew, so that nothing is forgotten.
    """
    if not since:
        return
    with connection.cursor() as cursor:
        cursor.execute(MARK, [now, list(since), list(since.values())])
