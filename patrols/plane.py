"""Cells of the one plane, wherever grids lie, and when each was last seen.  Pure.

Cell (column, row) of the plane is the square of `CELL_M` whose south-west corner is at column × 10,
row × 10 metres.  32 × 32 cells are a block, by which times are kept: a block is an array of uint32,
rows from south to north, of seconds since 1970, 0 for never.  Two of one place are united by the
later time of each cell: any order, twice, from any machine.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from patrols.cells import CELL_M, QUARTER_M
from patrols.track import Floats, Track

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Times = np.ndarray[Any, np.dtype[np.uint32]]

STEP_M = 5.0
"""A joined way is lit from points at most so far apart: with 15 m radius it errs by 0.2 m."""
SIDE = 32
"""Cells of a block's side."""
MOST_IN_BOX = 16_000_000
"""Of the box around what one track lights; a wilder one is lit point by point."""
KEY = 1 << 31
"""Numbers of cells and blocks are packed in pairs: row × 2³² + column + KEY."""


@dataclass(frozen=True, slots=True)
class Lit:
    """Cells that were lit, each once, by row and column; t: when last, seconds since 1970."""

    columns: Numbers
    rows: Numbers
    t: Times

    def __len__(self) -> int:
        return len(self.t)


NOTHING = Lit(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint32))


@dataclass(frozen=True, slots=True)
class Ways:
    """Points at most STEP_M apart on what is joined, and those of the track; in the order of time.

    begin, end: each stands for the way from the one to the other, seconds since 1970; the same
    where none follows.
    """

    x: Floats
    y: Floats
    begin: Floats
    end: Floats


def ways_of(track: Track) -> Ways:
    """A stay is one point, left at its end."""
    if not len(track.x):
        return Ways(track.x, track.y, track.t, track.t)
    dx, dy = np.diff(track.x), np.diff(track.y)
    took = np.where(track.joined, track.t[1:] - track.t_end[:-1], 0.0)
    parts = np.where(track.joined, np.ceil(np.hypot(dx, dy) / STEP_M), 1).astype(np.int64)
    parts = np.maximum(parts, 1)
    way = np.repeat(np.arange(len(parts)), parts)
    number = np.arange(len(way)) - np.repeat(np.cumsum(parts) - parts, parts)
    step, after = number / parts[way], (number + 1) / parts[way]
    left, last = track.t_end[way], track.t_end[-1]
    return Ways(
        np.append(track.x[way] + dx[way] * step, track.x[-1]),
        np.append(track.y[way] + dy[way] * step, track.y[-1]),
        np.append(left + took[way] * step, last),
        np.append(left + took[way] * after, last),
    )


def lit(x: Floats, y: Floats, t: Floats, radius_m: float) -> Lit:
    """The cells whose middle lies within the radius of a point; points in the order of time."""
    if not len(x):
        return NOTHING
    column, row = np.floor(x / CELL_M).astype(np.int64), np.floor(y / CELL_M).astype(np.int64)
    reach = int(np.ceil(radius_m / CELL_M))
    left, low = int(column.min()) - reach, int(row.min()) - reach
    width, height = int(column.max()) - left + reach + 1, int(row.max()) - low + reach + 1
    if width * height > MOST_IN_BOX:
        half = len(x) // 2
        return latest(lit(x[:half], y[:half], t[:half], radius_m),
                      lit(x[half:], y[half:], t[half:], radius_m))  # fmt: skip
    steps = np.arange(-reach, reach + 1)
    up, right = (one.ravel() for one in np.meshgrid(steps, steps, indexing="ij"))
    east, north = x - (column + 0.5) * CELL_M, y - (row + 0.5) * CELL_M
    apart = (right * CELL_M - east[:, None]) ** 2 + (up * CELL_M - north[:, None]) ** 2
    point, step = np.nonzero(apart <= radius_m**2)
    box = np.zeros(height * width, np.uint32)
    # Points are in the order of time, and of several that light a cell the last one is written.
    place = (row[point] - low + up[step]) * width + column[point] - left + right[step]
    box[place] = t.astype(np.uint32)[point]
    where = np.flatnonzero(box != 0)
    rows, columns = np.divmod(where, width)
    return Lit(columns + left, rows + low, box[where])


@dataclass(frozen=True, slots=True)
class Quarters:
    """Quarters of cells, each once, by row and column of squares of QUARTER_M."""

    columns: Numbers
    rows: Numbers


