"""How many events of each kind were open at a moment, told from their steps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from events.models.event import OPEN_VALUES
from events.workflow import MOVES, OVER

ENDS = sorted(action.value for action, move in MOVES.items() if move.after in OVER)
"""The steps by which an event is over."""
# Open then are some of those that are open now or were ended since; which, their last step before
# the moment says.
_OPEN = ", ".join(f"'{state}'" for state in OPEN_VALUES)
STOOD = f"""
    WITH asked AS (
        SELECT place, at FROM unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS m (at, place)
    ), near AS (
        SELECT id FROM events_event WHERE state IN ({_OPEN})
        UNION
        SELECT event_id FROM events_eventstep
        WHERE action = ANY (%(ends)s::text[]) AND at > (SELECT min(at) FROM asked)
    )
    SELECT asked.place, event.kind, count(*)
    FROM asked CROSS JOIN near JOIN events_event AS event ON event.id = near.id
    CROSS JOIN LATERAL (
        SELECT step.after FROM events_eventstep AS step
        WHERE step.event_id = event.id AND step.at <= asked.at ORDER BY step.id DESC LIMIT 1
    ) AS last
    WHERE event.scope_code LIKE ANY (%(prefixes)s::text[]) AND last.after IN ({_OPEN})
    GROUP BY 1, 2
"""  # noqa: S608 - our own words
FIRST = "SELECT min(at) FROM events_eventstep WHERE action = 'report'"


def open_at(reach: Sequence[str], moments: Sequence[datetime]) -> list[dict[str, int] | None]:
    """By kind (as it is called now) the events whose place lies in reach now, of each moment; kinds
    without any are left out.  Before the first event of all nothing is known: None.  Two queries.
    """
    values: dict[str, Any] = {
        "moments": list(moments),
        "ends": ENDS,
        "prefixes": [f"{prefix}%" for prefix in reach if prefix],
    }
    with connection.cursor() as cursor:
        cursor.execute(FIRST)
        [first] = cursor.fetchone()
        cursor.execute(STOOD, values)
        rows = cursor.fetchall()
    found: list[dict[str, int]] = [{} for _ in moments]
    for place, kind, count in rows:
        found[place - 1][kind] = count
    return [
        one if first is not None and first <= at else None
        for one, at in zip(found, moments, strict=True)
    ]
