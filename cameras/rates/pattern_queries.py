"""What comes again: short cuts with what was up around them, the worst cameras, times to repair."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from cameras.models import Camera
from cameras.probe.reason import DEGRADES
from cameras.rates.patterns import BEFORE, DAYS, LEAST_CUTS, LONGEST, SHORTEST, Cut, Near
from cameras.rates.pieces import PIECES, Asked

MOST_CAMERAS = 40
MOST_CUTS = 12
MOST_NEAR = 20
"""So many neighbours by each of pole, switch and subnet are looked at."""
MOST_WORST = 20
MOST_PARTS = 50


def last_days(prefixes: list[str], now: datetime) -> Asked:
    return Asked(start=now - timedelta(days=DAYS), end=now, known_at=now, prefixes=prefixes)


@dataclass(slots=True)
class Recurring:
    """A camera with at least `LEAST_CUTS` short cuts: how many, and the newest of them."""

    camera: Camera
    count: int
    cuts: list[Cut] = field(default_factory=list)

    @property
    def lasted_s(self) -> float:
        return sum(one.lasted_s for one in self.cuts)


RECURRING = """
    {pieces}, cuts AS (
        SELECT camera_id, lo, hi, count(*) OVER (PARTITION BY camera_id) AS number,
            row_number() OVER (PARTITION BY camera_id ORDER BY lo DESC) AS age
        FROM pieces
        WHERE counted = 'down' AND lo > %(start)s AND hi < %(end)s
            AND hi - lo BETWEEN %(shortest)s AND %(longest)s
    ), chosen AS (
        SELECT DISTINCT camera_id, number FROM cuts WHERE number >= %(least)s
        ORDER BY number DESC, camera_id LIMIT %(most)s
    )
    SELECT cuts.camera_id, cuts.number, lo, hi FROM cuts JOIN chosen USING (camera_id)
    WHERE age <= %(most_cuts)s ORDER BY cuts.number DESC, cuts.camera_id, lo
"""
# Who stood near each cut and was up shortly before it, and whether they were in the middle of it.
# Those that were unknown then do not count.
NEAR = """
    SELECT cut.number,
        count(*), count(*) FILTER (WHERE is_up),
        count(*) FILTER (WHERE of_upstream), count(*) FILTER (WHERE of_upstream AND is_up),
        count(*) FILTER (WHERE of_other), count(*) FILTER (WHERE of_other AND is_up)
    FROM unnest(%(cameras)s::bigint[], %(befores)s::timestamptz[], %(middles)s::timestamptz[])
        WITH ORDINALITY AS cut (camera_id, before, middle, number)
    JOIN cameras_camera AS c ON c.id = cut.camera_id
    CROSS JOIN LATERAL (
        (SELECT id FROM cameras_camera WHERE upstream_id = c.upstream_id AND id <> c.id AND enabled
            ORDER BY id LIMIT %(near)s)
        UNION
        (SELECT id FROM cameras_camera WHERE c.pole <> '' AND pole = c.pole AND id <> c.id
            AND enabled ORDER BY id LIMIT %(near)s)
        UNION
        (SELECT id FROM cameras_camera
            WHERE c.host ~ '^[0-9.]+$' AND enabled AND id <> c.id AND site_id = c.site_id
                AND host ~>=~ regexp_replace(c.host, '[0-9]+$', '')
                AND host ~<~ regexp_replace(c.host, '[.][0-9]+$', '/')
            ORDER BY host LIMIT %(near)s)
    ) AS beside
    JOIN cameras_camera AS n ON n.id = beside.id
    CROSS JOIN LATERAL (
        SELECT n.upstream_id IS NOT DISTINCT FROM c.upstream_id AND n.upstream_id IS NOT NULL
                AS of_upstream,
            n.owner_id <> c.owner_id AS of_other, s.state,
            s.state = 'online' OR s.state = 'degraded' AND s.reason = ANY(%(degrades)s) AS is_up
        FROM cameras_statespan AS s
        WHERE s.camera_id = n.id AND s.since <= cut.middle
        ORDER BY s.since DESC, s.id DESC LIMIT 1
    ) AS found
    CROSS JOIN LATERAL (
        SELECT s.state = 'online' OR s.state = 'degraded' AND s.reason = ANY(%(degrades)s) AS was_up
        FROM cameras_statespan AS s
        WHERE s.camera_id = n.id AND s.since <= cut.before
        ORDER BY s.since DESC, s.id DESC LIMIT 1
    ) AS earlier
    WHERE earlier.was_up AND found.state <> 'unknown'
    GROUP BY cut.number
