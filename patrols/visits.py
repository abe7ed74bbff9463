"""How often somebody on duty has passed through a grid, and how often somebody should.  Pure.

1 Being in a grid is told by half hours (`patrols.slots`): when first and last, how long in all, and
  how many of its street pieces were seen.
2 What lies less than `APART` apart is one pass.
3 A pass is a visit when it lasted `LEAST_S` seconds in the grid, or saw `LEAST_PIECES` pieces of
  its streets: who only cuts a corner has not visited.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from patrols.control import ControlLevel
from patrols.coverage import count, union

APART = timedelta(minutes=30)
LEAST_S = 120
LEAST_PIECES = 20
"""200 m of street."""
USUAL = {
    ControlLevel.USUAL: 1,
    ControlLevel.THREE: 2,
    ControlLevel.TWO: 3,
    ControlLevel.ONE: 4,
}
"""Visits that a grid needs a day, where no rule says another number."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Being in a grid within one half hour; streets: bitmap of the pieces seen there."""

    first_at: datetime
    last_at: datetime
    seconds: int
    streets: bytes


@dataclass(frozen=True, slots=True)
class Pass:
    """seconds: in the grid; streets: how many pieces were seen."""

    begins: datetime
    ends: datetime
    seconds: int
    streets: int


def visits(stays: Iterable[Stay]) -> list[Pass]:
    """The visits of one duty to one grid, in the order of time; see 2 and 3 above."""
    found: list[Stay] = []
    for one in sorted(stays, key=lambda stay: stay.first_at):
        if found and one.first_at - found[-1].last_at < APART:
            found[-1] = _together(found[-1], one)
        else:
            found.append(one)
    passes = [Pass(one.first_at, one.last_at, one.seconds, count(one.streets)) for one in found]
    return [one for one in passes if one.seconds >= LEAST_S or one.streets >= LEAST_PIECES]


def _together(one: Stay, other: Stay) -> Stay:
    last = max(one.last_at, other.last_at)
    seconds = one.seconds + other.seconds
    return Stay(one.first_at, last, seconds, union(one.streets, other.streets))


def required(code: str, level: ControlLevel, rules: Mapping[tuple[str, ControlLevel], int]) -> int:
    """Visits that a grid needs a day: the rule of the longest area that its code begins with.

    rules: by area and level.
    """
    over = [area for area, at in rules if at is level and area and code.startswith(area)]
    return rules[max(over, key=len), level] if over else USUAL[level]


def window_h(per_day: int) -> float | None:
    """So many hours a place may be unseen where so many visits a day are needed; None for ever."""
    return 24 / per_day if per_day else None
