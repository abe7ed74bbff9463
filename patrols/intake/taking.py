"""Takes positions of people on duty: the only place that writes fixes.

Only what lies in a duty is kept.  Order does not matter and repeats change nothing: the first of a
member, time and device stays.  What is new marks its duty's track as stale from its time on, and
the newest that can be believed becomes the last position, all in one transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from gis_server import live
from patrols.intake import rows, stale
from patrols.intake.duty_times import DutyTimes
from patrols.intake.limits import AHEAD_H
from patrols.intake.partitions import ensure_days, midnight
from patrols.intake.refusals import Refusal
from patrols.intake.rows import Array
from patrols.intake.spans import NOBODY, Spans
from patrols.models import NO_DEVICE, Device, How, Member
from patrols.osmand import Position
from patrols.track import FUTURE_S, NOWHERE_DEG, WORST_ACCURACY_M

TOPIC = "position"
QUARTER_S = 900
"""Midnight is at a multiple of this in every zone."""

WIRE = (
    ("member", "i4"), ("at", "i8"), ("device", "i4"), ("duty", "i4"), ("lon", "f8"), ("lat", "f8"),
    ("accuracy_m", "f4"), ("speed_ms", "f4"), ("bearing", "f4"), ("battery", "i2"),
    ("is_mock", "u1"), ("how", "i2"), ("received_at", "i8"),
)  # fmt: skip
NO_BATTERY = -1
ARRIVING = """
    CREATE TEMP TABLE IF NOT EXISTS patrols_fix_arriving (
        member_id integer, at timestamptz, device_id integer, duty_id integer,
        lon double precision, lat double precision, accuracy_m real, speed_ms real, bearing real,
        battery smallint, is_mock boolean, how smallint, received_at timestamptz
    ) ON COMMIT DELETE ROWS;
    SELECT EXISTS (SELECT FROM patrols_fix_arriving)"""
COPY = "COPY patrols_fix_arriving FROM STDIN (FORMAT binary)"
# What was sent in one group is without repeats and in the order of the key, so that two who write
# the same wait for each other in the same order.
KEEP = """
    WITH kept AS (
        INSERT INTO patrols_fix (member_id, at, device_id, duty_id, lon, lat, accuracy_m, speed_ms,
            bearing, battery, is_mock, how, received_at)
        SELECT member_id, at, device_id, duty_id, lon, lat, NULLIF(accuracy_m, 'NaN'),
            NULLIF(speed_ms, 'NaN'), NULLIF(bearing, 'NaN'), NULLIF(battery, -1), is_mock, how,
            received_at
        FROM patrols_fix_arriving
        ON CONFLICT DO NOTHING
        RETURNING member_id, device_id, duty_id, at
    )
    SELECT member_id, device_id, duty_id, count(*), min(at) FROM kept GROUP BY 1, 2, 3"""
LAST = """
    INSERT INTO patrols_lastposition (member_id, duty_id, at, received_at, point, accuracy_m,
        speed_ms, bearing, battery, scope_code)
    SELECT member, duty, at, received, ST_SetSRID(ST_MakePoint(lon, lat), 4326),
        NULLIF(accuracy, 'NaN'), NULLIF(speed, 'NaN'), NULLIF(bearing, 'NaN'), NULLIF(battery, -1),
        scope
    FROM unnest(%s::int[], %s::int[], %s::timestamptz[], %s::float8[], %s::float8[], %s::float8[],
        %s::float8[], %s::float8[], %s::smallint[], %s::text[])
        AS told (member, duty, at, lon, lat, accuracy, speed, bearing, battery, scope),
        (SELECT %s::timestamptz AS received) AS clock
    ORDER BY member
    ON CONFLICT (member_id) DO UPDATE SET duty_id = excluded.duty_id, at = excluded.at,
        received_at = excluded.received_at, point = excluded.point,
        accuracy_m = excluded.accuracy_m, speed_ms = excluded.speed_ms, bearing = excluded.bearing,
        battery = excluded.battery, scope_code = excluded.scope_code
    WHERE excluded.at > patrols_lastposition.at"""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one device or file sends at once.  fixes: an array of rows.FIX."""

    member: int
    device: int
    how: How
    fixes: Array


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a parcel: reasons has a `Refusal` for each of its fixes (int8)."""

    kept: int
    repeated: int
    reasons: Array

    @property
    def refused(self) -> int:
        return int(np.count_nonzero(self.reasons))

    def count(self, reason: Refusal) -> int:
        return int(np.count_nonzero(self.reasons == reason))


def take(
    member: Member, device: Device | None, positions: Sequence[Position], how: How, now: datetime
) -> Taken:
    """Take positions of one member and tell the wall; device: None for the phone page and files.

    Whoever calls has seen to it that the member is active and the device not revoked.
    """
    return take_columns(member, device, rows.columns_of(positions), how, now)


def take_columns(
    member: Member, device: Device | None, fixes: Array, how: How, now: datetime
) -> Taken:
    """The same of an array of rows.FIX."""
    parcel = Parcel(member.pk, device.pk if device else NO_DEVICE, how, fixes)
    with transaction.atomic():
        written = write([parcel], DutyTimes(), now)
        tell(written.codes)
    return written.taken[0]


@dataclass(frozen=True, slots=True)
class Written:
    """taken: of each parcel.  codes: of posts where somebody's last position has changed."""

    taken: list[Taken]
    codes: set[str]


