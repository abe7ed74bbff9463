"""The work of a proposal, as its job does it: read the territory, search, write down what came of
it.  Nothing of the territory or the plan is changed.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.core.cache import cache
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from gis_server.errors import Conflict
from gis_server.geo import WGS84
from grids.balance import Alternative, Figures, Home, Offer, Reason, offer
from grids.codes import DIVISION_DIGITS
from grids.impact import load
from grids.models import Building, Division, Grid, PlanProposal, ProposalState, Street, StreetKind
from grids.plan import Plan, fingerprint, written
from grids.plans.editor import kept
from grids.plans.effects.counting import places_in
from grids.plans.proposals import wishes as proposal_wishes

LOOKS_S = 0.5  # between looks whether the proposal is still wanted
PROGRESS_S = 3600
NEARBY_DEG = 0.002
MOST_STREETS = 20_000
SHAPE_DECIMALS = 6  # of what is only looked at
MOST_GRIDS = 999  # of a community


class Cancelled(Exception):
    """Nobody wants the proposal any more."""


def work(proposal: PlanProposal, *, now: Callable[[], datetime]) -> bool:
    """Do a proposal that waits; whether it was still wanted at the end.

    Raises:
        Invalid, Conflict, NothingToBalance: the territory has moved on since it was asked for.
    """
    if not move(proposal, ProposalState.WAITING, ProposalState.WORKING, now()):
        return False
    plan = kept.to_draw_on(proposal.plan)
    if seen(plan, proposal.community) != proposal.seen:
        raise Conflict(moved_on())
    streets, main_roads = _streets(plan, proposal.community)
    still = with_parts(proposal.community) & plan.grids.keys()
    wishes = proposal_wishes.wishes_of(proposal.wishes, main_roads, still)
    try:
        offered = offer(
            plan,
            proposal.community,
            _homes(plan, proposal), streets, wishes,
            codes=_free_codes(plan, proposal.community), tell=_telling(proposal),
        )  # fmt: skip
    except Cancelled:
        return False
    steps = proposal_wishes.steps_of(proposal.wishes)
    result = told(plan, proposal.community, offered, steps)
    return move(proposal, ProposalState.WORKING, ProposalState.DONE, now(), result=result)


def seen(plan: Plan, community: str) -> dict[str, str]:
    """The fingerprints of a community's grids, by key."""
    return {key: fingerprint(g) for key, g in plan.grids.items() if g.community == community}


def moved_on() -> str:
    return _(
        "The grids of this community are no longer those that were proposed for: ask for"
        " another proposal."
    )


def move(
    proposal: PlanProposal, seen: ProposalState, then: ProposalState, now: datetime, **values: Any
) -> bool:
    """Compare and set; whether the proposal was as it was seen."""
    same = PlanProposal.objects.filter(pk=proposal.pk, state=seen.value)
    return same.update(state=then.value, state_at=now, **values) == 1


# ---- What is known -------------------------------------------------------------------------------


def buildings(community: str) -> QuerySet[Building]:
    """Those in which somebody lives, wherever the borders of the community's grids will be."""
    return Building.objects.filter(
        scope_code__startswith=community, households__gt=0, point__isnull=False
    )


def _homes(plan: Plan, proposal: PlanProposal) -> list[Home]:
    if proposal_wishes.is_by_load(proposal.wishes):
        return list(_loads(plan, proposal.community))
    rows = buildings(proposal.community).order_by("id").values_list("point", "households")
    return [Home((point.x, point.y), households) for point, households in rows if point]


def _loads(plan: Plan, community: str) -> Iterator[Home]:
    """All that has a place and a weight, in steps of a household.  Streets have none: a border
    along one would be given all of it, or nothing.
    """
    shapes = [grid.shape for grid in plan.grids.values() if grid.community == community]
    for places in places_in(shapely.total_bounds(shapes).reshape(1, 4)):
        worth = np.zeros(len(places.points)) + load(places.figures, settings.PLAN_LOAD_WEIGHTS)
        steps = np.rint(worth * proposal_wishes.LOAD_STEPS).astype(int)
        spots = shapely.get_coordinates(places.points).tolist()
        for (x, y), count in zip(spots, steps.tolist(), strict=True):
            if count > 0:
                yield Home((x, y), count)


def with_parts(community: str) -> set[str]:
    """Codes of grids that have parts: their borders stay, as in every drawn plan."""
    parts = Grid.objects.filter(parent__code__startswith=community, gone_on=None)
    return set(parts.values_list("parent__code", flat=True))


