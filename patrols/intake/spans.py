"""Which turn of which person holds a time, for many at once.  Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
NOBODY = -1
FAR_MS = 10**13
"""More milliseconds than any time has (the year 2286), so that a person's times stand together."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody is on duty from `begin` to before `end` (seconds since 1970).

    code: of the post's territory.
    """

    begin: float
    end: float
    duty: int
    code: str


def one_at_a_time(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """Turns of one person in the order of time, none while another lasts.

    Where the roster puts somebody in two places at once, the turn that began first counts until it
    ends, and of those that begin together the older duty.
    """
    found: list[Turn] = []
    for one in sorted(turns, key=lambda turn: (turn.begin, turn.duty)):
        begin = max(one.begin, found[-1].end) if found else one.begin
        if begin < one.end:
            found.append(Turn(begin, one.end, one.duty, one.code))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Spans:
    """Turns of many people.  keys: person's place × FAR_MS + beginning, ascending."""

    people: Numbers
    turns: tuple[Turn, ...]
    keys: Numbers
    ends: Numbers

    @classmethod
    def of(cls, turns: Mapping[int, Iterable[Turn]]) -> "Spans":
        """turns: of each person one at a time, in the order of time."""
        people = sorted(turns)
        flat = [(place, turn) for place, person in enumerate(people) for turn in turns[person]]
        keys = [place * FAR_MS + _ms(turn.begin) for place, turn in flat]
        ends = [place * FAR_MS + _ms(turn.end) for place, turn in flat]
        return cls(
            np.array(people, np.int64),
            tuple(turn for _place, turn in flat),
            np.array(keys, np.int64),
            np.array(ends, np.int64),
        )

    def at(self, people: Numbers, t: Floats) -> Numbers:
        """The index of the turn of each person at each time, NOBODY where there is none."""
        if not self.turns:
            return np.full(len(t), NOBODY, np.int64)
        place = np.searchsorted(self.people, people)
        wanted = place * FAR_MS + np.round(t * 1000).astype(np.int64)
        found = np.searchsorted(self.keys, wanted, side="right") - 1
        known = self.people[np.minimum(place, len(self.people) - 1)] == people
        # The end of another person's turn is always smaller.
        holds = known & (found >= 0) & (wanted < self.ends[np.maximum(found, 0)])
        return np.where(holds, found, NOBODY).astype(np.int64)


def _ms(t: float) -> int:
    return round(t * 1000)