def tell(codes: Iterable[str]) -> None:
    """Say that positions have changed there; last in the caller's transaction: `live.record`."""
    live.record(*live.by_street(TOPIC, codes))


@transaction.atomic(savepoint=False)
def write(parcels: Sequence[Parcel], duty_times: DutyTimes, now: datetime) -> Written:
    """Write what parcels hold, in the caller's transaction if there is one, and tell nobody yet.

    Of one member and device there is one parcel.

    Raises:
        ValueError: two parcels of one member and device, so nobody knows which has repeated which.
        OperationalError: the database is away; nothing of it was written.
    """
    if len({(one.member, one.device) for one in parcels}) < len(parcels):
        raise ValueError("two parcels of one member and device")
    load = Load.of(parcels)
    if not len(load.fixes):
        return Written([Taken(0, 0, np.zeros(0, np.int8)) for _ in parcels], set())
    t = load.fixes["t"]
    first, last = midnight(oldest_kept(now)).timestamp(), now.timestamp() + AHEAD_H * 3600
    # Nobody has to look for duties of a time that is not taken anyway.
    spans = duty_times.find(load.member, np.clip(t, first, last), now)
    turn = spans.at(load.member, t)
    reasons = np.where(turn == NOBODY, Refusal.OUTSIDE_DUTY, Refusal.TAKEN).astype(np.int8)
    reasons[t > last], reasons[t < first] = Refusal.AHEAD, Refusal.TOO_OLD
    chosen = _without_repeats(load, np.flatnonzero(reasons == Refusal.TAKEN))
    kept = _keep(load, chosen, spans, turn, now)
    codes = _note_last(load, chosen, spans, turn, kept, now)
    return Written(_told(parcels, reasons, kept), codes)


@dataclass(frozen=True, slots=True)
class Load:
    """All parcels one after the other; parcel: the place of each fix's parcel."""

    fixes: Array
    parcel: Array
    member: Array
    device: Array
    how: Array

    @classmethod
    def of(cls, parcels: Sequence[Parcel]) -> "Load":
        sizes = [len(one.fixes) for one in parcels]
        told = ([one.member for one in parcels], [one.device for one in parcels])
        member, device = (np.repeat(np.array(one, np.int64), sizes) for one in told)
        how = np.repeat(np.array([int(one.how) for one in parcels], np.int64), sizes)
        parcel = np.repeat(np.arange(len(parcels)), sizes)
        # Half a millisecond less than numpy.concatenate, which compares all fields each time.
        joined = bytearray().join(one.fixes.tobytes() for one in parcels)
        together = rows.tidy(np.frombuffer(joined, rows.FIX))
        return cls(together, parcel, member, device, how)


def oldest_kept(now: datetime) -> date:
    """The first day of which fixes are still kept."""
    return timezone.localdate(now) - timedelta(days=settings.PATROL_KEPT_DAYS)


def _without_repeats(load: Load, good: Array) -> Array:
    """The first of each member, time and device, in the order of the key."""
    keys = (load.device[good], rows.microseconds_of(load.fixes["t"][good]), load.member[good])
    order = np.lexsort(keys)
    sorted_keys = [key[order] for key in keys]
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = np.any([key[1:] != key[:-1] for key in sorted_keys], axis=0)
    return good[order[is_new]]


@dataclass(frozen=True, slots=True)
class Kept:
    """By member and device, how many are new."""

    of_parcel: dict[tuple[int, int], int]


