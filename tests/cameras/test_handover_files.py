"""The offline list as files: the same rows in each, and nothing in a name that breaks one."""

import csv
import json
import re
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import openpyxl
import pytest
from django.utils import translation

from cameras.handover.files.columns import COLUMNS
from cameras.handover.files.formats import FORMATS
from cameras.handover.files.heading import heading
from cameras.handover.line import Filters, Found
from cameras.handover.lines import lines
from cameras.health import State
from cameras.models import Camera, Owner, Team
from cameras.probe.reason import Reason
from tests.cameras.conftest import NOW, MakeCamera
from tests.cameras.pdf_text import texts
from tests.cameras.test_handover_lines import group

KML = "{http://www.opengis.net/kml/2.2}"
LATER = NOW + timedelta(hours=26, minutes=5)
HOSTILE = [
    "=HYPERLINK(1)",
    "+86 351",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "<b>门</b>&amp;",
    "📷 枪机",
    "שלום \u202egnp",
    "长" * 80,
    "]]></name>",
]


@pytest.fixture
def fleet(make_camera: MakeCamera) -> list[Camera]:
    """A group, one camera for each hostile name, a degraded and two unknown ones."""
    group(*[make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE) for _ in range(3)])
    hostile = [make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE) for _ in HOSTILE]
    for camera, name in zip(hostile, HOSTILE, strict=True):
        Camera.objects.filter(pk=camera.pk).update(name=name, address_text=name * 2)
    odd = Owner.objects.create(name="=SUM(1)"), Team.objects.create(name="班/组*一", phone="=2")
    Camera.objects.filter(pk=hostile[0].pk).update(owner=odd[0], team=odd[1])
    make_camera(state=State.DEGRADED, reason=Reason.CLOCK_OFF)
    make_camera()
    make_camera()
    return hostile


def made(name: str) -> tuple[bytes, Found]:
    found = lines(["140107"], Filters(), LATER)
    with translation.override("en"):
        return FORMATS[name].make(found.lines, heading(found, "", LATER), LATER), found


def rows_of_xlsx(content: bytes) -> list[list[Any]]:
    paper = openpyxl.load_workbook(BytesIO(content)).worksheets[0]
    return [[cell.value for cell in row] for row in paper.iter_rows(min_row=4)]


def test_all_formats_have_the_same_rows(fleet: list[Camera]) -> None:
    xlsx = rows_of_xlsx(made("xlsx")[0])
    text = made("csv")[0].decode("utf-8-sig")
    table = list(csv.reader(StringIO(text, newline="")))[1:]
    features = json.loads(made("geojson")[0])["features"]
    marks = ET.fromstring(made("kml")[0]).iter(f"{KML}Placemark")
    paper = texts(made("pdf")[0])
    found = made("csv")[1]

    assert len(xlsx) == len(found.lines) == 13
    subjects = [str(row[0]) for row in xlsx]
    codes = [row[-1] for row in xlsx]
    # CSV guards what would be computed by an apostrophe.
    assert [row[0].lstrip("'") for row in table] == subjects
    assert [row[-1] for row in table] == codes
    assert [one["properties"]["subject"] for one in features] == subjects
    assert [one["properties"]["codes"] for one in features] == codes
    assert [mark.findtext(f"{KML}name") for mark in marks] == subjects
    # On paper in the same order: where each line's first words stand.
    places = [_position(paper, subject) for subject in subjects]
    assert places == sorted(set(places))


def _position(paper: list[str], subject: str) -> int:
    # Signs that the font lacks are boxes, and a line on paper is short.
    plain = re.sub(r"[\u0590-\u05ff📷]", "□", subject)[:8].strip()
    return next(at for at, one in enumerate(paper) if one.startswith(plain))


def test_cells_are_typed(fleet: list[Camera]) -> None:
    book = openpyxl.load_workbook(BytesIO(made("xlsx")[0]))
    heads = [str(cell.value) for cell in book.worksheets[0][3]]
    rows = [dict(zip(heads, row, strict=True)) for row in book.worksheets[0].iter_rows(min_row=4)]
    first = next(row for row in rows if "SW-7" in str(row["Fault at"].value))

    assert first["Number of cameras"].value == 3
    # 12:00 UTC is 20:00 in Shanghai.
    assert first["Since"].value == datetime(2026, 3, 1, 20, 0)  # noqa: DTZ001 - a sheet's
    assert first["For (h:min)"].value == timedelta(hours=26, minutes=5)
    assert first["Latitude"].value == pytest.approx(37.88)
    assert first["Outages this month"].value == 1


def test_no_name_becomes_a_formula_or_markup(fleet: list[Camera]) -> None:
    content, _ = made("xlsx")
    with ZipFile(BytesIO(content)) as file:
        papers = [file.read(name).decode() for name in file.namelist() if "worksheets/" in name]
    assert not any("<f>" in paper or "<f " in paper for paper in papers)

    text = made("csv")[0].decode("utf-8-sig")
    cells = [cell for row in csv.reader(StringIO(text, newline="")) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in cells)
    for name in ("csv", "geojson", "kml"):
        assert "\u202e" not in made(name)[0].decode("utf-8-sig")
    descriptions = ET.fromstring(made("kml")[0]).iter(f"{KML}description")
    assert not any("<b>" in (one.text or "") for one in descriptions)


def test_each_team_has_a_sheet_and_each_camera_a_row(fleet: list[Camera]) -> None:
    book = openpyxl.load_workbook(BytesIO(made("xlsx")[0]))

    assert book.sheetnames == ["Overview", "Team 1", "班_组_一", "Each camera"]
    assert book["班_组_一"].max_row == 3  # title, heads, one line
    assert book["Each camera"].max_row == 1 + 16
    assert [paper.freeze_panes for paper in book.worksheets] == ["A4", "A3", "A3", "A2"]


def test_geojson_is_in_degrees_longitude_first(fleet: list[Camera]) -> None:
    features = json.loads(made("geojson")[0])["features"]

    several = next(one["geometry"] for one in features if one["properties"]["cameras"] == 3)
    assert (several["type"], len(several["coordinates"])) == ("MultiPoint", 3)
    assert several["coordinates"][0] == pytest.approx([112.5601, 37.88])
    alone = next(one for one in features if one["properties"]["cameras"] == 1)
    assert alone["geometry"]["type"] == "Point"
    assert alone["properties"]["lasting"] == 26 * 3600 + 300


def test_heads_are_in_the_readers_language(fleet: list[Camera]) -> None:
    found = lines(["140107"], Filters(), LATER)

    with translation.override("zh-hans"):
        content = FORMATS["csv"].make(found.lines, heading(found, "", LATER), LATER)
        heads = [str(column.head) for column in COLUMNS]

    assert content.decode("utf-8-sig").splitlines()[0] == ",".join(heads)
    assert re.search("[一-鿿]", heads[0])


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_list_is_a_file_too(db: None, name: str) -> None:
    content, found = made(name)

    assert found.total == 0
    assert content
