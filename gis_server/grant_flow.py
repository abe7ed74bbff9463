"""Which state of a grant may follow which, and how long anything holds.  Pure: no Django, no clock.

A grant lends somebody a part of the territory that is not theirs, for hours (应急调用).  Every
transition lives in NEXT and nowhere else.  Two states come by themselves, with the clock, and are
stored nowhere: a grant runs out, and a request that nobody answered lapses.
"""

from datetime import datetime, timedelta
from enum import StrEnum


class GrantState(StrEnum):
    WAITING = "waiting"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    RUN_OUT = "run_out"
    LAPSED = "lapsed"


NEXT: dict[GrantState, frozenset[GrantState]] = {
    GrantState.WAITING: frozenset({GrantState.GIVEN, GrantState.REFUSED, GrantState.WITHDRAWN}),
    GrantState.GIVEN: frozenset({GrantState.ENDED}),
    GrantState.REFUSED: frozenset(),
    GrantState.WITHDRAWN: frozenset(),
    GrantState.ENDED: frozenset(),
}
"""The states that are stored, and what somebody may make of each."""

BY_THE_CLOCK = {GrantState.GIVEN: GrantState.RUN_OUT, GrantState.WAITING: GrantState.LAPSED}
DECISIONS = NEXT[GrantState.WAITING] - {GrantState.WITHDRAWN}

# Three days: the longest emergency shift before somebody should think again.  Whoever needs an
# area for longer needs it in their scope, which is an administrator's decision.
LONGEST_H = 72
# An emergency that is a day old is another one: it is asked for anew, with a reason of today.
WAITS_H = 24
MOST_WAITING = 10
"""So many requests of one person may wait at the same time."""
LONGEST_REASON = 300


def lapses_at(asked_at: datetime) -> datetime:
    return asked_at + timedelta(hours=WAITS_H)


def ends_at(begins_at: datetime, hours: int) -> datetime:
    """
    Raises:
        ValueError: not 1 to `LONGEST_H` hours.
    """
    if not 1 <= hours <= LONGEST_H:
        raise ValueError(f"a grant lasts 1 to {LONGEST_H} h, not {hours}")
    return begins_at + timedelta(hours=hours)


def state_at(
    stored: GrantState, *, asked_at: datetime, until: datetime | None, now: datetime
) -> GrantState:
    """What a grant is now: what is stored, unless the clock has gone past it.

    A grant no longer holds at its very end, a request can no longer be answered at its own.
    """
    end = lapses_at(asked_at) if stored is GrantState.WAITING else until
    over = end is not None and now >= end
    return BY_THE_CLOCK.get(stored, stored) if over else stored
