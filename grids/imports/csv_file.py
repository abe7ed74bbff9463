"""CSV as offices save it: UTF-8, GB 18030 or UTF-16; comma, tab or semicolon.  Pure.

Read by the standard library in strict mode, because only so the line where a record begins is
known, and a quote that is never closed is noticed.  Up to the first quote a line is a record, and
pyarrow reads whole blocks of them, ten times faster.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from grids.imports.gis_files import bounded, is_utf8
from grids.imports.heads import LOOKED_AT, Head, find_head
from grids.imports.kinds import UTF16
from grids.imports.layer import Batch, Format, Layer, Source, usable
from grids.imports.limits import Limits
from grids.imports.problems import Faults, Problem, Refused, Rows

CHUNK = 4 * 1024 * 1024
BLOCK_CHARACTERS = 1024 * 1024
SAMPLE_CHARACTERS = 64 * 1024
AT_ONCE = 300  # records; fewer than what sets the garbage collector off
SEPARATORS = ",\t;"
SAID = re.compile(r"sep=(.)\r?\n")  # what Excel writes and reads as a first line

Record = list[str]
Numbered = tuple[int, Record]


def open_csv(path: Path, name: str, limits: Limits) -> Source:
    """The whole file as one layer.

    Raises:
        Refused: no text, no names of columns, no rows, or a quote that is never closed near its
            start; later ones while reading.
    """
    encoding = encoding_of(path)
    separator = _separator(path, encoding)
    first = list(islice(records(path, encoding, separator), LOOKED_AT))
    if not first:
        raise Refused(Problem.EMPTY_FILE)
    rows = [[cell.strip() or None for cell in record] for _, record in first]
    head = find_head(rows, (), limits.columns)
    empty = Refused(Problem.NO_ROWS) if len(first) <= head.below else None

    def read(layer: Layer, size: int) -> Iterator[Batch]:
        begins = first[head.below][0] if len(first) > head.below else 1
        with path.open(encoding=encoding, newline="") as file:
            for _ in range(begins - 1):
                file.readline()
            yield from _limited(_batches(file, begins, separator, head, size), limits)

    layer = Layer(name, head.names, refused=empty)
    return Source(Format.CSV, encoding, usable([layer]), read)


def encoding_of(path: Path) -> str:
    """The encoding of the whole file, not of its beginning: it may be ASCII for a million lines.

    Raises:
        Refused: it is none of the three.
    """
    with path.open("rb") as file:
        if file.read(2) in UTF16:
            return "utf-16"
    if is_utf8(path):
        return "utf-8-sig"
    decode = codecs.getincrementaldecoder("gb18030")().decode
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            try:
                decode(chunk)
            except UnicodeDecodeError as error:
                line += chunk[: error.start].count(b"\n")
                raise Refused(Problem.NOT_TEXT, row=line) from error
            line += chunk.count(b"\n")
    return "gb18030"


def _separator(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        sample = file.read(SAMPLE_CHARACTERS)
    if said := SAID.match(sample):
        return said[1]
    return max(SEPARATORS, key=lambda separator: _fit(sample, separator))


def _fit(sample: str, separator: str) -> float:
    """How well a separator divides the first lines: columns, times the share of equal lines."""
    lines = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    try:
        widths = Counter(len(line) for line in islice(lines, LOOKED_AT) if line)
    except csv.Error:
        return 0.0
    if not widths:
        return 0.0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return (width - 1) * count / widths.total()


def records(path: Path, encoding: str, separator: str) -> Iterator[Numbered]:
    """Records that are not blank, each with the line of the file where it begins.

    Raises:
        Refused: a quote is left open or stands in the wrong place, or the last character is cut.
    """
    with path.open(encoding=encoding, newline="") as file:
        yield from _records(file, separator, 1)


def _records(lines: Iterable[str], separator: str, line: int) -> Iterator[Numbered]:
    """The records of lines, the first of which is number `line` of its file."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    before = line - 1
    try:
        for record in reader:
            said = line == 1 and len(record) <= 2 and record and record[0].startswith("sep=")
            if not said and any(record):
                yield line, record
            line = before + reader.line_num + 1
    except csv.Error as error:
        open_quote = "end of data" in str(error) or "field limit" in str(error)
        problem = Problem.OPEN_QUOTE if open_quote else Problem.BAD_QUOTE
        raise Refused(problem, row=line) from error
    except UnicodeDecodeError as error:
        raise Refused(Problem.CUT_OFF) from error


