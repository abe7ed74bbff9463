"""The database: whether it answers, how much room is left in it, and what has run for too long."""

import time
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_server.watch import words
from gis_server.watch.readings import Found, Reading, Sample, State, Watch, judged

# What others' sessions do is hidden from a role that is not theirs: those count as doing nothing.
LOOK = """
    SELECT count(*),
           current_setting('max_connections')::int
               - current_setting('superuser_reserved_connections')::int,
           coalesce(max(extract(epoch FROM clock_timestamp() - query_start))
               FILTER (WHERE own AND state = 'active'), 0)::float8,
           coalesce(max(extract(epoch FROM clock_timestamp() - xact_start))
               FILTER (WHERE own AND state LIKE 'idle in transaction%'), 0)::float8,
           count(*) FILTER (WHERE own AND wait_event_type = 'Lock'),
           pg_database_size(current_database()),
           (SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()),
           extract(epoch FROM clock_timestamp())::float8
    FROM (SELECT *, datname = current_database() AND pid <> pg_backend_pid() AS own
          FROM pg_stat_activity WHERE backend_type = 'client backend') AS session"""
METRICS = {
    "gis_database_answer_seconds": "How long one statement took to be answered.",
    "gis_database_connections": "Connections of clients to the database server, all databases.",
    "gis_database_connections_most": "How many there may be.",
    "gis_database_longest_statement_seconds": "Age of the oldest statement that runs.",
    "gis_database_idle_transaction_seconds": "Age of the oldest transaction left open.",
    "gis_database_waiting_for_locks": "Sessions that wait for a lock.",
    "gis_database_bytes": "Size of the database.",
    "gis_database_deadlocks_total": "Deadlocks that the database has ended.",
    "gis_clock_difference_seconds": "Clock of this machine less that of the database.",
}


def find(now: datetime) -> Found:
    """One statement."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(LOOK)
        used, most, longest_s, idle_s, locked, size, deadlocks, clock_s = cursor.fetchone()
    took_s = time.monotonic() - began
    # The database read its clock in between.
    ahead_s = time.time() - took_s / 2 - clock_s
    values = (took_s, used, most, longest_s, idle_s, locked, size, deadlocks or 0, ahead_s)
    samples = [Sample(name, float(value)) for name, value in zip(METRICS, values, strict=True)]
    readings = [
        _answers(took_s),
        _connections(used, most),
        _longest(longest_s),
        _left_open(idle_s, locked),
        Reading(_("Size of the database"), words.size(size), State.GOOD),
        _clock(ahead_s),
    ]
    return Found(samples, readings)


def _answers(took_s: float) -> Reading:
    state = judged(took_s, doubtful=0.25, bad=1.0)
    todo = _("The database or its disk is overloaded: look at what runs below, then at the disk.")
    return _reading(
        _("Database answers"),
        _("within %(length)s") % {"length": words.length(took_s)},
        state,
        todo,
    )


def _connections(used: int, most: int) -> Reading:
    state = judged(used / max(1, most), doubtful=0.8, bad=0.95)
    told = _("%(used)d of %(most)d") % {"used": used, "most": most}
    todo = _(
        "Raise max_connections in PostgreSQL, or run fewer processes; when none is left, pages"
        " fail."
    )
    return _reading(_("Connections in use"), told, state, todo)


def _longest(longest_s: float) -> Reading:
    state = judged(longest_s, doubtful=60, bad=600)
    todo = _(
        "Look it up with: SELECT pid, query_start, query FROM pg_stat_activity ORDER BY"
        " query_start; end it with pg_cancel_backend(pid) where nobody waits for it."
    )
    told = words.length(longest_s) if longest_s else _("nothing runs")
    return _reading(_("Longest statement that runs"), told, state, todo)


def _left_open(idle_s: float, locked: int) -> Reading:
    state = judged(idle_s, doubtful=60, bad=600)
    if not locked and not idle_s:
        told = _("none")
    else:
        told = _("for %(length)s; %(locked)d wait for a lock") % {
            "length": words.length(idle_s),
            "locked": locked,
        }
    todo = _(
        "A program holds a transaction open: find it in pg_stat_activity (state “idle in"
        " transaction”) and end it with pg_terminate_backend(pid)."
    )
    return _reading(_("Transactions left open"), told, state, todo)


def _clock(ahead_s: float) -> Reading:
    state = judged(abs(ahead_s), doubtful=2, bad=30)
    told = _("%(length)s apart") % {"length": words.length(abs(ahead_s))}
    todo = _("Turn on time synchronization (chrony or systemd-timesyncd) on both machines.")
    return _reading(_("Clocks of this machine and the database"), told, state, todo)


def _reading(what: str, told: str, state: State, todo: str) -> Reading:
    return Reading(what, told, state, "" if state is State.GOOD else todo)


WATCHES = (
    Watch(
        "database",
        gettext_lazy("Database"),
        METRICS,
        find,
        gettext_lazy(
            "Look whether PostgreSQL runs and its disk has room; one of our own is started again by"
            " itself. Nothing that was confirmed is lost, and phones keep what they could not send."
        ),
    ),
)
