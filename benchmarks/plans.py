"""Boundary plans: proof, edits, proposals, publication, and 10,000 random sequences of edits.

Bare is `coverage_is_valid` of the same shapes with the same gap width in the same run: what the
proof cannot do without, and which alone notices neither a missing grid nor one in the wrong place.
`--quick` proves that everything runs: a tenth of the communities and of the publication, 500
sequences.
"""

import csv
import json
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from typing import Any

import django
import numpy as np
import shapely

from benchmarks import lattice, plans_publication
from benchmarks.report import Measure, at_least, at_most, finish, told_so_far
from fixtures.district import drawn, files
from fixtures.plan_edits import DAY, KINDS, attempt, moved_land_m2, small_territories
from gis_server.frames import Frame, to_wgs84
from grids.balance import Home, Offer, Wishes, offer
from grids.plan import Grid, Plan, begin, dump, load
from grids.topology import LIMITS, Limits, prove_edit, prove_territory

SEQUENCES = 10_000
QUICK_SEQUENCES = 500
ON_DISTRICT = 2_000  # of these
MOST_EDITS = 8
BATCH = 250
CELL_DEG = 0.003
ROUNDS = 5
EDITS = 300
NO_WIDTH = Limits(area_m2=0, width_m=0)

Shapes = dict[str, Any]


def main() -> int:
    quick = "--quick" in sys.argv[1:]
    small = drawn.read().grids
    codes, hexes = lattice.grids(CELL_DEG)
    large = dict(zip(codes, shapely.from_wkb(hexes), strict=True))
    measures = [
        *told_so_far(proofs("897 grids", small, ROUNDS * 4, 0.2)),
        *told_so_far(proofs("60,000 grids", large, 1 if quick else ROUNDS, 2.5)),
        *told_so_far(edits(small)),
        *told_so_far(proposals(10 if quick else 1)),
        *told_so_far(publication(10 if quick else 1)),
        *told_so_far(sequences(QUICK_SEQUENCES if quick else SEQUENCES)),
    ]
    return finish("plans", measures)


def proofs(name: str, grids: Shapes, rounds: int, goal_s: float) -> list[Measure]:
    outlines = stated(grids)
    polygons = np.array(list(grids.values()), dtype=object)

    def whole() -> None:
        if prove_territory(grids, outlines):
            sys.exit(f"bench plans: {name}: an exact partition is not proven.")

    def bare() -> None:
        shapely.coverage_is_valid(polygons, gap_width=LIMITS.gap_width_deg)

    taken = [(timed(whole), timed(bare)) for _ in range(rounds)]
    ours, theirs = (median(times) for times in zip(*taken, strict=True))
    missing = dict(list(grids.items())[1:])
    unnoticed = 0 if prove_territory(missing, outlines) else 1
    return [
        Measure(f"{name}, whole proof, median of {rounds}", ours, "s", "bare", theirs,
                at_most(goal_s)),
        Measure(f"{name}, one missing and not noticed", unnoticed, "", goal=at_most(0)),
    ]  # fmt: skip


def stated(grids: Shapes) -> Shapes:
    levels: dict[str, list[Any]] = {}
    for code, shape in grids.items():
        for digits in (6, 9, 12):
            levels.setdefault(code[:digits].ljust(12, "0"), []).append(shape)
    return {code: shapely.coverage_union_all(shapes) for code, shapes in levels.items()}


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def edits(grids: Shapes) -> list[Measure]:
    """One operation, its check included, and the check of the neighbourhood by itself."""
    plan = begin(DAY, [Grid(code, code[-3:], shape) for code, shape in grids.items()])
    dice = random.Random(10)
    whole_ms: list[float] = []
    check_ms: list[float] = []
    while len(whole_ms) < EDITS:
        kind, shares = drawn_edit(dice)
        began = time.perf_counter()
        after = attempt(plan, kind, shares)
        took_s = time.perf_counter() - began
        if after is None or not after.steps or not after.changed:
            continue
        pairs = {key: pair for key, pair in after.changed.items() if pair[0] or pair[1]}
        old = {key: pair[0].shape for key, pair in pairs.items() if pair[0]}
        new = {key: pair[1].shape for key, pair in pairs.items() if pair[1]}
        if old == new:  # a name or a number
            continue
        around = plan.near(shapely.total_bounds(list(new.values())))
        apart = {key: grid.shape for key, grid in around.items() if key not in old}
        whole_ms.append(1000 * took_s)
        check_ms.append(1000 * timed(lambda: prove_edit(old, new, apart)))  # noqa: B023
    return [
        Measure("an edit's neighbourhood check, slowest", max(check_ms), "ms", goal=at_most(200)),
        Measure("an edit with its check, median", median(whole_ms), "ms"),
        Measure(f"an edit with its check, slowest of {EDITS}", max(whole_ms), "ms",
                goal=at_most(200)),
    ]  # fmt: skip


def drawn_edit(dice: random.Random) -> tuple[str, tuple[float, ...]]:
    return dice.choice(KINDS), tuple(dice.random() for _ in range(6))


# ---- Proposals -----------------------------------------------------------------------------------