def _streets(plan: Plan, community: str) -> tuple[list[Any], list[Any]]:
    """Lines of all streets around a community, and of its main roads."""
    shapes = [grid.shape for grid in plan.grids.values() if grid.community == community]
    west, south, east, north = shapely.total_bounds(shapes)
    box = Polygon.from_bbox(
        (west - NEARBY_DEG, south - NEARBY_DEG, east + NEARBY_DEG, north + NEARBY_DEG)
    )
    box.srid = WGS84
    found = Street.objects.filter(line__bboverlaps=box).order_by("id")
    rows = found.values_list("kind", "line")[:MOST_STREETS]
    lines = [(kind, shapely.from_wkb(bytes(line.wkb))) for kind, line in rows]
    main = [line for kind, line in lines if kind == StreetKind.MAIN.value]
    return [line for _kind, line in lines], main


def _free_codes(plan: Plan, community: str) -> list[tuple[str, str]]:
    """Codes that no grid has or ever had, and names for them as grids are usually named."""
    used = set(Grid.objects.filter(code__startswith=community).values_list("code", flat=True))
    name = Division.objects.filter(code=community).values_list("name", flat=True).first() or ""
    codes = (f"{community}{number:03d}" for number in range(1, MOST_GRIDS + 1))
    return [
        (code, _("%(community)s grid %(number)d")
         % {"community": name[:60], "number": int(code[DIVISION_DIGITS:])})
        for code in codes
        if code not in used and not plan.was_given(code)
    ]  # fmt: skip


# ---- How far it is -------------------------------------------------------------------------------


def _telling(proposal: PlanProposal) -> Callable[[float], None]:
    last = time.monotonic() - LOOKS_S

    def tell(share: float) -> None:
        nonlocal last
        if time.monotonic() - last < LOOKS_S:
            return
        last = time.monotonic()
        wanted = PlanProposal.objects.filter(pk=proposal.pk, state=ProposalState.WORKING.value)
        if not wanted.exists():
            raise Cancelled
        try:
            cache.set(_key(proposal), share, PROGRESS_S)
        except (RedisError, OSError):
            return

    return tell


def progress(proposal: PlanProposal) -> float:
    """The share that is done, 0 where nobody knows."""
    try:
        return float(cache.get(_key(proposal)) or 0.0)
    except (RedisError, OSError):
        return 0.0


def _key(proposal: PlanProposal) -> str:
    return f"plan-proposal-{proposal.pk}"


# ---- What came of it, as JSON --------------------------------------------------------------------


def told(plan: Plan, community: str, offered: Offer, steps: int) -> dict[str, Any]:
    """today: figures.  before: shapes of today's grids, by code.  alternatives: aim, operations,
    figures, reasons, and the shapes of their grids.

    steps: in how many of these a household was counted; what is told are whole ones.
    """
    today = {key: g.shape for key, g in plan.grids.items() if g.community == community}
    return {
        "today": _figures(offered.today, steps),
        "blocks": offered.blocks,
        "before": _shapes(today),
        "alternatives": [_alternative(one, steps) for one in offered.alternatives],
    }


def _alternative(one: Alternative, steps: int) -> dict[str, Any]:
    return {
        "aim": one.aim.value,
        "operations": [written(operation) for operation in one.operations],
        "figures": _figures(one.figures, steps),
        "reasons": [_reason(reason, steps) for reason in one.reasons],
        "shapes": _shapes({key: grid.shape for key, grid in one.grids.items()}),
    }


def _figures(figures: Figures, steps: int) -> dict[str, Any]:
    return {
        "households": {key: round(one / steps) for key, one in figures.households.items()},
        "spread": round(figures.spread, 4),
        "outside": figures.outside,
        "compactness": round(figures.compactness, 4),
        "border_m": round(figures.border_m, 1),
        "off_street_m": round(figures.off_street_m, 1),
        "moved_households": round(figures.moved_households / steps),
        "moved_homes": figures.moved_homes,
    }


def _reason(reason: Reason, steps: int) -> dict[str, Any]:
    return {
        "why": reason.why.name.lower(),
        "grids": list(reason.grids),
        "households": round(reason.households / steps),
        "place": list(reason.place) if reason.place else None,
    }


def _shapes(shapes: dict[str, Any]) -> dict[str, list[list[list[float]]]]:
    """Rings by code, rounded: to look at."""
    return {
        key: [
            [[round(x, SHAPE_DECIMALS), round(y, SHAPE_DECIMALS)] for x, y in ring.coords]
            for ring in shapely.get_rings(shape)
        ]
        for key, shape in shapes.items()
    }
