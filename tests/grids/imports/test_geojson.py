"""GeoJSON: whole collections, single features, frames stated or not, and what is no GeoJSON."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gis_server.frames import Frame
from grids.imports.limits import LIMITS, MIB
from grids.imports.problems import Problem
from grids.imports.source import Format, open_source
from tests.grids.imports.makers import LAT, LON, cut, english, feature, geojson, read, refusal

POINT = f"POINT ({LON} {LAT})"


def named(name: str) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": name}}


def test_a_collection_is_read(tmp_path: Path) -> None:
    path = geojson(tmp_path / "网格.geojson", feature(code="1", n=3), feature(code="2", n=None))

    with open_source(path, name="网格.geojson") as source:
        [layer] = source.layers
        assert (source.format, source.encoding) == (Format.GEOJSON, "utf-8")
        assert (layer.name, layer.columns, layer.count) == ("网格", ("code", "n"), 2)
    assert read(path) == [
        {"code": "1", "n": 3, "#": 1, "shape": POINT},
        {"code": "2", "n": None, "#": 2, "shape": POINT},
    ]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        pytest.param(json.dumps(feature(code="1")), 1, id="one Feature"),
        pytest.param(json.dumps(feature()["geometry"]), 1, id="a bare geometry"),
        pytest.param(
            "\ufeff" + json.dumps({"type": "FeatureCollection", "features": [feature(a=1)] * 3}), 3,
            id="with a byte order mark",
        ),
    ],
)  # fmt: skip
def test_other_forms_are_read_too(tmp_path: Path, content: str, rows: int) -> None:
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")

    assert [row["shape"] for row in read(path)] == [POINT] * rows


def test_without_a_crs_nothing_is_known_of_the_frame(tmp_path: Path) -> None:
    with open_source(geojson(tmp_path / "a.geojson", feature(a=1)), name="a.geojson") as source:
        [layer] = source.layers

    assert (layer.frame, layer.crs_text) == (None, "")
    assert layer.doubt == (Problem.FRAME_NOT_STATED, {})


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", Frame.WGS84),
        ("urn:ogc:def:crs:EPSG::4490", Frame.CGCS2000),
        ("EPSG:3857", None),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_a_crs_that_is_named_counts(
    tmp_path: Path, name: str, frame: object, *, last: bool
) -> None:
    path = geojson(tmp_path / "a.geojson", feature(a=1), crs=named(name))
    if last:
        whole = json.loads(path.read_text())
        path.write_text(json.dumps({**{k: whole[k] for k in ("type", "features")}, **whole}))

    with open_source(path, name="a.geojson") as source:
        [layer] = source.layers

    assert (layer.frame, layer.crs_text) == (frame, name)
    assert layer.doubt is None or english(*layer.doubt).startswith("The coordinate system of the")


@pytest.mark.parametrize(
    "crs",
    [
        pytest.param({"type": "link", "properties": {"href": "http://192.0.2.1/x"}}, id="a link"),
        pytest.param(named("http://192.0.2.1/x.prj"), id="an address as a name"),
        pytest.param({"type": "name", **named("EPSG:4490"), "type ": "link"}, id="extra members"),
    ],
)
def test_a_crs_that_points_elsewhere_is_refused(tmp_path: Path, crs: dict[str, Any]) -> None:
    path = geojson(tmp_path / "a.geojson", feature(a=1), crs=crs)

    found, text = refusal(path)

    assert found is Problem.FOREIGN_CRS
    assert text.startswith("The GeoJSON names its coordinate system in a form that is not read")


def test_a_crs_hidden_behind_an_escape_is_found(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", feature(a=1), crs={"type": "link"})
    path.write_text(path.read_text().replace('"crs"', '"c\\u0072s"'))

    assert refusal(path)[0] is Problem.FOREIGN_CRS


@pytest.mark.parametrize("at", ["4194000", "4194303", "4194304"])
def test_a_crs_is_found_across_the_windows_in_which_the_file_is_read(
    tmp_path: Path, at: str
) -> None:
    path = tmp_path / "a.geojson"
    start = '{"type":"FeatureCollection","features":['
    one = json.dumps(feature(a=1))
    middle = start + one + "]" + " " * (int(at) - len(start) - len(one) - 1)
    path.write_text(middle + ',"crs":' + json.dumps(named("EPSG:4490")) + "}")

    with open_source(path, name="a.geojson") as source:
        assert source.layers[0].frame is Frame.CGCS2000


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_a_file_cut_off_in_the_middle(tmp_path: Path, share: float) -> None:
    path = cut(geojson(tmp_path / "a.geojson", *[feature(name="网格" * 9)] * 2000), share)

    found, text = refusal(path)

    assert found is Problem.CUT_OFF
    assert "nothing of it was read" in text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param('{"a": 1}', id="any object"),
        pytest.param('{"type": "Topology", "objects": {}, "arcs": []}', id="TopoJSON"),
        pytest.param(
            '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /a"}',
            id="commands for GDAL",
        ),
        pytest.param('{"type": "FeatureCollection", "features": [}', id="a mistake"),
    ],
)
def test_what_is_no_geojson_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(content)

    assert refusal(path) == (
        Problem.NOT_GEOJSON,
        "This is not GeoJSON, or there is a mistake in it: export the layer again as GeoJSON.",
    )


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes(json.dumps(feature(name="杏花岭"), ensure_ascii=False).encode("gbk"))

    assert refusal(path) == (
        Problem.NOT_UTF8,
        "The text of the file is not UTF-8: export it again in UTF-8.",
    )


def test_a_collection_without_features_has_no_rows(tmp_path: Path) -> None:
    assert refusal(geojson(tmp_path / "a.geojson"))[0] is Problem.NO_ROWS


def test_one_object_may_not_be_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(feature(name="x" * 2 * MIB)))

    found, text = refusal(path, limits=replace(LIMITS, shape_bytes=MIB))

    assert found is Problem.SHAPE_TOO_LARGE
    assert text == "A single shape or value is larger than 1 MB: simplify or split it."


def test_nested_and_mixed_values_become_text(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", feature(o={"a": 1}, m=1, l=[1]), feature(m="x"))

    rows = read(path)

    assert json.loads(rows[0]["o"]) == {"a": 1}
    assert json.loads(rows[0]["l"]) == [1]
    assert [row["m"] for row in rows] == ["1", "x"]


def test_an_attribute_may_be_called_like_the_shape(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", feature(wkb_geometry="x", geometry="y", id=5))

    assert read(path) == [{"wkb_geometry": "x", "geometry": "y", "id": 5, "#": 1, "shape": POINT}]
