"""What is found out about a part of the server: numbers for Prometheus, and lines for people.

Pure: no Django, no clock, no socket.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """DOUBTFUL: it works, and will not for long; UNKNOWN: nobody can say."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    UNKNOWN = "unknown"


WORST_FIRST = (State.BAD, State.DOUBTFUL, State.UNKNOWN, State.GOOD)


Text = object
"""A text, or one that is translated when it is shown."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of a metric: the name is one of those that its watch declares."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """One line of the page.  now: what was found, in words; todo: what to do, empty when good."""

    what: Text
    now: Text
    state: State
    todo: Text = ""


@dataclass(frozen=True, slots=True)
class Found:
    samples: Sequence[Sample] = ()
    readings: Sequence[Reading] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """A part of the server that is looked at.

    metrics: the names that its samples may have, and what each means; names that end with `_total`
    only ever grow.  find: looks now; it may raise whatever the part raises when it is away.
    uses_database: it is not asked while the database is known to be away.
    todo: what to do when it cannot be asked at all.
    """

    key: str
    title: Text
    metrics: Mapping[str, str]
    find: Callable[[datetime], Found]
    todo: Text
    uses_database: bool = True


def judged(value: float, *, doubtful: float, bad: float) -> State:
    """The state of a number that is the worse the larger it is; the bounds are still what is below
    them.
    """
    if value > bad:
        return State.BAD
    return State.DOUBTFUL if value > doubtful else State.GOOD


def worst(states: Iterable[State]) -> State:
    """The worst of some; good where there is none."""
    return min(states, key=WORST_FIRST.index, default=State.GOOD)


def quantile(buckets: Mapping[float, float], share: float) -> float | None:
    """The least bound under which at least `share` (0 to 1) of what was measured lies.

    buckets: how many were at most so large, by the bound, infinity included, as Prometheus counts.
    None: nothing was measured.
    """
    total = max(buckets.values(), default=0)
    if not total:
        return None
    return min(bound for bound, count in buckets.items() if count >= share * total)
