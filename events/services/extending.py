"""More time (延期): asked for by a unit, granted or declined by somebody else who leads.

Raises, all verbs: see `steps.ready`.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Event, EventStep, EventTask, Extension
from events.models.units import OPEN_TASK_VALUES
from events.services.deadlines import case_of, spans_at
from events.services.steps import check_note, move, passed, ready
from events.workflow import Action, Stage
from gis_server.errors import Conflict, Invalid
from gis_server.models import User

MOST_EXTENSIONS = 2
LONGEST_TOGETHER = timedelta(days=15)
"""「经批准最多延长15日」, as one county has it (FIELD.md); all extensions of an event together."""


@transaction.atomic
def ask_time(
    *, by: User, event_id: int, until: datetime, seen: int = 0, note: str, now: datetime
) -> Event:
    """Ask that an event be due later.

    Raises:
        Conflict: it has been granted more time as often as that may be.
        Invalid: not later than it is due, or later than may be granted.
    """
    event = ready(by, event_id, Action.ASK_TIME, seen)
    check_until(event, until, now)
    Extension.objects.create(
        event=event,
        asked_at=now,
        asked_by=by,
        asked_who=by.get_full_name(),
        until=until,
        reason=check_note(note, needed=True),
    )
    detail = {"from": event.handle_due.isoformat(), "until": until.isoformat()}
    return move(event, Action.ASK_TIME, by=by, now=now, note=note, detail=detail)


def check_until(event: Event, until: datetime, now: datetime) -> None:
    """Raises: see `ask_time`."""
    if event.extended >= MOST_EXTENSIONS:
        rule = _("This event has been given more time %(most)d times: no more can be granted.")
        raise Conflict(rule % {"most": MOST_EXTENSIONS})
    if not max(event.handle_due, now) < until:
        raise Invalid(_("Choose a time after the present deadline, and to come."))
    last = event.handle_due + LONGEST_TOGETHER - granted_so_far(event)
    if until > last:
        rule = _("All extensions together are at most %(days)d days: until %(last)s.")
        told = {"days": LONGEST_TOGETHER.days, "last": f"{timezone.localtime(last):%Y-%m-%d %H:%M}"}
        raise Invalid(rule % told)


def granted_so_far(event: Event) -> timedelta:
    """How much time this event has been given.  One query."""
    # Made events of an older demo do not tell how much it was.
    steps = EventStep.objects.filter(
        event=event, action=Action.GRANT_TIME.value, detail__has_keys=["from", "until"]
    )
    details = steps.values_list("detail", flat=True)
    return sum(
        (
            datetime.fromisoformat(one["until"]) - datetime.fromisoformat(one["from"])
            for one in details
        ),
        timedelta(),
    )


@transaction.atomic
def grant_time(*, by: User, event_id: int, seen: int = 0, note: str = "", now: datetime) -> Event:
    """Let the event be due as late as was asked; handling and closing alike, for all its units."""
    event = ready(by, event_id, Action.GRANT_TIME, seen)
    asked = answered(event, by, now, granted=True)
    check_until(event, asked.until, min(now, asked.asked_at))
    longer = asked.until - event.handle_due
    detail = {"from": event.handle_due.isoformat(), "until": asked.until.isoformat()}
    span = spans_at(case_of(event), now)[Stage.HANDLE]
    values = {
        "handle_due": asked.until,
        "close_due": max(event.close_due, event.handle_due) + longer,
        "amber_at": span.amber_at(event.filed_at or event.received_at, asked.until),
        "extended": event.extended + 1,
    }
    tasks = EventTask.objects.filter(event=event, state__in=OPEN_TASK_VALUES)
    tasks.update(due=asked.until)
    return move(event, Action.GRANT_TIME, by=by, now=now, values=values, note=note, detail=detail)


@transaction.atomic
def decline_time(*, by: User, event_id: int, seen: int = 0, note: str, now: datetime) -> Event:
    event = ready(by, event_id, Action.DECLINE_TIME, seen)
    asked = answered(event, by, now, granted=False)
    detail = {"until": asked.until.isoformat()}
    return move(event, Action.DECLINE_TIME, by=by, now=now, note=note, detail=detail)


def answered(event: Event, by: User, now: datetime, *, granted: bool) -> Extension:
    """Answer what was asked by compare-and-set.  Raises Conflict: somebody else was first."""
    asked = Extension.objects.filter(event=event, granted=None).first()
    if asked is None:
        raise passed(event)
    same = Extension.objects.filter(pk=asked.pk, granted=None)
    if same.update(granted=granted, decided_at=now, decided_by=by) != 1:
        raise passed(event)
    return asked
