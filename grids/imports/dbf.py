"""The table of a Shapefile (dBASE III), with Chinese in it.  Pure.

Read here and not by GDAL because the encoding is the trouble: the .cpg lies or is missing, names
of columns are cut in the middle of a character (ten bytes), values at the width of their column.
Source of the layout: "Xbase File Format Description", and Esri's ArcGIS help on dBASE.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from grids.imports.problems import Faults, Problem, Refused, Rows, shown

HEAD, DESCRIPTOR = 32, 32
END_OF_COLUMNS = 0x0D
DELETED = ord("*")
# Memo and general columns keep their content in another file; the others are binary.
ELSEWHERE = frozenset(b"MGBPWIO@+0")
UTF8, GBK = "utf-8", "gb18030"
# What .cpg files call the encodings that come here; anything else is told from the content.
NAMED = {"UTF-8": UTF8, "UTF8": UTF8, "65001": UTF8, "GBK": GBK, "GB2312": GBK, "936": GBK}
NAMED |= {"CP936": GBK, "GB18030": GBK, "54936": GBK, "ANSI 936": GBK, "EUC-CN": GBK}
BLOCK_ROWS, TELLING_BLOCKS = 20_000, 4

# How a day or a truth value is left out.
NOTHING = {ord("D"): "00000000", ord("L"): "?"}

Block = NDArray[np.uint8]


@dataclass(frozen=True)
class Column:
    raw_name: bytes
    kind: int
    start: int
    width: int


@dataclass(frozen=True)
class Dbf:
    """An opened table: `rows` records of `record_bytes`, the first at `data_start`."""

    path: Path
    rows: int
    data_start: int
    record_bytes: int
    columns: tuple[Column, ...]

    def blocks(self, size: int) -> Iterator[Block]:
        """Records as bytes, (n, record_bytes) with n at most `size`."""
        with self.path.open("rb") as file:
            file.seek(self.data_start)
            for first in range(0, self.rows, size):
                count = min(size, self.rows - first)
                raw = file.read(count * self.record_bytes)
                yield np.frombuffer(raw, np.uint8).reshape(count, self.record_bytes)


def open_dbf(path: Path) -> Dbf:
    """
    Raises:
        Refused: cut off, or no such table.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
        if len(head) < HEAD:
            raise Refused(Problem.CUT_OFF)
        rows, data_start, record_bytes = struct.unpack("<IHH", head[4:12])
        described = file.read(max(0, data_start - HEAD))
    if record_bytes < 1 or data_start <= HEAD:
        raise Refused(Problem.DAMAGED)
    if size < data_start + rows * record_bytes:
        raise Refused(Problem.CUT_OFF)
    columns = tuple(_columns(described))
    if sum(column.width for column in columns) + 1 > record_bytes:
        raise Refused(Problem.DAMAGED)
    return Dbf(path, rows, data_start, record_bytes, columns)


def _columns(described: bytes) -> Iterator[Column]:
    start = 1  # behind the mark for deleted records
    for at in range(0, len(described) - DESCRIPTOR + 1, DESCRIPTOR):
        if described[at] == END_OF_COLUMNS:
            return
        kind, width, decimals = described[at + 11], described[at + 16], described[at + 17]
        if kind == ord("C"):  # long text columns keep the upper byte where decimals would be
            width += decimals << 8
        yield Column(described[at : at + 11].split(b"\0")[0].strip(), kind, start, width)
        start += width


def encoding_of(table: Dbf, cpg: str) -> str:
    """The encoding that the content allows: what the .cpg says unless that cannot be.

    UTF-8 is nothing else by accident; bytes that are not UTF-8 and not GB 18030 are read as
    GB 18030, and each value that is not becomes a fault.
    """
    names = [column.raw_name for column in table.columns]
    if any(decoded(name, UTF8)[0] is None for name in names):
        return GBK
    ascii_only = all(name.isascii() for name in names)
    for block in _telling(table):
        ascii_only = False
        if not _is_utf8(block, table):
            return GBK
    said = NAMED.get(cpg.strip().upper())
    return said or UTF8 if ascii_only else UTF8


