"""Who takes which picture of a round.

Any number of processes share the work.  Rounds are claimed one process at a time, for a host may
have one camera of a round at work and no more, and none beside a person's own view.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from cameras.models import Camera, PictureTurn
from cameras.picture import rounds
from cameras.services.columns import texts, times
from cameras.services.rules import rules_by_class

CLAIM_LOCK = 7_428_182
"""Any number that nobody else takes for an advisory lock."""
PUT_OFF = timedelta(minutes=2)
"""How long a busy device is left alone."""
TEST_LASTS = timedelta(seconds=16)


@dataclass(frozen=True, slots=True)
class Turn:
    """A camera of a round, under a lease that ends at `until`."""

    camera_id: int
    host: str
    until: datetime


CLAIM = """
    WITH taken AS (
        SELECT c.host FROM cameras_pictureturn AS t
        JOIN cameras_camera AS c ON c.id = t.camera_id
        WHERE t.lease_until >= %(now)s
        UNION SELECT c.host FROM cameras_snapshot AS snapshot
        JOIN cameras_camera AS c ON c.id = snapshot.camera_id
        WHERE snapshot.taken_at IS NULL AND snapshot.failure = ''
        UNION SELECT host FROM cameras_livetest
        WHERE ended_at IS NULL AND begun_at > %(tested_since)s
    ), due AS (
        SELECT DISTINCT ON (c.host) c.id, c.host, t.again_at, t.tried_at
        FROM cameras_camera AS c
        JOIN cameras_camerastate AS s ON s.camera_id = c.id
        JOIN unnest(%(classes)s::text[], %(begun)s::timestamptz[]) AS v (priority, begun_at)
            ON v.priority = c.priority
        LEFT JOIN cameras_pictureturn AS t ON t.camera_id = c.id
        WHERE c.enabled AND c.has_video AND s.state IN ('online', 'degraded')
            AND c.site_id = (SELECT id FROM cameras_site WHERE name = %(site)s)
            AND (t.lease_until IS NULL OR t.lease_until < %(now)s)
            AND (t.again_at <= %(now)s
                OR t.again_at IS NULL AND (t.tried_at IS NULL OR t.tried_at < v.begun_at))
            AND NOT EXISTS (SELECT FROM taken WHERE taken.host = c.host)
        ORDER BY c.host, t.again_at, t.tried_at NULLS FIRST, c.id
    )
    INSERT INTO cameras_pictureturn AS turn
        (camera_id, lease_until, leased_by, streak_ok, streak_bad)
    SELECT id, %(until)s, %(by)s, 0, 0 FROM due
    ORDER BY again_at, tried_at NULLS FIRST, id LIMIT %(limit)s
    ON CONFLICT (camera_id) DO UPDATE
        SET lease_until = excluded.lease_until, leased_by = excluded.leased_by
    RETURNING camera_id
"""


@transaction.atomic
def claim_round(*, by: str, site: str, limit: int, lease: timedelta, now: datetime) -> list[Turn]:
    """Take up to `limit` cameras of a site whose picture is due: first those in doubt, then those
    that have waited longest.  At most one of a device.
    """
    begun = round_begins(now)
    until = now + lease
    values: dict[str, Any] = {
        "now": now,
        "until": until,
        "by": by,
        "site": site,
        "limit": limit,
        "tested_since": now - TEST_LASTS,
        "classes": texts(begun),
        "begun": times(begun.values()),
    }
    with connection.cursor() as cursor:
        # One process at a time: two at once could each take a camera of one device.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
        cursor.execute(CLAIM, values)
        ids = [camera_id for (camera_id,) in cursor.fetchall()]
    hosts = dict(Camera.objects.filter(pk__in=ids).order_by().values_list("pk", "host"))
    return [Turn(camera_id, hosts[camera_id], until) for camera_id in ids]


def round_begins(now: datetime) -> dict[str, datetime | None]:
    """When the newest round of each class began; None where there is none, so that none is due."""
    local = timezone.localtime(now)
    return {
        priority: rounds.begun_at(rules.hours, local)
        for priority, rules in rules_by_class().items()
    }


def end_turn(
    turn: Turn, *, by: str, tried_at: datetime | None = None, again_at: datetime | None = None
) -> bool:
    """Give up the lease; False when it was no longer ours.

    tried_at: when the round got its answer, a picture or a failure.  again_at: when to look again,
    for a device that was busy: it keeps its turn, and is not blamed.
    """
    held = PictureTurn.objects.filter(camera=turn.camera_id, leased_by=by, lease_until=turn.until)
    values: dict[str, Any] = {"leased_by": "", "lease_until": None}
    if tried_at is not None:
        values |= {"tried_at": tried_at, "again_at": None}
    if again_at is not None:
        values |= {"again_at": again_at}
    return held.update(**values) == 1


def hand_back_turns(by: str) -> int:
    """Give up all leases of a process that stops."""
    held = PictureTurn.objects.filter(leased_by=by)
    return held.update(leased_by="", lease_until=None)


def hosts_in_rounds(by: str, now: datetime) -> set[str]:
    """The devices that other processes are looking at for a round."""
    others = PictureTurn.objects.filter(lease_until__gte=now).exclude(leased_by=by)
    return set(others.order_by().values_list("camera__host", flat=True))
