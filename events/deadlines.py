"""Which deadline holds, and how near it is.  Pure: no Django, no clock.

1 Of the rules for a stage that are valid on a day, the most exact holds: that of the entry before
  that of any, then that of the severity, then that of the control level (防控等级) in force there
  when it was received, then that of the level that answers for it; of those alike the newest.
2 A deadline is amber when the rule's share of the time is left, red when a third of that is left
  (RED_SHARE), and late when it has passed.
3 Which deadline is the next: the earliest of the stages whose clock runs (`workflow.RUNS_IN`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from events.workflow import RUNS_IN, Stage, Status
from gis_server.workdays.worktime import Calendar, end_of_term
from patrols.control import ControlLevel

RED_SHARE = 3


@dataclass(frozen=True, slots=True)
class Span:
    """How long a stage may take: minutes by the clock, or working days.

    amber: percent of the time that are left when it turns amber.
    """

    amount: int
    in_workdays: bool
    amber: int = 25

    def due(self, start: datetime, calendar: Calendar) -> datetime:
        """When it is over that begins at `start`, an aware local time."""
        if self.in_workdays:
            return end_of_term(start, self.amount, calendar)
        return start + timedelta(minutes=self.amount)

    def amber_at(self, start: datetime, due: datetime) -> datetime:
        return due - max(due - start, timedelta()) * self.amber / 100


NONE_ENTERED: Mapping[Stage, Span] = {
    Stage.ACCEPT: Span(120, in_workdays=False),
    Stage.HANDLE: Span(5, in_workdays=True),
    Stage.CLOSE: Span(7, in_workdays=True),
}
"""What holds where no rule does."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a deadline depends on.

    category: the id of an entry.  level: who answers for it.  control: `patrols.control`'s.
    """

    category: int
    severity: str
    level: str
    control: str = ControlLevel.USUAL.value


@dataclass(frozen=True, slots=True)
class Rule:
    """From a day on; category None, severity "", level "", control "": any."""

    category: int | None
    severity: str
    level: str
    stage: Stage
    valid_from: date
    span: Span
    id: int = 0
    control: str = ""

    def fits(self, case: Case) -> bool:
        return (
            self.category in (None, case.category)
            and self.severity in ("", case.severity)
            and self.level in ("", case.level)
            and self.control in ("", case.control)
        )


def holding(rules: Iterable[Rule], case: Case, stage: Stage, day: date) -> Rule | None:
    """The rule that holds for a stage of a case on a day: see 1 above."""
    valid = [r for r in rules if r.stage is stage and r.valid_from <= day and r.fits(case)]
    return max(valid, key=_exactness, default=None)


def _exactness(rule: Rule) -> tuple[bool, bool, bool, bool, date, int]:
    exact = (rule.severity != "", rule.control != "", rule.level != "")
    return (rule.category is not None, *exact, rule.valid_from, rule.id)


def spans(rules: Iterable[Rule], case: Case, day: date) -> dict[Stage, Span]:
    """How long each stage of a case may take that begins on a day."""
    known = list(rules)
    found = {stage: holding(known, case, stage, day) for stage in Stage}
    return {stage: rule.span if rule else NONE_ENTERED[stage] for stage, rule in found.items()}


@dataclass(frozen=True, slots=True)
class Dues:
    """Until when an event is to be accepted and filed, done, and closed.

    amber_at: from when on the first of them is near.
    """

    accept: datetime
    handle: datetime
    close: datetime
    amber_at: datetime

    def of(self, stage: Stage) -> datetime:
        return {Stage.ACCEPT: self.accept, Stage.HANDLE: self.handle, Stage.CLOSE: self.close}[
            stage
        ]


def dues(
    lengths: Mapping[Stage, Span],
    start: datetime,
    calendar: Calendar,
    first: Stage = Stage.ACCEPT,
) -> Dues:
    """The deadlines of an event that was received at `start`, an aware local time; first: the stage
    that it is in, which amber_at is about.

    No stage is due after the whole: whoever enters five days to handle and three to close means
    three.
    """
    until = {stage: span.due(start, calendar) for stage, span in lengths.items()}
    close = until[Stage.CLOSE]
    accept, handle = min(until[Stage.ACCEPT], close), min(until[Stage.HANDLE], close)
    found = Dues(accept, handle, close, close)
    return replace(found, amber_at=lengths[first].amber_at(start, found.of(first)))


def next_due(status: Status, due: Mapping[Stage, datetime]) -> tuple[Stage, datetime] | None:
    """The stage whose deadline comes first of those that run in this state; None: none runs."""
    running = [stage for stage in Stage if status in RUNS_IN[stage]]
    if not running:
        return None
    first = min(running, key=lambda stage: due[stage])
    return first, due[first]


def late_stages(status: Status, due: Mapping[Stage, datetime], now: datetime) -> list[Stage]:
    """The stages that run in this state although their time is over."""
    return [stage for stage in Stage if status in RUNS_IN[stage] and now > due[stage]]


class Colour(StrEnum):
    """How near a deadline is."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    LATE = "late"


def colour(now: datetime, amber_at: datetime, due: datetime) -> Colour:
    """See 2 above.  What is due exactly now is not late yet."""
    if now > due:
        return Colour.LATE
    if now >= red_at(amber_at, due):
        return Colour.RED
    return Colour.AMBER if now >= amber_at else Colour.GREEN


def red_at(amber_at: datetime, due: datetime) -> datetime:
    return due - max(due - amber_at, timedelta()) / RED_SHARE
