"""Random sequences of operations keep the partition, and are taken back to the bit.

`PLAN_SEQUENCES` sets how many sequences each test draws; `bin/bench plans` runs 10,000.
"""

import json
import os
from functools import cache

import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.district import drawn
from fixtures.plan_edits import DAY, KINDS, attempt, moved_land_m2, small_territories
from grids.plan import Grid, Plan, begin, dump, load
from grids.topology import Fault, Limits, prove_territory

SEQUENCES = int(os.environ.get("PLAN_SEQUENCES", "60"))
MOST_MOVED_M2 = 1e-6
# What was narrow on purpose before may be so after.
NO_WIDTH = Limits(area_m2=0, width_m=0)

share = st.floats(0, 1, allow_nan=False, width=32)
edit = st.tuples(st.sampled_from(KINDS), st.tuples(*[share] * 6))
quietly = settings(
    max_examples=SEQUENCES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
)


@cache
def small() -> dict[str, Plan]:
    return small_territories()


@cache
def district() -> Plan:
    return begin(DAY, [Grid(code, code[-3:], shape) for code, shape in drawn.read().grids.items()])


def shapes(plan: Plan) -> dict[str, shapely.Geometry]:
    return {key: grid.shape for key, grid in plan.grids.items()}


def outlines(plan: Plan) -> dict[str, shapely.Geometry]:
    """What each community is before the plan, and all of them together."""
    inside: dict[str, list[shapely.Geometry]] = {}
    for grid in plan.base.grids.values():
        inside.setdefault(grid.community, []).append(grid.shape)
        inside.setdefault(grid.community[:4].ljust(12, "0"), []).append(grid.shape)
    reformed = plan.reformed
    return {
        code: shapely.coverage_union_all(parts)
        for code, parts in inside.items()
        if code not in reformed
    }


def holds(plan: Plan) -> None:
    by_code = {grid.code: grid.shape for grid in plan.grids.values()}
    assert len(by_code) == len(plan.grids)
    assert prove_territory(by_code, outlines(plan), limits=NO_WIDTH) == []


def walked(plan: Plan, edits: list[tuple[str, tuple[float, ...]]], each: bool) -> list[Plan]:
    """The plan after each edit that was not refused."""
    plans = [plan]
    for kind, shares in edits:
        after = attempt(plans[-1], kind, shares)
        if after is None:
            continue
        if each:
            holds(after)
        plans.append(after)
    return plans


def taken_back(plan: Plan) -> Plan:
    while plan.steps:
        plan = plan.undo()
    return plan


@quietly
@given(st.sampled_from(list(small_territories())), st.lists(edit, min_size=1, max_size=8))
def test_the_worst_small_territories(name: str, edits: list[tuple[str, tuple[float, ...]]]) -> None:
    begun = small()[name]

    last = walked(begun, edits, each=True)[-1]

    assert moved_land_m2(shapes(begun).values(), shapes(last).values()) <= MOST_MOVED_M2
    assert taken_back(last).grids == begun.grids
    assert load(json.loads(json.dumps(dump(last))), begun.grids.values()) == last


@quietly
@given(st.lists(edit, min_size=1, max_size=6))
def test_the_district_with_real_boundary(edits: list[tuple[str, tuple[float, ...]]]) -> None:
    begun = district()

    plans = walked(begun, edits, each=False)

    last = plans[-1]
    if len(plans) > 1:
        holds(last)
        changed = last.changed.values()
        old = [pair[0].shape for pair in changed if pair[0]]
        new = [pair[1].shape for pair in changed if pair[1]]
        assert moved_land_m2(old, new) <= MOST_MOVED_M2
    assert taken_back(last).grids == begun.grids


def test_the_random_edits_are_mostly_done() -> None:
    """What refuses everything would hold the partition too."""
    begun = small()["lattice"]
    done = {
        kind: sum(
            attempt(begun, kind, ((k * 0.381) % 1, (k * 0.618) % 1, (k * 0.271) % 1,
                                  (k * 0.577) % 1, (k * 0.414) % 1, (k * 0.732) % 1)) is not None
            for k in range(40)
        )
        for kind in KINDS
        if kind not in ("undo", "redo")
    }  # fmt: skip

    assert min(done.values()) >= 3, done


def test_the_limits_of_this_test_let_no_fault_but_width_pass() -> None:
    plan = small()["narrow strips"]

    assert {f.fault for f in prove_territory(shapes(plan), {})} <= {Fault.TOO_NARROW}
