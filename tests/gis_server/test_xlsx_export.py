"""A workbook opens as it was meant: typed cells, and nothing that is computed."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from gis_server.xlsx_export import (
    LONGEST_SHEET_NAME,
    PERCENT,
    Chart,
    Column,
    Sheet,
    Value,
    workbook,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
ONE = [Column("名称")]


def opened(*sheets: Sheet) -> Any:
    return openpyxl.load_workbook(BytesIO(workbook(sheets, SHANGHAI)))


def one_cell(value: Value, column: Column = ONE[0]) -> Any:
    return opened(Sheet("s", [column], [[value]])).active["A2"]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1",
        "#N/A",
        "2026-11-26",
        "012",
        "<b>粗</b>",
        "📷",
        "שלום",
        " 空 ",
    ],
)
def test_a_text_stays_the_text_it_is(text: str) -> None:
    cell = one_cell(text)

    assert cell.data_type == "s"
    assert cell.value == text


def test_no_formula_is_in_the_file_and_editing_makes_none() -> None:
    content = workbook([Sheet("=x", [Column("=1")], [["=1+1"]], captions=["=2"])], SHANGHAI)

    with ZipFile(BytesIO(content)) as file:
        paper = file.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in paper
    assert "<f " not in paper
    assert openpyxl.load_workbook(BytesIO(content)).active["A3"]._style.quotePrefix == 1


def test_what_xml_forbids_is_left_out() -> None:
    assert one_cell("a\x00b\x0bc\ufffe\ud800d\u202ee").value == "abcde"


def test_a_long_text_is_cut_where_a_cell_ends() -> None:
    # 32,767 characters: Excel specifications and limits.
    assert one_cell("长" * 40_000).value == "长" * 32_766 + "…"


@pytest.mark.parametrize(
    ("value", "kept", "shown"),
    [
        # 18:30 UTC is half past two the next morning in Shanghai.
        pytest.param(
            datetime(2026, 11, 25, 18, 30, tzinfo=UTC),
            datetime(2026, 11, 26, 2, 30),  # noqa: DTZ001 - spreadsheets know no zones
            "yyyy-mm-dd hh:mm",
            id="a time",
        ),
        pytest.param(
            date(2026, 11, 26),
            datetime(2026, 11, 26),  # noqa: DTZ001
            "yyyy-mm-dd",
            id="a day",
        ),
        pytest.param(timedelta(days=2, hours=3), timedelta(days=2, hours=3), "[h]:mm", id="long"),
        pytest.param(7, 7, "General", id="a number"),
        pytest.param(0, 0, "General", id="zero"),
        pytest.param(None, None, "General", id="nothing"),
        pytest.param("", None, "General", id="an empty text"),
    ],
)
def test_values_keep_their_type(value: Value, kept: Value, shown: str) -> None:
    cell = one_cell(value)

    assert (cell.value, cell.number_format) == (kept, shown)


def test_a_column_may_say_how_its_numbers_are_shown() -> None:
    cell = one_cell(0.98, Column("在线率", number_format=PERCENT))

    assert (cell.value, cell.number_format) == (0.98, "0.00%")


def test_each_row_has_its_own_values() -> None:
    rows: list[list[Value]] = [["a", 1], ["=b", None], [None, 3], ["d", 4]]

    paper = opened(Sheet("s", [Column("t"), Column("n")], rows)).active

    assert [[c.value for c in row] for row in paper.iter_rows(min_row=2)] == rows


def test_the_head_stays_in_sight_and_filters() -> None:
    columns = [Column("名称", 30), Column("数", 2)]

    paper = opened(Sheet("清单", columns, [["a", 1]], captions=["标题", "说明"])).active

    assert paper["A1"].value == "标题"
    assert [cell.value for cell in paper[3]] == ["名称", "数"]
    assert paper.freeze_panes == "A4"
    assert paper.auto_filter.ref == "A3:B4"
    assert (paper.column_dimensions["A"].width, paper.column_dimensions["B"].width) == (30, 6)
    assert paper.print_title_rows == "$3:$3"


@pytest.mark.parametrize(("columns", "pages"), [(1, 1), (8, 1), (20, 4)])
def test_a_wide_sheet_prints_on_pages_beside_each_other(columns: int, pages: int) -> None:
    paper = opened(Sheet("s", [Column(str(n), 30) for n in range(columns)], [])).active

    assert (paper.page_setup.orientation, paper.page_setup.fitToWidth) == ("landscape", pages)


def test_a_sheet_without_rows_has_its_head() -> None:
    paper = opened(Sheet("空", ONE, [], chart=Chart("c", 0, [0]))).active

    assert paper["A1"].value == "名称"
    assert paper.auto_filter.ref is None


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        pytest.param("运维一班", "运维一班", id="a name"),
        pytest.param("a/b\\c?d*e[f]:g", "a_b_c_d_e_f__g", id="forbidden signs"),
        pytest.param("'x'", "x", id="quotes at the ends"),
        pytest.param("", "_", id="nothing"),
        pytest.param("History", "History_", id="reserved"),
        pytest.param("长" * 40, "长" * 31, id="too long"),
        pytest.param("📷" * 20, "📷" * 15, id="too long in units"),
        pytest.param("a\u202e\x00b", "ab", id="marks"),
    ],
)
def test_a_sheet_gets_a_legal_name(wanted: str, name: str) -> None:
    assert opened(Sheet(wanted, ONE, [])).sheetnames == [name]


def test_sheets_of_one_name_are_told_apart() -> None:
    names = opened(*(Sheet(n, ONE, []) for n in ("班", "班", "A" * 40, "a" * 50))).sheetnames

    assert names == ["班", "班 (2)", "A" * 31, "a" * 27 + " (2)"]
    assert all(len(name) <= LONGEST_SHEET_NAME for name in names)


def test_a_chart_has_a_line_for_each_column() -> None:
    rows: list[list[Value]] = [["1日", 0.97, 0.98], ["2日", 0.99, 0.98]]
    columns = [Column("日"), Column("在线率"), Column("目标")]
    sheet = Sheet("s", columns, rows, chart=Chart("在线率", 0, [1, 2], low=0.9, high=1))

    with ZipFile(BytesIO(workbook([sheet], SHANGHAI))) as file:
        chart = file.read("xl/charts/chart1.xml").decode()

    assert chart.count("<ser>") == 2
    assert "$B$2:$B$3" in chart
    assert "$A$2:$A$3" in chart


def test_a_workbook_needs_a_sheet() -> None:
    with pytest.raises(ValueError, match="needs a sheet"):
        workbook([], SHANGHAI)


def test_a_row_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="argument"):
        workbook([Sheet("s", ONE, [["a", "b"]])], SHANGHAI)


def test_a_row_is_as_high_as_its_wrapped_texts() -> None:
    narrow = Column("持续时长（时:分）", 10)  # 17 letters wide, 9 of them in a line
    page = opened(Sheet("s", [narrow], [["短"], ["一" * 10], ["一\n二\n三"], ["长" * 900]]))

    # 15 points a line, six lines at most: one long list does not make a sheet unreadable.
    heights = [page.active.row_dimensions[number].height for number in range(1, 6)]
    assert heights == [30, None, 45, 45, 90]
