"""The control level (防控等级) that is in force somewhere.  Pure: no Django, no clock.

A level is switched on for a district or a street, with an end or until it is switched again.  Of
one area the newest switch that has begun counts, and when its time is over the area is back at the
usual level: what was in force before does not come back by itself.  Where a district and a street
in it are at different levels, the higher one holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ControlLevel(StrEnum):
    """From the usual one to the highest."""

    USUAL = "usual"
    THREE = "three"
    TWO = "two"
    ONE = "one"


HEIGHT = {level: height for height, level in enumerate(ControlLevel)}


@dataclass(frozen=True, slots=True)
class Switch:
    """A level for what begins with `area` (digits of a code), from a moment to before another.

    until: None, it stays until it is switched again.  number: of those of one moment the greatest
    counts.
    """

    area: str
    level: ControlLevel
    begins: datetime
    until: datetime | None = None
    number: int = 0


def between(lowest: ControlLevel, level: ControlLevel, highest: ControlLevel) -> bool:
    """Whether a level is neither below the one nor above the other."""
    return HEIGHT[lowest] <= HEIGHT[level] <= HEIGHT[highest]


def newest(switches: Iterable[Switch], at: datetime) -> dict[str, Switch]:
    """Of each area the switch that counts at a moment, whether its time is over or not."""
    found: dict[str, Switch] = {}
    for one in switches:
        known = found.get(one.area)
        if one.begins <= at and (
            known is None or (one.begins, one.number) > (known.begins, known.number)
        ):
            found[one.area] = one
    return found


def levels(switches: Iterable[Switch], at: datetime) -> dict[str, ControlLevel]:
    """The level of each area that is not at the usual one at a moment."""
    return {
        area: one.level
        for area, one in newest(switches, at).items()
        if one.level is not ControlLevel.USUAL and (one.until is None or at < one.until)
    }


def level_of(code: str, areas: dict[str, ControlLevel]) -> ControlLevel:
    """The level at a place, by its code and what `levels` gave."""
    over = (level for area, level in areas.items() if code.startswith(area))
    return max(over, key=HEIGHT.__getitem__, default=ControlLevel.USUAL)


def spans(
    switches: Iterable[Switch], code: str, begin: datetime, end: datetime
) -> list[tuple[datetime, datetime, ControlLevel]]:
    """The levels at a place from `begin` to before `end`, one after the other, each as long as it
    lasted; neighbours differ.
    """
    over = [one for one in switches if code.startswith(one.area)]
    edges = {begin, *(one.begins for one in over), *(one.until for one in over if one.until)}
    starts = sorted(edge for edge in edges if begin <= edge < end)
    found: list[tuple[datetime, datetime, ControlLevel]] = []
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        level = level_of(code, levels(over, start))
        if found and found[-1][2] is level:
            found[-1] = (found[-1][0], stop, level)
        else:
            found.append((start, stop, level))
    return found
