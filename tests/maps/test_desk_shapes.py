"""Shapes out of addresses: what is taken, and why something is not."""

import pytest
from shapely import LineString, Point, Polygon, box

from gis_server.geo import ELLIPSOID
from maps.desk.shapes import MOST_PLACES, BadShapeError, Fault, Kind, around, read

TRIANGLE = "112.5,37.8;112.6,37.8;112.6,37.9"


@pytest.mark.parametrize(
    ("kind", "text", "shape"),
    [
        pytest.param(Kind.POINT, "112.5,37.8", Point(112.5, 37.8), id="a point"),
        pytest.param(Kind.POINT, "-0.1,-85", Point(-0.1, -85), id="the edge of the map"),
        pytest.param(
            Kind.LINE, "112.5,37.8;112.6,37.8", LineString([(112.5, 37.8), (112.6, 37.8)]), id="two"
        ),
        pytest.param(
            Kind.POLYGON, TRIANGLE, Polygon([(112.5, 37.8), (112.6, 37.8), (112.6, 37.9)]),
            id="open ring",
        ),
        pytest.param(
            Kind.POLYGON, f"{TRIANGLE};112.5,37.8",
            Polygon([(112.5, 37.8), (112.6, 37.8), (112.6, 37.9)]), id="closed ring",
        ),
        pytest.param(Kind.BOX, "112.5,37.8,112.6,37.9", box(112.5, 37.8, 112.6, 37.9), id="box"),
    ],
)  # fmt: skip
def test_a_shape_is_read(kind: Kind, text: str, shape: Polygon) -> None:
    assert read(kind, text).equals(shape)


@pytest.mark.parametrize(
    ("kind", "text", "fault"),
    [
        pytest.param(Kind.POINT, "", Fault.UNREADABLE, id="nothing"),
        pytest.param(Kind.POINT, "nan,37", Fault.UNREADABLE, id="NaN"),
        pytest.param(Kind.POINT, "1e9,37", Fault.UNREADABLE, id="an exponent"),
        pytest.param(Kind.POINT, "inf,37", Fault.UNREADABLE, id="infinite"),
        pytest.param(Kind.POINT, "112.5,37.8;112.6,37.8", Fault.UNREADABLE, id="two for a point"),
        pytest.param(Kind.POINT, "112.5,37.8,3", Fault.UNREADABLE, id="three numbers"),
        pytest.param(Kind.POINT, "181,37", Fault.OUTSIDE, id="beyond the antimeridian"),
        pytest.param(Kind.POINT, "112,85.1", Fault.OUTSIDE, id="too far north"),
        pytest.param(Kind.LINE, "112.5,37.8;112.5,37.8", Fault.TOO_FEW, id="a line without length"),
        pytest.param(Kind.POLYGON, "112.5,37.8;112.6,37.8", Fault.TOO_FEW, id="two corners"),
        pytest.param(Kind.POLYGON, "112,37;113,37;114,37", Fault.FLAT, id="on one line"),
        pytest.param(Kind.POLYGON, "112,37;113,38;113,37;112,38", Fault.CROSSING, id="a bow"),
        pytest.param(Kind.POLYGON, "179,1;-179,1;-179,2", Fault.ANTIMERIDIAN, id="across 180"),
        pytest.param(Kind.POLYGON, ";".join(["1,1"] * (MOST_PLACES + 1)), Fault.TOO_MANY, id="201"),
        pytest.param(Kind.POLYGON, "1" * 100_000, Fault.TOO_MANY, id="a flood"),
        pytest.param(Kind.BOX, "113,37,112,38", Fault.ANTIMERIDIAN, id="east before west"),
        pytest.param(Kind.BOX, "112,38,113,37", Fault.FLAT, id="north before south"),
        pytest.param(Kind.BOX, "112,37,113", Fault.UNREADABLE, id="three edges"),
        pytest.param(Kind.BOX, "'; DROP TABLE--,1,2,3", Fault.UNREADABLE, id="hostile"),
    ],
)  # fmt: skip
def test_what_is_no_shape_is_refused(kind: Kind, text: str, fault: Fault) -> None:
    with pytest.raises(BadShapeError) as refused:
        read(kind, text)

    assert refused.value.fault is fault


def test_where_an_outline_crosses_itself_is_told() -> None:
    with pytest.raises(BadShapeError) as refused:
        read(Kind.POLYGON, "112,37;113,38;113,37;112,38")

    assert refused.value.place == pytest.approx((112.5, 37.5))


@pytest.mark.parametrize("lat", [0.0, 37.87, -60.0, 80.0])
@pytest.mark.parametrize("radius_m", [1.0, 200.0, 20_000.0])
def test_the_box_around_holds_all_within_the_radius(lat: float, radius_m: float) -> None:
    west, south, east, north = around(Point(112.5, lat), radius_m)

    for bearing in range(0, 360, 15):
        lon, there, _back = ELLIPSOID.fwd(112.5, lat, bearing, radius_m)
        assert west <= lon <= east
        assert south <= there <= north


@pytest.mark.parametrize(
    ("point", "fault"),
    [
        pytest.param(Point(179.99, 0), Fault.ANTIMERIDIAN, id="over the antimeridian"),
        pytest.param(Point(0, 84.99), Fault.OUTSIDE, id="over the edge of the map"),
    ],
)
def test_no_box_reaches_over_the_end_of_the_map(point: Point, fault: Fault) -> None:
    with pytest.raises(BadShapeError) as refused:
        around(point, 20_000)

    assert refused.value.fault is fault
