"""Cells of a ground, and what tracks cover of them."""

import itertools
from functools import reduce
from operator import or_

import numpy as np
import pytest
import shapely

from fixtures.district import drawn
from gis_server.geo import to_metric
from patrols import plane
from patrols.cells import NOBODYS, Area, Ground, TooLarge, ground, quarters_in, street_pieces
from patrols.coverage import (
    NOTHING,
    Seen,
    bitmap,
    count,
    numbers_of,
    shares,
    union,
)
from patrols.stretches import covered
from patrols.track import Fixes, Means, Track, track
from tests.patrols.walks import NOW, fixes, walk

SIDE = 420
NONE = np.zeros((0, 2))
RADIUS = 15.0


def squares(rows: int, columns: int) -> list[Area]:
    """Grids of 420 m that touch, numbered from 1, from west to east and south to north."""
    return [
        Area(row * columns + column + 1, shapely.box(*corners(row, column)))
        for row, column in itertools.product(range(rows), range(columns))
    ]


def corners(row: int, column: int) -> tuple[int, int, int, int]:
    return column * SIDE, row * SIDE, (column + 1) * SIDE, (row + 1) * SIDE


def bare(rows: int = 1, columns: int = 1) -> Ground:
    return ground(squares(rows, columns), [], NONE, NONE)


def seen_at(x: float, y: float, place: Ground, radius_m: float = RADIUS) -> dict[int, Seen]:
    return covered(track(fixes([0], x, y), Means.FOOT, NOW), place, radius_m)


# ---- The ground ----------------------------------------------------------------------------------


def test_a_grid_with_nothing_in_it_counts_whole_and_says_so() -> None:
    place = bare(1, 2)

    assert list(place.quarters) == [84 * 84] * 2
    assert place.is_bare.all()


def test_elsewhere_only_what_is_near_streets_buildings_and_shops_counts() -> None:
    street = shapely.LineString([(0, 205), (SIDE, 205)])
    place = ground(squares(1, 2), [street], np.array([[105.0, 15.0]]), np.array([[305.0, 405.0]]))

    assert list(place.is_bare) == [False, True]
    # Middles within 25 m of the street: 185 to 225, five rows.  A disc of 25 m around a middle has
    # 21; house and shop lie one middle from the edge, so three each are outside.
    assert place.quarters[0] == 4 * (5 * 42 + 2 * (21 - 3))
    assert place.is_patrolable[:, :42].sum() * 4 == place.quarters[0]
    assert list(place.buildings.counts) == [1, 0]
    assert list(place.streets.counts) == [42, 0]


def test_every_cell_has_one_grid_even_where_they_touch() -> None:
    place = bare(3, 3)

    assert (place.grid_of >= 0).sum() == 9 * 42 * 42
    assert place.quarters.sum() == 9 * 84 * 84
    assert not len(place.edges.cell)


def test_a_quarter_is_its_grids_wherever_the_border_runs_through_the_cell() -> None:
    """Grids that are no squares, one of them within another: the later one holds what both have."""
    areas = skewed(np.random.default_rng(3))[:12]
    areas.append(Area(99, areas[0].shape.buffer(-60)))
    place = ground(areas, [], NONE, NONE)
    height, width = place.grid_of.shape
    x = (np.arange(2 * width) + 0.5) * 5 + place.x0 * 10
    y = (np.arange(2 * height) + 0.5) * 5 + place.y0 * 10
    want = np.full((2 * height, 2 * width), NOBODYS)
    for index, area in enumerate(areas):
        want[shapely.contains_xy(area.shape, *np.meshgrid(x, y))] = index

    owner, number = quarters_in(place, slice(0, height), slice(0, width))

    assert np.array_equal(owner, want)
    assert np.array_equal(number < 0, want < 0)
    for index, quarters in enumerate(place.quarters):
        assert sorted(number[owner == index]) == list(range(quarters))
    part = quarters_in(place, slice(7, 60), slice(11, 90))
    assert np.array_equal(part, [owner[14:120, 22:180], number[14:120, 22:180]])


def test_of_a_cell_on_the_border_of_hills_only_their_quarters_count() -> None:
    """The house of the eastern grid is far from the border at 415, in the middle of a cell."""
    areas = [Area(1, shapely.box(0, 0, 415, 100)), Area(2, shapely.box(415, 0, 800, 100))]

    place = ground(areas, [], np.array([[605.0, 55.0]]), NONE)

    assert list(place.quarters) == [83 * 20, 4 * 21]
    owner, number = quarters_in(place, slice(0, 10), slice(41, 42))
    assert set(owner[number >= 0]) == {0}
    assert np.count_nonzero(number >= 0) == 20


