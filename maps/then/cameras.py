"""Cameras as they were at a moment, and how their states changed in a span: from the stored spans.

A camera is there from the moment it was entered.  Until its first span nobody knows anything of
it: it is unknown, and never better.  Owner, team and kind are those of then.  Where it stands, and
so who may see it, is what holds now.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cameras.health import State
from maps.layers import IN_SCOPE
from maps.then.asked import Span
from maps.then.rows import MOST_CAMERAS, MOST_CHANGES, Rows, prefixes_of, rows_of

COLUMNS = ("id", "name", "state", "reason", "since", "lon", "lat", "owner", "team", "priority")
CAMERA_COLUMNS = ("id", "name", "lon", "lat")
STATE_COLUMNS = ("after_ms", "camera", "state", "reason")
RECORD_COLUMNS = ("after_ms", "camera", "owner", "team", "priority")
_IN_REACH = IN_SCOPE.format(code="camera.scope_code")
_PLACE = """round(ST_X(camera.point)::numeric, 6)::float8,
           round(ST_Y(camera.point)::numeric, 6)::float8"""

# One look into the index of spans for each camera, and two into that of records: a camera's first
# record holds also before it, but does not say that the camera was there.
_THERE = f"""
    FROM cameras_camera AS camera
    LEFT JOIN LATERAL (
        SELECT span.state, span.reason, span.since FROM cameras_statespan AS span
        WHERE span.camera_id = camera.id AND span.since <= %(at)s
        ORDER BY span.since DESC, span.id DESC LIMIT 1
    ) AS known ON true
    LEFT JOIN LATERAL (
        (SELECT true AS entered, record.owner_name, record.team_name, record.priority
         FROM cameras_camerarecord AS record
         WHERE record.camera_id = camera.id AND record.since <= %(at)s
         ORDER BY record.since DESC, record.id DESC LIMIT 1)
        UNION ALL
        (SELECT false, record.owner_name, record.team_name, record.priority
         FROM cameras_camerarecord AS record
         WHERE record.camera_id = camera.id AND record.since > %(at)s
         ORDER BY record.since, record.id LIMIT 1)
        ORDER BY entered DESC LIMIT 1
    ) AS record ON true
    WHERE {_IN_REACH} AND (known.state IS NOT NULL OR record.entered)"""  # noqa: S608 - our own words
STOOD = f"""
    SELECT camera.id, camera.name, coalesce(known.state, '{State.UNKNOWN}'),
           coalesce(known.reason, ''), floor(extract(epoch FROM known.since))::bigint, {_PLACE},
           coalesce(record.owner_name, ''), coalesce(record.team_name, ''),
           coalesce(record.priority, '')
    {_THERE} ORDER BY camera.id LIMIT %(most)s"""  # noqa: S608
COUNTED = f"SELECT coalesce(known.state, '{State.UNKNOWN}'), count(*) {_THERE} GROUP BY 1"
# A camera that was entered in the span is there from then on, unknown until its first state.
STATES = f"""
    SELECT floor(extract(epoch FROM changed.since - %(begin)s) * 1000)::bigint, changed.camera_id,
           changed.state, changed.reason
    FROM cameras_camera AS camera
    CROSS JOIN LATERAL (
        SELECT span.camera_id, span.state, span.reason, span.since, span.id
        FROM cameras_statespan AS span
        WHERE span.camera_id = camera.id AND span.since > %(begin)s AND span.since <= %(end)s
        UNION ALL
        SELECT camera.id, '{State.UNKNOWN}', '', first.since, 0
        FROM (SELECT min(record.since) AS since FROM cameras_camerarecord AS record
              WHERE record.camera_id = camera.id) AS first
        WHERE first.since > %(begin)s AND first.since <= %(end)s AND NOT EXISTS (
            SELECT FROM cameras_statespan AS span
            WHERE span.camera_id = camera.id AND span.since <= first.since)
    ) AS changed
    WHERE {_IN_REACH}
    ORDER BY changed.since, changed.id LIMIT %(most)s"""  # noqa: S608
RECORDS = f"""
    SELECT floor(extract(epoch FROM record.since - %(begin)s) * 1000)::bigint, camera.id,
           record.owner_name, record.team_name, record.priority
    FROM cameras_camera AS camera JOIN cameras_camerarecord AS record
        ON record.camera_id = camera.id AND record.since > %(begin)s AND record.since <= %(end)s
    WHERE {_IN_REACH}
    ORDER BY record.since, record.id LIMIT %(most)s"""  # noqa: S608
CHANGED = f"""
    SELECT camera.id, camera.name, {_PLACE}
    FROM cameras_camera AS camera WHERE camera.id = ANY(%(ids)s) AND {_IN_REACH}
    ORDER BY camera.id"""  # noqa: S608


def stood(reach: Sequence[str], at: datetime) -> dict[str, Any]:
    """The cameras with their states, and how many of each.  One query, two where there are too
    many to be told.
    """
    values: dict[str, Any] = {"at": at, "scope": prefixes_of(reach)}
    found = rows_of(STOOD, values | {"most": MOST_CAMERAS + 1}, COLUMNS)
    if len(found.rows) <= MOST_CAMERAS:
        counted: list[tuple[Any, ...]] = [(row[2], 1) for row in found.rows]
    else:
        counted = rows_of(COUNTED, values, ()).rows
    states = {state.value: 0 for state in State}
    for state, count in counted:
        states[state] += count
    rows = found.rows[:MOST_CAMERAS]
    total = sum(states.values())
    return {
        **Rows(COLUMNS, rows).told(),
        "total": total,
        "left_out": total - len(rows),
        "states": states,
    }


def changes(reach: Sequence[str], span: Span) -> dict[str, Any] | None:
    """The changes of states and of owner, team and kind in a span, and the cameras whose states
    changed; None where either are more than `MOST_CHANGES`.  Three queries.
    """
    values: dict[str, Any] = {
        "begin": span.begin,
        "end": span.end,
        "scope": prefixes_of(reach),
        "most": MOST_CHANGES + 1,
    }
    states = rows_of(STATES, values, STATE_COLUMNS)
    records = rows_of(RECORDS, values, RECORD_COLUMNS)
    if max(len(states.rows), len(records.rows)) > MOST_CHANGES:
        return None
    values["ids"] = sorted({row[1] for row in states.rows})
    return {
        "cameras": rows_of(CHANGED, values, CAMERA_COLUMNS).told(),
        "states": states.told(),
        "records": records.told(),
    }
