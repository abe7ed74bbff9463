"""Locks of what is kept of coverage; each is held to the end of the transaction."""

from django.db import connection

GROUND_LOCK = 7_214_021
"""A ground takes seconds to make: one process does it, the others wait for it."""
WRITE_LOCK = 7_214_022
"""What tracks have lit is worked out side by side and written one after the other: sets and times
are united with what is there, which two must not do at once.
"""
DUTY_LOCK = 7_214
"""With the id of a duty: somebody works at its track."""

CLAIM = """
    SELECT duty_id, since, xmin::text FROM (
        SELECT duty_id, since, xmin FROM patrols_staletrack
        ORDER BY marked_at, duty_id LIMIT %s OFFSET %s) AS waiting
    WHERE pg_try_advisory_xact_lock(%s, duty_id::int)"""


def hold(lock: int) -> None:
    """Wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
