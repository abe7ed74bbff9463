"""Three ways to divide a community, each with what it costs and whether it fits.  Pure."""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from gis_server.ellipsoid import areas_m2, length_m
from grids.balance import blocks as cutting
from grids.balance.blocks import Blocks, Home
from grids.balance.carry import Drawing, redraw
from grids.balance.counts import (
    Settled,
    Wishes,
    band_of,
    locked_reasons,
    parts_of,
    place_of,
    settle,
)
from grids.balance.gaps import Shape
from grids.balance.reasons import NothingToBalance, Reason, Why
from grids.balance.search import WEIGHTS, Aim, Division, Tell, improve
from grids.plan import Grid, Operation, Plan

LEAF_SHARE = 0.04  # of the cap: a block that can be divided has no more households
ROUNDS = 4  # that what could not be drawn as found is searched anew without it
NEARBY_DEG = 0.002


@dataclass(frozen=True)
class Figures:
    """What a way to divide amounts to.

    households: by key of the grid.  spread: the largest difference from the mean of its part, as a
    share; locked grids do not count.  outside: how many grids that are not locked are below the
    floor or above the cap.  compactness: the mean of 4π area / border² (Polsby and Popper, 1991),
    1 for a circle.  border_m, off_street_m: of borders between the community's grids, and of these
    off streets.  moved_households, moved_homes: that get another grid than today.
    """

    households: Mapping[str, int]
    spread: float
    outside: int
    compactness: float
    border_m: float
    off_street_m: float
    moved_households: int
    moved_homes: int


@dataclass(frozen=True)
class Alternative:
    """operations: to be done to the plan in this order; none where nothing needs to change.
    grids: of the community, as they would be.  reasons: why it does not fit; none when it does.
    """

    aim: Aim
    operations: tuple[Operation, ...]
    grids: Mapping[str, Grid]
    figures: Figures
    reasons: tuple[Reason, ...]

    @property
    def fits(self) -> bool:
        return not self.reasons


@dataclass(frozen=True)
class Offer:
    today: Figures
    blocks: int
    alternatives: tuple[Alternative, ...]


def offer(
    plan: Plan,
    community: str,
    homes: Iterable[Home],
    streets: Iterable[Shape],
    wishes: Wishes,
    *,
    codes: Sequence[tuple[str, str]],
    tell: Tell = lambda share: None,
) -> Offer:
    """Three alternatives for a community of 12 digits, from the grids as the plan has them.

    Args:
        homes: buildings; those outside the community do not matter.
        streets: lines along which borders should run.
        codes: free codes and names for new grids, as many as there may be.
        tell: hears the share done, 0 to 1; what it raises ends the work.

    Raises:
        NothingToBalance: no grids, no households, all locked, or a lock that is none of them.
    """
    grids = {key: g.shape for key, g in plan.grids.items() if g.community == community}
    _check(grids, wishes)
    area = shapely.box(*shapely.total_bounds(list(grids.values()))).buffer(NEARBY_DEG)
    barriers = [line for line in wishes.barriers if area.intersects(line)]
    known = {line.wkb for line in barriers}
    near = [line for line in streets if line.wkb not in known and area.intersects(line)]
    inside = _inside(grids, homes)
    if not sum(home.households for home in inside):
        raise NothingToBalance(NothingToBalance.Flaw.NO_HOUSEHOLDS)
    leaf = max(1, int(LEAF_SHARE * wishes.cap))
    made = cutting.cut(grids, inside, near, barriers, leaf=leaf)
    alternatives = []
    for k, aim in enumerate(Aim):

        def told(share: float, k: int = k) -> None:
            tell((k + share) / len(Aim))

        alternatives.append(_alternative(plan, made, aim, wishes, codes, told))
    tell(1.0)
    return Offer(_figures(Drawing(plan, made), wishes), len(made), tuple(alternatives))


def _check(grids: Mapping[str, Shape], wishes: Wishes) -> None:
    flaw = NothingToBalance.Flaw
    if not grids:
        raise NothingToBalance(flaw.NO_GRIDS)
    if strange := sorted(wishes.locked - grids.keys()):
        raise NothingToBalance(flaw.STRANGE_LOCK, *strange)
    if wishes.locked == grids.keys():
        raise NothingToBalance(flaw.ALL_LOCKED)


