"""Shapes made clean, positions from columns and WKT, and the way to WGS84."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from numpy.typing import NDArray

from gis_server.frames import AnyFrame, Frame, Zone, from_wgs84
from grids.imports.problems import NOTES, Problem, Refused
from grids.imports.shapes import (
    Wanted,
    clean_shapes,
    exchange,
    place,
    points_from_columns,
    refuse_swapped,
    shapes_from_wkt,
)
from tests.grids.imports.makers import LAT, LON, english, told

SQUARE = "(0 0, 9 0, 9 9, 0 9, 0 0)"


def shapes(*texts: str | None) -> NDArray[np.object_]:
    return np.array([None if t is None else shapely.from_wkt(t) for t in texts], dtype=object)


def one(text: str | None, wanted: Wanted) -> str | None:
    """The clean shape as WKT, or the sentence about it."""
    found, faults = clean_shapes(shapes(text), np.array([7]), wanted)
    refused = [fault for fault in faults if fault.problem not in NOTES]
    if not refused:
        return str(found[0].wkt)
    assert found[0] is None
    [(row, column, said)] = told(refused)
    assert (row, column) == (7, "")
    return said


@pytest.mark.parametrize(
    ("text", "wanted", "clean"),
    [
        ("POINT (1 2)", "point", "POINT (1 2)"),
        ("MULTIPOINT ((1 2))", "point", "POINT (1 2)"),
        ("POINT Z (1 2 3)", "point", "POINT (1 2)"),
        ("POINT M (1 2 3)", "point", "POINT (1 2)"),
        ("POINT ZM (1 2 3 4)", "point", "POINT (1 2)"),
        ("MULTILINESTRING ((0 0, 1 1))", "line", "LINESTRING (0 0, 1 1)"),
        ("MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))", "line", None),
        (f"MULTIPOLYGON (({SQUARE}))", "polygon", f"POLYGON ({SQUARE})"),
        (f"MULTIPOLYGON (({SQUARE}), ((20 0, 21 0, 21 1, 20 0)))", "polygon", None),
        (f"GEOMETRYCOLLECTION (MULTIPOLYGON (({SQUARE})))", "polygon", f"POLYGON ({SQUARE})"),
    ],
)
def test_what_loses_nothing_is_done(text: str, wanted: Wanted, clean: str | None) -> None:
    assert one(text, wanted) == (clean or text)


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        pytest.param(None, "point", "The row has no shape: draw it, or delete the row.", id="none"),
        pytest.param(
            "POINT EMPTY", "point", "The shape has no points: draw it again, or delete it.",
            id="empty",
        ),
        pytest.param(
            "POINT (inf 2)", "point",
            "A coordinate of the shape is no finite number: draw the shape again.", id="infinite",
        ),
        pytest.param(
            f"POLYGON ({SQUARE})", "point",
            "This is a polygon where a point belongs: choose another layer.", id="wrong kind",
        ),
        pytest.param(
            "MULTIPOINT ((1 2), (3 4))", "point",
            "There are 2 points in one shape: keep one of them, or give each its own row.",
            id="several points",
        ),
        pytest.param(
            "LINESTRING (1 1, 1 1)", "line",
            "The shape has too few different points: draw it again.", id="a line of one point",
        ),
        pytest.param(
            "POLYGON ((0 0, 4 4, 4 0, 0 4, 0 0))", "polygon",
            "The outline crosses or touches itself at 2, 2: move its vertices apart there.",
            id="a bow tie",
        ),
        pytest.param(
            f"POLYGON ({SQUARE}, (20 20, 21 20, 21 21, 20 20))", "polygon",
            "A hole lies outside its polygon at 20, 20: move it inside or delete it.",
            id="a hole outside",
        ),
        pytest.param(
            f"MULTIPOLYGON (({SQUARE}, (1 1, 3 1, 3 3, 1 3, 1 1), (3 1, 5 1, 5 3, 3 3, 3 1)))",
            "polygon",
            "A hole shares a border with another hole or with the outline at 3, 3: join the holes,"
            " or cut the outline there.",
            id="holes that share a border",
        ),
        pytest.param(
            f"POLYGON ({SQUARE}, (1 1, 6 1, 6 6, 1 6, 1 1), (2 2, 3 2, 3 3, 2 2))", "polygon",
            "A hole shares a border with another hole or with the outline at 2, 2: join the holes,"
            " or cut the outline there.",
            id="a hole inside a hole",
        ),
        pytest.param(
            "MULTIPOLYGON (((0 0, 2 0, 2 2, 0 2, 0 0)), ((2 0, 4 0, 4 2, 2 2, 2 0)))", "polygon",
            "Two parts of the shape overlap or share a border at 2, 2: dissolve them into one.",
            id="parts that share a border",
        ),
        pytest.param(
            f"MULTIPOLYGON (({SQUARE}), ((2 2, 3 2, 3 3, 2 2)))", "polygon",
            "Two parts of the shape overlap or share a border at 2, 2: dissolve them into one.",
            id="a part inside another",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text: str | None, wanted: Wanted, said: str) -> None:
    assert one(text, wanted) == said


def test_a_part_in_the_hole_of_another_is_fine() -> None:
    nested = f"MULTIPOLYGON (({SQUARE}, (2 2, 7 2, 7 7, 2 7, 2 2)), ((3 3, 4 3, 4 4, 3 3)))"

    assert one(nested, "polygon") == nested


def test_dropped_heights_are_a_note_and_refuse_nothing() -> None:
    found, faults = clean_shapes(
        shapes("POINT (1 2)", "POINT Z (1 2 3)", "POINT M (1 2 3)"), np.array([1, 2, 3]), "point"
    )

    assert [shape.wkt for shape in found] == ["POINT (1 2)"] * 3
    assert told(faults) == [
        (2, "", "2 shapes have heights or measures, which are not kept; there is nothing to do.")
    ]
    assert faults.rows_refused() == set()


def test_a_layer_without_shapes_is_all_faults() -> None:
    _, faults = clean_shapes(shapes(None, None), np.array([1, 2]), "line")

    assert faults.counts == {Problem.SHAPE_MISSING: 2}
    assert clean_shapes(shapes(), np.array([], dtype=np.int64), "line")[1] == []


def columns(*pairs: tuple[str | None, str | None]) -> tuple[pa.Array, pa.Array]:
    x, y = zip(*pairs, strict=True)
    return pa.array(x, pa.string()), pa.array(y, pa.string())


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("112.5572", "37.8736"),
        ("１１２．５５７２", "３７．８７３６"),
        ("112,5572", "37,8736"),
        ("112°33′25.92″", "37°52′24.96″"),
        ("112°33'25.92\"E", "37°52'24.96\"N"),
        ("东经112度33分25.92秒", "北纬37度52分24.96秒"),
        ("E112° 33.432'", "N37° 52.416'"),
        ("112.5572°", "37.8736°"),
    ],
)
def test_positions_in_the_usual_forms(x: str, y: str) -> None:
    [point], faults = points_from_columns(*columns((x, y)), np.array([2]), ("经度", "纬度"))

    assert faults == []
    # 33′25.92″ are 0.5572°, 52′24.96″ are 0.8736°.
    assert (point.x, point.y) == pytest.approx((LON, LAT), abs=1e-9)


@pytest.mark.parametrize(
    ("x", "y", "column", "said"),
    [
        (
            "east", "37.8", "经度",
            "“east” is not a coordinate: write degrees like 112.5572 or 112°33′26″.",
        ),
        (
            "112°75′00″", "37.8", "经度",
            "“112°75′00″” is not a coordinate: write degrees like 112.5572 or 112°33′26″.",
        ),
        (
            "112.5", "", "纬度",
            "Only one of the two coordinates is there: add the other, or clear both.",
        ),
    ],
)  # fmt: skip
def test_positions_that_cannot_be_read(x: str, y: str, column: str, said: str) -> None:
    [point], faults = points_from_columns(*columns((x, y)), np.array([2]), ("经度", "纬度"))

    assert point is None
    assert told(faults) == [(2, column, said)]


def test_a_row_with_both_blank_has_no_point_and_no_fault() -> None:
    found, faults = points_from_columns(
        *columns((None, ""), ("1", "2")), np.array([2, 3]), ("经度", "纬度")
    )

    assert [shape and shape.wkt for shape in found] == [None, "POINT (1 2)"]
    assert faults == []


def test_numbers_that_are_numbers_already_are_taken() -> None:
    x, y = pa.array([512_345.6]), pa.array([4_195_123])

    assert points_from_columns(x, y, np.array([2]), ("x", "y"))[0][0].wkt == (
        "POINT (512345.6 4195123)"
    )


def test_wkt_with_and_without_srid() -> None:
    column = pa.array(["SRID=4490;POINT (1 2)", " srid=4490; POINT(3 4)", None, ""])

    found, frame, faults = shapes_from_wkt(column, np.arange(2, 6), "wkt")

    assert [shape and shape.wkt for shape in found] == ["POINT (1 2)", "POINT (3 4)", None, None]
    assert frame is Frame.CGCS2000
    assert faults == []
    assert shapes_from_wkt(pa.array(["POINT (1 2)"]), np.array([2]), "wkt")[1] is None


def test_wkt_that_cannot_be_read_or_changes_its_frame() -> None:
    column = pa.array(["SRID=4547;POINT (1 2)", "POINT (1 2)", "SRID=4547;POINT (1"])
    curve = pa.array(["CIRCULARSTRING (0 0, 1 1, 2 0)", "POINT (1 2)"])

    found, frame, faults = shapes_from_wkt(column, np.arange(2, 5), "图形")

    assert [shape and shape.wkt for shape in found] == ["POINT (1 2)", None, None]
    assert shapes_from_wkt(curve, np.arange(2, 4), "图形")[2].counts == {Problem.NOT_WKT: 1}
    assert frame == Zone(4547)
    assert told(faults) == [
        (
            3, "图形",
            ("The shape names another coordinate system (SRID) than the first one: convert all to"
            " one."),
        ),
        (
            4, "图形",
            "“POINT (1” is not a shape in WKT: write it like POINT (112.5572 37.8736).",
        ),
    ]  # fmt: skip


def test_exchanged_columns_are_noticed_and_can_be_exchanged() -> None:
    points = shapes(f"POINT ({LAT} {LON})", f"POINT ({LAT} {LON})", None)

    with pytest.raises(Refused) as caught:
        refuse_swapped(points)

    assert english(caught.value.problem, caught.value.details) == (
        "Longitude and latitude seem to be exchanged (the first position is 37.8736, 112.5572):"
        " confirm to exchange them, or correct the columns."
    )
    mended = exchange(points)
    refuse_swapped(mended)
    assert [shape and shape.wkt for shape in mended] == [f"POINT ({LON} {LAT})"] * 2 + [None]


@pytest.mark.parametrize("frame", [Frame.WGS84, Frame.GCJ02, Frame.BD09, Zone(4547), Zone(4526)])
def test_shapes_come_to_wgs84_from_every_frame(frame: AnyFrame) -> None:
    corners = np.array([[LON, LAT], [LON + 0.01, LAT], [LON, LAT + 0.01]])
    there = np.column_stack(from_wgs84(corners[:, 0], corners[:, 1], frame))

    [polygon, nothing], faults = place(
        np.array([shapely.Polygon(there), None], dtype=object), np.array([1, 2]), frame
    )

    assert nothing is None
    assert faults == []
    # The inverse agrees to 1e-9 degrees; see gis_server.frames.
    assert shapely.get_coordinates(polygon)[:3] == pytest.approx(corners, abs=2e-9)


def test_positions_that_cannot_be_in_their_frame_are_faults_of_their_rows() -> None:
    points: Any = shapes("POINT (112 37)", "POINT (512345 4195123)", "POINT (112 97)", None)

    found, faults = place(points, np.array([1, 2, 3, 4]), Frame.CGCS2000)

    assert [shape is None for shape in found] == [False, True, True, True]
    assert told(faults) == [
        (
            2, "",
            ("The position 512345, 4195123 cannot be one in CGCS2000: correct it, or choose the"
            " coordinate system again."),
        ),
        (
            3, "",
            ("The position 112, 97 cannot be one in CGCS2000: correct it, or choose the coordinate"
            " system again."),
        ),
    ]  # fmt: skip
