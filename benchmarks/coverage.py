"""Coverage of patrols: one member-day, a whole district day, its error, and slices of a province.

The model district with a made duty day (`fixtures.duty_day`, the same each time).

- One member-day, 2,880 fixes, judged and turned into cells, street pieces and buildings, in
  processor time; beside it, in the same run, the same track as a buffer cut by the grids, and its
  cells by an STRtree of their middles.
- 886 people for eight hours, 2.5 million rows in the table: from raw rows to figures of all grids
  (`manage.py cover --day`), on two processes.  Phones lose some, so they are asked every 9 s.
- The share of area against ST_Buffer and ST_Intersection of PostGIS: 20 tracks in each of 50 grids,
  of the district, spread over its codes, and made ones that are skewed; the whole area counts, so
  that nothing but the quarters of cells can differ.  Beside them the smallest grids of all.
- The early shift of 100 people played again on the wall: the answer of the server, and its size.
- A province of 63,000 people at 30 s: day slices of one district each, judged and turned into
  figures in memory; what a day would take follows from their rate.

Each part is told as soon as it is there, with the seconds since the start; all of it takes some six
minutes.  bin/bench coverage small: a few people and grids, to see that all of it works.
"""

import gzip
import json
import os
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import django
import numpy as np
import shapely

from benchmarks.report import Measure, at_least, at_most, finish, told_so_far

DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 25, 16, tzinfo=UTC)
"""A midnight in Shanghai: the night shift is over too."""
MEMBER_DAY_S, DISTRICT_DAY_S = 0.05, 60
MEAN_POINTS, WORST_POINTS = 0.5, 1.5
PROVINCE, PROVINCE_EVERY_S = 63_000, 30.0
DUTY_S, EVERY_S = 8 * 3600.0, 10.0
LOSSY_EVERY_S = 9.0
ROUNDS = 30
RADIUS_M = 15.0
PLAYED, REPLAYS, REPLAY_S = 100, 5, 1.0
SEED = 41


@dataclass(frozen=True, slots=True)
class Size:
    members: int
    rows: int
    grids: int
    tracks: int
    slices: int
    slice_members: int


FULL = Size(886, 2_500_000, 50, 20, 2, 886)
SMALL = Size(30, 50_000, 6, 4, 1, 30)

# One buffer around a way that crosses itself a hundred times takes a second; around each of its
# parts that comes near, and then their union, 20 ms.
EXACT = """
    WITH told AS (SELECT ST_GeomFromWKB(%s) AS grid),
    wide AS (
        SELECT ST_Union(ST_Buffer(ST_GeomFromWKB(part), %s, 'quad_segs=16')) AS shape
        FROM unnest(%s::bytea[]) AS part)
    SELECT coalesce(ST_Area(ST_Intersection(grid, shape)) / ST_Area(grid), 0) FROM told, wide"""


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    size = SMALL if "small" in sys.argv[1:] else FULL
    parts: tuple[Callable[[], list[Measure]], ...] = (
        lambda: loaded(size), district_day, played_again, member_day, lambda: errors(size),
        lambda: province(size),
    )  # fmt: skip
    measures = list[Measure]()
    for part in parts:
        measures += told_so_far(part())
    return finish("coverage", measures)


# ---- A district's day ----------------------------------------------------------------------------


def loaded(size: Size) -> list[Measure]:
    """Loads the district and the day."""
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now
    from django.db import connection  # noqa: PLC0415

    from fixtures.duty_load import fill  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("load_district", "--if-empty", stdout=sys.stderr)
    began = time.monotonic()
    day = fill(DAY, NOW, members=size.members, interval_s=LOSSY_EVERY_S)
    took = time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE patrols_fix")
        cursor.execute(
            "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits"
            " WHERE inhparent = 'patrols_fix'::regclass"
        )
        [stored] = cursor.fetchone()
    return [
        Measure("rows of the day", day.fixes, "", goal=at_least(size.rows)),
        Measure("people of the day", day.duties, "", goal=at_least(size.members)),
        Measure("making and loading them", took, "s"),
        Measure("a row with its index", float(stored) / day.fixes, "B"),
    ]


