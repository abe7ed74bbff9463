"""Workbooks (.xlsx, .xlsm) as offices fill them in, read row by row.  Pure.

A cell becomes the text that its user sees, as far as that loses nothing: whole numbers without
exponent, days as 2026-01-05 where the number format says it is one, leading zeros that a format
like 000000 shows.  Excel keeps 15 digits of a number; a longer one is handed on in scientific
notation, so that a code that has lost digits does not look whole.
"""

import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from grids.imports.csv_file import Numbered, table_of
from grids.imports.heads import LOOKED_AT, Head, Merge, find_head
from grids.imports.layer import Batch, Format, Layer, Source, usable
from grids.imports.limits import MIB, Limits
from grids.imports.problems import Faults, Problem, Refused, shown
from grids.imports.zips import Archive

UNREADABLE = (
    KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError, OSError, EOFError,
    SyntaxError, InvalidFileException, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
CHUNK = MIB
OVERLAP = 64  # bytes; the longest thing that is looked for
MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
MOST_MERGES = 100_000
EXACT_BELOW = 10**15
ZEROS = re.compile(r"0{2,30}")
CONTENT_TYPES = "[Content_Types].xml"
# The part of shared texts may have any name; its content type is what counts.
SHARED_TEXTS = re.compile(rb"<Override\b[^>]*\bsharedStrings\+xml[^>]*>")
PART_NAME = re.compile(rb'\bPartName="/?([^"]+)"')


@dataclass(frozen=True)
class Sheet:
    """What the XML of a sheet says that openpyxl's row-by-row mode does not."""

    title: str
    merges: tuple[Merge, ...]
    has_formulas: bool


@dataclass(frozen=True)
class Line:
    """One row as texts; `faults` are of cells, by column from 0."""

    number: int
    cells: list[str]
    faults: list[tuple[int, Problem, dict[str, object]]]


def open_xlsx(archive: Archive, path: Path, limits: Limits) -> Source:
    """Every visible sheet with something in it as a layer.

    Raises:
        Refused: a workbook of the old binary kind, too large, damaged, or without any table.
    """
    _check_parts(archive, limits)
    sheets: dict[str, Sheet] = {}
    heads: dict[str, Head] = {}
    layers = []
    try:
        for sheet in _sheets(archive, path):
            with closing(_lines(path, sheet)) as lines:
                first = list(islice(lines, LOOKED_AT))
            if not any(any(line.cells) for line in first):
                continue
            sheets[sheet.title] = sheet
            layers.append(_layer(sheet, first, heads, limits))
    except UNREADABLE as error:
        raise Refused(Problem.DAMAGED) from error
    if len(layers) > limits.layers:
        raise Refused(Problem.TOO_MANY_LAYERS, limit=limits.layers)

    def read(layer: Layer, size: int) -> Iterator[Batch]:
        return _batches(path, sheets[layer.name], heads[layer.name], size, limits)

    return Source(Format.XLSX, "", usable(layers), read)


def is_workbook(archive: Archive) -> bool:
    return any(str(entry.path).startswith("xl/") for entry in archive.entries)


def _check_parts(archive: Archive, limits: Limits) -> None:
    names = {str(entry.path): entry for entry in archive.entries}
    if "xl/workbook.bin" in names:
        raise Refused(Problem.OLD_EXCEL)
    inflated = sum(entry.info.file_size for entry in archive.entries)
    texts = sum(names[name].info.file_size for name in _shared_texts(archive) if name in names)
    for size, limit in ((inflated, limits.xlsx_inflated_bytes), (texts, limits.xlsx_texts_bytes)):
        if size > limit:
            raise Refused(Problem.INFLATES, limit_mb=limit // MIB)
    for entry in archive.entries:
        if entry.path.suffix in {".xml", ".rels"}:
            with archive.reading(entry) as part:
                if b"<!DOCTYPE" in part.read(4096):
                    raise Refused(Problem.ENTITIES)


def _shared_texts(archive: Archive) -> list[str]:
    types = [entry for entry in archive.entries if str(entry.path) == CONTENT_TYPES]
    if not types:
        raise Refused(Problem.DAMAGED)
    with archive.reading(types[0]) as part:
        overrides = SHARED_TEXTS.findall(part.read(MIB))
    found = (PART_NAME.search(override) for override in overrides)
    return [name[1].decode("utf-8", "replace") for name in found if name]


@contextmanager
def _workbook(path: Path, *, values: bool) -> Iterator[Any]:
    """The file is ours to close: openpyxl leaves it open when it fails half-way."""
    with path.open("rb") as file:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that it leaves out
            book = openpyxl.load_workbook(file, read_only=True, data_only=values, keep_links=False)
        try:
            yield book
        finally:
            book.close()


def _sheets(archive: Archive, path: Path) -> list[Sheet]:
    entries = {str(entry.path): entry for entry in archive.entries}
    sheets = []
    with _workbook(path, values=True) as book:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            with archive.reading(entries[sheet._worksheet_path]) as xml:
                merges, has_formulas = _scan(xml)
            sheets.append(Sheet(sheet.title, merges, has_formulas))
    return sheets


def _scan(xml: zipfile.ZipExtFile) -> tuple[tuple[Merge, ...], bool]:
    """Merged cells and whether there are formulas: two things that stand in no row."""
    merges: dict[Merge, None] = {}
    has_formulas, tail = False, b""
    while chunk := xml.read(CHUNK):
        text = tail + chunk
        has_formulas = has_formulas or FORMULA.search(text) is not None
        for left, top, right, bottom in MERGE.findall(text):
            merges[Merge(int(top) - 1, int(bottom) - 1, _column(left), _column(right))] = None
        if len(merges) > MOST_MERGES:
            raise Refused(Problem.DAMAGED)
        tail = text[-OVERLAP:]
    return tuple(sorted(merges, key=lambda merge: (merge.top, merge.left))), has_formulas


def _column(letters: bytes) -> int:
    number = 0
    for code in letters:
        number = 26 * number + code - ord("A") + 1
    return number - 1


def _layer(sheet: Sheet, first: list[Line], heads: dict[str, Head], limits: Limits) -> Layer:
    rows = [[cell.strip() or None for cell in line.cells] for line in first]
    near = [merge for merge in sheet.merges if merge.top < LOOKED_AT]
    try:
        head = heads[sheet.title] = find_head(rows, near, limits.columns)
    except Refused as refused:
        return Layer(sheet.title, (), refused=refused)
    below = any(any(line.cells) for line in first[head.below :])
    more = len(first) == LOOKED_AT  # they may come after blank lines
    empty = None if below or more else Refused(Problem.NO_ROWS)
    return Layer(sheet.title, head.names, refused=empty)


def _lines(path: Path, sheet: Sheet) -> Generator[Line, None, None]:
    """Every row of a sheet from the first, blank ones too."""
    with ExitStack() as stack:
        values = stack.enter_context(_workbook(path, values=True))
        written: Iterable[Any] = repeat(None)
        if sheet.has_formulas:
            formulas = stack.enter_context(_workbook(path, values=False))
            written = _rows(formulas, sheet.title)
        rows = _rows(values, sheet.title)
        for number, (row, as_written) in enumerate(zip(rows, written, strict=False), start=1):
            yield _line(number, row, as_written)


def _rows(book: Any, title: str) -> Iterator[tuple[Any, ...]]:
    sheet = book[title]
    sheet.reset_dimensions()  # some writers state them wrongly, and rows would be missing
    rows = sheet.iter_rows()
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numbers that are no dates in spite of their format
            row = next(rows, None)
        if row is None:
            return
        yield row


def _line(number: int, row: tuple[Any, ...], written: tuple[Any, ...] | None) -> Line:
    cells: list[str] = []
    faults: list[tuple[int, Problem, dict[str, object]]] = []
    for column, cell in enumerate(row):
        value = cell.value
        if value is not None and cell.data_type == "e":
            faults.append((column, Problem.FORMULA_ERROR, {"value": shown(value)}))
            value = None
        elif value is None and _is_formula(written, column):
            faults.append((column, Problem.FORMULA_WITHOUT_VALUE, {}))
        cells.append("" if value is None else text_of(value, cell.number_format))
    return Line(number, cells, faults)


def _is_formula(written: tuple[Any, ...] | None, column: int) -> bool:
    return written is not None and column < len(written) and written[column].data_type == "f"


def text_of(value: object, number_format: str = "General") -> str:
    """A cell's value as text; see the head of this file."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return _number(value, number_format)
    return str(value)


def _number(value: float, number_format: str) -> str:
    if abs(value) >= EXACT_BELOW:
        return f"{value:.14E}"
    if value != int(value):
        return repr(value)
    digits = str(int(value))
    if ZEROS.fullmatch(number_format or ""):
        return digits.zfill(len(number_format))
    return digits


def _batches(path: Path, sheet: Sheet, head: Head, size: int, limits: Limits) -> Iterator[Batch]:
    count = 0
    try:
        with closing(_lines(path, sheet)) as lines:
            below = _filled_down(islice(lines, head.below, None), sheet.merges)
            used = (line for line in below if any(line.cells) or line.faults)
            while taken := list(islice(used, size)):
                count += len(taken)
                if count > limits.rows:
                    raise Refused(Problem.TOO_MANY_ROWS, limit=limits.rows)
                yield _batch(taken, head.names)
    except UNREADABLE as error:
        raise Refused(Problem.DAMAGED) from error
    if count == 0:
        raise Refused(Problem.NO_ROWS)


def _filled_down(lines: Iterator[Line], merges: tuple[Merge, ...]) -> Iterator[Line]:
    """Give every row the text of a cell that is merged over several rows: people see it there."""
    coming = chain((merge for merge in merges if merge.tall), repeat(None))
    after = next(coming)
    running: list[tuple[Merge, str]] = []
    for line in lines:
        at = line.number - 1
        running = [(merge, text) for merge, text in running if merge.bottom >= at]
        for merge, text in running:
            if merge.left < len(line.cells) and not line.cells[merge.left]:
                line.cells[merge.left] = text
        while after is not None and after.top <= at:
            if after.top == at and after.left < len(line.cells):
                running.append((after, line.cells[after.left]))
            after = next(coming)
        yield line


def _batch(lines: list[Line], names: tuple[str, ...]) -> Batch:
    faults = Faults()
    width = len(names)
    records: list[Numbered] = []
    for line in lines:
        padding = [""] * (width - len(line.cells))
        records.append((line.number, line.cells + padding))
        for column, problem, details in line.faults:
            if column < width:
                faults.note(line.number, names[column], problem, **details)
    rows, table = table_of(iter(records), names, faults)
    return Batch(int(rows[0]), rows, table, None, faults)
