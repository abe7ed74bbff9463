"""Longitudes and latitudes as people write them, into numbers.  Pure.

Degrees as 112.5572 or 112,5572, degrees-minutes-seconds as 112°33′26″, 112度33分26秒, E112°33'26",
or metres of a zone; whatever the column holds, east and north are judged later.
"""

import re

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from grids.imports.cells import Number, Trouble, clean
from grids.imports.marks import plain
from grids.imports.problems import Faults, Problem, Rows, shown

FARTHEST = 1e9  # beyond any degree or metre; what is meant is judged by the frame
DECIMAL_COMMA = re.compile(r"[-+]?\d{1,3},\d{4,}", re.ASCII)
PARTS = re.compile(
    r"(?P<before>[NSEW东西南北])?\s*[a-z]*\s*(?P<sign>-)?"
    r"(?P<deg>\d{1,3}(?:\.\d+)?)\s*[°º度d]\s*"
    r"(?:(?P<min>\d{1,2}(?:\.\d+)?)\s*['′’‘分m]\s*)?"
    r"(?:(?P<sec>\d{1,2}(?:\.\d+)?)\s*(?:\"|″|”|“|''|′′|秒|s)?\s*)?"
    r"(?P<after>[NSEW])?",
    re.ASCII | re.IGNORECASE,
)
# 东经 and 北纬: the second character says nothing more.
SIDES = re.compile(r"^([东西南北])[经纬]")
WEST_OR_SOUTH = frozenset("SWsw西南")


def numbers(column: pa.Array, rows: Rows, name: str) -> tuple[NDArray[np.float64], Faults]:
    """(n,) numbers, NaN where blank or faulty."""
    found, faults = clean(column, Number(-FARTHEST, FARTHEST), rows, name)
    values = np.array(found.to_numpy(zero_copy_only=False), dtype=np.float64)
    if not faults.counts:
        return values, faults
    return _again(column, values, rows, name)


def _again(
    column: pa.Array, values: NDArray[np.float64], rows: Rows, name: str
) -> tuple[NDArray[np.float64], Faults]:
    """Read what is no plain number as degrees, and complain of what is neither."""
    faults = Faults()
    for k in np.flatnonzero(np.isnan(values)):
        text = column[int(k)].as_py()
        if text is None or not plain(str(text)):
            continue
        number = degrees(str(text))
        if isinstance(number, Trouble):
            faults.note(int(rows[k]), name, number.problem, **number.details)
        else:
            values[k] = number
    return values, faults


def degrees(text: str) -> float | Trouble:
    """One number, in whatever way it is written."""
    trouble = Trouble(Problem.NOT_A_COORDINATE, {"value": shown(text)})
    words = SIDES.sub(r"\1", plain(text.replace("′", "'").replace("″", '"')))
    if DECIMAL_COMMA.fullmatch(words):
        return float(words.replace(",", "."))
    parts = PARTS.fullmatch(words)
    if parts is None:
        return trouble
    minutes, seconds = float(parts["min"] or 0), float(parts["sec"] or 0)
    if minutes >= 60 or seconds >= 60 or (parts["before"] and parts["after"]):
        return trouble
    value = float(parts["deg"]) + minutes / 60 + seconds / 3600
    side = (parts["before"] or parts["after"] or " ")[0]
    return -value if parts["sign"] or side in WEST_OR_SOUTH else value
