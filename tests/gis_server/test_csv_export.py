"""A spreadsheet shows what was written and computes nothing."""

import csv
from io import StringIO

import pytest

from gis_server.csv_export import ROWS_AT_ONCE, cell, encoded


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("=HYPERLINK(1)", "'=HYPERLINK(1)", id="a formula"),
        pytest.param("+1", "'+1", id="plus"),
        pytest.param("-1", "'-1", id="minus"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="at"),
        pytest.param("\t=1", "'\t=1", id="a tab"),
        pytest.param("\r=1", "'\r=1", id="a carriage return"),
        pytest.param("＝1", "'＝1", id="a wide formula"),
        pytest.param("三桥街道", "三桥街道", id="a name"),
        pytest.param("a=b", "a=b", id="an equals sign inside"),
        pytest.param("", "", id="nothing"),
        pytest.param(-1, "'-1", id="a number below zero"),
        pytest.param(7, "7", id="a number"),
    ],
)
def test_a_cell_that_would_be_computed_becomes_text(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_a_file_is_marked_once_and_reads_back() -> None:
    rows = [(n, 'a "quoted", cell', "two\nlines") for n in range(ROWS_AT_ONCE * 2 + 1)]

    pieces = list(encoded(rows))

    assert len(pieces) == 3
    text = b"".join(pieces).decode("utf-8")
    assert text.startswith("\ufeff0,")
    assert text.count("\ufeff") == 1
    read = list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))
    assert read == [[str(n), *rest] for n, *rest in rows]


def test_no_rows_make_no_file() -> None:
    assert list(encoded([])) == []
