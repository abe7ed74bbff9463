"""What has been seen, as pages, files and programs read it; cut to the reader's reach.

Every function costs a fixed number of queries, whatever the size of the district.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from django.utils import timezone

from gis_server.models import User
from gis_server.roles import scope_q
from grids.models import Division, Grid
from patrols.control import ControlLevel
from patrols.coverage import NOTHING, Seen, Share, count
from patrols.models import Coverage, RequiredVisits, Shift
from patrols.models.seen import AREA_DIGITS
from patrols.queries import levels_at
from patrols.seen import grounds, unseen, video
from patrols.seen.grounds import OfDay
from patrols.seen.unseen import GridAges, Spot
from patrols.seen.video import GridVideo
from patrols.seen.windows import Window
from patrols.visits import required, window_h

MOST_GRIDS = 5000
"""Of one answer; a district has about a thousand."""
SORTS = ("overdue", "code", "area", "streets", "buildings")
HISTORY_DAYS = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """day: of duties.  shift: None for all.  area: digits of a division in reach, empty for all."""

    day: date
    shift: int | None = None
    area: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A grid on a day.

    has_ground: whether the day's ground is made; without it nothing is known of the grid.
    ages: None without a ground.  street: name of the one that was longest unseen, empty for none.
    video: what cameras have shown of it in a video round, apart from all others; None likewise.
    visits: of the day; required: at the level in force; window_h: so long it may be unseen, None
    for as long as you like.
    """

    id: int
    code: str
    name: str
    community: str
    street_code: str
    area: Share
    streets: Share
    buildings: Share
    is_bare: bool
    has_ground: bool
    ages: GridAges | None
    street: str
    video: GridVideo | None
    visits: int
    required: int
    level: ControlLevel
    window_h: float | None
    updated_at: datetime | None

    @property
    def missing(self) -> int:
        return max(self.required - self.visits, 0)

    @property
    def is_empty(self) -> bool:
        """Nothing to be seen: all of it is given to grids within it."""
        return self.has_ground and not self.area.all


def rows(user: User, asked: Asked, window: Window, now: datetime) -> list[Row]:
    """The grids in reach, the most overdue first: those that miss most visits, then those that were
    unseen for longest; shares and visits of the day, hours unseen of the window.
    """
    grids = _grids(user, asked)
    covered = _coverage(asked, [pk for pk, *_ in grids])
    levels = levels_at([code for _pk, code, *_ in grids], level_moment(asked.day, now))
    rules = required_rules()
    own = {one.area: one for one in grounds.known(asked.day)}
    seen, filmed = _ages({code[:AREA_DIGITS] for _pk, code, *_ in grids}, asked, window, now)
    names = unseen.street_names(one.street for one in seen.values() if one.street)
    made = [
        _row(
            grid, own.get(grid[1][:AREA_DIGITS]), covered.get(grid[0]), levels[grid[1]],
            window.level, rules, seen.get(grid[0]), names, filmed.get(grid[0]),
        )
        for grid in grids
    ]  # fmt: skip
    return sorted((one for one in made if not one.is_empty), key=overdue_first)


def overdue_first(row: Row) -> tuple[Any, ...]:
    median = row.ages.ages.median_h if row.ages and row.ages.ages.all else -1.0
    return -row.missing, -median, row.code


def level_moment(day: date, now: datetime) -> datetime:
    """Of a day that is over its last moment, else now."""
    end = datetime.combine(day + timedelta(days=1), time.min, timezone.get_default_timezone())
    return min(end - timedelta(seconds=1), now)


def _grids(user: User, asked: Asked) -> list[tuple[int, str, str, str]]:
    known = Grid.objects.filter(scope_q(user, "code"), code__startswith=asked.area)
    told = known.order_by("code").values_list("id", "code", "name", "community__name")
    return list(told[:MOST_GRIDS])


def _coverage(asked: Asked, grids: Iterable[int]) -> dict[int, list[Coverage]]:
    found: dict[int, list[Coverage]] = defaultdict(list)
    kept = Coverage.objects.filter(day=asked.day, grid__in=list(grids))
    if asked.shift is not None:
        kept = kept.filter(shift=asked.shift)
    for row in kept.order_by("shift_id"):
        found[row.grid_id].append(row)
    return found


