"""The pieces that rates are made of: in which state which camera was from when to when, to whom it
belonged then, and what that counts as.

A span ends where the camera's next one begins; it is cut by the period, by the dated registry, and
its down time by accepted windows.  Time in which a camera was not watched (`enabled`) is no piece.
An enabled camera is unknown until its first span.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cameras.probe.reason import DEGRADES


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which pieces are wanted.

    known_at: what came to be known later does not count; nothing is known of the time after it.
    prefixes: codes of the territory; None for all.  The others narrow it where they are given.
    """

    start: datetime
    end: datetime
    known_at: datetime
    prefixes: Sequence[str] | None
    cameras: Sequence[int] | None = None
    owner: int | None = None
    team: int | None = None
    priority: str = ""
    area: str = ""

    def values(self) -> dict[str, Any]:
        """The parameters of `PIECES`."""
        likes = None if self.prefixes is None else [f"{one}%" for one in self.prefixes if one]
        return {
            "start": self.start,
            "end": max(self.start, min(self.end, self.known_at)),
            "known_at": self.known_at,
            "likes": likes,
            "cameras": None if self.cameras is None else list(self.cameras),
            "owner": self.owner,
            "team": self.team,
            "priority": self.priority,
            "area": f"{self.area}%",
            "degrades": [reason.value for reason in DEGRADES],
        }


PIECES = """
    WITH dated AS (
        SELECT *, coalesce(lead(since) OVER w, 'infinity') AS hi, first_value(since) OVER w AS born,
            CASE WHEN row_number() OVER w = 1 THEN '-infinity' ELSE since END AS lo
        FROM cameras_camerarecord WINDOW w AS (PARTITION BY camera_id ORDER BY since, id)
    ), records AS MATERIALIZED (
        SELECT * FROM dated
        WHERE enabled AND lo < hi AND lo < %(end)s AND hi > %(start)s
            AND (%(likes)s::text[] IS NULL OR scope_code LIKE ANY(%(likes)s::text[]))
            AND scope_code LIKE %(area)s
            AND (%(cameras)s::bigint[] IS NULL OR camera_id = ANY(%(cameras)s::bigint[]))
            AND (%(owner)s::bigint IS NULL OR owner_id = %(owner)s::bigint)
            AND (%(team)s::bigint IS NULL OR team_id = %(team)s::bigint)
            AND (%(priority)s = '' OR priority = %(priority)s)
    ), watched AS MATERIALIZED (
        SELECT DISTINCT camera_id, born FROM records
    ), spans AS (
        SELECT w.camera_id, s.id, s.state, s.reason, s.since
        FROM watched AS w CROSS JOIN LATERAL (
            (SELECT id, state, reason, since FROM cameras_statespan
                WHERE camera_id = w.camera_id AND since <= %(start)s
                ORDER BY since DESC, id DESC LIMIT 1)
            UNION ALL
            (SELECT id, state, reason, since FROM cameras_statespan
                WHERE camera_id = w.camera_id AND since > %(start)s AND since < %(end)s)
        ) AS s
        UNION ALL
        SELECT camera_id, 0, 'unknown', 'not_asked', born FROM watched AS w
        WHERE born < %(end)s AND NOT EXISTS (
            SELECT FROM cameras_statespan WHERE camera_id = w.camera_id AND since <= w.born)
    ), ended AS (
        SELECT camera_id, state, reason, greatest(since, %(start)s) AS lo, least(%(end)s, coalesce(
            lead(since) OVER (PARTITION BY camera_id ORDER BY since, id), %(end)s)) AS hi
        FROM spans
    ), raw AS MATERIALIZED (
        SELECT r.camera_id, e.state, e.reason, greatest(e.lo, r.lo) AS lo, least(e.hi, r.hi) AS hi,
            r.owner_id, r.owner_name, r.team_id, r.team_name, r.scope_code, r.priority,
            CASE WHEN state = 'unknown' THEN 'unknown' WHEN state = 'online' THEN 'intact'
                WHEN state = 'degraded' AND reason = ANY(%(degrades)s) THEN 'faulty'
                ELSE 'down' END AS counted
        FROM ended AS e JOIN records AS r ON r.camera_id = e.camera_id
            AND r.lo < e.hi AND r.hi > e.lo
        WHERE e.lo < e.hi
    ), windows AS (
        SELECT w.*, w.starts_at AS lo, least(
            (SELECT max(v.ends_at) FROM cameras_workreview AS v
                WHERE v.work_id = w.id AND v.verdict = 'accepted' AND v.at <= %(known_at)s),
            (SELECT t.ends_at FROM cameras_workterm AS t
                WHERE t.work_id = w.id AND t.set_at <= %(known_at)s ORDER BY t.id DESC LIMIT 1)
        ) AS hi
        FROM cameras_plannedwork AS w
        WHERE w.starts_at < %(end)s AND w.starts_at > %(start)s - interval '31 days'
            AND (w.withdrawn_at IS NULL OR w.withdrawn_at > %(known_at)s)
            AND EXISTS (SELECT FROM cameras_workreview AS v
                WHERE v.work_id = w.id AND v.verdict = 'accepted' AND v.at <= %(known_at)s)
    ), excused AS (
        SELECT r.camera_id, greatest(w.lo, r.lo) AS lo, least(w.hi, r.hi) AS hi
        FROM windows AS w JOIN records AS r ON w.upstream_id = r.upstream_id
        UNION ALL
        SELECT r.camera_id, greatest(w.lo, r.lo), least(w.hi, r.hi)
        FROM windows AS w JOIN records AS r ON w.owner_id = r.owner_id
        UNION ALL
        SELECT r.camera_id, greatest(w.lo, r.lo), least(w.hi, r.hi)
        FROM windows AS w JOIN records AS r ON w.area <> '' AND starts_with(r.scope_code, w.area)
        UNION ALL
        SELECT r.camera_id, greatest(w.lo, r.lo), least(w.hi, r.hi)
        FROM windows AS w JOIN cameras_workcamera AS p ON p.work_id = w.id
            JOIN records AS r ON r.camera_id = p.camera_id
    ), excuses AS MATERIALIZED (
        SELECT camera_id, range_agg(tstzrange(lo, hi)) AS ranges
        FROM excused WHERE lo < hi GROUP BY camera_id
    ), pieces AS (
        SELECT raw.* FROM raw LEFT JOIN excuses AS e ON e.camera_id = raw.camera_id
        WHERE counted <> 'down' OR e.camera_id IS NULL
        UNION ALL
        SELECT raw.camera_id, state, reason, lower(part), upper(part), owner_id, owner_name,
            team_id, team_name, scope_code, priority, 'excused'
        FROM raw JOIN excuses AS e ON e.camera_id = raw.camera_id,
            unnest(e.ranges * tstzmultirange(tstzrange(lo, hi))) AS part
        WHERE counted = 'down'
        UNION ALL
        SELECT raw.camera_id, state, reason, lower(part), upper(part), owner_id, owner_name,
            team_id, team_name, scope_code, priority, 'down'
        FROM raw JOIN excuses AS e ON e.camera_id = raw.camera_id,
            unnest(tstzmultirange(tstzrange(lo, hi)) - e.ranges) AS part
        WHERE counted = 'down'
    )
"""