def _keep(load: Load, chosen: Array, spans: Spans, turn: Array, now: datetime) -> Kept:
    """Write the chosen fixes and mark the tracks of what is new."""
    if not len(chosen):
        return Kept({})
    ensure_days(_days(load.fixes["t"][chosen]))
    duties = np.array([one.duty for one in spans.turns], np.int64)
    wire = _wire(load, chosen, duties[turn[chosen]], now)
    # COPY goes past Django, which would tell a database that is away as such: a full disk, say.
    with connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.execute(ARRIVING)
        if cursor.fetchone()[0]:
            # By what was written before in the same transaction; its end empties it for nothing.
            cursor.execute("TRUNCATE patrols_fix_arriving")
        cursor.copy_expert(COPY, BytesIO(wire))
        cursor.execute(KEEP)
        found = cursor.fetchall()
    counts: dict[tuple[int, int], int] = {}
    since: dict[int, datetime] = {}
    for member, device, duty, count, first in found:
        counts[member, device] = counts.get((member, device), 0) + count
        since[duty] = min(first, since.get(duty, first))
    stale.mark(since, now)
    return Kept(counts)


def _wire(load: Load, chosen: Array, duty: Array, now: datetime) -> bytes:
    fixes = load.fixes[chosen]
    battery = np.where(np.isnan(fixes["battery"]), NO_BATTERY, np.round(fixes["battery"]))
    columns = (
        load.member[chosen], rows.microseconds_of(fixes["t"]), load.device[chosen], duty,
        fixes["lon"], fixes["lat"], fixes["accuracy_m"], fixes["speed_ms"], fixes["bearing"],
        battery, fixes["is_mock"], load.how[chosen], rows.microseconds_of(now.timestamp()),
    )  # fmt: skip
    return rows.to_wire(WIRE, columns, len(chosen))


def _days(t: Array) -> set[date]:
    quarters = np.unique(np.floor(t / QUARTER_S)).tolist()
    return {timezone.localdate(_at(quarter * QUARTER_S)) for quarter in quarters}


def _note_last(
    load: Load, chosen: Array, spans: Spans, turn: Array, kept: Kept, now: datetime
) -> set[str]:
    """Where people are now: the newest fix of each that can be believed by itself; codes of
    their posts.
    """
    newest = _newest(load, chosen, now)
    newest = [one for one in newest if (load.member[one], load.device[one]) in kept.of_parcel]
    if not newest:
        return set()
    fixes, turns = load.fixes[newest], [spans.turns[one] for one in turn[newest]]
    battery = np.where(np.isnan(fixes["battery"]), NO_BATTERY, np.round(fixes["battery"]))
    told = (
        load.member[newest].tolist(), [one.duty for one in turns],
        [_at(t) for t in fixes["t"].tolist()],
        *(fixes[name].tolist() for name in ("lon", "lat", "accuracy_m", "speed_ms", "bearing")),
        battery.astype(int).tolist(), [one.code for one in turns], now,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(LAST, told)
    return {one.code for one in turns}


def _newest(load: Load, chosen: Array, now: datetime) -> list[int]:
    """Of each member the newest that has no flag by itself (`patrols.track`)."""
    fixes = load.fixes[chosen]
    is_nowhere = (np.abs(fixes["lon"]) < NOWHERE_DEG) & (np.abs(fixes["lat"]) < NOWHERE_DEG)
    inexact = (fixes["accuracy_m"] > WORST_ACCURACY_M) | (fixes["accuracy_m"] < 0)
    ahead = fixes["t"] > now.timestamp() + FUTURE_S
    sound = chosen[~(is_nowhere | inexact | ahead | fixes["is_mock"])]
    # In the order of the key: the last of each member is the newest.
    is_last = np.ones(len(sound), np.bool_)
    is_last[:-1] = load.member[sound[1:]] != load.member[sound[:-1]]
    return [int(one) for one in sound[is_last]]


def _told(parcels: Sequence[Parcel], reasons: Array, kept: Kept) -> list[Taken]:
    found, first = [], 0
    for parcel in parcels:
        own = reasons[first : first + len(parcel.fixes)]
        first += len(parcel.fixes)
        new = kept.of_parcel.get((parcel.member, parcel.device), 0)
        good = len(own) - int(np.count_nonzero(own))
        found.append(Taken(new, good - new, own))
    return found


def _at(t: Any) -> datetime:
    return datetime.fromtimestamp(t, UTC)
