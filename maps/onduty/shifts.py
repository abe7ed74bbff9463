"""A shift of an area to be played again: who was on duty, and their tracks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from django.db import connection
from django.db.models import Count
from django.utils import timezone
from pyarrow import csv

from gis_server.geo import to_metric, to_wgs84
from gis_server.models import User
from grids.models import Division, Level
from maps.onduty.positions import duties_of
from maps.onduty.replay import Points, packed, runs
from patrols.models import Duty, Shift
from patrols.models.control import STREET_DIGITS
from patrols.roster import Span
from patrols.track import NOWHERE_DEG, Fixes, Means, track

MOST_PEOPLE = 150
"""Of one playing; the page then asks for a smaller area."""
MOST_POINTS = 120_000
FINEST_S, COARSEST_S = 15.0, 120.0
COLUMNS = {
    "member": pa.int32(), "t": pa.float64(), "lon": pa.float64(), "lat": pa.float64(),
    "accuracy": pa.float64(), "mock": pa.bool_(),
}  # fmt: skip
FIXES = """
COPY (
    SELECT member_id, extract(epoch FROM at)::float8, lon, lat, accuracy_m, is_mock
    FROM patrols_fix
    WHERE member_id = ANY(%s) AND duty_id = ANY(%s) AND at >= %s AND at < %s
    ORDER BY member_id, at
) TO STDOUT (FORMAT csv)"""


def choices(user: User, day: date) -> dict[str, Any]:
    """The shifts of a day that have duties in reach, with their number of duties by area.

    Three queries.
    """
    counted = (
        duties_of(user)
        .filter(day=day, withdrawn_at=None)
        .values_list("shift_id", "post__scope_code")
        .annotate(duties=Count("pk"))
        .order_by("shift_id", "post__scope_code")
    )
    rows = list(counted)
    shifts = Shift.objects.filter(pk__in={shift for shift, *_ in rows}).order_by("begins", "id")
    zone = timezone.get_default_timezone()
    return {
        "day": day.isoformat(),
        "shifts": [
            {
                "id": one.pk,
                "name": one.name,
                "duties": _duties(rows, one.pk),
                **_span(one, day, zone),
            }
            for one in shifts
        ],
        "areas": _areas(rows),
    }


def _duties(rows: Sequence[tuple[int, str, int]], shift: int) -> int:
    return sum(duties for pk, _code, duties in rows if pk == shift)


def _span(shift: Shift, day: date, zone: Any) -> dict[str, str]:
    span = shift.as_shift().span(day, zone)
    return {"begins": span.begin.isoformat(), "ends": span.end.isoformat()}


def _areas(rows: Sequence[tuple[int, str, int]]) -> list[dict[str, Any]]:
    """Streets and towns with duties, by their codes."""
    counts = dict[str, int]()
    for _shift, code, duties in rows:
        counts[code[:STREET_DIGITS]] = counts.get(code[:STREET_DIGITS], 0) + duties
    full = {code.ljust(12, "0"): code for code in counts}
    named = Division.objects.filter(code__in=full, level__in=[Level.STREET, Level.DISTRICT])
    names = {full[code]: name for code, name in named.values_list("code", "name")}
    return [
        {"code": code, "name": names.get(code, code), "duties": counts[code]}
        for code in sorted(counts)
    ]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a shift with the runs of their track, in degrees."""

    duty: Duty
    runs: list[Points]


def replay(user: User, day: date, shift: Shift, area: str, now: datetime) -> dict[str, Any]:
    """The tracks of a shift's duties in an area, in whole numbers (`maps.onduty.replay`).

    area: digits of a code; empty for all of the reach.  Of more than `MOST_PEOPLE` the first are
    told, by their posts; `total` says how many there are.  A fixed number of queries.
    """
    rows = duties_of(user).filter(day=day, shift=shift, withdrawn_at=None)
    if area:
        rows = rows.filter(post__scope_code__startswith=area)
    total = rows.count()
    duties = list(
        rows.select_related("member", "post").order_by("post__scope_code", "post_id", "id")
        [:MOST_PEOPLE]
    )  # fmt: skip
    span = shift.as_shift().span(day, timezone.get_default_timezone())
    step_s, people = _people(duties, span, now)
    begin = span.begin.timestamp()
    origin = _origin(people)
    return {
        "day": day.isoformat(),
        "shift": shift.name,
        "begins": span.begin.isoformat(),
        "ends": span.end.isoformat(),
        "origin": origin,
        "step_s": step_s,
        "total": total,
        "people": [_told(one, begin, origin) for one in people],
    }


