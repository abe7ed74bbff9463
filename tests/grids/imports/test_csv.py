"""CSV: encodings, separators, lines as users count them, and quotes that never end."""

from dataclasses import replace
from pathlib import Path

import pytest

from grids.imports.limits import CELL_CHARACTERS, LIMITS
from grids.imports.problems import Problem
from grids.imports.source import Format, open_source
from tests.grids.imports.makers import faults_in, read, refusal, told

HEAD = "编码,名称\r\n"
ROWS = "140107001001,东门\r\n140107001002,西门\r\n"
WANTED = [
    {"编码": "140107001001", "名称": "东门", "#": 2},
    {"编码": "140107001002", "名称": "西门", "#": 3},
]


def csv(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_the_usual_encodings_and_separators_are_read(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    path = csv(tmp_path, (HEAD + ROWS).replace(",", separator), encoding)

    with open_source(path, name="网格.csv") as source:
        [layer] = source.layers
        assert source.format is Format.CSV
        assert (layer.name, layer.columns, layer.geometry) == ("网格", ("编码", "名称"), None)
        assert layer.doubt is None
    assert read(path) == WANTED


def test_gbk_far_behind_the_beginning_is_noticed(tmp_path: Path) -> None:
    many = "".join(f"{number},gate\r\n" for number in range(50_000))
    path = csv(tmp_path, "code,name\r\n" + many + "50000,东门\r\n", "gbk")

    assert read(path)[-1] == {"code": "50000", "name": "东门", "#": 50_002}


def test_rows_are_numbered_by_the_line_where_they_begin(tmp_path: Path) -> None:
    path = csv(tmp_path, '编码,名称\n\n1,"东\n门"\n\n2,"西\n\n门"\n3,南门\n')

    assert [(row["#"], row["编码"]) for row in read(path)] == [(3, "1"), (6, "2"), (9, "3")]


@pytest.mark.parametrize(
    "above",
    ["杏花岭区网格台账\n", "杏花岭区网格台账,,\n填报单位：杏花岭街道,,\n\n", "sep=,\n"],
    ids=["a title", "a title and who filled it in", "what Excel writes"],
)
def test_lines_above_the_names_of_the_columns_are_left_out(tmp_path: Path, above: str) -> None:
    path = csv(tmp_path, above + "编码,名称,户数\n1,东门,12\n")

    [row] = read(path)

    assert (row["编码"], row["户数"], row["#"]) == ("1", "12", above.count("\n") + 2)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        pytest.param(HEAD + '1,"东门\r\n2,西门\r\n3,南门\r\n', 2, id="in the first row"),
        pytest.param(HEAD + ROWS + '3,"南门', 4, id="in the last row"),
        pytest.param(HEAD + '1,"' + "x\n" * 90_000, 2, id="a very long rest"),
    ],
)
def test_a_quote_that_is_never_closed(tmp_path: Path, text: str, row: int) -> None:
    assert refusal(csv(tmp_path, text)) == (
        Problem.OPEN_QUOTE,
        (
            f"A quotation mark in the record that begins on line {row} is never closed; the file"
            " may be cut off there: close the mark or export the file again."
        ),
    )


def test_an_open_quote_far_behind_is_refused_while_reading(tmp_path: Path) -> None:
    text = HEAD + "".join(f"{number},门\r\n" for number in range(30_000)) + '0,"门\r\n'
    path = csv(tmp_path, text)

    with open_source(path, name="a.csv") as source:
        assert source.layers[0].columns == ("编码", "名称")
    assert refusal(path)[1].startswith("A quotation mark in the record that begins on line 30002 ")


def test_text_behind_a_closing_quote(tmp_path: Path) -> None:
    found, text = refusal(csv(tmp_path, HEAD + '1,"东"门\r\n'))

    assert found is Problem.BAD_QUOTE
    assert text.startswith("On line 2 there is text behind a closing quotation mark: double the")


def test_a_file_cut_off_inside_a_character(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + ROWS)
    path.write_bytes(path.read_bytes()[:-4])

    assert refusal(path)[0] is Problem.CUT_OFF


def test_bytes_that_are_no_text_are_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((HEAD + ROWS).encode("gbk") + b"3,\xff\xff\r\n")

    assert refusal(path) == (
        Problem.NOT_TEXT,
        "From line 4 on, the file is neither UTF-8 nor GBK: save it as CSV UTF-8.",
    )


def test_rows_of_another_width_are_faults(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + "1\r\n2,东门,,\r\n3,西门,extra\r\n")

    assert told(faults_in(path)) == [
        (2, "", "The row has 1 values for 2 columns: add what is missing, blank values too."),
        (
            4, "",
            ("The row has 3 values for 2 columns: delete what is too much, or put values that"
            " contain the separator in quotation marks."),
        ),
    ]  # fmt: skip
    assert [row["名称"] for row in read(path)] == [None, "东门", "西门"]


@pytest.mark.parametrize(
    ("text", "problem", "words"),
    [
        pytest.param(
            "编码,名称,编码\n1,东门,2\n", Problem.DUPLICATE_COLUMN,
            "Two columns are called “编码”: give each column a name of its own.", id="twice",
        ),
        pytest.param(
            "140107,东门\n140108,西门\n", Problem.NO_HEADER,
            "No line with the names of the columns was found: write one above the data",
            id="no names",
        ),
        pytest.param(HEAD, Problem.NO_ROWS, "There are no rows of data: export", id="only names"),
        pytest.param(HEAD + ",\r\n\r\n", Problem.NO_ROWS, "no rows of data", id="blank rows"),
        pytest.param(
            ",".join(f"n{letter}" for letter in range(501)) + "\n" + "x," * 501,
            Problem.TOO_MANY_COLUMNS, "more than 500 columns: delete those", id="501 columns",
        ),
    ],
)  # fmt: skip
def test_tables_that_are_none(tmp_path: Path, text: str, problem: Problem, words: str) -> None:
    found, told_so = refusal(csv(tmp_path, text))

    assert found is problem
    assert words in told_so


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    found, text = refusal(csv(tmp_path, HEAD + ROWS), limits=replace(LIMITS, rows=1))

    assert found is Problem.TOO_MANY_ROWS
    assert text == "There are more than 1 rows: split the file and send the parts."


def test_a_very_long_cell_is_cut_just_beyond_the_limit(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + "1," + "门" * 50_000 + "\n")

    assert len(read(path)[0]["名称"]) == CELL_CHARACTERS + 1


def test_columns_without_a_name_get_their_letter(tmp_path: Path) -> None:
    path = csv(tmp_path, "编码,,名称\n1,x,东门\n")

    assert read(path) == [{"编码": "1", "B": "x", "名称": "东门", "#": 2}]
