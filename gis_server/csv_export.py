"""Rows as CSV that a spreadsheet opens as it is meant.  Pure: values in, bytes out.

UTF-8 with a byte order mark, without which Excel reads Chinese as the machine's old code page; rows
end with CR LF (RFC 4180).
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import islice

BYTE_ORDER_MARK = "\ufeff"
# A cell that begins so is computed by spreadsheets, even when it is quoted (OWASP, CSV Injection).
# Input methods for Chinese write the wide forms, and some spreadsheets compute those too.
COMPUTED = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
ROWS_AT_ONCE = 500


def cell(value: object) -> str:
    """The text of a cell; an apostrophe before what would be computed keeps it a text."""
    text = str(value)
    return f"'{text}" if text.startswith(COMPUTED) else text


def encoded(rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The file in pieces of `ROWS_AT_ONCE` rows, so that neither side holds all of it."""
    remaining, mark = iter(rows), BYTE_ORDER_MARK
    while piece := list(islice(remaining, ROWS_AT_ONCE)):
        out = StringIO()
        csv.writer(out).writerows([cell(value) for value in row] for row in piece)
        yield (mark + out.getvalue()).encode()
        mark = ""
