"""What one slot of a track has lit, and what that is in a ground: sets and being there.  Pure."""

from dataclasses import dataclass

import numpy as np

from patrols import plane
from patrols.cells import CELL_M, Ground
from patrols.coverage import NOTHING, RADIUS_M, Seen, seen_in
from patrols.plane import Lit, Quarters, Ways
from patrols.slots import Slot, slot_track
from patrols.track import Fixes, Floats, Means, Track


@dataclass(frozen=True, slots=True)
class There:
    """Being in a grid: when first and last, and how long in all; seconds since 1970."""

    first: float
    last: float
    seconds: float


@dataclass(frozen=True, slots=True)
class InGrid:
    """there: None where only something of the grid was seen from outside."""

    seen: Seen
    there: There | None


@dataclass(frozen=True, slots=True)
class Made:
    """A slot of a track: the cells and quarters of cells that it lit, and where it was when
    (`begin` to `end` at `x`, `y`).
    """

    slot: Slot
    lit: Lit
    quarters: Quarters
    where: Ways


def make(fixes: Fixes, received: Floats, means: Means, slot: Slot) -> Made:
    """See `slots.slot_track` for the arguments."""
    found = slot_track(fixes, received, means, slot)
    ways = plane.ways_of(found)
    until, radius_m = np.clip(ways.begin, slot.begin, slot.end - 1), RADIUS_M[means]
    lit = plane.lit(ways.x, ways.y, until, radius_m)
    quarters = plane.quarters(ways.x, ways.y, radius_m)
    return Made(slot, lit, quarters, _where(found, ways, slot))


def covered(track: Track, ground: Ground, radius_m: float) -> dict[int, Seen]:
    """What a track has seen of each grid that it came near, by the grid's id."""
    ways = plane.ways_of(track)
    cells = plane.lit(ways.x, ways.y, ways.begin, radius_m)
    return seen_in(cells, plane.quarters(ways.x, ways.y, radius_m), ground)


def _where(track: Track, ways: Ways, slot: Slot) -> Ways:
    """The ways and the stays, cut to the slot."""

    def cut(times: Floats) -> Floats:
        return np.clip(times, slot.begin, slot.end)

    return Ways(
        np.concatenate([ways.x, track.x]),
        np.concatenate([ways.y, track.y]),
        cut(np.concatenate([ways.begin, track.t])),
        cut(np.concatenate([ways.end, track.t_end])),
    )


def in_ground(made: Made, ground: Ground) -> dict[int, InGrid]:
    """What a slot of a track comes to in each grid of a ground, by the grid's id."""
    seen = seen_in(made.lit, made.quarters, ground)
    there = being_there(made.where, ground)
    return {
        pk: InGrid(seen.get(pk, NOTHING), there.get(pk))
        for pk in sorted(seen.keys() | there.keys())
    }


def being_there(where: Ways, ground: Ground) -> dict[int, There]:
    """When and how long somebody was in each grid, by its id."""
    columns = np.floor(where.x / CELL_M).astype(np.int64) - ground.x0
    rows = np.floor(where.y / CELL_M).astype(np.int64) - ground.y0
    height, width = ground.grid_of.shape
    inside = (rows >= 0) & (columns >= 0) & (rows < height) & (columns < width)
    owner = ground.grid_of[rows[inside], columns[inside]]
    begin, end = where.begin[inside][owner >= 0], where.end[inside][owner >= 0]
    owner = owner[owner >= 0]
    if not len(owner):
        return {}
    order = np.argsort(owner, kind="stable")
    owners, first = np.unique(owner[order], return_index=True)
    firsts = np.minimum.reduceat(begin[order], first)
    lasts = np.maximum.reduceat(end[order], first)
    seconds = np.add.reduceat((end - begin)[order], first)
    return {
        int(ground.grids[one]): There(float(a), float(b), float(s))
        for one, a, b, s in zip(owners, firsts, lasts, seconds, strict=True)
    }
