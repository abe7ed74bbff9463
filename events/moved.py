"""What a boundary plan in force does to open events whose place lies in another grid since.

The event keeps the grid of its day (`grid_then`) for ever, and its tasks stay with their units; the
grid it lies in now is proposed by a step, which both sides hear.
"""

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from events.models.event import OPEN_VALUES
from gis_server import live
from gis_server.roles import Permission
from grids.plans.effects.counting import Figure, Source
from grids.plans.moving import Moved

# What `grids.plans.effects.impact` counts of them while a plan is drawn.
_OPEN_STATES = ", ".join(f"'{state}'" for state in OPEN_VALUES)
SOURCE = Source(
    pgettext_lazy("one place", "Open event"), "events_event", "place.number", "event",
    {"open_events": "1"}, f"place.state IN ({_OPEN_STATES})", Permission.SEE_EVENTS,
)  # fmt: skip
FIGURE = Figure(gettext_lazy("Open events"))

STEPS = """
    WITH mine AS (
        SELECT event.*, moved.was_code, moved.code AS now_code
        FROM {rows} AS moved JOIN events_event AS event ON event.id = moved.id
        WHERE event.state = ANY (%(open)s)
    ), told AS (
        INSERT INTO events_eventstep (event_id, at, user_id, who, action, before, after, level,
            close_due, unit, note, photos, detail)
        SELECT id, %(now)s, NULL, '', 'note', state, state, level, close_due, '',
               left(replace(replace(%(note)s, '{{was}}', was_code),
                            '{{now}}', coalesce(now_code, '–')), 500),
               '[]', jsonb_build_object('plan', %(plan)s::bigint, 'grid_before', was_code,
                                        'grid_proposed', now_code)
        FROM mine RETURNING id, event_id
    )
    UPDATE events_event AS event SET last_step_id = told.id FROM told, mine
    WHERE event.id = told.event_id AND mine.id = event.id
    RETURNING event.id, event.number, event.state, event.severity, event.level, mine.was_code,
              event.scope_code"""


def tell(moved: Moved) -> None:
    """Note on each open event, in the caller's transaction, which grid it lay in and lies in now;
    browsers of both territories hear of it.
    """
    words = _(
        "By the boundary plan “%(document)s” this place belongs to grid %(now)s, before to %(was)s."
    )
    note = words % {"document": moved.plan.document, "now": "{now}", "was": "{was}"}
    values: dict[str, Any] = {
        "open": OPEN_VALUES,
        "now": moved.now,
        "note": note,
        "plan": moved.plan.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(STEPS.format(rows=moved.rows), values)
        rows = cursor.fetchall()
    live.record(
        *(
            live.Change("event", str(row[0]), scope, _shown(*row[1:5]))
            for row in rows
            for scope in dict.fromkeys(row[5:])
        )
    )


def _shown(number: str, state: str, severity: str, level: str) -> dict[str, str]:
    """As `steps.change_of` tells of any step."""
    return {
        "number": number,
        "state": state,
        "severity": severity,
        "level": level,
        "action": "note",
    }
