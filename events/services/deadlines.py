"""Deadlines of events, by the rules and the calendar in the database."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from events import deadlines
from events.deadlines import Case, Dues, Rule, Span
from events.models import Category, DeadlineRule, Event, EventStep
from events.workflow import Action, Level, Severity, Stage, Status
from gis_server.workdays import calendar
from gis_server.workdays.worktime import Calendar

MOST_RULES = 5_000
CALENDAR_AHEAD = timedelta(days=550)
"""As far as a term of 250 working days can reach."""


def rules_at(day: date, cases: Collection[Case] | None = None) -> list[Rule]:
    """The rules that are valid on a day, of all cases or those that can hold for some.  One query.

    Of rules for the same case only the newest is among them: what held on a past day is what the
    table says of that day.
    """
    rows = DeadlineRule.objects.filter(valid_from__lte=day)
    if cases is not None:
        rows = rows.filter(
            Q(category=None) | Q(category__in={case.category for case in cases}),
            severity__in={"", *(case.severity for case in cases)},
            level__in={"", *(case.level for case in cases)},
        )
    newest = rows.order_by("category_id", "severity", "level", "stage", "-valid_from")
    return [
        rule_of(row)
        for row in newest.distinct("category_id", "severity", "level", "stage")[:MOST_RULES]
    ]


def rule_of(row: DeadlineRule) -> Rule:
    return Rule(
        category=row.category_id,
        severity=row.severity,
        level=row.level,
        stage=Stage(row.stage),
        valid_from=row.valid_from,
        span=Span(row.amount, row.unit == DeadlineRule.Unit.WORKDAY, row.amber),
        id=row.pk,
    )


def calendar_from(day: date) -> Calendar:
    return calendar.between(day, day + CALENDAR_AHEAD)


def dues_at(
    category: Category | int,
    severity: Severity | str,
    level: Level | str,
    now: datetime,
    first: Stage = Stage.ACCEPT,
) -> Dues:
    """The deadlines of what is received now, by the rules of today; first: see `deadlines.dues`.

    Two queries.
    """
    case = Case(pk_of(category), str(severity), str(level))
    return dues_of_cases([case], now, first)[case]


def dues_of_cases(
    cases: Collection[Case], now: datetime, first: Stage = Stage.ACCEPT
) -> dict[Case, Dues]:
    """The same of many cases.  Two queries."""
    start = timezone.localtime(now)
    day = start.date()
    rules, calendar = rules_at(day, cases), calendar_from(day)
    return {
        case: deadlines.dues(deadlines.spans(rules, case, day), start, calendar, first)
        for case in cases
    }


def pk_of(category: Category | int) -> int:
    return category if isinstance(category, int) else category.pk


def case_of(event: Event) -> Case:
    return Case(event.category_id, event.severity, event.level)


def spans_at(case: Case, now: datetime) -> Mapping[Stage, Span]:
    """How long stages of a case may take that begin now.  One query."""
    day = timezone.localdate(now)
    return deadlines.spans(rules_at(day, [case]), case, day)


def begun_anew(event: Event, now: datetime, first: Stage = Stage.ACCEPT) -> dict[str, Any]:
    """The columns of an event whose clocks begin again now.  Two queries."""
    return columns(dues_at(event.category_id, event.severity, event.level, now, first))


def columns(due: Dues) -> dict[str, Any]:
    return {
        "accept_due": due.accept,
        "handle_due": due.handle,
        "close_due": due.close,
        "amber_at": due.amber_at,
    }


def filed(event: Event, now: datetime) -> dict[str, Any]:
    """The columns of an event whose handling begins now; the whole is due as before.

    Two queries.
    """
    return handling_from(now, case_of(event), event.close_due)


def handling_from(at: datetime, case: Case, close_due: datetime) -> dict[str, Any]:
    span, start = spans_at(case, at)[Stage.HANDLE], timezone.localtime(at)
    due = min(span.due(start, calendar_from(start.date())), max(close_due, at))
    return {"handle_due": due, "amber_at": span.amber_at(start, due)}


def classified(event: Event, case: Case) -> dict[str, Any]:
    """The columns of an event that was another case from the beginning.  Five queries at most."""
    due = columns(dues_at(case.category, case.severity, case.level, begun_at(event)))
    if event.filed_at is None:
        return due
    return due | handling_from(event.filed_at, case, due["close_due"])


ANEW = (Action.REOPEN.value, Action.RECONSIDER.value, Action.UNMERGE.value)


def begun_at(event: Event) -> datetime:
    """When the event's clocks began: as it was received, or taken up again.  One query."""
    steps = EventStep.objects.filter(event=event, action__in=ANEW).order_by("-id")
    return steps.values_list("at", flat=True).first() or event.received_at


DUE_COLUMNS = {stage: f"{stage.value}_due" for stage in Stage}


def dues_of(event: Event, changed: Mapping[str, Any] | None = None) -> dict[Stage, datetime]:
    """When each stage is due; changed: columns that are about to be written."""
    columns_now = changed or {}
    return {
        stage: columns_now.get(column, getattr(event, column))
        for stage, column in DUE_COLUMNS.items()
    }


def next_of(event: Event) -> tuple[Stage, datetime] | None:
    """The stage that is due next, and when; None: it is over."""
    return deadlines.next_due(Status(event.state), dues_of(event))


def amber_of(event: Event, status: Status, now: datetime) -> dict[str, Any]:
    """The column `amber_at` of an event that comes into a state in which another clock is next.

    One query, where there is another.
    """
    before = next_of(event)
    after = deadlines.next_due(status, dues_of(event))
    if after is None or (before is not None and before[0] is after[0]):
        return {}
    stage, due = after
    is_from_filing = stage is Stage.HANDLE or event.reopened
    start = event.filed_at if is_from_filing and event.filed_at else event.received_at
    return {"amber_at": spans_at(case_of(event), now)[stage].amber_at(start, due)}


def colour_of(event: Event, now: datetime) -> deadlines.Colour | None:
    """How near the next deadline is; None: it is over."""
    following = next_of(event)
    return deadlines.colour(now, event.amber_at, following[1]) if following else None
