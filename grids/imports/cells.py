"""Columns as they came, made into columns as they are stored, and what is wrong in them.  Pure.

Each kind of column has a quick way for whole columns in Arrow, and a careful way in Python for the
values that the quick way does not take; the careful way sees each different value once.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from grids.imports.limits import CELL_CHARACTERS
from grids.imports.marks import CONTROL, NEEDS_TIDYING, REPLACED, keyword, plain, tidy
from grids.imports.problems import MOST_KEPT, Details, Faults, Problem, Rows, shown

YES = ("是", "有", "对", "真", "yes", "y", "true", "t", "1", "√", "✓", "✔")
NO = ("否", "无", "不是", "没有", "假", "no", "n", "false", "f", "0", "×", "✗", "✘")


@dataclass(frozen=True)
class Text:
    """A name or an address of at most `longest` characters."""

    longest: int
    needed: bool = False


@dataclass(frozen=True)
class Code:
    """Text that matches `pattern` as a whole (the syntax that Python and RE2 share)."""

    pattern: str
    needed: bool = False


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`; int64."""

    low: int
    high: int
    needed: bool = False


@dataclass(frozen=True)
class Number:
    """A number from `low` to `high`; float64."""

    low: float
    high: float
    needed: bool = False


@dataclass(frozen=True)
class Choice:
    """One of the stored values, each of which many words may mean."""

    words: Mapping[str, str]
    needed: bool = False


@dataclass(frozen=True)
class YesNo:
    yes: tuple[str, ...] = YES
    no: tuple[str, ...] = NO
    needed: bool = False


@dataclass(frozen=True)
class Day:
    """A date; `open_words` mean that there is none ("至今")."""

    needed: bool = False
    open_words: tuple[str, ...] = ()


CellKind = Text | Code | Whole | Number | Choice | YesNo | Day


@dataclass(frozen=True)
class Trouble:
    """What the careful way answers instead of a value."""

    problem: Problem
    details: Details


Answer = Any  # a value of the column's type, None for nothing, or Trouble
Careful = Callable[[str], Answer]
Mask = NDArray[np.bool_]


def clean(
    column: pa.Array | pa.ChunkedArray, kind: CellKind, rows: Rows, name: str
) -> tuple[pa.Array, Faults]:
    """The column in the type of its kind, null where blank or faulty, and the faults.

    Text, Code and Choice give strings, Whole int64, Number float64, YesNo bool, Day date32.

    Args:
        column: of any type that a reader hands on.
        rows: (n,) what users see as the numbers of the rows; see `CellFault`.
        name: the column's name in the file.
    """
    work = _Work(rows, name, Faults())
    texts = work.tidied(_as_text(column))
    blank = _mask(texts.is_null()) & ~work.refused
    cleaned = CLEANERS[type(kind)](texts, kind, work)
    if kind.needed:
        work.note(blank, Problem.NEEDED)
    return cleaned, work.faults


def _no_details(_: int) -> Details:
    return {}


class _Work:
    """One column on its way: its faults, and which rows have one already."""

    def __init__(self, rows: Rows, name: str, faults: Faults) -> None:
        self.rows, self.name, self.faults = rows, name, faults
        self.refused: Mask = np.zeros(len(rows), dtype=np.bool_)

    def note(
        self, wrong: Mask, problem: Problem, details: Callable[[int], Details] = _no_details
    ) -> None:
        """A fault of each marked row; only the first thousand get details."""
        if not wrong.any():
            return
        places = np.flatnonzero(wrong)
        for k in places[:MOST_KEPT]:
            self.faults.note(int(self.rows[k]), self.name, problem, **details(int(k)))
        self.faults.count_more(problem, max(0, len(places) - MOST_KEPT))
        self.refused[places] = True

    def tidied(self, texts: pa.Array) -> pa.Array:
        """Texts without what nobody means: see `marks.tidy`.  Blank ones become null."""
        too_long = _mask(pc.greater(pc.utf8_length(texts), CELL_CHARACTERS))
        if too_long.any():
            self.note(too_long, Problem.TOO_LONG, _lengths(texts, CELL_CHARACTERS))
            texts = pc.if_else(pa.array(too_long), pa.scalar(None, pa.string()), texts)
        dirty = _mask(pc.match_substring_regex(texts, NEEDS_TIDYING))
        if dirty.any():
            texts = self.carefully(texts, dirty, _tidy, texts)
        return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)

    def carefully(self, texts: pa.Array, where: Mask, look: Careful, so_far: pa.Array) -> pa.Array:
        """`so_far` with the marked places filled by what `look` answers for their texts."""
        some = texts.filter(pa.array(where)).dictionary_encode()
        answers = [look(text) for text in some.dictionary.to_pylist()]
        values = pa.array([None if isinstance(a, Trouble) else a for a in answers], so_far.type)
        which = some.indices.to_numpy(zero_copy_only=False)
        places = np.flatnonzero(where)
        self._note_troubles(answers, which, places)
        found = values.take(some.indices)
        return pc.replace_with_mask(so_far, pa.array(where), found)

    def _note_troubles(
        self, answers: list[Answer], which: NDArray[np.int32], places: NDArray[np.intp]
    ) -> None:
        answer_at = np.full(len(self.rows), -1)
        answer_at[places] = which
        for problem in sorted({a.problem for a in answers if isinstance(a, Trouble)}):
            of_it = [isinstance(a, Trouble) and a.problem is problem for a in answers]
            wrong = np.zeros(len(self.rows), dtype=np.bool_)
            wrong[places[np.array(of_it)[which]]] = True
            self.note(wrong, problem, lambda k: dict(answers[answer_at[k]].details))