"""


def recurring(asked: Asked) -> list[Recurring]:
    """The cameras with the most short cuts first.  Three queries."""
    more = {
        "shortest": SHORTEST, "longest": LONGEST, "least": LEAST_CUTS, "most": MOST_CAMERAS,
        "most_cuts": MOST_CUTS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(RECURRING.format(pieces=PIECES), asked.values() | more)
        rows = cursor.fetchall()
    cameras = Camera.objects.select_related("owner", "team", "upstream").in_bulk(
        {camera_id for camera_id, *_rest in rows}
    )
    near = beside([(camera_id, lo - BEFORE, lo + (hi - lo) / 2) for camera_id, _n, lo, hi in rows])
    found: dict[int, Recurring] = {}
    for number, (camera_id, count, lo, hi) in enumerate(rows, 1):
        entry = found.setdefault(camera_id, Recurring(cameras[camera_id], count))
        entry.cuts.append(Cut(lo, hi, *near.get(number, (Near(), Near(), Near()))))
    return list(found.values())


def beside(
    cuts: Sequence[tuple[int, datetime, datetime]],
) -> dict[int, tuple[Near, Near, Near]]:
    """Neighbours, those behind the same device, and those of other owners; by the place of each
    cut, the first being 1.

    cuts: the camera, a moment before and the middle of each.
    """
    values: dict[str, Any] = {
        "cameras": [camera_id for camera_id, *_moments in cuts], "near": MOST_NEAR,
        "befores": [before for _id, before, _middle in cuts],
        "middles": [middle for *_before, middle in cuts],
        "degrades": [reason.value for reason in DEGRADES],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(NEAR, values)
        return {
            number: (Near(a, b), Near(c, d), Near(e, f))
            for number, a, b, c, d, e, f in cursor.fetchall()
        }


@dataclass(frozen=True, slots=True)
class Worst:
    """A camera by the time it was down, excused time apart; x, y: degrees of WGS84."""

    camera_id: int
    code: str
    name: str
    owner: str
    team: str
    cuts: int
    down_s: float
    excused_s: float
    x: float
    y: float


WORST = """
    {pieces}
    SELECT camera_id, c.code, c.name, o.name, t.name, count(*) FILTER (WHERE counted = 'down'),
        coalesce(extract(epoch FROM sum(hi - lo) FILTER (WHERE counted = 'down')), 0)::float8 AS s,
        coalesce(extract(epoch FROM sum(hi - lo) FILTER (WHERE counted = 'excused')), 0)::float8,
        ST_X(c.point), ST_Y(c.point)
    FROM pieces JOIN cameras_camera AS c ON c.id = camera_id
        JOIN cameras_owner AS o ON o.id = c.owner_id JOIN cameras_team AS t ON t.id = c.team_id
    WHERE counted IN ('down', 'excused')
    GROUP BY camera_id, c.code, c.name, o.name, t.name, c.point
    HAVING bool_or(counted = 'down')
    ORDER BY s DESC, camera_id LIMIT %(most)s
"""


def worst(asked: Asked) -> list[Worst]:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute(WORST.format(pieces=PIECES), asked.values() | {"most": MOST_WORST})
        return [Worst(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Repairs:
    """How long outages of a team or a cause lasted that ended in the time; name: a reason's value
    for a cause.
    """

    name: str
    count: int
    mean_s: float
    median_s: float


# The team is that of the day the camera fell.
REPAIRS = """
    WITH closed AS (
        SELECT r.team_id, r.team_name, m.reason,
            extract(epoch FROM m.left_at - m.joined_at)::float8 AS s
        FROM cameras_outagemember AS m CROSS JOIN LATERAL (
            SELECT team_id, team_name, scope_code FROM cameras_camerarecord
            WHERE camera_id = m.camera_id
            ORDER BY since > m.joined_at, abs(extract(epoch FROM since - m.joined_at)), id DESC
            LIMIT 1
        ) AS r
        WHERE m.left_at > %(start)s AND m.left_at <= %(end)s
            AND r.scope_code LIKE ANY(%(likes)s::text[])
    )
    SELECT team_id IS NULL, coalesce(max(team_name) FILTER (WHERE team_id IS NOT NULL), ''),
        coalesce(reason, ''), count(*), avg(s), percentile_cont(0.5) WITHIN GROUP (ORDER BY s)
    FROM closed GROUP BY GROUPING SETS ((team_id), (reason)) ORDER BY avg(s) DESC, 2, 3
"""


def repairs(asked: Asked) -> tuple[list[Repairs], list[Repairs]]:
    """By team and by cause, the slowest first.  One query."""
    with connection.cursor() as cursor:
        cursor.execute(REPAIRS, asked.values())
        rows = cursor.fetchall()
    teams = [Repairs(name, *rest) for of_cause, name, _reason, *rest in rows if not of_cause]
    causes = [Repairs(reason, *rest) for of_cause, _name, reason, *rest in rows if of_cause]
    return teams, causes


@dataclass(frozen=True, slots=True)
class PartUsed:
    """A spare part under the name that technicians gave it: how many, in how many repairs."""

    name: str
    number: int
    orders: int
    last_at: datetime


# Written by hand: what differs by case and spaces alone is one part.
PARTS = """
    SELECT max(part.name), sum(part.count), count(DISTINCT step.order_id), max(step.at)
    FROM cameras_repairstep AS step,
        jsonb_to_recordset(step.parts) AS part (name text, count int)
    WHERE step.at >= %(start)s AND step.at < %(end)s AND step.parts <> '[]'
        AND EXISTS (
            SELECT FROM cameras_repairordercamera AS m
            JOIN cameras_camera AS c ON c.id = m.camera_id
            WHERE m.order_id = step.order_id AND c.scope_code LIKE ANY(%(likes)s::text[]))
    GROUP BY regexp_replace(lower(part.name), '\\s', '', 'g')
    ORDER BY sum(part.count) DESC, 1 LIMIT %(most)s
"""


def parts_used(asked: Asked) -> list[PartUsed]:
    """What repairs of cameras in reach have used up, the most first.  One query."""
    with connection.cursor() as cursor:
        cursor.execute(PARTS, asked.values() | {"most": MOST_PARTS})
        return [PartUsed(*row) for row in cursor.fetchall()]
