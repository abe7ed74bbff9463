"""Workbooks as offices fill them in: titles, merged cells, formulas, dates and codes as numbers."""

import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from grids.imports.limits import LIMITS, MIB
from grids.imports.problems import Problem
from grids.imports.source import Format, open_source
from tests.grids.imports.makers import cut, faults_in, read, refusal, told, workbook


def test_a_sheet_is_read(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", [["编码", "名称"], ["1", "东门"], [None, None], ["2", "西门"]]
    )

    with open_source(path, name="a.xlsx") as source:
        assert source.format is Format.XLSX
        assert [layer.columns for layer in source.layers] == [("编码", "名称")]
    assert read(path) == [
        {"编码": "1", "名称": "东门", "#": 2},
        {"编码": "2", "名称": "西门", "#": 4},
    ]


def test_the_names_are_found_below_merged_titles(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["杏花岭区网格台账"],
        ["填报单位：杏花岭街道", None, None, "2026年1月5日"],
        ["编码", "名称", "坐标", None],
        [None, None, "经度", "纬度"],
        ["1", "东门", 112.55, 37.87],
    ]
    merges = ["A1:D1", "A3:A4", "B3:B4", "C3:D3"]

    [row] = read(workbook(tmp_path / "a.xlsx", rows, merges))

    assert row == {"编码": "1", "名称": "东门", "坐标 经度": "112.55", "坐标 纬度": "37.87", "#": 5}


def test_a_name_over_two_columns_without_a_second_line_names_the_first(tmp_path: Path) -> None:
    rows: list[list[object]] = [["编码", "地址", None], ["1", "胜利街", "12号"]]

    [row] = read(workbook(tmp_path / "a.xlsx", rows, ["B1:C1"]))

    assert row in (
        {"编码": "1", "地址": "胜利街", "C": "12号", "#": 2},
        {"编码": "1", "地址": "胜利街", "#": 2},
    )


def test_a_cell_merged_over_several_rows_counts_for_each(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["社区", "名称"],
        ["胜利街", "东门"],
        [None, "西门"],
        ["桃园", "南门"],
    ]

    found = read(workbook(tmp_path / "a.xlsx", rows, ["A2:A3"]))

    assert [row["社区"] for row in found] == ["胜利街", "胜利街", "桃园"]


def test_numbers_become_the_text_that_people_see(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["值"])
    for value in (140107001001, 1.40107001001e11, 140107001001001, 0.5, True, "00123"):
        sheet.append([value])
    sheet.append([1.40107001001001e17])  # 18 digits, of which Excel keeps 15
    sheet.append([7001])
    sheet["A9"].number_format = "000000"
    book.save(tmp_path / "a.xlsx")

    assert [row["值"] for row in read(tmp_path / "a.xlsx")] == [
        "140107001001", "140107001001", "140107001001001", "0.5", "TRUE", "00123",
        "1.40107001001001E+17", "007001",
    ]  # fmt: skip


def test_dates_are_known_by_their_number_format(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["日期"])
    sheet.append([date(2026, 1, 5)])
    sheet.append([datetime(2026, 1, 5, 8, 30)])  # noqa: DTZ001  (Excel knows no zones)
    sheet.append([46027])  # 2026-01-05 as a number: formatted in Chinese, and not at all
    sheet.append([46027])
    sheet["A4"].number_format = 'yyyy"年"m"月"d"日"'
    book.save(tmp_path / "a.xlsx")

    assert [row["日期"] for row in read(tmp_path / "a.xlsx")] == [
        "2026-01-05", "2026-01-05 08:30:00", "2026-01-05", "46027",
    ]  # fmt: skip


def test_a_formula_counts_by_its_result_and_without_one_it_is_a_fault(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["户数", "名称"], ["=1+1", "东门"], ["=2+2", "西门"]])
    _with_result(path, "A2", "2")

    assert [row["户数"] for row in read(path)] == ["2", None]
    assert told(faults_in(path)) == [
        (
            3, "户数",
            ("The cell holds a formula without a result: open the file in Excel or WPS, let it"
            " calculate, and save it."),
        )
    ]  # fmt: skip


