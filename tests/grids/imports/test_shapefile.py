"""Shapefiles in a zip: layers, frames, and the encoding that the content has."""

from pathlib import Path

import pytest
import shapely

from gis_server.frames import Frame, Zone
from grids.imports.problems import Problem
from grids.imports.source import Format, open_source
from tests.grids.imports.makers import (
    LAT,
    LON,
    ROWS,
    cut,
    english,
    faults_in,
    read,
    refusal,
    shapefile,
    told,
    zip_of,
)


def test_shapes_and_rows_come_together(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", shapefile(tmp_path / "parts"))

    with open_source(path, name="网格.zip") as source:
        [layer] = source.layers
        assert (source.format, source.encoding) == (Format.SHAPEFILE, "utf-8")
        assert (layer.name, layer.columns, layer.count) == ("grids", ("code", "name"), 2)
        assert (layer.geometry, layer.frame) == ("Point", Frame.CGCS2000)

    assert read(path) == [
        {
            "code": "140107001001001", "name": "杏花岭一号网格", "#": 1,
            "shape": f"POINT ({LON} {LAT})",
        },
        {
            "code": "140107001001002", "name": "杏花岭二号网格", "#": 2,
            "shape": f"POINT ({LON} {LAT + 0.01})",
        },
    ]  # fmt: skip


def test_several_shapefiles_in_one_zip_are_several_layers(tmp_path: Path) -> None:
    one = shapefile(tmp_path / "parts", "grids")
    two = shapefile(tmp_path / "parts", "streets", crs="EPSG:4547")
    path = zip_of(tmp_path / "a.zip", [*two, *one])

    with open_source(path, name="a.zip") as source:
        frames = {layer.name: layer.frame for layer in source.layers}

    assert frames == {"grids": Frame.CGCS2000, "streets": Zone(4547)}


def test_without_a_prj_the_frame_is_not_known_and_the_user_is_told(tmp_path: Path) -> None:
    parts = [part for part in shapefile(tmp_path / "parts") if part.suffix != ".prj"]
    path = zip_of(tmp_path / "a.zip", parts)

    with open_source(path, name="a.zip") as source:
        [layer] = source.layers

    assert (layer.frame, layer.crs_text) == (None, "")
    assert layer.doubt is not None
    assert layer.doubt[0] is Problem.FRAME_NOT_STATED
    assert english(*layer.doubt) == (
        "The file does not say in which coordinate system it is: choose it from the list; whoever"
        " made the file knows."
    )


@pytest.mark.parametrize(
    ("crs", "frame", "words"),
    [
        ("EPSG:4326", Frame.WGS84, "EPSG:4326"),
        ("EPSG:4513", Zone(4513), "EPSG:4513"),
        ("EPSG:4554", Zone(4554), "EPSG:4554"),
        ("EPSG:3857", None, "EPSG:3857"),
        ("EPSG:4610", None, "EPSG:4610"),  # Xian 1980: over 100 m from CGCS2000
    ],
)
def test_only_frames_that_can_be_converted_are_taken(
    tmp_path: Path, crs: str, frame: object, words: str
) -> None:
    path = zip_of(tmp_path / "a.zip", shapefile(tmp_path / "parts", crs=crs))

    with open_source(path, name="a.zip") as source:
        [layer] = source.layers

    assert (layer.frame, layer.crs_text) == (frame, words)
    if frame is None:
        assert layer.doubt is not None
        assert english(*layer.doubt) == (
            f"The coordinate system of the file ({words}) cannot be converted: export it in"
            " CGCS2000 or WGS84, or choose another from the list if this one is stated wrongly."
        )


@pytest.mark.parametrize("said", ["UTF-8", "ISO-8859-1", "nonsense", None])
def test_a_table_in_gbk_is_read_whatever_the_cpg_says(tmp_path: Path, said: str | None) -> None:
    parts = shapefile(tmp_path / "parts", encoding="GBK")
    cpg = tmp_path / "parts" / "grids.cpg"
    if said is None:
        parts.remove(cpg)
    else:
        cpg.write_text(said)
    path = zip_of(tmp_path / "a.zip", parts)

    with open_source(path, name="a.zip") as source:
        assert source.encoding == "gb18030"
    assert [row["name"] for row in read(path)] == ["杏花岭一号网格", "杏花岭二号网格"]


def test_a_table_in_utf8_is_read_though_the_cpg_says_gbk(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "parts")
    (tmp_path / "parts" / "grids.cpg").write_text("GBK")

    assert read(zip_of(tmp_path / "a.zip", parts))[0]["name"] == "杏花岭一号网格"


def test_a_column_name_cut_in_the_middle_of_a_character_can_still_be_read(tmp_path: Path) -> None:
    rows = [{"code__": 1, "shape": row["shape"]} for row in ROWS]
    parts = shapefile(tmp_path / "parts", rows=rows)
    dbf = tmp_path / "parts" / "grids.dbf"
    # Ten bytes hold three Chinese characters and a third of the fourth, as ArcGIS leaves it.
    name = "网格编码".encode()[:10]
    dbf.write_bytes(dbf.read_bytes().replace(b"code__".ljust(11, b"\0"), name.ljust(11, b"\0"), 1))

    assert read(zip_of(tmp_path / "a.zip", parts))[0]["网格编"] == "1"


def test_a_value_cut_in_the_middle_of_a_character_is_a_fault(tmp_path: Path) -> None:
    rows = [{"name": "x" * 8, "shape": row["shape"]} for row in ROWS]
    parts = shapefile(tmp_path / "parts", rows=rows)
    dbf = tmp_path / "parts" / "grids.dbf"
    dbf.write_bytes(dbf.read_bytes().replace(b"x" * 8, "杏花岭".encode()[:8], 1))

    path = zip_of(tmp_path / "a.zip", parts)

    assert told(faults_in(path)) == [
        (
            1, "name",
            ("The text “杏花” is cut off in the middle of a character, because its column is too"
            " narrow: widen the column and export the file again."),
        )
    ]  # fmt: skip


def test_deleted_rows_are_left_out_and_the_others_keep_their_numbers(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "parts")
    dbf = tmp_path / "parts" / "grids.dbf"
    content = bytearray(dbf.read_bytes())
    content[int.from_bytes(content[8:10], "little")] = ord("*")
    dbf.write_bytes(bytes(content))

    [row] = read(zip_of(tmp_path / "a.zip", parts))

    assert (row["#"], row["code"]) == (2, "140107001001002")


@pytest.mark.parametrize("lost", [".shx", ".dbf", ".shp"])
def test_a_missing_part_is_named(tmp_path: Path, lost: str) -> None:
    parts = [part for part in shapefile(tmp_path / "parts") if part.suffix != lost]

    assert refusal(zip_of(tmp_path / "a.zip", parts)) == (
        Problem.PART_MISSING,
        f"The Shapefile grids lacks {lost}: add that part to the zip.",
    )


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
def test_a_part_cut_off_before_it_was_packed(tmp_path: Path, part: str) -> None:
    parts = shapefile(tmp_path / "parts")
    cut(tmp_path / "parts" / f"grids{part}", 0.8)

    found, text = refusal(zip_of(tmp_path / "a.zip", parts))

    assert found is Problem.CUT_OFF
    assert "nothing of it was read" in text


def test_parts_of_two_exports_do_not_fit(tmp_path: Path) -> None:
    parts = shapefile(tmp_path / "parts")
    shapefile(tmp_path / "other", rows=ROWS[:1])
    (tmp_path / "parts" / "grids.dbf").write_bytes((tmp_path / "other" / "grids.dbf").read_bytes())

    assert refusal(zip_of(tmp_path / "a.zip", parts)) == (
        Problem.PARTS_DIFFER,
        (
            "The Shapefile grids has 2 shapes but 1 rows in its table: export it again, so that its"
            " parts belong together."
        ),
    )


def test_a_row_without_a_shape_has_none(tmp_path: Path) -> None:
    rows = [{"code": "1", "shape": None}, {"code": "2", "shape": shapely.Point(LON, LAT)}]
    path = zip_of(tmp_path / "a.zip", shapefile(tmp_path / "parts", rows=rows))

    assert [row["shape"] for row in read(path)] == [None, f"POINT ({LON} {LAT})"]
