"""CSV as offices save it: UTF-8, GB 18030 or UTF-16; comma, tab or semicolon.  Pure.

Read by the standard library in strict mode and not by pyarrow, because only so the line where a
record begins is known, and a quote that is never closed is noticed.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from grids.imports.gis_files import bounded, is_utf8
from grids.imports.heads import LOOKED_AT, Head, find_head
from grids.imports.kinds import UTF16
from grids.imports.layer import Batch, Format, Layer, Source, usable
from grids.imports.limits import Limits
from grids.imports.problems import Faults, Problem, Refused, Rows

CHUNK = 4 * 1024 * 1024
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
        return _batches(records(path, encoding, separator), head, size, limits)

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
        reader = csv.reader(file, delimiter=separator, strict=True)
        line = 1
        try:
            for record in reader:
                said = line == 1 and len(record) <= 2 and record and record[0].startswith("sep=")
                if not said and any(record):
                    yield line, record
                line = reader.line_num + 1
        except csv.Error as error:
            open_quote = "end of data" in str(error) or "field limit" in str(error)
            problem = Problem.OPEN_QUOTE if open_quote else Problem.BAD_QUOTE
            raise Refused(problem, row=line) from error
        except UnicodeDecodeError as error:
            raise Refused(Problem.CUT_OFF) from error


def _batches(source: Iterator[Numbered], head: Head, size: int, limits: Limits) -> Iterator[Batch]:
    source = islice(source, head.below, None)
    count = 0
    while True:
        faults = Faults()
        rows, table = table_of(islice(source, size), head.names, faults)
        if not len(rows):
            return
        count += len(rows)
        if count > limits.rows:
            raise Refused(Problem.TOO_MANY_ROWS, limit=limits.rows)
        yield Batch(int(rows[0]), rows, table, None, faults)


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
