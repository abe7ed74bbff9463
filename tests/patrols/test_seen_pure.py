"""The pure parts of what is seen: cells of the plane, slots, visits, ages, packed grounds."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from patrols import ages, plane, terrain, visits
from patrols.cells import Area
from patrols.control import ControlLevel
from patrols.coverage import bitmap, numbers_of
from patrols.plane import Lit
from patrols.slots import AROUND_S, SLOT_S, Slot, slot_track, touched
from patrols.stretches import covered, in_ground, make
from patrols.terrain import Named
from patrols.track import Means, track
from patrols.visits import Stay, required, window_h
from tests.patrols.walks import NOW, START, drift, fixes, walk

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
NONE = np.zeros((0, 2))


# ---- The plane -----------------------------------------------------------------------------------

LITS = st.lists(
    st.tuples(st.integers(-40, 40), st.integers(-40, 40), st.integers(1, 2**32 - 1)), max_size=40
)


def lit_of(cells: list[tuple[int, int, int]]) -> Lit:
    columns, rows, t = (np.array([one[at] for one in cells], np.int64) for at in range(3))
    return plane.latest(Lit(columns, rows, t.astype(np.uint32)), plane.NOTHING)


def told(lit: Lit) -> dict[tuple[int, int], int]:
    return {(int(c), int(r)): int(t) for c, r, t in zip(lit.columns, lit.rows, lit.t, strict=True)}


@given(LITS, LITS)
def test_the_later_time_of_each_cell_counts_in_any_order(one: list, other: list) -> None:  # type: ignore[type-arg]
    a, b = lit_of(one), lit_of(other)

    both = told(plane.latest(a, b))

    assert both == told(plane.latest(b, a)) == told(plane.latest(plane.latest(a, b), a))
    assert both == {
        key: max(told(a).get(key, 0), told(b).get(key, 0))
        for key in told(a).keys() | told(b).keys()
    }


@given(LITS)
def test_what_is_packed_comes_back(cells: list) -> None:  # type: ignore[type-arg]
    lit = lit_of(cells)

    assert told(plane.unpack(plane.pack(lit))) == told(lit)
    of_blocks = {
        (x * plane.SIDE + int(place) % plane.SIDE, y * plane.SIDE + int(place) // plane.SIDE): int(
            t
        )
        for (x, y), (places, times) in plane.by_block(lit).items()
        for place, t in zip(places, times, strict=True)
    }
    assert of_blocks == told(lit)


def test_a_box_is_put_together_from_blocks() -> None:
    side = plane.SIDE
    blocks = {
        (0, 0): np.full(side * side, 7, np.uint32),
        (1, 0): np.full(side * side, 9, np.uint32),
    }

    found = plane.window(blocks, side - 2, -1, 4, 3)

    assert found.tolist() == [[0, 0, 0, 0], [7, 7, 9, 9], [7, 7, 9, 9]]
    assert plane.blocks_over(side - 2, -1, 4, 3) == (0, 1, -1, 0)


def test_points_that_lie_far_apart_are_lit_without_a_box_around_them() -> None:
    x, t = np.array([0.0, 5e6]), np.array([1.0, 2.0])

    assert len(plane.lit(x, np.array([0.0, 5e6]), t, 15.0)) == 2 * len(
        plane.lit(x[:1], x[:1], t[:1], 15.0)
    )


@given(st.lists(st.tuples(st.floats(-60, 60), st.floats(-60, 60)), max_size=8))
def test_quarters_are_those_whose_middle_is_within_the_radius(places: list) -> None:  # type: ignore[type-arg]
    x, y = (np.array([one[at] for one in places]) for at in range(2))
    middles = np.arange(-20, 20) * 5 + 2.5
    apart = np.hypot(middles[None, :, None] - x, middles[:, None, None] - y)
    surely, never = ((apart <= r).any(axis=2) for r in (15 - 1e-9, 15 + 1e-9))

    found = plane.quarters(x, y, 15.0)

    seen = np.zeros(surely.shape, np.bool_)
    seen[found.rows + 20, found.columns + 20] = True
    assert np.count_nonzero(seen) == len(found.rows)
    assert not (surely & ~seen).any()
    assert not (seen & ~never).any()


def test_quarters_of_points_that_lie_far_apart_are_those_of_each() -> None:
    x = np.array([0.0, 5e6, 0.0])

    found = plane.quarters(x, x, 15.0)

    assert len(found.rows) == 2 * len(plane.quarters(x[:1], x[:1], 15.0).rows)


# ---- Slots ---------------------------------------------------------------------------------------


def test_a_moment_matters_to_its_slot_and_to_a_neighbour_near_its_end() -> None:
    middle = touched(SLOT_S * 10 + 900, SLOT_S * 10 + 900)

    assert [slot.begin for slot in middle] == [SLOT_S * 10]
    assert len(touched(SLOT_S * 10 + 100, SLOT_S * 10 + 100)) == 2
    assert Slot(SLOT_S).reach == (SLOT_S - AROUND_S, 2 * SLOT_S + AROUND_S)


def test_slots_together_cover_what_a_way_covers_as_a_whole() -> None:
    found = walk(2000, noise_m=4)
    place = terrain.terrain(
        [Area(1, shapely.box(-100, -400, 30_000, 400))], Named([], []), Named([], NONE), NONE
    ).ground
    whole = covered(track(found, Means.FOOT, NOW), place, 15.0)

    slots = touched(found.t[0], found.t[-1])
    parts = [make(found, np.full(len(found), NOW), Means.FOOT, slot) for slot in slots]

    cells = {n for part in parts for n in numbers_of(in_ground(part, place)[1].seen.quarters)} if (
        all(1 in in_ground(part, place) for part in parts)
    ) else {
        n for part in parts if 1 in in_ground(part, place)
        for n in numbers_of(in_ground(part, place)[1].seen.quarters)
    }  # fmt: skip
    assert cells == set(numbers_of(whole[1].quarters))
    there = [in_ground(part, place)[1].there for part in parts if 1 in in_ground(part, place)]
    seconds = sum(one.seconds for one in there if one)
    assert seconds == pytest.approx(found.t[-1] - found.t[0], rel=0.01)


def test_a_phone_that_lies_still_for_hours_lights_little_in_any_slot() -> None:
    found = drift(1000)
    received = np.full(len(found), NOW)
    slots = touched(found.t[0], found.t[-1])

    sizes = [len(make(found, received, Means.FOOT, slot).lit) for slot in slots]

    # A slot has the disc of its stay, one or two; its first minutes may not be known as such yet.
    assert max(sizes) <= 60
    assert slot_track(found, received, Means.FOOT, slots[2]).length_m < 60
    assert START


# ---- Visits --------------------------------------------------------------------------------------


def stay(minute: float, minutes: float, seconds: int = 0, pieces: int = 0) -> Stay:
    begin = AT + timedelta(minutes=minute)
    streets = bitmap(np.arange(pieces), 64)
    return Stay(begin, begin + timedelta(minutes=minutes), seconds, streets)


@pytest.mark.parametrize(
    ("stays", "number"),
    [
        ([], 0),
        ([stay(0, 5, 119)], 0),
        ([stay(0, 5, 120)], 1),
        ([stay(0, 1, 0, pieces=19)], 0),
        ([stay(0, 1, 0, pieces=20)], 1),
        ([stay(0, 10, 60), stay(39, 5, 60)], 1),
        ([stay(0, 10, 150), stay(40, 5, 150)], 2),
        ([stay(0, 10, 150), stay(39, 5, 150), stay(60, 5, 150)], 1),
        ([stay(0, 1, 0, pieces=12), stay(5, 1, 0, pieces=12)], 0),
    ],
    ids=["nobody", "too short", "two minutes", "a corner", "200 m", "together long enough",
         "half an hour apart", "one after the other", "the same pieces twice"],
)  # fmt: skip
def test_passes_that_count(stays: list[Stay], number: int) -> None:
    assert len(visits.visits(stays)) == len(visits.visits(stays[::-1])) == number


def test_the_rule_of_the_longest_area_counts() -> None:
    one, usual = ControlLevel.ONE, ControlLevel.USUAL
    rules = {("140107", one): 5, ("140107001", one): 7, ("140107001001001", one): 0}

    assert required("140107002001001", one, rules) == 5
    assert required("140107001002001", one, rules) == 7
    assert required("140107001001001", one, rules) == 0
    assert required("140108001001001", one, rules) == 4
    assert required("140107001001001", usual, rules) == 1
    assert [window_h(number) for number in (0, 1, 4)] == [None, 24, 6]


# ---- Ages ----------------------------------------------------------------------------------------


def test_ages_fall_into_classes_and_have_a_median() -> None:
    now = 1_000_000.0
    at = np.array([0, now, now + 50, now - 4 * 3600, now - 71 * 3600, now - 72 * 3600])

    assert ages.classes(at, now).tolist() == [4, 0, 0, 1, 3, 4]
    found = ages.ages(at, now)
    assert (found.all, found.median_h, found.worst_h) == (6, 4.0, math.inf)
    assert found.by_class == (2, 1, 0, 1, 2)
    assert math.isnan(ages.ages(np.zeros(0), now).median_h)
    assert ages.ages(np.array([0, now]), now).median_h == 0


# ---- Grounds as bytes ----------------------------------------------------------------------------


def test_a_ground_comes_back_from_its_bytes_with_the_names_of_what_is_in_it() -> None:
    streets = [
        shapely.LineString([(0, 205), (840, 205)]),
        shapely.LineString([(205, 0), (205, 100)]),
    ]
    made = terrain.terrain(
        [Area(5, shapely.box(0, 0, 420, 420)), Area(9, shapely.box(420, 0, 840, 420))],
        Named([31, 32], streets), Named([77], np.array([[500.0, 100.0]])), NONE,
    )  # fmt: skip

    back = terrain.unpack(terrain.pack(made))

    for name in ("grid_of", "is_patrolable", "quarters", "grids", "is_bare"):
        assert np.array_equal(getattr(back.ground, name), getattr(made.ground, name))
    assert np.array_equal(back.ground.numbered.first, made.ground.numbered.first)
    assert np.array_equal(back.ground.streets.cell, made.ground.streets.cell)
    assert dict(back.index) == {5: 0, 9: 1}
    assert list(back.building_of) == [77]
    assert sorted(back.street_of) == [31] * 84 + [32] * 10
    lane = np.flatnonzero(back.street_of == 32)
    ends = back.lines(lane[np.argsort(back.ground.streets.given[lane])])
    assert ends[0] == pytest.approx([205, 0, 205, 10], abs=0.06)
    assert ends[-1] == pytest.approx([205, 90, 205, 100], abs=0.06)
    assert fixes([0], 1, 1)
