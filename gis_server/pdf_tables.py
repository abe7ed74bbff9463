"""Tables on paper: rows that are never cut by the end of a page, the head again on each."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

from gis_server.pdf_export import (
    BAND,
    CELL_PT,
    HEAD,
    INK,
    LINE,
    MARGIN_MM,
    PAPER,
    Column,
    Document,
    line_height,
)

MOST_LINES = 6  # of a cell
PADDING_MM = 1.2


def add_table(document: Document, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Write a table over the whole width.  A cell of more than `MOST_LINES` lines is shortened."""
    widths = _widths(document, columns)
    _head(document, columns, widths)
    step = line_height(CELL_PT)
    for number, row in enumerate(rows):
        cells = [
            document.lines(text, width - 2 * PADDING_MM, CELL_PT, MOST_LINES)
            for text, width in zip(row, widths, strict=True)
        ]
        height = max(len(lines) for lines in cells) * step + 2 * PADDING_MM
        if document.need(height):
            _head(document, columns, widths)
        if number % 2:
            document.fill(MARGIN_MM, document.y, document.width, height, BAND)
        for lines, column, left, width in zip(cells, columns, _lefts(widths), widths, strict=True):
            for index, line in enumerate(lines):
                y = document.y + PADDING_MM + index * step
                document.put(_x(column, left, width), y, line, CELL_PT, INK, column.align)
        document.y += height
        document.line(MARGIN_MM, document.y, MARGIN_MM + document.width, document.y, LINE)
    document.y += 3


def _widths(document: Document, columns: Sequence[Column]) -> list[float]:
    total = sum(column.share for column in columns)
    return [document.width * column.share / total for column in columns]


def _lefts(widths: Sequence[float]) -> list[float]:
    return [MARGIN_MM + left for left in accumulate([0.0, *widths[:-1]])]


def _x(column: Column, left: float, width: float) -> float:
    if column.align == "R":
        return left + width - PADDING_MM
    return left + width / 2 if column.align == "C" else left + PADDING_MM


def _head(document: Document, columns: Sequence[Column], widths: Sequence[float]) -> None:
    step = line_height(CELL_PT)
    cells = [
        document.lines(column.head, width - 2 * PADDING_MM, CELL_PT, MOST_LINES)
        for column, width in zip(columns, widths, strict=True)
    ]
    height = max(len(lines) for lines in cells) * step + 2 * PADDING_MM
    document.need(height + 3 * step)
    document.fill(MARGIN_MM, document.y, document.width, height, HEAD)
    for lines, column, left, width in zip(cells, columns, _lefts(widths), widths, strict=True):
        for index, line in enumerate(lines):
            y = document.y + PADDING_MM + index * step
            document.put(_x(column, left, width), y, line, CELL_PT, PAPER, column.align)
    document.y += height