def test_a_street_falls_into_pieces_that_leave_nothing_out() -> None:
    pieces = street_pieces([shapely.LineString([(0, 0), (94, 0)])])

    assert pieces[:, 0] == pytest.approx((np.arange(9) + 0.5) * 94 / 9)
    assert len(street_pieces([shapely.LineString([(0, 0), (3, 0)])])) == 1
    assert len(street_pieces([])) == 0


def test_a_ground_without_grids_or_beyond_all_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="one grid"):
        ground([], [], NONE, NONE)
    far = [Area(1, shapely.box(0, 0, 10, 10)), Area(2, shapely.box(9e5, 9e5, 9e5 + 10, 9e5 + 10))]
    with pytest.raises(TooLarge):
        ground(far, [], NONE, NONE)


# ---- What a track lights -------------------------------------------------------------------------


def test_a_fix_lights_the_cells_whose_middle_is_within_the_radius() -> None:
    seen = seen_at(205, 205, bare())

    # Middles of a lattice of 5 m within 15 m of a point amid four: 6 × 6 without the corners.
    assert count(seen[1].quarters) == 32


def test_what_lies_on_the_border_lights_both_sides() -> None:
    seen = seen_at(SIDE, 205, bare(1, 2))

    assert sorted(seen) == [1, 2]
    assert count(seen[1].quarters) == count(seen[2].quarters) == 16


@pytest.mark.parametrize("x", [-16.0, -1000.0, 1e7])
def test_a_fix_outside_lights_nothing(x: float) -> None:
    assert seen_at(x, 205, bare()) == {}


def test_a_fix_just_outside_lights_what_it_reaches() -> None:
    assert count(seen_at(-5, 205, bare())[1].quarters) == 6 + 4


def test_a_joined_way_lights_the_corridor_and_a_gap_does_not() -> None:
    place = bare()
    way = track(fixes([0, 100], [105, 305], 205), Means.FOOT, NOW)
    gap = track(fixes([0, 130], [105, 305], 205), Means.FOOT, NOW)

    # Six rows of middles; the ends reach three middles further, the outer rows two.
    assert count(covered(way, place, RADIUS)[1].quarters) == 4 * 46 + 2 * 44
    assert count(covered(gap, place, RADIUS)[1].quarters) == 2 * 32


def test_streets_and_buildings_are_seen_where_their_cell_is_lit() -> None:
    street = shapely.LineString([(0, 205), (SIDE, 205)])
    houses = np.array([[101.0, 211.0], [101.0, 251.0], [399.0, 209.0]])
    place = ground(squares(1, 1), [street], houses, NONE)

    seen = covered(track(fixes([0, 100], [95, 295], 205), Means.FOOT, NOW), place, RADIUS)

    assert list(numbers_of(seen[1].streets)) == list(range(8, 31))
    assert list(numbers_of(seen[1].buildings)) == [0]
    [one] = shares(seen, place).values()
    assert (one.streets.seen, one.streets.all) == (23, 42)
    assert (one.buildings.seen, one.buildings.all) == (1, 3)
    assert not one.is_bare


def test_a_grid_that_nobody_came_near_stands_at_nothing() -> None:
    found = shares({}, bare(1, 2))

    assert [one.area.value for one in found.values()] == [0, 0]
    assert [one.streets.value for one in found.values()] == [None, None]
    assert found[1].is_bare


def test_samples_of_a_way_lie_no_more_than_five_metres_apart() -> None:
    found = track(walk(30, noise_m=3), Means.FOOT, NOW)
    ways = plane.ways_of(found)
    x, y = ways.x, ways.y

    assert found.joined.all()
    assert np.hypot(np.diff(x), np.diff(y)).max() <= 5
    assert set(zip(found.x, found.y, strict=True)) <= set(zip(x, y, strict=True))


def empty() -> Track:
    return track(walk(0), Means.FOOT, NOW)


def test_no_track_covers_nothing() -> None:
    assert covered(empty(), bare(), RADIUS) == {}


# ---- Sets ----------------------------------------------------------------------------------------


def test_sets_are_united_in_any_order_and_twice() -> None:
    size = 1_000
    chance = np.random.default_rng(5)
    parts = [bitmap(chance.choice(size, 60, replace=False), size) for _ in range(5)] + [b""]

    whole = {reduce(union, order) for order in itertools.permutations(parts)}

    assert len(whole) == 1
    [all_of] = whole
    assert union(all_of, parts[0]) == all_of
    want = set().union(*(set(numbers_of(one)) for one in parts))
    assert set(numbers_of(all_of)) == want
    assert count(all_of) == len(want)


