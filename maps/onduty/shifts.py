"""A shift of an area to be played again: who was on duty, and their tracks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db.models import Count
from django.utils import timezone

from gis_server.geo import lon_lat
from gis_server.models import User
from grids.models import Division, Level
from maps.onduty.positions import duties_of
from maps.onduty.replay import Points, packed, runs
from patrols.intake.tracks import tracks_of
from patrols.models import Duty, Shift
from patrols.models.control import STREET_DIGITS
from patrols.roster import Span

MOST_PEOPLE = 150
"""Of one playing; the page then asks for a smaller area."""
MOST_POINTS = 120_000
FINEST_S, COARSEST_S = 15.0, 120.0


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


def replay(
    user: User, day: date, shift: Shift, area: str, most: int | None = None
) -> dict[str, Any]:
    """The tracks of a shift's duties in an area, in whole numbers (`maps.onduty.replay`).

    area: digits of a code; empty for all of the reach.  Of more than `most` (`MOST_PEOPLE`) the
    first are told, by their posts; `total` says how many there are.  A fixed number of queries.
    """
    rows = duties_of(user).filter(day=day, shift=shift, withdrawn_at=None)
    if area:
        rows = rows.filter(post__scope_code__startswith=area)
    total = rows.count()
    duties = list(
        rows.select_related("member", "post").order_by("post__scope_code", "post_id", "id")
        [: most or MOST_PEOPLE]
    )  # fmt: skip
    span = shift.as_shift().span(day, timezone.get_default_timezone())
    step_s, people = _people(duties, span)
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


def _people(duties: Sequence[Duty], span: Span) -> tuple[float, list[Person]]:
    """Everybody's runs, thinned so far that all of them are at most about `MOST_POINTS`."""
    tracks = list(tracks_of(duties))
    length = (span.end - span.begin).total_seconds()
    step_s = FINEST_S
    if sum(len(track.t) for _, track in tracks) > MOST_POINTS:
        step_s = min(max(FINEST_S, np.ceil(len(tracks) * length / MOST_POINTS)), COARSEST_S)
    people = [Person(duty, list(runs(track, step_s))) for duty, track in tracks]
    return step_s, _in_degrees(people)


def _in_degrees(people: Sequence[Person]) -> list[Person]:
    """All runs converted at once: each by itself would cost a call each."""
    flat = [run for one in people for run in one.runs]
    if not flat:
        return list(people)
    x, y = np.concatenate([run[1] for run in flat]), np.concatenate([run[2] for run in flat])
    lon, lat = lon_lat(x, y)
    cuts = np.cumsum([len(run[0]) for run in flat])[:-1]
    parts = iter(
        [
            (run[0], east, north)
            for run, east, north in zip(flat, np.split(lon, cuts), np.split(lat, cuts), strict=True)
        ]
    )
    return [Person(one.duty, [next(parts) for _ in one.runs]) for one in people]
