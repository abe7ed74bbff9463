"""Two plans or days beside each other: the grids of each, and how they differ.

A side is the map of a day, or the map as a plan leaves it: of a plan that is or was in force that
of its day; of one that is still on its way the map of today with what it changes; of one that was
withdrawn the same on its base day.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.edge import EARLIEST_DAY, LATEST_DAY
from gis_server.errors import Invalid
from gis_server.geo import to_metric
from gis_server.models import User
from gis_server.roles import covers
from grids.codes import GRID_DIGITS
from grids.models import BoundaryPlan, PlanChange
from grids.plan.faces import same_land
from grids.plan_flow import PUBLISHED, PlanState
from grids.plans import rows
from grids.plans.looking_back import past


@dataclass(frozen=True, slots=True)
class Drawn:
    """A grid of a side; shape in WGS84 degrees."""

    code: str
    name: str
    shape: shapely.Polygon


Grids = Mapping[int | str, Drawn]


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    asked: what was asked for, a day or a plan's number.  grids: by who they are, whatever they are
    called: the grid's id, or of one that is not born yet its code.
    """

    asked: str
    day: date
    plan: BoundaryPlan | None
    grids: Grids


class Change(StrEnum):
    BORN = "born"
    RETIRED = "retired"
    RESHAPED = "reshaped"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class Difference:
    """A grid that is not the same on both sides; before, after: None where it is not there.

    areas: square metres, 0 where it is not there.
    """

    change: Change
    before: Drawn | None
    after: Drawn | None
    area_before_m2: float
    area_after_m2: float

    @property
    def code(self) -> str:
        return self._one.code

    @property
    def name(self) -> str:
        return self._one.name

    @property
    def _one(self) -> Drawn:
        one = self.after or self.before
        if one is None:
            raise ValueError("a difference of nothing")
        return one

    @property
    def was(self) -> str:
        """Code and name before, where the grid has others now."""
        if not (self.before and self.after):
            return ""
        old, new = self.before, self.after
        both = [one for one, other in ((old.code, new.code), (old.name, new.name)) if one != other]
        return " ".join(both)

    @property
    def grown_m2(self) -> float:
        return self.area_after_m2 - self.area_before_m2


def asked_plan(text: str, user: User) -> BoundaryPlan | None:
    """The plan that a text names by its number; None where it is no number.

    Raises:
        NotFound: no such plan in the user's reach.
    """
    if not re.fullmatch(r"[0-9]{1,9}", text):
        return None
    return rows.found(int(text), user)


