"""Frames that coordinates arrive in: the way to WGS84 and back, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from pyproj import Geod

from gis_server.frames import (
    BOUNDS,
    ZONES,
    AnyFrame,
    BadCoordinatesError,
    Floats,
    Frame,
    Zone,
    from_wgs84,
    looks_swapped,
    to_wgs84,
)

STREETS = Path(__file__).parents[2] / "fixtures" / "data" / "xinghualing" / "streets.geojson"
TAIYUAN = (112.5573, 37.8666)  # Wuyi Square
SHIFTED = [pytest.param(frame, id=frame) for frame in (Frame.GCJ02, Frame.BD09)]
EVERY_FRAME = [pytest.param(frame, id=frame) for frame in Frame]
ON_EARTH = Geod(ellps="WGS84")

# China with its islands, degrees; the formula's own bounds are wider on every side.
LON = st.floats(73.0, 136.0)
LAT = st.floats(3.0, 54.0)
# In floating point the formula's roots fold the map at 105 E exactly, by less than a micrometre.
STEP_DEG = st.floats(1e-7, 0.5)


Place = tuple[ArrayLike, ArrayLike]


def apart_m(here: Place, there: Place) -> Floats:
    """Metres along the ellipsoid."""
    (lon, lat), (lon_there, lat_there) = map(np.atleast_1d, here), map(np.atleast_1d, there)
    return np.asarray(ON_EARTH.inv(lon, lat, lon_there, lat_there)[2])


def plain(place: Place) -> list[float]:
    return [float(np.asarray(half)) for half in place]


def district() -> tuple[Floats, Floats]:
    """Every vertex of the fixture's streets."""
    features = json.loads(STREETS.read_text(encoding="utf-8"))["features"]
    lines = [line for f in features for line in f["geometry"]["coordinates"]]
    points = np.array([point for line in lines for point in line])
    return points[:, 0], points[:, 1]


@pytest.mark.parametrize("frame", SHIFTED)
@given(lon=LON, lat=LAT)
@example(lon=105.0, lat=35.0)  # the roots of the formula
@example(lon=TAIYUAN[0], lat=TAIYUAN[1])
def test_forward_and_back_meet_anywhere_in_china(frame: Frame, lon: float, lat: float) -> None:
    there = from_wgs84(lon, lat, frame)
    back = to_wgs84(*there, frame)

    # Asked for is 0.2 m; the tolerance of 1e-9 degrees is a tenth of a millimetre.
    assert apart_m(back, (lon, lat)) < 0.0005
    assert plain(from_wgs84(*back, frame)) == pytest.approx(plain(there), abs=2e-9)


@pytest.mark.parametrize("frame", SHIFTED)
@given(lon=LON, lat=LAT, step=STEP_DEG)
def test_what_lies_east_or_north_stays_so(
    frame: Frame, lon: float, lat: float, step: float
) -> None:
    east, north = from_wgs84([lon, lon + step, lon], [lat, lat, lat + step], frame)

    assert east[1] > east[0]
    assert north[2] > north[0]


@pytest.mark.parametrize(
    ("frame", "least_m", "most_m"),
    [
        pytest.param(Frame.WGS84, 0, 0, id="wgs84"),
        pytest.param(Frame.CGCS2000, 0, 0, id="cgcs2000"),
        pytest.param(Frame.GCJ02, 551, 589, id="gcj02"),
        pytest.param(Frame.BD09, 1316, 1386, id="bd09"),
    ],
)
def test_offsets_over_the_district_are_those_measured(
    frame: Frame, least_m: float, most_m: float
) -> None:
    # Expected: measured over Taiyuan with a library of other authors, before this was written.
    here = district()

    offsets_m = apart_m(here, from_wgs84(*here, frame))

    assert least_m <= offsets_m.min()
    assert offsets_m.max() <= most_m


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        # The public examples of the libraries `coordtransform` and `eviltransform` (Beijing).
        pytest.param(Frame.GCJ02, (116.41024449916938, 39.91640428150164), id="gcj02"),
        pytest.param(Frame.BD09, (116.41662724378733, 39.922699552216216), id="bd09"),
    ],
)
def test_others_get_the_same(frame: Frame, expected: tuple[float, float]) -> None:
    assert plain(from_wgs84(116.404, 39.915, frame)) == pytest.approx(expected, abs=1e-9)


WEST, EAST, SOUTH, NORTH = BOUNDS


