"""The table of fixes by days: a partition is made when it is needed, and dropped when it is old.

A day is one of the zone of the settings, from midnight to before midnight.  A fix of a day without
a partition cannot be written, so whoever writes asks for its days first.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import connection, transaction
from django.utils import timezone

LOCK = 7_214_010
"""Partitions are made and dropped one after the other."""
NAME = re.compile(r"patrols_fix_(\d{8})")
DAYS_AHEAD = 3
PATIENCE = "3s"
"""How long to wait for those who read the table; the next run tries again."""

KNOWN = """
    SELECT child.relname FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    WHERE inhparent = 'patrols_fix'::regclass"""


def midnight(day: date) -> datetime:
    """When a day begins."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def days_there() -> list[date]:
    """The days that have a partition, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN)
        names = [NAME.fullmatch(name) for (name,) in cursor.fetchall()]
    found = (datetime.strptime(one[1], "%Y%m%d") for one in names if one)  # noqa: DTZ007 - a day
    return sorted(one.date() for one in found)


@transaction.atomic(savepoint=False)
def ensure_days(days: Iterable[date]) -> None:
    """Make the partitions that are missing, in the caller's transaction if there is one."""
    missing = set(days) - set(days_there())
    if not missing:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        # Somebody else may have made them meanwhile.
        for day in sorted(missing - set(days_there())):
            _make(cursor, day)


def _make(cursor: object, day: date) -> None:
    """A table by itself is made and then attached: so nobody who reads or writes has to wait."""
    name = _name(day)
    execute = cursor.execute  # type: ignore[attr-defined]
    execute(f"CREATE TABLE {name} (LIKE patrols_fix INCLUDING ALL)")
    execute(
        f"ALTER TABLE patrols_fix ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)",
        [midnight(day), midnight(day + timedelta(days=1))],
    )


def drop_before(day: date) -> list[date]:
    """Drop the days before one, each by itself; those that were dropped, in their order.

    Raises:
        OperationalError: somebody reads for too long; what was dropped before stays dropped.
    """
    old = [one for one in days_there() if one < day]
    for one in old:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute(f"DROP TABLE IF EXISTS {_name(one)}")
    return old


def _name(day: date) -> str:
    return f"patrols_fix_{day:%Y%m%d}"