def proposals(every: int) -> list[Measure]:
    """Three alternatives for each community of the district, or every so many; the processor time
    of one core, which is the clock of a machine with nothing else to do.
    """
    drawing = drawn.read()
    plan = begin(DAY, [Grid(code, code[-3:], shape) for code, shape in drawing.grids.items()])
    streets = [street.line for street in drawing.streets]
    people = homes(drawing.grids)
    taken_s: list[float] = []
    unmet = possible = 0
    for community in sorted({code[:12] for code in drawing.grids})[::every]:
        codes = [
            (f"{community}{number:03d}", str(number))
            for number in range(1, 1000)
            if f"{community}{number:03d}" not in drawing.grids
        ]
        began = time.process_time()
        found = offer(plan, community, people[community], streets, Wishes(), codes=codes)
        taken_s.append(time.process_time() - began)
        exists = is_possible(found)
        possible += exists
        unmet += exists and not any(one.fits for one in found.alternatives)
    fits = f"of {len(taken_s)} communities, solution possible and none offered"
    return [
        Measure("a proposal for one community, median", median(taken_s), "s"),
        Measure("a proposal for one community, slowest", max(taken_s), "s", goal=at_most(10)),
        Measure(f"of {len(taken_s)} communities, not known to be impossible", possible, ""),
        Measure(fits, unmet, "", goal=at_most(0)),
    ]


def homes(grids: Shapes) -> dict[str, list[Home]]:
    """The district's buildings by community, as its file tells them."""
    with files.BUILDINGS.open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    lon, lat = ([float(row[name]) for row in rows] for name in ("经度", "纬度"))
    points = np.column_stack(to_wgs84(lon, lat, Frame.GCJ02))
    codes = list(grids)
    tree = shapely.STRtree(list(grids.values()))
    found: dict[str, list[Home]] = defaultdict(list)
    for k, n in tree.query(shapely.points(points), predicate="intersects").T.tolist():
        x, y = points[k].tolist()
        found[codes[n][:12]].append(Home((x, y), int(rows[k]["户数"])))
    return found


def is_possible(found: Offer) -> bool:
    """Whether nothing is known that rules a solution out."""
    return not any(reason.why.rules_out for one in found.alternatives for reason in one.reasons)


# ---- Publication ---------------------------------------------------------------------------------


def publication(small: int) -> list[Measure]:
    """60 grids and 100,000 buildings that change hands, or so many times fewer."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now

    call_command("migrate", verbosity=0)
    done = plans_publication.measure(60 // small, 100_000 // small)
    name = f"publication of {done.grids} grids, {done.moved:,} of {done.points:,} points moved"
    return [
        Measure(name, done.taken_s, "s", goal=at_most(3)),
        Measure("publication, processor time of this process", done.processor_s, "s"),
        Measure("publication, points in the wrong grid, of every 50th", done.wrong, "",
                goal=at_most(0)),
        Measure(f"publication, half states seen in {done.looks} looks", done.half_states, "",
                goal=at_most(0)),
    ]  # fmt: skip


# ---- Random sequences ----------------------------------------------------------------------------


def sequences(count: int) -> list[Measure]:
    """So many of them, on every core; each step is proven."""
    seeds = range(0, SEQUENCES, BATCH * SEQUENCES // count)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        results = list(pool.map(batch, seeds))
    steps, tries, broken, moved_m2 = (list(column) for column in zip(*results, strict=True))
    name = f"{len(seeds) * BATCH:,} random sequences"
    return [
        Measure(f"{name}: operations done", sum(steps), ""),
        Measure(f"{name}: share of tries that were done", sum(steps) / sum(tries), "",
                goal=at_least(0.3)),
        Measure(f"{name}: broken", sum(broken), "", goal=at_most(0)),
        Measure(f"{name}: union moved, most", max(moved_m2), "m²", goal=at_most(1e-6)),
    ]  # fmt: skip


def batch(first: int) -> tuple[int, int, int, float]:
    """Operations done, tried, sequences that broke something, the most that a union moved (m²)."""
    district = begin(DAY, [Grid(c, c[-3:], shape) for c, shape in drawn.read().grids.items()])
    small = list(small_territories().values())
    steps = tries = broken = 0
    most_m2 = 0.0
    for seed in range(first, first + BATCH):
        dice = random.Random(seed)
        plan = district if seed < ON_DISTRICT else small[seed % len(small)]
        asked = [drawn_edit(dice) for _ in range(dice.randint(1, MOST_EDITS))]
        done, sound, moved_m2 = sequence(plan, asked)
        steps, tries, most_m2 = steps + done, tries + len(asked), max(most_m2, moved_m2)
        if not sound:
            broken += 1
            print(f"seed {seed} breaks the partition or the way back", file=sys.stderr)
    return steps, tries, broken, most_m2


def sequence(
    begun: Plan, asked: Sequence[tuple[str, tuple[float, ...]]]
) -> tuple[int, bool, float]:
    """Operations done, whether each left a partition and all can be undone, m² that moved."""
    plan, done, sound = begun, 0, True
    for kind, shares in asked:
        after = attempt(plan, kind, shares)
        if after is not None:
            plan, done = after, done + 1
            sound = sound and holds(plan)
    pairs = plan.changed.values()
    old = [pair[0].shape for pair in pairs if pair[0]]
    new = [pair[1].shape for pair in pairs if pair[1]]
    again = load(json.loads(json.dumps(dump(plan))), begun.grids.values())
    back = plan
    while back.steps:
        back = back.undo()
    same = again == plan and back.grids == begun.grids
    return done, sound and same, moved_land_m2(old, new)


def holds(plan: Plan) -> bool:
    shapes = {grid.code: grid.shape for grid in plan.grids.values()}
    return len(shapes) == len(plan.grids) and not prove_territory(shapes, {}, limits=NO_WIDTH)


if __name__ == "__main__":
    sys.exit(main())
