"""A worker's own tasks on the phone: what waits, until when, and what one press does."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from events.deadlines import colour
from events.models import Event, EventPhoto, EventTask
from events.models.units import OPEN_TASK_VALUES
from events.reporting.queries import photo_urls, text_of
from events.reporting.sent import uuids_of
from events.rights import COMMUNITY_DIGITS, acts_for, own_departments
from events.services.acting import Told
from events.texts import button_name, severity_name, task_name
from events.workflow import Action, Task
from gis_server.errors import Invalid, NotFound
from gis_server.models import User
from gis_server.navigation import links
from gis_server.roles import Permission, may, scope_q

MOST_TASKS = 200
ACTIONS = {
    Task.WAITING: (Action.TAKE, Action.HAND_BACK),
    Task.TAKEN: (Action.FINISH, Action.HAND_BACK),
}
"""What a press does; with several units `services.handling` makes parts of them by itself."""


def my_tasks(user: User) -> list[EventTask]:
    """Open tasks of units that the user acts for, by what is due first.  Three queries."""
    own = own_departments(user)
    if not may(user.role, Permission.HANDLE_EVENTS):
        return []
    community = Q(unit_code__regex=rf"^[0-9]{{{COMMUNITY_DIGITS}}}$")
    of_divisions = scope_q(user, "unit_code") | (community & scope_q(user, "event__scope_code"))
    rows = EventTask.objects.filter(
        Q(department__in=own) | Q(division__isnull=False) & of_divisions,
        state__in=OPEN_TASK_VALUES,
    )
    rows = rows.select_related("event__category").prefetch_related("event__photos")
    found = rows.order_by("due", "id")[:MOST_TASKS]
    return [task for task in found if acts_for(user, task, task.event, own)]


def my_task(user: User, task_id: int) -> EventTask:
    """Raises NotFound: there is no such task, or none of a unit of the user's."""
    task = EventTask.objects.filter(pk=task_id).select_related("event").first()
    if task is None or not acts_for(user, task, task.event, own_departments(user)):
        raise NotFound(_("Your units have no such task."))
    return task


def task_item(task: EventTask, now: datetime) -> dict[str, Any]:
    event = task.event
    name = event.category.name
    leads_to = links(event.point.y, event.point.x, event.address or name)
    return {
        "id": task.pk,
        "event": event.pk,
        "number": event.number,
        "category_name": name,
        "severity": event.severity,
        "severity_text": severity_name(event.severity),
        "text": event.text,
        "address": event.address,
        "grid": event.grid_then_name,
        "lon": event.point.x,
        "lat": event.point.y,
        "links": {"amap": leads_to.amap, "baidu": leads_to.baidu, "system": leads_to.system},
        "unit": task.unit_name,
        "state": task.state,
        "state_text": task_name(task.state),
        "due": text_of(task.due),
        "amber_at": text_of(min(event.amber_at, task.due)),
        "colour": colour_of(task, event, now),
        "seen": event.last_step_id,
        "actions": [
            {"verb": action.value, "name": button_name(action)}
            for action in ACTIONS.get(Task(task.state), ())
        ],
        "photos": photo_urls(event),
    }


def colour_of(task: EventTask, event: Event, now: datetime) -> str:
    return str(colour(now, min(event.amber_at, task.due), task.due).value)


def told_of(user: User, task: EventTask, sent: dict[str, Any]) -> Told:
    """What comes with a press: note, photos by their client ids, seen.  Raises Invalid."""
    note, seen = sent.get("note", ""), sent.get("seen", 0)
    if not isinstance(note, str) or isinstance(seen, bool) or not isinstance(seen, int):
        raise Invalid(_("note must be a text, seen a number."))
    return Told(seen=seen, note=note, task_id=task.pk, photos=photo_ids(user, sent))


def photo_ids(user: User, sent: dict[str, Any]) -> list[int]:
    """The ids of photos by what the phone calls them.  Raises Invalid: one is not there."""
    wanted = uuids_of(sent, "photos")
    found = dict(
        EventPhoto.objects.filter(by=user, client_id__in=wanted).values_list("client_id", "id")
    )
    if len(found) < len(wanted):
        raise Invalid(_("A photo is not there (any more): take it again."))
    return [found[one] for one in wanted]
