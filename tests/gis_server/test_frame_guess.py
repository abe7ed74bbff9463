"""Which frame points came in, told by the buildings and streets of the model district.

Every answer but the right one and "cannot tell" is a failure.
"""

import math

import numpy as np
import pytest
import shapely

from fixtures.district import drawn, places
from fixtures.district.town import survey
from gis_server.frame_guess import Doubt, Guess, guess_frame, tree_of
from gis_server.frames import (
    AnyFrame,
    BadCoordinatesError,
    Floats,
    Frame,
    Zone,
    from_wgs84,
)
from gis_server.geo import convert

METRIC = 4547
DEGREES = [pytest.param(frame, id=frame) for frame in (Frame.WGS84, Frame.GCJ02, Frame.BD09)]
A_DEGREE_M = np.array([88_000.0, 111_000.0])  # east and north at Taiyuan


class Town:
    """The district's 9,000 buildings and its streets: degrees to send, metres to know."""

    def __init__(self) -> None:
        drawing = drawn.read()
        rows = places.buildings(survey(drawing), seed=1)
        points = np.array([row.point for row in rows])
        lines = np.array([street.line for street in drawing.streets])
        self.buildings = shapely.get_coordinates(points)
        self.area = shapely.coverage_union_all(list(drawing.grids.values()))
        self.known = list(convert(points, 4326, METRIC))
        self.streets = list(convert(lines, 4326, METRIC))
        self.tree = tree_of(self.known)


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


def some(town: Town, count: int, noise_m: float = 0.0, seed: int = 1) -> Floats:
    """Buildings at random, each moved by noise; (count, 2) degrees."""
    dice = np.random.default_rng(seed)
    chosen = dice.choice(len(town.buildings), count, replace=False)
    return np.asarray(town.buildings[chosen] + dice.normal(0, noise_m, (count, 2)) / A_DEGREE_M)


def anywhere(town: Town, count: int, seed: int) -> Floats:
    """Points of the district that mean no building; (count, 2) degrees."""
    dice = np.random.default_rng(seed)
    west, south, east, north = shapely.bounds(town.area)
    spots = dice.uniform((west, south), (east, north), (4 * count + 50, 2))
    return np.asarray(spots[shapely.contains_xy(town.area, *spots.T)][:count])


def sent(points: Floats, frame: AnyFrame) -> tuple[Floats, Floats]:
    return from_wgs84(points[:, 0], points[:, 1], frame)


def guess(town: Town, points: Floats, frame: AnyFrame) -> Guess:
    return guess_frame(*sent(points, frame), town.tree, METRIC)


@pytest.mark.parametrize(
    ("frame", "offset_m"),
    [
        # Between the bounds measured over the city: 551 to 589 m and 1,316 to 1,386 m.
        pytest.param(Frame.WGS84, (0, 0), id="wgs84"),
        pytest.param(Frame.CGCS2000, (0, 0), id="cgcs2000 is read as wgs84"),
        pytest.param(Frame.GCJ02, (551, 589), id="gcj02"),
        pytest.param(Frame.BD09, (1316, 1386), id="bd09"),
    ],
)
def test_all_buildings_tell_their_frame_and_its_offset(
    town: Town, frame: Frame, offset_m: tuple[float, float]
) -> None:
    answer = guess(town, town.buildings, frame)

    assert answer.frame is (Frame.WGS84 if frame is Frame.CGCS2000 else frame)
    assert (answer.doubt, answer.used) == (None, 300)
    assert answer.sigmas > 20
    assert answer.offset_m is not None
    assert offset_m[0] <= answer.offset_m <= offset_m[1]
    assert answer.residual_m == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("frame", DEGREES)
@pytest.mark.parametrize(
    ("count", "noise_m"),
    [
        pytest.param(30, 0.0, id="30 exact"),
        pytest.param(50, 10.0, id="50 with 10 m of noise"),
        pytest.param(500, 20.0, id="500 with 20 m of noise"),
    ],
)
def test_noise_is_made_up_for_by_numbers(
    town: Town, frame: Frame, count: int, noise_m: float
) -> None:
    answer = guess(town, some(town, count, noise_m), frame)

    assert (answer.frame, answer.used) == (frame, min(count, 300))


@pytest.mark.parametrize("frame", DEGREES)
@pytest.mark.parametrize("noise_m", [0.0, 5.0, 10.0, 20.0, 40.0], ids=lambda m: f"{m:.0f} m")
@pytest.mark.parametrize("count", [8, 12, 20], ids=lambda n: f"{n} points")
def test_few_points_tell_the_truth_or_nothing(
    town: Town, frame: Frame, count: int, noise_m: float
) -> None:
    for seed in range(5):
        answer = guess(town, some(town, count, noise_m, seed), frame)
        assert answer.frame in {frame, None}


@pytest.mark.parametrize("frame", DEGREES)
@pytest.mark.parametrize("count", [8, 50, 500], ids=lambda n: f"{n} points")
def test_points_that_mean_no_place_tell_nothing(town: Town, frame: Frame, count: int) -> None:
    for seed in range(3):
        answer = guess(town, anywhere(town, count, seed), frame)
        assert answer.frame is None
        assert answer.doubt in {Doubt.NO_CLEAR_FIT, Doubt.ELSEWHERE}
        assert answer.offset_m is None