def _inside(grids: Mapping[str, Shape], homes: Iterable[Home]) -> list[Home]:
    given = sorted(homes, key=lambda home: (home.point, home.households))
    if not given:
        return []
    tree = shapely.STRtree(shapely.points([home.point for home in given]))
    found = tree.query(list(grids.values()), predicate="intersects")[1]
    return [given[k] for k in sorted(set(found.tolist()))]


def _alternative(
    plan: Plan, made: Blocks, aim: Aim, wishes: Wishes, codes: Sequence[tuple[str, str]],
    tell: Tell,
) -> Alternative:  # fmt: skip
    dice = random.Random(f"{wishes.seed} {aim.value}")  # noqa: S311 - no secret
    drawing, weights = Drawing(plan, made), WEIGHTS[aim]
    settled = settle(drawing, wishes, iter(codes), weights, dice)
    still = set(settled.still)
    for turn in range(ROUNDS):

        def told(share: float, turn: int = turn) -> None:
            tell((turn + share) / ROUNDS)

        wanted = _searched(drawing, settled, aim, still, dice, told)
        stuck = redraw(drawing, wanted)
        if not stuck:
            break
        still |= stuck
    figures = _figures(drawing, wishes)
    reasons = _reasons(drawing, wishes, settled)
    community = {key: drawing.plan.grids[key] for key in figures.households}
    return Alternative(aim, tuple(drawing.operations), community, figures, tuple(reasons))


def _searched(
    drawing: Drawing, settled: Settled, aim: Aim, still: set[int], dice: random.Random, tell: Tell
) -> list[str]:
    """The grid that each block should lie in."""
    keys = sorted(set(drawing.home))
    number = {key: k for k, key in enumerate(keys)}
    bands = {key: part.band for part in settled.parts for key in part.keys}
    areas = areas_m2(drawing.blocks.shapes)
    division = Division(
        drawing.blocks,
        [number[key] for key in drawing.home],
        [number.get(key, -1) for key in drawing.blocks.grids],
        [bands.get(key) for key in keys],
        frozenset(still),
        WEIGHTS[aim],
        math.sqrt(float(areas.sum()) / len(keys)),
    )
    improve(division, dice, tell)
    return [keys[grid] for grid in division.home]


# ---- Figures -------------------------------------------------------------------------------------


def _figures(drawing: Drawing, wishes: Wishes) -> Figures:
    blocks = drawing.blocks
    loads = {key: drawing.households(drawing.of(key)) for key in sorted(set(drawing.home))}
    free = [key for key in loads if key not in wishes.locked]
    moved = [k for k, key in enumerate(drawing.home) if key != blocks.grids[k]]
    shapes = [drawing.plan.grids[key].shape for key in loads]
    round_ = 4 * math.pi * areas_m2(shapes) / np.array([length_m(one) ** 2 for one in shapes])
    border = off = 0.0
    for block, beside in enumerate(blocks.beside):
        for n, contact in beside.items():
            if n > block and drawing.home[n] != drawing.home[block]:
                border, off = border + contact.length_m, off + contact.off_m
    return Figures(
        households=loads,
        spread=max((spread for _, spread in _spreads(drawing, wishes, loads)), default=0.0),
        outside=sum(not wishes.floor <= loads[key] <= wishes.cap for key in free),
        compactness=float(round_.mean()),
        border_m=border,
        off_street_m=off,
        moved_households=drawing.households(moved),
        moved_homes=sum(blocks.homes[block] for block in moved),
    )


def _spreads(
    drawing: Drawing, wishes: Wishes, loads: Mapping[str, int]
) -> Iterable[tuple[str, float]]:
    for keys in parts_of(drawing, wishes.locked):
        mean = sum(loads[key] for key in keys) / len(keys)
        for key in keys:
            yield key, abs(loads[key] - mean) / mean if mean else 0.0


def _reasons(drawing: Drawing, wishes: Wishes, settled: Settled) -> Iterable[Reason]:
    yield from settled.reasons
    yield from locked_reasons(drawing, wishes)
    for part in settled.parts:
        loads = {key: drawing.households(drawing.of(key)) for key in part.keys}
        band = band_of(sum(loads.values()), len(loads), wishes)
        for key, load in loads.items():
            place = place_of(drawing, drawing.of(key))
            if not wishes.floor <= load <= wishes.cap:
                yield Reason(Why.OUTSIDE, (key,), load, place)
            elif not band.low <= load <= band.high:
                yield Reason(Why.UNEVEN, (key,), load, place)