def _texts_of(table: Dbf) -> list[Column]:
    return [column for column in table.columns if column.kind == ord("C")]


def _telling(table: Dbf) -> Iterator[Block]:
    """The first blocks with anything but ASCII; they may come late."""
    places = [np.arange(c.start, c.start + c.width) for c in _texts_of(table)]
    where = np.concatenate(places) if places else np.zeros(0, np.intp)
    found = (block for block in table.blocks(BLOCK_ROWS) if (block[:, where] >= 0x80).any())
    yield from islice(found, TELLING_BLOCKS)


def _is_utf8(block: Block, table: Dbf) -> bool:
    for column in _texts_of(table):
        cells = _cells(block, column)
        if _at_once(cells, UTF8) is None and any(decoded(c, UTF8)[0] is None for c in cells):
            return False
    return True


def decoded(raw: bytes, encoding: str) -> tuple[str | None, bool]:
    """The text, or None; and whether its last character was cut in the middle."""
    for cut in range(4):
        try:
            return raw[: len(raw) - cut].decode(encoding), cut > 0
        except UnicodeDecodeError as error:
            if error.reason not in ("unexpected end of data", "incomplete multibyte sequence"):
                return None, False
    return None, False


def names_of(table: Dbf, encoding: str) -> list[str]:
    """Names of the readable columns; those cut in the middle of a character lose that character.

    Raises:
        Refused: two columns have one name.
    """
    names = [decoded(column.raw_name, encoding)[0] or f"?{k + 1}" for k, column in _readable(table)]
    for name in names:
        if names.count(name) > 1:
            raise Refused(Problem.DUPLICATE_COLUMN, column=shown(name))
    return names


def _readable(table: Dbf) -> list[tuple[int, Column]]:
    return [(k, c) for k, c in enumerate(table.columns) if c.kind not in ELSEWHERE]


def table_of(
    block: Block, table: Dbf, encoding: str, names: list[str], rows: Rows, faults: Faults
) -> pa.Table:
    """The columns of some records as text, just as it stands there, without padding."""
    arrays = [
        _texts(block, column, encoding, name, rows, faults)
        for (_, column), name in zip(_readable(table), names, strict=True)
    ]
    return pa.table(arrays, names=names)


def _cells(block: Block, column: Column) -> list[bytes]:
    piece = np.ascontiguousarray(block[:, column.start : column.start + column.width])
    if column.width == 0:
        return [b""] * len(block)
    cells = piece.view(f"S{column.width}").ravel()
    stripped: list[bytes] = np.char.strip(cells, b" \0").tolist()
    return stripped


def _at_once(cells: list[bytes], encoding: str) -> list[str] | None:
    try:
        texts = b"\0".join(cells).decode(encoding).split("\0")
    except UnicodeDecodeError:
        return None
    return texts if len(texts) == len(cells) else None


def _texts(
    block: Block, column: Column, encoding: str, name: str, rows: Rows, faults: Faults
) -> pa.Array:
    cells = _cells(block, column)
    texts: list[str] | list[str | None] | None = _at_once(cells, encoding)
    if texts is None:
        texts = [
            _one_by_one(cell, encoding, int(row), name, faults)
            for cell, row in zip(cells, rows, strict=True)
        ]
    nothing = NOTHING.get(column.kind, "")
    return pa.array([None if text in {"", nothing} else text for text in texts], pa.string())


def _one_by_one(cell: bytes, encoding: str, row: int, name: str, faults: Faults) -> str | None:
    text, cut = decoded(cell.split(b"\0")[0], encoding)
    if text is None:
        faults.note(row, name, Problem.UNREADABLE_TEXT)
    elif cut:
        faults.note(row, name, Problem.TEXT_CUT, value=shown(text))
    return text
