"""What time alone does to events: deadlines that pass are told once, and pass the event up.

Each event is its own transaction, and what there is to do follows from the rows alone: a run that
was killed is resumed by the next one.
"""

from datetime import datetime
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from events.deadlines import late_stages
from events.models import Event, EventStep
from events.models.event import OPEN_VALUES
from events.services.deadlines import DUE_COLUMNS, dues_of
from events.services.leading import upwards
from events.services.steps import move
from events.workflow import RUNS_IN, Action, Level, Stage, Status, above, can

BATCH = 200


def mark_overdue(now: datetime, most: int = 10_000) -> int:
    """Tell of each deadline that has passed, and pass the event to the level above; how many
    events that were.  Looks at BATCH at a time, and at `most` in one run.
    """
    count, last = 0, 0
    while count < most:
        ids = list(
            untold(now).filter(pk__gt=last).order_by("pk")[:BATCH].values_list("pk", flat=True)
        )
        if not ids:
            break
        count += sum(tell(event_id, now) for event_id in ids)
        last = ids[-1]
    return count


def untold(now: datetime) -> QuerySet[Event]:
    """Open events with a deadline that has passed and of which no step tells."""
    return Event.objects.filter(_late(now), state__in=OPEN_VALUES).order_by()


def _late(now: datetime) -> Q:
    return reduce(or_, [_late_in(stage, column, now) for stage, column in DUE_COLUMNS.items()])


def _late_in(stage: Stage, column: str, now: datetime) -> Q:
    running = sorted(status.value for status in RUNS_IN[stage])
    told = told_of(stage).filter(event=OuterRef("pk"), at__gte=OuterRef(column))
    return Q(~Exists(told), **{f"{column}__lt": now}, state__in=running)


def told_of(stage: Stage) -> QuerySet[EventStep]:
    """The steps that tell of this stage's deadline; one before the deadline was of an earlier one,
    which was put off since.
    """
    return EventStep.objects.filter(action=Action.OVERDUE.value, detail__stage=stage.value)


@transaction.atomic
def tell(event_id: int, now: datetime) -> bool:
    """Write what has become late of one event, and pass it up, once a deadline; whether there was
    something to tell.  Somebody who acts at the same moment goes first.
    """
    event = (
        Event.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=event_id).first()
    )
    if event is None:
        return False
    stages = [
        stage
        for stage in late_stages(Status(event.state), dues_of(event), now)
        if not told_of(stage).filter(event=event, at__gte=dues_of(event)[stage]).exists()
    ]
    for stage in stages:
        detail = {"stage": stage.value, "due": dues_of(event)[stage].isoformat()}
        move(event, Action.OVERDUE, by=None, now=now, detail=detail)
        pass_up(event, stage, now)
    return bool(stages)


def pass_up(event: Event, stage: Stage, now: datetime) -> None:
    """To the level above, where there is one and the state lets it go there."""
    if above(Level(event.level)) is None or not can(Action.ESCALATE, Status(event.state)):
        return
    up = upwards(event)
    detail = up["detail"] | {"stage": stage.value}
    move(event, Action.ESCALATE, by=None, now=now, values=up["values"], detail=detail)
