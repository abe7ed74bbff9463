"""A file is judged by what is in it: what it is not, and what its sender should do."""

import io
import os
from pathlib import Path

import openpyxl
import pytest

from grids.imports.problems import Problem
from tests.grids.imports.makers import english, read, refusal

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
# The head of a compound file: [MS-CFB] 2.2; the names of its entries are UTF-16.
COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
OLDER = COMPOUND + "Workbook".encode("utf-16-le") + bytes(500)
ENCRYPTED = COMPOUND + "EncryptionInfo\0EncryptedPackage".encode("utf-16-le") + bytes(500)
HTML = "<html><head><meta charset=utf-8></head><body><table><tr><td>编码</td></tr></table>".encode()


@pytest.mark.parametrize(
    ("name", "content", "problem", "words"),
    [
        pytest.param("a.csv", b"", Problem.EMPTY_FILE, "The file is empty: export it", id="empty"),
        pytest.param("a.csv", b"\xef\xbb\xbf \r\n", Problem.EMPTY_FILE, "empty", id="only blanks"),
        pytest.param(
            "网格.csv", PNG, Problem.PICTURE, "网格.csv is a picture or PDF, whatever", id="picture"
        ),
        pytest.param("a.csv", b"\xff\xd8\xff\xe0" + bytes(9), Problem.PICTURE, "picture", id="jpg"),
        pytest.param("a.xlsx", b"%PDF-1.7\n", Problem.PICTURE, "PDF", id="pdf"),
        pytest.param(
            "a.xls", HTML, Problem.HTML_PAGE, "open it in Excel or WPS and save it", id="html"
        ),
        pytest.param("a.xls", OLDER, Problem.OLD_EXCEL, "save it as .xlsx.", id="old Excel"),
        pytest.param("a.xlsx", ENCRYPTED, Problem.PASSWORD, "remove it and send", id="password"),
        pytest.param("a.rar", b"Rar!\x1a\x07\x00", Problem.NOT_A_ZIP, "ordinary .zip", id="rar"),
        pytest.param(
            "a.shp", b"\0\0\x27\x0a" + bytes(96), Problem.LONE_PART,
            "a.shp is only one part of a Shapefile: pack .shp, .shx, .dbf", id="lone .shp",
        ),
        pytest.param("a.dbf", b"\x03abc", Problem.LONE_PART, "a.dbf is only one", id="lone .dbf"),
        pytest.param("a.bin", bytes(99), Problem.UNKNOWN_KIND, "a.bin is of a kind", id="zeros"),
        pytest.param("a.dxf", b"0\nSECTION\n", Problem.UNKNOWN_KIND, "send a Shapefile", id="dxf"),
        pytest.param(
            "a.kml", b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", Problem.NOT_KML,
            "This is not KML", id="a GDAL virtual layer",
        ),
        pytest.param(
            "a.vrt", b"<OGRVRTDataSource></OGRVRTDataSource>", Problem.UNKNOWN_KIND, "a.vrt is of",
            id="a GDAL virtual layer by name",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: bytes, problem: Problem, words: str
) -> None:
    path = tmp_path / "sent"
    path.write_bytes(content)

    found, text = refusal(path, name)

    assert found is problem
    assert words in text


def test_a_file_of_3_gb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sent"
    path.touch()
    os.truncate(path, 3 * 1024**3)  # sparse: takes no room

    found, text = refusal(path, "large.csv")

    assert found is Problem.TOO_LARGE
    assert text == "The file is larger than 2048 MB: split it and send the parts."


def test_text_under_the_name_of_a_workbook_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "export.xls"
    path.write_bytes("编码\t名称\r\n1\t东门\r\n".encode("gb18030"))

    assert read(path) == [{"编码": "1", "名称": "东门", "#": 2}]


def test_a_workbook_under_the_name_of_a_text_is_read_as_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["编码", "名称"])
    book.active.append(["1", "东门"])
    content = io.BytesIO()
    book.save(content)
    path = tmp_path / "export.csv"
    path.write_bytes(content.getvalue())

    assert read(path) == [{"编码": "1", "名称": "东门", "#": 2}]


def test_the_name_of_a_file_cannot_bring_formatting_into_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "sent"
    path.write_bytes(PNG)

    _, text = refusal(path, "100%s\n%(x)d.csv")

    assert text.startswith("100%s %(x)d.csv is a picture")
    assert english(Problem.NEEDED, {}) == "The cell is blank: fill it in."