def day_asked(text: str) -> date:
    """Raises Invalid."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        told = _("“%(text)s” is neither a day such as 2026-03-31 nor the number of a plan.")
        raise Invalid(told % {"text": text[:20]})
    return day


def side(text: str, user: User, below: str) -> Side:
    """
    Args:
        text: a day, or the number of a plan.
        below: digits of the territory whose grids are compared.

    Raises:
        NotFound: no such plan in the user's reach.
        Invalid: neither a day nor a plan; a territory that is not the user's, or too large.
    """
    if not covers(user.reach, below):
        raise Invalid(_("Say which part of your territory: the first digits of its code."))
    plan = asked_plan(text, user)
    day = day_asked(text) if plan is None else day_of(plan)
    grids: Grids = {
        row.grid_id: Drawn(row.code, row.name, row.shape) for row in past.drawn_on(day, below)
    }
    if plan is None or PlanState(plan.state) in PUBLISHED:
        return Side(text, day, plan, grids)
    changes = plan.changes.order_by("id")
    return Side(text, day, plan, _with(grids, changes, below))


def day_of(plan: BoundaryPlan) -> date:
    """The day whose map a plan is shown on."""
    if PlanState(plan.state) in PUBLISHED and plan.effective_on:
        return plan.effective_on
    return plan.base_day if plan.state == PlanState.WITHDRAWN.value else timezone.localdate()


def usual_before(plan: BoundaryPlan) -> date:
    """The day with which a plan is compared when nobody says: the map that it changes."""
    day = day_of(plan)
    return day - timedelta(days=1) if PlanState(plan.state) in PUBLISHED else day


def _with(grids: Grids, changes: Iterable[PlanChange], below: str) -> Grids:
    after = dict(grids)
    for one in changes:
        code = one.code_after or one.code_before
        if len(code) != GRID_DIGITS or not code.startswith(below):
            continue
        key = one.grid_id or one.code_after
        after.pop(key, None)
        if one.after is not None:
            shape = shapely.from_wkb(bytes(one.after.wkb))
            after[key] = Drawn(one.code_after, one.name_after, shape)
    return after


def differences(one: Side, other: Side) -> list[Difference]:
    """The grids that are not the same on both sides, by code."""
    before, after = one.grids, _matched(one.grids, other.grids)
    keys = [key for key in {**before, **after} if _differ(before.get(key), after.get(key))]
    pairs = [(before.get(key), after.get(key)) for key in keys]
    areas = [_areas(list(sides)) for sides in zip(*pairs, strict=True)] if pairs else [[], []]
    found = [
        Difference(_change(old, new), old, new, area_old, area_new)
        for (old, new), area_old, area_new in zip(pairs, *areas, strict=True)
    ]
    return sorted(found, key=lambda difference: difference.code)


def _matched(before: Grids, after: Grids) -> Grids:
    """A grid that is not born yet is the one that is there under its code on the other side."""
    codes = {drawn.code: key for key, drawn in before.items()}
    found = {}
    for key, drawn in after.items():
        old = codes.get(drawn.code, key)
        is_unborn = isinstance(key, str) or isinstance(old, str)
        found[old if is_unborn and old not in after else key] = drawn
    return found


def _differ(old: Drawn | None, new: Drawn | None) -> bool:
    if old is None or new is None:
        return True
    if old is new:
        return False
    return (old.code, old.name) != (new.code, new.name) or not same_land(old.shape, new.shape)


def _change(old: Drawn | None, new: Drawn | None) -> Change:
    if old is None:
        return Change.BORN
    if new is None:
        return Change.RETIRED
    return Change.RENAMED if same_land(old.shape, new.shape) else Change.RESHAPED


def _areas(sides: list[Drawn | None]) -> list[float]:
    """Square metres, 0 for None."""
    shapes = np.array([one.shape if one else shapely.Polygon() for one in sides], dtype=object)
    return [float(area) for area in shapely.area(to_metric(shapes))]


# ---- For a map -----------------------------------------------------------------------------------

DIGITS = 6  # of a degree, for a picture: 0.1 m


def features(grids: Iterable[tuple[Drawn, Mapping[str, Any]]]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection, with code, name and what else is given."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": drawn.code, "name": drawn.name, **more},
                "geometry": rounded(drawn.shape),
            }
            for drawn, more in grids
        ],
    }


def rounded(shape: shapely.Polygon) -> dict[str, Any]:
    """A polygon as GeoJSON for a picture."""
    rings = [shape.exterior, *shape.interiors]
    return {
        "type": "Polygon",
        "coordinates": [shapely.get_coordinates(one).round(DIGITS).tolist() for one in rings],
    }


def pictures(one: Side, other: Side) -> dict[str, Any]:
    """What a map of both sides draws: `same`, and what differs `before` and `after`."""
    found = differences(one, other)
    changed = {id(drawn) for each in found for drawn in (each.before, each.after)}
    same: list[tuple[Drawn, dict[str, Any]]] = [
        (drawn, {}) for drawn in other.grids.values() if id(drawn) not in changed
    ]
    return {
        "same": features(same),
        "before": features(_of(found, before=True)),
        "after": features(_of(found, before=False)),
    }


def _of(found: Iterable[Difference], *, before: bool) -> Iterator[tuple[Drawn, dict[str, Any]]]:
    for each in found:
        drawn = each.before if before else each.after
        if drawn is not None:
            yield drawn, {"change": each.change.value}


def box_of(shapes: Iterable[shapely.Polygon | None]) -> list[float] | None:
    """West, south, east, north of all; None where there is none."""
    there = [shape for shape in shapes if shape is not None]
    return shapely.total_bounds(there).tolist() if there else None