def test_sets_of_two_grounds_are_never_mixed() -> None:
    with pytest.raises(ValueError, match="bytes"):
        union(bitmap(np.array([1]), 10), bitmap(np.array([1]), 100))


def test_parts_of_a_track_make_the_whole_where_their_ends_meet() -> None:
    place = bare(2, 3)
    whole = walk(90, noise_m=4)
    columns = (whole.t - whole.t[0], whole.x, whole.y + 300)
    once = covered(track(fixes(*columns), Means.FOOT, NOW), place, RADIUS)
    parts = [
        covered(
            track(fixes(*(one[at : at + 31] for one in columns)), Means.FOOT, NOW), place, RADIUS
        )
        for at in (0, 30, 60)
    ]

    ids = {pk for part in parts for pk in part}
    assert {pk: reduce(or_, (p.get(pk, NOTHING) for p in parts)) for pk in ids} == once


# ---- Against exact geometry ----------------------------------------------------------------------


def test_shares_of_area_are_those_of_exact_geometry() -> None:
    """20 made walks over 50 grids that are no squares; what is exact comes from buffers."""
    chance = np.random.default_rng(7)
    areas = skewed(chance)
    place = ground(areas, [], NONE, NONE)
    errors = []
    for _ in range(20):
        found = track(wandering(chance, (500, 300, 3500, 1800)), Means.FOOT, NOW)
        ours = covered(found, place, RADIUS)
        errors += [
            abs((one.area.value or 0) - exact(found, areas[pk - 1].shape))
            for pk, one in shares(ours, place).items()
            if pk in ours
        ]

    assert len(errors) > 100
    assert np.mean(errors) <= 0.005
    assert max(errors) <= 0.015


def test_shares_of_area_are_those_of_exact_geometry_in_grids_of_the_district() -> None:
    """Four walks in each of 50 grids as they are, half of them the smallest: the limits are the
    contract's, and whole cells of 10 m miss them.
    """
    shapes = sorted(
        (to_metric(shape) for shape in drawn.read().grids.values()), key=lambda shape: shape.area
    )
    chance, errors = np.random.default_rng(17), []
    for shape in [*shapes[:25], *shapes[25 :: len(shapes) // 25][:25]]:
        place = ground([Area(1, shape)], [], NONE, NONE)
        for _ in range(4):
            found = track(wandering(chance, shape.bounds), Means.FOOT, NOW)
            ours = shares(covered(found, place, RADIUS), place)[1].area.value or 0
            errors.append(abs(ours - exact(found, shape)))

    assert len(errors) == 200
    assert np.mean(errors) <= 0.005
    assert max(errors) <= 0.015


def exact(found: Track, shape: shapely.Geometry) -> float:
    """The share of a shape within the radius of a track."""
    near = [line for line in lines(found) if line.distance(shape) <= RADIUS]
    way = shapely.union_all(shapely.buffer(near, RADIUS, quad_segs=32))
    return float(shape.intersection(way).area / shape.area)


def skewed(chance: np.random.Generator) -> list[Area]:
    """Five by ten four-cornered grids without gaps, each corner moved by up to 80 m."""
    lattice = np.stack(np.meshgrid(np.arange(11), np.arange(6)), axis=-1) * SIDE
    at = lattice + chance.uniform(-80, 80, lattice.shape)
    return [
        Area(row * 10 + column + 1, shapely.Polygon(
            [at[row, column], at[row, column + 1], at[row + 1, column + 1], at[row + 1, column]]
        ))
        for row, column in itertools.product(range(5), range(10))
    ]  # fmt: skip


def wandering(
    chance: np.random.Generator, box: tuple[float, float, float, float], number: int = 300
) -> Fixes:
    """From somewhere in a box on."""
    turns = np.cumsum(chance.normal(0, 0.25, number))
    x = chance.uniform(box[0], box[2]) + np.cumsum(np.cos(turns) * 12)
    y = chance.uniform(box[1], box[3]) + np.cumsum(np.sin(turns) * 12)
    return fixes(np.arange(number) * 10.0, x, y)


def lines(found: Track) -> list[shapely.Geometry]:
    """Each point, and each joined way."""
    points = np.column_stack([found.x, found.y])
    ways = [shapely.LineString(points[n : n + 2]) for n in np.flatnonzero(found.joined)]
    return [*map(shapely.Point, points), *ways]
