"""Rates before and after grids were redrawn, on common ground.

Events were counted in the grids of their day.  To compare, those of old grids are put on the new
ones by where households live (dasymetric weighting; `grids.crosswalk.on_new_ground`), and both are
told for 100 households and 30 days, with the households of today: the register has no past.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from gis_server.models import User
from grids.crosswalk import Points, crosswalk, homes, on_new_ground
from grids.plans.looking_back import past

HOUSEHOLDS, EVENTS = "households", "events"
PER_HOUSEHOLDS, PER_DAYS = 100, 30
SPANS = (7, 30, 90, 365)  # days before and after that are compared


@dataclass(frozen=True, slots=True)
class Rate:
    """One new grid.  before: events on its ground as estimated from the old grids; after: those
    counted in it.  Rates are for 100 households and 30 days, None where nobody lives.
    """

    code: str
    name: str
    households: float
    before: float
    after: float
    rate_before: float | None
    rate_after: float | None

    @property
    def grown(self) -> float | None:
        if self.rate_before is None or self.rate_after is None:
            return None
        return self.rate_after - self.rate_before


@dataclass(frozen=True)
class Rates:
    """days_before, days_after: how long the two spans are; the second ends today at the latest."""

    days_before: int
    days_after: int
    rows: list[Rate]


def rates(user: User, below: str, first: date, last: date, days: int) -> Rates:
    """The days up to and with `first`, on its grids, and those from `last` on, on its own.

    Raises:
        Invalid: not in the user's reach, or more grids or points than one answer holds.
    """
    past.check_reach(user, below)
    named = {one.code: one.name for one in past.drawn_on(last, below)}
    before, after = (past.shapes_on(day, below) for day in (first, last))
    boxes = past.boxes_of(before, after)
    end = min(last + timedelta(days=days), timezone.localdate() + timedelta(days=1))
    older = past.counted_in(boxes, first - timedelta(days=days - 1), first + timedelta(days=1))
    newer = past.counted_in(boxes, last, end)
    households = {HOUSEHOLDS: older[HOUSEHOLDS]} if HOUSEHOLDS in older else {}
    shares = crosswalk(before, after, households, least_area=past.LEAST_AREA_DEG2)
    living = _in_grids(after, newer.get(HOUSEHOLDS))
    events_before = on_new_ground(_in_grids(before, older.get(EVENTS)), shares, by=HOUSEHOLDS)
    events_after = _in_grids(after, newer.get(EVENTS))
    spans = days, max((end - last).days, 1)
    return Rates(*spans, [
        _row(code, named[code], living, (events_before, events_after), spans) for code in after
    ])  # fmt: skip


def _row(
    code: str,
    name: str,
    living: Mapping[str, float],
    events: tuple[Mapping[str, float], Mapping[str, float]],
    spans: tuple[int, int],
) -> Rate:
    households = living.get(code, 0.0)
    before, after = (of.get(code, 0.0) for of in events)
    rate_before, rate_after = (
        count / households * PER_HOUSEHOLDS * PER_DAYS / days if households else None
        for count, days in zip((before, after), spans, strict=True)
    )
    return Rate(code, name, households, before, after, rate_before, rate_after)


def _in_grids(shapes: past.Shapes, points: Points | None) -> dict[str, float]:
    """How much lies in each grid."""
    found: dict[str, float] = {}
    if points is not None:
        for code, weight in zip(homes(shapes, points.places), points.weights, strict=True):
            if code:
                found[code] = found.get(code, 0.0) + float(weight)
    return found
