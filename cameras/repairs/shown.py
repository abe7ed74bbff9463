"""How orders are put into words for pages."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cameras.grouping import Kind
from cameras.models import Camera
from cameras.queries import thing_name
from cameras.reasons_text import reason_name
from cameras.repairs.dues import deadlines_of
from cameras.repairs.models import RepairOrder, RepairStep
from cameras.repairs.texts import BADGES, STAGES, stage_name, state_name, step_name
from cameras.repairs.workflow import OPEN_STATES, RUNS_IN, Stage, Status


def state_shown(value: str) -> dict[str, str]:
    """A state as a badge: its word and its colour's name."""
    return {"value": value, "name": state_name(value), "badge": BADGES[Status(value)]}


def subject_of(order: RepairOrder, first: Camera | None) -> str:
    """What is broken, in words: the shared thing, or the one camera."""
    if order.suspect_kind:
        return f"{thing_name(Kind(order.suspect_kind))} {order.suspect_name}"
    return first.name if first else _("A camera that is no longer in the registry")


def order_shown(order: RepairOrder, first: Camera | None, now: datetime) -> dict[str, Any]:
    """What each list and page shows of an order."""
    late = list(deadlines_of(order).missed(Status(order.state), now))
    return {
        "order": order,
        "state": state_shown(order.state),
        "subject": subject_of(order, first),
        "first": first,
        "reason": reason_name(order.reason),
        "priority": Camera.Priority(order.priority).label,
        "late": [stage_name(stage) for stage in late],
        "next": next_due(order),
        "is_open": Status(order.state) in OPEN_STATES,
    }


def next_due(order: RepairOrder) -> dict[str, Any] | None:
    """The deadline whose clock runs now; None where none does."""
    dues = {
        Stage.RESPOND: order.respond_due,
        Stage.ARRIVE: order.arrive_due,
        Stage.FIX: order.fix_due,
    }
    for stage, at in dues.items():
        if Status(order.state) in RUNS_IN[stage]:
            return {"name": str(STAGES[stage]), "at": at}
    return None


def step_shown(step: RepairStep) -> dict[str, Any]:
    """One line of the timeline."""
    return {
        "step": step,
        "name": step_name(step.action),
        "who": step.who or _("The machine"),
        "is_machine": step.user_id is None,
        "after": state_shown(step.after),
        "moved": step.before != step.after,
        "lines": list(detail_lines(step.detail)),
        "photos": [reverse("repair-photo", args=[photo]) for photo in step.photos],
    }


def detail_lines(detail: Mapping[str, Any]) -> list[str]:
    """The details of a step in words; what nobody knows any more is left out."""
    lines = []
    if "reason" in detail:
        lines.append(reason_name(str(detail["reason"])))
    if "stage" in detail:
        lines.append(stage_name(str(detail["stage"])))
    if "team" in detail:
        lines.append(" → ".join(str(name) for name in detail["team"]))
    if "waits_for" in detail:
        lines.append(waits_line(detail))
    if "into" in detail:
        lines.append(str(detail["into"]))
    if "probes" in detail:
        line = _("%(probes)d good answers, %(pictures)d good pictures")
        lines.append(line % {"probes": detail["probes"], "pictures": detail["pictures"]})
    if "priority" in detail:
        classes = [str(Camera.Priority(value).label) for value in detail["priority"]]
        lines.append(_("Class: %(change)s") % {"change": " → ".join(classes)})
    if "cameras" in detail:
        lines.append(cameras_line(detail))
    return lines


def waits_line(detail: Mapping[str, Any]) -> str:
    name = RepairOrder.WaitsFor(detail["waits_for"]).label
    day = date.fromisoformat(detail["review_on"])
    return _("Waits for %(name)s until %(day)s") % {"name": name, "day": f"{day:%Y-%m-%d}"}


def cameras_line(detail: Mapping[str, Any]) -> str:
    codes, count = list(detail["cameras"]), int(detail.get("count", 0))
    more = " …" if count > len(codes) else ""
    return _("%(count)d cameras: %(codes)s") % {"count": count, "codes": ", ".join(codes) + more}