def _with_result(path: Path, cell: str, value: str) -> None:
    """Write a formula's cached result, which openpyxl leaves out and Excel writes."""
    parts = {}
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    head, tail = parts[sheet].split(f'<c r="{cell}"'.encode(), 1)
    body, rest = tail.split(b"</c>", 1)
    body = body.replace(b"<v />", b"").replace(b"<v></v>", b"").replace(b"<v/>", b"")
    result = f"<v>{value}</v>".encode()
    parts[sheet] = head + f'<c r="{cell}"'.encode() + body + result + b"</c>" + rest
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_an_error_in_a_cell_is_a_fault(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["户数", "名称"], ["#REF!", "东门"]])

    assert told(faults_in(path)) == [
        (2, "户数", "The cell shows the error #REF!: correct its formula.")
    ]


def test_sheets_are_layers_and_a_broken_one_leaves_the_others(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "网格"
    book.active.append(["编码", "名称"])
    book.active.append(["1", "东门"])
    notes = book.create_sheet("说明")
    notes.append(["列", "列", "x"])
    notes.append(["a", "b", "c"])
    book.create_sheet("空白")
    hidden = book.create_sheet("字典")
    hidden.append(["a"])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")

    with open_source(tmp_path / "a.xlsx", name="a.xlsx") as source:
        refused = {layer.name: layer.refused and layer.refused.problem for layer in source.layers}

    assert refused == {"网格": None, "说明": Problem.DUPLICATE_COLUMN}


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        pytest.param([["编码", "名称"]], Problem.NO_ROWS, id="only names"),
        pytest.param([], Problem.NO_ROWS, id="nothing"),
        pytest.param([["编码", "编码"], ["1", "2"]], Problem.DUPLICATE_COLUMN, id="twice"),
        pytest.param([[1, 2], [3, 4]], Problem.NO_HEADER, id="no names"),
        pytest.param([[f"n{chr(65)}{k}" for k in range(501)]], Problem.TOO_MANY_COLUMNS, id="wide"),
    ],
)
def test_tables_that_are_none(tmp_path: Path, rows: list[list[object]], problem: Problem) -> None:
    assert refusal(workbook(tmp_path / "a.xlsx", rows))[0] is problem


@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_a_workbook_cut_off_in_the_middle(tmp_path: Path, share: float) -> None:
    rows: list[list[object]] = [["编码", "名称"]]
    rows += [[str(k), "东门"] for k in range(500)]

    found, text = refusal(cut(workbook(tmp_path / "a.xlsx", rows), share))

    assert found is Problem.CUT_OFF
    assert text.startswith("The file ends in the middle, so nothing of it was read")


def test_a_workbook_with_a_damaged_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["编码", "名称"], ["1", "东门"]])
    _replace(path, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row r='1'>")

    found, text = refusal(path)

    assert found is Problem.DAMAGED
    assert text.startswith("The file is damaged")


def test_entities_in_a_workbook_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["编码", "名称"], ["1", "东门"]])
    _replace(path, "xl/styles.xml", b'<!DOCTYPE styleSheet [<!ENTITY a "x">]><styleSheet/>')

    assert refusal(path)[0] is Problem.ENTITIES


def _replace(path: Path, part: str, content: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, old in parts.items():
            archive.writestr(name, content if name == part else old)


def test_a_binary_workbook_is_to_be_saved_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsb"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", b"x")

    assert refusal(path)[0] is Problem.OLD_EXCEL


def test_shared_texts_are_limited_before_they_are_loaded(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["编码", "名称"], ["1", "东门"]])
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    with zipfile.ZipFile(path) as archive:
        types = archive.read("[Content_Types].xml")
    override = f'<Override PartName="/xl/texts.xml" ContentType="{kind}"/></Types>'.encode()
    _replace(path, "[Content_Types].xml", types.replace(b"</Types>", override))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/texts.xml", b"<sst></sst>" + b" " * 2 * MIB)

    assert refusal(path, limits=replace(LIMITS, xlsx_texts_bytes=MIB)) == (
        Problem.INFLATES,
        (
            "What is packed in the file is larger than 1 MB or packed far too tightly: split it and"
            " send the parts."
        ),
    )


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["编码", "名称"], ["1", "东门"], ["2", "西门"]])

    assert refusal(path, limits=replace(LIMITS, rows=1))[0] is Problem.TOO_MANY_ROWS
