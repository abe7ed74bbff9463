"""Events as they stood at a moment, and their steps in a span: told from their steps alone.

An event is there from the moment it was received.  Where it lies, and so who may see it, is what
holds now; its kind, severity, level, state and closing deadline are those of then.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from events.models.event import OPEN_VALUES
from events.workflow import MOVES, Action
from maps.layers import IN_SCOPE
from maps.then.asked import Span
from maps.then.rows import MOST_CHANGES, MOST_EVENTS, Rows, prefixes_of, rows_of

COLUMNS = (
    *("id", "number", "kind", "severity", "state", "level", "close_due", "lon", "lat"),
    "reported_at",
)
EVENT_COLUMNS = ("id", "number", "lon", "lat", "reported_at")
STEP_COLUMNS = ("after_ms", "event", "state", "kind", "severity", "level", "close_due")
MOVING = sorted(
    {action.value for action, move in MOVES.items() if move.after is not None}
    | {Action.REPORT.value, Action.CLASSIFY.value, Action.ESCALATE.value, Action.GRANT_TIME.value}
)
"""The steps after which an event may look different on the map."""
_IN_REACH = IN_SCOPE.format(code="event.scope_code")


def _then(name: str, at: str) -> str:
    """What `name` ("kind", "severity") of `event` was at a moment: what the last step before it has
    made of it, else what the first after it has found, else what it is.
    """
    step = f"""SELECT step.detail -> '{name}' ->> {{place}} FROM events_eventstep AS step
        WHERE step.event_id = event.id AND step.action = 'classify' AND step.at {{sign}} {at}
            AND step.detail ? '{name}'
        ORDER BY step.id {{order}} LIMIT 1"""  # noqa: S608 - our own words
    before = step.format(place=1, sign="<=", order="DESC")
    later = step.format(place=0, sign=">", order="ASC")
    return f"coalesce(({before}), ({later}), event.{name})"


# The index of open events is used only where the states are those of its own condition.
_OPEN = ", ".join(f"'{state}'" for state in OPEN_VALUES)
# Whatever was open then was received before and is open now, or was closed (for the last time)
# after it: each half has its index.  What it was called then, its steps say.
_THERE = f"""
    SELECT event.*, last.after AS state_then, last.level AS level_then, last.close_due AS due_then
    FROM (
        SELECT * FROM events_event AS event
        WHERE event.state IN ({_OPEN}) AND event.received_at <= %(at)s AND {_IN_REACH}
        UNION ALL
        SELECT * FROM events_event AS event
        WHERE event.closed_at > %(at)s AND event.received_at <= %(at)s AND {_IN_REACH}
    ) AS event
    CROSS JOIN LATERAL (
        SELECT step.after, step.level, step.close_due FROM events_eventstep AS step
        WHERE step.event_id = event.id AND step.at <= %(at)s
        ORDER BY step.id DESC LIMIT 1
    ) AS last
    WHERE last.after = ANY(%(open)s)"""  # noqa: S608 - our own words
STOOD = f"""
    SELECT event.id, event.number, {_then("kind", "%(at)s")}, {_then("severity", "%(at)s")},
           event.state_then, event.level_then, floor(extract(epoch FROM event.due_then))::bigint,
           round(ST_X(event.point)::numeric, 6)::float8,
           round(ST_Y(event.point)::numeric, 6)::float8,
           floor(extract(epoch FROM event.reported_at))::bigint
    FROM ({_THERE}) AS event ORDER BY event.id LIMIT %(most)s"""  # noqa: S608
COUNTED = f"""
    SELECT event.state_then, {_then("severity", "%(at)s")}, count(*)
    FROM ({_THERE}) AS event GROUP BY 1, 2"""  # noqa: S608
STEPS = f"""
    SELECT floor(extract(epoch FROM moved.at - %(begin)s) * 1000)::bigint, event.id, moved.after,
           {_then("kind", "moved.at")}, {_then("severity", "moved.at")}, moved.level,
           floor(extract(epoch FROM moved.close_due))::bigint
    FROM events_eventstep AS moved JOIN events_event AS event ON event.id = moved.event_id
    WHERE moved.action = ANY(%(moving)s) AND moved.at > %(begin)s AND moved.at <= %(end)s
      AND {_IN_REACH}
    ORDER BY moved.at, moved.id LIMIT %(most)s"""  # noqa: S608
MOVED = f"""
    SELECT event.id, event.number, round(ST_X(event.point)::numeric, 6)::float8,
           round(ST_Y(event.point)::numeric, 6)::float8,
           floor(extract(epoch FROM event.reported_at))::bigint
    FROM events_event AS event WHERE event.id = ANY(%(ids)s) AND {_IN_REACH}
    ORDER BY event.id"""  # noqa: S608


def stood(reach: Sequence[str], at: datetime) -> dict[str, Any]:
    """The events that were open, and how many of each state and severity.  One query, two where
    there are too many to be told.
    """
    values: dict[str, Any] = {"at": at, "open": OPEN_VALUES, "scope": prefixes_of(reach)}
    found = rows_of(STOOD, values | {"most": MOST_EVENTS + 1}, COLUMNS)
    if len(found.rows) <= MOST_EVENTS:
        counted = [(state, severity, 1) for _1, _2, _3, severity, state, *_more in found.rows]
    else:
        counted = rows_of(COUNTED, values, ()).rows
    total = sum(count for _state, _severity, count in counted)
    rows = found.rows[:MOST_EVENTS]
    return {
        **Rows(COLUMNS, rows).told(),
        "total": total,
        "left_out": total - len(rows),
        "states": _sums((state, count) for state, _severity, count in counted),
        "severities": _sums((severity, count) for _state, severity, count in counted),
    }


def changes(reach: Sequence[str], span: Span) -> dict[str, Any] | None:
    """The steps of a span, and where the events lie that took them; None where they are more than
    `MOST_CHANGES`.  Two queries.
    """
    values: dict[str, Any] = {
        "begin": span.begin,
        "end": span.end,
        "moving": MOVING,
        "scope": prefixes_of(reach),
        "most": MOST_CHANGES + 1,
    }
    steps = rows_of(STEPS, values, STEP_COLUMNS)
    if len(steps.rows) > MOST_CHANGES:
        return None
    values["ids"] = sorted({row[1] for row in steps.rows})
    return {
        "events": rows_of(MOVED, values, EVENT_COLUMNS).told(),
        "steps": steps.told(),
    }


def _sums(pairs: Any) -> dict[str, int]:
    found = dict[str, int]()
    for key, count in pairs:
        found[key] = found.get(key, 0) + count
    return found
