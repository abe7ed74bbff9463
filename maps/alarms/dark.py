"""Streets in which cameras are down where nobody on duty has been either.

It follows from cells that are read by the thousand, changes slowly and matters little (the lowest
priority), so it is remembered for a minute for each reach.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from events.rounds.dark import DEFAULT_HOURS, Dark, dark_and_unseen
from gis_server.models import User
from maps.alarms.sql import STREET_DIGITS

REMEMBERED_S = 60


@dataclass(frozen=True, slots=True)
class DarkStreet:
    """So many cameras of a street, the newest of them dark since a moment; the box around them."""

    street: str
    raised_at: datetime
    number: int
    west: float
    south: float
    east: float
    north: float


def dark_streets(user: User, now: datetime) -> list[DarkStreet]:
    """Of the user's reach, as of a minute ago at most.  Three queries, or none."""
    key = "alarms-dark-" + hashlib.sha256(",".join(user.reach).encode()).hexdigest()
    try:
        found: list[DarkStreet] | None = cache.get(key)
    except (RedisError, OSError):
        found = None
    if found is None:
        found = by_street(dark_and_unseen(user, DEFAULT_HOURS, now))
        _remember(key, found)
    return found


def _remember(key: str, found: list[DarkStreet]) -> None:
    try:
        cache.set(key, found, REMEMBERED_S)
    except (RedisError, OSError):
        return  # worked out anew for each, then


def by_street(rows: Iterable[Dark]) -> list[DarkStreet]:
    def street(row: Dark) -> str:
        return row.camera.scope_code[:STREET_DIGITS]

    return [_told(code, list(own)) for code, own in groupby(sorted(rows, key=street), street)]


def _told(code: str, rows: list[Dark]) -> DarkStreet:
    lons, lats = [row.camera.point.x for row in rows], [row.camera.point.y for row in rows]
    newest = max(dark_since(row) for row in rows)
    return DarkStreet(code, newest, len(rows), min(lons), min(lats), max(lons), max(lats))


def dark_since(row: Dark) -> datetime:
    """Since when both is so: it is down, and whoever was there last has been away for too long."""
    if row.seen_at is None:
        return row.since
    return max(row.since, row.seen_at + timedelta(hours=DEFAULT_HOURS))


def columns(streets: Iterable[DarkStreet]) -> dict[str, list[Any]]:
    """As the branch in `maps.alarms.sql` is given them."""
    rows = list(streets)
    return {f"dark_{name}": [getattr(row, name) for row in rows] for name in DarkStreet.__slots__}
