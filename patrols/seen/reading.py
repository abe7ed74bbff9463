"""Reads the fixes of duties from given moments on, many duties at once.

What counts is what lies in a duty as the roster has it now: of one that was put right afterwards
the rest stays stored and counts no more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import numpy as np
from django.db import connection

from gis_server.geo import metric_xy
from patrols.intake import rows
from patrols.intake.partitions import midnight
from patrols.intake.tracks import TWO_DAYS, upheld, within
from patrols.models import Duty
from patrols.queries import duty_windows
from patrols.track import NOWHERE_DEG, Fixes, Floats, Means

WIRE = (
    ("duty", "i4"), ("at", "i8"), ("lon", "f8"), ("lat", "f8"), ("accuracy_m", "f4"),
    ("is_mock", "u1"), ("received_at", "i8"),
)  # fmt: skip
# The outer bounds choose the partitions, the inner ones the part of each member's index.
READ = """
    COPY (
        SELECT fix.duty_id, fix.at, fix.lon, fix.lat, COALESCE(fix.accuracy_m, 'NaN'), fix.is_mock,
            fix.received_at
        FROM unnest(%s::int[], %s::int[], %s::timestamptz[], %s::timestamptz[])
            AS asked (duty, member, begins, ends)
        JOIN patrols_fix AS fix ON fix.member_id = asked.member AND fix.duty_id = asked.duty
            AND fix.at >= asked.begins AND fix.at < asked.ends
        WHERE fix.at >= %s AND fix.at < %s
        ORDER BY fix.duty_id, fix.at, fix.device_id
    ) TO STDOUT (FORMAT binary)"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A duty whose track is to be worked out from a moment on, and what is needed for it.

    reads_from: which fixes are needed; None for all.
    """

    duty: int
    member: int
    day: date
    shift: int
    means: Means
    scope_code: str
    reads_from: float | None

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        begin = midnight(self.day)
        if self.reads_from is not None:
            begin = max(begin, datetime.fromtimestamp(self.reads_from, UTC))
        return begin, midnight(self.day) + TWO_DAYS


@dataclass(frozen=True, slots=True)
class Way:
    """The fixes of a duty that count, in the order of time; received: when each came in."""

    fixes: Fixes
    received: Floats


def ways(asked: Sequence[Asked]) -> dict[int, Way]:
    """The fixes of each duty, by its id; five queries.  Those in an upheld dispute do not count."""
    if not asked:
        return {}
    begins, ends = zip(*(one.bounds for one in asked), strict=True)
    duties, members = [one.duty for one in asked], [one.member for one in asked]
    args = [duties, members, list(begins), list(ends), min(begins), max(ends)]
    told = BytesIO()
    with connection.wrap_database_errors, connection.cursor() as cursor:
        # COPY takes no parameters; mogrify quotes them as execute would.
        cursor.copy_expert(cursor.mogrify(READ, args), told)
    found = rows.from_wire(WIRE, told.getvalue())
    whole = _way(found)
    t = whole.fixes.t
    disputed = upheld(members, min(begins), max(ends))
    turns = _turns(duties, min(begins), max(ends))
    made = {}
    for one in asked:
        first, last = np.searchsorted(found["duty"], [one.duty, one.duty + 1])
        keep = np.arange(first, last)
        keep = keep[within(t[keep], turns.get(one.duty, []))]
        keep = keep[~within(t[keep], disputed.get(one.member, []))]
        made[one.duty] = _of(whole, keep)
    return made


def _way(found: Any) -> Way:
    lon, lat = found["lon"].astype("f8"), found["lat"].astype("f8")
    x, y = metric_xy(lon, lat)
    nowhere = (np.abs(lon) < NOWHERE_DEG) & (np.abs(lat) < NOWHERE_DEG)
    fixes = Fixes(
        rows.seconds_of(found["at"]), x, y,
        found["accuracy_m"].astype("f8"), found["is_mock"] != 0, nowhere,
    )  # fmt: skip
    return Way(fixes, rows.seconds_of(found["received_at"]))


def _of(way: Way, keep: Any) -> Way:
    fixes = way.fixes
    return Way(
        Fixes(
            fixes.t[keep], fixes.x[keep], fixes.y[keep],
            fixes.accuracy_m[keep], fixes.is_mock[keep], fixes.is_nowhere[keep],
        ),
        way.received[keep],
    )  # fmt: skip


def _turns(
    duties: Sequence[int], begin: datetime, end: datetime
) -> Mapping[int, list[tuple[float, float]]]:
    """When each duty is in force, in seconds.  Three queries."""
    found: dict[int, list[tuple[float, float]]] = {}
    for window in duty_windows(Duty.objects.filter(pk__in=duties), begin, end):
        span = window.span.begin.timestamp(), window.span.end.timestamp()
        found.setdefault(window.duty.id, []).append(span)
    return found
