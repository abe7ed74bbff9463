"""What the page measures, against Karney's geodesics as PROJ has them (GeographicLib)."""

import json
import subprocess
from typing import Any

import pytest
import shapely

from gis_server.geo import ELLIPSOID
from tests.house.tree import ROOT

SCRIPTS = ROOT / "maps/static/maps/desk"
TAIYUAN = (112.57, 37.87)
POINT = {"geometry": {"type": "Point", "coordinates": [1, 1]}}


def told(script: str, call: str) -> Any:
    """What the browser's own module answers."""
    source = (SCRIPTS / script).read_text(encoding="utf-8")
    text = f"{source}\nconsole.log(JSON.stringify({call} ?? null));"
    node = ["node", "--input-type=module"]
    done = subprocess.run(node, input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("there", "least_m"),
    [
        pytest.param((112.57, 37.87), 0, id="nowhere"),
        pytest.param((112.5700001, 37.87), 0.005, id="a centimetre"),
        pytest.param((112.5722, 37.8705), 190, id="across a street"),
        pytest.param((112.75, 38.01), 20_000, id="across the district"),
        pytest.param((116.39, 39.9), 390_000, id="to Beijing"),
        pytest.param((-70.66, -33.45), 15_000_000, id="to the other side"),
    ],
)
def test_a_length_is_the_geodesics_within_a_millimetre(
    there: tuple[float, float], least_m: float
) -> None:
    truth = ELLIPSOID.inv(*TAIYUAN, *there)[2]

    assert truth >= least_m
    assert told("geodesy.js", f"distanceM({list(TAIYUAN)}, {list(there)})") == pytest.approx(
        truth, abs=1e-3
    )


def test_along_the_equator_and_a_meridian() -> None:
    assert told("geodesy.js", "distanceM([0, 0], [1, 0])") == pytest.approx(111_319.4908, abs=1e-3)
    assert told("geodesy.js", "distanceM([0, 0], [0, 1])") == pytest.approx(110_574.3886, abs=1e-3)


def test_places_opposite_each_other_have_no_length_rather_than_a_wrong_one() -> None:
    assert told("geodesy.js", "distanceM([0, 0], [179.7, 0.5])") is None


@pytest.mark.parametrize("turned", [False, True], ids=["one way round", "the other"])
@pytest.mark.parametrize(
    "ring",
    [
        pytest.param([(112.57, 37.87), (112.5722, 37.87), (112.5722, 37.8718)], id="a block"),
        pytest.param(
            [(112.5, 37.8), (112.8, 37.8), (112.8, 38.0), (112.5, 38.0)], id="a district"
        ),
        pytest.param([(112, 37), (113, 37), (112.5, 37.2), (112.5, 38)], id="a dent"),
        pytest.param([(0, -0.1), (0.2, 0.1), (-0.2, 0.1)], id="over the equator"),
    ],
)  # fmt: skip
def test_an_area_is_the_ellipsoids(ring: list[tuple[float, float]], turned: bool) -> None:
    truth = abs(ELLIPSOID.geometry_area_perimeter(shapely.Polygon(ring))[0])
    asked = [list(place) for place in (reversed(ring) if turned else ring)]

    assert told("geodesy.js", f"areaM2({asked})") == pytest.approx(truth, rel=2e-6)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("{", "json", id="no JSON"),
        pytest.param("[]", "none", id="a list"),
        pytest.param('{"type": "FeatureCollection", "features": []}', "none", id="empty"),
        pytest.param(
            '{"features": [{"geometry": {"type": "Point", "coordinates": [181, 0]}}]}', "places",
            id="outside",
        ),
        pytest.param(
            '{"features": [{"geometry": {"type": "LineString", "coordinates": [[1, 1]]}}]}',
            "places", id="a line of one place",
        ),
        pytest.param(
            '{"features": [{"geometry": {"type": "Point", "coordinates": [1, 1]}}, '
            '{"geometry": {"type": "MultiPoint", "coordinates": [[1, 1]]}}]}', "kinds",
            id="one of another kind",
        ),
        pytest.param(
            json.dumps({"features": [POINT] * 501}), "many", id="many",
        ),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_drawings_says_why(text: str, fault: str) -> None:
    call = (
        f"(() => {{ try {{ readShapes({json.dumps(text)}) }} catch (e) {{ return e.message }} }})()"
    )

    assert told("shapes.js", call) == fault


def test_drawings_come_back_as_they_were_saved_and_bring_nothing_else() -> None:
    drawn = {
        "type": "Feature",
        "properties": {"name": "<b>" + "x" * 100, "other": 1},
        "geometry": {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 1]]]},
    }
    text = json.dumps(json.dumps({"type": "FeatureCollection", "features": [drawn]}))

    [back] = told("shapes.js", f"readShapes({text})")

    assert back["geometry"] == drawn["geometry"]
    assert back["properties"] == {"name": ("<b>" + "x" * 100)[:60]}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("12.5/37.87/112.57", [12.5, 37.87, 112.57]),
        ("", None),
        ("1/2", None),
        ("x/37/112", None),
        ("12/95/112", None),
        ("12/37/181", None),
        ("99/37/112", None),
        ("NaN/37/112", None),
    ],
)
def test_only_a_place_of_the_map_is_taken_from_a_link(text: str, place: Any) -> None:
    assert told("view.js", f"placeOf({json.dumps(text)})") == place