def _batches(
    file: io.TextIOBase, line: int, separator: str, head: Head, size: int
) -> Iterator[Batch]:
    """Batches of a file that stands at line number `line`: blocks of plain lines, then records."""
    names = head.names
    try:
        while block := file.read(BLOCK_CHARACTERS):
            block += file.readline()
            table = _plain_table(block, separator, names)
            if table is None:
                yield from _careful(chain(io.StringIO(block, newline=""), file), line, separator,
                                    names, size)  # fmt: skip
                return
            for start in range(0, len(table), size):
                some = table.slice(start, size)
                rows = np.arange(line + start, line + start + len(some), dtype=np.int64)
                yield Batch(int(rows[0]), rows, some, None, Faults())
            line += len(table)
    except UnicodeDecodeError as error:
        raise Refused(Problem.CUT_OFF) from error


def _plain_table(block: str, separator: str, names: tuple[str, ...]) -> pa.Table | None:
    """The columns of a block each of whose lines is one record of the right width, else None."""
    text = block.replace("\r\n", "\n")
    blank = separator * (len(names) - 1)
    if any(mark in text for mark in ('"', "\r", "\0")) or f"\n{blank}\n" in f"\n{text}\n":
        return None
    lines = text.count("\n") + (not text.endswith("\n"))
    if text.count(separator) != lines * (len(names) - 1):
        return None
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(text.encode()),
            pa.csv.ReadOptions(column_names=list(names), block_size=2 * len(text.encode()) + 1),
            pa.csv.ParseOptions(delimiter=separator, quote_char=False, ignore_empty_lines=False),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None  # some line is too short and another too long
    return pa.table([bounded(column.combine_chunks()) for column in table.columns], list(names))


def _careful(
    lines: Iterable[str], line: int, separator: str, names: tuple[str, ...], size: int
) -> Iterator[Batch]:
    source = _records(lines, separator, line)
    while True:
        faults = Faults()
        rows, table = table_of(islice(source, size), names, faults)
        if not len(rows):
            return
        yield Batch(int(rows[0]), rows, table, None, faults)


def _limited(batches: Iterator[Batch], limits: Limits) -> Iterator[Batch]:
    count = 0
    for batch in batches:
        count += len(batch.rows)
        if count > limits.rows:
            raise Refused(Problem.TOO_MANY_ROWS, limit=limits.rows)
        yield batch


def table_of(
    records: Iterator[Numbered], names: tuple[str, ...], faults: Faults
) -> tuple[Rows, pa.Table]:
    """Row numbers, and columns of text, blank cells null; records of another width become faults.

    Records are turned into columns a few hundred at a time: kept longer, the lists would be
    walked by the garbage collector again and again, which doubles the time.
    """
    rows: list[int] = []
    columns: list[list[str]] = [[] for _ in names]
    while some := list(islice(records, AT_ONCE)):
        rows += [row for row, _ in some]
        fitted = (_fitted(row, record, len(names), faults) for row, record in some)
        for column, cells in zip(columns, zip(*fitted, strict=True), strict=True):
            column.extend(cells)
    arrays = [_texts(column) for column in columns]
    return np.array(rows, np.int64), pa.table(arrays, names=list(names))


def _texts(cells: list[str]) -> pa.Array:
    texts = bounded(pa.array(cells, pa.string()))
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _fitted(row: int, record: Record, width: int, faults: Faults) -> Record:
    if len(record) == width:
        return record
    if len(record) < width:
        faults.note(row, "", Problem.TOO_FEW_VALUES, found=len(record), columns=width)
        return record + [""] * (width - len(record))
    if any(cell.strip() for cell in record[width:]):
        faults.note(row, "", Problem.TOO_MANY_VALUES, found=len(record), columns=width)
    return record[:width]