def _ages(
    areas: set[str], asked: Asked, window: Window, now: datetime
) -> tuple[dict[int, GridAges], dict[int, GridVideo]]:
    """Of the grids of some districts, by their ids: what people and what cameras have seen in the
    window, by the newest ground up to its moment.
    """
    seen: dict[int, GridAges] = {}
    filmed: dict[int, GridVideo] = {}
    day = timezone.localdate(window.at)
    for one in grounds.latest(day if window.begins else max(asked.day, day)):
        if one.area in areas:
            ids = [int(pk) for pk in one.terrain.ground.grids]
            at = window.at.timestamp()
            told = unseen.of_grids(unseen.times(one, window, now), at)
            seen |= dict(zip(ids, told, strict=True))
            filmed |= dict(zip(ids, video.of_grids(one.terrain, window), strict=True))
    return seen, filmed


def _row(
    grid: tuple[int, str, str, str],
    own: OfDay | None,
    covered: list[Coverage] | None,
    level: ControlLevel,
    asked_level: ControlLevel | None,
    rules: Mapping[tuple[str, ControlLevel], int],
    ages: GridAges | None,
    names: Mapping[int, str],
    filmed: GridVideo | None,
) -> Row:
    pk, code, name, community = grid
    needed = required(code, level, rules)
    shares = shares_of(pk, own, covered or [])
    return Row(
        id=pk, code=code, name=name, community=community, street_code=code[:9],
        area=shares[0], streets=shares[1], buildings=shares[2], is_bare=shares[3],
        has_ground=shares[4], ages=ages, street=names.get(ages.street, "") if ages else "",
        video=filmed, visits=sum(one.visits for one in covered or []), required=needed, level=level,
        window_h=window_h(required(code, asked_level or level, rules)),
        updated_at=max((one.updated_at for one in covered or []), default=None),
    )  # fmt: skip


def shares_of(
    grid: int, own: OfDay | None, covered: list[Coverage]
) -> tuple[Share, Share, Share, bool, bool]:
    """Area, streets, buildings, whether it is bare, and whether its ground is known: of all shifts
    that were asked for together.
    """
    if len(covered) == 1 or (covered and own is None):
        one = covered[0]
        return (
            Share(one.seen_quarters, one.all_quarters), Share(one.seen_streets, one.all_streets),
            Share(one.seen_buildings, one.all_buildings), one.is_bare, True,
        )  # fmt: skip
    if own is None or grid not in own.terrain.index:
        return Share(0, 0), Share(0, 0), Share(0, 0), False, False
    ground, index = own.terrain.ground, own.terrain.index[grid]
    both = reduce(or_, (sets_of(one) for one in covered), NOTHING)
    return (
        Share(count(both.quarters), int(ground.quarters[index])),
        Share(count(both.streets), int(ground.streets.counts[index])),
        Share(count(both.buildings), int(ground.buildings.counts[index])),
        bool(ground.is_bare[index]),
        True,
    )


def sets_of(row: Coverage) -> Seen:
    return Seen(bytes(row.quarters), bytes(row.streets), bytes(row.buildings))


def visits_needed(codes: Sequence[str], now: datetime) -> dict[str, float]:
    """Visits a day that grids of these codes need at the level in force.  Two queries."""
    levels, told = levels_at(codes, now), required_rules()
    return {code: float(required(code, levels[code], told)) for code in codes}


def required_rules() -> dict[tuple[str, ControlLevel], int]:
    """One query."""
    told = RequiredVisits.objects.values_list("area", "level", "per_day")
    return {(area, ControlLevel(level)): number for area, level, number in told}


# ---- Sums ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sum:
    """Grids together.  below: how many miss visits.  oldest_h: of their medians the longest."""

    code: str
    name: str
    grids: int
    below: int
    visits: int
    required: int
    area: Share
    streets: Share
    buildings: Share
    oldest_h: float


