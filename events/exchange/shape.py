"""Events as JSON for other systems: field by field, with the words of `workflow`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from events.models import Category, Event, EventStep, EventTask
from events.queries import position_of
from events.texts import state_name, step_name


def time_of(at: datetime | None) -> str | None:
    return timezone.localtime(at).isoformat() if at else None


def event_told(event: Event) -> dict[str, Any]:
    """What a list tells of one; `category` must have been read with it."""
    lon, lat = position_of(event)
    return {
        "id": event.pk,
        "number": event.number,
        "client_id": str(event.client_id),
        "kind": event.kind,
        "category": event.category.code,
        "category_name": event.category.name,
        "severity": event.severity,
        "source": event.source,
        "state": event.state,
        "state_name": state_name(event.state),
        "level": event.level,
        "text": event.text,
        "address": event.address,
        "lon": lon,
        "lat": lat,
        "accuracy_m": event.accuracy_m,
        "area": event.scope_code,
        "grid_then": event.grid_then_code,
        "reported_at": time_of(event.reported_at),
        "received_at": time_of(event.received_at),
        "close_due": time_of(event.close_due),
        "closed_at": time_of(event.closed_at),
        "overdue": event.overdue,
        "last_step": event.last_step_id,
    }


def step_told(step: EventStep) -> dict[str, Any]:
    return {
        "id": step.pk,
        "at": time_of(step.at),
        "action": step.action,
        "action_name": step_name(step.action),
        "before": step.before,
        "after": step.after,
        "unit": step.unit,
        "who": step.who,
        "note": step.note,
        "photos": [reverse("event-photo", args=[one]) for one in step.photos],
    }


def task_told(task: EventTask) -> dict[str, Any]:
    return {
        "id": task.pk,
        "unit": task.unit_name,
        "unit_code": task.unit_code,
        "state": task.state,
        "sent_at": time_of(task.sent_at),
        "due": time_of(task.due),
        "ended_at": time_of(task.ended_at),
    }


def whole_told(
    event: Event, steps: Sequence[EventStep], tasks: Sequence[EventTask], actions: Sequence[str]
) -> dict[str, Any]:
    """One event with all that happened to it; actions: what the caller may do with it now."""
    return event_told(event) | {
        "steps": [step_told(one) for one in steps],
        "tasks": [task_told(one) for one in tasks],
        "actions": list(actions),
    }


def category_told(row: Category) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "group": row.parent.name if row.parent else "",
        "severity": row.severity,
        "hint": row.hint,
        "needs_photo": row.needs_photo,
    }