def _told(person: Person, begin: float, origin: tuple[float, float]) -> dict[str, Any]:
    duty = person.duty
    return {
        "duty": duty.pk,
        "name": duty.member.name,
        "force": duty.member.force,
        "means": duty.member.means,
        "post": duty.post.name,
        "runs": [packed(t, lon, lat, begin, origin) for t, lon, lat in person.runs],
    }


def _origin(people: Iterable[Person]) -> tuple[float, float]:
    """The south-west corner of all."""
    lons = [lon.min() for one in people for _t, lon, _lat in one.runs]
    lats = [lat.min() for one in people for _t, _lon, lat in one.runs]
    return (round(float(min(lons)), 5), round(float(min(lats)), 5)) if lons else (0.0, 0.0)


def _people(duties: Sequence[Duty], span: Span, now: datetime) -> tuple[float, list[Person]]:
    """Everybody's runs, thinned so far that all of them are at most about `MOST_POINTS`."""
    of_member = dict(_fixes(duties, span))
    count = sum(len(fixes) for fixes in of_member.values())
    length = (span.end - span.begin).total_seconds()
    step_s = FINEST_S
    if count > MOST_POINTS:
        step_s = min(max(FINEST_S, np.ceil(len(of_member) * length / MOST_POINTS)), COARSEST_S)
    found = []
    for duty in duties:
        fixes = of_member.get(duty.member_id)
        known = [] if fixes is None else list(
            runs(track(fixes, Means(duty.member.means), now.timestamp()), step_s)
        )  # fmt: skip
        found.append(Person(duty, known))
    return step_s, _in_degrees(found)


def _in_degrees(people: Sequence[Person]) -> list[Person]:
    """All runs converted at once: each by itself would cost a call each."""
    flat = [run for one in people for run in one.runs]
    if not flat:
        return list(people)
    x, y = np.concatenate([run[1] for run in flat]), np.concatenate([run[2] for run in flat])
    lon, lat = _moved(to_wgs84, x, y)
    cuts = np.cumsum([len(run[0]) for run in flat])[:-1]
    parts = iter(
        [
            (run[0], east, north)
            for run, east, north in zip(flat, np.split(lon, cuts), np.split(lat, cuts), strict=True)
        ]
    )
    return [Person(one.duty, [next(parts) for _ in one.runs]) for one in people]


def _moved(how: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Coordinates through one of the conversions of `gis_server.geo`, as one geometry."""
    if len(x) == 1:
        point = how(shapely.Point(x[0], y[0]))
        return np.array([point.x]), np.array([point.y])
    moved = shapely.get_coordinates(how(shapely.linestrings(np.column_stack([x, y]))))
    return moved[:, 0], moved[:, 1]


def _fixes(duties: Sequence[Duty], span: Span) -> Iterator[tuple[int, Fixes]]:
    """The fixes of the duties by member, in metres.  One query, read as columns: rows of Python's
    own would cost ten times the time.
    """
    if not duties:
        return
    members = sorted({duty.member_id for duty in duties})
    values = [members, [duty.pk for duty in duties], span.begin, span.end]
    sink = BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(cursor.mogrify(FIXES, values).decode(), sink)
    if not sink.tell():
        return
    sink.seek(0)
    table = csv.read_csv(
        sink, csv.ReadOptions(column_names=list(COLUMNS)),
        csv.ParseOptions(),
        csv.ConvertOptions(column_types=COLUMNS, true_values=["t"], false_values=["f"]),
    )  # fmt: skip
    member, t, lon, lat = (table[name].to_numpy() for name in ("member", "t", "lon", "lat"))
    accuracy, mock = table["accuracy"].to_numpy(), table["mock"].to_numpy()
    nowhere = (np.abs(lon) < NOWHERE_DEG) & (np.abs(lat) < NOWHERE_DEG)
    x, y = _moved(to_metric, lon, lat)
    firsts = np.concatenate(([0], np.flatnonzero(np.diff(member)) + 1, [len(member)]))
    for first, last in zip(firsts[:-1].tolist(), firsts[1:].tolist(), strict=True):
        part = slice(first, last)
        yield (
            int(member[first]),
            Fixes(t[part], x[part], y[part], accuracy[part], mock[part], nowhere[part]),
        )
