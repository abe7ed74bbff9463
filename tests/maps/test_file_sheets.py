"""Maps on paper: true scale, true north, readable type, and a legend of what is on them."""

import re
import zlib
from io import BytesIO
from itertools import pairwise

import pypdfium2
import pytest
from PIL import Image
from shapely import Point

from gis_server.frames import Zone
from gis_server.geo import metres_between
from gis_server.pdf_export import Canvas
from maps.files import raster, sheet
from maps.files.content import Content
from maps.files.paper import Frame, View, round_scale, view_of
from tests.maps.model_content import content

A_DISTRICT = (112.53, 37.83, 112.73, 37.98)
FRAME = Frame(10, 20, 200, 150)


def view(extent: tuple[float, float, float, float] = A_DISTRICT) -> View:
    return view_of(extent, FRAME)


def drawn(told: Content) -> bytes:
    layout = sheet.layout_of(told.asked.paper, is_landscape=told.asked.is_landscape, foot_lines=2)
    shown = view_of(told.extent, layout.map)
    canvas = Canvas(
        told.title, told.made_at, landscape=told.asked.is_landscape, size=told.asked.paper
    )
    foot = sheet.foot_of(told, canvas, shown.srid)
    return sheet.draw(told, shown, layout, foot, canvas)


def text_of(pdf: bytes) -> str:
    return str(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range())


# Kashgar, the model district, and the north of Heilongjiang, each of about the same width.
@pytest.mark.parametrize(
    "extent",
    [(75.9, 39.4, 76.1, 39.55), A_DISTRICT, (126.9, 50.2, 127.2, 50.3), (110.2, 18.2, 110.3, 18.3)],
    ids=["west", "model", "north", "south"],
)
def test_the_scale_bar_is_as_long_on_the_ground_as_it_says(
    extent: tuple[float, float, float, float],
) -> None:
    shown = view(extent)
    bar = shown.bar()
    x, y = FRAME.x + FRAME.width / 2, FRAME.y + FRAME.height / 2

    west = shown.to_ground(x - bar.length_mm / 2, y)
    east = shown.to_ground(x + bar.length_mm / 2, y)

    assert metres_between(*west, *east) == pytest.approx(bar.length_m, rel=1e-5)
    # Of the projection's own scale, at most 1.0003 at the edge of a zone of three degrees.
    assert bar.length_m * 1000 / bar.length_mm == pytest.approx(shown.scale, rel=4e-4)


def test_the_zone_is_that_of_the_place() -> None:
    assert [Zone(view((lon, 37, lon + 0.1, 37.1)).srid).meridian_deg for lon in (112.3, 112.6)] == [
        111,
        114,
    ]


@pytest.mark.parametrize(
    ("lon", "turn_deg"),
    # Convergence = asin(tan(Δλ)·sin φ)-ish: (λ − λ0)·sin φ to first order; 38° N, zone of 114° E.
    [(112.6, 1.4 * 0.6157), (114.0, 0.0), (115.4, -1.4 * 0.6157)],
)
def test_the_north_arrow_points_to_true_north(lon: float, turn_deg: float) -> None:
    shown = view((lon - 0.05, 37.95, lon + 0.05, 38.05))

    assert shown.north_deg == pytest.approx(turn_deg, abs=0.01)


def test_all_that_was_asked_for_is_in_the_frame() -> None:
    shown = view()
    for lon in A_DISTRICT[::2]:
        for lat in A_DISTRICT[1::2]:
            at = shown.to_sheet(Point(lon, lat))
            assert FRAME.holds(at.x, at.y)


@pytest.mark.parametrize(("needed", "written"), [(1, 500), (87_000, 100_000), (100_000, 100_000)])
def test_scales_are_round(needed: float, written: int) -> None:
    assert round_scale(needed) == written


@pytest.mark.parametrize("paper", ["A4", "A3"])
@pytest.mark.parametrize("is_landscape", [True, False], ids=["across", "upright"])
def test_no_type_is_smaller_than_seven_points(paper: str, *, is_landscape: bool) -> None:
    pdf = drawn(content("140107001", figure="events", paper=paper, is_landscape=is_landscape))
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    page = next(text for text in map(unpacked, streams) if b" Tf " in text or b" Tf\n" in text)
    sizes = {float(size) for size in re.findall(rb"/F\d+ ([\d.]+) Tf", page)}

    assert len(sizes) > 2
    assert min(sizes) >= 7.0


def unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_a_sheet_says_what_whose_when_and_from_where() -> None:
    told = content("140107001", name="", figure="events", title="周例会")
    text = text_of(drawn(told))

    for words in ("周例会", "operator", "2026-11-26 16:30", "gis-server", "EPSG:4547", "1 : "):
        assert words in text


def test_the_legend_holds_what_is_on_the_map_and_nothing_else() -> None:
    without = text_of(drawn(content("140107001", cameras=0, events=0)))
    with_all = text_of(drawn(content("140107001", cameras=60, events=0)))

    assert "离线" not in without
    assert "离线" in with_all
    assert "超期" not in with_all


def test_a_picture_has_the_resolution_it_is_asked_for() -> None:
    picture = Image.open(BytesIO(raster.png(drawn(content("140107001")), 300)))

    # A4: 297 × 210 mm at 300 points an inch of 25.4 mm.
    assert picture.size == pytest.approx((297 / 25.4 * 300, 210 / 25.4 * 300), abs=1.5)
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_names_on_paper_are_characters_and_nothing_more() -> None:
    told = content("140107001", name="=cmd|' /C calc'!A0) Tj ET (\u202e</script>${x}", title="")
    text = text_of(drawn(told))

    assert "\u202e" not in text
    assert "=cmd|" in text


def test_a_hole_in_an_area_stays_open() -> None:
    outer, inner = Point(0, 0).buffer(10), Point(0, 0).buffer(4)
    ring = sheet.ring_of(outer.difference(inner))

    # The signed area along the ring: that of the area without its hole.
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2
    assert abs(area) == pytest.approx(outer.area - inner.area)