@pytest.mark.parametrize("frame", SHIFTED)
@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        pytest.param(WEST - 1e-9, 35.0, id="west of the bounds"),
        pytest.param(EAST + 1e-9, 35.0, id="east"),
        pytest.param(105.0, SOUTH - 1e-9, id="south"),
        pytest.param(105.0, NORTH + 1e-9, id="north"),
        pytest.param(0.0, 0.0, id="null island"),
        pytest.param(-180.0, -90.0, id="a corner of the world"),
        pytest.param(180.0, 90.0, id="the other corner"),
    ],
)
def test_outside_the_bounds_nothing_moves(frame: Frame, lon: float, lat: float) -> None:
    assert plain(from_wgs84(lon, lat, frame)) == [lon, lat]
    assert plain(to_wgs84(lon, lat, frame)) == [lon, lat]


@pytest.mark.parametrize("frame", SHIFTED)
@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        pytest.param(WEST, 35.0, id="west border"),
        pytest.param(EAST, 35.0, id="east border"),
        pytest.param(105.0, SOUTH, id="south border"),
        pytest.param(105.0, NORTH, id="north border"),
    ],
)
def test_on_the_bounds_the_offset_begins(frame: Frame, lon: float, lat: float) -> None:
    there = from_wgs84(lon, lat, frame)

    # The jump of the formula: there and back may differ by it, and by no more.
    assert 20 < apart_m(there, (lon, lat)) < 2_000
    assert apart_m(to_wgs84(*there, frame), (lon, lat)) < 2_000


def test_rows_inside_and_outside_are_moved_each_by_its_own() -> None:
    lon, lat = from_wgs84([TAIYUAN[0], 2.35], [TAIYUAN[1], 48.85], Frame.GCJ02)

    assert (lon[1], lat[1]) == (2.35, 48.85)
    assert lon[0] - TAIYUAN[0] > 0.005


@pytest.mark.parametrize("frame", [*EVERY_FRAME, pytest.param(Zone(4547), id="a zone")])
@pytest.mark.parametrize("shape", [(0,), (), (1,), (2, 3)], ids=str)
def test_shapes_are_kept_and_inputs_left_alone(frame: AnyFrame, shape: tuple[int, ...]) -> None:
    lon, lat = np.full(shape, TAIYUAN[0]), np.full(shape, TAIYUAN[1])

    there = from_wgs84(lon, lat, frame)
    back = to_wgs84(*there, frame)

    assert [half.shape for half in (*there, *back)] == [shape] * 4
    assert (lon == TAIYUAN[0]).all()
    assert back[0] == pytest.approx(lon, abs=1e-8)


@pytest.mark.parametrize(
    ("epsg", "number", "meridian_deg", "prefixed"),
    [
        # Names and numbers of the EPSG registry.
        pytest.param(4513, 25, 75, True, id="first with its number"),
        pytest.param(4525, 37, 111, True, id="zone 37"),
        pytest.param(4533, 45, 135, True, id="last with its number"),
        pytest.param(4534, 25, 75, False, id="first without"),
        pytest.param(4546, 37, 111, False, id="meridian 111"),
        pytest.param(4547, 38, 114, False, id="meridian 114"),
        pytest.param(4554, 45, 135, False, id="last without"),
    ],
)
def test_zones_are_those_of_the_registry(
    epsg: int, number: int, meridian_deg: int, prefixed: bool
) -> None:
    zone = Zone(epsg)

    assert (zone.number, zone.meridian_deg, zone.prefixed) == (number, meridian_deg, prefixed)


@pytest.mark.parametrize("zone", [pytest.param(zone, id=str(zone)) for zone in ZONES])
def test_every_zone_has_its_meridian_at_half_a_million(zone: Zone) -> None:
    easting, northing = plain(from_wgs84(zone.meridian_deg, 37.8666, zone))

    assert easting == pytest.approx(500_000 + (zone.number * 1_000_000 if zone.prefixed else 0))
    # Meridian arc to 37.8666 N on the ellipsoid, by a geodesic, not by the projection.
    arc_m = ON_EARTH.inv(114.0, 0.0, 114.0, 37.8666)[2]
    assert northing == pytest.approx(arc_m, abs=0.01)
    assert plain(to_wgs84(easting, northing, zone)) == pytest.approx([zone.meridian_deg, 37.8666])


@pytest.mark.parametrize("epsg", [0, -1, 4326, 4490, 4512, 4555], ids=str)
def test_other_numbers_are_no_zones(epsg: int) -> None:
    with pytest.raises(ValueError, match="no 3-degree zone"):
        Zone(epsg)