def district_day() -> list[Measure]:
    """Works the day out from its rows, on two processes as the product does."""
    from patrols.models import Coverage, Part  # noqa: PLC0415 - Django is set up by now
    from patrols.seen.whole import cover_day  # noqa: PLC0415

    before = children_s()
    whole = cover_day(DAY, NOW)
    name = f"{whole.fixes:,} rows of {whole.tracks} tracks to figures, two processes"
    grids = Coverage.objects.filter(day=DAY).values("grid").distinct().count()
    return [
        Measure(name, whole.seconds, "s", goal=at_most(DISTRICT_DAY_S)),
        Measure("the same: of it making the ground", whole.ground_s, "s"),
        Measure("the same: processor of both, without the database's", children_s() - before, "s"),
        Measure("the same: grids with something seen", grids, "", goal=at_least(1)),
        Measure("the same: parts written", Part.objects.filter(day=DAY).count(), ""),
        Measure("the same: most memory of a process", memory_mib(), "MiB"),
    ]


def children_s() -> float:
    """Processor time of the processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def played_again() -> list[Measure]:
    """The answer that the wall's time slider asks for, as it goes over the wire."""
    from gis_server.models import User  # noqa: PLC0415 - Django is set up by now
    from maps.onduty import shifts  # noqa: PLC0415
    from patrols.models import Shift  # noqa: PLC0415

    user, took = User(username="bench", role="operator", scope=["140107"]), []
    shift = Shift.objects.order_by("begins")[0]
    for _ in range(REPLAYS):
        began = time.monotonic()
        told = shifts.replay(user, DAY, shift, "", most=PLAYED)
        content = json.dumps(told, ensure_ascii=False).encode()
        took.append(time.monotonic() - began)
    points = sum(len(run) // 3 for one in told["people"] for run in one["runs"])
    name = f"a shift of {len(told['people'])} people played again"
    return [
        Measure(f"{name}: answered", statistics.median(took), "s", goal=at_most(REPLAY_S)),
        Measure(f"{name}: points, one each {told['step_s']:g} s", points, ""),
        Measure(f"{name}: compressed", len(gzip.compress(content, 5)) / 1024, "KiB"),
    ]


def memory_mib() -> float:
    """The most that this process or one that it waited for has held."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in who) / 1024


def held_mib() -> float:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


# ---- One member-day ------------------------------------------------------------------------------


def member_day() -> list[Measure]:
    """Processor time of one, by us (at once, and by half hours as it is kept) and by two others."""
    from patrols.plane import pack  # noqa: PLC0415 - Django is set up by now
    from patrols.slots import touched  # noqa: PLC0415
    from patrols.stretches import covered, in_ground, make  # noqa: PLC0415
    from patrols.track import Means, track  # noqa: PLC0415

    ground = district_ground()
    fixes = next(made_fixes(1, EVERY_S, whole=True))
    received = np.full(len(fixes), NOW.timestamp())
    way = track(fixes, Means.FOOT, NOW.timestamp())
    seen = covered(way, ground, RADIUS_M)

    def at_once() -> None:
        covered(track(fixes, Means.FOOT, NOW.timestamp()), ground, RADIUS_M)

    def by_half_hours() -> None:
        for slot in touched(fixes.t[0], fixes.t[-1]):
            made = make(fixes, received, Means.FOOT, slot)
            in_ground(made, ground)
            pack(made.lit)

    ours, name = median_s(at_once), f"one member-day of {len(fixes):,} fixes"
    return [
        Measure(
            f"{name}: judged and turned into figures", ours, "s",
            "buffer cut by grids", buffered_s(way), at_most(MEMBER_DAY_S),
        ),
        Measure(
            f"{name}: the same beside a tree", ours, "s", "STRtree of cells", tree_s(way, ground)
        ),
        Measure(f"{name}: by half hours, as it is kept", median_s(by_half_hours), "s"),
        Measure("grids that it came near", len(seen), "", goal=at_least(1)),
    ]  # fmt: skip


def median_s(work: Callable[[], None]) -> float:
    """Processor time."""
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return statistics.median(took)


def buffered_s(way: Any) -> float:
    """Processor time of buffering the whole way and cutting it by the grids."""
    from gis_server.geo import to_metric  # noqa: PLC0415
    from grids.models import GridShape  # noqa: PLC0415 - Django is set up by now

    rows = GridShape.objects.filter(valid__contains=DAY).values_list("shape", flat=True)
    grids = to_metric(shapely.from_wkb([bytes(shape.wkb) for shape in rows]))
    tree = shapely.STRtree(grids)
    began = time.process_time()
    wide = shapely.geometrycollections(parts_of(way)).buffer(RADIUS_M)
    for index in tree.query(wide, predicate="intersects"):
        shapely.area(shapely.intersection(grids[index], wide))
    return time.process_time() - began


def tree_s(way: Any, ground: Any) -> float:
    """Processor time of asking a tree of the cells' middles what lies near each point."""
    from patrols.plane import ways_of  # noqa: PLC0415 - Django is set up by now

    rows, columns = np.nonzero(ground.is_patrolable)
    middles = shapely.points((columns + ground.x0 + 0.5) * 10.0, (rows + ground.y0 + 0.5) * 10.0)
    tree = shapely.STRtree(middles)
    began = time.process_time()
    ways = ways_of(way)
    points = shapely.points(ways.x, ways.y)
    _point, cell = tree.query(points, predicate="dwithin", distance=RADIUS_M)
    np.unique(cell)
    return time.process_time() - began


def parts_of(way: Any) -> Any:
    """A track as geometries: the ways between joined points, and the points."""
    at, first = np.column_stack([way.x, way.y]), np.flatnonzero(way.joined)
    pairs = np.stack([at[first], at[first + 1]], axis=1)
    return np.concatenate([shapely.linestrings(pairs), shapely.points(at)])


def district_ground() -> Any:
    from patrols.seen import grounds  # noqa: PLC0415 - Django is set up by now

    [one] = grounds.of_day(DAY, NOW)
    return grounds.terrain_of(one.ground_id).ground


def made_fixes(people: int, every_s: float, *, whole: bool = False) -> Iterator[Any]:
    """What phones tell of duties of eight hours on foot, all over the district.

    whole: nothing is lost, so that there are exactly so many fixes.
    """
    from fixtures.duty_day import Beat, tell, walk  # noqa: PLC0415 - Django is set up by now
    from fixtures.duty_load import Ground  # noqa: PLC0415
    from patrols.track import Fixes  # noqa: PLC0415

    ground = Ground.of(DAY, SEED)
    shapes = list(ground.shapes.values())
    begin = NOW.timestamp() - DUTY_S - 3600
    for number in range(people):
        chance = random.Random(SEED + number)
        around = chance.choice(shapes).buffer(400)
        beat = Beat(sorted(ground.streets.near(around, 0)), around)
        gone = walk(ground.streets, beat, "foot", DUTY_S, chance)
        if whole:
            t = np.arange(0, DUTY_S, every_s)
            x, y = gone.at(t)
            dice = np.random.default_rng(SEED)
            x, y = x + dice.normal(0, 4, len(t)), y + dice.normal(0, 4, len(t))
            yield Fixes(begin + t, x, y, np.full(len(t), 8.0), t < 0, t < 0)
        else:
            told = tell(gone, 0.0, DUTY_S, every_s, chance)
            yield Fixes(
                begin + told.t, told.x, told.y, told.accuracy_m, told.is_mock, told.is_nowhere
            )


# ---- Error of the area ---------------------------------------------------------------------------


def errors(size: Size) -> list[Measure]:
    """Percentage points between our share of a grid's area and the exact one."""
    real = real_grids()
    spread = real[:: max(1, len(real) // size.grids)][: size.grids]
    smallest = sorted(real, key=lambda shape: float(shape.area))[: size.grids // 5]
    return [*_errors("grids of the district", spread, size),
            *_errors("made skewed grids", skewed_grids(size.grids), size),
            *_errors("of the district's smallest grids", smallest, size, is_held=False),
            ]  # fmt: skip


def _errors(name: str, shapes: list[Any], size: Size, *, is_held: bool = True) -> list[Measure]:
    """is_held: whether the limits are; they are of grids that are chosen without looking."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    from patrols import cells  # noqa: PLC0415
    from patrols.coverage import count  # noqa: PLC0415
    from patrols.stretches import covered  # noqa: PLC0415
    from patrols.track import Means, track  # noqa: PLC0415

    none, off = np.zeros((0, 2)), []
    for number, shape in enumerate(shapes):
        ground = cells.ground([cells.Area(1, shape)], [], none, none)
        for fixes in tracks_in(shape, size.tracks, number):
            way = track(fixes, Means.FOOT, NOW.timestamp())
            seen = covered(way, ground, RADIUS_M).get(1)
            ours = count(seen.quarters) / int(ground.quarters[0]) if seen else 0.0
            parts = parts_of(way)
            near = parts[shapely.dwithin(parts, shape, RADIUS_M)]
            with connection.cursor() as cursor:
                told = list(shapely.to_wkb(near))
                cursor.execute(EXACT, [shapely.to_wkb(shape), RADIUS_M, told])
                off.append(abs(ours - cursor.fetchone()[0]) * 100)
    tracks = f"{len(off)} tracks in {len(shapes)} {name}"
    return [
        Measure(f"{tracks}: mean error of area", statistics.mean(off), "points",
                goal=at_most(MEAN_POINTS) if is_held else None),
        Measure(f"{tracks}: largest", max(off), "points",
                goal=at_most(WORST_POINTS) if is_held else None),
    ]  # fmt: skip


def real_grids() -> list[Any]:
    """Grids of the district in metres, by code; hills are left out, whose size hides every
    error."""
    from gis_server.geo import to_metric  # noqa: PLC0415
    from grids.models import GridShape  # noqa: PLC0415 - Django is set up by now

    rows = GridShape.objects.filter(valid__contains=DAY).order_by("grid__code")
    shapes = to_metric(shapely.from_wkb([bytes(row.shape.wkb) for row in rows]))
    return [shape for shape in shapes if shape.area < 400_000]


def skewed_grids(count: int) -> list[Any]:
    """Quadrangles of about 420 m, turned and pushed out of square, anywhere on the cells."""
    chance, made = random.Random(SEED), []
    for _ in range(count):
        turn, side = chance.uniform(0, np.pi / 2), chance.uniform(300, 520)
        east, north = 640_000 + chance.uniform(0, 100), 4_190_000 + chance.uniform(0, 100)
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * side
        corners = corners + [(chance.uniform(-60, 60), chance.uniform(-60, 60)) for _ in range(4)]
        spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        made.append(shapely.Polygon(corners @ spin + (east, north)))
    return made


def tracks_in(shape: Any, count: int, number: int) -> Iterator[Any]:
    """Walks of twenty minutes to an hour from place to place in and around a grid."""
    from fixtures.duty_day import Beat, streets_of, tell, walk  # noqa: PLC0415 - as above
    from patrols.track import Fixes  # noqa: PLC0415

    begin = NOW.timestamp() - DUTY_S
    for which in range(count):
        chance = random.Random(SEED * 1000 + number * 100 + which)
        length = chance.uniform(1200, 3600)
        gone = walk(streets_of([]), Beat((), shape.buffer(60).convex_hull), "foot", length, chance)
        told = tell(gone, 0.0, length, EVERY_S, chance)
        yield Fixes(begin + told.t, told.x, told.y, told.accuracy_m, told.is_mock, told.is_nowhere)


# ---- A province ----------------------------------------------------------------------------------


def province(size: Size) -> list[Measure]:
    """Slices of a day, one district each, of whose fixes all are made before they are timed."""
    from patrols.coverage import Seen  # noqa: PLC0415 - Django is set up by now
    from patrols.stretches import covered  # noqa: PLC0415
    from patrols.track import Means, track  # noqa: PLC0415

    ground, took, fixes, people = district_ground(), 0.0, 0, 0
    for _ in range(size.slices):
        held = list(made_fixes(size.slice_members, PROVINCE_EVERY_S))
        began = time.process_time()
        seen = dict[int, Seen]()
        for one in held:
            for grid, more in covered(
                track(one, Means.FOOT, NOW.timestamp()), ground, RADIUS_M
            ).items():
                seen[grid] = seen[grid] | more if grid in seen else more
        took += time.process_time() - began
        fixes, people = fixes + sum(map(len, held)), people + len(held)
    name = f"a province: slices of {people:,} people at {PROVINCE_EVERY_S:g} s"
    return [
        Measure(f"{name}: fixes judged and counted a second of one core", fixes / took, "/s"),
        Measure(f"{name}: a day of {PROVINCE:,} on one core", took / people * PROVINCE, "s"),
        Measure(f"{name}: memory held with the ground and a slice", held_mib(), "MiB"),
    ]


if __name__ == "__main__":
    sys.exit(main())
