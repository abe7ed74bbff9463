"""KML: placemarks with their data and folders, and links that nobody follows."""

from dataclasses import replace
from pathlib import Path

import pytest

from grids.imports.limits import LIMITS
from grids.imports.problems import Problem
from grids.imports.source import Format, open_source
from tests.grids.imports.makers import cut, faults_in, read, refusal, told, write_layer

POINT = "<Point><coordinates>112.5,37.8,0</coordinates></Point>"
RING = "<LinearRing><coordinates>0,0 1,0 1,1 0,0</coordinates></LinearRing>"
SQUARE = (
    "<Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 9,0 9,9 0,9 0,0</coordinates>"
    "</LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>1,1 1,2 2,2 1,1"
    "</coordinates></LinearRing></innerBoundaryIs></Polygon>"
)


def kml(path: Path, inside: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> Path:
    namespace = 'xmlns="http://www.opengis.net/kml/2.2"'
    path.write_text(f"{head}<kml {namespace}><Document>{inside}</Document></kml>", encoding="utf-8")
    return path


def placemark(name: str, shape: str = POINT, data: str = "") -> str:
    extended = f"<ExtendedData>{data}</ExtendedData>" if data else ""
    return f"<Placemark><name>{name}</name>{extended}{shape}</Placemark>"


def test_placemarks_are_rows_and_folders_a_column(tmp_path: Path) -> None:
    data = '<Data name="户数"><value>12</value></Data>'
    schema = '<SchemaData schemaUrl="#s"><SimpleData name="楼层">6</SimpleData></SchemaData>'
    inside = (
        f"<Folder><name>东区</name><Folder><name>一期</name>{placemark('甲', data=data)}</Folder>"
        f"{placemark('乙', data=schema)}</Folder>{placemark('丙')}"
    )
    path = kml(tmp_path / "楼栋.kml", inside)

    with open_source(path, name="楼栋.kml") as source:
        [layer] = source.layers
        assert (source.format, layer.name, layer.count) == (Format.KML, "楼栋", 3)
        assert (layer.geometry, layer.frame) == ("Point", None)
        assert layer.doubt == (Problem.FRAME_NOT_STATED, {})
    rows = read(path)
    assert [(row["name"], row["folder"], row["户数"], row["楼层"]) for row in rows] == [
        ("甲", "东区 / 一期", "12", None),
        ("乙", "东区", None, "6"),
        ("丙", None, None, None),
    ]
    assert rows[0]["shape"] == "POINT Z (112.5 37.8 0)"


@pytest.mark.parametrize(
    ("shape", "wkt"),
    [
        (SQUARE, "POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (1 1, 1 2, 2 2, 1 1))"),
        (
            f"<MultiGeometry>{POINT}{POINT}</MultiGeometry>",
            "MULTIPOINT Z ((112.5 37.8 0), (112.5 37.8 0))",
        ),
        (f"<MultiGeometry>{RING}</MultiGeometry>", "LINESTRING (0 0, 1 0, 1 1, 0 0)"),
        (
            f"<MultiGeometry>{POINT}{RING}</MultiGeometry>",
            "GEOMETRYCOLLECTION Z (POINT Z (112.5 37.8 0), LINESTRING (0 0, 1 0, 1 1, 0 0))",
        ),
        ("", None),
    ],
    ids=["a polygon with a hole", "two points", "a ring", "a mixture", "nothing"],
)  # fmt: skip
def test_shapes_of_each_kind(tmp_path: Path, shape: str, wkt: str | None) -> None:
    assert read(kml(tmp_path / "a.kml", placemark("甲", shape)))[0]["shape"] == wkt


def test_what_gdal_writes_is_read(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "a.kml", crs="EPSG:4326", driver="KML")

    assert [row["code"] for row in read(path)] == ["140107001001001", "140107001001002"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_is_read_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = kml(
        tmp_path / "a.kml", placemark("杏花岭"), f'<?xml version="1.0" encoding="{encoding}"?>'
    )
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))

    assert read(path)[0]["name"] == "杏花岭"


def test_a_link_to_elsewhere_is_not_followed(tmp_path: Path) -> None:
    link = "<NetworkLink><Link><href>http://192.0.2.1/a.kml</href></Link></NetworkLink>"

    assert refusal(kml(tmp_path / "a.kml", placemark("甲") + link)) == (
        Problem.NETWORK_LINK,
        (
            "The KML only links to content elsewhere (NetworkLink), which is not fetched: save the"
            " places themselves as KML."
        ),
    )


def test_entities_are_refused(tmp_path: Path) -> None:
    head = '<!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'

    found, text = refusal(kml(tmp_path / "a.kml", placemark("&b;"), head))

    assert found is Problem.ENTITIES
    assert text.startswith("The file defines entities of its own (DOCTYPE), which are not read")


@pytest.mark.parametrize("share", [0.4, 0.7, 0.99])
def test_a_file_cut_off_in_the_middle(tmp_path: Path, share: float) -> None:
    path = cut(kml(tmp_path / "a.kml", placemark("杏花岭") * 50), share)

    found, text = refusal(path)

    assert found is Problem.CUT_OFF
    assert "nothing of it was read" in text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("<kml><Document></Placemark></Document></kml>", id="tags that do not match"),
        pytest.param("<gpx><kml/></gpx>", id="another root"),
        pytest.param("<kml>" + "<a>" * 200 + "</a>" * 200 + "</kml>", id="very deep"),
    ],
)
def test_what_is_no_kml_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.kml"
    path.write_text(content)

    assert refusal(path)[0] is Problem.NOT_KML


def test_a_kml_without_placemarks_has_no_rows(tmp_path: Path) -> None:
    assert refusal(kml(tmp_path / "a.kml", "<Folder/>"))[0] is Problem.NO_ROWS


@pytest.mark.parametrize(
    "shape",
    [
        "<Point><coordinates>east,north</coordinates></Point>",
        "<Point><coordinates></coordinates></Point>",
        (
            "<Polygon><outerBoundaryIs><LinearRing><coordinates>1,1</coordinates></LinearRing>"
            "</outerBoundaryIs></Polygon>"
        ),
        "<Model><Location/></Model>",
        "<Point><coordinates>1,2 3,4</coordinates></Point>",
        "<LineString><coordinates>1,2 3,4,5</coordinates></LineString>",
    ],
    ids=["words", "blank", "one vertex", "a model", "two positions", "uneven"],
)
def test_a_shape_that_cannot_be_read_is_a_fault(tmp_path: Path, shape: str) -> None:
    path = kml(tmp_path / "a.kml", placemark("甲") + placemark("乙", shape))

    assert told(faults_in(path)) == [
        (
            2, "",
            ("The shape cannot be read (curves and 3D models are not): convert it to straight lines"
            " or draw it again."),
        )
    ]  # fmt: skip


def test_text_without_end_is_refused(tmp_path: Path) -> None:
    path = kml(tmp_path / "a.kml", placemark("x" * 5000))

    assert refusal(path, limits=replace(LIMITS, shape_bytes=1000))[0] is Problem.SHAPE_TOO_LARGE
