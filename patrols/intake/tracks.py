"""Reads fixes back as tracks; what of them is believed is worked out when it is asked.

Fixes in a dispute that was upheld are there, but count for no track.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
from django.db import connection

from gis_server.geo import metric_xy
from patrols.intake import rows
from patrols.intake.partitions import midnight
from patrols.intake.rows import Array
from patrols.models import Dispute, Duty
from patrols.track import NOWHERE_DEG, Bools, Fixes, Floats, Means, Numbers, Track, track

TWO_DAYS = timedelta(days=2)
"""A shift ends no later than that after the day on which it begins has begun."""
WIRE = (
    ("duty", "i4"), ("at", "i8"), ("lon", "f8"), ("lat", "f8"), ("accuracy_m", "f4"),
    ("speed_ms", "f4"), ("bearing", "f4"), ("battery", "i2"), ("is_mock", "u1"), ("how", "i2"),
    ("received_at", "i8"),
)  # fmt: skip
READ = """
    COPY (
        SELECT duty_id, at, lon, lat, COALESCE(accuracy_m, 'NaN'), COALESCE(speed_ms, 'NaN'),
            COALESCE(bearing, 'NaN'), COALESCE(battery, -1::smallint), is_mock, how, received_at
        FROM patrols_fix WHERE {what} ORDER BY {order}
    ) TO STDOUT (FORMAT binary)"""
OF_MEMBER = "member_id = %s AND at >= %s AND at < %s"
OF_DUTIES = "member_id = ANY(%s) AND at >= %s AND at < %s AND duty_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Held:
    """Fixes as they were sent, arrays of one length, in the order of time.

    t, received: seconds since 1970.  x, y: metres of `metric_srid()`.  accuracy_m, speed_ms,
    bearing, battery: NaN where the phone says nothing.  how: see `How`.
    """

    duty: Numbers
    t: Floats
    received: Floats
    lon: Floats
    lat: Floats
    x: Floats
    y: Floats
    accuracy_m: Floats
    speed_ms: Floats
    bearing: Floats
    battery: Floats
    is_mock: Bools
    how: Numbers
    is_disputed: Bools
    """In a dispute that was upheld."""

    def __len__(self) -> int:
        return len(self.t)

    def part(self, which: Any) -> "Held":
        """Those that a mask or slice chooses."""
        return Held(*(getattr(self, name)[which] for name in self.__slots__))

    def counting(self) -> "Held":
        """Without those in an upheld dispute."""
        return self.part(~self.is_disputed)

    @property
    def fixes(self) -> Fixes:
        nowhere = (np.abs(self.lon) < NOWHERE_DEG) & (np.abs(self.lat) < NOWHERE_DEG)
        return Fixes(self.t, self.x, self.y, self.accuracy_m, self.is_mock, nowhere)

    def track(self, means: Means) -> Track:
        """What they come to; its flags are in the order of these fixes."""
        return track(self.fixes, means, self.received)


def held_of(member_id: int, begin: datetime, end: datetime) -> Held:
    """A member's fixes from `begin` to before `end`.  Two queries."""
    told = _read(OF_MEMBER, "at, device_id", [member_id, begin, end])
    return _held(told, upheld([member_id], begin, end).get(member_id, []))


def fixes_of(member_id: int, begin: datetime, end: datetime) -> Fixes:
    """The fixes of a member that count, from `begin` to before `end`, in the order of time.

    Whether one lay ahead of our clock depends on when it was received: for flags use
    `held_of(…).track(means)`.  Two queries.
    """
    return held_of(member_id, begin, end).counting().fixes


def held_of_duties(duties: Sequence[Duty]) -> Iterator[tuple[Duty, Held]]:
    """What was sent in each of these duties.  Two queries, and the fixes of all in memory: a
    district's day of 2.5 million is 200 MB.
    """
    if not duties:
        return
    days = [one.day for one in duties]
    begin, end = midnight(min(days)), midnight(max(days)) + TWO_DAYS
    ids, members = [one.pk for one in duties], sorted({one.member_id for one in duties})
    told = _read(OF_DUTIES, "duty_id, at, device_id", [members, begin, end, ids])
    disputes = upheld(members, begin, end)
    # A column of the wire is neither in one piece nor in this machine's order: once is enough.
    numbers = told["duty"].astype(np.int64)
    for duty in duties:
        first, last = np.searchsorted(numbers, [duty.pk, duty.pk + 1])
        yield duty, _held(told[first:last], disputes.get(duty.member_id, []))


def tracks_of(duties: Sequence[Duty]) -> Iterator[tuple[Duty, Track]]:
    """The track of each duty, of fixes that count; `duty.member` is read.  Two queries."""
    for duty, held in held_of_duties(duties):
        yield duty, held.counting().track(Means(duty.member.means))


def track_of(duty: Duty) -> Track:
    """The track of a duty, of fixes that count, in metres of `metric_srid()`.  Two queries."""
    return next(iter(tracks_of([duty])))[1]


def _read(what: str, order: str, args: Sequence[object]) -> Array:
    told = BytesIO()
    with connection.wrap_database_errors, connection.cursor() as cursor:
        # COPY takes no parameters; mogrify quotes them as execute would.
        cursor.copy_expert(cursor.mogrify(READ.format(what=what, order=order), args), told)
    return rows.from_wire(WIRE, told.getvalue())


def _held(told: Array, disputes: Iterable[tuple[float, float]]) -> Held:
    lon, lat = told["lon"].astype("f8"), told["lat"].astype("f8")
    x, y = metric_xy(lon, lat)
    t = rows.seconds_of(told["at"])
    battery = told["battery"].astype("f8")
    battery[battery < 0] = np.nan
    return Held(
        told["duty"].astype(np.int64), t, rows.seconds_of(told["received_at"]), lon, lat,
        x, y, told["accuracy_m"].astype("f8"),
        told["speed_ms"].astype("f8"), told["bearing"].astype("f8"), battery, told["is_mock"] != 0,
        told["how"].astype(np.int64), within(t, disputes),
    )  # fmt: skip


def within(t: Floats, spans: Iterable[tuple[float, float]]) -> Bools:
    """Which times lie in one of the spans, from the first to before the second of each."""
    found = np.zeros(len(t), np.bool_)
    for begin, end in spans:
        found |= (t >= begin) & (t < end)
    return found


def upheld(
    members: Sequence[int], begin: datetime, end: datetime
) -> dict[int, list[tuple[float, float]]]:
    """Of each member the times of upheld disputes, in seconds.  One query."""
    rows_ = Dispute.objects.filter(
        member_id__in=members, is_upheld=True, begin__lt=end, end__gt=begin
    )
    found: dict[int, list[tuple[float, float]]] = {}
    for member, first, last in rows_.values_list("member_id", "begin", "end"):
        found.setdefault(member, []).append((first.timestamp(), last.timestamp()))
    return found


def day_span(day: date) -> tuple[datetime, datetime]:
    """From when to before when a day lasts."""
    return midnight(day), midnight(day + timedelta(days=1))
