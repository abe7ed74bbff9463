"""What units do with their part of an event: take it on, finish it, hand it back.

Raises, all verbs: see `steps.ready`.  Other units do their parts meanwhile: only what becomes of
one's own task matters, so these verbs ask for no `seen`.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Event, EventTask
from events.rights import acts_for, open_tasks, own_departments
from events.services.steps import move, passed, ready, ready_for_one
from events.workflow import Action, Status, Task
from gis_server.errors import Conflict
from gis_server.models import User


@transaction.atomic
def take(
    *, by: User, event_id: int, task_id: int = 0, seen: int = 0, note: str = "", now: datetime
) -> Event:
    """Begin with one's task; with task_id 0 the first of one's units that has not begun."""
    event = ready(by, event_id, Action.TAKE, seen)
    task = task_for(by, event, task_id, Task.WAITING)
    end(event, task, Task.TAKEN, taken_at=now, taken_by=by)
    return move(event, Action.TAKE, by=by, now=now, unit=task.unit_name, note=note)


@transaction.atomic
def finish(
    *,
    by: User,
    event_id: int,
    task_id: int = 0,
    seen: int = 0,
    note: str,
    photos: Sequence[int] = (),
    now: datetime,
) -> Event:
    """Say that one's part is done, with what was done; with the last part the whole is done."""
    event, doing = ready_for_one(by, event_id, (Action.FINISH, Action.FINISH_PART), seen)
    task = task_for(by, event, task_id, Task.TAKEN)
    end(event, task, Task.DONE, ended_at=now, ended_by=by)
    values = {"done_at": now} if doing is Action.FINISH else {}
    return move(
        event,
        doing,
        by=by,
        now=now,
        values=values,
        unit=task.unit_name,
        note=note,
        photos=photos,
    )


@transaction.atomic
def give_up(
    *, by: User, event_id: int, task_id: int = 0, seen: int = 0, note: str, now: datetime
) -> Event:
    """Hand one's part back with a reason; with the last part the event is there to be dispatched
    again.
    """
    event, doing = ready_for_one(by, event_id, (Action.HAND_BACK, Action.GIVE_UP_PART), seen)
    task = task_for(by, event, task_id, None)
    end(event, task, Task.GIVEN_UP, ended_at=now, ended_by=by)
    return move(event, doing, by=by, now=now, unit=task.unit_name, note=note)


def task_for(by: User, event: Event, task_id: int, state: Task | None) -> EventTask:
    """The user's own open task of the event: this one, or the first; state: only one in it.

    Raises:
        Conflict: there is none (any more).
    """
    own = own_departments(by)
    for task in open_tasks(event, Status(event.state)):
        fits = (not task_id or task.pk == task_id) and (state is None or task.state == state)
        if fits and acts_for(by, task, event, own):
            return task
    raise Conflict(_("Your unit has no such task of this event (any more).  Look at it anew."))


def end(event: Event, task: EventTask, state: Task, **columns: object) -> None:
    """Move the task by compare-and-set.  Raises Conflict: somebody else was first."""
    same = EventTask.objects.filter(pk=task.pk, state=task.state)
    if same.update(state=state.value, **columns) != 1:
        raise passed(event)