HOSTILE = [
    pytest.param(np.nan, 37.8, id="not a number"),
    pytest.param(112.5, np.nan, id="not a number either"),
    pytest.param(np.inf, 37.8, id="infinite"),
    pytest.param(112.5, -np.inf, id="infinite the other way"),
    pytest.param(180.0000001, 0.0, id="past the date line"),
    pytest.param(37.8, 112.5, id="exchanged"),
    pytest.param(1e308, 1e308, id="huge"),
    pytest.param(12_529_821.0, 4_559_000.0, id="web mercator"),
]


@pytest.mark.parametrize("frame", EVERY_FRAME)
@pytest.mark.parametrize(("lon", "lat"), HOSTILE)
def test_what_are_no_degrees_is_refused_by_name(frame: Frame, lon: float, lat: float) -> None:
    rows = ([TAIYUAN[0], lon, lon], [TAIYUAN[1], lat, lat])

    for convert in (to_wgs84, from_wgs84):
        with pytest.raises(
            BadCoordinatesError, match=r"2 of 3 points cannot be .*number 1"
        ) as caught:
            convert(*rows, frame)
        assert caught.value.refused.tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("easting", "northing", "epsg"),
    [
        pytest.param(38_372_000.0, 4_193_000.0, 4547, id="its number where none belongs"),
        pytest.param(372_000.0, 4_193_000.0, 4526, id="no number where one belongs"),
        pytest.param(37_372_000.0, 4_193_000.0, 4526, id="another zone's number"),
        pytest.param(4_193_000.0, 372_000.0, 4547, id="exchanged"),
        pytest.param(372_000.0, -1.0, 4547, id="south of the equator"),
        pytest.param(np.nan, 4_193_000.0, 4547, id="not a number"),
        pytest.param(372_000.0, np.inf, 4547, id="infinite"),
    ],
)
def test_what_is_not_of_a_zone_is_refused(easting: float, northing: float, epsg: int) -> None:
    with pytest.raises(BadCoordinatesError, match=f"cannot be metres of EPSG:{epsg}"):
        to_wgs84(easting, northing, Zone(epsg))


def test_degrees_are_refused_into_a_zone_far_away() -> None:
    with pytest.raises(BadCoordinatesError, match="EPSG:4534"):
        from_wgs84(*TAIYUAN, Zone(4534))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        pytest.param(["112.5", "abc"], [37.8, 37.8], id="words"),
        pytest.param([None], [37.8], id="nothing there"),
        pytest.param([112.5, 112.6], [37.8], id="one is missing"),
        pytest.param([[1.0], [1.0, 2.0]], [1.0], id="ragged"),
        pytest.param([1 + 2j], [1.0], id="complex"),
    ],
)
def test_what_are_no_pairs_of_numbers_is_refused(x: list[object], y: list[float]) -> None:
    with pytest.raises(BadCoordinatesError):
        to_wgs84(x, y, Frame.GCJ02)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("x", "y", "swapped"),
    [
        pytest.param([], [], False, id="empty"),
        pytest.param([112.5], [37.8], False, id="right"),
        pytest.param([37.8], [112.5], True, id="exchanged"),
        pytest.param([37.8, 37.9, 112.5], [112.5, 112.6, 37.8], True, id="mostly exchanged"),
        pytest.param([37.8, 112.5], [112.5, 37.8], False, id="half and half"),
        pytest.param([np.nan, np.inf], [np.nan, 1.0], False, id="unreadable"),
        pytest.param([37.8, np.nan], [112.5, np.nan], False, id="half unreadable"),
        pytest.param([2.35], [48.85], False, id="Paris"),
        pytest.param([0.0], [0.0], False, id="null island"),
        pytest.param([372_000.0], [4_193_000.0], False, id="a zone"),
        pytest.param([4_193_000.0], [372_000.0], True, id="a zone, north first"),
        pytest.param([38_372_000.0], [4_193_000.0], False, id="a zone with its number"),
        pytest.param([4_193_000.0], [38_372_000.0], True, id="with its number, north first"),
        pytest.param([500_000.0], [500_000.0], False, id="cannot be told"),
    ],
)
def test_exchanged_columns_are_noticed(x: list[float], y: list[float], swapped: bool) -> None:
    assert looks_swapped(x, y) is swapped


@given(lon=LON, lat=LAT)
def test_no_place_in_china_looks_exchanged_unless_it_is(lon: float, lat: float) -> None:
    assert not looks_swapped([lon], [lat])
    assert looks_swapped([lat], [lon])
