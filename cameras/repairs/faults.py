"""What is wrong now and has no order yet.  Reads only; each function is one query.

A fall that has an order, or had one which people ended while it lasted, is passed over: a refusal
that a leader agreed to, or an override, is not asked about again until the camera has been well.
What is unknown is never wrong.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from cameras.grouping import Kind, Thing
from cameras.services.columns import numbers

MOST_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Fault:
    """One camera that is down or shows a bad picture, since `at`.

    outage_id: None for a fault of the picture.  thing, thing_at: what it fell with, and when that
    outage began; None where it fell alone.  own_order_id: its order that nobody has accepted yet,
    which the order of the thing takes in.
    """

    camera_id: int
    at: datetime
    reason: str
    outage_id: int | None
    thing: Thing | None
    thing_at: datetime
    own_order_id: int | None
    code: str
    scope_code: str
    priority: str
    team_id: int
    owner_id: int
    upstream_id: int | None


CAMERA = "c.code, c.scope_code, c.priority, c.team_id, c.owner_id, c.upstream_id"
# `told`: the outage is settled, so it will not become part of another.
FALLEN = f"""
    SELECT m.camera_id, m.joined_at, m.reason, o.id, o.suspect_kind, o.suspect_name,
        o.suspect_site_id, o.opened_at, own.order_id, {CAMERA}
    FROM cameras_outagemember AS m
    JOIN cameras_outage AS o ON o.id = m.outage_id
    JOIN cameras_camera AS c ON c.id = m.camera_id
    JOIN cameras_camerastate AS s ON s.camera_id = m.camera_id
    LEFT JOIN LATERAL (
        SELECT p.order_id FROM cameras_repairordercamera AS p
        JOIN cameras_repairorder AS r ON r.id = p.order_id
        WHERE p.camera_id = m.camera_id AND p.is_open AND r.suspect_kind = '' AND r.state = 'open'
            AND o.suspect_kind <> ''
    ) AS own ON true
    WHERE m.left_at IS NULL AND o.closed_at IS NULL AND o.told_at IS NOT NULL
        AND c.enabled AND s.state <> 'unknown'
        AND (own.order_id IS NOT NULL OR NOT EXISTS (
            SELECT FROM cameras_repairordercamera AS p
            WHERE p.camera_id = m.camera_id
                AND (p.is_open OR p.left_at IS NULL AND p.joined_at >= m.joined_at)))
    ORDER BY m.joined_at, m.camera_id LIMIT %s
"""  # noqa: S608 - names of columns
SHOWN = f"""
    SELECT s.camera_id, s.since, s.picture_fault, NULL, '', '', NULL, s.since, NULL, {CAMERA}
    FROM cameras_camerastate AS s JOIN cameras_camera AS c ON c.id = s.camera_id
    WHERE s.state = 'degraded' AND s.picture_fault <> '' AND s.reason = s.picture_fault
        AND c.enabled AND NOT EXISTS (
            SELECT FROM cameras_repairordercamera AS p
            WHERE p.camera_id = s.camera_id
                AND (p.is_open OR p.left_at IS NULL AND p.joined_at >= s.since))
    ORDER BY s.since, s.camera_id LIMIT %s
"""  # noqa: S608 - names of columns
# Their thing works again (its outage is over), and they are down by themselves.
LEFT_BEHIND = """
    SELECT p.id, p.order_id, c.code
    FROM cameras_repairordercamera AS p
    JOIN cameras_repairorder AS r ON r.id = p.order_id
    JOIN cameras_camera AS c ON c.id = p.camera_id
    JOIN cameras_outagemember AS m ON m.camera_id = p.camera_id AND m.left_at IS NULL
    JOIN cameras_outage AS o ON o.id = m.outage_id AND o.told_at IS NOT NULL
    WHERE p.is_open AND r.suspect_kind <> ''
        AND (o.suspect_kind, o.suspect_name, o.suspect_site_id)
            IS DISTINCT FROM (r.suspect_kind, r.suspect_name, r.suspect_site_id)
        AND NOT EXISTS (
            SELECT FROM cameras_outage AS still
            WHERE still.closed_at IS NULL AND still.suspect_kind = r.suspect_kind
                AND still.suspect_name = r.suspect_name
                AND still.suspect_site_id IS NOT DISTINCT FROM r.suspect_site_id)
    ORDER BY p.order_id, p.id
"""


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A camera's part in the order of a thing that works again without it."""

    part_id: int
    order_id: int
    code: str


def fallen() -> list[Fault]:
    """Cameras that are down in settled outages, without an order; the oldest fall first."""
    return _faults(FALLEN)


def shown() -> list[Fault]:
    """Cameras whose pictures show a fault, without an order."""
    return _faults(SHOWN)


def left_behind() -> list[LeftBehind]:
    with connection.cursor() as cursor:
        cursor.execute(LEFT_BEHIND)
        return [LeftBehind(*row) for row in cursor.fetchall()]


def _faults(statement: str) -> list[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [MOST_AT_ONCE])
        return [_fault(*row) for row in cursor.fetchall()]


def _fault(
    camera_id: int,
    at: datetime,
    reason: str,
    outage_id: int | None,
    kind: str,
    name: str,
    site: int | None,
    thing_at: datetime,
    *rest: Any,
) -> Fault:
    thing = Thing(Kind(kind), name, site or 0) if kind else None
    return Fault(camera_id, at, reason, outage_id, thing, thing_at, *rest)


LAST_GOOD = """
    SELECT v.camera_id, (
        SELECT p.id FROM cameras_snapshot AS p
        WHERE p.camera_id = v.camera_id AND p.taken_at IS NOT NULL AND NOT p.is_fault
        ORDER BY p.taken_at DESC, p.id DESC LIMIT 1)
    FROM unnest(%s::bigint[]) AS v (camera_id)
"""


def last_pictures(camera_ids: list[int]) -> dict[int, int]:
    """The newest picture of each camera on which nothing was found: what it looked like before."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_GOOD, [numbers(camera_ids)])
        return {camera: picture for camera, picture in cursor.fetchall() if picture}
