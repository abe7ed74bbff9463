"""Columns made clean: what is mended without loss, and what is a fault with a sentence."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids.imports.cells import CellKind, Choice, Code, Day, Number, Text, Whole, YesNo, clean
from grids.imports.limits import CELL_CHARACTERS
from grids.imports.marks import tidy
from grids.imports.problems import MOST_KEPT, Faults, Problem, merged
from tests.grids.imports.makers import told

DIVISION = Code(r"[0-9]{12}")
GRID = Code(r"[0-9]{15}")
FOOD = Choice({"餐饮": "food", "饭店": "food", "Food": "food", "零售": "grocery"})


def cleaned(values: Any, kind: CellKind, arrow: Any = None) -> tuple[list[Any], Faults]:
    column = values if isinstance(values, pa.Array) else pa.array(values, arrow or pa.string())
    array, faults = clean(column, kind, np.arange(2, len(column) + 2), "列")
    return array.to_pylist(), faults


def one(value: Any, kind: CellKind, arrow: Any = None) -> Any:
    """The clean value, or the sentence about it."""
    [found], faults = cleaned([value], kind, arrow)
    if not faults:
        return found
    assert found is None
    [(row, column, text)] = told(faults)
    assert (row, column) == (2, "列")
    return text


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("３号楼（东）", "3号楼（东）"),
        ("ＡＢＣ－１２３／Ｄ", "ABC-123/D"),
        ("\u3000杏花岭\ufeff \u200b", "杏花岭"),
        ("东门，西门：南、北。", "东门，西门：南、北。"),
        ("东\n门\t 一号", "东 门 一号"),
        ("(ABC),1!", "(ABC),1!"),
        ("Ｃafé　Ｎ°5", "Café N°5"),
        ("  ", None),
        ("\u200b", None),
        (None, None),
    ],
)
def test_names_are_half_width_and_trimmed_and_keep_chinese_punctuation(
    text: str | None, stored: str | None
) -> None:
    assert one(text, Text(80)) == stored


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("门" * 81, "The text has 81 characters and may have 80: shorten it."),
        ("x" * 4001, "The text has 4001 characters and may have 4000: shorten it."),
        (
            "东\x07门",
            "The text contains an invisible control character (U+0007): type it anew.",
        ),
        (
            "东\ufffd门",
            (
                "The text contains characters that cannot be read: type it anew, or export the file"
                " in UTF-8."
            ),
        ),
    ],
)
def test_names_that_cannot_be_stored(text: str, said: str) -> None:
    assert CELL_CHARACTERS == 4000
    assert one(text, Text(80)) == said


@pytest.mark.parametrize(
    "kind", [Text(9, True), Code(r"\d+", True), Whole(0, 9, True), Number(0, 9, True)]
)
@pytest.mark.parametrize("blank", ["", "　", None])
def test_a_blank_cell_is_a_fault_where_it_is_needed(kind: CellKind, blank: str | None) -> None:
    assert one(blank, kind) == "The cell is blank: fill it in."


def test_a_cell_with_another_fault_is_not_called_blank_too() -> None:
    assert "control character" in one("\x00", Text(9, needed=True))
    assert "not a number" in one("x", Whole(0, 9, needed=True))


@pytest.mark.parametrize(
    ("value", "kind", "arrow"),
    [
        ("140107001001", DIVISION, None),
        (" １４０１０７００１００１ ", DIVISION, None),
        ("1.40107001001E+11", DIVISION, None),
        ("1.40107001001e11", DIVISION, None),
        ("140107001001.0", DIVISION, None),
        (140107001001.0, DIVISION, pa.float64()),
        (140107001001, DIVISION, pa.int64()),
    ],
)
def test_codes_are_read_where_no_digit_is_lost(value: Any, kind: Code, arrow: Any) -> None:
    assert one(value, kind, arrow) == "140107001001"


def test_a_grid_code_survives_as_a_float() -> None:
    assert one(140107001001001.0, GRID, pa.float64()) == "140107001001001"
    assert one("1.40107001001001E+14", GRID) == "140107001001001"


@pytest.mark.parametrize("text", ["1.40107E+11", "1.4010700100E+11", "1E+11"])
def test_a_code_that_lost_digits_is_never_completed(text: str) -> None:
    assert one(text, DIVISION) == (
        f"The code “{text}” has lost digits: format the column as text in the spreadsheet and enter"
        " the codes again."
    )


def test_a_float_beyond_its_digits_is_a_fault() -> None:
    assert "has lost digits" in one(1.40107001001001e17, Code(r"[0-9]{18}"), pa.float64())


@pytest.mark.parametrize("value", ["10107001001", "107001001"])
def test_lost_zeros_are_a_fault_and_not_a_guess(value: str) -> None:
    assert one(value, DIVISION) == (
        f"The code “{value}” is too short and may have lost zeros at its beginning: format the"
        " column as text in the spreadsheet and enter the codes again."
    )


@pytest.mark.parametrize("value", ["1401", "14010700100A", "1401070010011", "-140107001001"])
def test_what_is_no_code(value: str) -> None:
    assert one(value, DIVISION) == f"“{value}” has not the form of a code: correct it."


@pytest.mark.parametrize(
    ("value", "number"),
    [("12", 12), ("１２", 12), (" 1,234 ", 1234), ("12.0", 12), ("1.2E+3", 1200), ("-3", -3)],
)
def test_whole_numbers(value: str, number: int) -> None:
    assert one(value, Whole(-10, 10_000)) == number


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("12.5", "“12.5” is not a whole number: write one, without a fraction."),
        ("12户", "“12户” is not a number: write only digits, without a unit."),
        ("1e999", "“1e999” is not a number: write only digits, without a unit."),
        ("inf", "“inf” is not a number: write only digits, without a unit."),
        ("9" * 40, f"“{'9' * 40}” is not a whole number: write one, without a fraction."),
        ("201", "201 is not between 1 and 200: correct the number."),
        ("0", "0 is not between 1 and 200: correct the number."),
    ],
)
def test_what_is_no_whole_number_in_range(value: str, said: str) -> None:
    assert one(value, Whole(1, 200)) == said


def test_numbers_of_every_type_are_taken() -> None:
    assert one("１１２．５５７２", Number(-180, 180)) == 112.5572
    assert one(112.5, Number(-180, 180), pa.float32()) == 112.5
    assert one(7, Whole(0, 9), pa.int16()) == 7
    assert one(float("nan"), Number(0, 1), pa.float64()) is None
    assert "not a number" in one(float("inf"), Number(0, 1), pa.float64())


@pytest.mark.parametrize("word", ["餐饮", " 饭 店 ", "FOOD", "ｆｏｏｄ"])
def test_many_words_mean_one_choice(word: str) -> None:
    assert one(word, FOOD) == "food"


def test_an_unknown_choice_names_the_known_ones() -> None:
    assert one("学校", FOOD) == "“学校” is not known here: write one of 餐饮、饭店、Food、零售."


@pytest.mark.parametrize(
    ("value", "stored"), [("是", True), ("Ｙ", True), ("√", True), ("0", False), ("无", False)]
)
def test_yes_and_no(value: str, stored: bool) -> None:
    assert one(value, YesNo()) is stored
    assert one(stored, YesNo(), pa.bool_()) is stored
    assert one("也许", YesNo()) == "“也许” is neither yes nor no: write one of 是、否."


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05", "2026/1/5", "2026年1月5日", "20260105", "2026.1.5", "２０２６年１月５日",
        "2026-01-05 08:30:00", "2026-01-05T08:30:00Z", "46027", "46027.354",
    ],
)  # fmt: skip
def test_days_in_the_usual_forms(text: str) -> None:
    assert one(text, Day()) == date(2026, 1, 5)


def test_days_in_columns_of_their_own_types() -> None:
    assert one(date(2026, 1, 5), Day(), pa.date32()) == date(2026, 1, 5)
    moment = datetime(2026, 1, 5, 8, 30)  # noqa: DTZ001  (files know no zones)
    assert one(moment, Day(), pa.timestamp("ms")) == date(2026, 1, 5)
    assert one(46027, Day(), pa.int32()) == date(2026, 1, 5)
    assert one(46027.0, Day(), pa.float64()) == date(2026, 1, 5)


@pytest.mark.parametrize("text", ["05/01/2026", "2026-01", "1月5日", "12", "99999", "soon"])
def test_what_is_no_day(text: str) -> None:
    assert one(text, Day()) == f"“{text}” is not a date: write it like 2026-01-05."


@pytest.mark.parametrize("text", ["2026-02-30", "20261301", "0001-01-01", "2026年0月5日"])
def test_days_that_never_come(text: str) -> None:
    assert one(text, Day()) == f"There is no such day as “{text}”: correct the date."


def test_words_for_no_end_are_no_day_and_no_fault() -> None:
    assert one("至 今", Day(open_words=("至今", "长期"))) is None


def test_a_thousand_faults_of_a_kind_are_kept_and_all_are_counted() -> None:
    values = ["x"] * 1500 + ["1.4E+11"] * 3
    found, faults = cleaned(values, DIVISION)

    assert found == [None] * 1503
    assert faults.counts == {Problem.NOT_A_CODE: 1500, Problem.DIGITS_LOST: 3}
    assert len(faults) == MOST_KEPT + 3
    assert [fault.row for fault in faults if fault.problem is Problem.DIGITS_LOST] == [
        1502, 1503, 1504,
    ]  # fmt: skip


def test_faults_of_several_batches_are_kept_and_counted_together() -> None:
    batches = [cleaned(["x"] * 700, DIVISION)[1] for _ in range(3)]

    together = merged(batches)

    assert len(together) == MOST_KEPT
    assert together.counts == {Problem.NOT_A_CODE: 2100}


def test_chunked_dictionary_and_empty_columns_are_taken() -> None:
    rows = np.array([2, 3])
    chunked = pa.chunked_array([["甲"], ["乙"]])
    assert clean(chunked, Text(9), rows, "列")[0].to_pylist() == ["甲", "乙"]
    coded = pa.array(["甲", "甲"]).dictionary_encode()
    assert clean(coded, Text(9), rows, "列")[0].to_pylist() == ["甲", "甲"]
    assert clean(pa.nulls(2), Whole(0, 1), rows, "列")[0].to_pylist() == [None, None]
    assert clean(pa.array([], pa.string()), Day(), rows[:0], "列")[0].type == pa.date32()


KINDS: list[CellKind] = [
    Text(20, True), DIVISION, Whole(0, 99, True), Number(-180, 180), FOOD, YesNo(), Day(True),
]  # fmt: skip


@given(st.lists(st.none() | st.text(max_size=30), max_size=12), st.sampled_from(KINDS))
def test_any_text_is_either_clean_or_a_fault(texts: list[str | None], kind: CellKind) -> None:
    texts = [text if text is None or _encodes(text) else None for text in texts]
    found, faults = cleaned(texts, kind)
    faulty = {fault.row - 2 for fault in faults}

    assert len(found) == len(texts)
    for k, (text, value) in enumerate(zip(texts, found, strict=True)):
        assert (value is None) == (k in faulty or text is None or not tidy(text))
    assert all(text for _, _, text in told(faults))


def _encodes(text: str) -> bool:
    return not re.search("[\ud800-\udfff]", text)


@given(st.lists(st.text(max_size=30).filter(_encodes), min_size=1, max_size=12))
def test_cleaning_names_twice_changes_nothing_more(texts: list[str]) -> None:
    once, _ = cleaned(texts, Text(100))
    again, faults = cleaned(once, Text(100))

    assert again == once
    assert not faults


@given(st.from_regex(r"[1-9][0-9]{11}", fullmatch=True))
def test_every_code_survives_a_float_and_its_notation(code: str) -> None:
    assert one(float(code), DIVISION, pa.float64()) == code
    assert one(f"{float(code):.11E}", DIVISION) == code


@given(st.dates(date(1955, 1, 1), date(2118, 1, 1)))
def test_every_day_survives_its_forms(day: date) -> None:
    serial = (day - date(1899, 12, 30)) // timedelta(days=1)
    forms = [day.isoformat(), f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日", str(serial)]

    assert cleaned(forms, Day())[0] == [day] * 4