def sums(found: Iterable[Row], digits: int) -> list[Sum]:
    """By what the first so many digits of the code name (6 district, 9 street, 12 community), those
    with most grids below their visits first.  One query for the names.
    """
    of: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        of[row.code[:digits]].append(row)
    codes = {code.ljust(12, "0"): code for code in of}
    known = Division.objects.filter(code__in=codes).values_list("code", "name")
    names = {codes[code]: name for code, name in known}
    made = [sum_of(code, names.get(code, ""), mine) for code, mine in of.items()]
    return sorted(made, key=lambda one: (-one.below, -one.oldest_h, one.code))


def sum_of(code: str, name: str, mine: list[Row]) -> Sum:
    """Grids together under a name."""
    medians = [row.ages.ages.median_h for row in mine if row.ages and row.ages.ages.all]
    return Sum(
        code,
        name,
        grids=len(mine),
        below=sum(row.missing > 0 for row in mine),
        visits=sum(row.visits for row in mine),
        required=sum(row.required for row in mine),
        area=_together(row.area for row in mine),
        streets=_together(row.streets for row in mine),
        buildings=_together(row.buildings for row in mine),
        oldest_h=max(medians, default=0.0),
    )


def _together(shares: Iterable[Share]) -> Share:
    known = list(shares)
    return Share(sum(one.seen for one in known), sum(one.all for one in known))


# ---- Blind spots ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Blind:
    """The places that are overdue, and the codes and names of their grids by id."""

    spots: list[Spot]
    grids: dict[int, tuple[str, str]]


def blind_spots(
    user: User,
    area: str,
    window: Window,
    now: datetime,
    hours: float | None = None,
    kind: str = "",
) -> Blind:
    """Streets and buildings in reach (and in an area) that were not seen in the window, or at its
    end for longer than `hours`: by default than the visits that their grid needs at the level in
    force then, or at that of the window, leave between them.
    """
    told = Grid.objects.filter(scope_q(user, "code"), code__startswith=area)
    grids = {pk: (code, name) for pk, code, name in told.values_list("id", "code", "name")}
    levels = levels_at([code for code, _name in grids.values()], window.at)
    rules = required_rules()
    found: list[Spot] = []
    areas = {code[:AREA_DIGITS] for code, _name in grids.values()}
    for one in grounds.latest(timezone.localdate(window.at)):
        if one.area not in areas:
            continue
        windows = np.full(len(one.terrain.ground.grids), np.nan)
        for pk, (code, _name) in grids.items():
            if pk in one.terrain.index:
                needed = required(code, window.level or levels[code], rules)
                longest = window_h(needed) if hours is None else hours
                windows[one.terrain.index[pk]] = np.nan if longest is None else longest
        at = window.at.timestamp()
        found += unseen.spots(unseen.times(one, window, now), windows, at, kind)
    return Blind(found, grids)


# ---- What there is to choose ---------------------------------------------------------------------


def shifts(user: User) -> list[Shift]:
    """Those of the districts in reach.  One query."""
    areas = {prefix[:AREA_DIGITS] for prefix in user.reach if len(prefix) >= AREA_DIGITS}
    if any(prefix and len(prefix) < AREA_DIGITS for prefix in user.reach):
        return list(Shift.objects.all()[:100])
    return list(Shift.objects.filter(area__in=areas)[:100])


@dataclass(frozen=True, slots=True)
class DayShares:
    """A day of a grid."""

    day: date
    shift: str
    area: Share
    streets: Share
    buildings: Share
    visits: int


def history(grid: Grid, today: date) -> list[DayShares]:
    """What was seen of a grid in the last days, by shift, the newest first.  One query."""
    kept = Coverage.objects.filter(grid=grid, day__gt=today - timedelta(days=HISTORY_DAYS))
    told = kept.select_related("shift").defer("quarters", "streets", "buildings")
    return [
        DayShares(
            row.day, row.shift.name, Share(row.seen_quarters, row.all_quarters),
            Share(row.seen_streets, row.all_streets),
            Share(row.seen_buildings, row.all_buildings), row.visits,
        )
        for row in told.order_by("-day", "shift__begins", "shift_id")
    ]  # fmt: skip
