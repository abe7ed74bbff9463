"""What somebody does who has not handled the event: verify it, send it back, close it.

The database holds this too (trigger `who_handles_never_checks`).  Raises: see `steps.ready`.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from events.models import Event, EventStep, EventTask
from events.services.leading import closed
from events.services.steps import move, ready
from events.workflow import Action, Task
from gis_server.models import User


@transaction.atomic
def verify(
    *,
    by: User,
    event_id: int,
    seen: int = 0,
    note: str = "",
    photos: Sequence[int] = (),
    now: datetime,
) -> Event:
    event = ready(by, event_id, Action.VERIFY, seen)
    values = {"verified_at": now}
    return move(event, Action.VERIFY, by=by, now=now, values=values, note=note, photos=photos)


@transaction.atomic
def rework(
    *,
    by: User,
    event_id: int,
    seen: int = 0,
    note: str,
    photos: Sequence[int] = (),
    now: datetime,
) -> Event:
    """Send it back to the units that said it was done (返工), with what is wrong.

    That gives no more time: whoever needs some asks for it.
    """
    event = ready(by, event_id, Action.REWORK, seen)
    units = reopen_tasks(event, by, now)
    values = {"reworked": event.reworked + 1, "done_at": None, "verified_at": None}
    return move(
        event,
        Action.REWORK,
        by=by,
        now=now,
        values=values,
        unit="、".join(units),
        note=note,
        photos=photos,
    )


def reopen_tasks(event: Event, by: User, now: datetime) -> list[str]:
    """A new task for each unit that has done one since the last dispatch; their names."""
    sent = EventStep.objects.filter(event=event, action=Action.DISPATCH.value).order_by("-id")
    since = sent.values_list("at", flat=True).first()
    done = EventTask.objects.filter(event=event, state=Task.DONE.value)
    if since is not None:
        done = done.filter(sent_at__gte=since)
    units = {(one.division_id, one.department_id): one for one in done.order_by("id")}
    for one in units.values():
        EventTask.objects.create(
            event=event,
            division_id=one.division_id,
            department_id=one.department_id,
            unit_name=one.unit_name,
            unit_code=one.unit_code,
            sent_at=now,
            sent_by=by,
            due=event.handle_due,
        )
    return [one.unit_name for one in units.values()]


@transaction.atomic
def close(*, by: User, event_id: int, seen: int = 0, note: str = "", now: datetime) -> Event:
    event = ready(by, event_id, Action.CLOSE, seen)
    return move(event, Action.CLOSE, by=by, now=now, values=closed(event), note=note)
