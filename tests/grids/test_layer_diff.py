"""An edited layer compared with what is in force.  Pure; the figures are boxes of a hundredth."""

import numpy as np
import pytest
import shapely

from fixtures.plan_edits import moved_land_m2
from gis_server.frames import Frame, from_wgs84, to_wgs84
from grids.layer_diff import ROUNDING_DEG, Difference, compared, is_same

C = "140107001001"
A, B, D, E = f"{C}001", f"{C}002", f"{C}003", f"{C}004"


def box(west: float, east: float, south: float = 37.85, north: float = 37.86) -> shapely.Polygon:
    return shapely.box(west, south, east, north)


# Two side by side, and one below both.
KNOWN = {
    A: shapely.Polygon([(112.5, 37.85), (112.51, 37.85), (112.51, 37.86), (112.5, 37.86)]),
    B: shapely.Polygon([(112.51, 37.85), (112.52, 37.85), (112.52, 37.86), (112.51, 37.86)]),
    D: shapely.Polygon(
        [(112.5, 37.84), (112.52, 37.84), (112.52, 37.85), (112.51, 37.85), (112.5, 37.85)]
    ),
}


def moved(by_deg: float) -> dict[str, shapely.Polygon]:
    """All of the layer with every coordinate that far off, to and fro."""
    rng = np.random.default_rng(7)

    def nudged(xy: np.ndarray) -> np.ndarray:
        there = xy + by_deg * rng.choice([-1.0, 1.0], size=xy.shape)
        return np.vstack([there[:-1], there[:1]])

    return {code: shapely.transform(shape, nudged) for code, shape in KNOWN.items()}


def through(frame: Frame) -> dict[str, shapely.Polygon]:
    """Into a frame, rounded as a file of degrees is, and back."""

    def there_and_back(xy: np.ndarray) -> np.ndarray:
        lon, lat = from_wgs84(xy[:, 0], xy[:, 1], frame)
        return np.column_stack(to_wgs84(np.round(lon, 8), np.round(lat, 8), frame))

    return {code: shapely.transform(shape, there_and_back) for code, shape in KNOWN.items()}


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(KNOWN, id="as it is"),
        pytest.param({c: s.reverse() for c, s in KNOWN.items()}, id="drawn the other way round"),
        pytest.param({c: s.normalize() for c, s in KNOWN.items()}, id="begun elsewhere"),
        pytest.param(moved(0.6e-7), id="nudged by less than rounding"),
        pytest.param(through(Frame.GCJ02), id="by way of GCJ-02"),
        pytest.param(through(Frame.BD09), id="by way of BD-09"),
        pytest.param({c: s.segmentize(0.002) for c, s in KNOWN.items()}, id="with more vertices"),
    ],
)
def test_an_unchanged_layer_changes_nothing(layer: dict[str, shapely.Polygon]) -> None:
    found = compared(layer, KNOWN, {})

    assert found.is_nothing
    assert not found.noded
    assert found.same == set(KNOWN)


def test_a_border_moved_by_more_than_rounding_is_a_change() -> None:
    assert not is_same(box(112.5, 112.51), box(112.5, 112.51 + 3 * ROUNDING_DEG))
    assert is_same(box(112.5, 112.51), box(112.5, 112.51 + 0.9 * ROUNDING_DEG))


def test_a_border_drawn_elsewhere_reshapes_both() -> None:
    layer = KNOWN | {A: box(112.5, 112.512), B: box(112.512, 112.52)}

    found = compared(layer, KNOWN, {})

    assert set(found.reshaped) == {A, B}
    assert shapely.coverage_is_valid([*found.reshaped.values(), found.noded[D]])
    assert found.noded[D].area == KNOWN[D].area


def test_a_grid_that_is_divided() -> None:
    layer = KNOWN | {A: box(112.5, 112.505), E: box(112.505, 112.51)}

    found = compared(layer, KNOWN, {})

    assert set(found.reshaped) == {A}
    assert found.sources == {E: (A,)}
    # The neighbour below gets the corner where the new border ends, the one to the east none.
    assert set(found.noded) == {D}
    together = [*found.reshaped.values(), *found.born.values(), found.noded[D], KNOWN[B]]
    assert shapely.coverage_is_valid(together)


def test_a_neighbour_outside_of_the_layer_gets_the_corner_too() -> None:
    north = "140107001002001"
    around = {north: box(112.5, 112.51, 37.86, 37.87)}
    layer = KNOWN | {A: box(112.5, 112.505), E: box(112.505, 112.51)}

    found = compared(layer, KNOWN, around)

    assert set(found.noded) == {D, north}
    assert (112.505, 37.86) in list(found.noded[north].exterior.coords)


def test_an_outer_border_that_a_new_one_ends_on_stays_where_it_is() -> None:
    """A file of seven decimals puts the new corner beside a slanting border, not on it."""
    slanted = shapely.Polygon(
        [(112.5, 37.85), (112.51, 37.8512345), (112.5123456, 37.86), (112.5, 37.86)]
    )
    south, north = (round(112.505, 7), round(37.85 + 0.00061725, 7)), (112.505, 37.86)
    west = shapely.Polygon([(112.5, 37.85), south, north, (112.5, 37.86)])
    east = shapely.Polygon([south, (112.51, 37.8512345), (112.5123456, 37.86), north])

    found = compared({A: west, B: east}, {A: slanted}, {})

    assert (set(found.reshaped), set(found.born)) == ({A}, {B})
    drawn = [found.reshaped[A], found.born[B]]
    assert moved_land_m2([slanted], [west, east]) > 1e-3
    assert moved_land_m2([slanted], drawn) < 1e-6


def test_grids_that_are_merged() -> None:
    layer = {A: box(112.5, 112.52), D: KNOWN[D]}

    found = compared(layer, KNOWN, {})

    assert found.retired == {B: (A,)}
    assert set(found.reshaped) == {A}
    assert not found.missing


def test_a_grid_under_another_code_keeps_its_shape() -> None:
    layer = {A: KNOWN[A], E: KNOWN[B], D: KNOWN[D]}

    found = compared(layer, KNOWN, {})

    assert found.recoded == {B: E}
    assert not (found.reshaped)
    assert not (found.born)
    assert not (found.retired)


def test_codes_that_are_exchanged() -> None:
    found = compared({A: KNOWN[B], B: KNOWN[A], D: KNOWN[D]}, KNOWN, {})

    assert found.recoded == {A: B, B: A}
    assert not found.reshaped


def test_a_grid_that_is_missing_leaves_its_ground_to_nobody() -> None:
    found = compared({A: KNOWN[A], D: KNOWN[D]}, KNOWN, {})

    assert set(found.missing) == {B}
    assert found.missing[B].area == pytest.approx(KNOWN[B].area)
    assert not found.retired


def test_a_gap_stays_a_gap() -> None:
    layer = KNOWN | {A: box(112.5, 112.5099), B: KNOWN[B]}

    found = compared(layer, KNOWN, {})

    assert set(found.reshaped) == {A}
    assert found.same == {B, D}
    assert found.reshaped[A].area < KNOWN[A].area


@pytest.mark.parametrize(
    ("layer", "known"), [({}, {}), ({}, KNOWN), (KNOWN, {})], ids=["none", "no layer", "no grids"]
)
def test_sides_that_are_empty(
    layer: dict[str, shapely.Polygon], known: dict[str, shapely.Polygon]
) -> None:
    found = compared(layer, known, {})

    assert set(found.born) == set(layer)
    assert set(found.missing) == set(known)


def test_nothing_found_is_nothing() -> None:
    assert Difference().is_nothing
