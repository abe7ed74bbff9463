"""Events as they stood at a moment, told from their steps alone, and what counts as what.

`CASES` is one row an event that has to do with the period; `TERMS` are the definitions of
docs/design/event-figures.md, each once, for tables, plots, lists and briefings alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from events.counting.share import NAMES

# What happened after `known_at` is not known yet.  Which events: those one of whose steps set a due
# time in the period (BRIN index `event_steps_by_due`), or that were reported, accepted, filed or
# closed in it (index `event_steps_by_action`).
CASES = """
    WITH touched AS (
        SELECT event_id FROM events_eventstep
        WHERE close_due >= %(start)s AND close_due < %(end)s AND at <= %(known_at)s
        UNION
        SELECT event_id FROM events_eventstep
        WHERE action IN ('report', 'accept', 'file', 'close')
          AND at >= %(start)s AND at < %(end)s AND at <= %(known_at)s
    ), here AS (
        SELECT e.id, e.kind, e.category_id, e.severity, e.source, e.grid_then_code AS code
        FROM touched JOIN events_event AS e ON e.id = touched.event_id
        WHERE e.grid_then_code LIKE ANY (%(prefixes)s)
          AND (%(kind)s = '' OR e.kind = %(kind)s)
          AND (%(category)s = 0 OR e.category_id = %(category)s)
          AND (%(severity)s = '' OR e.severity = %(severity)s)
          AND (%(source)s = '' OR e.source = %(source)s)
    ), cases AS (
        SELECT here.kind, here.category_id, here.severity, here.source, here.code, here.id,
            stands.*, stands.filed_at IS NOT NULL AND stands.state <> 'merged'
                AND stands.close_due >= %(start)s AND stands.close_due < %(end)s AS is_due
        FROM here CROSS JOIN LATERAL (
            -- Event by event, for the steps of one lie together; by one join of all it took three
            -- times as long for a month.
            SELECT min(s.at) FILTER (WHERE s.action = 'report') AS reported_at,
                min(s.at) FILTER (WHERE s.action = 'accept') AS accepted_at,
                min(s.at) FILTER (WHERE s.action = 'file') AS filed_at,
                max(s.at) FILTER (WHERE s.action = 'close') AS closed_at,
                (array_agg(s.level ORDER BY s.id DESC) FILTER (WHERE s.action = 'close'))[1]
                    AS closed_level,
                (array_agg(s.after ORDER BY s.id DESC))[1] AS state,
                (array_agg(s.close_due ORDER BY s.id DESC))[1] AS close_due,
                bool_or(s.action = 'rework') AS is_reworked,
                bool_or(s.action = 'supervise') AS is_supervised
            FROM events_eventstep AS s WHERE s.event_id = here.id AND s.at <= %(known_at)s
        ) AS stands
    )
"""
_IN_PERIOD = "{0} >= %(start)s AND {0} < %(end)s"
_CLOSED = "is_due AND state = 'closed'"
_ENDED = _IN_PERIOD.format("closed_at")
TERMS: dict[str, str] = {
    "reported": _IN_PERIOD.format("reported_at"),
    "accepted": _IN_PERIOD.format("accepted_at"),
    "filed": _IN_PERIOD.format("filed_at"),
    "ended": f"state = 'closed' AND {_ENDED}",
    "due": "is_due",
    "closed": _CLOSED,
    "on_time": f"{_CLOSED} AND closed_at <= close_due",
    "overdue": (
        "is_due AND CASE WHEN state = 'closed' THEN closed_at > close_due"
        " ELSE close_due < %(known_at)s END"
    ),
    "reworked": "is_due AND is_reworked",
    "supervised": "is_due AND is_supervised",
    "at_community": f"{_CLOSED} AND closed_level = 'community'",
    "at_street": f"{_CLOSED} AND closed_level = 'street'",
    "at_district": f"{_CLOSED} AND closed_level = 'district'",
}
SUMS = ", ".join(f"count(*) FILTER (WHERE {TERMS[name]})" for name in NAMES)


@dataclass(frozen=True, slots=True)
class Asked:
    """start, end: the period, the end not in it.  known_at: what came later does not count.

    prefixes: of the codes of the grids in which events lay when they were received; none: nothing.
    category: the id of an entry of the catalogue, 0 for all; "" for all of the others.
    """

    start: datetime
    end: datetime
    known_at: datetime
    prefixes: Sequence[str]
    kind: str = ""
    category: int = 0
    severity: str = ""
    source: str = ""

    def values(self) -> dict[str, Any]:
        """Parameters of a statement; prefixes are digits, so LIKE takes them as they are."""
        return {
            "start": self.start,
            "end": self.end,
            "known_at": self.known_at,
            "prefixes": [f"{one}%" for one in self.prefixes if one],
            "kind": self.kind,
            "category": self.category,
            "severity": self.severity,
            "source": self.source,
        }