def _mask(flags: pa.Array) -> Mask:
    """Arrow's three-valued flags as numpy's two: null is False."""
    return np.asarray(pc.fill_null(flags, False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _lengths(texts: pa.Array, longest: int) -> Callable[[int], Details]:
    return lambda k: {"longest": longest, "length": len(texts[k].as_py())}


def _tidy(text: str) -> Answer:
    if control := CONTROL.search(text):
        return Trouble(
            Problem.CONTROL_CHARACTER, {"character": f"U+{ord(control[0]):04X}"}
        )  # fmt: skip
    if REPLACED in text:
        return Trouble(Problem.UNREADABLE_TEXT, {})
    return tidy(text)


def _as_text(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Any column as text that loses nothing."""
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(flat, pa.ChunkedArray):  # several chunks of more than 2 GB
        flat = pa.concat_arrays(flat.chunks)
    if pa.types.is_dictionary(flat.type):
        flat = flat.dictionary_decode()
    if pa.types.is_floating(flat.type):
        return _floats_as_text(flat.cast(pa.float64()))
    return flat.cast(pa.string())


def _floats_as_text(numbers: pa.Array) -> pa.Array:
    """Whole numbers without a point; beyond 2⁵³, where digits are lost, with an exponent."""
    values = numbers.to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        exact = np.isfinite(values) & (np.floor(values) == values) & (np.abs(values) < 2.0**53)
    whole = pa.array(np.where(exact, values, 0).astype(np.int64)).cast(pa.string())
    others = [_float_text(value) for value in values[~exact]]
    missing = pa.array(np.isnan(values))  # Arrow's null is NaN here, too
    texts = pc.replace_with_mask(whole, pa.array(~exact), pa.array(others, pa.string()))
    return pc.if_else(missing, pa.scalar(None, pa.string()), texts)


def _float_text(value: float) -> str:
    return f"{value:.14E}" if abs(value) >= 2.0**53 else repr(float(value))


# --- text and codes ----------------------------------------------------------------------------

IN_SCIENCE = re.compile(r"(\d)(?:\.(\d+))?[eE]\+?(\d{1,3})")
WITH_POINT = re.compile(r"(\d+)\.0*")
MOST_ZEROS_LOST = 3


def _clean_text(texts: pa.Array, kind: Text, work: _Work) -> pa.Array:
    too_long = _mask(pc.greater(pc.utf8_length(texts), kind.longest))
    work.note(too_long, Problem.TOO_LONG, _lengths(texts, kind.longest))
    return _without(texts, too_long)


def _clean_code(texts: pa.Array, kind: Code, work: _Work) -> pa.Array:
    fits = _mask(pc.match_substring_regex(texts, f"^(?:{kind.pattern})$"))
    others = ~fits & _mask(texts.is_valid())
    return work.carefully(texts, others, _code_reader(re.compile(kind.pattern)), texts)


def _code_reader(pattern: re.Pattern[str]) -> Careful:
    def read(text: str) -> Answer:
        code = plain(text)
        if number := IN_SCIENCE.fullmatch(code):
            exact = _digits(number[1], number[2] or "", int(number[3]))
            if exact is None:
                return Trouble(Problem.DIGITS_LOST, {"value": shown(text)})
            code = exact
        elif number := WITH_POINT.fullmatch(code):
            code = number[1]
        if pattern.fullmatch(code):
            return code
        problem = Problem.ZEROS_LOST if _lost_zeros(code, pattern) else Problem.NOT_A_CODE
        return Trouble(problem, {"value": shown(text)})

    return read


def _lost_zeros(code: str, pattern: re.Pattern[str]) -> bool:
    if not code.isdecimal():
        return False
    longer = (code.zfill(len(code) + more) for more in range(1, MOST_ZEROS_LOST + 1))
    return any(map(pattern.fullmatch, longer))


def _digits(first: str, rest: str, exponent: int) -> str | None:
    """1.40107001001E+11 → 140107001001; None when the notation has swallowed digits.

    1.40107E+11 may have been any of a million codes; a spreadsheet shows all of them like this.
    """
    whole, behind = rest[:exponent], rest[exponent:]
    if len(whole) < exponent or behind.strip("0"):
        return None
    return first + whole


def _without(values: pa.Array, refused: Mask) -> pa.Array:
    if not refused.any():
        return values
    return pc.if_else(pa.array(refused), pa.scalar(None, values.type), values)


# --- numbers -----------------------------------------------------------------------------------

PLAIN_WHOLE = r"^-?[0-9]{1,15}$"
PLAIN_NUMBER = r"^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$"
ANY_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)


def _read_number(text: str) -> Answer:
    number = plain(text).replace("−", "-")
    if THOUSANDS.fullmatch(number):
        number = number.replace(",", "")
    if not ANY_NUMBER.fullmatch(number) or not np.isfinite(float(number)):
        return Trouble(Problem.NOT_A_NUMBER, {"value": shown(text)})
    return float(number)


def _read_whole(text: str) -> Answer:
    number = _read_number(text)
    if isinstance(number, Trouble):
        return number
    if number != int(number) or abs(number) >= 2**53:
        return Trouble(Problem.NOT_WHOLE, {"value": shown(text)})
    return int(number)


def _clean_whole(texts: pa.Array, kind: Whole, work: _Work) -> pa.Array:
    return _numbers(texts, kind, work, PLAIN_WHOLE, _read_whole, pa.int64())


def _clean_number(texts: pa.Array, kind: Number, work: _Work) -> pa.Array:
    return _numbers(texts, kind, work, PLAIN_NUMBER, _read_number, pa.float64())


def _numbers(
    texts: pa.Array,
    kind: Whole | Number,
    work: _Work,
    plain_pattern: str,
    read: Careful,
    stored: pa.DataType,
) -> pa.Array:
    quick = _mask(pc.match_substring_regex(texts, plain_pattern))
    numbers = _without(texts, ~quick).cast(stored)
    others = ~quick & _mask(texts.is_valid())
    numbers = work.carefully(texts, others, read, numbers)
    beyond = _mask(pc.or_(pc.less(numbers, kind.low), pc.greater(numbers, kind.high)))
    work.note(
        beyond,
        Problem.OUT_OF_RANGE,
        lambda k: {"value": shown(texts[k].as_py()), "low": kind.low, "high": kind.high},
    )
    return _without(numbers, beyond)


# --- words -------------------------------------------------------------------------------------

WORDS_SHOWN = 12


def _clean_choice(texts: pa.Array, kind: Choice, work: _Work) -> pa.Array:
    stored = {keyword(word): value for word, value in kind.words.items()}
    words = "、".join(list(kind.words)[:WORDS_SHOWN])

    def read(text: str) -> Answer:
        wrong = Trouble(Problem.NOT_A_CHOICE, {"value": shown(text), "words": words})
        return stored.get(keyword(text), wrong)

    return work.carefully(texts, _mask(texts.is_valid()), read, pa.nulls(len(texts), pa.string()))


def _clean_yes_no(texts: pa.Array, kind: YesNo, work: _Work) -> pa.Array:
    stored = {keyword(word): True for word in kind.yes} | {keyword(word): False for word in kind.no}
    words = f"{kind.yes[0]}、{kind.no[0]}"

    def read(text: str) -> Answer:
        wrong = Trouble(Problem.NOT_YES_OR_NO, {"value": shown(text), "words": words})
        return stored.get(keyword(text), wrong)

    return work.carefully(texts, _mask(texts.is_valid()), read, pa.nulls(len(texts), pa.bool_()))


# --- days --------------------------------------------------------------------------------------

WRITTEN_DAY = re.compile(
    r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})\s?日?"
    r"(?:[T ]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[-+]\d{2}:?\d{2})?)?",
    re.ASCII,
)
EIGHT_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
# Days since 1899-12-30 as Excel counts them; these are 1954 to 2119, other numbers are no days.
SERIAL = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
FIRST_SERIAL, LAST_SERIAL = 20_000, 80_000
SERIAL_ZERO = date(1899, 12, 30)
FIRST_YEAR, LAST_YEAR = 1900, 2200


def _clean_day(texts: pa.Array, kind: Day, work: _Work) -> pa.Array:
    open_words = {keyword(word) for word in kind.open_words}

    def read(text: str) -> Answer:
        return None if keyword(text) in open_words else read_day(text)

    return work.carefully(texts, _mask(texts.is_valid()), read, pa.nulls(len(texts), pa.date32()))


def read_day(text: str) -> date | Trouble:
    """2026-01-05, 2026/1/5, 2026.1.5, 2026年1月5日, 20260105, a date with a time, or a serial."""
    words = plain(text)
    if serial := SERIAL.fullmatch(words):
        days = int(serial[1])
        if FIRST_SERIAL <= days <= LAST_SERIAL:
            return SERIAL_ZERO + timedelta(days=days)
    parts = WRITTEN_DAY.fullmatch(words) or EIGHT_DIGITS.fullmatch(words)
    if parts is None:
        return Trouble(Problem.NOT_A_DAY, {"value": shown(text)})
    year, month, day = map(int, parts.groups())
    try:
        found = date(year, month, day)
    except ValueError:
        return Trouble(Problem.NO_SUCH_DAY, {"value": shown(text)})
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return Trouble(Problem.NO_SUCH_DAY, {"value": shown(text)})
    return found


CLEANERS: dict[type, Callable[[pa.Array, Any, _Work], pa.Array]] = {
    Text: _clean_text,
    Code: _clean_code,
    Whole: _clean_whole,
    Number: _clean_number,
    Choice: _clean_choice,
    YesNo: _clean_yes_no,
    Day: _clean_day,
}