def quarters(x: Floats, y: Floats, radius_m: float) -> Quarters:
    """The quarters of cells whose middle lies within the radius of a point.

    In each row that a point's disc crosses they lie side by side: of a box around all points only
    their ends are marked, and what lies between is summed up.
    """
    if not len(x):
        return Quarters(np.zeros(0, np.int64), np.zeros(0, np.int64))
    reach = int(np.ceil(radius_m / QUARTER_M))
    across, up = x / QUARTER_M - 0.5, y / QUARTER_M - 0.5
    left, low = int(np.floor(across.min())) - reach, int(np.floor(up.min())) - reach
    width = int(np.ceil(across.max())) - left + reach + 2
    height = int(np.ceil(up.max())) - low + reach + 1
    if width * height > MOST_IN_BOX:
        half = len(x) // 2
        return _both(quarters(x[:half], y[:half], radius_m), quarters(x[half:], y[half:], radius_m))
    row = np.round(up).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
    wide = (radius_m / QUARTER_M) ** 2 - (row - up[:, None]) ** 2
    half_way = np.sqrt(np.maximum(wide, 0))
    first = np.ceil(across[:, None] - half_way).astype(np.int64)
    after = np.floor(across[:, None] + half_way).astype(np.int64) + 1
    crossed = (wide >= 0) & (after > first)
    begin = ((row - low) * width - left)[crossed]
    size = width * height
    change = np.bincount(begin + first[crossed], minlength=size)
    change -= np.bincount(begin + after[crossed], minlength=size)
    rows, columns = np.divmod(np.flatnonzero(np.cumsum(change) > 0), width)
    return Quarters(columns + left, rows + low)


def _both(one: Quarters, other: Quarters) -> Quarters:
    keys = np.concatenate([keys_of(part.columns, part.rows) for part in (one, other)])
    return Quarters(*places_of(np.unique(keys)))


def latest(one: Lit, other: Lit) -> Lit:
    """Both, each cell at its later time."""
    keys = np.concatenate([keys_of(one.columns, one.rows), keys_of(other.columns, other.rows)])
    t = np.concatenate([one.t, other.t])
    order = np.lexsort((t, keys))
    keys, t = keys[order], t[order]
    last = np.append(keys[1:] != keys[:-1], True)[: len(keys)]
    columns, rows = places_of(keys[last])
    return Lit(columns, rows, t[last])


def keys_of(columns: Any, rows: Any) -> Numbers:
    """One number for each pair, in the order of rows, then columns."""
    return np.asarray((rows << 32) + columns + KEY, np.int64)


def places_of(keys: Numbers) -> tuple[Numbers, Numbers]:
    """The columns and rows of `keys_of`."""
    rows = keys >> 32
    return keys - (rows << 32) - KEY, rows


def pack(lit: Lit) -> bytes:
    """Some ten thousand cells in a few kilobytes; empty for none."""
    if not len(lit):
        return b""
    x0, y0, t0 = int(lit.columns.min()), int(lit.rows.min()), int(lit.t.min())
    head = np.array([x0, y0, t0], "<i8")
    parts = (lit.columns - x0, np.diff(lit.rows, prepend=y0), lit.t - t0)
    body = b"".join(np.asarray(part).astype("<i4").tobytes() for part in parts)
    return zlib.compress(head.tobytes() + body, 1)


def unpack(data: bytes) -> Lit:
    if not data:
        return NOTHING
    plain = zlib.decompress(data)
    x0, y0, t0 = (int(one) for one in np.frombuffer(plain, "<i8", 3))
    columns, steps, t = np.frombuffer(plain, "<i4", offset=24).reshape(3, -1).astype(np.int64)
    return Lit(columns + x0, np.cumsum(steps) + y0, (t + t0).astype(np.uint32))


def blocks_of(lit: Lit) -> Numbers:
    """The blocks that cells lie in, as `keys_of` their numbers, each once."""
    return np.unique(keys_of(lit.columns // SIDE, lit.rows // SIDE))


def by_block(lit: Lit) -> dict[tuple[int, int], tuple[Numbers, Times]]:
    """Of each block the places (row × SIDE + column) and times of the cells in it."""
    if not len(lit):
        return {}
    key = keys_of(lit.columns // SIDE, lit.rows // SIDE)
    order = np.argsort(key, kind="stable")
    keys, first = np.unique(key[order], return_index=True)
    place = (lit.rows % SIDE) * SIDE + lit.columns % SIDE
    columns, rows = places_of(keys)
    return {
        (int(column), int(row)): (place[part], lit.t[part])
        for column, row, part in zip(columns, rows, np.split(order, first[1:]), strict=True)
    }


def window(
    blocks: Mapping[tuple[int, int], Times], x0: int, y0: int, width: int, height: int
) -> Times:
    """The times of a box of cells from blocks (each flat, SIDE × SIDE); 0 where there is none."""
    found = np.zeros((height, width), np.uint32)
    for (x, y), times in blocks.items():
        left, low = x * SIDE - x0, y * SIDE - y0
        c0, c1 = max(left, 0), min(left + SIDE, width)
        r0, r1 = max(low, 0), min(low + SIDE, height)
        if c0 < c1 and r0 < r1:
            square = times.reshape(SIDE, SIDE)
            found[r0:r1, c0:c1] = square[r0 - low : r1 - low, c0 - left : c1 - left]
    return found


def blocks_over(x0: int, y0: int, width: int, height: int) -> tuple[int, int, int, int]:
    """First and last block columns, first and last block rows of a box of cells."""
    last_x, last_y = (x0 + width - 1) // SIDE, (y0 + height - 1) // SIDE
    return x0 // SIDE, last_x, y0 // SIDE, last_y
