"""What was seen on a day, grid by grid as arrays and in one sum: for maps and headlines, which ask
of tens of thousands of grids at once.

A grid counts by its street pieces, one without streets by its patrolable area, as on the map from
afar.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db.models import Case, F, When

from gis_server.roles import within_q
from patrols.coverage import Share
from patrols.models import Coverage, Part
from patrols.seen import grounds, unseen
from patrols.seen.grounds import OfDay
from patrols.seen.tiles import in_reach
from patrols.seen.windows import Window

AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class OfGrids:
    """Of the grids in reach of a district's ground: ids; seen of all, of each in its own unit."""

    ids: Any
    seen: Any
    all: Any


def of_day(reach: Sequence[str], day: date) -> list[OfGrids]:
    """Of all shifts of a day together; of districts whose ground of the day is made.  A query, and
    three for each district.
    """
    return [_of_grids(one, mine, reach) for one, mine in _in_reach(reach, day)]


def _in_reach(reach: Sequence[str], day: date) -> Iterator[tuple[OfDay, Any]]:
    """The grounds of a day, and of each grid whether it lies in reach."""
    for one in grounds.known(day):
        if not any(prefix.startswith(one.area) or one.area.startswith(prefix) for prefix in reach):
            continue
        mine = in_reach(one.terrain, reach)
        if mine.any():
            yield one, mine


def _of_grids(one: OfDay, mine: Any, reach: Sequence[str]) -> OfGrids:
    ground, index = one.terrain.ground, one.terrain.index
    streets = ground.streets.counts
    seen = np.zeros(len(ground.grids), np.int64)
    rows = _rows(one, reach).values_list("grid_id", "seen_streets", "seen_quarters")
    several: set[int] = set()
    known: set[int] = set()
    for grid, pieces, quarters in rows.iterator(AT_ONCE):
        place = index[grid]
        seen[place] = pieces if streets[place] else quarters
        (several if grid in known else known).add(grid)
    for grid, count in _united(one, reach, several).items():
        seen[index[grid]] = count
    whole = np.where(streets > 0, streets, ground.quarters)
    return OfGrids(ground.grids[mine], seen[mine], whole[mine])


def _rows(one: OfDay, reach: Sequence[str]) -> Any:
    mine = within_q(list(reach), "grid__code")
    return Coverage.objects.filter(mine, day=one.day, ground=one.ground_id).order_by()


def _united(one: OfDay, reach: Sequence[str], grids: set[int]) -> dict[int, int]:
    """How much several shifts together have seen of grids: of these alone are the sets read."""
    if not grids:
        return {}
    sets = Case(When(all_streets__gt=0, then=F("streets")), default=F("quarters"))
    rows = _rows(one, reach).filter(grid__in=grids).values_list("grid_id", sets)
    return _counted(rows.iterator(AT_ONCE))


def _counted(rows: Iterable[tuple[int, Any]]) -> dict[int, int]:
    """The sizes of the unions of sets by their grid."""
    sets: dict[int, int] = {}
    for grid, bits in rows:
        sets[grid] = sets.get(grid, 0) | int.from_bytes(bits, "little")
    return {grid: bits.bit_count() for grid, bits in sets.items()}


# ---- One sum -------------------------------------------------------------------------------------


def share(reach: Sequence[str], day: date, until: datetime | None = None) -> Share | None:
    """The street pieces in reach that were seen on a day, of all; of patrolable area where no grid
    in reach has a street.  None where no ground of the day was made: nothing is known.

    until: only what was lit in half hours by the clock that were over by then; known for as long as
    fixes are kept.  Queries: one, and three for each district.
    """
    parts = [
        (one, mine, bool(one.terrain.ground.streets.counts[mine].any()))
        for one, mine in _in_reach(reach, day)
    ]
    if not parts:
        return None
    by_streets = any(has for _one, _mine, has in parts)
    found = [_sum(one, mine, reach, until, by_streets=by_streets) for one, mine, _has in parts]
    return Share(sum(one.seen for one in found), sum(one.all for one in found))


def _sum(
    one: OfDay, mine: Any, reach: Sequence[str], until: datetime | None, *, by_streets: bool
) -> Share:
    ground = one.terrain.ground
    whole = (ground.streets.counts if by_streets else ground.quarters)[mine].sum()
    rows: Any = _rows(one, reach)
    if until is not None:
        codes = within_q(list(reach), "grid__code")
        rows = Part.objects.filter(
            codes, day=one.day, ground=one.ground_id, stretch__begins__lt=until
        ).order_by()
    name = "streets" if by_streets else "quarters"
    sets = rows.exclude(**{name: b""}).values_list("grid_id", name)
    return Share(sum(_counted(sets.iterator(AT_ONCE)).values()), int(whole))


# ---- For how long --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unseen:
    """Of every grid of a district's newest ground: ids, and median hours, infinity for never, NaN
    where there is nothing to be seen.
    """

    ids: Any
    hours: Any


def unseen_now(one: OfDay, now: datetime) -> Unseen:
    """At most three queries."""
    found = unseen.times(one, Window(now), now)
    return Unseen(one.terrain.ground.grids, unseen.medians(found, now.timestamp()))
