"""Where the names of the columns stand in a sheet that an office has decorated.  Pure.

Above them there may be a title across the whole width, a line saying who filled the form in, blank
lines; and the names may take two lines ("坐标" over "经度" and "纬度"), with cells merged.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from grids.imports.problems import Problem, Refused, shown

LOOKED_AT = 20  # lines in which the names must be found
ENOUGH = 0.6  # share of the widest line that a line of names fills
NUMBER = re.compile(r"[-+]?[\d.,]+(?:[eE][-+]?\d+)?%?|\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日?.*")

Row = Sequence[str | None]


@dataclass(frozen=True)
class Merge:
    """Merged cells; lines and columns from 0, ends included."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def wide(self) -> bool:
        return self.right > self.left

    @property
    def tall(self) -> bool:
        return self.bottom > self.top


@dataclass(frozen=True)
class Head:
    """names: of the columns from the first, without unnamed ones at the end.
    below: the first line of data, from 0."""

    names: tuple[str, ...]
    below: int


def letter(column: int) -> str:
    """How spreadsheets call a column, from 0: A, B, … Z, AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def find_head(rows: Sequence[Row], merges: Sequence[Merge], most_columns: int) -> Head:
    """Find the names of the columns in the first lines of a table.

    rows: the first `LOOKED_AT` lines or all, blank cells None.

    Raises:
        Refused: no line looks like names, a name stands twice, too many columns.
    """
    spread = [_spread(rows, merges, at) for at in range(len(rows))]
    filled = [_filled(row, wide) for row, wide in zip(rows, spread, strict=True)]
    enough = max(1.0, ENOUGH * max(filled, default=0))
    for at, row in enumerate(spread):
        if filled[at] >= enough and not any(_is_number(cell) for cell in row if cell):
            depth = _depth(spread, merges, at)
            names = _names(spread[at : at + depth], merges, at + depth - 1)
            return Head(_checked(names, most_columns), at + depth)
    raise Refused(Problem.NO_HEADER)


def _spread(rows: Sequence[Row], merges: Sequence[Merge], at: int) -> list[str | None]:
    """A line as people see it: what is merged stands in each of its cells."""
    row = list(rows[at])
    for merge in merges:
        if merge.top <= at <= merge.bottom and merge.top < len(rows):
            above = rows[merge.top]
            text = above[merge.left] if merge.left < len(above) else None
            right = min(merge.right, max(len(row), len(above)) + 1)
            row += [None] * (right + 1 - len(row))
            row[merge.left : right + 1] = [text] * (right + 1 - merge.left)
    return row


def _filled(row: Row, spread: Row) -> int:
    """Cells with something in them; a title over the whole width is one."""
    return max(sum(1 for cell in row if cell), len({cell for cell in spread if cell}))


def _is_number(text: str) -> bool:
    return NUMBER.fullmatch(text.strip()) is not None


def _depth(spread: list[list[str | None]], merges: Sequence[Merge], at: int) -> int:
    """How many lines the names take."""
    here = [merge for merge in merges if merge.top == at]
    if tall := [merge.bottom for merge in here if merge.tall]:
        return min(max(tall), len(spread) - 1) - at + 1
    wide = [merge for merge in here if merge.wide]
    if not wide or at + 1 >= len(spread):
        return 1
    under = spread[at + 1]
    columns = {c for merge in wide for c in range(merge.left, merge.right + 1)}
    texts = [under[c] if c < len(under) else None for c in sorted(columns)]
    others = [text for c, text in enumerate(under) if c not in columns and text]
    second = all(text and not _is_number(text) for text in texts) and not others
    return 2 if second else 1


def _names(lines: list[list[str | None]], merges: Sequence[Merge], last: int) -> list[str]:
    width = max(map(len, lines))
    names = []
    for column in range(width):
        parts = [line[column] or "" for line in lines if column < len(line)]
        texts = dict.fromkeys(" ".join(part.split()) for part in parts)
        names.append(" ".join(text for text in texts if text))
    for merge in merges:  # one name over several columns names the first of them
        if merge.wide and merge.top <= last <= merge.bottom:
            for column in range(merge.left + 1, min(merge.right + 1, width)):
                names[column] = ""
    while names and not names[-1]:
        names.pop()
    return [name or letter(column) for column, name in enumerate(names)]


def _checked(names: list[str], most_columns: int) -> tuple[str, ...]:
    if len(names) > most_columns:
        raise Refused(Problem.TOO_MANY_COLUMNS, limit=most_columns)
    seen = set[str]()
    for name in names:
        if name in seen:
            raise Refused(Problem.DUPLICATE_COLUMN, column=shown(name))
        seen.add(name)
    return tuple(names)
