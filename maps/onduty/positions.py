"""Who is on duty now and where they were last heard of; a fixed number of queries each.

Whether somebody may see it depends on the post of the duty (`post.scope_code`), never on who the
member is.  Whoever is not on duty at this moment is nowhere here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.gis.db.models.functions import Envelope
from django.db.models import QuerySet
from django.utils import timezone

from gis_server.models import User
from gis_server.roles import scope_q
from grids.models import Division, Level
from patrols import roster
from patrols.control import ControlLevel
from patrols.models import Duty, LastPosition, Need, Post
from patrols.models.control import STREET_DIGITS
from patrols.queries import duty_windows, levels_at
from patrols.roster import Window

MOST_PEOPLE = 5_000
STALE, OFFLINE = timedelta(seconds=120), timedelta(seconds=600)
"""Not heard of for so long: fades, and counts as offline (as Traccar has it)."""


def duties_of(user: User) -> QuerySet[Duty]:
    """Those of posts in reach."""
    return Duty.objects.filter(scope_q(user, "post__scope_code"))


def on_duty(user: User, now: datetime) -> list[Window]:
    """The duties in force at a moment, each once.  Three queries."""
    return duty_windows(duties_of(user), now, now)


def positions(user: User, now: datetime, since: datetime | None = None) -> dict[str, Any]:
    """Where those on duty were last, as GeoJSON; `on_duty` names all duties in force, also of
    those who were never heard of.

    since: only what was received after it, and `on_duty` is None: who has come and gone is asked
    for less often, since it costs a look at all duties of two days.  Four queries.
    """
    rows = LastPosition.objects.filter(scope_q(user, "scope_code"))
    rows = rows.select_related("member", "duty__post", "duty__shift").order_by("member_id")
    asked = duties_of(user)
    if since is not None:
        rows = rows.filter(received_at__gt=since)
        asked = asked.filter(pk__in=rows.order_by().values("duty"))
    running = {window.duty.id for window in duty_windows(asked, now, now)}
    features = [_feature(row, now) for row in rows.filter(duty__in=running)[:MOST_PEOPLE]]
    return {
        "type": "FeatureCollection",
        "now": now.isoformat(),
        "on_duty": sorted(running) if since is None else None,
        "features": features,
    }


def _feature(row: LastPosition, now: datetime) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": row.duty_id,
        "geometry": {
            "type": "Point",
            "coordinates": [round(row.point.x, 6), round(row.point.y, 6)],
        },
        "properties": {
            "duty": row.duty_id,
            "name": row.member.name,
            "force": row.member.force,
            "means": row.member.means,
            "post": row.duty.post.name,
            "shift": row.duty.shift.name,
            "at": row.at.isoformat(),
            "age_s": max(0, round((now - row.at).total_seconds())),
            **_motion(row),
        },
    }


def _motion(row: LastPosition) -> dict[str, Any]:
    return {
        "accuracy_m": row.accuracy_m,
        "speed_ms": row.speed_ms,
        "bearing": row.bearing,
        "battery": row.battery,
    }


def card(user: User, duty_id: int, now: datetime) -> dict[str, Any] | None:
    """All that the card of somebody on duty shows; None: no such duty in reach.

    The position is told only while the duty lasts.  Five queries.
    """
    rows = duties_of(user).filter(pk=duty_id, withdrawn_at=None)
    duty = rows.select_related("member", "post", "shift").first()
    if duty is None:
        return None
    windows = [one for one in duty_windows(rows, now, now) if one.duty.id == duty.pk]
    last = LastPosition.objects.filter(duty=duty).first() if windows else None
    span = duty.shift.as_shift().span(duty.day, timezone.get_default_timezone())
    return {
        "duty": duty.pk,
        "day": duty.day.isoformat(),
        "name": duty.member.name,
        "number": duty.member.number,
        "phone": duty.member.phone,
        "force": duty.member.force,
        "force_text": str(duty.member.get_force_display()),
        "means_text": str(duty.member.get_means_display()),
        "post": duty.post.name,
        "shift": duty.shift.name,
        "begins": span.begin.isoformat(),
        "ends": span.end.isoformat(),
        "task": duty.task or duty.post.task,
        "is_on_duty": bool(windows),
        "last": last and _last(last, now),
    }


def _last(row: LastPosition, now: datetime) -> dict[str, Any]:
    return {
        "lon": round(row.point.x, 6),
        "lat": round(row.point.y, 6),
        "at": row.at.isoformat(),
        "age_s": max(0, round((now - row.at).total_seconds())),
        **_motion(row),
    }


@dataclass(frozen=True, slots=True)
class Count:
    """Of one street or town at a moment.  missing: people short of what the level needs."""

    on_duty: int = 0
    heard: int = 0
    missing: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.on_duty + other.on_duty, self.heard + other.heard, self.missing + other.missing
        )


def summary(user: User, now: datetime) -> dict[str, Any]:
    """How many are on duty in each street or town of the reach, and how many are missing there.

    heard: those of whom something was heard within `OFFLINE`.  Eight queries.
    """
    running = on_duty(user, now)
    codes = dict(
        Duty.objects.filter(pk__in=[one.duty.id for one in running]).values_list(
            "pk", "post__scope_code"
        )
    )
    fresh = set(
        LastPosition.objects.filter(duty_id__in=codes, at__gte=now - OFFLINE).values_list(
            "duty_id", flat=True
        )
    )
    found = dict[str, Count]()
    for pk, code in codes.items():
        _count(found, code, Count(on_duty=1, heard=int(pk in fresh)))
    for code, missing in _missing(user, running, now):
        _count(found, code, Count(missing=missing))
    places = _places(found)
    streets = [
        {"code": code, **places.get(code, {"name": code, "box": None}), **_told(found[code])}
        for code in sorted(found)
    ]
    whole = sum(found.values(), Count())
    return {"now": now.isoformat(), **_told(whole), "streets": streets}


def _told(count: Count) -> dict[str, int]:
    return {"on_duty": count.on_duty, "heard": count.heard, "missing": count.missing}


def _count(found: dict[str, Count], code: str, more: Count) -> None:
    """Whoever's post is the district's counts for the district itself."""
    street = code[:STREET_DIGITS]
    found[street] = found.get(street, Count()) + more


def _places(codes: Iterable[str]) -> Mapping[str, dict[str, Any]]:
    """Name and box (west, south, east, north) of each street, town or district.  One query."""
    full = {code.ljust(12, "0"): code for code in codes}
    rows = Division.objects.filter(
        code__in=full, level__in=[Level.STREET, Level.DISTRICT]
    ).annotate(box=Envelope("shape"))
    return {
        full[code]: {"name": name, "box": box and list(box.extent)}
        for code, name, box in rows.values_list("code", "name", "box")
    }


def _missing(user: User, running: list[Window], now: datetime) -> list[tuple[str, int]]:
    """Codes of posts where people are missing now, and how many; as `roster.vacancies` counts."""
    there = dict[tuple[int, int], int]()
    for window in running:
        key = window.duty.post, window.duty.shift
        there[key] = there.get(key, 0) + 1
    return [
        (post.scope_code, missing)
        for post, shift, wanted in _needed(user, now)
        if (missing := wanted - there.get((post.pk, shift), 0)) > 0
    ]


def needed(user: User, at: datetime) -> int:
    """How many people posts in reach need at a moment: by the needs as they stand today, at the
    level in force then.  Two queries.
    """
    return sum(wanted for _post, _shift, wanted in _needed(user, at))


def _needed(user: User, at: datetime) -> Iterator[tuple[Post, int, int]]:
    """Each post and shift going on at a moment, with the people that are needed."""
    posts = Post.objects.filter(scope_q(user, "scope_code"), is_active=True)
    needs = Need.objects.filter(post__in=posts, shift__is_active=True)
    rows = list(needs.select_related("post", "shift"))
    return _wanted(rows, levels_at({row.post.scope_code for row in rows}, at), at)


def _wanted(
    rows: Iterable[Need], levels: Mapping[str, ControlLevel], now: datetime
) -> Iterator[tuple[Post, int, int]]:
    """Each post and shift going on now, with the people that the level in force needs."""
    of_post = dict[int, list[Need]]()
    for row in rows:
        of_post.setdefault(row.post_id, []).append(row)
    for own in of_post.values():
        post = own[0].post
        shifts = {row.shift_id: row.shift for row in own}
        needs = dict[ControlLevel, dict[int, int]]()
        for row in own:
            needs.setdefault(ControlLevel(row.level), {})[row.shift_id] = row.people
        wanted = roster.Post(post.pk, needs)
        for pk, shift in shifts.items():
            if is_going_on(shift.as_shift(), now):
                yield post, pk, wanted.need(levels[post.scope_code], pk)


def is_going_on(shift: roster.Shift, now: datetime) -> bool:
    """Whether a shift of today, or of yesterday past midnight, holds a moment."""
    zone, today = timezone.get_default_timezone(), timezone.localdate(now)
    return any(shift.span(day, zone).holds(now) for day in (today - timedelta(days=1), today))
