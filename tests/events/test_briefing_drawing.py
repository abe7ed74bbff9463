"""What a briefing's numbers become: every part drawn in each format, hot grids with their map."""

import io
import zipfile
from datetime import UTC, date, datetime

import docx
import pytest

from events.briefings.blocks import paper_of
from events.briefings.docx_file import as_docx
from events.briefings.figures import differences
from events.briefings.pdf_file import as_pdf
from events.briefings.pictures import png_of
from events.briefings.warnings import warnings
from events.counting.share import Counts
from events.models import Briefing
from tests.cameras.pdf_text import texts

NOW = datetime(2026, 3, 3, tzinfo=UTC)
COUNTS = Counts(reported=60, accepted=60, filed=58, due=40, closed=35, on_time=30, overdue=10,
                reworked=5, supervised=1, at_community=20, at_street=10, at_district=5)  # fmt: skip


def figures() -> dict[str, object]:
    """Of an area with two grids, one of them hot."""
    group = {"key": "1", "name": "井盖缺失", "counts": COUNTS.as_json()}
    told: dict[str, object] = {
        "counts": COUNTS.as_json(),
        "last": Counts(reported=20).as_json(),
        "year": Counts().as_json(),
        "kinds": [group],
        "parts": [group],
        "categories": [group | {"last": Counts(reported=20).as_json()}],
        "overdue": {
            "total": 1,
            "urgent": 1,
            "cases": [
                {"number": "SJ1", "event": 1, "category": "井盖缺失", "address": "府东街1号",
                 "severity": "urgent", "level": "district", "state": "handling",
                 "due": "2026-03-01T00:00:00+00:00"}
            ],
        },
        "repeated": [
            {"category": "井盖缺失", "address": "府东街1号", "grid": "一网格", "times": 6,
             "last": "2026-03-01T00:00:00+00:00", "event": 1}
        ],
        "hot": [
            {"code": "140107001001001", "name": "一网格", "count": 31, "z": 4.2, "p": 1e-5,
             "heat": 3, "at": [10, 10]}
        ],
        "map": {
            "width": 40,
            "height": 20,
            "pieces": [
                {"ring": [[0, 0], [20, 0], [20, 20], [0, 20], [0, 0]], "heat": 3},
                {"ring": [[20, 0], [40, 0], [40, 20], [20, 20], [20, 0]], "heat": 0},
            ],
        },
        "grids": 200,
        "window": {"first": "2026-02-24", "last": "2026-03-02"},
    }  # fmt: skip
    return told | {"warnings": warnings("day", told)}


@pytest.fixture
def briefing() -> Briefing:
    return Briefing(
        kind="day", first=date(2026, 3, 2), last=date(2026, 3, 2), scope="140107", version=2,
        known_at=NOW, figures=figures(), note="补录三件",
        changes=[{"what": "hot", "where": "一网格", "before": 0, "after": 3}],
    )  # fmt: skip


def test_every_rule_of_warning_speaks_with_its_rule(briefing: Briefing) -> None:
    # 60 after 20; 10 of 40 overdue; 5 of 40 reworked; an urgent one; 6 times; p of 1e-5.
    told = [one["rule"] for one in briefing.figures["warnings"]]
    assert told == ["urgent", "overdue", "rework", "surge", "hot", "repeated"]

    parts = paper_of(briefing, "杏花岭区").parts
    warned = next(part.warnings for part in parts if part.warnings)
    assert all("%(" not in one.text and one.rule for one in warned)
    assert any("25.00 %" in one.text for one in warned)


def test_the_page_of_paper_says_all_and_shows_the_map(briefing: Briefing) -> None:
    content = as_pdf(paper_of(briefing, "杏花岭区"), NOW)

    said = "".join(texts(content))
    for words in ("杏花岭区", "府东街1号", "一网格", "SJ1", "补录三件", "4.20", "87.50"):
        assert words in said


def test_the_document_says_all_and_shows_the_map(briefing: Briefing) -> None:
    content = as_docx(paper_of(briefing, "杏花岭区"), NOW)

    document = docx.Document(io.BytesIO(content))
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert {"府东街1号", "一网格", "SJ1", "4.20"} <= cells
    assert len(document.inline_shapes) == 1
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None


def test_the_map_is_a_png_with_the_hot_grid_in_its_colour(briefing: Briefing) -> None:
    import cv2  # noqa: PLC0415 - heavy, and only here
    import numpy as np  # noqa: PLC0415

    picture = next(part.picture for part in paper_of(briefing, "x").parts if part.picture)
    image = cv2.imdecode(np.frombuffer(png_of(picture), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None

    # Two pixels a unit and 8 units of margin: the middles of both grids; OpenCV has blue first.
    assert image[(3 + 8) * 2, (3 + 8) * 2].tolist() == [0, 0, 179]
    assert image[(10 + 8) * 2, (30 + 8) * 2].tolist() == [255, 255, 255]


def test_differences_name_what_and_where() -> None:
    old, new = figures(), figures()
    new["counts"] = COUNTS.as_json() | {"closed": 36}
    new["hot"] = []

    assert differences(old, old) == []
    assert differences(old, new) == [
        {"what": "closed", "where": "", "before": 35, "after": 36},
        {"what": "hot", "where": "一网格", "before": 3, "after": 0},
    ]
