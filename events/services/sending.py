"""Sending events to units: up, down and sideways, to several at once; and calling them back.

Raises, all verbs: see `steps.ready`; Invalid: see `units.chosen_units`.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Event, EventTask
from events.models.units import OPEN_TASK_VALUES
from events.queries import event_for
from events.rights import leads
from events.services.steps import move, ready
from events.units import Unit, chosen_units, names_of
from events.workflow import Action, Severity, Status, Task, can, must_consult
from gis_server.errors import Conflict, Invalid
from gis_server.models import User


@transaction.atomic
def dispatch(
    *,
    by: User,
    event_id: int,
    units: Sequence[str],
    seen: int = 0,
    note: str = "",
    now: datetime,
) -> Event:
    """Send a filed event to units, by their keys; each has a task of it until its handling is due.

    Raises:
        Invalid: also where a difficult event has not been consulted about.
    """
    refuse_without_consultation(by, event_id)
    event = ready(by, event_id, Action.DISPATCH, seen)
    chosen = chosen_units(event, units)
    send(event, chosen, by, now)
    detail = {"units": [unit.key for unit in chosen]}
    told = names_of(chosen)
    return move(event, Action.DISPATCH, by=by, now=now, unit=told, note=note, detail=detail)


def refuse_without_consultation(by: User, event_id: int) -> None:
    """Say what is missing, where `ready` could only say that it is not allowed.  Raises Invalid."""
    event = event_for(by, event_id)
    must = must_consult(Severity(event.severity), event.consulted)
    if must and can(Action.DISPATCH, Status(event.state)) and leads(by, event):
        raise Invalid(
            _("This event is difficult: call a consultation first, it says who does what.")
        )


def send(event: Event, units: Sequence[Unit], by: User, now: datetime) -> None:
    """Give each unit its task, in the caller's transaction and under its lock of the event."""
    EventTask.objects.bulk_create(
        [
            EventTask(event=event, sent_at=now, sent_by=by, due=event.handle_due, **unit.columns)
            for unit in units
        ]
    )


@transaction.atomic
def add_unit(
    *,
    by: User,
    event_id: int,
    units: Sequence[str],
    seen: int = 0,
    note: str = "",
    now: datetime,
) -> Event:
    """Send an event that units have to further ones.

    Raises:
        Conflict: also where one of them has it.
    """
    event = ready(by, event_id, Action.ADD_UNIT, seen)
    chosen = chosen_units(event, units)
    held = EventTask.objects.filter(event=event, state__in=OPEN_TASK_VALUES)
    keys = {key_of(task) for task in held}
    if twice := [unit for unit in chosen if unit.key in keys]:
        raise Conflict(_("%(units)s: they have it already.") % {"units": names_of(twice)})
    send(event, chosen, by, now)
    detail = {"units": [unit.key for unit in chosen]}
    told = names_of(chosen)
    return move(event, Action.ADD_UNIT, by=by, now=now, unit=told, note=note, detail=detail)


def key_of(task: EventTask) -> str:
    """The key of the unit that has the task."""
    if task.department_id is not None:
        return f"department:{task.department_id}"
    return f"division:{task.division_id}"


@transaction.atomic
def recall(*, by: User, event_id: int, seen: int = 0, note: str, now: datetime) -> Event:
    """Call an event back from all units that have it."""
    event = ready(by, event_id, Action.RECALL, seen)
    tasks = EventTask.objects.filter(event=event, state__in=OPEN_TASK_VALUES)
    told = "、".join(tasks.order_by("id").values_list("unit_name", flat=True))
    tasks.update(state=Task.RECALLED.value, ended_at=now, ended_by=by)
    return move(event, Action.RECALL, by=by, now=now, unit=told, note=note)
