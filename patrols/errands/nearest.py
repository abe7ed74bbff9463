"""Who on duty is nearest to a place."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point
from django.contrib.gis.measure import D

from gis_server.geo import to_metric
from gis_server.models import User
from gis_server.roles import scope_q
from patrols import streetnet
from patrols.errands.duties import rows_of, windows_at
from patrols.errands.streets import net_around
from patrols.models import Duty, LastPosition

MOST = 10
STALE_S = 600
"""A position that is older may be anywhere by now: those come last."""
FARTHEST = D(km=20)
LONGEST_DUTY = timedelta(hours=26)
MOST_FETCHED, MOST_LOOKED_AT = 2000, 300
"""So many of the nearest as the crow flies are measured along the streets."""


class By(StrEnum):
    """How a distance was measured."""

    STREET = "street"
    STRAIGHT = "straight"


@dataclass(frozen=True, slots=True)
class Near:
    """Somebody on duty; age_s: of the position.  distance_m: from there to the place."""

    duty: Duty
    position: LastPosition
    age_s: int
    distance_m: int
    by: By

    @property
    def is_stale(self) -> bool:
        return self.age_s > STALE_S


def nearest(user: User, place: Point, now: datetime, most: int = MOST) -> list[Near]:
    """People on duty at posts in the user's reach, the nearest first and stale positions last.

    Whoever has sent no position in this duty is not among them.  Seven queries at most.
    """
    positions = candidates(user, place, now)
    windows = windows_at(Duty.objects.filter(pk__in=[one.duty_id for one in positions]), now)
    positions = [one for one in positions if one.duty_id in windows][:MOST_LOOKED_AT]
    duties = {one.pk: one for one in rows_of(windows)}
    found = [
        Near(duties[one.duty_id], one, age_s(one, now), metres, by)
        for one, (metres, by) in zip(positions, measured(place, positions, now), strict=True)
    ]
    return sorted(found, key=lambda one: (one.is_stale, one.distance_m, one.duty.pk))[:most]


def candidates(user: User, place: Point, now: datetime) -> list[LastPosition]:
    rows = LastPosition.objects.filter(
        scope_q(user, "scope_code"),
        received_at__gt=now - LONGEST_DUTY,
        point__distance_lte=(place, FARTHEST),
    )
    return list(
        rows.annotate(apart=Distance("point", place)).order_by("apart", "pk")[:MOST_FETCHED]
    )


def age_s(position: LastPosition, now: datetime) -> int:
    return max(0, int((now - position.at).total_seconds()))


def measured(place: Point, positions: list[LastPosition], now: datetime) -> list[tuple[int, By]]:
    """Metres to each, along the streets where that can be told, else straight."""
    if not positions:
        return []
    points = [shapely.Point(one.point.x, one.point.y) for one in positions]
    here, *there = to_metric(np.array([shapely.Point(place.x, place.y), *points]))
    xs, ys = [float(one.x) for one in there], [float(one.y) for one in there]
    straight = np.hypot(np.array(xs) - here.x, np.array(ys) - here.y)
    net = net_around(here.x, here.y, now)
    ways = (
        np.full(len(xs), np.nan)
        if net is None
        else streetnet.distances(net, here.x, here.y, xs, ys)
    )
    return [
        (round(float(line)), By.STRAIGHT) if np.isnan(way) else (round(float(way)), By.STREET)
        for line, way in zip(straight, ways, strict=True)
    ]


def item(near: Near) -> dict[str, Any]:
    """As the wall reads it."""
    return {
        "duty": near.duty.pk,
        "member": near.duty.member.name,
        "force": str(near.duty.member.get_force_display()),
        "means": near.duty.member.means,
        "post": near.duty.post.name,
        "lon": near.position.point.x,
        "lat": near.position.point.y,
        "at": near.position.at.isoformat(),
        "age_s": near.age_s,
        "is_stale": near.is_stale,
        "distance_m": near.distance_m,
        "by": near.by.value,
    }
