"""Tables as a workbook that opens as it is meant: typed cells, no formulas.  Pure: values in, bytes
out.

Written row by row, so a large sheet costs the memory of one row and of the compressed file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from io import BytesIO
from math import ceil
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.chart import LineChart, Reference
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from gis_server.csv_export import COMPUTED
from gis_server.plain_text import printable, shortened

Value = str | int | float | bool | date | datetime | timedelta | None

LONGEST_TEXT = 32_767  # what a cell holds (Excel's specifications and limits)
LONGEST_SHEET_NAME = 31  # in UTF-16 units
MOST_ROWS = 1_048_576
DATE_AND_TIME, DATE, DURATION, PERCENT = "yyyy-mm-dd hh:mm", "yyyy-mm-dd", "[h]:mm", "0.00%"
NARROWEST, WIDEST = 6.0, 60.0
READABLE_WIDTH = 170.0  # characters side by side on A4 across
LINE_PT, MOST_LINES = 15.0, 6
A4 = 9  # ECMA-376, part 1, 18.3.1.63: paperSize

_HEAD_FILL = PatternFill("solid", fgColor="1F3A5F")
_HEAD_FONT = Font(bold=True, color="FFFFFF")
_TITLE_FONT = Font(bold=True, size=14)
_LINE = Border(bottom=Side(style="thin", color="D0D7E2"))
_WRAPPED = Alignment(wrap_text=True, vertical="top")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, its width in characters, and how its numbers are shown.

    number_format: a spreadsheet's own, such as PERCENT or "0.0"; empty for the usual one of the
    value's type.
    """

    head: str
    width: float = 14.0
    number_format: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines below each other's names: columns, counted from 0, over the texts of another one."""

    title: str
    labels: int
    lines: Sequence[int]
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: caption lines (the first is its title), heads, rows of values, perhaps a chart.

    Texts stay texts whatever they begin with.  Times with a zone become local ones: spreadsheets
    know no zones.
    """

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    captions: Sequence[str] = ()
    chart: Chart | None = None
    filtered: bool = True


@dataclass
class _Names:
    """Sheet names that are taken, as spreadsheets compare them: without regard to case."""

    taken: set[str] = field(default_factory=set)

    def legal(self, wanted: str) -> str:
        """A name near the wanted one that a spreadsheet allows and this book does not have yet."""
        plain = "".join("_" if c in "[]:*?/\\\n\r\t" else c for c in printable(wanted)).strip("' ")
        # Excel keeps "History" for itself.
        if not plain or plain.lower() == "history":
            plain = f"{plain}_"
        name, number = _cut(plain, LONGEST_SHEET_NAME), 2
        while name.lower() in self.taken:
            tail = f" ({number})"
            name, number = _cut(plain, LONGEST_SHEET_NAME - len(tail)) + tail, number + 1
        self.taken.add(name.lower())
        return name


def workbook(sheets: Sequence[Sheet], zone: tzinfo) -> bytes:
    """The file, one sheet after the other; times are shown as in `zone`.

    Raises:
        ValueError: no sheet, or more rows than a sheet holds.
    """
    if not sheets:
        raise ValueError("a workbook needs a sheet")
    book, names = openpyxl.Workbook(write_only=True), _Names()
    try:
        for sheet in sheets:
            _write(book.create_sheet(names.legal(sheet.name)), sheet, zone)
    except BaseException:
        # Its writers are half-way through a file.
        for paper in book.worksheets:
            paper.close()
        raise
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _cut(text: str, units: int) -> str:
    """At most so many UTF-16 units: that is how spreadsheets count."""
    return text.encode("utf-16-le")[: units * 2].decode("utf-16-le", errors="ignore").rstrip("' ")


def _write(paper: Any, sheet: Sheet, zone: tzinfo) -> None:
    head_row = len(sheet.captions) + 1
    _set_up(paper, sheet, head_row)
    for number, line in enumerate(sheet.captions):
        paper.append([_text_cell(paper, line, _TITLE_FONT if number == 0 else None)])
    _set_height(paper, head_row, [column.head for column in sheet.columns], sheet.columns)
    paper.append([_head_cell(paper, column) for column in sheet.columns])
    last_row = head_row
    painters = [_Painter(paper, column, zone) for column in sheet.columns]
    for row in sheet.rows:
        last_row += 1
        if last_row > MOST_ROWS:
            raise ValueError(f"a sheet holds {MOST_ROWS} rows")
        _set_height(paper, last_row, row, sheet.columns)
        paper.append([paint(value) for paint, value in zip(painters, row, strict=True)])
    if sheet.filtered and last_row > head_row:
        end = f"{get_column_letter(len(sheet.columns))}{last_row}"
        paper.auto_filter.ref = f"A{head_row}:{end}"
    if sheet.chart and last_row > head_row:
        _draw(paper, sheet.chart, head_row, last_row)


def _set_up(paper: Any, sheet: Sheet, head_row: int) -> None:
    """What must be said before the first row: widths, the frozen head, how it prints."""
    paper.freeze_panes = f"A{head_row + 1}"
    for number, column in enumerate(sheet.columns, 1):
        width = min(max(column.width, NARROWEST), WIDEST)
        paper.column_dimensions[get_column_letter(number)].width = width
    paper.page_setup.orientation = "landscape"
    paper.page_setup.paperSize = A4
    # A wide sheet goes on beside itself: on one page nobody could read it.
    total = sum(column.width for column in sheet.columns)
    paper.page_setup.fitToWidth = max(1, round(total / READABLE_WIDTH))
    paper.page_setup.fitToHeight = 0
    paper.sheet_properties.pageSetUpPr = openpyxl.worksheet.properties.PageSetupProperties(
        fitToPage=True
    )
    paper.print_title_rows = f"{head_row}:{head_row}"


def _set_height(
    paper: Any, number: int, values: Sequence[Value], columns: Sequence[Column]
) -> None:
    """Make a row as high as its wrapped texts need: LibreOffice does not when it opens a file."""
    lines = 1
    for value, column in zip(values, columns, strict=True):
        if isinstance(value, str):
            lines = max(lines, _lines(value, column.width))
    if lines > 1:
        paper.row_dimensions[number].height = LINE_PT * min(lines, MOST_LINES)


def _lines(text: str, width: float) -> int:
    """So many lines a text takes in a column; a Chinese character is as wide as two letters."""
    across = max(min(max(width, NARROWEST), WIDEST) - 1, 1)
    if 2 * len(text) <= across and "\n" not in text:
        return 1
    return sum(
        max(1, ceil(len(line.encode("gb18030", errors="replace")) / across))
        for line in text.split("\n")
    )


def _text_cell(paper: Any, text: str, font: Font | None = None) -> Any:
    cell = WriteOnlyCell(paper)
    _set_text(cell, text)
    if font:
        cell.font = font
    return cell


def _head_cell(paper: Any, column: Column) -> Any:
    cell = _text_cell(paper, column.head, _HEAD_FONT)
    cell.fill, cell.alignment = _HEAD_FILL, Alignment(wrap_text=True, vertical="center")
    return cell


def _set_text(cell: Any, text: str) -> None:
    """The library takes "=1" for a formula and "#N/A" for an error: the type is set after it."""
    cell.value = shortened(printable(text), LONGEST_TEXT)
    cell.data_type = "s"


class _Painter:
    """Makes one column's cells.  One cell of each kind is used again and again, for it is written
    at once: styling anew costs more than writing.
    """

    def __init__(self, paper: Any, column: Column, zone: tzinfo) -> None:
        self._paper, self._column, self._zone = paper, column, zone
        self._cells: dict[str, Any] = {}

    def __call__(self, value: Value) -> Any:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            cell = self._cell("quoted" if value.startswith(COMPUTED) else "text", "")
            _set_text(cell, value)
            return cell
        if isinstance(value, datetime):
            local = value.astimezone(self._zone).replace(tzinfo=None) if value.tzinfo else value
            return self._set("time", local, DATE_AND_TIME)
        if isinstance(value, date):
            return self._set("date", value, DATE)
        if isinstance(value, timedelta):
            return self._set("duration", value, DURATION)
        return self._set("number", value, "General")

    def _set(self, kind: str, value: Value, usual_format: str) -> Any:
        cell = self._cell(kind, self._column.number_format or usual_format)
        style = cell._style  # setting a date sets its usual format over ours
        kept = style.numFmtId
        cell.value = value
        cell._style.numFmtId = kept
        return cell

    def _cell(self, kind: str, number_format: str) -> Any:
        if kind in self._cells:
            return self._cells[kind]
        cell = self._cells[kind] = WriteOnlyCell(self._paper)
        cell.border, cell.alignment = _LINE, _WRAPPED
        if number_format:
            cell.number_format = number_format
        if kind == "quoted":
            # So that it stays a text when somebody edits the cell.
            cell._style.quotePrefix = 1
        return cell


def _draw(paper: Any, chart: Chart, head_row: int, last_row: int) -> None:
    drawn = LineChart()
    drawn.title, drawn.height, drawn.width = printable(chart.title), 9, 24
    drawn.y_axis.scaling.min, drawn.y_axis.scaling.max = chart.low, chart.high
    # Without this the axes are written as deleted, and newer spreadsheets hide them.
    drawn.x_axis.delete = drawn.y_axis.delete = False
    for column in chart.lines:
        values = Reference(paper, min_col=column + 1, min_row=head_row, max_row=last_row)
        drawn.add_data(values, titles_from_data=True)
    names = Reference(paper, min_col=chart.labels + 1, min_row=head_row + 1, max_row=last_row)
    drawn.set_categories(names)
    paper.add_chart(drawn, f"{get_column_letter(len(chart.lines) + 4)}{last_row + 2}")
