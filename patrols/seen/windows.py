"""When cells were last lit within a window: up to a moment, in so many days or in one shift of a
day, at one control level or any.

Of everything up to now the blocks of the plane know (`patrols.seen.blocks`); of a window the
stretches do, for as long as they are kept.  A stretch holds only what counted: its duty was in
force, under the level that was in force.  So a window asks which stretches and which times of them,
and nothing else.  What is known of a past window is what is known of it today: what came late or
was put right is in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from patrols import control, plane
from patrols.control import ControlLevel
from patrols.models import Stretch
from patrols.plane import Times
from patrols.queries import switches_over
from patrols.seen import blocks
from patrols.slots import SLOT_S

MOST_DAYS = 7
"""A day of 900 people is 14,000 stretches, which take about 1.5 s of one core to read
(reckoned from 2,841 of them in 0.30 s)."""
AT_ONCE = 500
IN_MEMORY = 3
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Window:
    """What counts, seen from a moment.

    at: hours unseen are counted back from here.  begins: what was before does not count; None for
    all that is known.  day, shift: only of duties of this day and shift.  level: only while this
    level was in force at the post of whoever came by; None for any.
    """

    at: datetime
    begins: datetime | None = None
    day: date | None = None
    shift: int | None = None
    level: ControlLevel | None = None

    @property
    def length_h(self) -> float:
        """How far back it looks; infinity for all that is known."""
        return np.inf if self.begins is None else (self.at - self.begins).total_seconds() / 3600


def times_in(window: Window, x0: int, y0: int, width: int, height: int) -> Times:
    """When each cell of a box (its south-west cell, and its size) was last lit within a window,
    rows from the south; 0 for not in it.  Two queries.
    """
    if window.begins is None:
        return blocks.read_box(x0, y0, width, height)
    found = np.zeros((height, width), np.uint32)
    until = int(window.at.timestamp())
    for since, spans, lit in _stretches(window, window.begins):
        rows, columns = lit.rows - y0, lit.columns - x0
        counts = (rows >= 0) & (columns >= 0) & (rows < height) & (columns < width)
        counts &= (lit.t >= since) & (lit.t <= until)
        if spans is not None:
            counts &= _within(lit.t, spans)
        rows, columns, t = rows[counts], columns[counts], lit.t[counts]
        found[rows, columns] = np.maximum(found[rows, columns], t)
    return found


def _stretches(
    window: Window, begins: datetime
) -> Iterator[tuple[float, Sequence[Span] | None, plane.Lit]]:
    """From when on each counts, in which spans (None: always), and what it lit."""
    rows = Stretch.objects.filter(
        begins__gt=begins - timedelta(seconds=SLOT_S), begins__lte=window.at
    )
    if window.day is not None:
        rows = rows.filter(duty__day=window.day)
    if window.shift is not None:
        rows = rows.filter(duty__shift=window.shift)
    spans = _spans_of(window, begins, rows) if window.level else {}
    told = rows.order_by("id").values_list("data", "duty__post__scope_code")
    for data, code in told.iterator(AT_ONCE):
        if window.level and not spans[code]:
            continue
        own = spans[code] if window.level else None
        yield begins.timestamp(), own, plane.unpack(bytes(data))


def _spans_of(window: Window, begins: datetime, rows: Any) -> Mapping[str, Sequence[Span]]:
    """When the window's level was in force at each post's place."""
    codes = list(rows.order_by().values_list("duty__post__scope_code", flat=True).distinct())
    end = window.at + timedelta(seconds=1)
    switches = switches_over(codes, end)
    return {
        code: [
            (start, stop)
            for start, stop, level in control.spans(switches, code, begins, end)
            if level is window.level
        ]
        for code in codes
    }


def _within(t: Any, spans: Sequence[Span]) -> Any:
    found = np.zeros(len(t), np.bool_)
    for start, stop in spans:
        found |= (t >= start.timestamp()) & (t < stop.timestamp())
    return found


# ---- For many who ask the same --------------------------------------------------------------


_one_at_a_time = Lock()


def part_of(
    window: Window, whole: tuple[int, int, int, int], part: tuple[int, int, int, int], now: datetime
) -> Times:
    """The times of a part of a larger box (each: `times_in`'s numbers).  A map asks for one tile
    after another: of a window that is past all of the larger box is read, once a minute.
    """
    if window.begins is None:
        return times_in(window, *part)
    with _one_at_a_time:
        times = _kept(window, whole, int(now.timestamp() // 60))
    left, low = part[0] - whole[0], part[1] - whole[1]
    return times[low : low + part[3], left : left + part[2]]


@lru_cache(IN_MEMORY)
def _kept(window: Window, whole: tuple[int, int, int, int], _minute: int) -> Times:
    times = times_in(window, *whole)
    times.setflags(write=False)
    return times