@pytest.mark.parametrize("east_m", [60.0, 120.0, 300.0], ids=lambda m: f"{m:.0f} m")
def test_a_frame_that_is_none_of_ours_is_not_mistaken(town: Town, east_m: float) -> None:
    # As Beijing 1954 or a city's own frame would be: all points off by the same vector.
    points = town.buildings + np.array([east_m, 40.0]) / A_DEGREE_M

    assert guess(town, points, Frame.WGS84).doubt is Doubt.NO_CLEAR_FIT


@pytest.mark.parametrize(
    ("points", "doubt"),
    [
        pytest.param(np.empty((0, 2)), Doubt.TOO_FEW, id="none"),
        pytest.param(np.full((7, 2), (112.56, 37.87)), Doubt.TOO_FEW, id="one seven times"),
        pytest.param(np.full((9_000, 2), (112.56, 37.87)), Doubt.TOO_FEW, id="one 9,000 times"),
        pytest.param(np.full((50, 2), np.nan), Doubt.TOO_FEW, id="none readable"),
        pytest.param(np.linspace((116, 39), (117, 40), 50), Doubt.ELSEWHERE, id="Beijing"),
        pytest.param(np.linspace((-70, -40), (-60, -30), 50), Doubt.ELSEWHERE, id="far away"),
        pytest.param(np.linspace((0, 0), (1e-3, 1e-3), 50), Doubt.ELSEWHERE, id="null island"),
        pytest.param(np.linspace((37.8, 112.5), (37.9, 112.6), 50), Doubt.ELSEWHERE, id="swapped"),
        pytest.param(np.linspace((1e5, 1e300), (1e300, 1e5), 50), Doubt.ELSEWHERE, id="huge"),
        pytest.param(np.linspace((-9e9, 5), (-8e9, 6), 50), Doubt.ELSEWHERE, id="negative metres"),
    ],
)
def test_without_points_here_nothing_is_told(town: Town, points: Floats, doubt: Doubt) -> None:
    answer = guess_frame(points[:, 0], points[:, 1], town.known, METRIC)

    assert (answer.frame, answer.doubt) == (None, doubt)
    assert (answer.offset_m, answer.residual_m, answer.sigmas) == (None, None, 0.0)


def test_unreadable_and_far_points_are_left_out(town: Town) -> None:
    lon, lat = sent(some(town, 100), Frame.GCJ02)
    far = np.linspace(100.0, 101.0, 100)

    answer = guess_frame(
        np.concatenate([lon, far, [np.nan, 113.0]]),
        np.concatenate([lat, far - 70.0, [37.8, np.inf]]),
        town.known,
        METRIC,
    )

    assert (answer.frame, answer.used) == (Frame.GCJ02, 100)


@pytest.mark.parametrize(
    "known",
    [
        pytest.param([], id="nothing"),
        pytest.param([shapely.Point(), shapely.Polygon()], id="only empty shapes"),
    ],
)
def test_without_known_places_nothing_is_told(town: Town, known: list[shapely.Geometry]) -> None:
    answer = guess_frame(*sent(town.buildings, Frame.GCJ02), known, METRIC)

    assert (answer.frame, answer.doubt) == (None, Doubt.NOTHING_KNOWN)


def test_few_known_places_tell_nothing_of_others(town: Town) -> None:
    answer = guess_frame(*sent(town.buildings[:4000], Frame.GCJ02), town.known[-20:], METRIC)

    assert answer.frame is None


@pytest.mark.parametrize("frame", DEGREES)
def test_points_along_streets_fit_streets_alone(town: Town, frame: Frame) -> None:
    ways = np.random.default_rng(1).uniform(size=len(town.streets))
    middles = shapely.line_interpolate_point(
        shapely.line_merge(town.streets), ways, normalized=True
    )
    points = shapely.get_coordinates(convert(middles, METRIC, 4326))

    answer = guess_frame(*sent(points, frame), town.streets, METRIC)

    assert answer.frame is frame


def test_known_shapes_may_be_of_every_kind(town: Town) -> None:
    outlines = [shapely.buffer(point, 4.0, cap_style="square") for point in town.known]
    mixed = [*outlines[:5000], shapely.MultiPoint(town.known[5000:]), shapely.Point()]

    answer = guess_frame(*sent(some(town, 200), Frame.BD09), mixed, METRIC)

    assert answer.frame is Frame.BD09


@pytest.mark.parametrize("epsg", [4525, 4526, 4546, 4547], ids=str)
def test_metres_tell_their_zone(town: Town, epsg: int) -> None:
    answer = guess(town, some(town, 200, 3.0), Zone(epsg))

    assert answer.frame == Zone(epsg)
    assert answer.offset_m is None


def test_metres_of_another_projection_are_no_zone(town: Town) -> None:
    # UTM zone 49 N has the meridian of EPSG:4546, scaled by 0.9996: 1.7 km off at Taiyuan.
    utm = shapely.get_coordinates(convert(shapely.points(town.buildings), 4326, 32649))

    answer = guess_frame(utm[:, 0], utm[:, 1], town.known, METRIC)

    assert answer.frame is None


def test_the_same_points_give_the_same_answer(town: Town) -> None:
    points = some(town, 60, 8.0)

    first, second = (guess(town, points, Frame.BD09) for _ in range(2))

    assert first == second
    assert math.isfinite(first.sigmas)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        pytest.param([112.5], [37.8, 37.9], id="one is missing"),
        pytest.param(["east"], [37.8], id="a word"),
    ],
)
def test_what_are_no_pairs_is_refused(town: Town, x: list[object], y: list[float]) -> None:
    with pytest.raises(BadCoordinatesError):
        guess_frame(x, y, town.known, METRIC)  # type: ignore[arg-type]
