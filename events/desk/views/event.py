"""The page of one event, with everything on it, and the forms that move it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from events.desk import queries
from events.desk.sent import told_by
from events.desk.shown import (
    due_shown,
    dues_of,
    marks_of,
    place_name,
    state_shown,
)
from events.desk.timeline import step_shown
from events.desk.views.shared import page, script_config
from events.models import Event, EventCopy, EventKind, Source
from events.models.event import MAX_PHOTOS
from events.queries import event_for
from events.rights import actions_of
from events.services.acting import VERBS, act
from events.services.copies import see_copy
from events.services.merging import suggest_duplicates
from events.texts import (
    BUTTONS,
    SEVERITIES,
    button_name,
    level_name,
    severity_name,
    stage_name,
    step_name,
    task_name,
)
from events.units import units_for
from events.workflow import MOVES, Action
from gis_server import navigation
from gis_server.edge import allow, next_address, user_of
from gis_server.errors import DomainError, NotFound
from gis_server.models import User
from gis_server.photos.decoding import MAX_BYTES
from gis_server.roles import Permission, may, within_q
from patrols.control import ControlLevel
from patrols.models import ControlSwitch

MOST_STEPS = 500
AROUND_DEG = 0.002
FIRST = (
    Action.ACCEPT, Action.FILE, Action.DISPATCH, Action.TAKE, Action.FINISH_PART, Action.FINISH,
    Action.VERIFY, Action.CLOSE, Action.OPINE, Action.DECIDE, Action.GRANT_TIME,
    Action.DECLINE_TIME,
)  # fmt: skip
"""What leads on stands first and open; the rest unfolds when it is wanted."""


@allow(Permission.SEE_EVENTS)
@require_safe
def event(request: HttpRequest, event_id: int) -> HttpResponseBase:
    """
    Raises:
        NotFound: no such event, or none that the user may see (which must look the same).
    """
    user, now = user_of(request), timezone.now()
    return shown(request, user, event_for(user, event_id), now)


def shown(request: HttpRequest, user: User, row: Event, now: datetime) -> HttpResponseBase:
    doable = actions_of(user, row)
    photos = {one.pk: one for one in row.photos.all()}
    context = facts(row, now) | {
        "acts": acts_of(doable),
        "photos": [one for one in photos.values() if one.step_id is None],
        "tasks": [task_shown(one, now) for one in row.tasks.all()],
        "extensions": row.extensions.all(),
        "consultations": row.consultations.prefetch_related("parties"),
        "copies": copies_of(user, row),
        "merged": queries.merged_with(user, row),
        "steps": [step_shown(one, photos) for one in row.steps.all()[:MOST_STEPS]],
        "photo_limits": {"most": MAX_PHOTOS, "bytes": MAX_BYTES},
        "sees_cameras": may(user.role, Permission.SEE_CAMERAS),
        "config": config_of(request, row, now),
        **choices(user, row, doable),
    }
    return page(request, "events/desk/event.html", context)


def facts(row: Event, now: datetime) -> dict[str, Any]:
    return {
        "event": row,
        "state": state_shown(row.state),
        "severity": severity_name(row.severity),
        "kind": EventKind(row.kind).label,
        "source": Source(row.source).label,
        "level": level_name(row.level),
        "control": control_shown(row),
        "grid": place_name(row),
        "marks": marks_of(row),
        "due": due_shown(row, now),
        "dues": [{"name": stage_name(stage), "at": at} for stage, at in dues_of(row).items()],
        "go": navigation.links(row.point.y, row.point.x, row.category.name),
        "now": now,
    }


def control_shown(row: Event) -> str:
    """The control level whose deadlines it has; empty for the usual one."""
    level = ControlLevel(row.control)
    return "" if level is ControlLevel.USUAL else str(ControlSwitch.Level(row.control).label)


def acts_of(doable: set[Action]) -> list[dict[str, Any]]:
    """The forms, in the order of the buttons, each with the fields that its verb takes."""
    return [
        {
            "action": action.value,
            "name": button_name(action),
            "fields": VERBS[action][1],
            "needs_note": MOVES[action].needs_note,
            "is_first": action in FIRST,
        }
        for action in BUTTONS
        if action in doable
    ]


def choices(user: User, row: Event, doable: set[Action]) -> dict[str, Any]:
    """What the forms offer, asked for only where a form is there for it."""
    fields = {name for action in doable if action in VERBS for name in VERBS[action][1]}
    return {
        "units": units_for(row) if "units" in fields else [],
        "entries": queries.entries() if "category_id" in fields else [],
        "severities": [(one.value, name) for one, name in SEVERITIES.items()],
        "duplicates": suggest_duplicates(user, row) if "into" in fields else [],
    }


def task_shown(task: Any, now: datetime) -> dict[str, Any]:
    is_open = task.ended_at is None
    return {
        "task": task,
        "name": task_name(task.state),
        "badge": {"done": "good", "taken": "warn", "waiting": "bad"}.get(task.state, "off"),
        "late": is_open and task.due < now,
        "is_open": is_open,
    }


def copies_of(user: User, row: Event) -> list[dict[str, Any]]:
    """Who was told, and whether the reader may say that they have seen it.  Two queries."""
    mine = set(
        EventCopy.objects.filter(within_q(user.reach, "code"), event=row).values_list(
            "pk", flat=True
        )
    )
    names = queries.names_of([one.code for one in row.copies.all()])
    leads = may(user.role, Permission.LEAD_EVENTS)
    return [
        {
            "copy": one,
            "name": names.get(one.code, one.code),
            "to_see": leads and one.pk in mine and one.seen_at is None,
        }
        for one in row.copies.all()
    ]


def config_of(request: HttpRequest, row: Event, now: datetime) -> dict[str, Any]:
    due = due_shown(row, now)
    return script_config(
        request,
        event=row.pk,
        box=[
            row.point.x - AROUND_DEG,
            row.point.y - AROUND_DEG,
            row.point.x + AROUND_DEG,
            row.point.y + AROUND_DEG,
        ],
        spot={
            "point": [row.point.x, row.point.y],
            "severity": row.severity,
            "kind": row.kind,
            "due": due["colour"] if due else "over",
        },
        photos=reverse("api-event-photos"),
    )


@allow(Permission.SEE_EVENTS)
@require_POST
def act_on(request: HttpRequest, event_id: int, action: str) -> HttpResponseBase:
    """Take a step; what is refused is said on the event's page, as it is now.

    Raises:
        NotFound: no such event, or none that the user may see.
    """
    user, now = user_of(request), timezone.now()
    event_for(user, event_id)
    try:
        told = told_by(user, request.POST)
        act(by=user, event_id=event_id, action=action, told=told, now=now)
    except NotFound:
        raise
    except DomainError as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, step_name(action))
    return redirect(next_address(request) or reverse("event", args=[event_id]))


@allow(Permission.LEAD_EVENTS)
@require_POST
def seen(request: HttpRequest, event_id: int) -> HttpResponseBase:
    """Say that the copy of the event has been seen."""
    see_copy(by=user_of(request), event_id=event_id, now=timezone.now())
    messages.success(request, _("Noted."))
    return redirect("event", event_id=event_id)
